use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::PngReader;
use crate::writer::PngWriter;

/// The factory of readers and writers.
pub(crate) struct Png;

impl Plugin for Png {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        Ok(Box::new(PngReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(PngWriter::open(request)?))
    }
}
