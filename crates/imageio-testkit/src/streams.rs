//! Streams that make life hard for a reader.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Gives one byte at a time, however much is asked for.
#[derive(Debug, Clone)]
pub struct OneByte<S>(pub S);

impl<S: Read> Read for OneByte<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let end = buf.len().min(1);
        self.0.read(&mut buf[..end])
    }
}

impl<S: Seek> Seek for OneByte<S> {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.0.seek(pos)
    }
}

/// Can only be read forward.
#[derive(Debug, Clone)]
pub struct NoSeek<S>(pub S);

impl<S: Read> Read for NoSeek<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

/// Fails with an input/output error when byte `at` is to be read.
#[derive(Debug, Clone)]
pub struct Faulty {
    inner: Cursor<Vec<u8>>,
    at: u64,
}

impl Faulty {
    /// The content, and the first byte that can't be read.
    pub fn new(content: Vec<u8>, at: u64) -> Self {
        Faulty { inner: Cursor::new(content), at }
    }
}

impl Read for Faulty {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.at.saturating_sub(self.inner.position());
        if left == 0 {
            return Err(io::Error::other("the stream fails on purpose"));
        }
        let end = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.inner.read(&mut buf[..end])
    }
}

impl Seek for Faulty {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.inner.seek(pos)
    }
}
