//! What a protocol has to bring, and what is kept of it.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use imageio_core::Result;
use imageio_core::resource::{Ahead, Announce};

use crate::announced::Announced;
use crate::cache::{Block, Cache};
use crate::stream::RangedStream;

/// Size of the first piece in bytes.
pub const FIRST: u64 = 16 * 1024;

/// A file somewhere else, of which parts can be had. It must not change: implementors make an error of that.
pub trait Remote: Send + Sync + 'static {
    /// Length of the file in bytes.
    fn size(&self) -> u64;

    /// The bytes from `start` to before `end` as they come, all of which the file has. Dropping it before the last
    /// one ends the transfer. It may be read on another thread than it was opened on.
    fn open(self: Arc<Self>, start: u64, end: u64) -> Result<Box<dyn Read + Send>>;
}

/// A remote file and what was fetched of it.
#[derive(Debug)]
pub struct Ranged<R> {
    pub(crate) remote: Arc<R>,
    pub(crate) cache: Cache,
    pub(crate) announced: Announced,
}

impl<R: Remote> Ranged<R> {
    /// A file of which nothing was fetched yet.
    pub fn new(remote: R) -> Self {
        Ranged { remote: Arc::new(remote), cache: Cache::default(), announced: Announced::default() }
    }

    /// The same with its first bytes, where finding out about it brought them along.
    #[must_use]
    pub fn with_first(self, bytes: Vec<u8>) -> Self {
        self.cache.put(Block { start: 0, bytes: Arc::new(bytes) });
        self
    }

    /// The remote file.
    pub fn remote(&self) -> &R {
        &self.remote
    }

    /// What implementors of [`ImageResource::ahead`](imageio_core::resource::ImageResource::ahead) give.
    pub fn ahead(self: &Arc<Self>) -> Ahead {
        Ahead::new(Arc::clone(self) as Arc<dyn Announce>)
    }

    /// A new, independent stream at offset 0.
    pub fn open(self: &Arc<Self>) -> RangedStream<R> {
        RangedStream::new(Arc::clone(self))
    }
}

impl<R: Remote> Announce for Ranged<R> {
    fn announce(&self, span: Range<u64>) {
        self.announced.add(span);
    }
}
