//! How one macroblock is predicted, and what is left to be sent.

use super::convert::Planes;
use super::cost::{Costs, Fixed};
use super::quant::{Matrix, Quantizer};
use crate::predict;
use crate::tables::{PLANE_UV, PLANE_Y, PLANE_Y_AFTER_Y2, PLANE_Y2};
use crate::transform::{add_inverse_dct, forward_dct, forward_wht, inverse_wht};

/// How much is tried.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Modes of a 4x4 block that are tried to the end, after a rough choice among all; 0 for no such blocks.
    pub block_modes: usize,
    /// The same for the modes of a macroblock.
    pub square_modes: usize,
}

/// What a macroblock leaves for the one below.
#[derive(Clone, Copy)]
pub(super) struct Above {
    pub y: [u8; 16],
    pub u: [u8; 8],
    pub v: [u8; 8],
    pub modes: [u8; 4],
    /// Whether the blocks at the edge have coefficients: four of luma, two of each chroma, the averages.
    pub coded: [u8; 9],
}

impl Above {
    /// What lies above the picture.
    pub(super) const OUTSIDE: Above =
        Above { y: [127; 16], u: [127; 8], v: [127; 8], modes: [predict::B_DC; 4], coded: [0; 9] };
}

/// What a macroblock leaves for the one on its right.
#[derive(Clone, Copy)]
pub(super) struct Left {
    y: [u8; 16],
    u: [u8; 8],
    v: [u8; 8],
    /// The pixels above the edge, of each plane.
    corner: [u8; 3],
    modes: [u8; 4],
    coded: [u8; 9],
}

impl Left {
    /// What lies left of the picture in row `my`.
    pub(super) fn outside(my: usize) -> Self {
        let corner = if my == 0 { 127 } else { 129 };
        Left { y: [129; 16], u: [129; 8], v: [129; 8], corner: [corner; 3], modes: [predict::B_DC; 4], coded: [0; 9] }
    }
}

/// What the stream says of a macroblock.
pub(super) struct Coded {
    pub y_mode: u8,
    pub uv_mode: u8,
    pub b_modes: [u8; 16],
    /// Values of sixteen blocks of luma, four of each chroma, and the averages, in the order of the stream.
    pub levels: [[i16; 16]; 25],
    /// Positions behind the last value of each block.
    pub ends: [u8; 25],
}

impl Coded {
    pub(super) fn is_empty(&self) -> bool {
        // A block that begins with its second coefficient is empty at 0 as well.
        self.ends.iter().all(|end| *end == 0)
    }
}

/// Index of the averages among the blocks.
pub(super) const AVERAGES: usize = 24;

/// What does not change from one macroblock to the next.
pub(super) struct Job<'a> {
    pub planes: &'a Planes,
    pub quantizer: &'a Quantizer,
    pub effort: Effort,
}

/// The picture to be coded, where the macroblock is, and what is around it.
pub(super) struct Site<'a> {
    pub mx: usize,
    pub my: usize,
    pub above: &'a Above,
    /// Pixels above to the right.
    pub right: [u8; 4],
}

/// A way to code the luma of a macroblock.
struct Luma {
    mode: u8,
    b_modes: [u8; 16],
    levels: [[i16; 16]; 16],
    ends: [u8; 16],
    averages: ([i16; 16], u8),
    pixels: [u8; 256],
    score: f32,
}

/// Codes a macroblock; gives back what it says and what it leaves below.
pub(super) fn encode(job: &Job<'_>, costs: &Costs, site: &Site<'_>, left: &mut Left) -> (Coded, Above) {
    let source = fetch::<16, 256>(&job.planes.y, 16 * job.planes.columns, site);
    let mut luma = whole_luma(job, costs, site, left, &source);
    if let Some(better) = blocks_luma(job, costs, site, left, &source, luma.score) {
        luma = better;
    }
    let chroma = chroma(job, costs, site, left);
    let mut coded =
        Coded { y_mode: luma.mode, uv_mode: chroma.mode, b_modes: luma.b_modes, levels: [[0; 16]; 25], ends: [0; 25] };
    coded.levels[..16].copy_from_slice(&luma.levels);
    coded.ends[..16].copy_from_slice(&luma.ends);
    coded.levels[16..24].copy_from_slice(&chroma.levels);
    coded.ends[16..24].copy_from_slice(&chroma.ends);
    (coded.levels[AVERAGES], coded.ends[AVERAGES]) = luma.averages;
    let mut below = *site.above;
    hand_on(&coded, &mut below, left);
    let modes = |which: [usize; 4]| match luma.mode {
        predict::PER_BLOCK => which.map(|k| luma.b_modes[k]),
        mode => [predict::block_mode_of(mode); 4],
    };
    below.modes = modes([12, 13, 14, 15]);
    left.modes = modes([3, 7, 11, 15]);
    left.corner = [site.above.y[15], site.above.u[7], site.above.v[7]];
    below.y.copy_from_slice(&luma.pixels[240..]);
    below.u.copy_from_slice(&chroma.u[56..]);
    below.v.copy_from_slice(&chroma.v[56..]);
    left.y = std::array::from_fn(|y| luma.pixels[16 * y + 15]);
    left.u = std::array::from_fn(|y| chroma.u[8 * y + 7]);
    left.v = std::array::from_fn(|y| chroma.v[8 * y + 7]);
    (coded, below)
}

/// Sets which blocks at the edges have coefficients.
fn hand_on(coded: &Coded, below: &mut Above, left: &mut Left) {
    let ends = &coded.ends;
    let flag = |k: usize| u8::from(ends[k] > 0);
    for i in 0..4 {
        below.coded[i] = flag(12 + i);
        left.coded[i] = flag(4 * i + 3);
    }
    for (edge, first) in [(4, 16), (6, 20)] {
        for i in 0..2 {
            below.coded[edge + i] = flag(first + 2 + i);
            left.coded[edge + i] = flag(first + 2 * i + 1);
        }
    }
    if coded.y_mode != predict::PER_BLOCK {
        below.coded[8] = flag(AVERAGES);
        left.coded[8] = below.coded[8];
    }
}

/// The pixels of a plane that belong to a macroblock.
fn fetch<const N: usize, const AREA: usize>(plane: &[u8], stride: usize, site: &Site<'_>) -> [u8; AREA] {
    let mut out = [0; AREA];
    let at = site.my * N * stride + site.mx * N;
    for (y, row) in out.chunks_exact_mut(N).enumerate() {
        row.copy_from_slice(&plane[at + y * stride..][..N]);
    }
    out
}

/// Differences between a block of the source and its prediction.
#[inline(always)]
fn residue(source: &[u8], prediction: &[u8], at: usize, stride: usize) -> [i16; 16] {
    let mut out = [0; 16];
    for y in 0..4 {
        let (s, p) = (&source[at + y * stride..][..4], &prediction[at + y * stride..][..4]);
        for x in 0..4 {
            out[4 * y + x] = i16::from(s[x]) - i16::from(p[x]);
        }
    }
    out
}

/// Squared difference of coefficients.
#[inline(always)]
fn error(a: &[i16; 16], b: &[i16; 16]) -> u32 {
    let mut sum = 0;
    for i in 0..16 {
        let d = i32::from(a[i].wrapping_sub(b[i]));
        sum += d * d;
    }
    sum as u32
}

/// Sum of the absolute values of a Hadamard transform: roughly what a residue will cost.
#[inline(always)]
fn satd(r: &[i16; 16]) -> u32 {
    let mut rows = [0i16; 16];
    for i in 0..4 {
        let (a, b) = (r[i] + r[8 + i], r[4 + i] + r[12 + i]);
        let (c, d) = (r[i] - r[8 + i], r[4 + i] - r[12 + i]);
        rows[i] = a + b;
        rows[4 + i] = a - b;
        rows[8 + i] = c + d;
        rows[12 + i] = c - d;
    }
    let mut sum = 0;
    for i in 0..4 {
        let (a, b) = (rows[4 * i] + rows[4 * i + 2], rows[4 * i + 1] + rows[4 * i + 3]);
        let (c, d) = (rows[4 * i] - rows[4 * i + 2], rows[4 * i + 1] - rows[4 * i + 3]);
        sum += u32::from((a + b).unsigned_abs());
        sum += u32::from((a - b).unsigned_abs());
        sum += u32::from((c + d).unsigned_abs());
        sum += u32::from((c - d).unsigned_abs());
    }
    sum
}

/// Squared error in pixels, from errors of coefficients; a bit of rate counts as `lambda` of it.
#[inline(always)]
fn score(quantizer: &Quantizer, error: f32, rate: u32) -> f32 {
    error + quantizer.lambda * rate as f32
}

/// Luma predicted as one square.
fn whole_luma(job: &Job<'_>, costs: &Costs, site: &Site<'_>, left: &Left, source: &[u8; 256]) -> Luma {
    let quantizer = job.quantizer;
    let fixed = Fixed::get();
    let inside = (site.my > 0, site.mx > 0);
    let mut predictions = [[0u8; 256]; 4];
    let mut order: [(u32, u8); 4] = std::array::from_fn(|m| (0, m as u8));
    for (mode, prediction) in predictions.iter_mut().enumerate() {
        predict::square(mode as u8, &site.above.y, &left.y, left.corner[0], inside, prediction, 0, 16);
        if job.effort.square_modes < 4 {
            let rough: u32 = (0..16).map(|k| satd(&residue(source, prediction, block_at(k), 16))).sum();
            order[mode].0 = rough;
        }
    }
    order.sort_unstable();
    let mut best: Option<(Luma, [[i16; 16]; 16])> = None;
    for (_, mode) in &order[..job.effort.square_modes.clamp(1, 4)] {
        let prediction = &predictions[usize::from(*mode)];
        let mut luma = Luma {
            mode: *mode,
            b_modes: [0; 16],
            levels: [[0; 16]; 16],
            ends: [0; 16],
            averages: ([0; 16], 0),
            pixels: [0; 256],
            score: 0.0,
        };
        let mut rate = u32::from(fixed.luma_mode[usize::from(*mode)]);
        let mut coefs = [[0i16; 16]; 16];
        for (k, coefs) in coefs.iter_mut().enumerate() {
            *coefs = forward_dct(&residue(source, prediction, block_at(k), 16));
        }
        let mut averages = forward_wht(&coefs.map(|c| c[0]));
        let exact = averages;
        let (levels, end) = quantizer.y2.quantize(&mut averages, 0);
        luma.averages = (levels, end as u8);
        let context = usize::from(site.above.coded[8] + left.coded[8]);
        rate += costs.block(PLANE_Y2, context, 0, end, &levels);
        // The averages are eight times as large as the coefficients they stand for, each of sixteen.
        let mut wrong = error(&exact, &averages) as f32 / 16.0;
        let restored = inverse_wht(&averages);
        let (mut above, mut beside) = (site.above.coded, left.coded);
        for (k, coefs) in coefs.iter_mut().enumerate() {
            coefs[0] = 0;
            let exact = *coefs;
            let (levels, end) = quantizer.y.quantize(coefs, 1);
            let (a, l) = (&mut above[k % 4], &mut beside[k / 4]);
            rate += costs.block(PLANE_Y_AFTER_Y2, usize::from(*a + *l), 1, end, &levels);
            *a = u8::from(end > 0);
            *l = *a;
            wrong += error(&exact, coefs) as f32 * 0.25;
            coefs[0] = restored[k];
            (luma.levels[k], luma.ends[k]) = (levels, end as u8);
        }
        luma.score = score(quantizer, wrong, rate);
        if best.as_ref().is_none_or(|(best, _)| luma.score < best.score) {
            best = Some((luma, coefs));
        }
    }
    let (mut luma, coefs) = match best {
        Some(best) => best,
        None => unreachable!("at least one mode is tried"),
    };
    luma.pixels = predictions[usize::from(luma.mode)];
    for (k, coefs) in coefs.iter().enumerate() {
        add_inverse_dct(coefs, &mut luma.pixels, block_at(k), 16);
    }
    luma
}

/// Position of block `k` in a square of 16 x 16.
#[inline(always)]
fn block_at(k: usize) -> usize {
    64 * (k / 4) + 4 * (k % 4)
}

/// Width of the area that luma by blocks is put together in: its neighbours lie around it.
const AREA: usize = 32;
const X0: usize = 8;

/// Brings the `n` smallest to the front, in order.
#[inline(always)]
fn first_few(order: &mut [(f32, u8); 10], n: usize) {
    if n == order.len() {
        return;
    }
    for place in 0..n {
        let mut least = place;
        for other in place + 1..order.len() {
            if order[other].0 < order[least].0 {
                least = other;
            }
        }
        order.swap(place, least);
    }
}

/// Luma with a mode for each block, if that is better than `limit`.
fn blocks_luma(
    job: &Job<'_>,
    costs: &Costs,
    site: &Site<'_>,
    left: &Left,
    source: &[u8; 256],
    limit: f32,
) -> Option<Luma> {
    if job.effort.block_modes == 0 {
        return None;
    }
    let quantizer = job.quantizer;
    let fixed = Fixed::get();
    let mut area = [0u8; AREA * 17];
    area[X0 - 1] = left.corner[0];
    area[X0..X0 + 16].copy_from_slice(&site.above.y);
    for y in 0..16 {
        area[(y + 1) * AREA + X0 - 1] = left.y[y];
    }
    for line in [0, 4, 8, 12] {
        area[line * AREA + X0 + 16..][..4].copy_from_slice(&site.right);
    }
    let mut luma = Luma {
        mode: predict::PER_BLOCK,
        b_modes: [0; 16],
        levels: [[0; 16]; 16],
        ends: [0; 16],
        averages: ([0; 16], 0),
        pixels: [0; 256],
        score: score(quantizer, 0.0, u32::from(fixed.luma_mode[usize::from(predict::PER_BLOCK)])),
    };
    let (mut above, mut beside) = (site.above.coded, left.coded);
    let (mut modes_above, mut modes_left) = (site.above.modes, left.modes);
    let tried = job.effort.block_modes.min(10);
    for k in 0..16 {
        let at = (1 + 4 * (k / 4)) * AREA + X0 + 4 * (k % 4);
        let mut edge = [0; 13];
        for (i, pixel) in edge[..4].iter_mut().enumerate() {
            *pixel = area[at - 1 + (3 - i) * AREA];
        }
        edge[4..].copy_from_slice(&area[at - 1 - AREA..][..9]);
        let mode_costs = &fixed.block_mode[usize::from(modes_above[k % 4])][usize::from(modes_left[k / 4])];
        let own: [u8; 16] = std::array::from_fn(|i| source[block_at(k) + 16 * (i / 4) + i % 4]);
        let mut predictions = [[0u8; 16]; 10];
        let mut order = [(0f32, 0u8); 10];
        for (mode, prediction) in predictions.iter_mut().enumerate() {
            *prediction = predict::block(mode as u8, &edge);
            let rough = satd(&residue(&own, prediction, 0, 4)) as f32;
            order[mode] = (rough + quantizer.rough_lambda * f32::from(mode_costs[mode]), mode as u8);
        }
        first_few(&mut order, tried);
        let context = usize::from(above[k % 4] + beside[k / 4]);
        let mut best_score = f32::INFINITY;
        let mut best = ([0i16; 16], 0usize, [0i16; 16], 0u8);
        for (_, mode) in &order[..tried] {
            let m = usize::from(*mode);
            let mut coefs = forward_dct(&residue(&own, &predictions[m], 0, 4));
            let exact = coefs;
            let (levels, end) = quantizer.y.quantize(&mut coefs, 0);
            let rate = u32::from(mode_costs[m]) + costs.block(PLANE_Y, context, 0, end, &levels);
            let score = score(quantizer, error(&exact, &coefs) as f32 * 0.25, rate);
            if score < best_score {
                best_score = score;
                best = (levels, end, coefs, *mode);
            }
        }
        let (levels, end, coefs, mode) = best;
        luma.score += best_score;
        if luma.score >= limit {
            return None;
        }
        let prediction = &predictions[usize::from(mode)];
        for line in 0..4 {
            area[at + line * AREA..][..4].copy_from_slice(&prediction[4 * line..][..4]);
        }
        if end > 0 {
            add_inverse_dct(&coefs, &mut area, at, AREA);
        }
        (luma.levels[k], luma.ends[k], luma.b_modes[k]) = (levels, end as u8, mode);
        above[k % 4] = u8::from(end > 0);
        beside[k / 4] = above[k % 4];
        modes_above[k % 4] = mode;
        modes_left[k / 4] = mode;
    }
    for (y, row) in luma.pixels.chunks_exact_mut(16).enumerate() {
        row.copy_from_slice(&area[(y + 1) * AREA + X0..][..16]);
    }
    Some(luma)
}

/// A way to code the chroma of a macroblock.
struct Chroma {
    mode: u8,
    levels: [[i16; 16]; 8],
    ends: [u8; 8],
    u: [u8; 64],
    v: [u8; 64],
}

fn chroma(job: &Job<'_>, costs: &Costs, site: &Site<'_>, left: &Left) -> Chroma {
    let quantizer = job.quantizer;
    let matrix: &Matrix = &quantizer.uv;
    let inside = (site.my > 0, site.mx > 0);
    let stride = 8 * job.planes.columns;
    let sources = [fetch::<8, 64>(&job.planes.u, stride, site), fetch::<8, 64>(&job.planes.v, stride, site)];
    let mut predictions = [[[0u8; 64]; 2]; 4];
    let mut order: [(u32, u8); 4] = std::array::from_fn(|m| (0, m as u8));
    let at = |k: usize| 32 * (k / 2) + 4 * (k % 2);
    for (mode, [u, v]) in predictions.iter_mut().enumerate() {
        predict::square(mode as u8, &site.above.u, &left.u, left.corner[1], inside, u, 0, 8);
        predict::square(mode as u8, &site.above.v, &left.v, left.corner[2], inside, v, 0, 8);
        if job.effort.square_modes < 4 {
            let rough = |source: &[u8; 64], prediction: &[u8; 64]| -> u32 {
                (0..4).map(|k| satd(&residue(source, prediction, at(k), 8))).sum()
            };
            order[mode].0 = rough(&sources[0], u) + rough(&sources[1], v);
        }
    }
    order.sort_unstable();
    let mut best_score = f32::INFINITY;
    let mut best = Chroma { mode: 0, levels: [[0; 16]; 8], ends: [0; 8], u: [0; 64], v: [0; 64] };
    let mut best_coefs = [[0i16; 16]; 8];
    for (_, mode) in &order[..job.effort.square_modes.clamp(1, 4)] {
        let m = usize::from(*mode);
        let mut rate = u32::from(Fixed::get().chroma_mode[m]);
        let mut wrong = 0;
        let (mut levels, mut ends, mut coefs) = ([[0i16; 16]; 8], [0u8; 8], [[0i16; 16]; 8]);
        let (mut above, mut beside) = (site.above.coded, left.coded);
        for k in 0..8 {
            let plane = k / 4;
            coefs[k] = forward_dct(&residue(&sources[plane], &predictions[m][plane], at(k % 4), 8));
            let exact = coefs[k];
            let (level, end) = matrix.quantize(&mut coefs[k], 0);
            wrong += error(&exact, &coefs[k]);
            let edge = 4 + 2 * plane;
            let (a, l) = (&mut above[edge + k % 2], &mut beside[edge + k % 4 / 2]);
            rate += costs.block(PLANE_UV, usize::from(*a + *l), 0, end, &level);
            *a = u8::from(end > 0);
            *l = *a;
            (levels[k], ends[k]) = (level, end as u8);
        }
        let score = score(quantizer, wrong as f32 * 0.25, rate);
        if score < best_score {
            best_score = score;
            (best.mode, best.levels, best.ends, best_coefs) = (*mode, levels, ends, coefs);
        }
    }
    [best.u, best.v] = predictions[usize::from(best.mode)];
    for (k, coefs) in best_coefs.iter().enumerate() {
        let pixels = if k < 4 { &mut best.u } else { &mut best.v };
        add_inverse_dct(coefs, pixels, at(k % 4), 8);
    }
    best
}
