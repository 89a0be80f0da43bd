//! Reading.

use imageio_core::{Error, ImageReader, Request, Result};

/// Opens a video.
pub(crate) fn open<'r>(request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
    let _ = request;
    Err(Error::unsupported("video is not read yet"))
}
