//! A file whose server can only start at its begin: one transfer, read as far as it is wanted, kept by core.

use std::io::{self, Read};

use imageio_core::{Error, ErrorKind, Result};

use crate::address::Address;
use crate::parts::changed;
use crate::session::{Session, Settings, Transfer, again};

pub(crate) struct Whole {
    address: Address,
    size: Option<u64>,
    changed: Option<String>,
    given: u64,
    open: Option<(Session, Transfer)>,
}

impl Whole {
    /// The transfer, begun. `size` and `changed` are what the server said of the file.
    pub fn new(address: Address, settings: Settings, size: Option<u64>, changed: Option<String>) -> Result<Self> {
        let open = again(&address, &settings, || {
            let mut session = Session::open(&address, &settings)?;
            let transfer = session.start(&address.path, 0)?;
            Ok((session, transfer))
        })?;
        Ok(Whole { address, size, changed, given: 0, open: Some(open) })
    }

    fn wrong(&self, error: Error) -> io::Error {
        error.with("offset", self.given).with("resource", &self.address).into()
    }

    /// What looks like the end of the file is one if the server says so too.
    fn check_end(&self, mut session: Session, transfer: Transfer) -> io::Result<()> {
        let complete = transfer.finish().is_ok() && self.size.is_none_or(|size| size == self.given);
        if !complete {
            return Err(self.wrong(
                Error::new(ErrorKind::Io, "the transfer broke off, and the server can't take it up again")
                    .with_hint("read it again"),
            ));
        }
        let same = session.has(&self.address.path, self.size, self.changed.as_deref()).unwrap_or(true);
        if same { Ok(()) } else { Err(self.wrong(changed().error)) }
    }
}

impl Read for Whole {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some((_, transfer)) = &mut self.open else { return Ok(0) };
        if buf.is_empty() {
            return Ok(0);
        }
        let n = match transfer.read(buf) {
            Ok(n) => n,
            // Whether it was all is asked of the server, which need not have ended TLS as it should.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(e) => {
                let error = Error::new(ErrorKind::Io, format!("the transfer broke off: {e}"));
                return Err(self.wrong(error.with_hint("read it again")));
            }
        };
        self.given += n as u64;
        if self.size.is_some_and(|size| self.given > size) {
            return Err(self.wrong(changed().error));
        }
        if n == 0
            && let Some((session, transfer)) = self.open.take()
        {
            self.check_end(session, transfer)?;
        }
        Ok(n)
    }
}
