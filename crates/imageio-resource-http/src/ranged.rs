//! Reading a remote file piece by piece: small pieces where a header is read here and there, larger ones where
//! reading goes on, one long answer where it goes on for long.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imageio_core::{Error, ErrorKind, Progress, Result};
use ureq::http::StatusCode;

use crate::attempts::Attempts;
use crate::body::Incoming;
use crate::cache::{Block, CAPACITY, Cache};
use crate::client::{Answer, Ask, Client};
use crate::content::{Range, Version};
use crate::failure::{Failure, Retry};

/// The first piece: most headers are in it.
pub(crate) const FIRST: u64 = 16 * 1024;
/// The smallest piece, for walks through directories that are far apart.
const SMALLEST: u64 = 1024;
/// So much in a row makes it likely that all of the rest is wanted.
const LONG: u64 = 4 << 20;
/// No single piece is larger, since it is held in memory.
const LARGEST: u64 = 8 << 20;
/// Reading on over such a gap costs less than a request.
const GAP: u64 = 64 * 1024;
/// Pieces of a long answer.
const PORTION: usize = 256 * 1024;

/// A remote file whose server serves ranges.
#[derive(Debug)]
pub(crate) struct Ranged {
    pub client: Arc<Client>,
    pub size: u64,
    pub version: Version,
    pub cache: Cache,
    pub received: AtomicU64,
}

impl Ranged {
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
            let answer = self.client.send(&ask, attempts)?;
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

    /// Bytes from `start` on, `len` of them.
    fn fetch(&self, start: u64, len: u64) -> Result<Vec<u8>> {
        let len = len.min(self.size - start);
        let mut attempts = self.client.attempts();
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        let mut filled = 0;
        while filled < bytes.len() {
            let first = start + filled as u64;
            let (mut answer, has) = self.ask(first, Some(start + len - 1), &mut attempts)?;
            let end = bytes.len().min(filled + usize::try_from(has).unwrap_or(usize::MAX));
            while filled < end {
                let failure = match answer.body.read(&mut bytes[filled..end]) {
                    Ok(0) => Failure::broke_off("the answer was shorter than the server said"),
                    Ok(n) => {
                        filled += n;
                        self.arrived(n);
                        attempts.arrived(n as u64);
                        continue;
                    }
                    Err(failure) => failure,
                };
                let ask = Ask { range: Some((first, Some(start + len - 1))), ..Ask::default() };
                self.client.failed(&mut attempts, failure, &ask)?;
                break;
            }
            if filled == end {
                // The last byte of the body gives the connection back.
                let _ = answer.body.read(&mut [0]);
            }
        }
        Ok(bytes)
    }
}

/// One long answer that is read as it comes, and taken up again where it breaks off.
struct Run {
    body: Option<Incoming>,
    position: u64,
    attempts: Attempts,
}

impl Run {
    fn read(&mut self, source: &Ranged, buf: &mut [u8]) -> Result<usize> {
        loop {
            if self.body.is_none() {
                self.body = Some(source.ask(self.position, None, &mut self.attempts)?.0.body);
            }
            let Some(body) = &mut self.body else { continue };
            let failure = match body.read(buf) {
                Ok(0) => Failure::broke_off("the answer was shorter than the server said"),
                Ok(n) => {
                    self.position += n as u64;
                    self.attempts.arrived(n as u64);
                    source.arrived(n);
                    return Ok(n);
                }
                Err(failure) => failure,
            };
            self.body = None;
            let ask = Ask { range: Some((self.position, None)), ..Ask::default() };
            source.client.failed(&mut self.attempts, failure, &ask)?;
        }
    }
}

/// One reader's position in a remote file.
pub(crate) struct RangedStream {
    source: Arc<Ranged>,
    position: u64,
    block: Block,
    run: Option<Run>,
    /// Where the last fetch ended, and how much was fetched up to there without a jump.
    fetched_to: u64,
    in_a_row: u64,
    /// Size of the next piece after a jump, and how far the last piece was read.
    piece: u64,
    last: (u64, u64),
    read_to: u64,
}

impl RangedStream {
    pub fn new(source: Arc<Ranged>) -> Self {
        // The first piece is there already, and counts as the begin of reading in a row.
        let first = FIRST.min(source.size);
        RangedStream {
            source,
            position: 0,
            block: Block::empty(),
            run: None,
            fetched_to: first,
            in_a_row: first,
            piece: FIRST / 2,
            last: (0, first),
            read_to: 0,
        }
    }

    /// Makes `block` hold what stands at the position, `want` bytes of it if that many are wanted at once.
    fn load(&mut self, want: u64) -> Result<()> {
        if let Some(block) = self.source.cache.get(self.position) {
            self.block = block;
            return Ok(());
        }
        if self.goes_on() {
            return self.portion();
        }
        let len = self.plan().max(want.min(LARGEST));
        if self.in_a_row >= LONG {
            let attempts = self.source.client.attempts();
            self.run = Some(Run { body: None, position: self.position, attempts });
            return self.portion();
        }
        let left = self.source.size - self.position;
        // A small rest is not worth a request of its own.
        let len = if left <= len + len / 4 { left } else { len };
        let len = self.source.cache.next_start(self.position).map_or(len, |next| len.min(next - self.position));
        let bytes = self.source.fetch(self.position, len)?;
        self.last = (self.position, self.position + bytes.len() as u64);
        self.read_to = self.position;
        self.fetched_to = self.last.1;
        self.in_a_row += bytes.len() as u64;
        self.keep(bytes);
        Ok(())
    }

    /// Size of the next piece, from how reading went so far.
    fn plan(&mut self) -> u64 {
        let on = self.position.checked_sub(self.fetched_to).is_some_and(|gap| gap <= SMALLEST);
        if on {
            return self.in_a_row.clamp(self.piece.max(SMALLEST), LONG);
        }
        let (start, end) = self.last;
        let used = self.read_to.saturating_sub(start);
        self.piece = match used * 4 / (end - start).max(1) {
            0 => (self.piece / 2).max(SMALLEST),
            3.. => (self.piece * 2).min(GAP),
            _ => self.piece,
        };
        self.in_a_row = 0;
        self.piece
    }

    /// Whether the long answer leads to the position; a gap is read over, anything else ends it.
    fn goes_on(&mut self) -> bool {
        let Some(run) = &mut self.run else { return false };
        match self.position.checked_sub(run.position) {
            Some(gap) if gap <= GAP => {
                let mut skipped = vec![0; usize::try_from(gap).unwrap_or(0)];
                while run.position < self.position {
                    let n = usize::try_from(self.position - run.position).unwrap_or(0).min(skipped.len());
                    if run.read(&self.source, &mut skipped[..n]).is_err() {
                        break;
                    }
                }
                if run.position == self.position {
                    return true;
                }
            }
            _ => {}
        }
        self.run = None;
        self.in_a_row = 0;
        false
    }

    /// The next part of the long answer.
    fn portion(&mut self) -> Result<()> {
        let Some(run) = &mut self.run else { return Ok(()) };
        let left = usize::try_from(self.source.size - self.position).unwrap_or(usize::MAX);
        let mut bytes = vec![0; PORTION.min(left)];
        let n = run.read(&self.source, &mut bytes)?;
        bytes.truncate(n);
        self.fetched_to = run.position;
        self.keep(bytes);
        Ok(())
    }

    fn keep(&mut self, bytes: Vec<u8>) {
        self.block = Block { start: self.position, bytes: Arc::new(bytes) };
        // Of a larger file the parts that are read once and in order would drive out the directories.
        if self.run.is_none() || self.is_small() {
            self.source.cache.put(self.block.clone());
        }
    }

    fn is_small(&self) -> bool {
        self.source.size <= CAPACITY as u64
    }
}

impl BufRead for RangedStream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position >= self.source.size {
            return Ok(&[]);
        }
        if self.block.at(self.position).is_empty() {
            self.load(0)?;
        }
        Ok(self.block.at(self.position))
    }

    fn consume(&mut self, n: usize) {
        self.position += n as u64;
        if self.position <= self.last.1 {
            self.read_to = self.read_to.max(self.position);
        }
    }
}

impl Read for RangedStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.position >= self.source.size {
            return Ok(0);
        }
        if self.block.at(self.position).is_empty() {
            // A long answer goes straight into the caller's memory.
            let straight = buf.len() >= PORTION / 8 && !self.is_small();
            if straight && self.run.as_ref().is_some_and(|run| run.position == self.position) {
                let Some(run) = &mut self.run else { return Ok(0) };
                let left = usize::try_from(self.source.size - self.position).unwrap_or(usize::MAX);
                let n = buf.len().min(left);
                let n = run.read(&self.source, &mut buf[..n])?;
                self.position += n as u64;
                self.fetched_to = self.position;
                return Ok(n);
            }
            self.load(buf.len() as u64)?;
        }
        let here = self.block.at(self.position);
        let n = here.len().min(buf.len());
        buf[..n].copy_from_slice(&here[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl Seek for RangedStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(n) => {
                self.position = n;
                return Ok(n);
            }
            SeekFrom::Current(offset) => (self.position, offset),
            SeekFrom::End(offset) => (self.source.size, offset),
        };
        self.position = base
            .checked_add_signed(offset)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek to a negative or overflowing position"))?;
        Ok(self.position)
    }
}
