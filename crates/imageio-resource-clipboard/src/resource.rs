//! The clipboard as a place.

use std::borrow::Cow;
use std::sync::Arc;

use imageio_core::resource::Transaction;
use imageio_core::resource::scheme::SchemeOpener;
use imageio_core::{Atomic, Error, ErrorKind, ImageResource, PluginDescriptor, ReadSeek, Result};

use crate::DESCRIPTOR;

const NAME: &str = "<clipboard>";

pub(crate) struct Opener;

impl SchemeOpener for Opener {
    fn open(&self, name: &str) -> Result<Arc<dyn ImageResource>> {
        if name != NAME {
            return Err(Error::new(ErrorKind::NotFound, "there is one clipboard, `<clipboard>`").with("resource", name));
        }
        Ok(Arc::new(Board))
    }
}

#[derive(Debug)]
struct Board;

impl ImageResource for Board {
    fn name(&self) -> Cow<'_, str> {
        NAME.into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Err(Error::unsupported("the clipboard has no bytes, only pixels").with("resource", NAME))
    }

    fn is_procedural(&self) -> bool {
        true
    }

    fn plugin(&self) -> Option<&'static PluginDescriptor> {
        Some(&DESCRIPTOR)
    }

    /// Nothing is staged: the plugin hands the picture over when it is complete.
    fn begin_write(&self, _how: Atomic) -> Result<Transaction> {
        Ok(Transaction::in_memory(None).named(NAME))
    }
}
