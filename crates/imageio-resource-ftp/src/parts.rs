//! A file of which a server sends parts: `REST` says where they begin, breaking off where they end.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use imageio_core::{Error, ErrorKind, Result};
use imageio_ranged::Remote;

use crate::address::Address;
use crate::session::{Failure, Session, Settings, Transfer, again};

#[derive(Debug)]
pub(crate) struct Parts {
    pub address: Address,
    pub settings: Settings,
    pub size: u64,
    pub changed: Option<String>,
    pub idle: Idle,
}

/// A session that waits for the next transfer.
#[derive(Default)]
pub(crate) struct Idle(pub Mutex<Option<Session>>);

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idle")
    }
}

impl Idle {
    fn take(&self) -> Option<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, session: Session) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }
}

impl Parts {
    /// A session, the waiting one or a new one, in which the file is the same as before.
    fn session(&self, fresh: bool) -> Result<Session, Failure> {
        let waiting = self.idle.take().filter(|_| !fresh);
        let mut session = match waiting {
            Some(session) => session,
            None => Session::open(&self.address, &self.settings)?,
        };
        // Each transfer is one of its own: nothing holds the file still between them.
        match session.has(&self.address.path, Some(self.size), self.changed.as_deref())? {
            true => Ok(session),
            false => Err(changed()),
        }
    }
}

/// The parts would be of two files.
pub(crate) fn changed() -> Failure {
    let error = Error::new(ErrorKind::Io, "the file on the server changed while it was being read");
    Failure { error: error.with_hint("read it again"), passes: false }
}

impl Remote for Parts {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(self: Arc<Self>, start: u64, end: u64) -> Result<Box<dyn Read + Send>> {
        Ok(Box::new(Run { parts: self, open: None, position: start, end, failures: 0 }))
    }
}

/// A part of the file as it comes; what breaks off is taken up again.
struct Run {
    parts: Arc<Parts>,
    open: Option<(Session, Transfer)>,
    position: u64,
    end: u64,
    failures: u32,
}

impl Run {
    /// Ends a transfer that brought what was asked for.
    fn end_of(&self, mut session: Session, mut transfer: Transfer) -> Result<()> {
        let parts = &self.parts;
        let done = match self.end == parts.size {
            false => session.abort(transfer),
            true => {
                let wrong = |failure: Failure| failure.error.with("resource", &parts.address);
                // More than the rest of the file is not the rest of this file.
                if transfer.read(&mut [0]).is_ok_and(|n| n > 0) {
                    return Err(wrong(changed()));
                }
                let done = transfer.finish().is_ok();
                // A file that is written over while it is sent comes in parts of both.
                if done && !session.has(&parts.address.path, Some(parts.size), parts.changed.as_deref()).unwrap_or(true)
                {
                    return Err(wrong(changed()));
                }
                done
            }
        };
        // A server that answers the end of a transfer in its own way costs a new login, not the file.
        if done {
            parts.idle.put(session);
        }
        Ok(())
    }
}

impl Read for Run {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.position >= self.end {
            return Ok(0);
        }
        loop {
            let (session, mut transfer) = match self.open.take() {
                Some(open) => open,
                None => {
                    let parts = &self.parts;
                    let mut fresh = self.failures > 0;
                    again(&parts.address, &parts.settings, || {
                        let mut session = parts.session(std::mem::replace(&mut fresh, true))?;
                        let transfer = session.start(&parts.address.path, self.position)?;
                        Ok((session, transfer))
                    })?
                }
            };
            let most = usize::try_from(self.end - self.position).unwrap_or(usize::MAX).min(buf.len());
            match transfer.read(&mut buf[..most]) {
                Ok(n) if n > 0 => {
                    self.position += n as u64;
                    self.failures = 0;
                    match self.position < self.end {
                        true => self.open = Some((session, transfer)),
                        false => self.end_of(session, transfer)?,
                    }
                    return Ok(n);
                }
                _ => {
                    self.failures += 1;
                    if self.failures > self.parts.settings.retries {
                        return Err(Error::new(ErrorKind::Io, "the connection broke off again and again")
                            .with("resource", &self.parts.address)
                            .with("offset", self.position)
                            .with("attempts", self.failures)
                            .into());
                    }
                }
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some((mut session, transfer)) = self.open.take()
            && session.abort(transfer)
        {
            self.parts.idle.put(session);
        }
    }
}
