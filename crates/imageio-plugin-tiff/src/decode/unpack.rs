//! From stored samples to array elements: byte order, packed bits, short floats.

use crate::ifd::Endian;

/// Turns the bits of each byte around (FillOrder 2).
pub(crate) fn reverse_bits(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = byte.reverse_bits();
    }
}

/// Exchanges the bytes of every element of `size` bytes.
pub(crate) fn swap(bytes: &mut [u8], size: usize) {
    match size {
        2 => {
            for b in bytes.chunks_exact_mut(2) {
                b.swap(0, 1);
            }
        }
        4 => swap_as::<4>(bytes, |b| u32::from_ne_bytes(b).swap_bytes().to_ne_bytes()),
        8 => swap_as::<8>(bytes, |b| u64::from_ne_bytes(b).swap_bytes().to_ne_bytes()),
        _ => {
            for b in bytes.chunks_exact_mut(size.max(1)) {
                b.reverse();
            }
        }
    }
}

#[inline]
fn swap_as<const N: usize>(bytes: &mut [u8], f: impl Fn([u8; N]) -> [u8; N]) {
    for b in bytes.chunks_exact_mut(N) {
        if let Ok(all) = <[u8; N]>::try_from(&*b) {
            b.copy_from_slice(&f(all));
        }
    }
}

/// One row of samples of up to 64 bits each, the highest bit first.
pub(crate) fn packed(row: &[u8], bits: u32, out: &mut [u64]) {
    let mut at = 0usize;
    for to in out {
        let (mut value, mut left) = (0u64, bits);
        while left > 0 {
            let byte = u64::from(row.get(at / 8).copied().unwrap_or(0));
            let free = 8 - (at % 8) as u32;
            let take = free.min(left);
            value = value << take | (byte >> (free - take) & ((1 << take) - 1));
            at += take as usize;
            left -= take;
        }
        *to = value;
    }
}

/// Writes integers as native elements of `size` bytes; `signed` says how many bits the values have, if they are
/// signed.
pub(crate) fn store(values: &[u64], signed: Option<u32>, size: usize, out: &mut [u8]) {
    for (v, to) in values.iter().zip(out.chunks_exact_mut(size.max(1))) {
        let v = match signed {
            Some(bits) if bits < 64 => (((*v << (64 - bits)) as i64) >> (64 - bits)) as u64,
            _ => *v,
        };
        let bytes = v.to_ne_bytes();
        let part = if cfg!(target_endian = "little") { bytes.get(..size) } else { bytes.get(8 - size..) };
        if let Some(part) = part {
            to.copy_from_slice(part);
        }
    }
}

/// The bits of a 24-bit float (TIFF Technical Note 3: 1 sign, 7 exponent, 16 mantissa) as those of an `f32`.
fn float24(v: u32) -> u32 {
    let (sign, exponent, mantissa) = (v >> 23, v >> 16 & 0x7f, v & 0xffff);
    let bits = match (exponent, mantissa) {
        (0, 0) => 0,
        (0, m) => {
            // Subnormal: the leading one becomes implicit.
            let shift = m.leading_zeros() - 15;
            (127 - 63 + 1 - shift) << 23 | (m << shift & 0xffff) << 7
        }
        (0x7f, m) => 0xff << 23 | m << 7,
        (e, m) => (e + 127 - 63) << 23 | m << 7,
    };
    sign << 31 | bits
}

/// One row of 24-bit floats as native `f32`.
pub(crate) fn floats24(row: &[u8], endian: Endian, out: &mut [u8]) {
    for (three, to) in row.chunks_exact(3).zip(out.chunks_exact_mut(4)) {
        to.copy_from_slice(&float24(endian.uint(three) as u32).to_ne_bytes());
    }
}

/// One row of complex integers of `half` bytes a part as complex numbers of two native floats of `float` bytes.
pub(crate) fn complex_integers(row: &[u8], endian: Endian, half: usize, float: usize, out: &mut [u8]) {
    let unused = 64 - 8 * half as u32;
    for (part, to) in row.chunks_exact(half.max(1)).zip(out.chunks_exact_mut(float)) {
        let v = ((endian.uint(part) << unused) as i64) >> unused;
        if float == 4 {
            to.copy_from_slice(&(v as f32).to_ne_bytes());
        } else {
            to.copy_from_slice(&(v as f64).to_ne_bytes());
        }
    }
}

/// One row of pixels of 5, 6 and 5 bits as bytes, scaled to the full range.
pub(crate) fn rgb565(row: &[u8], endian: Endian, out: &mut [u8]) {
    for (two, to) in row.chunks_exact(2).zip(out.chunks_exact_mut(3)) {
        let v = endian.uint(two) as u32;
        let (r, g, b) = (v >> 11 & 31, v >> 5 & 63, v & 31);
        to.copy_from_slice(&[(r << 3 | r >> 2) as u8, (g << 2 | g >> 4) as u8, (b << 3 | b >> 2) as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits() {
        let mut out = [0; 3];
        packed(&[0xAB, 0xCD, 0xEF, 0x12, 0x30], 12, &mut out);
        assert_eq!(out, [0xABC, 0xDEF, 0x123]);
        packed(&[0b101_01100, 0b1_0000000], 3, &mut out);
        assert_eq!(out, [5, 3, 1]);
        let mut bytes = [0; 6];
        store(&[0xABC, 0x7FF, 0x800], Some(12), 2, &mut bytes);
        let all: Vec<i16> = bytes.chunks(2).map(|b| i16::from_ne_bytes([b[0], b[1]])).collect();
        assert_eq!(all, [0xABC - 4096, 0x7FF, -2048]);
    }

    #[test]
    fn short_floats() {
        let rows = [
            (0x3f0000, 1.0f32),
            (0xbf8000, -1.5),
            (0x000000, 0.0),
            (0x7f0000, f32::INFINITY),
            (0x400000, 2.0),
            (0x000001, 2f32.powi(-62 - 16)),
            (0x008000, 2f32.powi(-63)),
        ];
        for (v, f) in rows {
            assert_eq!(f32::from_bits(float24(v)), f, "{v:06x}");
        }
    }

    #[test]
    fn swaps() {
        let mut bytes: Vec<u8> = (0..16).collect();
        swap(&mut bytes, 4);
        assert_eq!(bytes[..8], [3, 2, 1, 0, 7, 6, 5, 4]);
        swap(&mut bytes, 4);
        swap(&mut bytes, 8);
        assert_eq!(bytes[..8], [7, 6, 5, 4, 3, 2, 1, 0]);
    }
}
