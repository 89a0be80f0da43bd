//! JPEG streams within other formats, such as the strips and tiles of TIFF: the codec without files and options.

use imageio_core::{Error, Result};

use crate::bits::next_marker;
use crate::color::ColorHints;
use crate::decode::{Job, Tolerance};
use crate::encode::{Density, Model, Picture, Settings};
use crate::frame::Frame;

/// How components become channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// As they are stored.
    Stored,
    /// Y'CbCr becomes RGB where the stream's markers don't say that it is something else.
    Rgb,
}

/// A stream whose header is understood.
#[derive(Debug, Clone)]
pub struct Stream<'a> {
    data: &'a [u8],
    frame: Frame,
    hints: ColorHints,
    tolerance: Tolerance,
}

impl<'a> Stream<'a> {
    /// Reads the markers up to the frame header; `data` begins with a start-of-image marker.
    ///
    /// # Errors
    /// `Malformed` without a frame header, and as of [`Frame::parse`].
    pub fn parse(data: &'a [u8]) -> Result<Self> {
        let mut hints = ColorHints::default();
        let mut at = 2;
        while let Some((place, marker)) = next_marker(data, at) {
            at = place + 2;
            if matches!(marker, 0x01 | 0xD0..=0xD8) {
                continue;
            }
            let Some((length, rest)) = data.get(at..).and_then(|d| d.split_first_chunk::<2>()) else { break };
            let Some(len) = usize::from(u16::from_be_bytes(*length)).checked_sub(2) else { break };
            let Some(body) = rest.get(..len) else { break };
            match marker {
                0xD9 | 0xDA => break,
                0xE0 if body.starts_with(b"JFIF\0") => hints.jfif = true,
                0xEE if body.starts_with(b"Adobe") => hints.adobe = body.get(11).copied(),
                marker if Frame::is_sof(marker) => {
                    let frame = Frame::parse(marker, body).map_err(|e| e.with("offset", place))?;
                    return Ok(Stream { data, frame, hints, tolerance: Tolerance::Conceal });
                }
                _ => {}
            }
            at += 2 + len;
        }
        Err(Error::malformed("a JPEG stream without a frame header"))
    }

    /// The same, of which whatever can be had is decoded where the data are damaged or end early.
    #[must_use]
    pub fn salvage(self) -> Self {
        Stream { tolerance: Tolerance::Salvage, ..self }
    }

    /// Height and width in pixels, and the number of components, 1 to 4.
    pub fn shape(&self) -> (usize, usize, usize) {
        self.frame.shape()
    }

    /// The shape of the array: `(height, width)`, and the number of components if there are several.
    pub fn array_shape(&self) -> Vec<usize> {
        self.frame.array_shape()
    }

    /// Bits of a sample: 8 or 12, or 2 to 16 of lossless streams.
    pub fn precision(&self) -> u8 {
        self.frame.precision()
    }

    /// Decodes a stream of at most 8 bits into as many samples as its shape has.
    ///
    /// # Errors
    /// As of [`Job::decode_u8`]; wrong codes are passed over.
    pub fn decode_u8(&self, color: Color, out: &mut [u8]) -> Result<()> {
        self.job(color, out.len()).decode_u8(self.shape(), out).map(drop)
    }

    /// Decodes a stream of more than 8 bits into as many samples as its shape has.
    ///
    /// # Errors
    /// As of [`Job::decode_u16`]; wrong codes are passed over.
    pub fn decode_u16(&self, color: Color, out: &mut [u16]) -> Result<()> {
        self.job(color, out.len()).decode_u16(self.shape(), out).map(drop)
    }

    fn job(&self, color: Color, samples: usize) -> Job<'a> {
        let hints = ColorHints { stored: color == Color::Stored, ..self.hints };
        // Coefficients take two bytes each, and subsampled components of padded frames no more than four times that.
        let max_alloc = (samples as u64).saturating_mul(8).saturating_add(1 << 20);
        let (data, tolerance) = (self.data, self.tolerance);
        Job { data, hints, tolerance, salvage_hint: None, max_alloc: Some(max_alloc) }
    }
}

/// How a stream is encoded: baseline, with the typical Huffman tables of T.81 annex K.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// 0 (smallest) to 100 (best), on the scale of the Independent JPEG Group.
    pub quality: u8,
    /// Pixels for one sample of chroma, across and down: 1 to 4. `None` stores three channels as they are.
    pub subsampling: Option<(usize, usize)>,
}

impl Encoding {
    /// An encoding of that quality, with chroma of half the size across and down.
    pub fn new(quality: u8) -> Self {
        Encoding { quality: quality.min(100), subsampling: Some((2, 2)) }
    }

    /// The same with other chroma.
    pub fn subsampling(self, factors: Option<(usize, usize)>) -> Self {
        Encoding { subsampling: factors, ..self }
    }
}

/// Encodes `height * width * channels` samples as one stream; channels are 1 (grey) or 3 (RGB). Streams of one
/// encoding and number of channels have the same tables.
///
/// # Errors
/// As of [`Picture::new`], and `Mismatch` for another number of channels.
pub fn encode(pixels: &[u8], (height, width, channels): (usize, usize, usize), encoding: Encoding) -> Result<Vec<u8>> {
    let model = match (channels, encoding.subsampling) {
        (1, _) => Model::Gray,
        (3, Some(_)) => Model::YCbCr,
        (3, None) => Model::Rgb,
        _ => return Err(Error::mismatch(format!("a JPEG stream of {channels} channels"))),
    };
    let settings = Settings {
        quality: encoding.quality,
        subsampling: encoding.subsampling.unwrap_or((1, 1)),
        progressive: false,
        optimize: false,
        restart_interval: 0,
    };
    Ok(Picture::new(pixels, width, height, model, settings)?.encode(Density::UNKNOWN, &[]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails says so")]

    use super::*;

    #[test]
    fn there_and_back() {
        let pixels: Vec<u8> = (0..24 * 20 * 3).map(|k| (k % 97 + k / 60) as u8).collect();
        for factors in [None, Some((1, 1)), Some((2, 2)), Some((4, 1))] {
            let stream = encode(&pixels, (20, 24, 3), Encoding::new(100).subsampling(factors)).unwrap();
            let parsed = Stream::parse(&stream).unwrap();
            assert_eq!((parsed.shape(), parsed.precision()), ((20, 24, 3), 8));
            let mut out = vec![0; pixels.len()];
            parsed.decode_u8(Color::Rgb, &mut out).unwrap();
            let worst = out.iter().zip(&pixels).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(factors.is_some_and(|f| f != (1, 1)) || worst < Some(6), "{factors:?} {worst:?}");
            if factors.is_none() {
                let mut stored = vec![0; pixels.len()];
                parsed.decode_u8(Color::Stored, &mut stored).unwrap();
                assert_eq!(stored, out);
            }
        }
        assert!(encode(&pixels, (20, 24, 2), Encoding::new(75)).is_err());
        assert!(Stream::parse(b"\xff\xd8\xff\xd9").is_err());
    }
}
