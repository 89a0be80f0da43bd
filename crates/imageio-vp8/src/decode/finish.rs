//! The second stage: loop filter and conversion to RGB.

use super::frame::FrameDecoder;
use super::row::{CHROMA_KEPT, LUMA_KEPT, Row};
use crate::filter::{self, Lines, Strength, block_edge, macroblock_edge, simple_edge};
use crate::yuv::RowConverter;

pub(super) struct Finisher {
    width: usize,
    height: usize,
    channels: usize,
    filtered: bool,
    simple: bool,
    /// Rows of macroblocks that came so far.
    rows: usize,
    /// Lines that are converted.
    done: usize,
    previous: Option<Row>,
    converter: RowConverter,
}

impl Finisher {
    pub(super) fn new(frame: &FrameDecoder<'_>, width: usize, height: usize, channels: usize) -> Self {
        Finisher {
            width,
            height,
            channels,
            filtered: frame.setup.filtered,
            simple: frame.setup.simple_filter,
            rows: 0,
            done: 0,
            previous: None,
            converter: RowConverter::default(),
        }
    }

    /// Takes the next row of macroblocks; gives back one that is not needed any more.
    pub(super) fn row(&mut self, mut row: Row, pixels: &mut [u8]) -> Option<Row> {
        if let Some(previous) = &self.previous {
            let kept = |plane: &[u8], to: &mut [u8], lines: usize, stride: usize| {
                to[..lines * stride].copy_from_slice(&plane[plane.len() - lines * stride..]);
            };
            kept(&previous.y, &mut row.y, LUMA_KEPT, row.stride);
            kept(&previous.u, &mut row.u, CHROMA_KEPT, row.stride / 2);
            kept(&previous.v, &mut row.v, CHROMA_KEPT, row.stride / 2);
        }
        if self.filtered {
            for mx in 0..row.filters.len() {
                let strength = row.filters[mx];
                if strength.limit > 0 {
                    match self.simple {
                        true => filter_simple(&mut row, mx, self.rows > 0, strength),
                        false => filter_normal(&mut row, mx, self.rows > 0, strength),
                    }
                }
            }
        }
        // The next row changes the last three lines, and chroma is interpolated with the line below.
        let safe = 16 * (self.rows + 1) - 7;
        let end = if safe + 7 >= self.height { self.height } else { safe };
        match self.channels {
            4 => self.convert::<4>(&row, end, pixels),
            _ => self.convert::<3>(&row, end, pixels),
        }
        self.rows += 1;
        self.previous.replace(row)
    }

    fn convert<const CHANNELS: usize>(&mut self, row: &Row, end: usize, pixels: &mut [u8]) {
        let bytes = self.width * CHANNELS;
        let last = self.height.div_ceil(2) - 1;
        let chroma_width = self.width.div_ceil(2);
        let first_luma = 16 * self.rows;
        let first_chroma = 8 * self.rows;
        for line in self.done..end {
            let (near, far) = match line {
                0 => (0, 0),
                odd if odd % 2 == 1 => (odd / 2, (odd / 2 + 1).min(last)),
                even => (even / 2, even / 2 - 1),
            };
            let y = &row.y[(line + LUMA_KEPT - first_luma) * row.stride..][..self.width];
            let at = |c: usize| (c + CHROMA_KEPT - first_chroma) * (row.stride / 2);
            let u = (&row.u[at(near)..][..chroma_width], &row.u[at(far)..][..chroma_width]);
            let v = (&row.v[at(near)..][..chroma_width], &row.v[at(far)..][..chroma_width]);
            self.converter.row::<CHANNELS>(y, u, v, &mut pixels[line * bytes..][..bytes]);
        }
        self.done = end;
    }
}

/// Eight bytes of a plane as a number, first byte lowest.
#[inline(always)]
fn load(plane: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&plane[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// Two columns of eight bytes, one above the other.
#[inline(always)]
fn join(a: u64, b: u64) -> [u8; 16] {
    (u128::from(a) | (u128::from(b) << 64)).to_le_bytes()
}

#[inline(always)]
fn split(line: [u8; 16]) -> (u64, u64) {
    let line = u128::from_le_bytes(line);
    (line as u64, (line >> 64) as u64)
}

/// Filters across a vertical edge: `at` is the pixel four to the left of it, in the first of two groups of eight
/// lines; the second group lies in `second` if there is one, else eight lines below.
#[inline(always)]
fn across(plane: &mut [u8], second: Option<&mut [u8]>, at: usize, stride: usize, run: impl Fn(&mut Lines)) {
    let upper = filter::transpose(std::array::from_fn(|y| load(plane, at + y * stride)));
    let (other_at, other) = match &second {
        Some(other) => (at, &**other),
        None => (at + 8 * stride, &*plane),
    };
    let lower = filter::transpose(std::array::from_fn(|y| load(other, other_at + y * stride)));
    let mut lines: Lines = std::array::from_fn(|i| join(upper[i], lower[i]));
    run(&mut lines);
    let halves = lines.map(split);
    let upper = filter::transpose(halves.map(|(a, _)| a));
    let lower = filter::transpose(halves.map(|(_, b)| b));
    for (y, line) in upper.iter().enumerate() {
        plane[at + y * stride..][..8].copy_from_slice(&line.to_le_bytes());
    }
    let other = match second {
        Some(other) => other,
        None => plane,
    };
    for (y, line) in lower.iter().enumerate() {
        other[other_at + y * stride..][..8].copy_from_slice(&line.to_le_bytes());
    }
}

/// Filters across a horizontal edge of luma: `at` is the pixel four lines above it.
#[inline(always)]
fn down(plane: &mut [u8], at: usize, stride: usize, run: impl Fn(&mut Lines)) {
    let mut lines: Lines = [[0; 16]; 8];
    for (i, line) in lines.iter_mut().enumerate() {
        line.copy_from_slice(&plane[at + i * stride..][..16]);
    }
    run(&mut lines);
    for (i, line) in lines.iter().enumerate().take(7).skip(1) {
        plane[at + i * stride..][..16].copy_from_slice(line);
    }
}

/// The same for both planes of chroma at once.
#[inline(always)]
fn down_chroma(u: &mut [u8], v: &mut [u8], at: usize, stride: usize, run: impl Fn(&mut Lines)) {
    let mut lines: Lines = std::array::from_fn(|i| join(load(u, at + i * stride), load(v, at + i * stride)));
    run(&mut lines);
    for (i, line) in lines.iter().enumerate().take(7).skip(1) {
        u[at + i * stride..][..8].copy_from_slice(&line[..8]);
        v[at + i * stride..][..8].copy_from_slice(&line[8..]);
    }
}

fn filter_normal(row: &mut Row, mx: usize, has_above: bool, strength: Strength) {
    let (stride, half) = (row.stride, row.stride / 2);
    let y_at = LUMA_KEPT * stride + 16 * mx;
    let c_at = CHROMA_KEPT * half + 8 * mx;
    let Row { y, u, v, .. } = row;
    let outer = |lines: &mut Lines| macroblock_edge(lines, strength);
    let inner = |lines: &mut Lines| block_edge(lines, strength);
    if mx > 0 {
        across(y, None, y_at - 4, stride, outer);
        across(u, Some(v), c_at - 4, half, outer);
    }
    if strength.inner {
        for x in [4, 8, 12] {
            across(y, None, y_at + x - 4, stride, inner);
        }
        across(u, Some(v), c_at, half, inner);
    }
    if has_above {
        down(y, y_at - 4 * stride, stride, outer);
        down_chroma(u, v, c_at - 4 * half, half, outer);
    }
    if strength.inner {
        for line in [4, 8, 12] {
            down(y, y_at + (line - 4) * stride, stride, inner);
        }
        down_chroma(u, v, c_at, half, inner);
    }
}

fn filter_simple(row: &mut Row, mx: usize, has_above: bool, strength: Strength) {
    let stride = row.stride;
    let at = LUMA_KEPT * stride + 16 * mx;
    let plane = &mut row.y;
    let four = |lines: &mut Lines, extra: i16| {
        let mut middle = [lines[2], lines[3], lines[4], lines[5]];
        simple_edge(&mut middle, strength.limit, extra);
        (lines[3], lines[4]) = (middle[1], middle[2]);
    };
    if mx > 0 {
        across(plane, None, at - 4, stride, |lines| four(lines, 4));
    }
    if strength.inner {
        for x in [4, 8, 12] {
            across(plane, None, at + x - 4, stride, |lines| four(lines, 0));
        }
    }
    if has_above {
        down(plane, at - 4 * stride, stride, |lines| four(lines, 4));
    }
    if strength.inner {
        for line in [4, 8, 12] {
            down(plane, at + (line - 4) * stride, stride, |lines| four(lines, 0));
        }
    }
}
