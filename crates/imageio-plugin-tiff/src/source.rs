//! Reads at offsets, from as many threads as there are.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::sync::{Mutex, OnceLock, PoisonError};

use imageio_core::resource::Ahead;
use imageio_core::{Error, ReadSeek, Request, Result};

use crate::blame::Blame;

/// Where the bytes of a TIFF file come from.
pub(crate) struct Source<'r> {
    inner: Inner<'r>,
    /// The first bytes, which selection has read already; the first directory is often among them.
    head: Vec<u8>,
    size: OnceLock<Option<u64>>,
    ahead: Ahead,
}

enum Inner<'r> {
    /// A local file: reads at offsets need no lock.
    #[cfg(any(unix, windows))]
    File(File),
    /// Anything else, with the offset at which it stands (`None` after an error).
    Stream(Mutex<(Box<dyn ReadSeek + 'r>, Option<u64>)>),
}

impl<'r> Source<'r> {
    /// The content of a request.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let head = request.head().to_vec();
        #[cfg(any(unix, windows))]
        if let Some(file) = request.file() {
            // Known from opening: asking again would cost a system call.
            let size = request.size().map_or_else(OnceLock::new, |size| OnceLock::from(Some(size)));
            return Ok(Source { inner: Inner::File(file), head, size, ahead: Ahead::default() });
        }
        let stream = request.stream()?;
        let inner = Inner::Stream(Mutex::new((stream, None)));
        Ok(Source { inner, head, size: OnceLock::new(), ahead: request.ahead() })
    }

    /// A local file.
    pub fn file(file: File) -> Source<'static> {
        #[cfg(any(unix, windows))]
        let inner = Inner::File(file);
        #[cfg(not(any(unix, windows)))]
        let inner = Inner::Stream(Mutex::new((Box::new(std::io::BufReader::new(file)), None)));
        Source { inner, head: Vec::new(), size: OnceLock::new(), ahead: Ahead::default() }
    }

    /// The bytes that selection has read.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Where to tell what is about to be read.
    pub fn ahead(&self) -> &Ahead {
        &self.ahead
    }

    /// `true` if several threads read without waiting for each other.
    pub fn is_concurrent(&self) -> bool {
        !matches!(self.inner, Inner::Stream(_))
    }

    /// The local file, if that is what it is.
    pub fn local(&self) -> Option<&File> {
        match &self.inner {
            #[cfg(any(unix, windows))]
            Inner::File(file) => Some(file),
            Inner::Stream(_) => None,
        }
    }

    /// Length of the whole, if it can be told.
    pub fn size(&self) -> Option<u64> {
        *self.size.get_or_init(|| match &self.inner {
            #[cfg(any(unix, windows))]
            Inner::File(file) => file.metadata().ok().map(|m| m.len()),
            Inner::Stream(stream) => {
                let mut guard = stream.lock().unwrap_or_else(PoisonError::into_inner);
                guard.1 = None;
                guard.0.seek(SeekFrom::End(0)).ok()
            }
        })
    }

    /// Fills `buf` from `offset` as far as there are bytes; returns how many.
    pub fn read_some(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(start) = usize::try_from(offset).ok().filter(|start| *start < self.head.len()) {
            if let Some(found) = self.head.get(start..start.saturating_add(buf.len())) {
                buf.copy_from_slice(found);
                return Ok(buf.len());
            }
        }
        match &self.inner {
            #[cfg(any(unix, windows))]
            Inner::File(file) => full(buf, |at, rest| read_at(file, rest, offset.saturating_add(at))),
            Inner::Stream(stream) => {
                let mut guard = stream.lock().unwrap_or_else(PoisonError::into_inner);
                let (stream, position) = &mut *guard;
                let forward = position.and_then(|p| i64::try_from(i128::from(offset) - i128::from(p)).ok());
                *position = None;
                match forward {
                    // Keeps what the stream has buffered, where the target lies within.
                    Some(by) => stream.seek_relative(by)?,
                    None => {
                        stream.seek(SeekFrom::Start(offset))?;
                    }
                }
                let n = full(buf, |_, rest| stream.read(rest))?;
                *position = offset.checked_add(n as u64);
                Ok(n)
            }
        }
    }

    /// Fills `buf` from `offset`; `Malformed` if the file ends before.
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let n = self.read_some(offset, buf)?;
        if n < buf.len() {
            return Err(ends_early(offset, buf.len() as u64, self.size()));
        }
        Ok(())
    }
}

/// The error for data that reach beyond the end of the file.
pub(crate) fn ends_early(offset: u64, wanted: u64, size: Option<u64>) -> Error {
    let size = size.map_or_else(String::new, |size| format!(" of {size} bytes"));
    Error::malformed(format!("the file{size} ends before {wanted} bytes at offset {offset}")).at(offset)
}

fn full(buf: &mut [u8], mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match read(done as u64, rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    // Beyond this the system call itself refuses the offset, which is just past the end for us.
    if offset > i64::MAX as u64 {
        return Ok(0);
    }
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Source<'static> {
        /// A source over bytes in memory.
        pub fn memory(bytes: Vec<u8>) -> Self {
            let stream: Box<dyn ReadSeek> = Box::new(io::Cursor::new(bytes));
            let inner = Inner::Stream(Mutex::new((stream, None)));
            Source { inner, head: Vec::new(), size: OnceLock::new(), ahead: Ahead::default() }
        }
    }

    #[test]
    fn reads_anywhere_in_any_order() {
        let source = Source::memory((0..=99).collect());
        let mut buf = [0; 4];
        for offset in [90, 3, 7, 7, 96, 0] {
            source.read(offset, &mut buf).unwrap();
            assert_eq!(u64::from(buf[0]), offset);
        }
        assert_eq!(source.read_some(98, &mut buf).unwrap(), 2);
        assert_eq!(source.size(), Some(100));
        assert!(source.read(98, &mut buf).unwrap_err().to_string().contains("ends before 4 bytes at offset 98"));
        source.read(50, &mut buf).unwrap();
        assert_eq!(buf, [50, 51, 52, 53]);
    }
}
