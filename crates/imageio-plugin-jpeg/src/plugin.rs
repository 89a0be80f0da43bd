use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::JpegReader;
use crate::writer::JpegWriter;

/// The factory of readers and writers.
pub(crate) struct Jpeg;

impl Plugin for Jpeg {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        Ok(Box::new(JpegReader::open(request, None)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(JpegWriter::open(request, None)?))
    }
}
