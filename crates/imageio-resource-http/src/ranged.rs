//! A file whose server serves ranges: parts of it, and the rest of it, of one version only.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imageio_core::{Error, ErrorKind, Progress, Result};
use imageio_ranged::Remote;
use ureq::http::StatusCode;

use crate::attempts::Attempts;
use crate::body::Incoming;
use crate::client::{Answer, Ask, Client};
use crate::content::{Range, Version};
use crate::failure::{Failure, Retry};

/// A remote file whose server serves ranges.
#[derive(Debug)]
pub(crate) struct Parts {
    pub client: Arc<Client>,
    pub size: u64,
    pub version: Version,
    pub received: AtomicU64,
    /// Bytes that were skipped, since a server that served parts sent everything.
    pub skipped: AtomicU64,
}

/// So much more than the file's length is skipped in all.
const SKIPPED: u64 = 64 << 20;

impl Parts {
    pub fn arrived(&self, n: usize) {
        let all = self.received.fetch_add(n as u64, Ordering::Relaxed) + n as u64;
        if let Some(progress) = &self.client.settings.progress {
            progress(Progress::new(all, self.size, "bytes"));
        }
    }

    /// The answer for bytes from `first` on, after it was made sure that it is one for this version of the file.
    fn ask(&self, first: u64, last: Option<u64>, attempts: &mut Attempts) -> Result<(Answer, u64)> {
        let ask = Ask { range: Some((first, last)), if_range: self.version.if_range(), ..Ask::default() };
        loop {
            let mut answer = self.client.send(&ask, attempts)?;
            if self.is_all_of_it(&answer) {
                match self.skip(&mut answer, first, &ask)? {
                    Ok(()) => return Ok((answer, self.size - first)),
                    Err(failure) => self.client.failed(attempts, failure, &ask)?,
                }
                continue;
            }
            let range = answer.header("content-range").and_then(Range::parse);
            let plain = answer.header("content-encoding").is_none_or(|e| e.eq_ignore_ascii_case("identity"));
            let other_size = range.is_some_and(|range| range.total.is_some_and(|total| total != self.size));
            let changed = answer.status == StatusCode::OK
                || answer.status == StatusCode::RANGE_NOT_SATISFIABLE
                || other_size
                || !self.version.may_be(&Version::of(&answer.headers));
            if changed {
                return Err(Error::new(ErrorKind::Io, "the file on the server changed while it was being read")
                    .with("status", answer.status)
                    .with("request", &ask)
                    .with("resource", &self.client.url)
                    .with_hint("read it again"));
            }
            match range.and_then(|range| range.span) {
                // Less than was asked for is allowed; another part is not.
                Some((start, end)) if plain && start == first && last.is_none_or(|last| end <= last) => {
                    return Ok((answer, end - start + 1));
                }
                _ => {
                    let e = Failure::new(ErrorKind::Io, "the server sent another part than was asked for", Retry::Yes);
                    self.client.failed(attempts, e, &ask)?;
                }
            }
        }
    }
}

impl Parts {
    /// Whether this is the whole file after all, of the version that parts were fetched of.
    fn is_all_of_it(&self, answer: &Answer) -> bool {
        let plain = answer.header("content-encoding").is_none_or(|e| e.eq_ignore_ascii_case("identity"));
        let length = answer.header("content-length").and_then(|text| text.trim().parse::<u64>().ok());
        let same = self.version.is_known() && self.version == Version::of(&answer.headers);
        answer.status == StatusCode::OK && plain && same && length == Some(self.size)
    }

    /// Passes over what stands before the part that was asked for.
    fn skip(&self, answer: &mut Answer, first: u64, ask: &Ask<'_>) -> Result<Result<(), Failure>> {
        if self.skipped.fetch_add(first, Ordering::Relaxed) > self.size.saturating_add(SKIPPED) {
            return Err(Error::new(ErrorKind::Io, "the server serves no parts any more, but the whole file each time")
                .with("request", ask)
                .with("resource", &self.client.url)
                .with_hint("read it again"));
        }
        let mut scratch = vec![0; 32 * 1024];
        let mut left = first;
        while left > 0 {
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len());
            match answer.body.read(&mut scratch[..n]) {
                Ok(0) => return Ok(Err(Failure::broke_off("the answer was shorter than the server said"))),
                Ok(n) => left -= n as u64,
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Ok(Ok(()))
    }
}

impl Remote for Parts {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(self: Arc<Self>, start: u64, end: u64) -> Result<Box<dyn Read + Send>> {
        let attempts = self.client.attempts();
        Ok(Box::new(Run { source: self, body: None, position: start, end, attempts }))
    }
}

/// An answer that is read as it comes, and taken up again where it breaks off.
struct Run {
    source: Arc<Parts>,
    /// With the bytes that are still to come of it.
    body: Option<(Incoming, u64)>,
    position: u64,
    end: u64,
    attempts: Attempts,
}

impl Run {
    fn last(&self) -> Option<u64> {
        (self.end < self.source.size).then(|| self.end - 1)
    }
}

impl Read for Run {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.end || buf.is_empty() {
            return Ok(0);
        }
        loop {
            let (mut body, left) = match self.body.take() {
                Some(body) => body,
                None => {
                    let last = self.last();
                    let (answer, has) = self.source.ask(self.position, last, &mut self.attempts)?;
                    (answer.body, has)
                }
            };
            let most = usize::try_from(left.min(self.end - self.position)).unwrap_or(usize::MAX).min(buf.len());
            let failure = match body.read(&mut buf[..most]) {
                Ok(0) => Failure::broke_off("the answer was shorter than the server said"),
                Ok(n) => {
                    self.position += n as u64;
                    self.attempts.arrived(n as u64);
                    self.source.arrived(n);
                    match left - n as u64 {
                        // Seeing the end of the body gives the connection back.
                        0 => drop(body.read(&mut [0])),
                        left => self.body = Some((body, left)),
                    }
                    return Ok(n);
                }
                Err(failure) => failure,
            };
            let ask = Ask { range: Some((self.position, self.last())), ..Ask::default() };
            self.source.client.failed(&mut self.attempts, failure, &ask)?;
        }
    }
}
