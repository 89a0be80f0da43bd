//! A byte at a time out of a stream, for run-length codes and text.

use std::io::Read;

use imageio_core::{Error, Result};

const BUFFER: usize = 64 * 1024;

/// Bytes of a stream with a buffer that needs no virtual call for each of them.
pub struct ByteSource<'s> {
    stream: &'s mut (dyn Read + Send + 's),
    buf: Vec<u8>,
    at: usize,
    /// Offset in the file of the first byte in `buf`.
    start: u64,
}

impl<'s> ByteSource<'s> {
    /// Reads `stream` from where it stands; `offset` is that place, for messages.
    pub fn new(stream: &'s mut (dyn Read + Send + 's), offset: u64) -> Self {
        ByteSource { stream, buf: Vec::new(), at: 0, start: offset }
    }

    /// Offset in the file of the next byte.
    pub fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    /// The next byte, or `None` at the end of the stream.
    #[inline]
    pub fn peek(&mut self) -> Result<Option<u8>> {
        if self.at == self.buf.len() && !self.refill()? {
            return Ok(None);
        }
        Ok(self.buf.get(self.at).copied())
    }

    /// Takes the next byte, or `None` at the end of the stream.
    #[inline]
    pub fn next_or_end(&mut self) -> Result<Option<u8>> {
        let byte = self.peek()?;
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// Takes the next byte; `Malformed` at the end of the stream.
    #[inline]
    pub fn byte(&mut self) -> Result<u8> {
        match self.next_or_end()? {
            Some(byte) => Ok(byte),
            None => Err(self.early_end()),
        }
    }

    /// Takes the next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        if let Some(bytes) = self.buf.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) {
            self.at += N;
            return Ok(*bytes);
        }
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }

    /// Takes as many bytes as `out` has.
    pub fn fill(&mut self, out: &mut [u8]) -> Result<()> {
        let mut done = 0;
        while done < out.len() {
            if self.at == self.buf.len() && !self.refill()? {
                return Err(self.early_end());
            }
            let n = (out.len() - done).min(self.buf.len() - self.at);
            out[done..done + n].copy_from_slice(&self.buf[self.at..self.at + n]);
            self.at += n;
            done += n;
        }
        Ok(())
    }

    /// What is in the buffer; empty only at the end of the stream. Take it with [`consume`](Self::consume).
    pub fn chunk(&mut self) -> Result<&[u8]> {
        if self.at == self.buf.len() {
            self.refill()?;
        }
        Ok(&self.buf[self.at..])
    }

    /// Takes `n` bytes of the last [`chunk`](Self::chunk).
    pub fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.buf.len());
    }

    /// The error for data that end here.
    pub fn early_end(&self) -> Error {
        Error::malformed("the data end early").with("offset", self.offset())
    }

    #[cold]
    fn refill(&mut self) -> Result<bool> {
        self.start += self.buf.len() as u64;
        self.at = 0;
        self.buf.resize(BUFFER, 0);
        let n = loop {
            match self.stream.read(&mut self.buf) {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.buf.clear();
                    return Err(e.into());
                }
                Ok(n) => break n,
            }
        };
        self.buf.truncate(n);
        Ok(n > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageio_core::ErrorKind;

    #[test]
    fn counts_and_ends() {
        let data: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        let mut stream = data.as_slice();
        let mut source = ByteSource::new(&mut stream, 7);
        assert_eq!(source.array::<3>().unwrap(), [0, 1, 2]);
        let mut all = vec![0; 199_990];
        source.fill(&mut all).unwrap();
        assert_eq!(all, data[3..199_993]);
        assert_eq!(source.offset(), 200_000);
        for expected in &data[199_993..] {
            assert_eq!(source.byte().unwrap(), *expected);
        }
        assert_eq!(source.peek().unwrap(), None);
        let e = source.byte().unwrap_err();
        assert_eq!((e.kind(), e.context_value("offset")), (ErrorKind::Malformed, Some("200007")));
    }
}
