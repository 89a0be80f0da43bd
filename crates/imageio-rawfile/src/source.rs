//! Reads at offsets.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use imageio_core::{Bytes, Error, Limits, ReadSeek, Request, Result};

/// Where the bytes of a file come from.
pub(crate) struct Source<'r> {
    inner: Mutex<(Inner<'r>, Windows)>,
    size: u64,
}

/// Parts of the file around what was read last: headers are many small things near each other, of which some are
/// looked at more than once.
#[derive(Default)]
struct Windows(VecDeque<(u64, Vec<u8>)>);

const WINDOW: u64 = 1 << 16;
const WINDOWS: usize = 4;
/// More than this is read by itself.
const SMALL: usize = 1 << 12;

impl Windows {
    /// Copies from a window that has all of it.
    fn copy(&self, offset: u64, out: &mut [u8]) -> bool {
        let part = self.0.iter().find_map(|(start, bytes)| {
            let at = usize::try_from(offset.checked_sub(*start)?).ok()?;
            bytes.get(at..at.checked_add(out.len())?)
        });
        part.map(|part| out.copy_from_slice(part)).is_some()
    }
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
        Ok(Source { inner: Mutex::new((inner, Windows::default())), size })
    }

    /// Length of the whole.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// `n` bytes from `offset` on; `Malformed` if the file ends before.
    pub fn read(&self, offset: u64, n: usize) -> Result<Vec<u8>> {
        self.check(offset, n)?;
        let mut out = vec![0; n];
        self.read_into(offset, &mut out)?;
        Ok(out)
    }

    /// `Malformed` if there are no `n` bytes at `offset`.
    fn check(&self, offset: u64, n: usize) -> Result<()> {
        match offset.checked_add(n as u64) {
            Some(end) if end <= self.size => Ok(()),
            _ => Err(Error::malformed(format!(
                "the file of {} bytes ends before {n} bytes at offset {offset}",
                self.size
            ))
            .with("offset", offset)),
        }
    }

    /// As [`read`](Self::read), into memory that is there already.
    pub fn read_into(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.check(offset, out.len())?;
        let mut held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (inner, windows) = &mut *held;
        if let Inner::Bytes(bytes) = inner {
            let part = usize::try_from(offset).ok().and_then(|at| bytes.get(at..at.checked_add(out.len())?));
            out.copy_from_slice(part.ok_or_else(|| Error::malformed("the file got shorter"))?);
            return Ok(());
        }
        if out.len() > SMALL {
            return Ok(inner.fill(offset, out)?);
        }
        if !windows.copy(offset, out) {
            let start = offset / WINDOW * WINDOW;
            let end = start.saturating_add(2 * WINDOW).min(self.size);
            // What is wanted may lie across two.
            let end = if offset + out.len() as u64 > start + WINDOW { end } else { end.min(start + WINDOW) };
            let mut window = vec![0; end.saturating_sub(start) as usize];
            inner.fill(start, &mut window)?;
            windows.0.push_front((start, window));
            windows.0.truncate(WINDOWS);
            windows.copy(offset, out);
        }
        Ok(())
    }

    /// Everything, for decoders that want it.
    pub fn whole(&self, limits: &Limits) -> Result<Vec<u8>> {
        self.read(0, self.len(limits)?)
    }

    /// Length of the whole, if memory may be had for it.
    pub fn len(&self, limits: &Limits) -> Result<usize> {
        if limits.max_alloc.is_some_and(|max| self.size > max) {
            return Err(Error::limit(format!("{} bytes to be held in memory", self.size)));
        }
        usize::try_from(self.size).map_err(|_| Error::limit("the file does not fit into memory"))
    }
}

impl Inner<'_> {
    fn fill(&mut self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self {
            Inner::File(file) => fill(file, offset, out),
            Inner::Stream(stream) => fill(stream, offset, out),
            Inner::Bytes(bytes) => fill(&mut io::Cursor::new(&bytes[..]), offset, out),
        }
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
        Source { inner: Mutex::new((Inner::Bytes(bytes.into()), Windows::default())), size }
    }
}
