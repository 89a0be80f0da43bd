use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::DdsReader;
use crate::writer::DdsWriter;

/// The factory of readers and writers.
pub(crate) struct Dds;

impl Plugin for Dds {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(b"DDS ") {
            return Err(Error::declined("no DDS signature"));
        }
        Ok(Box::new(DdsReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(DdsWriter::new(request.sink()?)))
    }
}
