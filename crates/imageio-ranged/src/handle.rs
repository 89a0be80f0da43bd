//! A remote file as a resource that owes nothing to whoever asked for it first.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::sync::Arc;

use imageio_core::Result;
use imageio_core::resource::{Ahead, ImageResource, ReadSeek};

use crate::remote::{Ranged, Remote};

/// See [`Ranged::handle`].
struct Handle<R> {
    name: String,
    source: Arc<Ranged<R>>,
}

impl<R: Remote> Ranged<R> {
    /// The file for other threads: what an implementor of
    /// [`ImageResource::shared`](imageio_core::resource::ImageResource::shared) gives. `name` is for messages.
    pub fn handle(self: &Arc<Self>, name: impl Into<String>) -> Arc<dyn ImageResource> {
        Arc::new(Handle { name: name.into(), source: Arc::clone(self) })
    }
}

impl<R> Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.name).finish()
    }
}

impl<R: Remote> ImageResource for Handle<R> {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Ok(Box::new(self.source.open()))
    }

    fn size_hint(&self) -> Option<u64> {
        Some(self.source.remote().size())
    }

    fn ahead(&self) -> Ahead {
        self.source.ahead()
    }
}
