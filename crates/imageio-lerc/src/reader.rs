//! Bytes that are taken one after the other.

use crate::element::Kind;
use crate::error::{Error, Result};

/// What is left of a blob.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    /// Where the data start in the blob.
    start: usize,
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self::within(data, 0)
    }

    /// A reader of a part that starts so many bytes into the blob.
    pub fn within(data: &'a [u8], start: usize) -> Self {
        Self { data, at: 0, start }
    }

    /// Bytes from the blob's start.
    pub fn at(&self) -> usize {
        self.start + self.at
    }

    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or(&[])
    }

    #[inline]
    pub fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8]> {
        match self.data.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => Err(self.cut(count, what)),
        }
    }

    #[cold]
    pub fn cut(&self, needed: usize, what: &'static str) -> Error {
        Error::Truncated { what, at: self.at(), needed, left: self.data.len().saturating_sub(self.at) }
    }

    #[cold]
    pub fn bad(&self, what: &'static str) -> Error {
        Error::Malformed { what, at: self.at() }
    }

    #[inline]
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        match self.rest().first_chunk() {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.cut(N, what)),
        }
    }

    #[inline]
    pub fn u8(&mut self, what: &'static str) -> Result<u8> {
        self.array(what).map(|[byte]| byte)
    }

    #[inline]
    pub fn u32(&mut self, what: &'static str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub fn i32(&mut self, what: &'static str) -> Result<i32> {
        self.array(what).map(i32::from_le_bytes)
    }

    pub fn f64(&mut self, what: &'static str) -> Result<f64> {
        self.array(what).map(f64::from_le_bytes)
    }

    #[inline]
    pub fn element(&mut self, kind: Kind, what: &'static str) -> Result<f64> {
        self.take(kind.size(), what).map(|bytes| kind.read(bytes))
    }
}
