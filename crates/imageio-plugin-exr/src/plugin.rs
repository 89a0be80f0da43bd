use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::header::MAGIC;
use crate::options::ExrOpenOptions;
use crate::reader::ExrReader;
use crate::writer::ExrWriter;

/// The factory of readers and writers.
pub(crate) struct Exr;

impl Plugin for Exr {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(&MAGIC) {
            return Err(Error::declined("no OpenEXR signature at the beginning"));
        }
        let options = ExrOpenOptions::parse(request.options())?;
        Ok(Box::new(ExrReader::open(request, options)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(ExrWriter::new(request.sink()?)))
    }
}
