//! Pieces of a mosaic with a margin, as linear numbers from 0 (black) to 65535 (white after balance).

use crate::border::Span;
use crate::cfa::Cfa;
use crate::image::{Image, Layout, Samples};

/// Elements around a piece that any method may look at.
pub(crate) const MARGIN: usize = 6;

/// What turns a sample into a balanced linear number: `(sample - black) * factor`, by colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub black: [f32; 4],
    pub factor: [f32; 4],
    /// Largest number that is kept.
    pub top: f32,
}

/// A rectangle of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub row: usize,
    pub column: usize,
    pub height: usize,
    pub width: usize,
}

/// Black and factor of each column of a piece, for each row of the pattern.
#[derive(Default)]
pub(crate) struct Columns {
    width: usize,
    period: usize,
    black: Vec<f32>,
    factor: Vec<f32>,
}

impl Columns {
    /// For `width` columns of a pattern as seen from the piece's first element.
    pub fn set(&mut self, cfa: &Cfa, width: usize, scale: &Scale) {
        self.width = width;
        self.period = cfa.height();
        self.black.clear();
        self.factor.clear();
        for phase in 0..self.period {
            for x in 0..width {
                let color = usize::from(cfa.at(phase, x));
                self.black.push(scale.black[color]);
                self.factor.push(scale.factor[color]);
            }
        }
    }

    /// Loads row `y` of a piece whose first element is at `row` and `column` of the image, which may lie beyond its
    /// edges. There stand elements of the same colour: mirrored ones for patterns of two, else those of the
    /// neighbouring repetition.
    #[inline(always)]
    pub fn load(
        &self,
        image: &Image<'_>,
        cfa: &Cfa,
        (row, column): (isize, isize),
        y: usize,
        top: f32,
        out: &mut [f32],
    ) {
        let width = self.width.min(out.len());
        let black = &self.black[y % self.period * self.width..][..width];
        let factor = &self.factor[y % self.period * self.width..][..width];
        let start = image.offset + inside(row + y as isize, image.height, cfa.height()) * image.stride;
        let left = usize::try_from(-column).unwrap_or(0).min(width);
        let first = usize::try_from(column).unwrap_or(0).min(image.width);
        let n = (image.width - first).min(width - left);
        let edge = |x: usize| inside(column + x as isize, image.width, cfa.width());
        let number = |sample: f32, black: f32, factor: f32| low(high((sample - black) * factor, 0.0), top);
        {
            let out = &mut out[left..][..n];
            let (black, factor) = (&black[left..][..n], &factor[left..][..n]);
            match image.samples {
                Samples::U16(samples) => {
                    let source = &samples[start + first..][..n];
                    for i in 0..n {
                        out[i] = number(f32::from(source[i]), black[i], factor[i]);
                    }
                }
                Samples::F32(samples) => {
                    let source = &samples[start + first..][..n];
                    for i in 0..n {
                        out[i] = number(source[i], black[i], factor[i]);
                    }
                }
            }
        }
        for x in (0..left).chain(left + n..width) {
            out[x] = number(image.samples.at(start + edge(x)), black[x], factor[x]);
        }
    }
}

/// A rectangle of the mosaic with its margin, and the colours there.
pub(crate) struct Tile {
    /// Columns with margin.
    pub width: usize,
    /// Rows with margin.
    pub height: usize,
    pub data: Vec<f32>,
    /// The pattern as seen from the first element of `data`.
    pub cfa: Cfa,
    /// Rows that are in the image.
    pub down: Span,
    /// Columns that are in the image.
    pub across: Span,
    columns: Columns,
}

impl Tile {
    pub fn new() -> Self {
        Tile {
            width: 0,
            height: 0,
            data: Vec::new(),
            cfa: Cfa::x_trans(),
            down: Span::default(),
            across: Span::default(),
            columns: Columns::default(),
        }
    }

    /// Loads a rectangle with its margin.
    #[inline(always)]
    pub fn load(&mut self, image: &Image<'_>, cfa: &Cfa, rect: Rect, scale: &Scale) {
        self.width = rect.width + 2 * MARGIN;
        self.height = rect.height + 2 * MARGIN;
        self.data.resize(self.width * self.height, 0.0);
        self.cfa = seen_from(cfa, rect, MARGIN);
        self.columns.set(&self.cfa, self.width, scale);
        let margin = MARGIN as isize;
        let first = (rect.row as isize - margin, rect.column as isize - margin);
        self.down = Span::new(first.0, image.height);
        self.across = Span::new(first.1, image.width);
        for (y, out) in self.data.chunks_exact_mut(self.width).enumerate() {
            self.columns.load(image, cfa, first, y, scale.top, out);
        }
    }
}

/// The pattern as seen from `margin` rows and columns before a rectangle.
pub(crate) fn seen_from(cfa: &Cfa, rect: Rect, margin: usize) -> Cfa {
    // The margin may be no multiple of the period; 48 periods are larger than any.
    cfa.shifted(rect.row + 48 * cfa.height() - margin, rect.column + 48 * cfa.width() - margin)
}

/// The place inside `0..n` that stands for `at`.
fn inside(at: isize, n: usize, period: usize) -> usize {
    let last = n as isize - 1;
    let mut at = at;
    if period == 2 && n > 1 {
        while at < 0 || at > last {
            at = if at < 0 { -at } else { 2 * last - at };
        }
        return at as usize;
    }
    let step = period as isize;
    if n >= period {
        while at < 0 {
            at += step;
        }
        while at > last {
            at -= step;
        }
    }
    at.clamp(0, last) as usize
}

/// Three planes of a piece without margin.
#[derive(Default)]
pub(crate) struct Planes {
    pub width: usize,
    pub height: usize,
    pub rgb: [Vec<f32>; 3],
}

impl Planes {
    pub fn resize(&mut self, width: usize, height: usize) {
        self.width = width;
        self.height = height;
        for plane in &mut self.rgb {
            plane.resize(width * height, 0.0);
        }
    }

    /// Loads pixels that have all three colours already.
    pub fn load_rgb(&mut self, image: &Image<'_>, rect: Rect, scale: &Scale) {
        self.resize(rect.width, rect.height);
        let [red, green, blue] = &mut self.rgb;
        for y in 0..rect.height {
            let at = image.offset + (rect.row + y) * image.stride + rect.column * 3;
            let range = y * rect.width..(y + 1) * rect.width;
            let out = red[range.clone()].iter_mut().zip(&mut green[range.clone()]).zip(&mut blue[range]);
            let number = |sample: f32, c: usize| low(high((sample - scale.black[c]) * scale.factor[c], 0.0), scale.top);
            match image.samples {
                Samples::U16(samples) => {
                    for (pixel, ((r, g), b)) in samples[at..].chunks_exact(3).zip(out) {
                        *r = number(f32::from(pixel[0]), 0);
                        *g = number(f32::from(pixel[1]), 1);
                        *b = number(f32::from(pixel[2]), 2);
                    }
                }
                Samples::F32(samples) => {
                    for (pixel, ((r, g), b)) in samples[at..].chunks_exact(3).zip(out) {
                        *r = number(pixel[0], 0);
                        *g = number(pixel[1], 1);
                        *b = number(pixel[2], 2);
                    }
                }
            }
        }
    }

    /// Loads one pixel for each block of 2 × 2 elements: the mean of what each colour has there.
    pub fn load_half(&mut self, image: &Image<'_>, cfa: &Cfa, rect: Rect, scale: &Scale) {
        self.resize(rect.width, rect.height);
        for y in 0..rect.height {
            for x in 0..rect.width {
                let (mut sum, mut n) = ([0.0f32; 3], [0.0f32; 3]);
                for k in 0..4 {
                    let (row, column) = (2 * (rect.row + y) + k / 2, 2 * (rect.column + x) + k % 2);
                    let color = usize::from(cfa.at(row, column));
                    let at =
                        inside(row as isize, image.height, 2) * image.stride + inside(column as isize, image.width, 2);
                    let sample = image.samples.at(image.offset + at);
                    let slot = if color == 3 { 1 } else { color };
                    sum[slot] += low(high((sample - scale.black[color]) * scale.factor[color], 0.0), scale.top);
                    n[slot] += 1.0;
                }
                for c in 0..3 {
                    self.rgb[c][y * rect.width + x] = sum[c] / n[c].max(1.0);
                }
            }
        }
    }
}

/// The larger number; the second if the first is no number. One instruction, where `f32::max` is several.
#[inline(always)]
pub(crate) fn high(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller number; the second if the first is no number.
#[inline(always)]
pub(crate) fn low(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// `n` numbers of row `y` of a plane, from column `x` on.
#[inline(always)]
pub(crate) fn run(plane: &[f32], width: usize, y: usize, x: usize, n: usize) -> &[f32] {
    &plane[y * width + x..][..n]
}

/// As [`run`], to be written.
#[inline(always)]
pub(crate) fn run_mut(plane: &mut [f32], width: usize, y: usize, x: usize, n: usize) -> &mut [f32] {
    &mut plane[y * width + x..][..n]
}

/// `true` if there is something to interpolate.
pub(crate) fn is_mosaic(image: &Image<'_>) -> bool {
    matches!(image.layout, Layout::Mosaic(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_has_the_right_colors() {
        for cfa in [Cfa::from_letters("GBRG").unwrap(), Cfa::x_trans()] {
            let (width, height) = (17, 13);
            // Every element holds its own colour.
            let samples: Vec<u16> =
                (0..width * height).map(|i| u16::from(cfa.at(i / width, i % width)) * 100).collect();
            let image = Image::mosaic_u16(&samples, width, height, &cfa).unwrap();
            let scale = Scale { black: [0.0; 4], factor: [1.0; 4], top: 65535.0 };
            let mut tile = Tile::new();
            for rect in [
                Rect { row: 0, column: 0, height, width },
                Rect { row: 3, column: 5, height: 10, width: 12 },
                Rect { row: 8, column: 0, height: 4, width: 3 },
            ] {
                tile.load(&image, &cfa, rect, &scale);
                for y in 0..tile.height {
                    for x in 0..tile.width {
                        let color = f32::from(tile.cfa.at(y, x)) * 100.0;
                        assert_eq!(tile.data[y * tile.width + x], color, "{rect:?} {y} {x}");
                    }
                }
            }
        }
    }
}
