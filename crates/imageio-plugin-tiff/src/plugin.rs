use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::TiffReader;
use crate::writer::TiffWriter;

/// The factory of readers and writers.
pub(crate) struct Tiff;

impl Plugin for Tiff {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        Ok(Box::new(TiffReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(TiffWriter::open(request)?))
    }
}
