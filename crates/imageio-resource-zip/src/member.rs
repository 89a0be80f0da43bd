//! A member as a resource.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::io::Seek as _;
use std::sync::{Arc, OnceLock};

use imageio_core::resource::{Ahead, PathResource, Transaction};
use imageio_core::{
    Atomic, Error, ErrorKind, ImageResource, IntoResource, IntoTarget, Limits, Pipe, ReadSeek, Result, Target,
};

use crate::ahead::InArchive;
use crate::archive::{Directory, Entry};
use crate::content::{self, STORED, Unpacked, Window};
use crate::name;
use crate::write::{self, Method};

/// A member of an archive: a resource like any other.
///
/// The archive is looked at when the member is first used.
pub struct Member<'a> {
    outer: Arc<dyn ImageResource + 'a>,
    inner: String,
    located: OnceLock<Located<'a>>,
    /// A compressed member once something was unpacked.
    unpacked: OnceLock<Arc<dyn ImageResource + 'a>>,
    /// Where to say what will be read of an archive that is far away, once the member was opened.
    ahead: OnceLock<Ahead>,
    /// The archive again, where the member may be written.
    writable: Option<(Arc<dyn ImageResource>, Method)>,
}

/// Where a member was found; in an archive within the archive, if the name leads through one.
#[derive(Clone)]
struct Located<'a> {
    directory: Arc<Directory<'a>>,
    what: What,
}

#[derive(Clone)]
enum What {
    File(Entry),
    /// Its name without `/` at the end.
    Folder(String),
}

impl Located<'_> {
    fn file(&self) -> Result<&Entry> {
        match &self.what {
            What::File(entry) => Ok(entry),
            What::Folder(_) => {
                let hint = "name a file inside it, or all its pictures with `sequence:` in front and `/` at the end";
                Err(Error::unsupported("this is a folder in an archive").with_hint(hint))
            }
        }
    }

    /// Whether both are the same place in the same state of the archive.
    fn is_as(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (What::File(a), What::File(b)) => (a.header_at, a.crc, a.size) == (b.header_at, b.crc, b.size),
            _ => false,
        }
    }
}

impl<'a> Member<'a> {
    /// The member `inner` of `outer`, which is not opened yet. Empty for the archive as a folder.
    pub(crate) fn new(outer: Arc<dyn ImageResource + 'a>, inner: &str) -> Result<Self> {
        name::check(inner)?;
        let inner = name::normal(inner);
        let (located, unpacked, ahead) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Member { outer, inner, located, unpacked, ahead, writable: None })
    }

    /// A member of an archive whose directory was read.
    pub(crate) fn of(directory: Arc<Directory<'a>>, inner: &str) -> Result<Self> {
        let member = Member::new(Arc::clone(&directory.outer), inner)?;
        let located = locate(directory, &member.inner, &Limits::default()).map_err(|e| member.named(e))?;
        let _ = member.located.set(located);
        Ok(member)
    }

    fn named(&self, e: Error) -> Error {
        e.with("resource", self.name())
    }

    fn locate(&self, limits: &Limits) -> Result<&Located<'a>> {
        if let Some(located) = self.located.get() {
            return Ok(located);
        }
        let directory = Arc::new(Directory::read(Arc::clone(&self.outer), limits)?);
        let located = locate(directory, &self.inner, limits).map_err(|e| self.named(e))?;
        Ok(self.located.get_or_init(|| located))
    }

    fn open(&self, limits: &Limits) -> Result<Box<dyn ReadSeek + 'a>> {
        let located = self.locate(limits)?;
        match self.open_located(located, limits) {
            // Replaced since its directory was read: what is there now has a directory of its own.
            Err(e) if e.kind() == ErrorKind::Malformed && self.unpacked.get().is_none() => {
                let fresh = Arc::new(Directory::read(Arc::clone(&self.outer), limits)?);
                let fresh = locate(fresh, &self.inner, limits).map_err(|e| self.named(e))?;
                if fresh.is_as(located) { Err(e) } else { self.open_located(&fresh, limits) }
            }
            opened => opened,
        }
    }

    fn open_located(&self, located: &Located<'a>, limits: &Limits) -> Result<Box<dyn ReadSeek + 'a>> {
        let entry = located.file()?;
        if let Some(unpacked) = self.unpacked.get() {
            check_size(entry, limits)?;
            return Arc::clone(unpacked).open_read();
        }
        let mut stream = Arc::clone(&located.directory.outer).open_read_within(limits)?;
        let method = content::find(&mut stream, entry)?;
        content::check(entry, method)?;
        let ahead = located.directory.outer.ahead();
        if ahead.is_of_use() {
            let at = stream.stream_position()?;
            let member = InArchive { ahead, at, compressed: entry.compressed, size: entry.size };
            let _ = self.ahead.set(Ahead::new(Arc::new(member)));
        }
        if method == STORED {
            return Ok(Box::new(Window::new(stream, entry)));
        }
        check_size(entry, limits)?;
        let pipe = Pipe(Unpacked::new(stream, entry, method)?).into_resource()?;
        Arc::clone(self.unpacked.get_or_init(|| pipe)).open_read()
    }

    /// The names below, where this is a folder.
    fn list(&self) -> Result<Option<Vec<String>>> {
        let located = self.locate(&Limits::default())?;
        match &located.what {
            What::File(_) => Ok(None),
            What::Folder(name) => Ok(Some(located.directory.below(name))),
        }
    }
}

impl Member<'static> {
    /// Makes the member one that can be written, by this method.
    pub(crate) fn writable(mut self, method: Method) -> Self {
        self.writable = Some((Arc::clone(&self.outer), method));
        self
    }
}

/// What is unpacked is kept, so its size is bounded as memory is.
fn check_size(entry: &Entry, limits: &Limits) -> Result<()> {
    if let Some(max) = limits.max_alloc.filter(|max| entry.size > *max) {
        return Err(Error::limit(format!("the member unpacks to {} bytes", entry.size))
            .with("limit", format!("max_alloc = {max}"))
            .with_hint("raise Limits::max_alloc if the archive is trusted"));
    }
    limits.check_ratio(entry.size, || Some(entry.compressed))
}

/// Finds a name in an archive, or in an archive within it: `inner.zip/name.png`.
fn locate<'a>(directory: Arc<Directory<'a>>, inner: &str, limits: &Limits) -> Result<Located<'a>> {
    if let Some(entry) = directory.find(inner).filter(|entry| !entry.is_folder()) {
        let what = What::File(entry.clone());
        return Ok(Located { directory, what });
    }
    let folder = inner.trim_end_matches('/');
    if let Some((archive, rest)) = split_archive(inner)
        && directory.find(archive).is_some()
    {
        let outer: Arc<dyn ImageResource + 'a> = Arc::new(Member::of(Arc::clone(&directory), archive)?);
        return locate(Arc::new(Directory::read(outer, limits)?), rest, limits);
    }
    if directory.has_folder(folder) {
        let what = What::Folder(folder.to_owned());
        return Ok(Located { directory, what });
    }
    Err(directory.missing(inner))
}

/// `a/b.zip` and `c/d.png` of `a/b.zip/c/d.png`.
pub(crate) fn split_archive(inner: &str) -> Option<(&str, &str)> {
    let bytes = inner.as_bytes();
    let mut slashes = (0..bytes.len()).filter(|&at| bytes[at] == b'/');
    // A name that is nothing but the suffix has no stem, and is no archive.
    let at = slashes.find(|&at| at > 4 && bytes[at - 4..at].eq_ignore_ascii_case(b".zip"))?;
    Some((&inner[..at], &inner[at + 1..]))
}

impl ImageResource for Member<'_> {
    fn name(&self) -> Cow<'_, str> {
        format!("{}/{}", self.outer.name(), self.inner).into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        self.open_read_within(&Limits::default())
    }

    fn open_read_within<'r>(self: Arc<Self>, limits: &Limits) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        self.open(limits).map_err(|e| self.named(e))
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        name::last(&self.inner).map(Cow::Borrowed)
    }

    fn size_hint(&self) -> Option<u64> {
        self.locate(&Limits::default()).and_then(Located::file).ok().map(|entry| entry.size)
    }

    /// A stored member, of an archive that is a file or far away: the part of the archive that it is.
    fn shared(&self) -> Result<Option<Arc<dyn ImageResource>>> {
        let entry = self.locate(&Limits::default()).and_then(Located::file).map_err(|e| self.named(e))?;
        // What is packed has to be unpacked as a whole anyway.
        if entry.compressed != entry.size || entry.encrypted {
            return Ok(None);
        }
        let outer = match self.outer.local_path() {
            Some(path) => Some(Arc::new(PathResource::new(path)) as Arc<dyn ImageResource>),
            None => self.outer.shared()?,
        };
        let Some(outer) = outer else { return Ok(None) };
        Ok(Some(Arc::new(Member::new(outer, &self.inner)?)))
    }

    fn ahead(&self) -> Ahead {
        self.ahead.get().cloned().unwrap_or_default()
    }

    /// The files below a folder, or in the whole archive, with their folders: `sub/name.png`.
    fn entries(&self) -> Result<Option<Vec<String>>> {
        self.list().map_err(|e| self.named(e))
    }

    fn entry<'r>(self: Arc<Self>, name: &str) -> Result<Arc<dyn ImageResource + 'r>>
    where
        Self: 'r,
    {
        name::check(name).map_err(|e| self.named(e))?;
        let inner = format!("{}/{name}", self.inner.trim_end_matches('/'));
        let mut member = Member::new(Arc::clone(&self.outer), inner.trim_start_matches('/'))?;
        member.writable.clone_from(&self.writable);
        // The directory was read already, unless the folder lies in an archive within the archive.
        if let Some(located) = self.located.get()
            && let Some(entry) = located.directory.find(&member.inner)
            && Arc::ptr_eq(&located.directory.outer, &self.outer)
        {
            let what = What::File(entry.clone());
            let _ = member.located.set(Located { directory: Arc::clone(&located.directory), what });
        }
        Ok(Arc::new(member))
    }

    fn begin_write(&self, how: Atomic) -> Result<Transaction> {
        let Some((archive, method)) = &self.writable else {
            return Err(Error::new(ErrorKind::ReadOnly, "this member was opened for reading")
                .with("resource", self.name())
                .with_hint("name it by its path, or with NewMember"));
        };
        write::begin(archive, &self.inner, *method, how).map_err(|e| self.named(e)).map(|t| t.named(self.name()))
    }
}

impl Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl<'a> IntoResource<'a> for Member<'a> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}

impl<'a> IntoTarget<'a> for Member<'a> {
    fn into_target(self) -> Result<Target<'a>> {
        let resource: Arc<dyn ImageResource + 'a> = Arc::new(self);
        resource.into_target()
    }
}
