//! Reading a remote file piece by piece: small pieces where a header is read here and there, larger ones where
//! reading goes on, one long answer where it goes on for long.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;

use imageio_core::Result;

use crate::cache::{Block, CAPACITY};
use crate::remote::{FIRST, Ranged, Remote};

/// The smallest piece, for walks through directories that are far apart.
const SMALLEST: u64 = 256;
/// So much in a row makes it likely that all of the rest is wanted.
const LONG: u64 = 4 << 20;
/// No single piece is larger, since it is held in memory.
const LARGEST: u64 = 8 << 20;
/// Reading on over such a gap costs less than a request.
const GAP: u64 = 64 * 1024;
/// Pieces of a long answer.
const PORTION: usize = 256 * 1024;

/// One long answer, and where in the file it stands.
struct Run {
    body: Box<dyn Read + Send>,
    position: u64,
}

impl Run {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.body.read(buf)?;
        if n == 0 && !buf.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the transfer ended before the file did"));
        }
        self.position += n as u64;
        Ok(n)
    }
}

/// One reader's position in a remote file.
pub struct RangedStream<R> {
    source: Arc<Ranged<R>>,
    size: u64,
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

impl<R: Remote> RangedStream<R> {
    pub(crate) fn new(source: Arc<Ranged<R>>) -> Self {
        let size = source.remote.size();
        // A first piece that is there already counts as the begin of reading in a row.
        let first = if source.cache.get(0).is_some() { FIRST.min(size) } else { 0 };
        RangedStream {
            source,
            size,
            position: 0,
            block: Block::empty(),
            run: None,
            fetched_to: first,
            in_a_row: first,
            piece: if first > 0 { FIRST / 2 } else { FIRST },
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
            let body = Arc::clone(&self.source.remote).open(self.position)?;
            self.run = Some(Run { body, position: self.position });
            return self.portion();
        }
        let left = self.size - self.position;
        // A small rest is not worth a request of its own.
        let len = if left <= len + len / 4 { left } else { len };
        let len = self.source.cache.next_start(self.position).map_or(len, |next| len.min(next - self.position));
        let bytes = self.source.remote.fetch(self.position, usize::try_from(len).unwrap_or(usize::MAX))?;
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
        // What was read of the last piece is what will be read of this one, as in a chain of directories.
        let used = self.read_to.saturating_sub(self.last.0);
        self.piece = used.next_multiple_of(128).clamp(SMALLEST, GAP);
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
                    if run.read(&mut skipped[..n]).is_err() {
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
        let left = usize::try_from(self.size - self.position).unwrap_or(usize::MAX);
        let mut bytes = vec![0; PORTION.min(left)];
        let n = run.read(&mut bytes)?;
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
        self.size <= CAPACITY as u64
    }
}

impl<R: Remote> BufRead for RangedStream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position >= self.size {
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

impl<R: Remote> Read for RangedStream<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.position >= self.size {
            return Ok(0);
        }
        if self.block.at(self.position).is_empty() {
            // A long answer goes straight into the caller's memory.
            let straight = buf.len() >= PORTION / 8 && !self.is_small();
            if straight && self.run.as_ref().is_some_and(|run| run.position == self.position) {
                let Some(run) = &mut self.run else { return Ok(0) };
                let left = usize::try_from(self.size - self.position).unwrap_or(usize::MAX);
                let n = buf.len().min(left);
                let n = run.read(&mut buf[..n])?;
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

impl<R: Remote> Seek for RangedStream<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(n) => {
                self.position = n;
                return Ok(n);
            }
            SeekFrom::Current(offset) => (self.position, offset),
            SeekFrom::End(offset) => (self.size, offset),
        };
        self.position = base
            .checked_add_signed(offset)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek to a negative or overflowing position"))?;
        Ok(self.position)
    }
}
