//! The mean of the nearest elements of a Bayer pattern, row by row and from samples to the colours of the result in
//! one go: three rows are all that has to be remembered, and they stay in the nearest cache.

use fearless_simd::{Level, dispatch};

use crate::border::Sums;
use crate::cfa::Cfa;
use crate::highlight::blend;
use crate::image::Image;
use crate::tile::{Columns, Rect, Scale, high, low, seen_from};

/// What becomes of camera colours.
#[derive(Clone, Copy)]
pub(crate) struct Colors {
    /// To the output space; none to leave them.
    pub matrix: Option<[[f32; 3]; 3]>,
    /// Above this a channel is full, if full pixels are to fade to white.
    pub blend: Option<f32>,
}

/// Three rows of a piece, and what is known of its columns.
pub(crate) struct Rows {
    /// Balanced samples with one more on both sides; row `y` of the piece, from one above it on, is in `y % 3`.
    lines: [Vec<f32>; 3],
    columns: Columns,
    /// The pattern as seen from one row above and one column before the piece.
    cfa: Cfa,
    /// Alternating columns as bits that are all set or all clear.
    masks: [Vec<u32>; 2],
}

/// What a piece is made from.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub image: &'a Image<'a>,
    pub cfa: &'a Cfa,
    pub rect: Rect,
    pub scale: &'a Scale,
}

impl Rows {
    pub fn new() -> Self {
        Rows { lines: Default::default(), columns: Columns::default(), cfa: Cfa::x_trans(), masks: Default::default() }
    }

    /// Begins a piece.
    pub fn start(&mut self, level: Level, piece: &Piece<'_>) {
        let width = piece.rect.width;
        self.cfa = seen_from(piece.cfa, piece.rect, 1);
        self.columns.set(&self.cfa, width + 2, piece.scale);
        for (phase, mask) in self.masks.iter_mut().enumerate() {
            mask.clear();
            mask.extend((0..width).map(|x| if x % 2 == phase { u32::MAX } else { 0 }));
        }
        for line in &mut self.lines {
            line.resize(width + 2, 0.0);
        }
        dispatch!(level, _ => (0..2).for_each(|y| self.load(piece, y)));
    }

    #[inline(always)]
    fn load(&mut self, piece: &Piece<'_>, y: usize) {
        let first = (piece.rect.row as isize - 1, piece.rect.column as isize - 1);
        self.columns.load(piece.image, piece.cfa, first, y, piece.scale.top, &mut self.lines[y % 3]);
    }

    /// Makes row `y`; rows are asked for in order.
    pub fn next(&mut self, level: Level, piece: &Piece<'_>, y: usize, colors: &Colors, out: &mut [Vec<u16>; 3]) {
        dispatch!(level, _ => self.work(piece, y, colors, out));
    }

    #[inline(always)]
    fn work(&mut self, piece: &Piece<'_>, y: usize, colors: &Colors, out: &mut [Vec<u16>; 3]) {
        self.load(piece, y + 2);
        let [above, at, below] = [0, 1, 2].map(|k| &self.lines[(y + k) % 3][..]);
        let first = self.cfa.at(y + 1, 1);
        let green_first = first % 2 == 1;
        let color = if green_first { self.cfa.at(y + 1, 2) } else { first };
        let mask = &self.masks[usize::from(!green_first)];
        let [r, g, b] = out;
        match (color == 0, *colors) {
            (true, Colors { matrix: Some(m), blend: None }) => {
                mix::<true>(above, at, below, mask, r, g, b, move |r, g, b| turned(&m, r, g, b));
            }
            (false, Colors { matrix: Some(m), blend: None }) => {
                mix::<false>(above, at, below, mask, r, g, b, move |r, g, b| turned(&m, r, g, b));
            }
            (true, colors) => mix::<true>(above, at, below, mask, r, g, b, move |r, g, b| colors.apply(r, g, b)),
            (false, colors) => mix::<false>(above, at, below, mask, r, g, b, move |r, g, b| colors.apply(r, g, b)),
        }
        self.edges(piece, y, colors, out);
    }

    /// Makes the pixels of row `y` that are the image's outermost ones, some of whose neighbours are missing.
    fn edges(&self, piece: &Piece<'_>, y: usize, colors: &Colors, out: &mut [Vec<u16>; 3]) {
        let Piece { image, rect, .. } = piece;
        let (row, last) = (rect.row + y, rect.width - 1);
        let (first_row, last_row) = (row == 0, row + 1 == image.height);
        let mut one = |x: usize| {
            let column = rect.column + x;
            let mut sums = Sums::default();
            for down in usize::from(first_row)..3 - usize::from(last_row) {
                for across in usize::from(column == 0)..3 - usize::from(column + 1 == image.width) {
                    let color = self.cfa.at(y + down, x + across);
                    sums.add(if color == 3 { 1 } else { color.into() }, self.lines[(y + down) % 3][x + across]);
                }
            }
            let own = usize::from(self.cfa.at(y + 1, x + 1));
            let own_value = self.lines[(y + 1) % 3][x + 1];
            let [r, g, b] = [0, 1, 2].map(|c| match c {
                c if c == own || (c, own) == (1, 3) => own_value,
                c => sums.mean(c).unwrap_or(own_value),
            });
            let made = colors.apply(r, g, b).map(whole);
            out.iter_mut().zip(made).for_each(|(plane, value)| plane[x] = value);
        };
        if first_row || last_row {
            return (0..=last).for_each(one);
        }
        if rect.column == 0 {
            one(0);
        }
        if rect.column + rect.width == image.width {
            one(last);
        }
    }
}

impl Colors {
    /// One pixel.
    #[inline(always)]
    pub fn apply(&self, r: f32, g: f32, b: f32) -> [f32; 3] {
        let [r, g, b] = self.blend.map_or([r, g, b], |clip| blend(clip, r, g, b));
        self.matrix.map_or([r, g, b], |m| turned(&m, r, g, b))
    }
}

/// A matrix times a colour.
#[inline(always)]
pub(crate) fn turned(m: &[[f32; 3]; 3], r: f32, g: f32, b: f32) -> [f32; 3] {
    [
        m[0][0] * r + m[0][1] * g + m[0][2] * b,
        m[1][0] * r + m[1][1] * g + m[1][2] * b,
        m[2][0] * r + m[2][1] * g + m[2][2] * b,
    ]
}

/// A number from 0 to 65535 cut to an integer.
#[inline(always)]
pub(crate) fn whole(v: f32) -> u16 {
    // The sum with 2^23 has the integer in its lowest bits; nearly half is taken off since the sum rounds.
    let v = low(high(v - 0.498, 0.0), 65535.0) + 8_388_608.0;
    v.to_bits() as u16
}

/// One row whose colour beside green is red or blue; the mask is set where the element is green. All slices are
/// arguments, for that tells the compiler that they are apart, and it makes vectors of the loop.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn mix<const RED: bool>(
    above: &[f32],
    at: &[f32],
    below: &[f32],
    mask: &[u32],
    red: &mut [u16],
    green: &mut [u16],
    blue: &mut [u16],
    color: impl Fn(f32, f32, f32) -> [f32; 3],
) {
    let n = mask.len();
    let (ul, u, ur) = (&above[..n], &above[1..][..n], &above[2..][..n]);
    let (l, c, r) = (&at[..n], &at[1..][..n], &at[2..][..n]);
    let (dl, d, dr) = (&below[..n], &below[1..][..n], &below[2..][..n]);
    let (red, green, blue) = (&mut red[..n], &mut green[..n], &mut blue[..n]);
    for i in 0..n {
        let (across, along) = ((l[i] + r[i]) * 0.5, (u[i] + d[i]) * 0.5);
        let diagonal = (ul[i] + ur[i] + dl[i] + dr[i]) * 0.25;
        let g = pick(mask[i], c[i], (across + along) * 0.5);
        let own = pick(mask[i], across, c[i]);
        let other = pick(mask[i], along, diagonal);
        let [r, g, b] = if RED { color(own, g, other) } else { color(other, g, own) };
        red[i] = whole(r);
        green[i] = whole(g);
        blue[i] = whole(b);
    }
}

/// `yes` where all bits are set, `no` where none is, without a branch.
#[inline(always)]
fn pick(mask: u32, yes: f32, no: f32) -> f32 {
    f32::from_bits(yes.to_bits() & mask | no.to_bits() & !mask)
}
