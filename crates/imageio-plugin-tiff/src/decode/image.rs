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
    /// Images of this size one after the other, for tiles of several planes.
    pub planes: usize,
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
        Codec::Jpeg2000 => super::jpeg2000::decode(context, data, plain),
        #[cfg(feature = "jpegxl")]
        Codec::JpegXl => super::jpegxl::decode(context, planes, data, plain),
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
    let [depth, length, width] = context.layout.chunk_size();
    let length = if context.layout.tile.is_some() { length } else { real };
    let elements = found.planes * found.width * found.height * found.components;
    let several = found.planes > 1 && found.planes >= planes && found.height >= real;
    let fits = several || found.height >= planes * real;
    let (row, plane) = if found.components == contig && found.width >= columns && fits {
        // Rows of a tile below the image lie between its planes.
        let plane = match found.height {
            height if several => height,
            height if depth > 1 && height == depth * length => length,
            _ => real,
        };
        (found.width * contig, plane)
    } else if elements == depth * width * length * contig {
        // Raw formats store two samples as one pixel and the like: the order of elements is what counts.
        (width * contig, if depth > 1 { length } else { real })
    } else {
        return Err(Error::malformed(format!(
            "a strip or tile of {}x{} pixels with {} samples, {real}x{columns} with {contig} are needed",
            found.height, found.width, found.components
        )));
    };
    if plain.len() < (planes.saturating_sub(1) * plane + real) * row * size {
        return Err(Error::malformed("a strip or tile holds fewer samples than it says"));
    }
    let row = (row * size).max(1);
    let found = plain.chunks((plane * row).max(1)).flat_map(|plane| plane.chunks_exact(row).take(real));
    for (from, to) in found.zip(rows.iter_mut()) {
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
    let mut found = decode(stream, colour, context.allow_truncated, plain)?;
    if found.size == 1 && context.dtype == imageio_core::Dtype::U16 {
        // Cameras say how many bits their sensors have: values stay what they are.
        let values: Vec<u16> = plain.iter().copied().map(u16::from).collect();
        *plain = bytemuck::cast_slice(&values).to_vec();
        found.size = 2;
    }
    Ok(Found { planes: 1, width: found.width, height: found.height, components: found.components, size: found.size })
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
    Ok(Found { planes: 1, width, height, components: wanted.clamp(3, 4), size: 1 })
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
    Ok(Found { planes: 1, width, height, components: frame.color_type.samples(), size })
}
