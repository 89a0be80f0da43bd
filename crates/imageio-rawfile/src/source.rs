//! Reads at offsets.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use imageio_core::{Bytes, Error, Limits, ReadSeek, Request, Result};

/// Where the bytes of a file come from.
pub(crate) struct Source<'r> {
    inner: Mutex<Inner<'r>>,
    size: u64,
}

enum Inner<'r> {
    File(File),
    Stream(Box<dyn ReadSeek + 'r>),
    /// Memory, where everything is at hand.
    Bytes(Bytes<'r>),
}

impl<'r> Source<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut inner = match request.file() {
            Some(file) => Inner::File(file),
            None if request.has_cheap_streams() => Inner::Bytes(request.bytes()?),
            None => Inner::Stream(request.stream()?),
        };
        let size = match &mut inner {
            Inner::File(file) => file.metadata()?.len(),
            Inner::Stream(stream) => stream.seek(SeekFrom::End(0))?,
            Inner::Bytes(bytes) => bytes.len() as u64,
        };
        Ok(Source { inner: Mutex::new(inner), size })
    }

    /// Length of the whole.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// `n` bytes from `offset` on; `Malformed` if the file ends before.
    pub fn read(&self, offset: u64, n: usize) -> Result<Vec<u8>> {
        let ends = || {
            Error::malformed(format!("the file of {} bytes ends before {n} bytes at offset {offset}", self.size))
                .with("offset", offset)
        };
        if offset.checked_add(n as u64).is_none_or(|end| end > self.size) {
            return Err(ends());
        }
        let mut out = vec![0; n];
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *inner {
            Inner::File(file) => fill(file, offset, &mut out)?,
            Inner::Stream(stream) => fill(stream, offset, &mut out)?,
            Inner::Bytes(bytes) => {
                let part = usize::try_from(offset).ok().and_then(|at| bytes.get(at..at.checked_add(n)?));
                out.copy_from_slice(part.ok_or_else(ends)?);
            }
        }
        Ok(out)
    }

    /// Everything, for decoders that want it.
    pub fn whole(&self, limits: &Limits) -> Result<Vec<u8>> {
        if limits.max_alloc.is_some_and(|max| self.size > max) {
            return Err(Error::limit(format!("{} bytes to be held in memory", self.size)));
        }
        self.read(0, usize::try_from(self.size).map_err(|_| Error::limit("the file does not fit into memory"))?)
    }
}

fn fill(from: &mut (impl Read + Seek), offset: u64, out: &mut [u8]) -> io::Result<()> {
    from.seek(SeekFrom::Start(offset))?;
    from.read_exact(out)
}

impl Source<'static> {
    /// Bytes in memory.
    pub fn memory(bytes: Vec<u8>) -> Self {
        let size = bytes.len() as u64;
        Source { inner: Mutex::new(Inner::Stream(Box::new(io::BufReader::new(io::Cursor::new(bytes))))), size }
    }
}
