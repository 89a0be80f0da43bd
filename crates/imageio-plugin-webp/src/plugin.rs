use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};

use crate::read::WebpReader;
use crate::write::{PureCodec, WebpWriter};

/// The factory of readers and writers.
pub(crate) struct Webp;

impl Plugin for Webp {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        Ok(Box::new(WebpReader::open(request, None)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(WebpWriter::open(request, &PureCodec)?))
    }
}
