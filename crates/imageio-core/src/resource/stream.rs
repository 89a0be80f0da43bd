//! Streams as places to read from: [`Stream`] for what seeks, [`Pipe`] for what only flows.

use std::borrow::{Borrow, Cow};
use std::fmt::{self, Debug};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::spool::TempFile;
use super::{ImageResource, IntoResource, ReadSeek};
use crate::error::{Error, Result};

/// Large enough that per-byte reads are cheap, small enough that reading a header stays cheap as well.
pub(super) const BUFFER: usize = 32 * 1024;

/// A pipe that delivered more than this goes on in a temporary file.
const SPOOL_BEYOND: u64 = 64 << 20;

/// A stream that seeks, as a place to read from.
///
/// Where the stream stands when it is handed over counts as offset 0. Afterwards its position is unspecified.
/// `Stream(&mut file)` lends a stream; it is not closed.
///
/// ```
/// # use imageio_core::resource::{IntoResource, Stream};
/// # fn main() -> imageio_core::Result<()> {
/// let cursor = std::io::Cursor::new(vec![1, 2, 3]);
/// let resource = Stream(cursor).into_resource()?;
/// assert_eq!(resource.name(), "<stream>");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Stream<S>(pub S);

/// A stream that can't seek, as a place to read from: standard input, a socket, a decompressor.
///
/// What was read is kept, so that plugins may look at it and seek in it as in a file; no more is taken from the
/// pipe than is asked for. Beyond 64 MiB it is kept in a temporary file.
#[derive(Debug)]
pub struct Pipe<R>(pub R);

/// Something without a file name that was given one, for the extension: see [`Stream::named`].
#[derive(Debug)]
pub struct Named<T> {
    pub(super) inner: T,
    pub(super) file_name: String,
}

impl<S> Stream<S> {
    /// A stream with a file name, from which the extension is taken.
    pub fn named(stream: S, file_name: impl Into<String>) -> Named<Self> {
        Named { inner: Stream(stream), file_name: file_name.into() }
    }
}

impl<R> Pipe<R> {
    /// A pipe with a file name, from which the extension is taken.
    pub fn named(pipe: R, file_name: impl Into<String>) -> Named<Self> {
        Named { inner: Pipe(pipe), file_name: file_name.into() }
    }
}

impl<'a, S: Read + Seek + Send + 'a> IntoResource<'a> for Stream<S> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(StreamResource::new(self.0, "<stream>", None)?))
    }
}

impl<'a, S: Read + Seek + Send + 'a> IntoResource<'a> for Named<Stream<S>> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(StreamResource::new(self.inner.0, "<stream>", Some(self.file_name))?))
    }
}

impl<'a, R: Read + Send + 'a> IntoResource<'a> for Pipe<R> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(PipeResource::new(self.0, "<pipe>", None)))
    }
}

impl<'a, R: Read + Send + 'a> IntoResource<'a> for Named<Pipe<R>> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(PipeResource::new(self.inner.0, "<pipe>", Some(self.file_name))))
    }
}

impl<'a> IntoResource<'a> for File {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        file_resource(self)
    }
}

impl<'a> IntoResource<'a> for &'a mut File {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        file_resource(self)
    }
}

/// An open file may be a pipe in truth (standard input often is), and then does not seek.
fn file_resource<'a, F>(file: F) -> Result<Arc<dyn ImageResource + 'a>>
where
    F: Read + Seek + Borrow<File> + Send + 'a,
{
    let kind = Borrow::<File>::borrow(&file).metadata()?.file_type();
    if kind.is_dir() {
        return Err(Error::unsupported("this is a directory").with("resource", "<file>"));
    }
    if kind.is_file() {
        Ok(Arc::new(StreamResource::new(file, "<file>", None)?))
    } else {
        Ok(Arc::new(PipeResource::new(file, "<file>", None)))
    }
}

/// Where a seek leads; `end` is asked only if it counts from there.
pub(super) fn seek_to(to: SeekFrom, current: u64, end: impl FnOnce() -> io::Result<u64>) -> io::Result<u64> {
    let (base, offset) = match to {
        SeekFrom::Start(n) => return Ok(n),
        SeekFrom::Current(offset) => (current, offset),
        SeekFrom::End(offset) => (end()?, offset),
    };
    base.checked_add_signed(offset)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek to a negative or overflowing position"))
}

/// A panic in a user's `read` must not make every later read panic: what is kept stays consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct StreamResource<S> {
    shared: Mutex<Shared<S>>,
    base: u64,
    name: &'static str,
    file_name: Option<String>,
}

struct Shared<S> {
    stream: S,
    /// Where the stream stands; `None` after an error, when nobody knows.
    at: Option<u64>,
}

impl<S: Seek> StreamResource<S> {
    fn new(mut stream: S, name: &'static str, file_name: Option<String>) -> Result<Self> {
        let base = stream.stream_position().map_err(|e| Error::from(e).with("resource", name))?;
        Ok(StreamResource { shared: Mutex::new(Shared { stream, at: Some(base) }), base, name, file_name })
    }

    fn length(&self) -> io::Result<u64> {
        let mut shared = lock(&self.shared);
        shared.at = None;
        let end = shared.stream.seek(SeekFrom::End(0))?;
        shared.at = Some(end);
        Ok(end.saturating_sub(self.base))
    }
}

impl<S> Debug for StreamResource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamResource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<S: Read + Seek + Send> ImageResource for StreamResource<S> {
    fn name(&self) -> Cow<'_, str> {
        self.name.into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Ok(Box::new(BufReader::with_capacity(BUFFER, StreamHandle { owner: self, position: 0 })))
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.file_name.as_deref().map(Cow::Borrowed)
    }

    fn size_hint(&self) -> Option<u64> {
        self.length().ok()
    }
}

/// One reader's own position in a stream that it shares with others.
struct StreamHandle<S> {
    owner: Arc<StreamResource<S>>,
    position: u64,
}

impl<S: Read + Seek> Read for StreamHandle<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(wanted) = self.owner.base.checked_add(self.position) else { return Ok(0) };
        let mut shared = lock(&self.owner.shared);
        // Unknown until the read went well: an error or a panic may leave the stream anywhere.
        if shared.at.take() != Some(wanted) {
            shared.stream.seek(SeekFrom::Start(wanted))?;
        }
        let n = shared.stream.read(buf)?;
        self.position += n as u64;
        shared.at = Some(wanted + n as u64);
        Ok(n)
    }
}

impl<S: Seek> Seek for StreamHandle<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_to(to, self.position, || self.owner.length())?;
        Ok(self.position)
    }
}

/// A pipe and what came out of it so far.
pub(super) struct PipeResource<R> {
    state: Mutex<PipeState<R>>,
    name: Cow<'static, str>,
    file_name: Option<String>,
}

struct PipeState<R> {
    source: R,
    kept: Kept,
    /// Reading into this and copying what came costs less than clearing room for what may come.
    scratch: Vec<u8>,
    ended: bool,
    spool_beyond: u64,
}

enum Kept {
    Memory(Vec<u8>),
    File { file: File, len: u64, _temp: TempFile },
}

impl<R> PipeResource<R> {
    pub(super) fn new(source: R, name: impl Into<Cow<'static, str>>, file_name: Option<String>) -> Self {
        let kept = Kept::Memory(Vec::new());
        let state = PipeState { source, kept, scratch: Vec::new(), ended: false, spool_beyond: SPOOL_BEYOND };
        PipeResource { state: Mutex::new(state), name: name.into(), file_name }
    }
}

impl<R: Read> PipeState<R> {
    fn len(&self) -> u64 {
        match &self.kept {
            Kept::Memory(bytes) => bytes.len() as u64,
            Kept::File { len, .. } => *len,
        }
    }

    /// Reads on until `upto` bytes are kept or the pipe ends.
    fn fill(&mut self, upto: u64) -> io::Result<()> {
        while !self.ended && self.len() < upto {
            if self.len() >= self.spool_beyond {
                self.spool()?;
            }
            self.scratch.resize(BUFFER, 0);
            let n = retry(|| self.source.read(&mut self.scratch))?;
            let new = self.scratch.get(..n).ok_or_else(|| io::Error::other("the pipe gave more than was asked"))?;
            match &mut self.kept {
                Kept::Memory(bytes) => {
                    bytes.try_reserve(n).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                    bytes.extend_from_slice(new);
                }
                Kept::File { file, len, .. } => {
                    file.seek(SeekFrom::Start(*len))?;
                    file.write_all(new)?;
                    *len += n as u64;
                }
            }
            self.ended = n == 0;
        }
        if self.ended {
            self.scratch = Vec::new();
        }
        Ok(())
    }

    fn spool(&mut self) -> io::Result<()> {
        if let Kept::Memory(bytes) = &self.kept {
            let (mut file, temp) = TempFile::in_temp_dir("")?;
            file.write_all(bytes)?;
            self.kept = Kept::File { file, len: bytes.len() as u64, _temp: temp };
        }
        Ok(())
    }

    fn read_at(&mut self, position: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.fill(position.saturating_add(1))?;
        match &mut self.kept {
            Kept::Memory(bytes) => {
                let rest = usize::try_from(position).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
                let n = rest.len().min(buf.len());
                buf[..n].copy_from_slice(&rest[..n]);
                Ok(n)
            }
            Kept::File { file, .. } => {
                file.seek(SeekFrom::Start(position))?;
                file.read(buf)
            }
        }
    }
}

fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

impl<R> Debug for PipeResource<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeResource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<R: Read + Send> ImageResource for PipeResource<R> {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Ok(Box::new(BufReader::with_capacity(BUFFER, PipeHandle { owner: self, position: 0 })))
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.file_name.as_deref().map(Cow::Borrowed)
    }

    fn size_hint(&self) -> Option<u64> {
        let state = lock(&self.state);
        state.ended.then(|| state.len())
    }
}

/// One reader's position in what a pipe delivered.
struct PipeHandle<R> {
    owner: Arc<PipeResource<R>>,
    position: u64,
}

impl<R: Read> Read for PipeHandle<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = lock(&self.owner.state).read_at(self.position, buf)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl<R: Read> Seek for PipeHandle<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let owner = &self.owner;
        self.position = seek_to(to, self.position, || {
            let mut state = lock(&owner.state);
            state.fill(u64::MAX)?;
            Ok(state.len())
        })?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i % 251) as u8).collect()
    }

    /// Gives `step` bytes at a time and counts what it gave; fails once at `fail_at`.
    struct Slow<'c> {
        data: Cursor<Vec<u8>>,
        step: usize,
        given: &'c AtomicUsize,
        fail_at: Option<u64>,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.fail_at.is_some_and(|at| self.data.position() >= at) {
                self.fail_at = None;
                return Err(io::Error::other("unplugged"));
            }
            let n = buf.len().min(self.step);
            let n = self.data.read(&mut buf[..n])?;
            self.given.fetch_add(n, Ordering::Relaxed);
            Ok(n)
        }
    }

    /// Reads pieces through two handles in turn: (handle, seek, bytes wanted).
    fn check_handles(label: &str, resource: &Arc<dyn ImageResource + '_>, expected: &[u8]) {
        let mut handles = [resource.clone().open_read().unwrap(), resource.clone().open_read().unwrap()];
        let end = expected.len() as i64;
        let rows = [
            (0, SeekFrom::Start(0), 10, 0),
            (1, SeekFrom::Start(0), 10, 0),
            (0, SeekFrom::Current(0), 5, 10),
            (1, SeekFrom::Start(40_000), 3, 40_000),
            (0, SeekFrom::Current(100), 3, 115),
            (1, SeekFrom::End(-4), 4, end - 4),
            (1, SeekFrom::Start(1), 2, 1),
            (0, SeekFrom::End(-end), 7, 0),
        ];
        for (i, (handle, to, n, at)) in rows.into_iter().enumerate() {
            let stream = &mut handles[handle];
            assert_eq!(stream.seek(to).unwrap(), at as u64, "{label} row {i}");
            let mut got = vec![0; n];
            stream.read_exact(&mut got).unwrap();
            assert_eq!(got, expected[at as usize..at as usize + n], "{label} row {i}");
        }
        let mut all = Vec::new();
        resource.clone().open_read().unwrap().read_to_end(&mut all).unwrap();
        assert!(all == expected, "{label}");
        assert_eq!(resource.size_hint(), Some(expected.len() as u64), "{label}");
        let stream = &mut handles[0];
        assert_eq!(stream.seek(SeekFrom::Start(1 << 40)).unwrap(), 1 << 40, "{label}");
        assert_eq!(stream.read(&mut [0; 4]).unwrap(), 0, "{label}");
        assert!(stream.seek(SeekFrom::Current(-(2 << 40))).is_err(), "{label}");
    }

    #[test]
    fn handles_are_independent() {
        let data = bytes(100_000);
        let given = AtomicUsize::new(0);
        let mut ahead = Cursor::new([b"head".as_slice(), &data].concat());
        ahead.set_position(4);
        let slow = |step| Slow { data: Cursor::new(data.clone()), step, given: &given, fail_at: None };
        let mut spooling = PipeResource::new(slow(999), "<pipe>", None);
        spooling.state.get_mut().unwrap().spool_beyond = 5000;
        let rows: Vec<(&str, Arc<dyn ImageResource + '_>)> = vec![
            ("stream", Stream(Cursor::new(data.clone())).into_resource().unwrap()),
            ("stream from 4", Stream(&mut ahead).into_resource().unwrap()),
            ("pipe", Pipe(slow(usize::MAX)).into_resource().unwrap()),
            ("pipe in steps", Pipe(slow(7)).into_resource().unwrap()),
            ("pipe, spooled", Arc::new(spooling)),
        ];
        for (label, resource) in rows {
            check_handles(label, &resource, &data);
        }
    }

    #[test]
    fn a_pipe_is_read_only_as_far_as_asked() {
        let given = AtomicUsize::new(0);
        let slow = Slow { data: Cursor::new(bytes(1 << 20)), step: 100, given: &given, fail_at: None };
        let resource = Pipe::named(slow, "a.png").into_resource().unwrap();
        assert_eq!((resource.name().as_ref(), resource.file_name().as_deref()), ("<pipe>", Some("a.png")));
        let mut stream = resource.clone().open_read().unwrap();
        stream.read_exact(&mut [0; 250]).unwrap();
        assert_eq!(given.load(Ordering::Relaxed), 300);
        resource.clone().open_read().unwrap().read_exact(&mut [0; 300]).unwrap();
        assert_eq!(given.load(Ordering::Relaxed), 300);
        assert_eq!(resource.size_hint(), None);
    }

    #[test]
    fn errors_pass_and_reading_goes_on() {
        let given = AtomicUsize::new(0);
        let slow = Slow { data: Cursor::new(bytes(300)), step: 100, given: &given, fail_at: Some(100) };
        let resource = Pipe(slow).into_resource().unwrap();
        let mut stream = resource.open_read().unwrap();
        let mut got = Vec::new();
        assert_eq!(stream.read_to_end(&mut got).unwrap_err().to_string(), "unplugged");
        stream.read_to_end(&mut got).unwrap();
        assert_eq!(got, bytes(300));
    }

    #[test]
    fn open_files_start_where_they_stand() {
        let (mut file, _temp) = TempFile::in_temp_dir("bin").unwrap();
        file.write_all(b"0123456789").unwrap();
        file.seek(SeekFrom::Start(6)).unwrap();
        let mut got = String::new();
        let resource = (&mut file).into_resource().unwrap();
        resource.clone().open_read().unwrap().read_to_string(&mut got).unwrap();
        resource.clone().open_read().unwrap().read_to_string(&mut got).unwrap();
        assert_eq!((got.as_str(), resource.size_hint(), resource.name().as_ref()), ("67896789", Some(4), "<file>"));
        drop(resource);
        file.seek(SeekFrom::Start(9)).unwrap();
        let resource = file.into_resource().unwrap();
        assert_eq!(resource.size_hint(), Some(1));
        let directory = File::open(std::env::temp_dir());
        if let Ok(directory) = directory {
            assert!(directory.into_resource().is_err());
        }
    }
}
