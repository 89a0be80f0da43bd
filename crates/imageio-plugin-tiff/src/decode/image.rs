//! Strips and tiles that are images of their own: JPEG, WebP, PNG, JPEG 2000, JPEG XL, JPEG XR, LERC, and those whose
//! samples are made of others.

use imageio_core::{Error, Result};

use super::chunk::{Context, Scratch};
#[allow(unused_imports)]
use super::codec::Codec;
use super::rows::{Cell, Rows};
use crate::ifd::Tiff;

/// What an image codec found; its samples are in `Scratch::plain`, in native byte order.
pub(crate) struct Found {
    pub width: usize,
    pub height: usize,
    pub components: usize,
    /// Bytes of a sample.
    pub size: usize,
}

/// Decodes what is in `scratch.raw` into the rows that it covers.
pub(crate) fn decode<T: Cell>(
    context: &Context,
    inside: [usize; 3],
    rows: &mut Rows<'_, T>,
    scratch: &mut Scratch,
    tiff: &Tiff<'_>,
) -> Result<()> {
    let _ = tiff;
    #[cfg(feature = "lerc")]
    if let Codec::Lerc(more) = context.codec {
        return super::lerc::decode(context, more, inside, rows, scratch);
    }
    let raw = std::mem::take(&mut scratch.raw);
    let mut plain = std::mem::take(&mut scratch.plain);
    let result = samples(context, inside, &raw, &mut plain, scratch)
        .and_then(|found| place(context, inside, rows, &found, &plain));
    scratch.raw = raw;
    scratch.plain = plain;
    result
}

fn samples(
    context: &Context,
    [planes, real, _]: [usize; 3],
    data: &[u8],
    plain: &mut Vec<u8>,
    scratch: &mut Scratch,
) -> Result<Found> {
    let rows = planes.saturating_mul(real);
    match &context.codec {
        Codec::Subsampled(units) => units.decode(context, rows, data, plain, scratch),
        Codec::PixarLog => super::pixarlog::decode(context, rows, data, plain, scratch),
        Codec::SgiLog(coding) => super::sgilog::decode(context, *coding, rows, data, plain),
        #[cfg(feature = "jpeg")]
        Codec::Jpeg { tables } => jpeg(context, tables, data, plain),
        #[cfg(feature = "jpeg")]
        Codec::JpegParts(parts) => jpeg(context, &[], &parts.join(data), plain),
        #[cfg(feature = "jpeg")]
        Codec::OldJpeg(header) => header.decode(context, plain),
        #[cfg(feature = "webp")]
        Codec::WebP => webp(context, data, plain),
        #[cfg(feature = "png")]
        Codec::Png => png(context, data, plain),
        #[cfg(feature = "jpeg2000")]
        Codec::Jpeg2000 => jpeg2000(context, data, plain),
        #[cfg(feature = "jpegxl")]
        Codec::JpegXl => jpegxl(context, data, plain),
        #[cfg(feature = "jpegxr")]
        Codec::JpegXr => super::jpegxr::decode(context, data, plain),
        _ => Err(Error::unsupported("this compression holds samples, not images")),
    }
}

/// Puts decoded samples in their places.
pub(super) fn place<T: Cell>(
    context: &Context,
    [planes, real, columns]: [usize; 3],
    rows: &mut Rows<'_, T>,
    found: &Found,
    plain: &[u8],
) -> Result<()> {
    let contig = context.layout.contig();
    let size = context.dtype.size();
    if found.size != size {
        return Err(Error::malformed(format!(
            "a strip or tile of {}-byte samples in an image of {}",
            found.size, context.dtype
        )));
    }
    let [_, length, width] = context.layout.chunk_size();
    let length = if context.layout.tile.is_some() { length } else { real };
    let elements = found.width * found.height * found.components;
    let row = if found.components == contig && found.width >= columns && found.height >= planes * real {
        found.width * contig
    } else if elements == width * length * contig {
        // Raw formats store two samples as one pixel and the like: the order of elements is what counts.
        width * contig
    } else {
        return Err(Error::malformed(format!(
            "a strip or tile of {}x{} pixels with {} samples, {real}x{columns} with {contig} are needed",
            found.height, found.width, found.components
        )));
    };
    if plain.len() < planes * real * row * size {
        return Err(Error::malformed("a strip or tile holds fewer samples than it says"));
    }
    for (from, to) in plain.chunks_exact((row * size).max(1)).zip(rows.iter_mut()) {
        T::put(from, to);
    }
    Ok(())
}

#[allow(dead_code)]
/// Refuses images that are far larger than their strip or tile before memory is taken for them.
pub(crate) fn check(context: &Context, width: usize, height: usize) -> Result<()> {
    let layout = &context.layout;
    let area = |n: [usize; 3]| n.iter().fold(1usize, |n, m| n.saturating_mul(*m));
    let page = area([layout.depth, layout.length, layout.width]).max(1 << 22);
    let own = if context.codec.is_whole() { page } else { area(layout.chunk_size()).min(page) };
    let most = own.saturating_mul(4).saturating_add(1 << 16);
    if width.saturating_mul(height) > most {
        return Err(Error::malformed(format!("a strip or tile holds an image of {height}x{width} pixels")));
    }
    Ok(())
}

#[cfg(feature = "jpeg")]
pub(crate) fn jpeg(context: &Context, tables: &[u8], data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    use super::jpeg::{Colour, decode, join, scan};
    let joined;
    let stream = match join(tables, data) {
        Some(both) if !tables.is_empty() => {
            joined = both;
            joined.as_slice()
        }
        _ => data,
    };
    let info = scan(stream).ok_or_else(|| Error::malformed("a strip or tile is no JPEG stream"))?;
    check(context, info.width, info.height)?;
    let layout = &context.layout;
    let colour = if layout.planar {
        Colour::Grey
    } else if !layout.extra_samples.is_empty() && info.components != 3 {
        Colour::Stored
    } else {
        match layout.photometric {
            6 | 0 | 1 => Colour::Rgb,
            // RGB components are stored as such unless a JFIF marker says that they are YCbCr.
            2 if info.jfif => Colour::Rgb,
            _ => Colour::Stored,
        }
    };
    let found = decode(stream, colour, context.allow_truncated, plain)?;
    Ok(Found { width: found.width, height: found.height, components: found.components, size: found.size })
}

#[cfg(feature = "webp")]
fn webp(context: &Context, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    let bad = |e: image_webp::DecodingError| Error::malformed(format!("WebP: {e}"));
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(data)).map_err(bad)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    check(context, width, height)?;
    let stored = if decoder.has_alpha() { 4 } else { 3 };
    let len = decoder.output_buffer_size().unwrap_or(0);
    let wanted = context.layout.contig();
    decoder.read_image(super::chunk::resize(plain, len)?).map_err(bad)?;
    // Opaque tiles leave their alpha away.
    if (stored, wanted) == (3, 4) {
        *plain = plain
            .chunks_exact(3)
            .flat_map(|p| [p.first(), p.get(1), p.get(2)].map(|v| v.copied().unwrap_or(0)).into_iter().chain([255]))
            .collect();
    } else if (stored, wanted) == (4, 3) {
        *plain = plain.chunks_exact(4).flat_map(|p| p.iter().take(3).copied()).collect();
    }
    Ok(Found { width, height, components: wanted.clamp(3, 4), size: 1 })
}

#[cfg(feature = "png")]
fn png(context: &Context, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    let bad = |e: png::DecodingError| Error::malformed(format!("PNG: {e}"));
    let mut decoder = png::Decoder::new(std::io::Cursor::new(data));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(bad)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    check(context, width, height)?;
    let len = reader.output_buffer_size().ok_or_else(|| Error::malformed("PNG of more bytes than can be counted"))?;
    let frame = reader.next_frame(super::chunk::resize(plain, len)?).map_err(bad)?;
    let size = if frame.bit_depth == png::BitDepth::Sixteen { 2 } else { 1 };
    if size == 2 && cfg!(target_endian = "little") {
        super::unpack::swap(plain, 2);
    }
    Ok(Found { width, height, components: frame.color_type.samples(), size })
}

#[cfg(feature = "jpeg2000")]
fn jpeg2000(context: &Context, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
    let bad = |e: &dyn std::fmt::Display| Error::malformed(format!("JPEG 2000: {e}"));
    let image = Image::new(data, &DecodeSettings::default()).map_err(|e| bad(&e))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    check(context, width, height)?;
    use imageio_core::Dtype;
    let (least, most): (f32, f32) = match (context.dtype, signed_bits(data)) {
        (Dtype::U8, None) => (0.0, 255.0),
        (Dtype::U16, None) => (0.0, 65_535.0),
        (Dtype::I8, Some(..=8)) => (-128.0, 127.0),
        (Dtype::I16, Some(..=16)) => (-32_768.0, 32_767.0),
        (Dtype::U32 | Dtype::I32, _) => return Err(Error::unsupported("JPEG 2000 of more than 16 bits")),
        (other, signed) => {
            let kind = if signed.is_some() { "signed" } else { "unsigned" };
            return Err(Error::unsupported(format!("JPEG 2000 of {kind} components in an image of {other}")));
        }
    };
    // The decoder shifts all components as if they were unsigned.
    let shift = signed_bits(data).map_or(0.0, |bits| (1u32 << (bits - 1)) as f32);
    let mut decoder = DecoderContext::default();
    let decoded = image.decode(&mut decoder).map_err(|e| bad(&e))?;
    let (components, size) = (decoded.components().len(), context.dtype.size());
    let row = size * components;
    let out = super::chunk::resize(plain, width * height * row)?;
    for (k, component) in decoded.components().iter().enumerate() {
        if component.samples().len() < width * height {
            return Err(Error::unsupported("JPEG 2000 with components of different sizes"));
        }
        for (to, value) in out.chunks_exact_mut(row.max(1)).zip(component.samples()) {
            let value = (value.round() - shift).clamp(least, most) as i32;
            let to = to.get_mut(k * size..(k + 1) * size).unwrap_or_default();
            match size {
                1 => to.copy_from_slice(&[value as u8]),
                _ => to.copy_from_slice(&(value as u16).to_ne_bytes()),
            }
        }
    }
    Ok(Found { width, height, components, size })
}

/// Bits of the components of a JPEG 2000 stream if they are signed (ISO/IEC 15444-1, A.5.1: SIZ).
#[cfg(feature = "jpeg2000")]
fn signed_bits(data: &[u8]) -> Option<u8> {
    let start = data.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51])?;
    let depth = *data.get(start + 42)?;
    (depth & 0x80 != 0).then_some((depth & 0x7f) + 1)
}

#[cfg(feature = "jpegxl")]
fn jpegxl(context: &Context, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    let bad = |e: &dyn std::fmt::Display| Error::malformed(format!("JPEG XL: {e}"));
    let image = jxl_oxide::JxlImage::builder().read(std::io::Cursor::new(data)).map_err(|e| bad(&e))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    check(context, width, height)?;
    let frame = image.render_frame(0).map_err(|e| bad(&e))?;
    let mut stream = frame.stream();
    let components = stream.channels() as usize;
    let samples = width * height * components;
    let size = context.dtype.size();
    match context.dtype {
        imageio_core::Dtype::U8 => {
            stream.write_to_buffer::<u8>(super::chunk::resize(plain, samples)?);
        }
        imageio_core::Dtype::U16 => {
            let mut values = vec![0u16; samples];
            stream.write_to_buffer::<u16>(&mut values);
            *plain = bytemuck::cast_slice(&values).to_vec();
        }
        imageio_core::Dtype::F32 => {
            let mut values = vec![0f32; samples];
            stream.write_to_buffer::<f32>(&mut values);
            *plain = bytemuck::cast_slice(&values).to_vec();
        }
        imageio_core::Dtype::F16 => {
            let half = jxl_oxide::image::BitDepth::FloatSample { bits_per_sample: 16, exp_bits: 5 };
            if image.image_header().metadata.bit_depth != half {
                return Err(Error::unsupported("JPEG XL of other samples than half floats in an image of float16"));
            }
            let mut values = vec![0f32; samples];
            stream.write_to_buffer::<f32>(&mut values);
            // The decoder moves the exponent of every number, also of zero and the subnormal ones: taking the bits
            // back gives each as it is stored.
            let bits = values.iter().map(|v| v.to_bits());
            let stored = bits.map(|b| (b >> 16 & 0x8000 | (b >> 13 & 0x3ffff).wrapping_sub(112 << 10) & 0x7fff) as u16);
            let values: Vec<u16> = stored.collect();
            *plain = bytemuck::cast_slice(&values).to_vec();
        }
        other => return Err(Error::unsupported(format!("JPEG XL in TIFF with samples of {other}"))),
    }
    Ok(Found { width, height, components, size })
}
