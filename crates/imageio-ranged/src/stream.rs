//! Reading a remote file piece by piece: small pieces where a header is read here and there, larger ones where
//! reading goes on, one long answer where it goes on for long.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;

use imageio_core::Result;

use crate::answer::{Answer, PORTION};
use crate::cache::{Block, CAPACITY};
use crate::remote::{FIRST, Ranged, Remote};

/// The smallest piece, for walks through directories that are far apart.
const SMALLEST: u64 = 256;
/// So much in a row makes it likely that all of the rest is wanted. Before that no piece is longer than what was read
/// already, since systems take up tens of megabytes of an answer that nobody reads on.
const LONG: u64 = 64 << 20;
/// So much in a row is often all that is wanted, such as the first pictures of a video. From there to [`SURE`] pieces
/// grow slowly, so that no more than a quarter is fetched in vain; beyond it requests would become too many.
const ENOUGH: u64 = 1 << 20;
const SURE: u64 = 16 << 20;
/// Reading on over such a gap costs less than a request.
const GAP: u64 = 64 * 1024;
/// From so many short jumps forward in a row on, they are a walk: from chunk to chunk, or from directory to directory.
/// What lies between is fetched along then, in pieces that double up to [`STRIDE`].
const WALK: u32 = 4;
/// What a walk read of each place, at most: larger pieces that are there already are not fetched again.
const HEADS: u64 = 4096;
/// Of a walk, at most this is fetched at a time.
const STRIDE: u64 = 4 << 20;
/// Whoever reads so much at once gets it in place.
const STRAIGHT: usize = 32 * 1024;

/// One reader's position in a remote file.
pub struct RangedStream<R> {
    source: Arc<Ranged<R>>,
    size: u64,
    position: u64,
    block: Block,
    answer: Option<Answer>,
    /// Where the last answer ended, or will end, and how much was asked for up to there without a jump.
    asked_to: u64,
    in_a_row: u64,
    /// Size of the next piece after a jump, and how far the last one was read.
    piece: u64,
    /// Jumps over no more than a gap since the last one over more.
    hops: u32,
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
            answer: None,
            asked_to: first,
            in_a_row: first,
            piece: if first > 0 { FIRST / 2 } else { FIRST },
            hops: 0,
            last: (0, first),
            read_to: 0,
        }
    }

    /// Makes `block` hold what stands at the position, `want` bytes of it if that many are wanted at once.
    fn load(&mut self, want: u64) -> Result<()> {
        if let Some(block) = self.source.cache.get(self.position) {
            // What is there already is no jump for what comes behind it.
            let on = self.position.checked_sub(self.asked_to).is_some_and(|gap| gap <= SMALLEST);
            if on && self.answer.as_ref().is_none_or(Answer::is_over) {
                self.in_a_row += block.end() - self.position;
                self.asked_to = block.end();
            }
            self.block = block;
            return Ok(());
        }
        if !self.is_answered() {
            self.ask(want)?;
        }
        // What is longer than a portion comes in several, and of a gap nothing is wanted.
        while self.block.at(self.position).is_empty() {
            let Some(answer) = &mut self.answer else { break };
            let used = std::mem::replace(&mut self.block, Block::empty()).into_buffer();
            let start = answer.position();
            let bytes = answer.portion(used)?;
            self.keep(start, bytes);
        }
        Ok(())
    }

    /// Whether the answer that is under way leads to the position; a gap is read over, anything else ends it.
    fn is_answered(&mut self) -> bool {
        let Some(answer) = &self.answer else { return false };
        let gap = self.position.checked_sub(answer.position());
        if !answer.is_over() && gap.is_some_and(|gap| gap <= GAP) && self.position < self.asked_to {
            return true;
        }
        if !answer.is_over() {
            self.asked_to = answer.position();
            self.in_a_row = 0;
        }
        self.answer = None;
        false
    }

    /// Asks for what stands at the position, and for as much behind it as will be wanted.
    fn ask(&mut self, want: u64) -> Result<()> {
        let left = self.size - self.position;
        let before = self.asked_to;
        let len = self.plan().max(want);
        // What a walk goes over is fetched as well: it is often wanted later, and would be in pieces then.
        let over = self.position.checked_sub(before).filter(|gap| self.hops > WALK && *gap <= GAP).unwrap_or(0);
        let start = self.position - over;
        let (end, small) = match self.source.announced.take(self.position) {
            // Little that is there already is read over, which costs less than another request.
            Some(end) => (end.min(self.size).max(self.position + want.min(left)), GAP),
            None => {
                // A small rest is not worth a request of its own.
                let long = self.in_a_row >= LONG || left <= (len + len / 4).max(GAP);
                let len = if long { left } else { len };
                // Heads that were read on the way do not break what goes over all of them.
                (self.position + len, if self.hops > WALK || self.in_a_row > 0 { (len / 8).min(HEADS) } else { 0 })
            }
        };
        let end = self.source.cache.next_start(self.position, small).map_or(end, |next| end.min(next));
        let body = Arc::clone(&self.source.remote).open(start, end)?;
        self.answer = Some(Answer::new(body, start, end));
        self.last = (start, end);
        self.read_to = self.position;
        self.asked_to = end;
        self.in_a_row += end - self.position;
        Ok(())
    }

    /// Size of the next piece, from how reading went so far.
    fn plan(&mut self) -> u64 {
        let on = self.position.checked_sub(self.asked_to).is_some_and(|gap| gap <= SMALLEST);
        if on {
            let slowly = (ENOUGH..SURE).contains(&self.in_a_row);
            let piece = if slowly { self.in_a_row / 4 } else { self.in_a_row };
            return piece.max(self.piece).max(SMALLEST);
        }
        self.in_a_row = 0;
        let near = self.position.checked_sub(self.asked_to).is_some_and(|gap| gap <= GAP);
        self.hops = if near { self.hops.saturating_add(1) } else { 0 };
        if self.hops > WALK {
            self.piece = (GAP << (self.hops - WALK).min(6)).min(STRIDE);
            return self.piece;
        }
        // What was read of the last piece is what will be read of this one, as in a chain of directories.
        let used = self.read_to.saturating_sub(self.last.0);
        self.piece = used.next_multiple_of(128).clamp(SMALLEST, GAP);
        self.piece
    }

    fn keep(&mut self, start: u64, bytes: Vec<u8>) {
        self.block = Block { start, bytes: Arc::new(bytes) };
        // Of a larger file the parts that are read once and in order would drive out the directories.
        if self.is_small() || self.last.1 - self.last.0 < PORTION as u64 {
            self.source.cache.put(self.block.clone());
        }
    }

    fn is_small(&self) -> bool {
        self.size <= CAPACITY as u64
    }

    /// Reads into the caller's memory without a detour, if that can be.
    fn read_straight(&mut self, buf: &mut [u8]) -> Result<Option<usize>> {
        if buf.len() < STRAIGHT || self.is_small() || self.source.cache.get(self.position).is_some() {
            return Ok(None);
        }
        if !self.is_answered() {
            self.ask(buf.len() as u64)?;
        }
        let direct = |answer: &&mut Answer| answer.is_direct() && answer.position() == self.position;
        let Some(answer) = self.answer.as_mut().filter(direct) else { return Ok(None) };
        Ok(Some(answer.read(buf)?))
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
            if let Some(n) = self.read_straight(buf)? {
                self.consume(n);
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

    /// All of the rest, asked for at once.
    fn read_to_end(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        let before = buf.len();
        while self.position < self.size {
            if self.block.at(self.position).is_empty() {
                self.load(self.size - self.position)?;
            }
            let here = self.block.at(self.position);
            if here.is_empty() {
                break;
            }
            buf.extend_from_slice(here);
            let n = here.len();
            self.consume(n);
        }
        Ok(buf.len() - before)
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
