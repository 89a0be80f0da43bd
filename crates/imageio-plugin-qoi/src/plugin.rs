use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::header::MAGIC;
use crate::reader::QoiReader;
use crate::writer::QoiWriter;

/// The factory of readers and writers.
pub(crate) struct Qoi;

impl Plugin for Qoi {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(MAGIC) {
            return Err(Error::declined("no QOI signature"));
        }
        Ok(Box::new(QoiReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(QoiWriter::new(request.sink()?)))
    }
}
