//! Rows of a picture, and what is left of them when they are predicted.

use super::{Quick, TILE};

/// How many kinds of tiles are told apart by what is left of them.
pub(super) const LEVELS: usize = 16;

/// The picture as it was given.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub pixels: &'a [u8],
    pub channels: usize,
    pub width: usize,
}

/// One row of tiles.
pub(super) struct Band<'a> {
    rows: Rows<'a>,
    /// The row above and those of the band: red and blue less green, green, alpha.
    lines: Vec<u8>,
    /// What is left.
    residue: Vec<u8>,
    /// First row.
    y: usize,
    /// Number of rows.
    n: usize,
}

impl<'a> Band<'a> {
    pub fn new(rows: Rows<'a>) -> Self {
        let row = 4 * rows.width;
        Band { rows, lines: vec![0; (TILE + 1) * row], residue: vec![0; TILE * row], y: 0, n: 0 }
    }

    pub fn width(&self) -> usize {
        self.rows.width
    }

    /// What is left, four bytes to a pixel.
    pub fn residue(&self) -> &[[u8; 4]] {
        self.residue[..4 * self.n * self.rows.width].as_chunks().0
    }

    /// Takes the rows from `y` on.
    pub fn load(&mut self, y: usize) {
        let Rows { pixels, channels, width } = self.rows;
        let (above, from) = if y == 0 { (1, 0) } else { (0, (y - 1) * width * channels) };
        let from = &pixels[from..];
        let rows = (from.len() / (width * channels)).min(TILE + 1 - above);
        let from = &from[..rows * width * channels];
        let to = self.lines[4 * above * width..].as_chunks_mut::<4>().0;
        match channels {
            1 => to.iter_mut().zip(from).for_each(|(to, v)| *to = [0, *v, 0, 255]),
            3 => to.iter_mut().zip(from.as_chunks::<3>().0).for_each(|(to, [r, g, b])| {
                *to = [r.wrapping_sub(*g), *g, b.wrapping_sub(*g), 255];
            }),
            _ => to.iter_mut().zip(from.as_chunks::<4>().0).for_each(|(to, [r, g, b, a])| {
                *to = [r.wrapping_sub(*g), *g, b.wrapping_sub(*g), *a];
            }),
        }
        (self.y, self.n) = (y, rows + above - 1);
    }

    /// Chooses the predictor of each tile, and the level of what it leaves.
    pub fn choose(&self, quick: Quick, modes: &mut [u8], levels: &mut [u8]) {
        let (width, row) = (self.rows.width, 4 * self.rows.width);
        let mut run = [0u8; 4 * TILE];
        let mut before = quick.modes[0];
        // The first row and the first column have fixed predictors.
        let first = usize::from(self.y == 0);
        for (tx, (mode, level)) in modes.iter_mut().zip(levels).enumerate() {
            let (x0, x1) = ((tx * TILE).max(1), ((tx + 1) * TILE).min(width));
            let mut best = (u32::MAX, before);
            let mut counted = 1;
            if x0 < x1 && first < self.n {
                let out = &mut run[..4 * (x1 - x0)];
                counted = (self.n - first).div_ceil(quick.step) * (x1 - x0);
                for candidate in quick.modes {
                    // Keeping the neighbour's predictor saves the bits to say another one.
                    let mut sum = if *candidate == before { 0 } else { (counted / 16) as u32 };
                    for line in (first..self.n).step_by(quick.step) {
                        residue(*candidate, &self.lines, (line + 1) * row + 4 * x0, row, out);
                        sum += size(out);
                        if sum >= best.0 {
                            break;
                        }
                    }
                    if sum < best.0 {
                        best = (sum, *candidate);
                    }
                }
            }
            before = best.1;
            *mode = best.1;
            *level = level_of(best.0, counted);
        }
    }

    /// Predicts the rows.
    pub fn predict(&mut self, modes: &[u8]) {
        let (width, row) = (self.rows.width, 4 * self.rows.width);
        for (line, out) in self.residue.chunks_exact_mut(row).take(self.n).enumerate() {
            let at = (line + 1) * row;
            if self.y + line == 0 {
                let (head, rest) = out.split_at_mut(4);
                head.iter_mut().zip(&self.lines[at..]).for_each(|(out, v)| *out = *v);
                head[3] = head[3].wrapping_sub(255);
                residue(1, &self.lines, at + 4, row, rest);
                continue;
            }
            residue(2, &self.lines, at, row, &mut out[..4]);
            for (tx, mode) in modes.iter().enumerate() {
                let (x0, x1) = ((tx * TILE).max(1), ((tx + 1) * TILE).min(width));
                if x0 < x1 {
                    residue(*mode, &self.lines, at + 4 * x0, row, &mut out[4 * x0..4 * x1]);
                }
            }
        }
    }
}

/// Sixteenths of what is left of a pixel, by half powers of two.
fn level_of(sum: u32, pixels: usize) -> u8 {
    let v = (u64::from(sum) * 16 / pixels.max(1) as u64 + 2) as u32;
    let log = 31 - v.leading_zeros();
    let steps = 2 * log + (v >> (log - 1) & 1);
    steps.saturating_sub(8).min(LEVELS as u32 - 1) as u8
}

/// The sum of what is left, by its amount.
fn size(residue: &[u8]) -> u32 {
    residue.iter().map(|v| u32::from((*v).min(v.wrapping_neg()))).sum()
}

#[inline(always)]
fn average(a: u8, b: u8) -> u8 {
    (a & b) + ((a ^ b) >> 1)
}

/// What is left of a run of pixels of one row. Byte by byte, so that the compiler makes vectors of it.
#[inline(always)]
fn residue(mode: u8, lines: &[u8], at: usize, row: usize, out: &mut [u8]) {
    let n = out.len();
    let own = &lines[at..at + n];
    let top = &lines[at - row..at - row + n];
    // A predictor that does not look to a side is used where there is nothing.
    if mode == 2 {
        for i in 0..n {
            out[i] = own[i].wrapping_sub(top[i]);
        }
        return;
    }
    let left = &lines[at - 4..at - 4 + n];
    if mode == 1 {
        for i in 0..n {
            out[i] = own[i].wrapping_sub(left[i]);
        }
        return;
    }
    let corner = &lines[at - row - 4..at - row - 4 + n];
    let right = &lines[at - row + 4..at - row + 4 + n];
    macro_rules! each {
        ($i:ident: $prediction:expr) => {
            for $i in 0..n {
                out[$i] = own[$i].wrapping_sub($prediction);
            }
        };
    }
    match mode {
        5 => each!(i: average(average(left[i], right[i]), top[i])),
        6 => each!(i: average(left[i], corner[i])),
        7 => each!(i: average(left[i], top[i])),
        8 => each!(i: average(corner[i], top[i])),
        9 => each!(i: average(top[i], right[i])),
        10 => each!(i: average(average(left[i], corner[i]), average(top[i], right[i]))),
        11 => select(own, left, top, corner, out),
        // One of both differences is 0, so that the result is clamped as a whole.
        12 => {
            each!(i: left[i].saturating_add(top[i].saturating_sub(corner[i])).saturating_sub(corner[i].saturating_sub(top[i])))
        }
        _ => each!(i: {
            let (mean, corner) = (average(left[i], top[i]), corner[i]);
            mean.saturating_add(mean.saturating_sub(corner) / 2).saturating_sub(corner.saturating_sub(mean) / 2)
        }),
    }
}

/// Of the pixels to the left and above, the one that is nearer to where both lead from the corner.
#[inline(always)]
fn select(own: &[u8], left: &[u8], top: &[u8], corner: &[u8], out: &mut [u8]) {
    let n = out.len();
    let mut distances = [[0u8; 4 * TILE]; 2];
    let [of_top, of_left] = &mut distances;
    let (of_top, of_left) = (&mut of_top[..n], &mut of_left[..n]);
    for i in 0..n {
        of_top[i] = top[i].abs_diff(corner[i]);
        of_left[i] = left[i].abs_diff(corner[i]);
    }
    let (of_top, of_left) = (of_top.as_chunks::<4>().0, of_left.as_chunks::<4>().0);
    let (left, top) = (left.as_chunks::<4>().0, top.as_chunks::<4>().0);
    let (own, out) = (own.as_chunks::<4>().0, out.as_chunks_mut::<4>().0);
    let sum = |four: &[u8; 4]| {
        let v = u32::from_le_bytes(*four);
        let pairs = (v & 0x00ff_00ff) + (v >> 8 & 0x00ff_00ff);
        (pairs & 0xffff) + (pairs >> 16)
    };
    let m = out.len();
    let (of_top, of_left, left, top, own) = (&of_top[..m], &of_left[..m], &left[..m], &top[..m], &own[..m]);
    for i in 0..m {
        let (l, t) = (u32::from_le_bytes(left[i]), u32::from_le_bytes(top[i]));
        let nearer = if sum(&of_top[i]) < sum(&of_left[i]) { l } else { t };
        // `own - nearer` in each byte: borrows do not cross.
        let own = u32::from_le_bytes(own[i]);
        let high = 0x8080_8080;
        out[i] = (((own | high) - (nearer & !high)) ^ ((own ^ !nearer) & high)).to_le_bytes();
    }
}
