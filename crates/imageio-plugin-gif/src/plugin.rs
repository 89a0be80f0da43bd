use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::reader::GifReader;
use crate::writer::GifWriter;

/// The factory of readers and writers.
pub(crate) struct Gif;

impl Plugin for Gif {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !matches!(request.head().get(..6), Some(b"GIF87a" | b"GIF89a")) {
            return Err(Error::declined("no GIF87a or GIF89a signature"));
        }
        Ok(Box::new(GifReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(GifWriter::open(request)?))
    }
}
