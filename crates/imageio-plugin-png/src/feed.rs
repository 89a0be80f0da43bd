//! The pixels of one frame as a PNG stream of their own, which is what the decoder reads.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use imageio_core::{Error, Result};

use crate::chunk::{self, Chunk, Kind, SIGNATURE, Source};
use crate::error;
use crate::header::{Color, Header};

/// A stream that consists of a signature, a header for one frame, palette and transparency, the frame's data as
/// `IDAT` chunks, and an end.
///
/// Nothing else of the file reaches the decoder, so that no odd chunk can confuse it and every frame of an
/// animation looks like a still. Checksums of the data are verified here.
pub(crate) struct Feed<'a, 'r> {
    source: &'a mut Source<'r>,
    /// Bytes to be given out before anything else.
    pending: Vec<u8>,
    given: usize,
    kind: Kind,
    state: State,
    crc: crc32fast::Hasher,
    /// The sequence number that the next piece of a frame has to have, once one was seen.
    sequence: Option<u32>,
    /// The file ended where a chunk should have followed.
    pub open_end: bool,
}

/// The last bytes of a chunk are given out at once however the file comes: the decoder compares a checksum with what is
/// in hand, and not any more once it has all pixels.
const TAIL: usize = 64;

enum State {
    /// Inside a chunk's data.
    Data {
        chunk: Chunk,
        left: usize,
    },
    /// Before a chunk.
    Between,
    End,
}

impl<'a, 'r> Feed<'a, 'r> {
    /// Feeds the frame of `width` by `height` whose first chunk is `first`.
    pub fn new(source: &'a mut Source<'r>, header: &Header, (width, height): (u32, u32), first: Chunk) -> Result<Self> {
        let mut pending = Vec::with_capacity(96 + header.palette.len() + header.transparency.len());
        pending.extend_from_slice(&SIGNATURE);
        let mut image_header = [0; 13];
        image_header[..4].copy_from_slice(&width.to_be_bytes());
        image_header[4..8].copy_from_slice(&height.to_be_bytes());
        image_header[8] = header.depth;
        image_header[9] = header.color.code();
        image_header[12] = u8::from(header.interlaced);
        chunk::assemble(*b"IHDR", &image_header, &mut pending);
        if header.color == Color::Palette {
            chunk::assemble(*b"PLTE", &header.palette, &mut pending);
        }
        if !header.transparency.is_empty() {
            chunk::assemble(*b"tRNS", &header.transparency, &mut pending);
        }
        let mut feed = Feed {
            source,
            pending,
            given: 0,
            kind: first.kind,
            state: State::End,
            crc: crc32fast::Hasher::new(),
            sequence: None,
            open_end: false,
        };
        feed.source.seek(first.at + 8)?;
        feed.begin(first)?;
        Ok(feed)
    }

    /// Enters a chunk of pixels, whose header was read.
    fn begin(&mut self, chunk: Chunk) -> Result<()> {
        self.crc = crc32fast::Hasher::new();
        self.crc.update(&chunk.kind);
        let mut left = chunk.len as usize;
        if &chunk.kind == b"fdAT" {
            let mut sequence = [0; 4];
            let n = self.source.read_up_to(&mut sequence)?;
            if left < 4 || n < 4 {
                return Err(error::chunk("it is too short", chunk.kind, chunk.at));
            }
            self.crc.update(&sequence);
            left -= 4;
            let number = u32::from_be_bytes(sequence);
            if self.sequence.is_some_and(|expected| number != expected) {
                return Err(error::chunk(
                    format!("its sequence number {number} is out of order"),
                    chunk.kind,
                    chunk.at,
                ));
            }
            self.sequence = number.checked_add(1);
        }
        self.pending.extend_from_slice(&(left as u32).to_be_bytes());
        self.pending.extend_from_slice(b"IDAT");
        self.state = State::Data { chunk, left };
        Ok(())
    }

    /// Leaves a chunk: its checksum, then the next one of the same kind, or the end.
    fn next(&mut self, chunk: Chunk) -> Result<()> {
        let mut stored = [0; 4];
        if self.source.read_up_to(&mut stored)? < 4 {
            return Err(error::chunk("the file ends inside a chunk", chunk.kind, chunk.at));
        }
        if stored != std::mem::take(&mut self.crc).finalize().to_be_bytes() {
            return Err(error::chunk("its checksum is wrong", chunk.kind, chunk.at));
        }
        // The decoder expects a checksum here, and is told not to look at it.
        self.pending.extend_from_slice(&[0; 4]);
        self.state = State::Between;
        Ok(())
    }

    fn follow(&mut self) -> Result<()> {
        match self.source.chunk() {
            Ok(Some(chunk)) if chunk.kind == self.kind => return self.begin(chunk),
            Ok(Some(_)) => {}
            // Whether the pixels are complete is for the decoder to say; what follows them is no matter here.
            Ok(None) => self.open_end = true,
            Err(e) if e.kind() == imageio_core::ErrorKind::Malformed => self.open_end = true,
            Err(e) => return Err(e),
        }
        chunk::assemble(*b"IEND", &[], &mut self.pending);
        self.state = State::End;
        Ok(())
    }

    /// Brings the state to where there are bytes to give; `Some(n)` for `n` bytes of data.
    fn advance(&mut self) -> Result<Option<usize>> {
        loop {
            if self.given < self.pending.len() {
                return Ok(None);
            }
            self.pending.clear();
            self.given = 0;
            match self.state {
                State::Data { chunk, left: 0 } => self.next(chunk)?,
                State::Data { chunk, left } if left <= TAIL => {
                    if self.source.fill_buf()?.len() >= left {
                        return Ok(Some(left));
                    }
                    let mut tail = [0; TAIL];
                    let n = self.source.read_up_to(&mut tail[..left])?;
                    if n == 0 {
                        return Ok(Some(left));
                    }
                    self.crc.update(&tail[..n]);
                    self.pending.extend_from_slice(&tail[..n]);
                    self.state = State::Data { chunk, left: left - n };
                }
                State::Data { left, .. } => return Ok(Some(left)),
                State::Between => self.follow()?,
                State::End => return Ok(None),
            }
        }
    }
}

impl BufRead for Feed<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.advance().map_err(io::Error::from)? {
            None => Ok(&self.pending[self.given..]),
            Some(left) => {
                let buffered = self.source.fill_buf()?;
                let most = if buffered.len() >= left { left } else { left.saturating_sub(TAIL) };
                Ok(&buffered[..buffered.len().min(most)])
            }
        }
    }

    fn consume(&mut self, n: usize) {
        if self.given < self.pending.len() {
            self.given += n;
            return;
        }
        if let State::Data { left, .. } = &mut self.state {
            if let Ok(buffered) = self.source.fill_buf() {
                let n = n.min(*left).min(buffered.len());
                self.crc.update(&buffered[..n]);
                self.source.consume(n);
                *left -= n;
            }
        }
    }
}

impl Read for Feed<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let buffered = self.fill_buf()?;
        let n = buffered.len().min(out.len());
        out[..n].copy_from_slice(&buffered[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl Seek for Feed<'_, '_> {
    /// The decoder asks for a stream that seeks, and never does it.
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(Error::unsupported("this stream only goes forward").into())
    }
}
