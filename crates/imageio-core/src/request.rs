//! What the user asked of one resource, as a plugin sees it.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::options::Options;
use crate::resource::{Ahead, Atomic, Bytes, FileStream, ImageResource, LocalPath, ReadSeek, Sink, Transaction};

/// One resource as a plugin sees it: streams, bytes or a path to read from, a sink or a path to write to.
///
/// Core implements it for real resources, test kits may implement it to inject faults. It grows by defaulted
/// methods only. `'r` is the life of what the user lent, such as borrowed bytes.
pub trait Request<'r>: Send {
    /// The resource's name for messages.
    fn name(&self) -> Cow<'_, str>;

    /// Extension in lower case without the dot: the longest suffix that any plugin claims, else the last one.
    fn extension(&self) -> Option<&str>;

    /// The first bytes, already read for probing; empty when writing.
    fn head(&self) -> &[u8] {
        &[]
    }

    /// Limits in force.
    fn limits(&self) -> &Limits;

    /// Validated options of the open phase.
    fn options(&self) -> &Options;

    /// Metadata to be stored with the file as a whole; when writing.
    fn metadata(&self) -> Option<&Metadata> {
        None
    }

    /// How careful the write is to be. Core carries it out for what goes through [`sink`](Self::sink) or
    /// [`local_path_for_write`](Self::local_path_for_write); plugins that put files into place themselves do as it says.
    fn atomic(&self) -> Atomic {
        Atomic::Auto
    }

    /// Length in bytes, where it is known without reading.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Whether another stream costs next to nothing and reads at the same time as the first: true of local files
    /// and of memory, not of pipes and networks.
    fn has_cheap_streams(&self) -> bool {
        false
    }

    /// A buffered stream at offset 0; each call gives an independent one.
    fn stream(&mut self) -> Result<Box<dyn ReadSeek + 'r>>;

    /// The local file itself, at its start and shared with nobody, where the resource is a regular one: for plugins
    /// that read at offsets from several threads at once. `None` says to use [`stream`](Self::stream).
    fn file(&mut self) -> Option<File> {
        None
    }

    /// The whole content, for codecs that want a slice: without a copy if it is in memory already.
    fn bytes(&mut self) -> Result<Bytes<'r>>;

    /// The content for other threads, where parts of it come from far away and a [local copy](Self::local_path) would
    /// fetch all of it; `None` elsewhere.
    fn shared(&mut self) -> Result<Option<Arc<dyn ImageResource>>> {
        Ok(None)
    }

    /// Where to tell what is about to be read, for plugins that know it before they decode: see [`Ahead`].
    fn ahead(&self) -> Ahead {
        Ahead::default()
    }

    /// A local file with this content, for backends that want a path; made for the purpose if need be, and
    /// removed when the guard is dropped.
    fn local_path(&mut self) -> Result<LocalPath>;

    /// The names of what lies inside the resource, for plugins that read directories; `None` for a single file.
    fn entries(&self) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// One of what lies inside, as a resource of its own: to be read, or to be written.
    fn entry(&self, name: &str) -> Result<Arc<dyn ImageResource + 'r>> {
        Err(Error::unsupported("there is nothing inside this resource").with("entry", name))
    }

    /// The lease of a staged file to write to. Drop it (or hold it until the writer is dropped) before the
    /// end; what counts is that it is gone when core commits.
    fn sink(&mut self) -> Result<Sink> {
        Err(Error::new(ErrorKind::Backend, "this request is for reading"))
    }

    /// What the target holds before it is written, for writers that add to it: a local file, from its start. `None`
    /// where there is nothing yet, or where the target can't be read. The target itself stays as it is until the
    /// writer has finished.
    fn existing(&mut self) -> Result<Option<File>> {
        Ok(None)
    }

    /// A path to write to, for backends that want one; core moves the result into place.
    fn local_path_for_write(&mut self) -> Result<LocalPath> {
        Err(Error::new(ErrorKind::Backend, "this request is for reading"))
    }
}

/// What is open already, at offset 0.
pub(crate) enum First<'r> {
    /// A regular local file.
    File(FileStream),
    Stream(Box<dyn ReadSeek + 'r>),
}

/// Reading one resource.
pub(crate) struct ReadRequest<'a, 'r> {
    pub resource: Arc<dyn ImageResource + 'r>,
    pub first: Option<First<'r>>,
    /// Length of the local file, where it was opened as one.
    pub size: Option<u64>,
    pub head: &'a [u8],
    pub extension: Option<&'a str>,
    pub limits: &'a Limits,
    pub options: &'a Options,
}

impl<'r> Request<'r> for ReadRequest<'_, 'r> {
    fn name(&self) -> Cow<'_, str> {
        self.resource.name()
    }

    fn extension(&self) -> Option<&str> {
        self.extension
    }

    fn head(&self) -> &[u8] {
        self.head
    }

    fn limits(&self) -> &Limits {
        self.limits
    }

    fn options(&self) -> &Options {
        self.options
    }

    fn size(&self) -> Option<u64> {
        self.size.or_else(|| self.resource.size_hint())
    }

    fn entries(&self) -> Result<Option<Vec<String>>> {
        self.resource.entries()
    }

    fn entry(&self, name: &str) -> Result<Arc<dyn ImageResource + 'r>> {
        Arc::clone(&self.resource).entry(name)
    }

    fn has_cheap_streams(&self) -> bool {
        self.resource.local_path().is_some() || Arc::clone(&self.resource).in_memory().is_some()
    }

    fn stream(&mut self) -> Result<Box<dyn ReadSeek + 'r>> {
        match self.first.take() {
            Some(First::File(stream)) => Ok(Box::new(stream)),
            Some(First::Stream(stream)) => Ok(stream),
            None => Arc::clone(&self.resource).open_read_within(self.limits),
        }
    }

    fn file(&mut self) -> Option<File> {
        match self.first.take() {
            Some(First::File(stream)) => return stream.into_file().ok(),
            other => self.first = other,
        }
        let path = self.resource.local_path()?;
        // Asked before it is opened: opening a FIFO a second time would wait for a writer.
        path.metadata().ok()?.is_file().then(|| File::open(path).ok()).flatten()
    }

    fn bytes(&mut self) -> Result<Bytes<'r>> {
        if let Some(bytes) = Arc::clone(&self.resource).in_memory() {
            return Ok(bytes);
        }
        let size = self.size();
        let check =
            |bytes: u64| match self.limits.max_alloc {
                Some(max) if bytes > max => Err(Error::limit(format!("{bytes} bytes to be held in memory"))
                    .with("limit", format!("max_alloc = {max}"))),
                _ => Ok(()),
            };
        check(size.unwrap_or(0))?;
        let mut stream = self.stream()?;
        let mut content = Vec::new();
        if let Some(size) = size.and_then(|size| usize::try_from(size).ok()) {
            let too_big = |_| Error::limit(format!("no memory for {size} bytes of file"));
            // One byte more lets the last read see the end without growing the buffer.
            content.try_reserve_exact(size.saturating_add(1)).map_err(too_big)?;
            if !self.has_cheap_streams() {
                // Asked for as a whole, what is far away comes by one request.
                content.resize(size, 0);
                let n = fill(&mut stream, &mut content)?;
                content.truncate(n);
            }
        }
        match self.limits.max_alloc {
            Some(max) => {
                let left = max.saturating_add(1).saturating_sub(content.len() as u64);
                stream.by_ref().take(left).read_to_end(&mut content)?;
                check(content.len() as u64)?;
            }
            None => {
                stream.read_to_end(&mut content)?;
            }
        }
        Ok(Bytes::Owned(content))
    }

    fn shared(&mut self) -> Result<Option<Arc<dyn ImageResource>>> {
        self.resource.shared()
    }

    fn ahead(&self) -> Ahead {
        self.resource.ahead()
    }

    fn local_path(&mut self) -> Result<LocalPath> {
        if let Some(path) = self.resource.local_path() {
            return Ok(LocalPath::in_place(path.to_path_buf()));
        }
        let mut stream = self.stream()?;
        stream.seek(SeekFrom::Start(0))?;
        crate::resource::spool::spool(&mut stream, self.extension.unwrap_or("bin"), self.limits.max_alloc)
    }
}

/// Reads until the buffer is full or the stream ends; returns how much it was.
fn fill(stream: &mut impl Read, buf: &mut [u8]) -> std::io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// Writing one target.
pub(crate) struct WriteRequest<'a> {
    pub name: Cow<'a, str>,
    pub extension: Option<&'a str>,
    pub limits: &'a Limits,
    pub options: &'a Options,
    pub metadata: Option<&'a Metadata>,
    /// The target, if it is a local file.
    pub path: Option<&'a Path>,
    pub atomic: Atomic,
    pub transaction: &'a mut Transaction,
}

impl<'r> Request<'r> for WriteRequest<'_> {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension
    }

    fn limits(&self) -> &Limits {
        self.limits
    }

    fn options(&self) -> &Options {
        self.options
    }

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata
    }

    fn atomic(&self) -> Atomic {
        self.atomic
    }

    fn stream(&mut self) -> Result<Box<dyn ReadSeek + 'r>> {
        Err(Error::new(ErrorKind::Backend, "this request is for writing"))
    }

    fn bytes(&mut self) -> Result<Bytes<'r>> {
        Err(Error::new(ErrorKind::Backend, "this request is for writing"))
    }

    fn local_path(&mut self) -> Result<LocalPath> {
        Err(Error::new(ErrorKind::Backend, "this request is for writing"))
    }

    fn sink(&mut self) -> Result<Sink> {
        self.transaction.sink()
    }

    fn existing(&mut self) -> Result<Option<File>> {
        match self.path {
            Some(path) if path.is_file() => Ok(Some(File::open(path)?)),
            _ => Ok(None),
        }
    }

    fn local_path_for_write(&mut self) -> Result<LocalPath> {
        self.transaction.local_path(self.extension.unwrap_or("bin"))
    }
}
