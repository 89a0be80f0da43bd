//! The mean of the nearest elements of each colour.

use crate::cfa::Cfa;
use crate::tile::{MARGIN, Planes, Tile, run};

/// Interpolates a Bayer pattern.
pub(crate) fn bayer(tile: &Tile, masks: &Masks, out: &mut Planes) {
    let width = tile.width;
    let n = out.width;
    let [red, green, blue] = &mut out.rgb;
    for y in 0..out.height {
        let row = |dy: usize, dx: usize| run(&tile.data, width, y + MARGIN + dy - 1, MARGIN + dx - 1, n);
        let (ul, u, ur) = (row(0, 0), row(0, 1), row(0, 2));
        let (l, c, r) = (row(1, 0), row(1, 1), row(1, 2));
        let (dl, d, dr) = (row(2, 0), row(2, 1), row(2, 2));
        let (is_green, color) = masks.row(&tile.cfa, y + MARGIN);
        let is_green = &is_green[..n];
        let range = y * n..(y + 1) * n;
        let (own, other) = match color {
            0 => (&mut red[range.clone()], &mut blue[range.clone()]),
            _ => (&mut blue[range.clone()], &mut red[range.clone()]),
        };
        let green = &mut green[range];
        for i in 0..n {
            let (across, along) = ((l[i] + r[i]) * 0.5, (u[i] + d[i]) * 0.5);
            let diagonal = (ul[i] + ur[i] + dl[i] + dr[i]) * 0.25;
            let mask = is_green[i];
            green[i] = pick(mask, c[i], (across + along) * 0.5);
            own[i] = pick(mask, across, c[i]);
            other[i] = pick(mask, along, diagonal);
        }
    }
}

/// `yes` where the mask is 1, `no` where it is 0, without a branch.
#[inline(always)]
fn pick(mask: f32, yes: f32, no: f32) -> f32 {
    yes * mask + no * (1.0 - mask)
}

/// Where the greens of a Bayer row are: alternating ones and zeros for both phases.
pub(crate) struct Masks {
    even: Vec<f32>,
    odd: Vec<f32>,
}

impl Masks {
    pub fn new(width: usize) -> Self {
        let ones = |phase: usize| (0..width).map(|x| if x % 2 == phase { 1.0 } else { 0.0 }).collect();
        Masks { even: ones(0), odd: ones(1) }
    }

    /// The mask from column [`MARGIN`] on, and the colour that is not green.
    fn row(&self, cfa: &Cfa, y: usize) -> (&[f32], u8) {
        let first = cfa.at(y, MARGIN);
        match first == 1 || first == 3 {
            true => (&self.even, cfa.at(y, MARGIN + 1)),
            false => (&self.odd, first),
        }
    }
}

/// Interpolates any pattern: for each place of the pattern the elements of each colour around it, weighted by
/// their distance. `four` keeps the second green apart until the end.
pub(crate) fn any(tile: &Tile, out: &mut Planes, four: bool) {
    let (rows, columns) = (tile.cfa.height(), tile.cfa.width());
    let slot = |color: u8| if color == 3 && !four { 1 } else { usize::from(color) };
    // Offsets and weights for each place and colour.
    let mut recipes: Vec<[Vec<(isize, f32)>; 4]> = Vec::with_capacity(rows * columns);
    for y in 0..rows {
        for x in 0..columns {
            let mut recipe: [Vec<(isize, f32)>; 4] = Default::default();
            let own = slot(tile.cfa.at(y, x));
            // Grows the neighbourhood until every colour is met.
            for reach in 1..=MARGIN as isize {
                for c in (0..4).filter(|c| *c != own) {
                    if !recipe[c].is_empty() {
                        continue;
                    }
                    for dy in -reach..=reach {
                        for dx in -reach..=reach {
                            let row = (y as isize + dy).rem_euclid(rows as isize) as usize;
                            let column = (x as isize + dx).rem_euclid(columns as isize) as usize;
                            if slot(tile.cfa.at(row, column)) == c {
                                let weight = 1.0 / (dy * dy + dx * dx) as f32;
                                recipe[c].push((dy * tile.width as isize + dx, weight));
                            }
                        }
                    }
                    let sum: f32 = recipe[c].iter().map(|(_, weight)| weight).sum();
                    recipe[c].iter_mut().for_each(|(_, weight)| *weight /= sum);
                }
            }
            recipe[own] = vec![(0, 1.0)];
            recipes.push(recipe);
        }
    }
    for y in 0..out.height {
        for x in 0..out.width {
            let (row, column) = (y + MARGIN, x + MARGIN);
            let recipe = &recipes[row % rows * columns + column % columns];
            let at = (row * tile.width + column) as isize;
            let mut color = [0.0f32; 4];
            for (sum, terms) in color.iter_mut().zip(recipe) {
                *sum = terms.iter().map(|(by, weight)| tile.data[(at + by) as usize] * weight).sum();
            }
            if !recipe[3].is_empty() {
                color[1] = 0.5 * (color[1] + color[3]);
            }
            for c in 0..3 {
                out.rgb[c][y * out.width + x] = color[c];
            }
        }
    }
}
