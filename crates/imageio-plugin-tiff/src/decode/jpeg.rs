//! JPEG streams within TIFF (TIFF Technical Note 2): abbreviated streams joined with their tables, and decoded.

use imageio_core::Result;
use imageio_jpeg::stream::{Color, Stream};

use super::chunk::resize;

/// What the markers of a stream say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    pub height: usize,
    pub width: usize,
    pub components: usize,
    pub jfif: bool,
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
            return (info.components != 0).then_some(info);
        }
        let &[high, low] = data.get(at..at + 2)? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).max(2);
        let body = data.get(at + 2..at + length)?;
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let &[_, h1, h0, w1, w0, components, ..] = body else { return None };
                info.height = usize::from(u16::from_be_bytes([h1, h0]));
                info.width = usize::from(u16::from_be_bytes([w1, w0]));
                info.components = usize::from(components);
            }
            0xe0 if body.starts_with(b"JFIF\0") => info.jfif = true,
            _ => {}
        }
        at += length;
    }
}

/// Bits of a sample, height, width and number of components by the frame header, of a stream or its beginning.
pub(crate) fn frame(data: &[u8]) -> Option<[usize; 4]> {
    let mut at = 0;
    while let &[0xff, marker] = data.get(at..at + 2)? {
        at += 2;
        if matches!(marker, 0xd8 | 0x01 | 0xd0..=0xd7) {
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*data.get(at..)?.first_chunk()?));
        if matches!(marker, 0xc0..=0xc3) {
            let &[bits, h1, h0, w1, w0, n] = data.get(at + 2..)?.first_chunk()?;
            let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
            return Some([usize::from(bits), side(h1, h0), side(w1, w0), usize::from(n)]);
        }
        if matches!(marker, 0xd9 | 0xda) || length < 2 {
            return None;
        }
        at += length;
    }
    None
}

/// A stream with the tables that it lacks in front.
pub(crate) fn join(tables: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    // The tables are a stream of their own: start, tables, end.
    let tables = tables.strip_prefix(b"\xff\xd8")?;
    let data = data.strip_prefix(b"\xff\xd8")?;
    let mut out = [b"\xff\xd8", tables].concat();
    let end = segments(&out);
    match end.checked_sub(out.len()) {
        // libjpeg reads one end of a stream after the other where a table is cut off.
        Some(lack) => out.extend(b"\xff\xd9".iter().cycle().take(lack)),
        None => out.truncate(end),
    }
    out.extend(data);
    Some(out)
}

/// Where the segments after the start of a stream of tables end, which may be beyond it.
fn segments(tables: &[u8]) -> usize {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = tables.get(at..).and_then(|rest| rest.first_chunk()) {
        match marker {
            0xd9 => return at,
            0xff => at += 1,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2),
        }
    }
    match tables.get(at..) {
        Some(rest) if rest.starts_with(b"\xff\xd9") => at,
        _ => at.max(tables.len()),
    }
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

/// Decodes into `out`; with `salvage`, what there is of a stream that ends early.
pub(crate) fn decode(data: &[u8], colour: Colour, salvage: bool, out: &mut Vec<u8>) -> Result<Decoded> {
    let mut stream = Stream::parse(data)?;
    if salvage {
        stream = stream.salvage();
    }
    let (height, width, components) = stream.shape();
    let samples = width.saturating_mul(height).saturating_mul(components);
    let size = if stream.precision() <= 8 { 1 } else { 2 };
    let bytes = resize(out, samples.saturating_mul(size))?;
    let wanted = if colour == Colour::Rgb { Color::Rgb } else { Color::Stored };
    if size == 1 {
        stream.decode_u8(wanted, bytes)?;
    } else if let Ok(wide) = bytemuck::try_cast_slice_mut(bytes) {
        stream.decode_u16(wanted, wide)?;
    } else {
        // Bytes need not lie where two of them are a number.
        let mut wide = super::chunk::room::<u16>(samples)?;
        stream.decode_u16(wanted, &mut wide)?;
        bytes.copy_from_slice(bytemuck::cast_slice(&wide));
    }
    if colour == Colour::Grey && components == 3 && size == 1 {
        // Luma is the first component.
        for k in 0..width * height {
            bytes[k] = bytes[3 * k];
        }
        out.truncate(width * height);
        return Ok(Decoded { width, height, components: 1, size });
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
        assert_eq!((info.height, info.width, info.components, info.jfif), (16, 32, 1, true));
        assert_eq!(frame(data), Some([8, 16, 32, 1]));
        assert!(frame(b"\xff\xd8\xff\xda\0\x02").is_none() && frame(b"\xff\xd8\xff\xc0\0").is_none());
        assert!(scan(b"\xff\xd8\xff\xda").is_none());
        assert!(scan(b"BM").is_none());
    }

    #[test]
    fn tables_go_in_front() {
        let joined = |tables: &[u8]| join(tables, b"\xff\xd8\xff\xc0").unwrap();
        assert_eq!(joined(b"\xff\xd8\xff\xdb\0\x02\xff\xd9"), b"\xff\xd8\xff\xdb\0\x02\xff\xc0");
        assert_eq!(joined(b"\xff\xd8\xff\xdb\0\x02"), b"\xff\xd8\xff\xdb\0\x02\xff\xc0");
        assert_eq!(joined(b"\xff\xd8\xff\xdb\0\x03\xd9\xff\xd9"), b"\xff\xd8\xff\xdb\0\x03\xd9\xff\xc0");
        // Bytes that a table lacks are those of ends.
        assert_eq!(joined(b"\xff\xd8\xff\xdb\0\x06\x01"), b"\xff\xd8\xff\xdb\0\x06\x01\xff\xd9\xff\xff\xc0");
        assert_eq!(joined(b"\xff\xd8\xff\xdb\0\x05\xff\xd9"), b"\xff\xd8\xff\xdb\0\x05\xff\xd9\xff\xff\xc0");
    }
}
