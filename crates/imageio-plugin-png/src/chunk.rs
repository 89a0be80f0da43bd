//! Walking over the chunks of a file (PNG specification, section 5.3).

use std::io;

use imageio_core::resource::Ahead;
use imageio_core::{Error, ReadSeek, Request, Result};

use crate::error;

/// The four letters of a chunk's name.
pub(crate) type Kind = [u8; 4];

/// The first eight bytes of every file.
pub(crate) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub kind: Kind,
    /// Bytes of data.
    pub len: u32,
    /// Offset of the length field.
    pub at: u64,
}

impl Chunk {
    /// Offset of the next chunk.
    pub fn end(&self) -> u64 {
        self.at + 12 + u64::from(self.len)
    }

    /// `true` if a reader may not go on without knowing it.
    pub fn is_critical(&self) -> bool {
        is_critical(self.kind)
    }
}

/// `true` for names whose first letter is upper case.
pub(crate) fn is_critical(kind: Kind) -> bool {
    kind[0] & 0x20 == 0
}

/// A chunk in one piece.
pub(crate) fn assemble(kind: Kind, data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&kind);
    crc.update(data);
    out.extend_from_slice(&crc.finalize().to_be_bytes());
}

/// The file, with a position that is known without asking and moves inside the buffer without a system call.
pub(crate) struct Source<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    pos: u64,
    buffered_to: u64,
    ahead: Ahead,
}

impl<'r> Source<'r> {
    /// The stream of a request.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let stream = request.stream()?;
        Ok(Source { ahead: request.ahead(), ..Source::new(stream) })
    }

    /// Says that everything from an offset on is about to be read.
    pub fn announce(&self, from: u64) {
        self.ahead.announce(from..u64::MAX);
    }

    /// Whether each walk through the file costs requests.
    pub fn is_far(&self) -> bool {
        self.ahead.is_of_use()
    }

    /// Says that what lies between two offsets is about to be read.
    pub fn announce_part(&self, from: u64, to: u64) {
        self.ahead.announce(from..to);
    }

    /// A source over a stream that stands at 0.
    pub fn new(stream: Box<dyn ReadSeek + 'r>) -> Self {
        Source { stream, pos: 0, buffered_to: 0, ahead: Ahead::default() }
    }

    /// The offset of the next byte.
    pub fn pos(&self) -> u64 {
        self.pos
    }

    /// Moves to an offset, which may lie beyond the end.
    pub fn seek(&mut self, to: u64) -> Result<()> {
        if to >= self.pos && to <= self.buffered_to {
            self.consume((to - self.pos) as usize);
        } else {
            self.stream.seek(io::SeekFrom::Start(to))?;
            (self.pos, self.buffered_to) = (to, to);
        }
        Ok(())
    }

    /// Length of the file; leaves the position unknown to the buffer.
    pub fn len(&mut self) -> Result<u64> {
        let len = self.stream.seek(io::SeekFrom::End(0))?;
        (self.pos, self.buffered_to) = (len, len);
        Ok(len)
    }

    /// What is buffered; read from the file if nothing is. Empty at the end.
    pub fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let len = loop {
            match self.stream.fill_buf() {
                Ok(buffered) => break buffered.len(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        };
        self.buffered_to = self.pos + len as u64;
        // The borrow checker wants it asked for again; nothing is read if something is there.
        if len == 0 { Ok(&[]) } else { self.stream.fill_buf() }
    }

    /// Moves on inside what [`fill_buf`](Self::fill_buf) gave.
    pub fn consume(&mut self, n: usize) {
        self.stream.consume(n);
        self.pos += n as u64;
    }

    /// Reads until `out` is full or the file ends; returns how much was read.
    pub fn read_up_to(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < out.len() {
            let buffered = self.fill_buf()?;
            if buffered.is_empty() {
                break;
            }
            let n = buffered.len().min(out.len() - done);
            out[done..done + n].copy_from_slice(&buffered[..n]);
            self.consume(n);
            done += n;
        }
        Ok(done)
    }

    /// The header of the chunk at the current position; `None` at the end of the file.
    pub fn chunk(&mut self) -> Result<Option<Chunk>> {
        let at = self.pos;
        let mut head = [0; 8];
        match self.read_up_to(&mut head)? {
            0 => return Ok(None),
            8 => {}
            _ => return Err(Error::malformed("the file ends inside a chunk header").with("offset", at)),
        }
        let [a, b, c, d, kind @ ..] = head;
        let len = u32::from_be_bytes([a, b, c, d]);
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(error::chunk("what should be a chunk's name is none", kind, at));
        }
        if len > i32::MAX as u32 {
            return Err(error::chunk(format!("a length of {len} bytes is not allowed"), kind, at));
        }
        Ok(Some(Chunk { kind, len, at }))
    }

    /// The data of a chunk, and whether its checksum is right. `max` bounds the length.
    pub fn data(&mut self, chunk: Chunk, max: u64) -> Result<(Vec<u8>, bool)> {
        if u64::from(chunk.len) > max {
            if chunk.end() > self.len()? {
                return Err(error::chunk("the file ends inside a chunk", chunk.kind, chunk.at));
            }
            return Err(Error::limit(format!("{} bytes in one chunk", chunk.len))
                .with("chunk", chunk.kind.escape_ascii())
                .with("limit", format!("max_metadata = {max}")));
        }
        self.seek(chunk.at + 8)?;
        let wanted = chunk.len as usize + 4;
        let mut data = Vec::new();
        // Grown as the bytes come: the length is a claim that the file may not keep.
        while data.len() < wanted {
            let buffered = self.fill_buf()?;
            if buffered.is_empty() {
                return Err(error::chunk("the file ends inside a chunk", chunk.kind, chunk.at));
            }
            let n = buffered.len().min(wanted - data.len());
            data.extend_from_slice(&buffered[..n]);
            self.consume(n);
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(&chunk.kind);
        crc.update(&data[..wanted - 4]);
        let right = data[wanted - 4..] == crc.finalize().to_be_bytes();
        data.truncate(wanted - 4);
        Ok((data, right))
    }
}

/// Reads big-endian numbers off the front of a slice.
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    /// The next byte.
    pub fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*first))
    }

    /// The next four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*first))
    }
}
