//! The mean of the nearest elements of each colour.

use crate::border;
use crate::tile::{MARGIN, Planes, Tile};

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
    // Around every element of a Bayer pattern are all colours; of others some are further away.
    if rows == 2 && columns == 2 {
        border::planes(tile, 1, four, out);
    }
}
