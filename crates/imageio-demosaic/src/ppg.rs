//! Patterned pixel grouping, after Chuan-kai Lin: each missing value is taken along the direction in which the
//! picture changes least.

use fearless_simd::{Level, dispatch};

use crate::border;
use crate::tile::{MARGIN, Planes, Tile, high, low};

/// Rows and columns at each edge whose green is a mean: what is looked at is not all in the image.
const BORDER: usize = 3;

/// Interpolates a Bayer pattern with the instructions of `level`; `green` is scratch memory.
pub(crate) fn bayer(level: Level, tile: &Tile, green: &mut Vec<f32>, out: &mut Planes) {
    dispatch!(level, _ => work(tile, green, out));
}

#[inline(always)]
fn work(tile: &Tile, green: &mut Vec<f32>, out: &mut Planes) {
    let width = tile.width;
    let p = &tile.data;
    let is_green = |y: usize, x: usize| tile.cfa.at(y, x) % 2 == 1;
    green.clear();
    green.extend_from_slice(p);
    for y in 3..tile.height - 3 {
        let start = if is_green(y, 3) { 4 } else { 3 };
        for x in (start..width - 3).step_by(2) {
            let at = y * width + x;
            let (across, along) = (estimate(p, at, 1), estimate(p, at, width));
            green[at] = if across.0 <= along.0 { across.1 } else { along.1 };
        }
    }
    border::each(tile, BORDER, 1, false, |y, x, colors| {
        if let Some(value) = colors[1] {
            green[y * width + x] = value;
        }
    });
    let g = &green[..];
    for y in 0..out.height {
        let row = y + MARGIN;
        let first = tile.cfa.at(row, MARGIN);
        let second = tile.cfa.at(row, MARGIN + 1);
        let own = if first % 2 == 1 { second } else { first };
        for x in 0..out.width {
            let at = row * width + x + MARGIN;
            let to = y * out.width + x;
            let mean = |step: usize| g[at] + (p[at - step] - g[at - step] + p[at + step] - g[at + step]) * 0.5;
            let (own_value, other_value) = if is_green(row, x + MARGIN) {
                (mean(1), mean(width))
            } else {
                let change = |step: usize| {
                    (p[at - step] - p[at + step]).abs() + (g[at - step] - g[at]).abs() + (g[at + step] - g[at]).abs()
                };
                let (falling, rising) = (change(width + 1), change(width - 1));
                let other = match () {
                    () if falling < rising => mean(width + 1),
                    () if falling > rising => mean(width - 1),
                    () => (mean(width + 1) + mean(width - 1)) * 0.5,
                };
                (p[at], other)
            };
            out.rgb[1][to] = g[at];
            out.rgb[usize::from(own)][to] = low(high(own_value, 0.0), 65535.0);
            out.rgb[usize::from(2 - own)][to] = low(high(other_value, 0.0), 65535.0);
        }
    }
    border::planes(tile, 1, false, out);
}

/// How much the picture changes along a line, and green as it is taken from there.
#[inline(always)]
fn estimate(p: &[f32], at: usize, step: usize) -> (f32, f32) {
    let (near, far) = ([p[at - step], p[at + step]], [p[at - 2 * step], p[at + 2 * step]]);
    let guess = ((near[0] + p[at] + near[1]) * 2.0 - far[0] - far[1]) * 0.25;
    let change = ((far[0] - p[at]).abs() + (far[1] - p[at]).abs() + (near[0] - near[1]).abs()) * 3.0
        + ((p[at + 3 * step] - near[1]).abs() + (p[at - 3 * step] - near[0]).abs()) * 2.0;
    (change, low(high(guess, low(near[0], near[1])), high(near[0], near[1])))
}
