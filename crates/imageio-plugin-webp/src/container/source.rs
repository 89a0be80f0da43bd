use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use imageio_core::resource::Ahead;
use imageio_core::{Error, Limits, ReadSeek, Result};

use super::Span;

/// The stream that a file is read from, with its length.
pub(crate) struct Source<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    len: u64,
    at: u64,
    /// Where in the file the stream begins.
    base: u64,
    ahead: Ahead,
}

impl<'r> Source<'r> {
    /// `size` is the length of the stream, if it is known.
    pub fn new(mut stream: Box<dyn ReadSeek + 'r>, size: Option<u64>, ahead: Ahead) -> Result<Self> {
        let len = match size {
            Some(len) => len,
            None => {
                let len = stream.seek(SeekFrom::End(0))?;
                stream.seek(SeekFrom::Start(0))?;
                len
            }
        };
        Ok(Source { stream, len, at: 0, base: 0, ahead })
    }

    /// A part of a file in memory, which began at `base`; offsets are still those of the file.
    pub fn part(bytes: Vec<u8>, base: u64) -> Source<'static> {
        let len = base + bytes.len() as u64;
        Source { stream: Box::new(Cursor::new(bytes)), len, at: base, base, ahead: Ahead::default() }
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// Says that everything from `first` to the end of `last` is about to be read.
    pub fn announce(&self, first: u64, last: Span) {
        self.ahead.announce(first..last.start.saturating_add(last.len.into()));
    }

    /// Goes to an offset; a short way forward does not throw away what is buffered.
    pub fn seek(&mut self, to: u64) -> Result<()> {
        match i64::try_from(to).ok().zip(i64::try_from(self.at).ok()) {
            Some((to, at)) => self.stream.seek_relative(to - at)?,
            None => {
                self.stream.seek(SeekFrom::Start(to - self.base))?;
            }
        }
        self.at = to;
        Ok(())
    }

    /// The bytes at an offset; a file that ends before is `Malformed`.
    pub fn bytes<const N: usize>(&mut self, at: u64) -> Result<[u8; N]> {
        self.seek(at)?;
        let mut bytes = [0; N];
        self.exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The content of a chunk, in `buffer`.
    pub fn chunk(&mut self, span: Span, buffer: &mut Vec<u8>) -> Result<()> {
        if span.start + u64::from(span.len) > self.len {
            return Err(Error::malformed("the file ends inside a chunk").with("offset", span.start));
        }
        self.seek(span.start)?;
        buffer.clear();
        buffer.try_reserve_exact(span.len as usize).map_err(|_| {
            Error::limit(format!("no memory for a chunk of {} bytes", span.len)).with("offset", span.start)
        })?;
        let read = self.stream.by_ref().take(u64::from(span.len)).read_to_end(buffer);
        let n = self.settle(read)?;
        if n < span.len as usize {
            return Err(Error::malformed("the file ends inside a chunk").with("offset", span.start));
        }
        Ok(())
    }

    /// The content of a metadata chunk.
    pub fn metadata(&mut self, span: Span, limits: &Limits) -> Result<Vec<u8>> {
        limits.check_metadata(u64::from(span.len))?;
        let mut bytes = Vec::new();
        self.chunk(span, &mut bytes)?;
        Ok(bytes)
    }

    fn exact(&mut self, bytes: &mut [u8]) -> Result<()> {
        let read = self.stream.read_exact(bytes).map(|()| bytes.len());
        self.settle(read)?;
        Ok(())
    }

    /// Keeps count of the position; after an error it is asked anew.
    fn settle(&mut self, read: io::Result<usize>) -> Result<usize> {
        match read {
            Ok(n) => {
                self.at += n as u64;
                Ok(n)
            }
            Err(e) => {
                let offset = self.at;
                self.at = self.base + self.stream.stream_position()?;
                Err(Error::from(e).with("offset", offset))
            }
        }
    }
}

/// A lossless chunk that looks like a whole file, for a decoder that only takes files.
pub(crate) struct ChunkFile<'s, 'r> {
    source: &'s mut Source<'r>,
    head: Vec<u8>,
    body: Span,
    at: u64,
}

impl<'s, 'r> ChunkFile<'s, 'r> {
    /// `first` is put before the chunk's content, of which the first `skip` bytes are left out.
    pub fn new(source: &'s mut Source<'r>, chunk: Span, first: &[u8], skip: u32) -> Self {
        let body = Span { start: chunk.start + u64::from(skip), len: chunk.len.saturating_sub(skip) };
        let len = body.len.saturating_add(first.len() as u32);
        let mut head = Vec::with_capacity(20 + first.len());
        head.extend_from_slice(b"RIFF");
        head.extend_from_slice(&len.saturating_add(12).to_le_bytes());
        head.extend_from_slice(b"WEBPVP8L");
        head.extend_from_slice(&len.to_le_bytes());
        head.extend_from_slice(first);
        ChunkFile { source, head, body, at: 0 }
    }
}

impl Read for ChunkFile<'_, '_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let n = from.len().min(to.len());
        to[..n].copy_from_slice(&from[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for ChunkFile<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let head = self.head.len() as u64;
        if self.at < head {
            return Ok(&self.head[self.at as usize..]);
        }
        let inside = self.at - head;
        let left = u64::from(self.body.len).saturating_sub(inside);
        if left == 0 {
            return Ok(&[]);
        }
        let at = self.body.start + inside;
        if self.source.at != at {
            self.source.seek(at)?;
        }
        let bytes = self.source.stream.fill_buf()?;
        let n = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        Ok(&bytes[..n])
    }

    fn consume(&mut self, n: usize) {
        if self.at >= self.head.len() as u64 {
            self.source.stream.consume(n);
            self.source.at += n as u64;
        }
        self.at += n as u64;
    }
}

impl Seek for ChunkFile<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let len = self.head.len() as u64 + u64::from(self.body.len);
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek before the first byte"))?;
        Ok(self.at)
    }
}
