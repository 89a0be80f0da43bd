//! The same plugin around another codec: for crates that bind a library and want these options and metadata.

use imageio_core::{ImageReader, ImageWriter, Request, Result};

use crate::options::WriteOptions;
use crate::reader::JpegReader;
use crate::writer::JpegWriter;

/// A JPEG image of 8-bit samples that is to be decoded.
#[non_exhaustive]
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a> {
    /// The file from the image's start-of-image marker on.
    pub data: &'a [u8],
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
}

/// Pixels that are to be encoded.
#[non_exhaustive]
#[derive(Debug, Clone, Copy)]
pub struct ToCode<'a> {
    /// Row-major samples.
    pub samples: &'a [u8],
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// What was asked for; `dpi`, `cmyk` and `background` are taken care of.
    pub options: &'a WriteOptions,
}

/// Another codec. What it leaves alone is done by this crate's own.
pub trait Backend: Send + Sync + 'static {
    /// Decodes an image that needs no tolerance into `height * width * channels` samples; `false` leaves it alone,
    /// and is the answer to damage, too.
    fn decode(&self, image: &Coded<'_>, out: &mut [u8]) -> bool;

    /// A file with a JFIF segment right after its start, or nothing.
    fn encode(&self, image: &ToCode<'_>) -> Option<Vec<u8>>;
}

/// Opens a file for reading with `backend` as its decoder.
pub fn open_reader<'r>(
    request: &mut dyn Request<'r>,
    backend: &'static dyn Backend,
) -> Result<Box<dyn ImageReader + 'r>> {
    Ok(Box::new(JpegReader::open(request, Some(backend))?))
}

/// Prepares to write a file with `backend` as its encoder.
pub fn open_writer(request: &mut dyn Request<'_>, backend: &'static dyn Backend) -> Result<Box<dyn ImageWriter>> {
    Ok(Box::new(JpegWriter::open(request, Some(backend))?))
}
