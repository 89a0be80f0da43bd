//! From a URL in a text to a resource.

use std::sync::Arc;

use imageio_core::Result;
use imageio_core::resource::ImageResource;
use imageio_core::resource::scheme::SchemeOpener;

use crate::resource::HttpResource;

/// Opens `http:` and `https:`.
pub(crate) struct Http;

impl SchemeOpener for Http {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(HttpResource::new(uri)?))
    }
}
