//! The codec in pure Rust, writing.

use std::borrow::Cow;

use image_webp::{ColorType, WebPEncoder};
use imageio_core::{Error, ErrorKind, Result};

use crate::codec::{Codec, Coded, Encoded, Pixels, Settings};
use crate::error;

/// Encodes with `imageio-vp8`, `imageio-vp8l` and `image-webp`. Reading goes another way, which streams.
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
        (options.quality, options.effort) = (settings.quality, settings.effort);
        let image = imageio_vp8::encode(pixels.bytes, pixels.width, pixels.height, pixels.channels, &options);
        Ok(Encoded { image: image.map_err(error::lossy)?, alpha: alpha(pixels, settings.effort)? })
    }
}

/// Effort up to which the quick encoder is used: a tenth of the time, files larger by a fifth.
const QUICK: u8 = 1;

/// The content of a `VP8L` chunk.
fn lossless(pixels: &Pixels<'_>, effort: u8) -> Result<Vec<u8>> {
    if effort > QUICK {
        let (width, height) = (pixels.width, pixels.height);
        return imageio_vp8l::encode(pixels.bytes, width, height, pixels.channels, effort)
            .map_err(|e| Error::new(ErrorKind::Backend, format!("lossless encoder: {e}")));
    }
    let color = match pixels.channels {
        1 => ColorType::L8,
        3 => ColorType::Rgb8,
        _ => ColorType::Rgba8,
    };
    let side = |n: usize| u32::try_from(n).map_err(|_| Error::mismatch("the picture is too large for WebP"));
    let (width, height) = (side(pixels.width)?, side(pixels.height)?);
    let mut file = Vec::new();
    WebPEncoder::new(&mut file)
        .encode(pixels.bytes, width, height, color)
        .map_err(|e| Error::new(ErrorKind::Backend, format!("lossless encoder: {e}")))?;
    // The chunk out of the file: a header of twelve bytes, name and length of the chunk, its content.
    let len = file.get(16..20).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes) as usize;
    file.truncate(20 + len);
    file.drain(..20.min(file.len()));
    Ok(file)
}

/// Bytes of the header of lossless data, which an `ALPH` chunk leaves out.
const LOSSLESS_HEADER: usize = 5;

/// The content of an `ALPH` chunk; `None` if everything is opaque.
fn alpha(pixels: &Pixels<'_>, effort: u8) -> Result<Option<Vec<u8>>> {
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
