//! What a transaction writes into: the staging, and the [`Sink`] that lends it to a plugin.

use std::fmt::{self, Debug};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::stream::seek_to;

/// Writes of this size and above go past the buffer.
const BUFFER: usize = 64 * 1024;

/// Where the staging waits between leases; empty while one is out.
#[derive(Clone)]
pub(super) struct Slot(Arc<Mutex<Option<Staging>>>);

impl Slot {
    pub(super) fn new(staging: Staging) -> Self {
        Slot(Arc::new(Mutex::new(Some(staging))))
    }

    pub(super) fn take(&self) -> Option<Staging> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, staging: Staging) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(staging);
    }

    /// Lends the staging; `None` while it is out.
    pub(super) fn lease(&self) -> Option<Sink> {
        Some(Sink { staging: Some(self.take()?), slot: self.clone() })
    }
}

/// What a plugin writes into: a lease on a transaction's staging. Writes, seeks and reads back.
///
/// The buffer belongs to the transaction, which flushes it at commit: nothing is lost if this is only dropped,
/// and a failed write that the plugin passes over still fails the commit. Drop it before the writer is
/// finished; a lease that is still out then is an error.
pub struct Sink {
    // `None` only while it is dropped.
    staging: Option<Staging>,
    slot: Slot,
}

impl Sink {
    #[inline]
    fn staging(&mut self) -> io::Result<&mut Staging> {
        self.staging.as_mut().ok_or_else(|| io::Error::other("the sink was returned"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(staging) = self.staging.take() {
            self.slot.put(staging);
        }
    }
}

impl Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.staging.as_ref().map(|s| s.position);
        f.debug_struct("Sink").field("position", &position).finish_non_exhaustive()
    }
}

impl Write for Sink {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let staging = self.staging()?;
        if staging.append(data) { Ok(data.len()) } else { staging.write(data) }
    }

    /// Reports an earlier error. What was written becomes visible at commit anyway, so that encoders which
    /// flush after every line cost no system call.
    fn flush(&mut self) -> io::Result<()> {
        self.staging()?.soft_flush()
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let staging = self.staging()?;
        staging.position = seek_to(to, staging.position, || Ok(staging.len))?;
        Ok(staging.position)
    }
}

impl Read for Sink {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.staging()?.read(buf)
    }
}

/// A file or memory that is written, with its buffer and the first error.
pub(super) struct Staging {
    backing: Backing,
    position: u64,
    len: u64,
    /// The first error stays: a plugin may swallow it, the commit must not.
    error: Option<io::Error>,
    /// Written in place, where a flush is visible to others.
    in_place: bool,
}

enum Backing {
    Memory(Vec<u8>),
    File(Buffered),
}

/// What a staging holds in the end.
pub(super) enum Finished {
    Memory(Vec<u8>),
    File(File),
}

impl Staging {
    fn new(backing: Backing) -> Self {
        Staging { backing, position: 0, len: 0, error: None, in_place: false }
    }

    pub(super) fn memory() -> Self {
        Self::new(Backing::Memory(Vec::new()))
    }

    pub(super) fn file(file: File) -> Self {
        Self::new(Backing::File(Buffered { file, at: 0, buf: Vec::new(), start: 0 }))
    }

    pub(super) fn in_place(file: File) -> Self {
        Staging { in_place: true, ..Self::file(file) }
    }

    /// `true` if something was written.
    pub(super) fn is_used(&self) -> bool {
        self.len > 0 || self.error.is_some()
    }

    /// The common case, small enough to inline into encoders that write byte by byte: room is there and the
    /// position is at the end of what is pending. `false` if it is not so, and nothing was done.
    #[inline]
    fn append(&mut self, data: &[u8]) -> bool {
        let (pending, start) = match &mut self.backing {
            Backing::Memory(bytes) => (bytes, 0),
            Backing::File(file) => (&mut file.buf, file.start),
        };
        let fits = data.len() <= pending.capacity() - pending.len();
        if !fits || self.position != start + pending.len() as u64 || self.error.is_some() {
            return false;
        }
        pending.extend_from_slice(data);
        self.position += data.len() as u64;
        self.len = self.len.max(self.position);
        true
    }

    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if let Some(e) = &self.error {
            return Err(copy_of(e));
        }
        let written = match &mut self.backing {
            Backing::Memory(bytes) => write_memory(bytes, self.position, data),
            Backing::File(file) => file.write(self.position, data),
        };
        let n = self.keep_error(written)?;
        self.position += n as u64;
        self.len = self.len.max(self.position);
        Ok(n)
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.backing {
            Backing::Memory(bytes) => {
                let rest = usize::try_from(self.position).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
                Ok((&mut &*rest).read(buf)?)
            }
            Backing::File(file) => file.read(self.position, buf),
        };
        let n = self.keep_error(read)?;
        self.position += n as u64;
        Ok(n)
    }

    fn soft_flush(&mut self) -> io::Result<()> {
        if let Some(e) = &self.error {
            return Err(copy_of(e));
        }
        if self.in_place
            && let Backing::File(file) = &mut self.backing
        {
            let flushed = file.flush();
            self.keep_error(flushed)?;
        }
        Ok(())
    }

    fn keep_error<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        match result {
            Err(e) if e.kind() != io::ErrorKind::Interrupted => {
                let copy = copy_of(&e);
                self.error = Some(e);
                Err(copy)
            }
            other => other,
        }
    }

    /// Empties the staging, for another attempt.
    pub(super) fn reset(&mut self) -> io::Result<()> {
        match &mut self.backing {
            Backing::Memory(bytes) => bytes.clear(),
            Backing::File(file) => {
                file.buf.clear();
                file.start = 0;
                file.file.set_len(0)?;
            }
        }
        (self.position, self.len, self.error) = (0, 0, None);
        Ok(())
    }

    /// Flushes, and gives out the first error that there was.
    pub(super) fn finish(self) -> io::Result<Finished> {
        if let Some(e) = self.error {
            return Err(e);
        }
        match self.backing {
            Backing::Memory(bytes) => Ok(Finished::Memory(bytes)),
            Backing::File(mut file) => {
                file.flush()?;
                Ok(Finished::File(file.file))
            }
        }
    }
}

/// `io::Error` can't be cloned, and both the plugin and the commit have to see it.
fn copy_of(e: &io::Error) -> io::Error {
    match e.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(e.kind(), e.to_string()),
    }
}

/// Overwrites and appends; a gap becomes zeros. Grows fallibly: an encoder may ask for anything.
fn write_memory(bytes: &mut Vec<u8>, position: u64, data: &[u8]) -> io::Result<usize> {
    let out_of_memory = || io::Error::new(io::ErrorKind::OutOfMemory, "not enough memory for what is written");
    let at = usize::try_from(position).map_err(|_| out_of_memory())?;
    let end = at.checked_add(data.len()).ok_or_else(out_of_memory)?;
    bytes.try_reserve(end.saturating_sub(bytes.len())).map_err(|_| out_of_memory())?;
    if at > bytes.len() {
        bytes.resize(at, 0);
    }
    overwrite(bytes, at, data);
    Ok(data.len())
}

/// `at` must not lie beyond the end.
fn overwrite(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let (over, append) = data.split_at((bytes.len() - at).min(data.len()));
    bytes[at..at + over.len()].copy_from_slice(over);
    bytes.extend_from_slice(append);
}

/// A file with one window of pending bytes. Seeks cost nothing and patches inside the window stay in memory, so
/// that an encoder which goes back to fill in a length causes no system call in a small file.
struct Buffered {
    file: File,
    /// Where the operating system's cursor stands.
    at: u64,
    buf: Vec<u8>,
    /// The offset at which `buf` belongs.
    start: u64,
}

impl Buffered {
    fn write(&mut self, position: u64, data: &[u8]) -> io::Result<usize> {
        if data.len() >= BUFFER {
            self.flush()?;
            self.seek(position)?;
            imageio_pages::reserve_room(&self.file, position, data.len() as u64);
            let n = self.file.write(data)?;
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.at += n as u64;
            return Ok(n);
        }
        let offset = position.checked_sub(self.start).and_then(|n| usize::try_from(n).ok());
        match offset {
            Some(offset) if offset <= self.buf.len() && offset + data.len() <= BUFFER => {
                overwrite(&mut self.buf, offset, data);
            }
            _ => {
                self.flush()?;
                self.start = position;
                self.buf.extend_from_slice(data);
            }
        }
        Ok(data.len())
    }

    fn read(&mut self, position: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.flush()?;
        self.seek(position)?;
        let n = self.file.read(buf)?;
        self.at += n as u64;
        Ok(n)
    }

    fn seek(&mut self, position: u64) -> io::Result<()> {
        if self.at != position {
            self.at = self.file.seek(SeekFrom::Start(position))?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.buf.is_empty() {
            self.seek(self.start)?;
            self.file.write_all(&self.buf)?;
            self.at += self.buf.len() as u64;
            self.buf.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::spool::TempFile;
    use super::*;

    fn content(finished: Finished) -> Vec<u8> {
        match finished {
            Finished::Memory(bytes) => bytes,
            Finished::File(mut file) => {
                let mut all = Vec::new();
                file.rewind().unwrap();
                file.read_to_end(&mut all).unwrap();
                all
            }
        }
    }

    /// The same steps on a sink and on a cursor, which is known to be right.
    fn steps(io: &mut (impl Read + Write + Seek)) -> Vec<u64> {
        let mut trace = Vec::new();
        let block: Vec<u8> = (0..200_000u32).map(|i| (i % 253) as u8).collect();
        let rows: [(SeekFrom, usize, usize); 14] = [
            (SeekFrom::Start(0), 8, 0),
            (SeekFrom::Current(0), 1, 0),
            (SeekFrom::Start(4), 2, 0),        // patch inside the window
            (SeekFrom::Start(6), 70, 0),       // over its end
            (SeekFrom::End(0), 65_535, 0),     // does not fit: flush first
            (SeekFrom::End(0), 65_536, 0),     // past the buffer
            (SeekFrom::Start(3), 5, 0),        // back to the head
            (SeekFrom::Current(-2), 100, 0),   // straddles
            (SeekFrom::Start(10), 0, 40),      // read back
            (SeekFrom::Current(5), 3, 10),     // write after a read
            (SeekFrom::End(-4), 200_000, 0),   // grow
            (SeekFrom::End(1000), 7, 0),       // a gap
            (SeekFrom::Start(299_000), 10, 5), // near the end
            (SeekFrom::End(50), 0, 5),         // read beyond the end
        ];
        for (to, write, read) in rows {
            trace.push(io.seek(to).unwrap());
            io.write_all(&block[trace.len()..trace.len() + write.min(block.len() - trace.len())]).unwrap();
            let mut got = vec![0; read];
            let n = io.read(&mut got).unwrap();
            trace.push(got[..n].iter().map(|b| u64::from(*b)).sum());
            trace.push(io.stream_position().unwrap());
        }
        assert!(io.seek(SeekFrom::Current(-10_000_000)).is_err());
        for byte in 0..=255 {
            io.write_all(&[byte]).unwrap();
            io.flush().unwrap();
        }
        trace
    }

    #[test]
    fn agrees_with_a_cursor() {
        let mut model = Cursor::new(Vec::new());
        let expected = steps(&mut model);
        for in_place in [None, Some(false), Some(true)] {
            let (file, _temp) = TempFile::in_temp_dir("sink").unwrap();
            let slot = Slot::new(match in_place {
                None => Staging::memory(),
                Some(false) => Staging::file(file),
                Some(true) => Staging::in_place(file),
            });
            let mut sink = slot.lease().unwrap();
            assert!(slot.lease().is_none());
            assert_eq!(steps(&mut sink), expected, "{in_place:?}");
            drop(sink);
            let staging = slot.take().unwrap();
            assert!(staging.is_used());
            assert!(content(staging.finish().unwrap()) == *model.get_ref(), "{in_place:?}");
        }
    }

    #[test]
    fn reset_forgets_everything() {
        let (file, _temp) = TempFile::in_temp_dir("sink").unwrap();
        for staging in [Staging::memory(), Staging::file(file)] {
            let slot = Slot::new(staging);
            slot.lease().unwrap().write_all(&[1; 70_000]).unwrap();
            slot.lease().unwrap().write_all(&[1; 7]).unwrap();
            let mut staging = slot.take().unwrap();
            staging.reset().unwrap();
            assert!(!staging.is_used());
            staging.write(b"new").unwrap();
            assert_eq!(content(staging.finish().unwrap()), b"new");
        }
    }

    #[test]
    fn a_swallowed_error_comes_back() {
        // A file opened for reading only stands for a disk that refuses.
        let (_file, temp) = TempFile::in_temp_dir("sink").unwrap();
        let slot = Slot::new(Staging::file(File::open(temp.path()).unwrap()));
        let mut sink = slot.lease().unwrap();
        sink.write_all(b"stays in the buffer").unwrap();
        let first = sink.write_all(&[0; BUFFER]).unwrap_err();
        assert!(first.raw_os_error().is_some());
        assert_eq!(sink.write(b"x").unwrap_err().raw_os_error(), first.raw_os_error());
        assert_eq!(sink.flush().unwrap_err().raw_os_error(), first.raw_os_error());
        drop(sink);
        let last = slot.take().unwrap().finish().err().unwrap();
        assert_eq!(last.raw_os_error(), first.raw_os_error());
    }

    #[test]
    fn memory_grows_fallibly() {
        let slot = Slot::new(Staging::memory());
        let mut sink = slot.lease().unwrap();
        sink.seek(SeekFrom::Start(u64::MAX / 2)).unwrap();
        assert_eq!(sink.write(b"x").unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        sink.seek(SeekFrom::Start(u64::MAX)).unwrap();
        assert!(sink.write(b"x").is_err());
    }
}
