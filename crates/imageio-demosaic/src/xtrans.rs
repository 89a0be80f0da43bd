//! X-Trans and other patterns in which every row and column has every colour nearby: green along the smoother
//! direction, then red and blue by their difference to it.

use crate::tile::{MARGIN, Planes, Tile, high, low};

/// Interpolates; `green` and `difference` are scratch memory.
pub(crate) fn any(tile: &Tile, green: &mut Vec<f32>, difference: &mut Vec<f32>, out: &mut Planes) {
    let width = tile.width;
    let p = &tile.data;
    let (rows, columns) = (tile.cfa.height(), tile.cfa.width());
    let is_green = |y: usize, x: usize| tile.cfa.at(y, x) % 2 == 1;
    green.clear();
    green.extend_from_slice(p);
    difference.clear();
    difference.resize(p.len(), 0.0);
    // What is read below lies within two elements of the result.
    let near = MARGIN - 4;
    for y in near + 2..tile.height - near - 2 {
        for x in near + 2..width - near - 2 {
            if is_green(y, x) {
                continue;
            }
            let at = y * width + x;
            // The nearest greens on both sides along a line, at most three elements away.
            let line = |step: usize, green_at: &dyn Fn(isize) -> bool| -> Option<(f32, f32)> {
                let find = |sign: isize| {
                    (1..=3isize)
                        .find(|k| green_at(sign * k))
                        .map(|k| (k, p[(at as isize + sign * k * step as isize) as usize]))
                };
                let ((before, low), (after, high)) = (find(-1)?, find(1)?);
                let span = (before + after) as f32;
                Some(((low * after as f32 + high * before as f32) / span, (low - high).abs() / span))
            };
            let across = line(1, &|k| is_green(y, (x as isize + k) as usize));
            let along = line(width, &|k| is_green((y as isize + k) as usize, x));
            green[at] = match (across, along) {
                (Some((a, change_a)), Some((b, change_b))) => {
                    let (wa, wb) = (1.0 / (change_a * change_a + 64.0), 1.0 / (change_b * change_b + 64.0));
                    (a * wa + b * wb) / (wa + wb)
                }
                (Some((a, _)), None) => a,
                (None, Some((b, _))) => b,
                (None, None) => p[at],
            };
            difference[at] = p[at] - green[at];
        }
    }
    // For each place of the pattern: where red and blue are within two elements, by weight of distance.
    let mut recipes: Vec<[Vec<(isize, f32)>; 2]> = Vec::with_capacity(rows * columns);
    for y in 0..rows {
        for x in 0..columns {
            recipes.push([0, 2].map(|color| {
                let mut terms = Vec::new();
                if tile.cfa.at(y, x) == color {
                    return vec![(0, 1.0)];
                }
                for dy in -2isize..=2 {
                    for dx in -2isize..=2 {
                        let row = (y as isize + dy).rem_euclid(rows as isize) as usize;
                        let column = (x as isize + dx).rem_euclid(columns as isize) as usize;
                        if tile.cfa.at(row, column) == color {
                            let squared = (dy * dy + dx * dx) as f32;
                            terms.push((dy * width as isize + dx, 1.0 / (squared * squared)));
                        }
                    }
                }
                let sum: f32 = terms.iter().map(|(_, weight)| weight).sum();
                terms.iter_mut().for_each(|(_, weight)| *weight /= sum);
                terms
            }));
        }
    }
    for y in 0..out.height {
        for x in 0..out.width {
            let (row, column) = (y + MARGIN, x + MARGIN);
            let at = row * width + column;
            let to = y * out.width + x;
            out.rgb[1][to] = green[at];
            for (terms, c) in recipes[row % rows * columns + column % columns].iter().zip([0, 2]) {
                let sum: f32 = terms.iter().map(|(by, weight)| difference[(at as isize + by) as usize] * weight).sum();
                out.rgb[c][to] = low(high(green[at] + sum, 0.0), 65535.0);
            }
        }
    }
}
