use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::header::{self, Header};
use crate::reader::ToyReader;
use crate::writer::ToyWriter;

/// The factory of readers and writers.
pub(crate) struct Toy;

impl Plugin for Toy {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        // Someone may have named a foreign file `.toy`: that is for another plugin to open.
        if !request.head().starts_with(header::MAGIC) {
            return Err(Error::declined("no TOY1 signature"));
        }
        let mut stream = request.stream()?;
        let header = Header::read(&mut stream)?;
        Ok(Box::new(ToyReader { stream, header }))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(ToyWriter { sink: request.sink()? }))
    }
}
