//! Rows of a picture, and what is left of them when they are predicted.

/// The largest side of a tile.
pub(crate) const MAX_TILE: usize = 32;

/// The picture as it was given.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub pixels: &'a [u8],
    pub channels: usize,
    pub width: usize,
}

/// One row of tiles.
pub(crate) struct Band<'a> {
    rows: Rows<'a>,
    /// The row above and those of the band: red and blue less green, green, alpha.
    lines: Vec<u8>,
    /// What is left.
    residue: Vec<u8>,
    /// First row.
    y: usize,
    /// Number of rows.
    n: usize,
    /// Side of a tile, and number of rows of a whole band.
    tile: usize,
}

impl<'a> Band<'a> {
    pub fn new(rows: Rows<'a>, tile: usize) -> Self {
        let row = 4 * rows.width;
        Band { rows, lines: vec![0; (tile + 1) * row], residue: vec![0; tile * row], y: 0, n: 0, tile }
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
        let rows = (from.len() / (width * channels)).min(self.tile + 1 - above);
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

    /// First column behind the fixed predictor of column 0, and the end, of a tile.
    #[inline(always)]
    pub fn columns(&self, tx: usize) -> (usize, usize) {
        columns(self.tile, self.rows.width, tx)
    }

    /// Rows of the band that have no fixed predictor.
    pub fn free_lines(&self) -> std::ops::Range<usize> {
        usize::from(self.y == 0)..self.n
    }

    /// What a predictor leaves of one row of a tile, from column `x` on.
    #[inline(always)]
    pub fn left_over(&self, mode: u8, line: usize, x: usize, out: &mut [u8]) {
        let row = 4 * self.rows.width;
        residue(mode, &self.lines, (line + 1) * row + 4 * x, row, out);
    }

    /// Predicts the rows.
    pub fn predict(&mut self, modes: &[u8]) {
        let row = 4 * self.rows.width;
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
                let (x0, x1) = columns(self.tile, self.rows.width, tx);
                if x0 < x1 {
                    residue(*mode, &self.lines, at + 4 * x0, row, &mut out[4 * x0..4 * x1]);
                }
            }
        }
    }
}

#[inline(always)]
fn columns(tile: usize, width: usize, tx: usize) -> (usize, usize) {
    ((tx * tile).max(1), ((tx + 1) * tile).min(width))
}

/// The sum of what is left, by its amount.
pub(crate) fn size(residue: &[u8]) -> u32 {
    residue.iter().map(|v| u32::from((*v).min(v.wrapping_neg()))).sum()
}

/// What is left of a byte where it continues the slope of its neighbours: the twelfth predictor.
#[inline(always)]
pub(crate) fn unlike(own: u8, left: u8, top: u8, corner: u8) -> u8 {
    // One of both differences is 0, so that the result is clamped as a whole.
    own.wrapping_sub(left.saturating_add(top.saturating_sub(corner)).saturating_sub(corner.saturating_sub(top)))
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
        // Black, opaque.
        0 => each!(i: if i % 4 == 3 { 255 } else { 0 }),
        3 => each!(i: right[i]),
        4 => each!(i: corner[i]),
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
    let mut distances = [[0u8; 4 * MAX_TILE]; 2];
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As the format's specification has it, pixel by pixel.
    fn predicted(mode: u8, [l, t, r, c]: [[u8; 4]; 4]) -> [u8; 4] {
        let avg = |a: [u8; 4], b: [u8; 4]| std::array::from_fn(|i| ((u16::from(a[i]) + u16::from(b[i])) / 2) as u8);
        let clamp = |v: i16| v.clamp(0, 255) as u8;
        let wide = |v: [u8; 4], i: usize| i16::from(v[i]);
        match mode {
            0 => [0, 0, 0, 255],
            1 => l,
            2 => t,
            3 => r,
            4 => c,
            5 => avg(avg(l, r), t),
            6 => avg(l, c),
            7 => avg(l, t),
            8 => avg(c, t),
            9 => avg(t, r),
            10 => avg(avg(l, c), avg(t, r)),
            11 => {
                let guess = |i| wide(l, i) + wide(t, i) - wide(c, i);
                let distance = |v: [u8; 4]| (0..4).map(|i| (guess(i) - wide(v, i)).abs()).sum::<i16>();
                if distance(l) < distance(t) { l } else { t }
            }
            12 => std::array::from_fn(|i| clamp(wide(l, i) + wide(t, i) - wide(c, i))),
            _ => {
                let mean = avg(l, t);
                std::array::from_fn(|i| clamp(wide(mean, i) + (wide(mean, i) - wide(c, i)) / 2))
            }
        }
    }

    #[test]
    fn predictors_are_those_of_the_format() {
        let width = 37;
        let mut state = 1u32;
        let pixels: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Large and small differences.
            if state >> 31 == 0 { (state >> 20) as u8 } else { 100 + (state >> 20) as u8 % 8 }
        })
        .take(4 * width * 3)
        .collect();
        let mut band = Band::new(Rows { pixels: &pixels, channels: 4, width }, MAX_TILE);
        band.load(0);
        let lines = band.lines.clone();
        let at =
            |line: usize, x: usize| -> [u8; 4] { std::array::from_fn(|i| lines[4 * ((line + 1) * width + x) + i]) };
        for mode in 0..14 {
            for line in 1..3 {
                let mut out = [0; 4 * 32];
                band.left_over(mode, line, 1, &mut out);
                for x in 1..33 {
                    let around = [at(line, x - 1), at(line - 1, x), at(line - 1, x + 1), at(line - 1, x - 1)];
                    let expected = predicted(mode, around);
                    for i in 0..4 {
                        assert_eq!(out[4 * (x - 1) + i], at(line, x)[i].wrapping_sub(expected[i]), "{mode} {line} {x}");
                    }
                }
            }
        }
    }
}
