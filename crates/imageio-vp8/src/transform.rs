//! The two transforms (RFC 6386, section 14), forwards and backwards.

/// 65536 * (sqrt(2) * cos(pi / 8) - 1).
const COS: i32 = 20091;
/// 65536 * sqrt(2) * sin(pi / 8).
const SIN: i32 = 35468;

// Products wrap: damaged data hold coefficients that no encoder makes.

#[inline(always)]
fn mul_cos(a: i32) -> i32 {
    (a.wrapping_mul(COS) >> 16) + a
}

#[inline(always)]
fn mul_sin(a: i32) -> i32 {
    a.wrapping_mul(SIN) >> 16
}

#[inline(always)]
fn clip(v: i32) -> u8 {
    v.clamp(0, 255) as u8
}

/// The residue of a block from its coefficients, in raster order.
#[inline(always)]
pub(crate) fn inverse_dct(coefs: &[i16; 16]) -> [i32; 16] {
    let mut columns = [0i32; 16];
    for i in 0..4 {
        let [c0, c1, c2, c3] = [coefs[i], coefs[4 + i], coefs[8 + i], coefs[12 + i]].map(i32::from);
        let (a, b) = (c0 + c2, c0 - c2);
        let c = mul_sin(c1) - mul_cos(c3);
        let d = mul_cos(c1) + mul_sin(c3);
        columns[i] = a + d;
        columns[4 + i] = b + c;
        columns[8 + i] = b - c;
        columns[12 + i] = a - d;
    }
    let mut out = [0i32; 16];
    for i in 0..4 {
        let [c0, c1, c2, c3] = [columns[4 * i] + 4, columns[4 * i + 1], columns[4 * i + 2], columns[4 * i + 3]];
        let (a, b) = (c0 + c2, c0 - c2);
        let c = mul_sin(c1) - mul_cos(c3);
        let d = mul_cos(c1) + mul_sin(c3);
        out[4 * i] = (a + d) >> 3;
        out[4 * i + 1] = (b + c) >> 3;
        out[4 * i + 2] = (b - c) >> 3;
        out[4 * i + 3] = (a - d) >> 3;
    }
    out
}

/// Adds the residue of a block to the prediction that lies at `at` in `pixels`.
#[inline(always)]
pub(crate) fn add_inverse_dct(coefs: &[i16; 16], pixels: &mut [u8], at: usize, stride: usize) {
    let residue = inverse_dct(coefs);
    for y in 0..4 {
        let row = &mut pixels[at + y * stride..][..4];
        for x in 0..4 {
            row[x] = clip(i32::from(row[x]) + residue[4 * y + x]);
        }
    }
}

/// As [`add_inverse_dct`] for a block that has nothing but its average.
#[inline(always)]
pub(crate) fn add_average(average: i16, pixels: &mut [u8], at: usize, stride: usize) {
    let add = (i32::from(average) + 4) >> 3;
    for y in 0..4 {
        for pixel in &mut pixels[at + y * stride..][..4] {
            *pixel = clip(i32::from(*pixel) + add);
        }
    }
}

/// The sixteen averages of a macroblock from the coefficients of their own block.
pub(crate) fn inverse_wht(coefs: &[i16; 16]) -> [i16; 16] {
    let mut columns = [0i32; 16];
    for i in 0..4 {
        let [c0, c1, c2, c3] = [coefs[i], coefs[4 + i], coefs[8 + i], coefs[12 + i]].map(i32::from);
        let (a, b) = (c0 + c3, c1 + c2);
        let (c, d) = (c1 - c2, c0 - c3);
        columns[i] = a + b;
        columns[4 + i] = c + d;
        columns[8 + i] = a - b;
        columns[12 + i] = d - c;
    }
    let mut out = [0i16; 16];
    for i in 0..4 {
        let [c0, c1, c2, c3] = [columns[4 * i] + 3, columns[4 * i + 1], columns[4 * i + 2], columns[4 * i + 3]];
        let (a, b) = (c0 + c3, c1 + c2);
        let (c, d) = (c1 - c2, c0 - c3);
        out[4 * i] = ((a + b) >> 3) as i16;
        out[4 * i + 1] = ((c + d) >> 3) as i16;
        out[4 * i + 2] = ((a - b) >> 3) as i16;
        out[4 * i + 3] = ((d - c) >> 3) as i16;
    }
    out
}

/// The coefficients of a block of differences, scaled as the decoder expects: twice an orthonormal transform.
#[inline(always)]
pub(crate) fn forward_dct(residue: &[i16; 16]) -> [i16; 16] {
    let mut rows = [0i32; 16];
    for i in 0..4 {
        let [d0, d1, d2, d3] =
            [residue[4 * i], residue[4 * i + 1], residue[4 * i + 2], residue[4 * i + 3]].map(i32::from);
        let (a0, a1, a2, a3) = (d0 + d3, d1 + d2, d1 - d2, d0 - d3);
        rows[4 * i] = (a0 + a1) * 8;
        rows[4 * i + 1] = (a2 * 2217 + a3 * 5352 + 1812) >> 9;
        rows[4 * i + 2] = (a0 - a1) * 8;
        rows[4 * i + 3] = (a3 * 2217 - a2 * 5352 + 937) >> 9;
    }
    let mut out = [0i16; 16];
    for i in 0..4 {
        let (a0, a1) = (rows[i] + rows[12 + i], rows[4 + i] + rows[8 + i]);
        let (a2, a3) = (rows[4 + i] - rows[8 + i], rows[i] - rows[12 + i]);
        out[i] = ((a0 + a1 + 7) >> 4) as i16;
        out[4 + i] = (((a2 * 2217 + a3 * 5352 + 12000) >> 16) + i32::from(a3 != 0)) as i16;
        out[8 + i] = ((a0 - a1 + 7) >> 4) as i16;
        out[12 + i] = ((a3 * 2217 - a2 * 5352 + 51000) >> 16) as i16;
    }
    out
}

/// The coefficients of the sixteen averages of a macroblock.
pub(crate) fn forward_wht(averages: &[i16; 16]) -> [i16; 16] {
    let mut rows = [0i32; 16];
    for i in 0..4 {
        let [d0, d1, d2, d3] =
            [averages[4 * i], averages[4 * i + 1], averages[4 * i + 2], averages[4 * i + 3]].map(i32::from);
        let (a0, a1, a2, a3) = (d0 + d2, d1 + d3, d1 - d3, d0 - d2);
        rows[4 * i] = a0 + a1;
        rows[4 * i + 1] = a3 + a2;
        rows[4 * i + 2] = a3 - a2;
        rows[4 * i + 3] = a0 - a1;
    }
    let mut out = [0i16; 16];
    for i in 0..4 {
        let (a0, a1) = (rows[i] + rows[8 + i], rows[4 + i] + rows[12 + i]);
        let (a2, a3) = (rows[4 + i] - rows[12 + i], rows[i] - rows[8 + i]);
        out[i] = ((a0 + a1) >> 1) as i16;
        out[4 + i] = ((a3 + a2) >> 1) as i16;
        out[8 + i] = ((a3 - a2) >> 1) as i16;
        out[12 + i] = ((a0 - a1) >> 1) as i16;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards_and_back() {
        let residue: [i16; 16] = std::array::from_fn(|i| ((i * i * 37) % 255) as i16 - 127);
        let back = inverse_dct(&forward_dct(&residue));
        for (a, b) in residue.iter().zip(back) {
            assert!((i32::from(*a) - b).abs() <= 1, "{residue:?} {back:?}");
        }
        let averages: [i16; 16] = std::array::from_fn(|i| (i as i16 * 53) % 400 - 200);
        let back = inverse_wht(&forward_wht(&averages));
        for (a, b) in averages.iter().zip(back) {
            assert!((a - b).abs() <= 1, "{averages:?} {back:?}");
        }
    }

    #[test]
    fn a_flat_block_is_its_average() {
        let coefs = forward_dct(&[10; 16]);
        assert_eq!(coefs[0], 80);
        // Rounding leaves a trace, which no quantiser lets through.
        assert!(coefs[1..].iter().all(|c| c.abs() <= 1));
        let mut pixels = [100u8; 16];
        add_average(coefs[0], &mut pixels, 0, 4);
        assert_eq!(pixels, [110; 16]);
    }
}
