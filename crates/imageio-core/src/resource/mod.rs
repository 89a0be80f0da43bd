//! Places that images come from and go to.
//!
//! A plugin never sees these types: it sees a [`Request`](crate::Request). Whoever adds a *place* (an archive,
//! a protocol) implements [`ImageResource`] and registers a scheme or a mount (see [`scheme`]).

mod ahead;
mod bytes;
pub mod commit;
mod durable;
mod file;
mod path;
pub mod scheme;
mod secrets;
mod sink;
pub mod spool;
mod standard;
mod stream;
mod target;
mod together;
pub mod uri;

use std::borrow::Cow;
use std::fmt::Debug;
use std::fs::File;
use std::io::{BufRead, Seek};
use std::path::Path;
use std::sync::Arc;

pub use self::ahead::{Ahead, Announce};
pub use self::bytes::{Bytes, MemoryResource};
pub use self::commit::{Atomic, Committed, Sink, Transaction};
pub(crate) use self::file::FileStream;
pub use self::path::{PathResource, natural_order};
pub use self::spool::LocalPath;
pub use self::standard::{Stdin, Stdout};
pub use self::stream::{Named, Pipe, Stream};
pub use self::target::{IntoTarget, Target, WriteTo};
pub use self::together::StagedFolder;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::PluginDescriptor;

/// A buffered stream that seeks and can move to another thread: what plugins read from.
pub trait ReadSeek: BufRead + Seek + Send {}
impl<T: BufRead + Seek + Send + ?Sized> ReadSeek for T {}

/// A place bytes come from or go to.
///
/// # For implementors
/// Every method but [`name`](Self::name) and [`open_read`](Self::open_read) has a default. `open_read` takes
/// `Arc<Self>` so that the stream may keep what it reads from alive, or borrow from what `Self` borrows.
pub trait ImageResource: Debug + Send + Sync {
    /// For messages: a path, a URL, `<bytes>`.
    fn name(&self) -> Cow<'_, str>;

    /// A new, independent stream that stands at offset 0. May be called any number of times.
    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r;

    /// As [`open_read`](Self::open_read), for a caller who bounds what reading may cost. Places that unpack or fetch
    /// heed `limits`: an archive refuses a member that would unpack to more than [`max_alloc`](Limits::max_alloc).
    /// This is what core calls; the default bounds nothing.
    fn open_read_within<'r>(self: Arc<Self>, limits: &Limits) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        let _ = limits;
        self.open_read()
    }

    /// The local file, opened and at its start, with its length; only if this *is* a regular one. `None`, the default,
    /// says to use [`open_read`](Self::open_read).
    fn open_file(&self) -> Result<Option<(File, u64)>> {
        Ok(None)
    }

    /// The whole content, if it is in memory already and needs no copy.
    fn in_memory<'r>(self: Arc<Self>) -> Option<Bytes<'r>>
    where
        Self: 'r,
    {
        None
    }

    /// The last component of the path or URL, from which extensions are taken. `None` where there is no name.
    fn file_name(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The path, only if this *is* a local file.
    fn local_path(&self) -> Option<&Path> {
        None
    }

    /// Length in bytes, if it is known without reading. May be asked late, and costs a system call for paths.
    fn size_hint(&self) -> Option<u64> {
        None
    }

    /// `true` for places without bytes (`<video0>`, `<screen>`), which only plugins that declare
    /// [`PROCEDURAL`](crate::Capabilities::PROCEDURAL) can open.
    fn is_procedural(&self) -> bool {
        false
    }

    /// The plugin that reads and writes this place, where the place needs one of its own: a sequence of files, the
    /// screen. It need not be registered, and is used unless the caller names another.
    fn plugin(&self) -> Option<&'static PluginDescriptor> {
        None
    }

    /// The names of what lies inside, for directories and archives; `None` for a single file.
    fn entries(&self) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// One of what lies inside, by a name as [`entries`](Self::entries) gives them; to be written it need not exist.
    /// Nothing is opened yet. Names that lead out of this place are refused.
    fn entry<'r>(self: Arc<Self>, name: &str) -> Result<Arc<dyn ImageResource + 'r>>
    where
        Self: 'r,
    {
        Err(Error::unsupported("there is nothing inside this kind of place")
            .with("resource", self.name())
            .with("entry", name))
    }

    /// The same content for other threads, where parts of it come from far away: for plugins whose programs read here
    /// and there, which would otherwise wait for a copy of all of it. `None`, the default, says that a copy is made.
    fn shared(&self) -> Result<Option<Arc<dyn ImageResource>>> {
        Ok(None)
    }

    /// Where to tell what is about to be read of this place, if it is far away; nowhere by default.
    fn ahead(&self) -> Ahead {
        Ahead::default()
    }

    /// Starts a write. What is written lies beside the target until the transaction commits.
    fn begin_write(&self, how: Atomic) -> Result<Transaction> {
        let _ = how;
        Err(Error::new(ErrorKind::ReadOnly, "this kind of place can't be written").with("resource", self.name()))
    }
}

/// What the reading functions accept: paths and URIs, bytes owned or borrowed, [`Stream`], [`Pipe`], `File`.
pub trait IntoResource<'a> {
    /// Turns `self` into a resource; no file is opened yet.
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>>;
}

impl<'a> IntoResource<'a> for Arc<dyn ImageResource + 'a> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(self)
    }
}
