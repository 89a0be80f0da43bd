//! The screen as a place.

use std::borrow::Cow;
use std::sync::Arc;

use imageio_core::resource::scheme::SchemeOpener;
use imageio_core::{Error, ErrorKind, ImageResource, PluginDescriptor, ReadSeek, Result};

use crate::DESCRIPTOR;
use crate::region::Region;

/// Opens what begins with `<screen`.
pub(crate) struct Opener;

impl SchemeOpener for Opener {
    fn open(&self, name: &str) -> Result<Arc<dyn ImageResource>> {
        Region::parse(name)?;
        Ok(Arc::new(Screen(name.to_owned())))
    }

    fn create(&self, name: &str) -> Result<Arc<dyn ImageResource>> {
        Err(Error::new(ErrorKind::ReadOnly, "the screen can't be written").with("resource", name))
    }
}

#[derive(Debug)]
struct Screen(String);

impl ImageResource for Screen {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Err(Error::unsupported("the screen has no bytes, only pixels").with("resource", self.name()))
    }

    fn is_procedural(&self) -> bool {
        true
    }

    fn plugin(&self) -> Option<&'static PluginDescriptor> {
        Some(&DESCRIPTOR)
    }
}
