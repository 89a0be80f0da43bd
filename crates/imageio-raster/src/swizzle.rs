//! The order of channels and of bytes, row by row.

/// Bytes of sixteen pixels of three, which are as many whole vectors.
const GROUP: usize = 48;

/// All ones where byte `i` of a group is channel `channel`.
const fn only(channel: usize) -> [u8; GROUP] {
    let mut out = [0; GROUP];
    let mut i = channel;
    while i < GROUP {
        out[i] = 0xFF;
        i += 3;
    }
    out
}

/// Blue, green, red to red, green, blue (and back).
pub fn bgr_to_rgb(from: &[u8], to: &mut [u8]) {
    const FIRST: [u8; GROUP] = only(0);
    const SECOND: [u8; GROUP] = only(1);
    const THIRD: [u8; GROUP] = only(2);
    fn plain(from: &[u8], to: &mut [u8]) {
        for (to, from) in to.as_chunks_mut::<3>().0.iter_mut().zip(from.as_chunks::<3>().0) {
            *to = [from[2], from[1], from[0]];
        }
    }
    let len = from.len().min(to.len()) / 3 * 3;
    if len == 0 {
        return;
    }
    let (from, to) = (&from[..len], &mut to[..len]);
    // Each byte is the one there, two further on or two before: three loads and masks, without a shuffle, which is
    // not in every processor's vectors.
    plain(&from[..3], &mut to[..3]);
    let mut at = 3;
    while let Some(around) = from.get(at - 2..).and_then(|rest| rest.first_chunk::<{ GROUP + 4 }>())
        && let Some(out) = to.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<GROUP>())
    {
        for i in 0..GROUP {
            out[i] = (around[i + 4] & FIRST[i]) | (around[i + 2] & SECOND[i]) | (around[i] & THIRD[i]);
        }
        at += GROUP;
    }
    plain(&from[at..], &mut to[at..]);
}

/// As [`bgr_to_rgb`] where the pixels lie.
pub fn swap_red_and_blue(row: &mut [u8]) {
    let done = swap_groups(row);
    for pixel in row[done..].as_chunks_mut::<3>().0 {
        pixel.swap(0, 2);
    }
}

/// Sixteen pixels at a time by shuffles, where the processor has them; gives the number of bytes that are done.
#[cfg(target_arch = "x86_64")]
fn swap_groups(row: &mut [u8]) -> usize {
    fearless_simd::kernel!(
        fn groups(_level: Sse4_2, row: &mut [u8]) -> usize {
            crate::x86::swap_groups(row)
        }
    );
    fearless_simd::Level::new().as_sse4_2().map_or(0, |level| groups(level, row))
}

/// Other processors load and store three bytes a pixel apart by themselves.
#[cfg(not(target_arch = "x86_64"))]
fn swap_groups(_: &mut [u8]) -> usize {
    0
}

/// As [`bgra_to_rgba`] where the pixels lie.
pub fn swap_red_and_blue_of_4(row: &mut [u8]) {
    for pixel in row.as_chunks_mut::<4>().0 {
        let x = u32::from_le_bytes(*pixel);
        *pixel = ((x & 0xFF00_FF00) | ((x >> 16) & 0xFF) | ((x & 0xFF) << 16)).to_le_bytes();
    }
}

/// Blue, green, red, alpha to red, green, blue, alpha (and back).
pub fn bgra_to_rgba(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from.as_chunks::<4>().0) {
        let x = u32::from_le_bytes(*from);
        *to = ((x & 0xFF00_FF00) | ((x >> 16) & 0xFF) | ((x & 0xFF) << 16)).to_le_bytes();
    }
}

/// Blue, green, red and a byte that means nothing, to red, green, blue.
pub fn bgrx_to_rgb(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.as_chunks_mut::<3>().0.iter_mut().zip(from.as_chunks::<4>().0) {
        *to = [from[2], from[1], from[0]];
    }
}

/// Samples of 16 bits, big-endian, to native ones.
pub fn be_to_u16(from: &[u8], to: &mut [u16]) {
    for (to, from) in to.iter_mut().zip(from.as_chunks::<2>().0) {
        *to = u16::from_be_bytes(*from);
    }
}

/// As [`be_to_u16`] where the bytes of the samples lie.
pub fn be_to_native(row: &mut [u8]) {
    for sample in row.as_chunks_mut::<2>().0 {
        *sample = u16::from_be_bytes(*sample).to_ne_bytes();
    }
}

/// Samples of 16 bits, native, to big-endian ones.
pub fn u16_to_be(from: &[u16], to: &mut [u8]) {
    for (to, from) in to.as_chunks_mut::<2>().0.iter_mut().zip(from) {
        *to = from.to_be_bytes();
    }
}

/// Bits, the highest first, to one element each through `value`.
pub fn bits(from: &[u8], to: &mut [bool], value: impl Fn(bool) -> bool) {
    let (on, off) = (value(true), value(false));
    for (to, byte) in to.chunks_mut(8).zip(from) {
        for (i, to) in to.iter_mut().enumerate() {
            *to = if byte & (0x80 >> i) != 0 { on } else { off };
        }
    }
}

/// One element each to bits, the highest first; what is left of the last byte is 0.
pub fn pack_bits(from: &[bool], to: &mut [u8], value: impl Fn(bool) -> bool) {
    for (to, from) in to.iter_mut().zip(from.chunks(8)) {
        *to = from.iter().enumerate().fold(0, |byte, (i, bit)| byte | (u8::from(value(*bit)) << (7 - i)));
    }
}

/// A sample of `bits` bits (1 to 16) in a byte, the highest bits first, at position `at` of a row.
pub fn packed(row: &[u8], at: usize, bits: usize) -> u8 {
    match bits {
        1 => row.get(at / 8).map_or(0, |b| (b >> (7 - at % 8)) & 1),
        2 => row.get(at / 4).map_or(0, |b| (b >> (6 - 2 * (at % 4))) & 3),
        4 => row.get(at / 2).map_or(0, |b| if at % 2 == 0 { b >> 4 } else { b & 15 }),
        _ => row.get(at).copied().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_pixels_changes_order() {
        for pixels in 0..70 {
            let from: Vec<u8> = (0..3 * pixels).map(|i| (i * 7 + 1) as u8).collect();
            let mut to = vec![0; 3 * pixels];
            bgr_to_rgb(&from, &mut to);
            for (to, from) in to.chunks(3).zip(from.chunks(3)) {
                assert_eq!(to, [from[2], from[1], from[0]], "{pixels}");
            }
            let mut own = from.clone();
            swap_red_and_blue(&mut own);
            assert_eq!(own, to);
            let mut four = vec![0; 4 * pixels];
            bgra_to_rgba(&from, &mut four);
            let mut own = from[..from.len() / 4 * 4].to_vec();
            swap_red_and_blue_of_4(&mut own);
            assert_eq!(own, four[..own.len()]);
        }
    }

    #[test]
    fn channels_change_places() {
        let mut out = [0; 8];
        bgra_to_rgba(&[3, 2, 1, 9, 6, 5, 4, 8], &mut out);
        assert_eq!(out, [1, 2, 3, 9, 4, 5, 6, 8]);
        let mut out = [0; 6];
        bgrx_to_rgb(&[3, 2, 1, 9, 6, 5, 4, 8], &mut out);
        assert_eq!(out, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn bits_lead_back() {
        let mut out = [false; 11];
        bits(&[0b1010_0000, 0b0110_0000], &mut out, |b| b);
        assert_eq!(out.map(u8::from), [1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
        let mut back = [0; 2];
        pack_bits(&out, &mut back, |b| b);
        assert_eq!(back, [0b1010_0000, 0b0110_0000]);
        bits(&back, &mut out, |b| !b);
        assert!(!out[0] && out[1]);
    }

    #[test]
    fn packed_samples() {
        let row = [0b0110_1100];
        assert_eq!((packed(&row, 1, 1), packed(&row, 1, 2), packed(&row, 1, 4), packed(&row, 0, 8)), (1, 2, 12, 108));
        assert_eq!(packed(&row, 9, 4), 0);
    }

    #[test]
    fn sixteen_bits() {
        let mut out = [0; 2];
        be_to_u16(&[1, 2, 3, 4], &mut out);
        assert_eq!(out, [0x0102, 0x0304]);
        let mut own = [1, 2, 3, 4, 5];
        be_to_native(&mut own);
        assert_eq!(own[..2], 0x0102u16.to_ne_bytes());
        assert_eq!(own[2..], [0x0304u16.to_ne_bytes().as_slice(), &[5]].concat());
        let mut back = [0; 4];
        u16_to_be(&out, &mut back);
        assert_eq!(back, [1, 2, 3, 4]);
    }
}
