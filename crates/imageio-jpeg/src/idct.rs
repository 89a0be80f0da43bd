//! The inverse DCT in integers: Loeffler, Ligtenberg and Moschytz's, with 13-bit constants, as in libjpeg's
//! `islow` method, whose results it gives bit for bit.

use std::num::Wrapping;

use super::sample::Sample;
use super::scan::Block;

/// Bits of the constants below.
pub(crate) const CONST_BITS: u32 = 13;

pub(crate) const F_0_298: i32 = 2446;
pub(crate) const F_0_390: i32 = 3196;
pub(crate) const F_0_541: i32 = 4433;
pub(crate) const F_0_765: i32 = 6270;
pub(crate) const F_0_899: i32 = 7373;
pub(crate) const F_1_175: i32 = 9633;
pub(crate) const F_1_501: i32 = 12299;
pub(crate) const F_1_847: i32 = 15137;
pub(crate) const F_1_961: i32 = 16069;
pub(crate) const F_2_053: i32 = 16819;
pub(crate) const F_2_562: i32 = 20995;
pub(crate) const F_3_072: i32 = 25172;

/// One dimension of the transform; results are scaled up by 2¹³.
fn transform(x: [i32; 8]) -> [i32; 8] {
    // Coefficients of damaged files may be anything, so that sums may wrap around.
    let x = x.map(Wrapping);
    let k = |c: i32| Wrapping(c);
    let z1 = (x[2] + x[6]) * k(F_0_541);
    let t2 = z1 - x[6] * k(F_1_847);
    let t3 = z1 + x[2] * k(F_0_765);
    let t0 = (x[0] + x[4]) << CONST_BITS as usize;
    let t1 = (x[0] - x[4]) << CONST_BITS as usize;
    let even = [t0 + t3, t1 + t2, t1 - t2, t0 - t3];

    let (z1, z2, z3, z4) = (x[7] + x[1], x[5] + x[3], x[7] + x[3], x[5] + x[1]);
    let z5 = (z3 + z4) * k(F_1_175);
    let (z1, z2) = (z1 * k(-F_0_899), z2 * k(-F_2_562));
    let (z3, z4) = (z3 * k(-F_1_961) + z5, z4 * k(-F_0_390) + z5);
    let odd = [
        x[1] * k(F_1_501) + z1 + z4,
        x[3] * k(F_3_072) + z2 + z3,
        x[5] * k(F_2_053) + z2 + z4,
        x[7] * k(F_0_298) + z1 + z3,
    ];
    let mut out = [0; 8];
    for i in 0..4 {
        out[i] = (even[i] + odd[i]).0;
        out[7 - i] = (even[i] - odd[i]).0;
    }
    out
}

fn descale(value: i32, bits: u32) -> i32 {
    value.wrapping_add(1 << (bits - 1)) >> bits
}

/// Dequantises and transforms a block into eight rows of `out`, `stride` samples apart. `PASS1_BITS` is the
/// precision kept between the dimensions: 2 for samples of 8 bits, 1 for 12.
pub(crate) fn idct<P: Sample, const PASS1_BITS: u32>(block: &Block, quant: &[i16; 64], out: &mut [P], stride: usize) {
    let mut work = [0i32; 64];
    for x in 0..8 {
        let mut column = [0; 8];
        for (y, value) in column.iter_mut().enumerate() {
            let (c, q) = (block[y * 8 + x], quant[y * 8 + x]);
            *value = if P::BITS == 8 { c.wrapping_mul(q).into() } else { i32::from(c) * i32::from(q as u16) };
        }
        for (y, value) in transform(column).into_iter().enumerate() {
            work[y * 8 + x] = descale(value, CONST_BITS - PASS1_BITS);
        }
    }
    for (y, row) in work.chunks_exact(8).enumerate() {
        let Some(out) = out.get_mut(y * stride..).and_then(|o| o.first_chunk_mut::<8>()) else { return };
        let mut line = [0; 8];
        line.copy_from_slice(row);
        for (out, value) in out.iter_mut().zip(transform(line)) {
            *out = P::clamped(descale(value, CONST_BITS + PASS1_BITS + 3).wrapping_add(P::CENTER));
        }
    }
}

/// As [`idct`] for blocks side by side.
pub(crate) fn idct_row<P: Sample, const PASS1_BITS: u32>(
    blocks: &[Block],
    quant: &[i16; 64],
    out: &mut [P],
    stride: usize,
) {
    for (x, block) in blocks.iter().enumerate() {
        idct::<P, PASS1_BITS>(block, quant, out.get_mut(8 * x..).unwrap_or_default(), stride);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(block: &Block) -> [f64; 64] {
        let mut out = [0.0; 64];
        let c = |k: usize| if k == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        let cosine = |i: usize, k: usize| ((2 * i + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos();
        for (at, out) in out.iter_mut().enumerate() {
            for (k, value) in block.iter().enumerate() {
                let (v, u) = (k / 8, k % 8);
                *out += 0.25 * c(u) * c(v) * f64::from(*value) * cosine(at / 8, v) * cosine(at % 8, u);
            }
        }
        out
    }

    #[test]
    fn is_the_inverse_dct() {
        let mut seed = 7u32;
        for round in 0..200 {
            let mut block = [0i16; 64];
            for _ in 0..(round % 20) + 1 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                block[(seed >> 26) as usize] = ((seed >> 8) & 255) as i16 - 128;
            }
            let mut out = [0u8; 64];
            <u8 as Sample>::idct_row(&[block], &[1; 64], &mut out, 8);
            let mut plain = [0u8; 64];
            idct::<u8, 2>(&block, &[1; 64], &mut plain, 8);
            assert_eq!(out, plain, "round {round}");
            for (out, exact) in out.iter().zip(exact(&block)) {
                let wanted = (exact + 128.0).clamp(0.0, 255.0);
                assert!((f64::from(*out) - wanted).abs() <= 1.0, "{out} for {wanted}");
            }
        }
    }

    #[test]
    fn twelve_bits() {
        let mut block = [0i16; 64];
        block[0] = 800;
        block[9] = -300;
        let mut out = [0u16; 64];
        <u16 as Sample>::idct_row(&[block], &[4; 64], &mut out, 8);
        for (out, exact) in out.iter().zip(exact(&block.map(|c| c * 4))) {
            assert!((f64::from(*out) - (exact + 2048.0)).abs() <= 1.0);
        }
    }
}
