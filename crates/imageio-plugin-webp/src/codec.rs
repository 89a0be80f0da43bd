//! What a codec has to offer so that the rest of this crate (container, animation, metadata, options) works with it.
//! The codec in pure Rust is built in; `imageio-plugin-libwebp` brings another one.

use imageio_core::{ImageReader, ImageWriter, Request, Result};

use crate::read::WebpReader;
use crate::write::WebpWriter;

/// The chunks of one picture.
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a> {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Whether `data` is of a `VP8L` chunk rather than a `VP8 ` chunk.
    pub lossless: bool,
    /// Content of the image chunk.
    pub data: &'a [u8],
    /// Content of the `ALPH` chunk, for lossy pictures.
    pub alpha: Option<&'a [u8]>,
}

/// Pixels to be coded: rows of grey (1 channel), RGB (3) or RGBA (4).
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// 1, 3 or 4.
    pub channels: usize,
    /// `width * height * channels` bytes.
    pub bytes: &'a [u8],
}

/// How pixels are coded: the part of [`WriteOptions`](crate::WriteOptions) that is the codec's business.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// 0 to 100.
    pub quality: f32,
    /// Keep every pixel.
    pub lossless: bool,
    /// 0 to 6; `None` leaves it to the codec.
    pub effort: Option<u8>,
    /// Keep colours under full transparency.
    pub exact: bool,
}

/// The chunks that a picture was coded to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Content of a `VP8L` chunk if the settings said lossless, else of a `VP8 ` chunk.
    pub image: Vec<u8>,
    /// Content of an `ALPH` chunk.
    pub alpha: Option<Vec<u8>>,
}

/// Turns chunks into pixels and pixels into chunks.
pub trait Codec: Send + Sync + 'static {
    /// Decodes into rows of `channels` (3 or 4) bytes a pixel; the length of `pixels` fits the size of the picture.
    fn decode(&self, coded: &Coded<'_>, pixels: &mut [u8], channels: usize) -> Result<()>;

    /// Encodes.
    fn encode(&self, pixels: &Pixels<'_>, settings: &Settings) -> Result<Encoded>;
}

/// A reader that decodes with `codec`.
pub fn open_reader<'r>(request: &mut dyn Request<'r>, codec: &'static dyn Codec) -> Result<Box<dyn ImageReader + 'r>> {
    Ok(Box::new(WebpReader::open(request, Some(codec))?))
}

/// A writer that encodes with `codec`.
pub fn open_writer(request: &mut dyn Request<'_>, codec: &'static dyn Codec) -> Result<Box<dyn ImageWriter>> {
    Ok(Box::new(WebpWriter::open(request, codec)?))
}
