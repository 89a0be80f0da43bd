//! The first stage: modes, coefficients, prediction and correction.

use super::coefficients;
use super::header::Header;
use super::row::{CHROMA_KEPT, LUMA_KEPT, Row};
use super::setup::{Setup, Steps};
use crate::bits::BoolReader;
use crate::error::Error;
use crate::predict;
use crate::tables::{
    B_MODE_PROBS, CoefProbs, PLANE_UV, PLANE_Y, PLANE_Y_AFTER_Y2, PLANE_Y2, UV_MODE_PROBS, Y_MODE_PROBS,
};
use crate::transform::{add_average, add_inverse_dct, inverse_wht};

/// The last pixels and facts of the macroblock above, by column.
#[derive(Clone, Copy)]
struct Above {
    y: [u8; 16],
    u: [u8; 8],
    v: [u8; 8],
    modes: [u8; 4],
    /// Whether the blocks next to the edge have coefficients: four of luma, two of each chroma, the averages.
    coded: [u8; 9],
}

/// The same of the macroblock to the left.
#[derive(Clone, Copy)]
struct Left {
    modes: [u8; 4],
    coded: [u8; 9],
}

/// Where a macroblock is put together, with its neighbours' pixels above and to the left.
struct Work {
    y: [u8; Y_STRIDE * 17],
    u: [u8; C_STRIDE * 9],
    v: [u8; C_STRIDE * 9],
}

const Y_STRIDE: usize = 32;
const C_STRIDE: usize = 16;
/// Column of the first own pixel.
const X0: usize = 8;

/// One macroblock as the stream describes it.
struct Macroblock {
    segment: usize,
    skipped: bool,
    y_mode: u8,
    b_modes: [u8; 16],
    uv_mode: u8,
}

pub(super) struct FrameDecoder<'a> {
    columns: usize,
    rows: usize,
    next: usize,
    pub setup: Setup<'a>,
    above: Vec<Above>,
    work: Box<Work>,
}

impl<'a> FrameDecoder<'a> {
    pub(super) fn new(data: &'a [u8]) -> Result<Self, Error> {
        let header = Header::parse(data)?;
        let setup = Setup::read(data, &header)?;
        let columns = usize::from(header.width).div_ceil(16);
        let edge = Above { y: [127; 16], u: [127; 8], v: [127; 8], modes: [predict::B_DC; 4], coded: [0; 9] };
        Ok(FrameDecoder {
            columns,
            rows: usize::from(header.height).div_ceil(16),
            next: 0,
            setup,
            above: vec![edge; columns],
            work: Box::new(Work { y: [0; Y_STRIDE * 17], u: [0; C_STRIDE * 9], v: [0; C_STRIDE * 9] }),
        })
    }

    /// Macroblocks in a row.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of macroblocks.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Decodes the next row of macroblocks.
    pub(super) fn next_row(&mut self, row: &mut Row) -> Result<(), Error> {
        let my = self.next;
        self.next += 1;
        let partition = my & (self.setup.partitions.len() - 1);
        let mut left = Left { modes: [predict::B_DC; 4], coded: [0; 9] };
        self.start_row(my);
        for mx in 0..self.columns {
            let mut mb = self.read_modes(mx, &mut left);
            self.bring_neighbours(mx, my);
            let coded = self.reconstruct(&mut mb, mx, my, partition, &mut left);
            self.store(mx, row);
            let mut filter = self.setup.filters[mb.segment][usize::from(mb.y_mode == predict::PER_BLOCK)];
            filter.inner = coded || mb.y_mode == predict::PER_BLOCK;
            row.filters[mx] = filter;
        }
        if self.setup.modes.is_past_end() {
            return Err(Error::Truncated("prediction modes"));
        }
        if self.setup.partitions[partition].is_past_end() {
            return Err(Error::Truncated("coefficients"));
        }
        Ok(())
    }

    /// Sets the pixels to the left of the picture, and above it for the first row.
    fn start_row(&mut self, my: usize) {
        let Work { y, u, v } = &mut *self.work;
        let corner = if my == 0 { 127 } else { 129 };
        for line in 0..17 {
            y[line * Y_STRIDE + X0 - 1] = if line == 0 { corner } else { 129 };
        }
        for line in 0..9 {
            let value = if line == 0 { corner } else { 129 };
            u[line * C_STRIDE + X0 - 1] = value;
            v[line * C_STRIDE + X0 - 1] = value;
        }
    }

    /// Brings the pixels of the neighbours into the work area.
    fn bring_neighbours(&mut self, mx: usize, my: usize) {
        let Work { y, u, v } = &mut *self.work;
        if mx > 0 {
            for line in 0..17 {
                y[line * Y_STRIDE + X0 - 1] = y[line * Y_STRIDE + X0 + 15];
            }
            for line in 0..9 {
                u[line * C_STRIDE + X0 - 1] = u[line * C_STRIDE + X0 + 7];
                v[line * C_STRIDE + X0 - 1] = v[line * C_STRIDE + X0 + 7];
            }
        }
        let above = &self.above[mx];
        y[X0..X0 + 16].copy_from_slice(&above.y);
        u[X0..X0 + 8].copy_from_slice(&above.u);
        v[X0..X0 + 8].copy_from_slice(&above.v);
        // Beyond the last column the last pixel is repeated; above the picture everything is 127 anyway.
        let right = match self.above.get(mx + 1) {
            Some(next) => [next.y[0], next.y[1], next.y[2], next.y[3]],
            None if my == 0 => [127; 4],
            None => [above.y[15]; 4],
        };
        y[X0 + 16..X0 + 20].copy_from_slice(&right);
    }

    fn read_modes(&mut self, mx: usize, left: &mut Left) -> Macroblock {
        let r = &mut self.setup.modes;
        let segment = match self.setup.segments.map {
            true => {
                let [p0, p1, p2] = self.setup.segments.probs;
                if r.bit(p0) { 2 + usize::from(r.bit(p2)) } else { usize::from(r.bit(p1)) }
            }
            false => 0,
        };
        let skipped = self.setup.skip_prob.is_some_and(|prob| r.bit(prob));
        let above = &mut self.above[mx];
        let mut b_modes = [0; 16];
        let y_mode = if !r.bit(Y_MODE_PROBS[0]) {
            for (y, left) in left.modes.iter_mut().enumerate() {
                for (x, above) in above.modes.iter_mut().enumerate() {
                    let mode = read_block_mode(r, &B_MODE_PROBS[usize::from(*above)][usize::from(*left)]);
                    b_modes[4 * y + x] = mode;
                    *above = mode;
                    *left = mode;
                }
            }
            predict::PER_BLOCK
        } else {
            let mode = match (r.bit(Y_MODE_PROBS[1]), r) {
                (true, r) => {
                    if r.bit(Y_MODE_PROBS[3]) {
                        predict::TRUE_MOTION
                    } else {
                        predict::HORIZONTAL
                    }
                }
                (false, r) => {
                    if r.bit(Y_MODE_PROBS[2]) {
                        predict::VERTICAL
                    } else {
                        predict::DC
                    }
                }
            };
            left.modes = [predict::block_mode_of(mode); 4];
            above.modes = left.modes;
            mode
        };
        let r = &mut self.setup.modes;
        let uv_mode = if !r.bit(UV_MODE_PROBS[0]) {
            predict::DC
        } else if !r.bit(UV_MODE_PROBS[1]) {
            predict::VERTICAL
        } else if r.bit(UV_MODE_PROBS[2]) {
            predict::TRUE_MOTION
        } else {
            predict::HORIZONTAL
        };
        Macroblock { segment, skipped, y_mode, b_modes, uv_mode }
    }

    /// Predicts and corrects one macroblock in the work area; `true` if it has any coefficient.
    fn reconstruct(&mut self, mb: &mut Macroblock, mx: usize, my: usize, partition: usize, left: &mut Left) -> bool {
        let mut coefs = [[0i16; 16]; 25];
        // Position behind the last coefficient of each block; more than 1 means that there is more than an average.
        let mut ends = [0u8; 24];
        let mut any = false;
        let above = &mut self.above[mx].coded;
        if mb.skipped {
            // The averages of a macroblock with modes per block are not sent, so their context stays.
            let keep = (mb.y_mode == predict::PER_BLOCK).then_some((above[8], left.coded[8]));
            (*above, left.coded) = ([0; 9], [0; 9]);
            if let Some((a, l)) = keep {
                (above[8], left.coded[8]) = (a, l);
            }
        } else {
            let r = &mut self.setup.partitions[partition];
            any = read_residue(
                r,
                &self.setup.probs,
                &self.setup.steps[mb.segment],
                mb,
                above,
                left,
                &mut coefs,
                &mut ends,
            );
        }
        let inside = (my > 0, mx > 0);
        let Work { y, u, v } = &mut *self.work;
        if mb.y_mode == predict::PER_BLOCK {
            predict_blocks(y, &mb.b_modes, &coefs, &ends);
        } else {
            let (top, left, corner) = edges::<16>(y, Y_STRIDE);
            predict::square(mb.y_mode, &top, &left, corner, inside, y, Y_STRIDE + X0, Y_STRIDE);
            if any {
                for (k, (coefs, end)) in coefs.iter().zip(&ends).take(16).enumerate() {
                    correct(coefs, *end, y, (1 + 4 * (k / 4)) * Y_STRIDE + X0 + 4 * (k % 4), Y_STRIDE);
                }
            }
        }
        for (plane, first) in [(u, 16), (v, 20)] {
            let (top, left, corner) = edges::<8>(plane, C_STRIDE);
            predict::square(mb.uv_mode, &top, &left, corner, inside, plane, C_STRIDE + X0, C_STRIDE);
            if any {
                for k in 0..4 {
                    let at = (1 + 4 * (k / 2)) * C_STRIDE + X0 + 4 * (k % 2);
                    correct(&coefs[first + k], ends[first + k], plane, at, C_STRIDE);
                }
            }
        }
        any
    }

    /// Copies the finished macroblock into the row and keeps its last lines for the row below.
    fn store(&mut self, mx: usize, row: &mut Row) {
        let Work { y, u, v } = &*self.work;
        let stride = row.stride;
        for line in 0..16 {
            let from = &y[(line + 1) * Y_STRIDE + X0..][..16];
            row.y[(LUMA_KEPT + line) * stride + 16 * mx..][..16].copy_from_slice(from);
        }
        for line in 0..8 {
            let to = (CHROMA_KEPT + line) * stride / 2 + 8 * mx;
            let from = (line + 1) * C_STRIDE + X0;
            row.u[to..][..8].copy_from_slice(&u[from..][..8]);
            row.v[to..][..8].copy_from_slice(&v[from..][..8]);
        }
        let above = &mut self.above[mx];
        above.y.copy_from_slice(&y[16 * Y_STRIDE + X0..][..16]);
        above.u.copy_from_slice(&u[8 * C_STRIDE + X0..][..8]);
        above.v.copy_from_slice(&v[8 * C_STRIDE + X0..][..8]);
    }
}

/// The pixels above, to the left and in the corner of the square in the work area.
#[inline(always)]
fn edges<const N: usize>(plane: &[u8], stride: usize) -> ([u8; N], [u8; N], u8) {
    let top = std::array::from_fn(|x| plane[X0 + x]);
    let left = std::array::from_fn(|y| plane[(y + 1) * stride + X0 - 1]);
    (top, left, plane[X0 - 1])
}

#[inline(always)]
fn correct(coefs: &[i16; 16], end: u8, plane: &mut [u8], at: usize, stride: usize) {
    if end > 1 {
        add_inverse_dct(coefs, plane, at, stride);
    } else if coefs[0] != 0 {
        add_average(coefs[0], plane, at, stride);
    }
}

fn predict_blocks(y: &mut [u8; Y_STRIDE * 17], modes: &[u8; 16], coefs: &[[i16; 16]; 25], ends: &[u8; 24]) {
    // Blocks at the right edge use the macroblock above to the right in every line of blocks.
    let right: [u8; 4] = std::array::from_fn(|x| y[X0 + 16 + x]);
    for line in [4, 8, 12] {
        y[line * Y_STRIDE + X0 + 16..][..4].copy_from_slice(&right);
    }
    for k in 0..16 {
        let at = (1 + 4 * (k / 4)) * Y_STRIDE + X0 + 4 * (k % 4);
        let mut edge = [0; 13];
        for (i, pixel) in edge[..4].iter_mut().enumerate() {
            *pixel = y[at - 1 + (3 - i) * Y_STRIDE];
        }
        edge[4..].copy_from_slice(&y[at - 1 - Y_STRIDE..][..9]);
        let prediction = predict::block(modes[k], &edge);
        for line in 0..4 {
            y[at + line * Y_STRIDE..][..4].copy_from_slice(&prediction[4 * line..][..4]);
        }
        correct(&coefs[k], ends[k], y, at, Y_STRIDE);
    }
}

#[allow(clippy::too_many_arguments)]
fn read_residue(
    r: &mut BoolReader<'_>,
    probs: &CoefProbs,
    steps: &Steps,
    mb: &Macroblock,
    above: &mut [u8; 9],
    left: &mut Left,
    coefs: &mut [[i16; 16]; 25],
    ends: &mut [u8; 24],
) -> bool {
    let left = &mut left.coded;
    let mut any = false;
    let (plane, first) = if mb.y_mode == predict::PER_BLOCK {
        (PLANE_Y, 0)
    } else {
        let mut averages = [0; 16];
        let end = coefficients::read(r, &probs[PLANE_Y2], usize::from(above[8] + left[8]), 0, steps.y2, &mut averages);
        above[8] = u8::from(end > 0);
        left[8] = above[8];
        if end > 0 {
            for (block, average) in coefs.iter_mut().zip(inverse_wht(&averages)) {
                block[0] = average;
                any |= average != 0;
            }
        }
        (PLANE_Y_AFTER_Y2, 1)
    };
    for k in 0..16 {
        let (a, l) = (&mut above[k % 4], &mut left[k / 4]);
        let end = coefficients::read(r, &probs[plane], usize::from(*a + *l), first, steps.y, &mut coefs[k]);
        *a = u8::from(end > first);
        *l = *a;
        ends[k] = end as u8;
        any |= end > first;
    }
    for (first, edge) in [(16, 4), (20, 6)] {
        for k in 0..4 {
            let (a, l) = (&mut above[edge + k % 2], &mut left[edge + k / 2]);
            let end = coefficients::read(r, &probs[PLANE_UV], usize::from(*a + *l), 0, steps.uv, &mut coefs[first + k]);
            *a = u8::from(end > 0);
            *l = *a;
            ends[first + k] = end as u8;
            any |= end > 0;
        }
    }
    any
}

/// Reads the mode of a 4x4 block (11.2).
fn read_block_mode(r: &mut BoolReader<'_>, p: &[u8; 9]) -> u8 {
    if !r.bit(p[0]) {
        return predict::B_DC;
    }
    if !r.bit(p[1]) {
        return predict::B_TM;
    }
    if !r.bit(p[2]) {
        return predict::B_VE;
    }
    if !r.bit(p[3]) {
        if !r.bit(p[4]) {
            return predict::B_HE;
        }
        return if r.bit(p[5]) { predict::B_VR } else { predict::B_RD };
    }
    if !r.bit(p[6]) {
        return predict::B_LD;
    }
    if !r.bit(p[7]) {
        return predict::B_VL;
    }
    if r.bit(p[8]) { predict::B_HU } else { predict::B_HD }
}
