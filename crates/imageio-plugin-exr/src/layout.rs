//! Where blocks are: in the image, in the tables of offsets, and samples within blocks.

use imageio_core::{Error, Result};

use crate::header::{Channel, Part, Tiles};

/// A rectangle of pixels that is compressed as one, relative to the data window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

/// The blocks of the full-size level of a part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub image: (usize, usize),
    pub block: (usize, usize),
}

impl Grid {
    pub(crate) fn new(part: &Part) -> Self {
        match part.tiles {
            Some(tiles) => Grid { image: part.size, block: tiles.size },
            None => Grid { image: part.size, block: (part.size.0, part.compression.lines()) },
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.image.0.div_ceil(self.block.0)
    }

    pub(crate) fn rows(&self) -> usize {
        self.image.1.div_ceil(self.block.1)
    }

    /// Block at a column and row of blocks, cut to the image.
    pub(crate) fn at(&self, column: usize, row: usize) -> Block {
        let (x, y) = (column * self.block.0, row * self.block.1);
        Block {
            x,
            y,
            width: self.block.0.min(self.image.0.saturating_sub(x)),
            height: self.block.1.min(self.image.1.saturating_sub(y)),
        }
    }
}

/// Number of entries in a part's table of offsets: blocks of every level.
pub(crate) fn chunk_count(part: &Part) -> Result<usize> {
    if let Some(count) = part.chunk_count {
        return Ok(count);
    }
    let grid = Grid::new(part);
    let Some(tiles) = part.tiles else { return Ok(grid.rows()) };
    let blocks =
        |(width, height): (usize, usize)| width.div_ceil(tiles.size.0).checked_mul(height.div_ceil(tiles.size.1));
    let (columns, rows) = (levels(part.size.0, tiles), levels(part.size.1, tiles));
    let total = match tiles.levels {
        0 => blocks(part.size),
        1 => (0..columns.max(rows)).try_fold(0usize, |sum, level| {
            sum.checked_add(blocks((level_size(part.size.0, level, tiles), level_size(part.size.1, level, tiles)))?)
        }),
        _ => (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))).try_fold(0usize, |sum, (x, y)| {
            sum.checked_add(blocks((level_size(part.size.0, x, tiles), level_size(part.size.1, y, tiles)))?)
        }),
    };
    total.ok_or_else(|| Error::malformed("the part has more tiles than can be counted"))
}

fn levels(size: usize, tiles: Tiles) -> usize {
    let whole = size.checked_ilog2().unwrap_or(0) as usize;
    if tiles.up && !size.is_power_of_two() { whole + 2 } else { whole + 1 }
}

fn level_size(size: usize, level: usize, tiles: Tiles) -> usize {
    let step = 1usize << level.min(usize::BITS as usize - 1);
    (if tiles.up { size.div_ceil(step) } else { size / step }).max(1)
}

/// Number of samples of a channel among `n` pixels from `first` on, which is a coordinate of the file.
pub(crate) fn samples(first: i64, n: usize, step: usize) -> usize {
    if step == 1 {
        return n;
    }
    let step = step as i64;
    // Samples lie where the coordinate is a multiple of the step.
    let count = (first + n as i64 - 1).div_euclid(step) - (first - 1).div_euclid(step);
    usize::try_from(count).unwrap_or(0)
}

/// Where the lines of each channel lie in a decompressed block.
pub(crate) struct Lines {
    /// Bytes of one line of each channel.
    pub lens: Vec<usize>,
    /// Lines of each channel in the block.
    pub counts: Vec<usize>,
    steps: Vec<usize>,
    first_y: i64,
    /// Bytes of the block.
    pub total: usize,
}

impl Lines {
    pub(crate) fn new(part: &Part, block: &Block) -> Option<Self> {
        let first_x = i64::from(part.window.min.0) + block.x as i64;
        let first_y = i64::from(part.window.min.1) + block.y as i64;
        let len = |c: &Channel| samples(first_x, block.width, c.sampling.0).checked_mul(c.kind.size());
        let lens = part.channels.iter().map(len).collect::<Option<Vec<usize>>>()?;
        let counts: Vec<usize> = part.channels.iter().map(|c| samples(first_y, block.height, c.sampling.1)).collect();
        let total = lens.iter().zip(&counts).try_fold(0usize, |sum, (len, n)| sum.checked_add(len.checked_mul(*n)?))?;
        let steps = part.channels.iter().map(|c| c.sampling.1).collect();
        Some(Lines { lens, counts, steps, first_y, total })
    }

    /// `true` if the channel has samples in this line of the block.
    pub(crate) fn has(&self, channel: usize, line: usize) -> bool {
        match self.steps.get(channel) {
            Some(1) => true,
            Some(step) => (self.first_y + line as i64).rem_euclid(*step as i64) == 0,
            None => false,
        }
    }

    /// Calls `visit` for each line of each channel in the order in which blocks hold them: line by line, and within
    /// a line channel by channel. It is given channel, line and the range of bytes.
    pub(crate) fn visit(&self, height: usize, mut visit: impl FnMut(usize, usize, std::ops::Range<usize>)) {
        let mut at = 0;
        for line in 0..height {
            for (channel, len) in self.lens.iter().enumerate() {
                if self.has(channel, line) {
                    visit(channel, line, at..at + len);
                    at += len;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_on_multiples() {
        let rows = [
            (0, 4, 2, 2),
            (1, 4, 2, 2),
            (0, 5, 2, 3),
            (1, 5, 2, 2),
            (-3, 4, 2, 2),
            (-4, 5, 2, 3),
            (7, 1, 4, 0),
            (8, 1, 4, 1),
        ];
        for (first, n, step, expected) in rows {
            assert_eq!(samples(first, n, step), expected, "{first} {n} {step}");
        }
    }

    #[test]
    fn levels_of_tiles() {
        let tiles = |levels, up| Tiles { size: (64, 64), levels, up };
        assert_eq!((levels(1, tiles(1, false)), levels(511, tiles(1, false)), levels(511, tiles(1, true))), (1, 9, 10));
        assert_eq!((level_size(511, 1, tiles(1, false)), level_size(511, 1, tiles(1, true))), (255, 256));
    }
}
