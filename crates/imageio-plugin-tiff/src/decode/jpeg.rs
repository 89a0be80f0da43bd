//! JPEG streams within TIFF (TIFF Technical Note 2): abbreviated streams joined with their tables, and decoded.

use imageio_core::{Error, Result};
use imageio_plugin_jpeg::stream::{Color, Stream};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::chunk::resize;

/// What the markers of a stream say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    /// Which start of frame: 0xC0 baseline, 0xC2 progressive, 0xC3 lossless …
    pub frame: u8,
    pub precision: u8,
    pub height: usize,
    pub width: usize,
    pub components: usize,
    pub jfif: bool,
    /// Colour transform of an Adobe marker.
    pub adobe: Option<u8>,
    /// Components are called `R`, `G`, `B`.
    pub named_rgb: bool,
}

/// Reads the markers before the first scan.
pub(crate) fn scan(data: &[u8]) -> Option<Info> {
    let mut info = Info::default();
    let mut at = 0;
    loop {
        while data.get(at) == Some(&0xff) && data.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let &[0xff, marker] = data.get(at..at + 2)? else { return None };
        at += 2;
        if matches!(marker, 0xd8 | 0x01 | 0xd0..=0xd7) {
            continue;
        }
        if matches!(marker, 0xd9 | 0xda) {
            return (info.frame != 0).then_some(info);
        }
        let &[high, low] = data.get(at..at + 2)? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).max(2);
        let body = data.get(at + 2..at + length)?;
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let &[precision, h1, h0, w1, w0, components, ..] = body else { return None };
                info.frame = marker;
                info.precision = precision;
                info.height = usize::from(u16::from_be_bytes([h1, h0]));
                info.width = usize::from(u16::from_be_bytes([w1, w0]));
                info.components = usize::from(components);
                let ids: Vec<u8> = body.get(6..)?.chunks(3).filter_map(|c| c.first().copied()).collect();
                info.named_rgb = ids == *b"RGB";
            }
            0xe0 if body.starts_with(b"JFIF\0") => info.jfif = true,
            0xee if body.starts_with(b"Adobe") => info.adobe = body.get(11).copied(),
            _ => {}
        }
        at += length;
    }
}

/// A stream with the tables that it lacks in front.
pub(crate) fn join(tables: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    // The tables are a stream of their own: start, tables, end.
    let tables = tables.strip_prefix(b"\xff\xd8")?;
    let tables = tables.strip_suffix(b"\xff\xd9").unwrap_or(tables);
    let data = data.strip_prefix(b"\xff\xd8")?;
    Some([b"\xff\xd8", tables, data].concat())
}

/// How the components become samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// As they are stored.
    Stored,
    /// YCbCr becomes RGB where the stream is YCbCr.
    Rgb,
    Grey,
}

/// A decoded stream.
pub(crate) struct Decoded {
    pub width: usize,
    pub height: usize,
    pub components: usize,
    /// Bytes of a sample, in native byte order.
    pub size: usize,
}

/// Decodes into `out`.
pub(crate) fn decode(data: &[u8], info: &Info, colour: Colour, out: &mut Vec<u8>) -> Result<Decoded> {
    if info.frame > 0xc2 || info.precision != 8 || !matches!(info.components, 1 | 3) {
        return other(data, colour, out);
    }
    let bad = |e: &dyn std::fmt::Debug| Error::malformed(format!("JPEG: {e:?}"));
    let base = DecoderOptions::default().set_strict_mode(false).set_max_width(65_535).set_max_height(65_535);
    let space = match (info.components, colour) {
        (1, _) => ColorSpace::Luma,
        (_, Colour::Grey) => ColorSpace::Luma,
        (_, Colour::Rgb) => ColorSpace::RGB,
        // Equal colour spaces on both sides mean no conversion.
        (_, Colour::Stored) if info.adobe == Some(0) => ColorSpace::RGB,
        (_, Colour::Stored) => ColorSpace::YCbCr,
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), base.jpeg_set_out_colorspace(space));
    decoder.decode_headers().map_err(|e| bad(&e))?;
    if colour == Colour::Stored && info.components == 3 {
        if let Some(found) = decoder.input_colorspace().filter(|found| *found != space) {
            decoder = JpegDecoder::new_with_options(ZCursor::new(data), base.jpeg_set_out_colorspace(found));
            decoder.decode_headers().map_err(|e| bad(&e))?;
        }
    }
    let components = if space == ColorSpace::Luma { 1 } else { info.components };
    let size = decoder.output_buffer_size().unwrap_or(0);
    if size != info.width * info.height * components {
        return Err(Error::unsupported(format!("JPEG of {} components", info.components)));
    }
    decoder.decode_into(resize(out, size)?).map_err(|e| bad(&e))?;
    Ok(Decoded { width: info.width, height: info.height, components, size: 1 })
}

/// Lossless streams, those of 12 bits, and those of two or four components.
fn other(data: &[u8], colour: Colour, out: &mut Vec<u8>) -> Result<Decoded> {
    let stream = Stream::parse(data)?;
    let (height, width, components) = stream.shape();
    let colour = if colour == Colour::Rgb { Color::Rgb } else { Color::Stored };
    let samples = width.saturating_mul(height).saturating_mul(components);
    let size = if stream.precision() <= 8 { 1 } else { 2 };
    let bytes = resize(out, samples.saturating_mul(size))?;
    if size == 1 {
        stream.decode_u8(colour, bytes)?;
    } else if let Ok(wide) = bytemuck::try_cast_slice_mut(bytes) {
        stream.decode_u16(colour, wide)?;
    } else {
        // Bytes need not lie where two of them are a number.
        let mut wide = super::chunk::room::<u16>(samples)?;
        stream.decode_u16(colour, &mut wide)?;
        bytes.copy_from_slice(bytemuck::cast_slice(&wide));
    }
    Ok(Decoded { width, height, components, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers() {
        let data = b"\xff\xd8\xff\xe0\0\x07JFIF\0\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0\xff\xda";
        let info = scan(data).unwrap();
        assert_eq!((info.height, info.width, info.components, info.jfif, info.frame), (16, 32, 1, true, 0xc0));
        assert!(scan(b"\xff\xd8\xff\xda").is_none());
        assert!(scan(b"BM").is_none());
    }

    #[test]
    fn tables_go_in_front() {
        let joined = join(b"\xff\xd8\xff\xdb\0\x02\xff\xd9", b"\xff\xd8\xff\xc0").unwrap();
        assert_eq!(joined, b"\xff\xd8\xff\xdb\0\x02\xff\xc0");
    }
}
