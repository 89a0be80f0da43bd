//! The outermost pixels, where a method would look beyond the edge: each missing colour is the mean of its elements
//! among the eight neighbours that are there, as LibRaw has it, so that pictures agree to their edges.

use std::ops::Range;

use crate::tile::{MARGIN, Planes, Tile};

/// Where the image begins and ends, in rows or columns of a tile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    first: isize,
    end: isize,
}

impl Span {
    /// For a tile whose first row or column is `start` of the image's `n`.
    pub fn new(start: isize, n: usize) -> Self {
        Span { first: -start, end: n as isize - start }
    }

    fn has(self, at: isize) -> bool {
        (self.first..self.end).contains(&at)
    }

    /// Rows or columns of the image from `from` to before `to`, whatever lies beyond them: those within `border` of its
    /// first one, those between, and those within `border` of its last one.
    fn parts(self, border: usize, from: usize, to: usize) -> [Range<usize>; 3] {
        let keep = |at: isize| usize::try_from(at).unwrap_or(0).clamp(from, to);
        let (first, end, border) = (keep(self.first), keep(self.end), border as isize);
        let inner = keep(self.first + border).clamp(first, end);
        let outer = keep(self.end - border).clamp(inner, end);
        [first..inner, inner..outer, outer..end]
    }
}

/// Sums and numbers of the elements of each colour.
#[derive(Default)]
pub(crate) struct Sums([f32; 4], [f32; 4]);

impl Sums {
    pub fn add(&mut self, color: usize, value: f32) {
        self.0[color] += value;
        self.1[color] += 1.0;
    }

    /// The mean of a colour, if it was met.
    pub fn mean(&self, color: usize) -> Option<f32> {
        (self.1[color] > 0.0).then(|| self.0[color] / self.1[color])
    }
}

/// Gives row, column and colours of each pixel within `border` of the image's edges that is in the tile and at most
/// `around` outside of the tile's own rectangle. `four` keeps the second green apart. A pixel's own colour is none of
/// them, nor one that no neighbour has.
pub(crate) fn each(
    tile: &Tile,
    border: usize,
    around: usize,
    four: bool,
    mut put: impl FnMut(usize, usize, [Option<f32>; 4]),
) {
    let slot = |y: usize, x: usize| match tile.cfa.at(y, x) {
        3 if !four => 1,
        color => usize::from(color),
    };
    let mut one = |y: usize, x: usize| {
        let mut sums = Sums::default();
        for row in (y - 1..=y + 1).filter(|row| tile.down.has(*row as isize)) {
            for column in (x - 1..=x + 1).filter(|column| tile.across.has(*column as isize)) {
                sums.add(slot(row, column), tile.data[row * tile.width + column]);
            }
        }
        let own = slot(y, x);
        put(y, x, std::array::from_fn(|c| if c == own { None } else { sums.mean(c) }));
    };
    let least = MARGIN - around;
    let [above, between, below] = tile.down.parts(border, least, tile.height - least);
    let [left, _, right] = tile.across.parts(border, least, tile.width - least);
    for y in above.chain(below) {
        (left.start..right.end).for_each(|x| one(y, x));
    }
    for y in between {
        left.clone().chain(right.clone()).for_each(|x| one(y, x));
    }
}

/// Puts the colours of the outermost pixels into a piece of the result.
pub(crate) fn planes(tile: &Tile, border: usize, four: bool, out: &mut Planes) {
    let width = out.width;
    each(tile, border, 0, four, |y, x, colors| {
        let at = (y - MARGIN) * width + x - MARGIN;
        let own = tile.data[y * tile.width + x];
        let green = match tile.cfa.at(y, x) {
            1 if four => colors[3].map(|other| 0.5 * (own + other)),
            3 if four => colors[1].map(|other| 0.5 * (own + other)),
            _ => match (colors[1], colors[3]) {
                (Some(a), Some(b)) => Some(0.5 * (a + b)),
                (a, b) => a.or(b),
            },
        };
        for (plane, value) in out.rgb.iter_mut().zip([colors[0], green, colors[2]]) {
            if let Some(value) = value {
                plane[at] = value;
            }
        }
    });
}
