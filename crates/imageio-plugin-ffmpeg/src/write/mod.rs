//! Writing.

use imageio_core::{Error, ImageWriter, Request, Result};

/// Prepares to write a video.
pub(crate) fn open(request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
    let _ = request;
    Err(Error::unsupported("video is not written yet"))
}
