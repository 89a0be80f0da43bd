//! JPEG 2000 within TIFF (ISO/IEC 15444-1).

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
use imageio_core::{Dtype, Error, Result};

use super::chunk::{Context, resize};
use super::image::{Found, check};

/// Most bits of a component that come through the decoder's floats of 24 bits as they are stored.
const MOST_BITS: u8 = 22;

/// Decodes into `plain`.
pub(super) fn decode(context: &Context, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    let bad = |e: &dyn std::fmt::Display| Error::malformed(format!("JPEG 2000: {e}"));
    let image = Image::new(data, &DecodeSettings::default()).map_err(|e| bad(&e))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    check(context, width, height)?;
    let (signed, bits) = depth(data).unwrap_or((false, image.original_bit_depth()));
    let (least, most) = range(context.dtype, signed, bits)?;
    // The decoder shifts all components as if they were unsigned.
    let shift = if signed { f64::from(1u32 << (bits - 1)) } else { 0.0 };
    let mut decoder = DecoderContext::default();
    let decoded = image.decode(&mut decoder).map_err(|e| bad(&e))?;
    let (components, size) = (decoded.components().len(), context.dtype.size());
    let row = size * components;
    let out = resize(plain, width * height * row)?;
    for (k, component) in decoded.components().iter().enumerate() {
        if component.samples().len() < width * height {
            return Err(Error::unsupported("JPEG 2000 with components of different sizes"));
        }
        for (to, value) in out.chunks_exact_mut(row.max(1)).zip(component.samples()) {
            let value = (f64::from(value.round()) - shift).clamp(least, most) as i64;
            let to = to.get_mut(k * size..(k + 1) * size).unwrap_or_default();
            match size {
                1 => to.copy_from_slice(&[value as u8]),
                2 => to.copy_from_slice(&(value as u16).to_ne_bytes()),
                _ => to.copy_from_slice(&(value as u32).to_ne_bytes()),
            }
        }
    }
    Ok(Found { planes: 1, width, height, components, size })
}

/// The least and the largest element of an image whose components are as the stream says.
fn range(dtype: Dtype, signed: bool, bits: u8) -> Result<(f64, f64)> {
    let room = dtype.size() as i32 * 8;
    let fits = i32::from(bits) <= room;
    match dtype {
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::I8 | Dtype::I16 | Dtype::I32 if bits > MOST_BITS => {
            let what = format!("JPEG 2000 with components of {bits} bits, {MOST_BITS} are read without loss");
            Err(Error::unsupported(what).with_hint("rewrite the file with another compression, such as deflate"))
        }
        Dtype::U8 | Dtype::U16 | Dtype::U32 if !signed => Ok((0.0, 2f64.powi(room) - 1.0)),
        Dtype::I8 | Dtype::I16 | Dtype::I32 if signed && fits => {
            Ok((-(2f64.powi(room - 1)), 2f64.powi(room - 1) - 1.0))
        }
        other => {
            let kind = if signed { "signed" } else { "unsigned" };
            let what = format!("JPEG 2000 of {kind} components of {bits} bits in an image of {other}");
            Err(Error::unsupported(what))
        }
    }
}

/// Whether the first component of a stream is signed, and its bits (A.5.1: SIZ).
fn depth(data: &[u8]) -> Option<(bool, u8)> {
    let start = data.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51])?;
    let depth = *data.get(start + 42)?;
    Some((depth & 0x80 != 0, (depth & 0x7f) + 1))
}
