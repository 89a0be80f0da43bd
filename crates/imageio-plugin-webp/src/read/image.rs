//! One coded picture.

use std::io::BufReader;

use image_webp::WebPDecoder;
use imageio_core::{Error, Result};

use super::alpha;
use crate::codec::{Codec, Coded};
use crate::container::{ChunkFile, Codec as Kind, Frame, Source, Span};
use crate::error;

/// What it takes to decode pictures.
pub(super) struct Decoder<'a, 'r> {
    pub source: &'a mut Source<'r>,
    /// Another codec than the one in pure Rust.
    pub codec: Option<&'static dyn Codec>,
    /// Whether a second thread may help.
    pub threads: bool,
    /// For what is read.
    pub buffer: &'a mut Vec<u8>,
}

impl Decoder<'_, '_> {
    /// Decodes the picture of `frame` into `pixels`, rows of 3 or 4 `channels`.
    pub(super) fn decode(&mut self, frame: &Frame, pixels: &mut [u8], channels: usize) -> Result<()> {
        let size = (frame.width, frame.height);
        if let Some(codec) = self.codec {
            return self.with(codec, frame, pixels, channels);
        }
        match frame.codec {
            Kind::Lossless if channels == 4 => lossless(self.source, frame.data, HEADER, size, pixels),
            Kind::Lossless => {
                let chunk = ChunkFile::new(self.source, frame.data, &header(size, false), HEADER);
                run(chunk, pixels).map_err(|e| e.with("offset", frame.data.start))
            }
            Kind::Lossy => {
                // Alpha first: its decoder wants as much room as the picture itself.
                let alpha = match frame.alpha_data {
                    Some(span) if channels == 4 => Some(alpha::read(self.source, span, size, pixels)?),
                    _ => None,
                };
                self.source.chunk(frame.data, self.buffer)?;
                imageio_vp8::decode_with(self.buffer, pixels, channels, self.threads)
                    .map_err(|e| error::lossy(e).with("offset", frame.data.start))?;
                if let Some(alpha) = alpha {
                    for (pixel, alpha) in pixels.chunks_exact_mut(4).zip(alpha) {
                        pixel[3] = alpha;
                    }
                }
                Ok(())
            }
        }
    }

    fn with(&mut self, codec: &dyn Codec, frame: &Frame, pixels: &mut [u8], channels: usize) -> Result<()> {
        let mut alpha = Vec::new();
        if let Some(span) = frame.alpha_data {
            self.source.chunk(span, &mut alpha)?;
        }
        self.source.chunk(frame.data, self.buffer)?;
        let coded = Coded {
            width: frame.width,
            height: frame.height,
            lossless: frame.codec == Kind::Lossless,
            data: self.buffer,
            alpha: frame.alpha_data.map(|_| alpha.as_slice()),
        };
        codec.decode(&coded, pixels, channels).map_err(|e| e.with("offset", frame.data.start))
    }
}

/// Bytes of the header of lossless data: signature, sides, flags.
const HEADER: u32 = 5;

fn header((width, height): (u32, u32), alpha: bool) -> [u8; 5] {
    let bits = (width - 1) | ((height - 1) << 14) | (u32::from(alpha) << 28);
    let [a, b, c, d] = bits.to_le_bytes();
    [0x2f, a, b, c, d]
}

/// Decodes lossless data to RGBA. Their header, the first `skip` bytes, is replaced by one that says so.
pub(super) fn lossless(
    source: &mut Source<'_>,
    span: Span,
    skip: u32,
    size: (u32, u32),
    pixels: &mut [u8],
) -> Result<()> {
    let chunk = ChunkFile::new(source, span, &header(size, true), skip);
    run(chunk, pixels).map_err(|e| e.with("offset", span.start))
}

fn run(chunk: ChunkFile<'_, '_>, pixels: &mut [u8]) -> Result<()> {
    // The decoder asks for a few bytes at a time, which has to be quick.
    let chunk = BufReader::with_capacity(1 << 16, chunk);
    let mut decoder = WebPDecoder::new(chunk).map_err(error::lossless)?;
    if decoder.output_buffer_size() != Some(pixels.len()) {
        let (width, height) = decoder.dimensions();
        return Err(Error::unsupported(format!("lossless data of {width} x {height}")));
    }
    decoder.read_image(pixels).map_err(error::lossless)
}
