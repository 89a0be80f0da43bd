//! Rows of indices become rows of pixels.

use crate::palette::Lut;

/// Rows of one pixel format: `C` bytes a pixel, 3 for RGB and 4 for RGBA.
///
/// All functions take slices of one row: `dst` and `base` hold `C` bytes for each index.
pub(crate) struct Row<const C: usize>;

impl<const C: usize> Row<C> {
    /// Every index is drawn.
    pub fn opaque(dst: &mut [u8], indices: &[u8], lut: &Lut) {
        if C == 3 {
            let (dst, dst_rest) = dst.as_chunks_mut::<12>();
            let (indices, indices_rest) = indices.as_chunks::<4>();
            for (dst, indices) in dst.iter_mut().zip(indices) {
                *dst = four(indices, lut);
            }
            Self::singly(dst_rest, indices_rest, lut);
            return;
        }
        Self::singly(dst, indices, lut);
    }

    /// Draws over what `dst` holds.
    pub fn over(dst: &mut [u8], indices: &[u8], lut: &Lut) {
        let Ok(skip) = u8::try_from(lut.skip) else { return Self::opaque(dst, indices, lut) };
        if C == 3 {
            let (dst, dst_rest) = dst.as_chunks_mut::<12>();
            let (indices, indices_rest) = indices.as_chunks::<4>();
            for (dst, indices) in dst.iter_mut().zip(indices) {
                match Skips::of(indices, skip) {
                    Skips::All => {}
                    Skips::None => *dst = four(indices, lut),
                    Skips::Some => Self::over_singly(dst, indices, lut, skip),
                }
            }
            Self::over_singly(dst_rest, indices_rest, lut, skip);
            return;
        }
        Self::over_singly(dst, indices, lut, skip);
    }

    /// Draws `indices` over `base` into `dst`.
    pub fn merge(dst: &mut [u8], base: &[u8], indices: &[u8], lut: &Lut) {
        let Ok(skip) = u8::try_from(lut.skip) else { return Self::opaque(dst, indices, lut) };
        if C == 3 {
            let (dst, dst_rest) = dst.as_chunks_mut::<12>();
            let (base, base_rest) = base.as_chunks::<12>();
            let (indices, indices_rest) = indices.as_chunks::<4>();
            for ((dst, base), indices) in dst.iter_mut().zip(base).zip(indices) {
                match Skips::of(indices, skip) {
                    Skips::All => *dst = *base,
                    Skips::None => *dst = four(indices, lut),
                    Skips::Some => {
                        *dst = *base;
                        Self::over_singly(dst, indices, lut, skip);
                    }
                }
            }
            dst_rest.copy_from_slice(&base_rest[..dst_rest.len()]);
            Self::over_singly(dst_rest, indices_rest, lut, skip);
            return;
        }
        let pixels = dst.as_chunks_mut::<C>().0.iter_mut().zip(base.as_chunks::<C>().0);
        for ((dst, base), index) in pixels.zip(indices) {
            *dst = if *index == skip { *base } else { colour(*index, lut) };
        }
    }

    /// Sets every pixel to one colour.
    pub fn fill(dst: &mut [u8], rgba: [u8; 4]) {
        for pixel in dst.as_chunks_mut::<C>().0 {
            pixel.copy_from_slice(&rgba[..C]);
        }
    }

    fn singly(dst: &mut [u8], indices: &[u8], lut: &Lut) {
        for (pixel, index) in dst.as_chunks_mut::<C>().0.iter_mut().zip(indices) {
            *pixel = colour(*index, lut);
        }
    }

    fn over_singly(dst: &mut [u8], indices: &[u8], lut: &Lut, skip: u8) {
        for (pixel, index) in dst.as_chunks_mut::<C>().0.iter_mut().zip(indices) {
            if *index != skip {
                *pixel = colour(*index, lut);
            }
        }
    }
}

fn colour<const C: usize>(index: u8, lut: &Lut) -> [u8; C] {
    let rgba = lut.colours[usize::from(index)];
    let mut pixel = [0; C];
    pixel.copy_from_slice(&rgba[..C]);
    pixel
}

/// Four RGB pixels put together in words: three stores for twelve bytes.
#[inline(always)]
fn four(indices: &[u8; 4], lut: &Lut) -> [u8; 12] {
    let [a, b, c, d] = indices.map(|i| u32::from_le_bytes(lut.colours[usize::from(i)]) & 0x00FF_FFFF);
    let [a0, a1, a2, a3] = (a | b << 24).to_le_bytes();
    let [b0, b1, b2, b3] = (b >> 8 | c << 16).to_le_bytes();
    let [c0, c1, c2, c3] = (c >> 16 | d << 8).to_le_bytes();
    [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3]
}

/// How many of four indices leave the canvas as it is.
enum Skips {
    All,
    None,
    Some,
}

impl Skips {
    #[inline(always)]
    fn of(indices: &[u8; 4], skip: u8) -> Self {
        let x = u32::from_le_bytes(*indices) ^ (u32::from(skip) * 0x0101_0101);
        if x == 0 {
            return Skips::All;
        }
        // The usual test for a zero byte in a word.
        if x.wrapping_sub(0x0101_0101) & !x & 0x8080_8080 == 0 { Skips::None } else { Skips::Some }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference<const C: usize>(base: &[u8], indices: &[u8], lut: &Lut) -> Vec<u8> {
        let pixels = base.chunks(C).zip(indices);
        pixels
            .flat_map(|(old, i)| match u16::from(*i) == lut.skip {
                true => old.to_vec(),
                false => lut.colours[usize::from(*i)][..C].to_vec(),
            })
            .collect()
    }

    fn check<const C: usize>(skip: Option<u8>) {
        let palette: Vec<[u8; 3]> = (0..256u32).map(|i| [i as u8, (i * 7) as u8, (255 - i) as u8]).collect();
        let mut lut = Lut::new(Some(&palette), skip);
        lut.hide(9);
        for n in 0..70usize {
            let indices: Vec<u8> = (0..n).map(|i| if i / 5 % 2 == 0 { 3 } else { (i * i) as u8 }).collect();
            let base: Vec<u8> = (0..n * C).map(|i| (i * 3) as u8).collect();
            let expected = reference::<C>(&base, &indices, &lut);
            let mut over = base.clone();
            Row::<C>::over(&mut over, &indices, &lut);
            assert_eq!(over, expected);
            let mut merged = vec![1; n * C];
            Row::<C>::merge(&mut merged, &base, &indices, &lut);
            assert_eq!(merged, expected);
        }
    }

    #[test]
    fn kernels_agree_with_one_pixel_at_a_time() {
        for skip in [None, Some(3), Some(4)] {
            check::<3>(skip);
            check::<4>(skip);
        }
        let mut row = [7; 8];
        Row::<4>::fill(&mut row, [1, 2, 3, 0]);
        assert_eq!(row, [1, 2, 3, 0, 1, 2, 3, 0]);
    }
}
