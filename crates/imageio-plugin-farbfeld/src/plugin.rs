use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::FarbfeldReader;
use crate::writer::FarbfeldWriter;

/// The signature.
pub(crate) const MAGIC: &[u8; 8] = b"farbfeld";

/// The factory of readers and writers.
pub(crate) struct Farbfeld;

impl Plugin for Farbfeld {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(MAGIC) {
            return Err(Error::declined("no farbfeld signature"));
        }
        Ok(Box::new(FarbfeldReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(FarbfeldWriter::new(request.sink()?)))
    }
}
