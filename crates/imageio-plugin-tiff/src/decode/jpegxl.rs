//! JPEG XL within TIFF (ISO/IEC 18181), one frame for each plane of a tile.

use imageio_core::{Dtype, Error, Result};
use jxl_oxide::{JxlImage, Render};

use super::chunk::{Context, resize};
use super::image::{Found, check};

/// Decodes so many planes into `plain`.
pub(super) fn decode(context: &Context, planes: usize, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    let image = JxlImage::builder().read(std::io::Cursor::new(data)).map_err(bad)?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    check(context, width, height)?;
    let first = image.render_frame(0).map_err(|e| broken(context.dtype, e))?;
    let components = first.stream().channels() as usize;
    let area = width * height * components;
    let frames = frames(context, planes, &image, area);
    let size = context.dtype.size();
    let bytes = area.saturating_mul(size);
    let out = resize(plain, bytes.saturating_mul(frames))?;
    for (k, part) in out.chunks_exact_mut(bytes.max(1)).enumerate() {
        let later;
        let frame = match k {
            0 => &first,
            _ => {
                later = image.render_frame(k).map_err(|e| broken(context.dtype, e))?;
                &later
            }
        };
        if frame.stream().channels() as usize != components {
            return Err(Error::malformed("JPEG XL with frames of different components"));
        }
        put(context.dtype, &image, frame, part)?;
    }
    Ok(Found { planes: frames, width, height, components, size })
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::malformed(format!("JPEG XL: {error}"))
}

/// What goes wrong in a frame.
fn broken(dtype: Dtype, error: impl std::fmt::Display) -> Error {
    if dtype != Dtype::F32 {
        return bad(error);
    }
    let hint = "the decoder can't follow some lossless streams of 32-bit floats, those of low effort above all: if others \
                read the file, rewrite it with another compression, such as deflate";
    bad(error).with_hint(hint)
}

/// How many frames are wanted: one for each plane, or all of those whose elements are in the order of the strip's or
/// tile's, whatever rows and columns they call them.
fn frames(context: &Context, planes: usize, image: &JxlImage, area: usize) -> usize {
    let stored = image.num_loaded_keyframes();
    if planes > 1 {
        return planes.min(stored);
    }
    let layout = &context.layout;
    let [_, rows, width] = layout.chunk_size();
    let line = width * layout.contig();
    let alike = (image.width() as usize, area) == (width, width * image.height() as usize * layout.contig());
    match stored.saturating_mul(area) {
        all if !alike && stored > 1 && all % line.max(1) == 0 && all / line.max(1) <= rows => stored,
        _ => 1,
    }
}

/// The samples of a frame as native elements.
fn put(dtype: Dtype, image: &JxlImage, frame: &Render, to: &mut [u8]) -> Result<()> {
    let mut stream = frame.stream();
    let count = to.len() / dtype.size().max(1);
    match dtype {
        Dtype::U8 => {
            stream.write_to_buffer::<u8>(to);
        }
        Dtype::U16 => {
            let mut values = super::chunk::room(count)?;
            stream.write_to_buffer::<u16>(&mut values);
            to.copy_from_slice(bytemuck::cast_slice(&values));
        }
        Dtype::F32 => {
            let mut values = super::chunk::room(count)?;
            stream.write_to_buffer::<f32>(&mut values);
            to.copy_from_slice(bytemuck::cast_slice(&values));
        }
        Dtype::F16 => {
            let half = jxl_oxide::image::BitDepth::FloatSample { bits_per_sample: 16, exp_bits: 5 };
            if image.image_header().metadata.bit_depth != half {
                return Err(Error::unsupported("JPEG XL of other samples than half floats in an image of float16"));
            }
            let mut values: Vec<f32> = super::chunk::room(count)?;
            stream.write_to_buffer::<f32>(&mut values);
            // The decoder moves the exponent of every number, also of zero and the subnormal ones: taking the bits
            // back gives each as it is stored.
            let bits = values.iter().map(|v| v.to_bits());
            let stored = bits.map(|b| (b >> 16 & 0x8000 | (b >> 13 & 0x3ffff).wrapping_sub(112 << 10) & 0x7fff) as u16);
            for (to, value) in to.chunks_exact_mut(2).zip(stored) {
                to.copy_from_slice(&value.to_ne_bytes());
            }
        }
        other => return Err(Error::unsupported(format!("JPEG XL in TIFF with samples of {other}"))),
    }
    Ok(())
}
