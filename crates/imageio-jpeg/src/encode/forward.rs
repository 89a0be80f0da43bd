//! From pixels to quantised coefficients, a row of MCUs at a time.

use super::super::idct::{
    CONST_BITS, F_0_298, F_0_390, F_0_541, F_0_765, F_0_899, F_1_175, F_1_501, F_1_847, F_1_961, F_2_053, F_2_562,
    F_3_072,
};
use super::super::scan::Block;
use super::super::simd;
use super::quant::Divisors;
use super::{Component, Model, Picture};

/// What a picture's rows become, for one row of MCUs.
pub(crate) struct Rows<'p> {
    picture: &'p Picture<'p>,
    /// Each component at full size and as it is coded.
    full: Vec<Vec<u8>>,
    coded: Vec<Vec<u8>>,
    /// Quantised blocks by component, in rows.
    pub(crate) blocks: Vec<Vec<Block>>,
}

impl<'p> Rows<'p> {
    pub(crate) fn new(picture: &'p Picture<'p>) -> Self {
        let (hmax, vmax) = (picture.hmax, picture.vmax);
        let padded = picture.mcus_w * hmax * 8;
        let full = |_: &Component| vec![0; padded * vmax * 8];
        let coded = |c: &Component| {
            if (c.h, c.v) == (hmax, vmax) { Vec::new() } else { vec![0; picture.mcus_w * c.h * c.v * 64] }
        };
        Rows {
            picture,
            full: picture.components.iter().map(full).collect(),
            coded: picture.components.iter().map(coded).collect(),
            blocks: picture.components.iter().map(|c| vec![[0; 64]; picture.mcus_w * c.h * c.v]).collect(),
        }
    }

    /// The blocks of the row of MCUs that was computed last.
    pub(crate) fn parts(&self) -> Vec<&[Block]> {
        self.blocks.iter().map(Vec::as_slice).collect()
    }

    /// Computes the blocks of row `mcu_row` of MCUs; `only_last` leaves out all MCUs but the last.
    pub(crate) fn compute(&mut self, mcu_row: usize, only_last: bool) {
        let picture = self.picture;
        let (hmax, vmax) = (picture.hmax, picture.vmax);
        let stride = picture.mcus_w * hmax * 8;
        let top = mcu_row * vmax * 8;
        let there = (picture.height - top).min(vmax * 8);
        // The last group of rows is filled up with the last row of pixels, what is below with what it gave.
        let groups = there.div_ceil(vmax);
        for y in 0..there {
            self.convert(top + y, y * stride, stride);
        }
        for plane in &mut self.full {
            for y in there..groups * vmax {
                plane.copy_within((there - 1) * stride..there * stride, y * stride);
            }
        }
        for (((c, full), coded), blocks) in
            picture.components.iter().zip(&mut self.full).zip(&mut self.coded).zip(&mut self.blocks)
        {
            let width = picture.mcus_w * c.h * 8;
            let samples = if coded.is_empty() {
                full
            } else {
                for group in 0..groups {
                    reduce(c, (hmax, vmax), full, stride, coded, width, group);
                }
                coded
            };
            let made = groups * c.v;
            for y in made..8 * c.v {
                samples.copy_within((made - 1) * width..made * width, y * width);
            }
            let (per_row, real) = (picture.mcus_w * c.h, c.blocks_w);
            let real_rows = (c.blocks_h - mcu_row * c.v).min(c.v);
            let first = if only_last { per_row - c.h } else { 0 };
            for (row, blocks) in blocks.chunks_exact_mut(per_row).take(real_rows).enumerate() {
                let lines = samples.get(row * 8 * width + first * 8..).unwrap_or_default();
                if let Some(blocks) = blocks.get_mut(first..real) {
                    transform(lines, width, c.divisors(picture), blocks);
                }
            }
            pad(blocks, per_row, real, real_rows, c.h, first);
        }
    }

    /// One row of pixels into the full-size planes, its end repeated up to the last block.
    fn convert(&mut self, y: usize, at: usize, stride: usize) {
        let picture = self.picture;
        let (width, channels) = (picture.width, picture.channels);
        let pixels = picture.pixels.get(y * width * channels..(y + 1) * width * channels).unwrap_or_default();
        let mut lines = self.full.iter_mut().map(|plane| &mut plane[at..at + stride]);
        match picture.model {
            Model::Gray => {
                if let Some(line) = lines.next() {
                    line[..width].copy_from_slice(pixels);
                }
            }
            Model::YCbCr => {
                if let (Some(y), Some(cb), Some(cr)) = (lines.next(), lines.next(), lines.next()) {
                    rgb_to_ycc(pixels, &mut y[..width], &mut cb[..width], &mut cr[..width]);
                }
            }
            Model::Rgb => {
                for (c, line) in lines.enumerate() {
                    line.iter_mut().zip(pixels.iter().skip(c).step_by(channels)).for_each(|(to, from)| *to = *from);
                }
            }
            Model::InvertedCmyk => {
                for (c, line) in lines.enumerate() {
                    let values = pixels.iter().skip(c).step_by(channels);
                    line.iter_mut().zip(values).for_each(|(to, from)| *to = 255 - *from);
                }
            }
        }
        for plane in &mut self.full {
            let line = &mut plane[at..at + stride];
            let last = line[width - 1];
            line[width..].fill(last);
        }
    }
}

/// Fills what lies beyond the picture's blocks: no AC coefficients, and the DC coefficient of the block before, so
/// that they cost next to nothing.
fn pad(blocks: &mut [Block], per_row: usize, real: usize, real_rows: usize, h: usize, first: usize) {
    let flat = |dc: i16| {
        let mut block = [0; 64];
        block[0] = dc;
        block
    };
    for row in blocks.chunks_exact_mut(per_row).take(real_rows) {
        for x in real.max(1)..per_row {
            row[x] = flat(row[x - 1][0]);
        }
    }
    let rows = blocks.len() / per_row.max(1);
    for row in real_rows.max(1)..rows {
        for x in first..per_row {
            // The block before in the MCU's order is the last of the row above, and then the one to the left.
            let last = x / h * h + h - 1;
            blocks[row * per_row + x] = flat(blocks[(row - 1) * per_row + last][0]);
        }
    }
}

/// One row of RGB to Y'CbCr (BT.601, full range).
fn rgb_to_ycc(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let done = simd::rgb_to_ycc(rgb, y, cb, cr);
    let rest = rgb.get(3 * done..).unwrap_or_default().chunks_exact(3);
    for (((rgb, y), cb), cr) in rest.zip(&mut y[done..]).zip(&mut cb[done..]).zip(&mut cr[done..]) {
        let &[r, g, b] = rgb else { continue };
        let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
        let offset = (128 << 16) + (1 << 15) - 1;
        *y = ((19_595 * r + 38_470 * g + 7_471 * b + (1 << 15)) >> 16) as u8;
        *cb = ((-11_059 * r - 21_709 * g + (b << 15) + offset) >> 16) as u8;
        *cr = (((r << 15) - 27_439 * g - 5_329 * b + offset) >> 16) as u8;
    }
}

/// One group of rows of a component, from full size to the size in which it is coded.
fn reduce(
    c: &Component,
    (hmax, vmax): (usize, usize),
    full: &[u8],
    stride: usize,
    coded: &mut [u8],
    width: usize,
    group: usize,
) {
    let (fx, fy) = (hmax / c.h, vmax / c.v);
    for row in 0..c.v {
        let source = |i: usize| {
            let y = group * vmax + row * fy + i;
            full.get(y * stride..(y + 1) * stride).unwrap_or_default()
        };
        let Some(out) = coded.get_mut((group * c.v + row) * width..).and_then(|o| o.get_mut(..width)) else { return };
        match (fx, fy) {
            (2, 1) => halve(source(0), &[], out),
            (2, 2) => halve(source(0), source(1), out),
            _ => {
                let count = (fx * fy) as u32;
                for (x, out) in out.iter_mut().enumerate() {
                    let cell = |i: usize| source(i).get(x * fx..(x + 1) * fx).unwrap_or_default();
                    let sum: u32 = (0..fy).flat_map(|i| cell(i).iter()).map(|v| u32::from(*v)).sum();
                    *out = ((sum + count / 2) / count) as u8;
                }
            }
        }
    }
}

/// Means of pairs of one row, or of two rows, rounded up and down by turns.
fn halve(a: &[u8], b: &[u8], out: &mut [u8]) {
    let done = simd::halve(a, b, out);
    for (x, out) in out.iter_mut().enumerate().skip(done) {
        let sum = |row: &[u8]| row.get(2 * x..2 * x + 2).unwrap_or_default().iter().map(|v| u32::from(*v)).sum::<u32>();
        let turn = (x & 1) as u32;
        *out = if b.is_empty() { (sum(a) + turn) >> 1 } else { (sum(a) + sum(b) + 1 + turn) >> 2 } as u8;
    }
}

/// Transforms and quantises blocks side by side.
fn transform(samples: &[u8], stride: usize, divisors: &Divisors, blocks: &mut [Block]) {
    if simd::fdct_row(samples, stride, divisors, blocks) {
        return;
    }
    for (x, block) in blocks.iter_mut().enumerate() {
        fdct(samples.get(8 * x..).unwrap_or_default(), stride, divisors, block);
    }
}

/// The forward DCT in integers, as libjpeg's `islow` method has it, and quantisation.
fn fdct(samples: &[u8], stride: usize, divisors: &Divisors, block: &mut Block) {
    let mut work = [0i32; 64];
    for (y, row) in work.chunks_exact_mut(8).enumerate() {
        let mut line = [0; 8];
        for (to, from) in line.iter_mut().zip(samples.get(y * stride..).unwrap_or_default()) {
            *to = i32::from(*from) - 128;
        }
        row.copy_from_slice(&dimension(line, true));
    }
    for x in 0..8 {
        let column = std::array::from_fn(|y| work[8 * y + x]);
        for (y, value) in dimension(column, false).into_iter().enumerate() {
            block[8 * y + x] = divisors.divide(8 * y + x, value as i16);
        }
    }
}

/// One dimension of the transform; the first keeps two bits more, the second removes them.
fn dimension(d: [i32; 8], first: bool) -> [i32; 8] {
    let (t0, t1, t2, t3) = (d[0] + d[7], d[1] + d[6], d[2] + d[5], d[3] + d[4]);
    let (t4, t5, t6, t7) = (d[3] - d[4], d[2] - d[5], d[1] - d[6], d[0] - d[7]);
    let (t10, t11, t12, t13) = (t0 + t3, t1 + t2, t1 - t2, t0 - t3);
    let bits = if first { CONST_BITS - 2 } else { CONST_BITS + 2 };
    let descale = |v: i32| (v + (1 << (bits - 1))) >> bits;
    let plain = |v: i32| if first { v << 2 } else { (v + 2) >> 2 };
    let z1 = (t12 + t13) * F_0_541;
    let (y2, y6) = (z1 + t13 * F_0_765, z1 - t12 * F_1_847);
    let z5 = (t4 + t6 + t5 + t7) * F_1_175;
    let (z1, z2) = ((t4 + t7) * -F_0_899, (t5 + t6) * -F_2_562);
    let (z3, z4) = ((t4 + t6) * -F_1_961 + z5, (t5 + t7) * -F_0_390 + z5);
    [
        plain(t10 + t11),
        descale(t7 * F_1_501 + z1 + z4),
        descale(y2),
        descale(t6 * F_3_072 + z2 + z3),
        plain(t10 - t11),
        descale(t5 * F_2_053 + z2 + z4),
        descale(y6),
        descale(t4 * F_0_298 + z1 + z3),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> Vec<u8> {
        let mut seed = 3u32;
        std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .take(n)
        .collect()
    }

    #[test]
    fn fast_transforms_equal_plain_ones() {
        let samples = noise(8 * 64);
        let mut extreme = samples.clone();
        extreme.iter_mut().for_each(|v| *v = if *v > 127 { 255 } else { 0 });
        for samples in [samples, extreme] {
            for q in [1, 3, 16, 255] {
                let divisors = Divisors::new(&[q; 64]);
                let mut fast = [[0; 64]; 7];
                transform(&samples, 64, &divisors, &mut fast);
                for (x, fast) in fast.iter().enumerate() {
                    let mut plain = [0; 64];
                    fdct(&samples[8 * x..], 64, &divisors, &mut plain);
                    assert_eq!(*fast, plain);
                }
            }
        }
    }

    #[test]
    fn fast_rows_equal_plain_ones() {
        for n in [1, 5, 16, 33, 70] {
            let rgb = noise(3 * n);
            let mut fast = [vec![0; n], vec![0; n], vec![0; n]];
            let mut plain = fast.clone();
            let [y, cb, cr] = &mut fast;
            rgb_to_ycc(&rgb, y, cb, cr);
            for (x, pixel) in rgb.chunks_exact(3).enumerate() {
                let [y, cb, cr] = &mut plain;
                rgb_to_ycc(pixel, &mut y[x..=x], &mut cb[x..=x], &mut cr[x..=x]);
            }
            assert_eq!(fast, plain);
            let (a, b) = (noise(2 * n), noise(2 * n + 1));
            for b in [&b[..0], &b[1..]] {
                let mut out = vec![0; n];
                halve(&a, b, &mut out);
                for (x, value) in out.into_iter().enumerate() {
                    let sum: u32 = a[2 * x..2 * x + 2]
                        .iter()
                        .chain(b.get(2 * x..2 * x + 2).unwrap_or_default())
                        .map(|v| u32::from(*v))
                        .sum();
                    let turn = (x & 1) as u32;
                    let wanted = if b.is_empty() { (sum + turn) / 2 } else { (sum + 1 + turn) / 4 };
                    assert_eq!(u32::from(value), wanted);
                }
            }
        }
    }
}
