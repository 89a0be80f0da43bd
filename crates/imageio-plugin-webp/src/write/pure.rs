//! The codec in pure Rust, writing.

use std::borrow::Cow;

use imageio_core::{Error, ErrorKind, Result};

use crate::codec::{Codec, Coded, Encoded, Pixels, Settings};
use crate::error;

/// Encodes with `imageio-vp8` and `imageio-vp8l`. Reading goes another way, which streams.
pub(crate) struct PureCodec;

impl Codec for PureCodec {
    fn decode(&self, _: &Coded<'_>, _: &mut [u8], _: usize) -> Result<()> {
        Err(Error::new(ErrorKind::Backend, "chunks in memory are not decoded here"))
    }

    fn encode(&self, pixels: &Pixels<'_>, settings: &Settings) -> Result<Encoded> {
        let bytes = match pixels.channels == 4 && !settings.exact {
            true => Cow::Owned(without_hidden_colours(pixels)),
            false => Cow::Borrowed(pixels.bytes),
        };
        let pixels = &Pixels { bytes: &bytes, ..*pixels };
        if settings.lossless {
            return Ok(Encoded { image: lossless(pixels, settings.effort)?, alpha: None });
        }
        let mut options = imageio_vp8::EncodeOptions::default();
        (options.quality, options.effort) = (settings.quality, settings.effort.unwrap_or(OF_LOSSY));
        let image = imageio_vp8::encode(pixels.bytes, pixels.width, pixels.height, pixels.channels, &options);
        Ok(Encoded { image: image.map_err(error::lossy)?, alpha: alpha(pixels, settings.effort)? })
    }
}

/// The effort for lossy pictures where none is asked for.
const OF_LOSSY: u8 = 4;

/// The content of a `VP8L` chunk.
fn lossless(pixels: &Pixels<'_>, effort: Option<u8>) -> Result<Vec<u8>> {
    imageio_vp8l::encode(pixels.bytes, pixels.width, pixels.height, pixels.channels, effort)
        .map_err(|e| Error::new(ErrorKind::Backend, format!("lossless encoder: {e}")))
}

/// Bytes of the header of lossless data, which an `ALPH` chunk leaves out.
const LOSSLESS_HEADER: usize = 5;

/// The content of an `ALPH` chunk; `None` if everything is opaque.
fn alpha(pixels: &Pixels<'_>, effort: Option<u8>) -> Result<Option<Vec<u8>>> {
    if pixels.channels != 4 || pixels.bytes.iter().skip(3).step_by(4).all(|a| *a == 255) {
        return Ok(None);
    }
    let plane: Vec<u8> = pixels.bytes.iter().skip(3).step_by(4).copied().collect();
    let picture = Pixels { bytes: &plane, channels: 1, ..*pixels };
    let coded = lossless(&picture, effort)?;
    // Lossless, not filtered.
    let mut out = vec![1];
    if coded.len() - LOSSLESS_HEADER < plane.len() {
        out.extend_from_slice(&coded[LOSSLESS_HEADER..]);
    } else {
        out[0] = 0;
        out.extend_from_slice(&plane);
    }
    Ok(Some(out))
}

/// Gives fully transparent pixels the colour of the last visible one before them.
fn without_hidden_colours(pixels: &Pixels<'_>) -> Vec<u8> {
    let mut bytes = pixels.bytes.to_vec();
    for row in bytes.chunks_exact_mut(4 * pixels.width.max(1)) {
        let mut last = [0; 3];
        for pixel in row.chunks_exact_mut(4) {
            if pixel[3] == 0 {
                pixel[..3].copy_from_slice(&last);
            } else {
                last.copy_from_slice(&pixel[..3]);
            }
        }
    }
    bytes
}
