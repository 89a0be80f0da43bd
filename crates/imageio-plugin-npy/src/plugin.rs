use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::NpyReader;
use crate::writer::NpyWriter;

/// The factory of readers and writers.
pub(crate) struct Npy;

impl Plugin for Npy {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(imageio_npy::MAGIC) {
            return Err(Error::declined("no \\x93NUMPY at the beginning"));
        }
        Ok(Box::new(NpyReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(NpyWriter::new(request.sink()?)))
    }
}
