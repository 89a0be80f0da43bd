//! PNG with stored (uncompressed) deflate blocks: RFC 1950, RFC 1951 section 3.2.4, PNG section 5.

/// Colour type and bit depth, as IHDR has them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Colour {
    /// 16-bit grey, big-endian.
    Gray16,
    /// 8-bit red, green, blue.
    Rgb8,
    /// 8-bit red, green, blue, alpha.
    Rgba8,
}

/// A PNG of rows from top to bottom.
pub(crate) fn png(colour: Colour, width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let (depth, kind, pixel_bytes) = match colour {
        Colour::Gray16 => (16, 0, 2),
        Colour::Rgb8 => (8, 2, 3),
        Colour::Rgba8 => (8, 6, 4),
    };
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([depth, kind, 0, 0, 0]);
    let mut rows = Vec::with_capacity(pixels.len() + height as usize);
    for row in pixels.chunks(width as usize * pixel_bytes) {
        rows.push(0); // no filter
        rows.extend(row);
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"IDAT", &stored(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let begin = out.len();
    out.extend(name);
    out.extend(data);
    let sum = crc32(&out[begin..]);
    out.extend(sum.to_be_bytes());
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(0xffff);
    let last = blocks.len().saturating_sub(1);
    for (i, block) in blocks.enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(i == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}

fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    let table: Vec<u32> = (0..256).map(|n| (0..8).fold(n, |crc, _| step(crc))).collect();
    !data.iter().fold(!0, |crc, byte| table[(crc as u8 ^ byte) as usize] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"123456789"), 0x091e_01de);
    }

    #[test]
    fn a_stored_stream_of_two_blocks() {
        let stream = stored(&[7; 0x1_0000]);
        assert_eq!(stream.len(), 2 + 2 * 5 + 0x1_0000 + 4);
        assert_eq!((stream[2], stream[2 + 5 + 0xffff]), (0, 1));
    }
}
