//! The pixels to be written as the rows that a file holds.

/// Samples of an image in row-major order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Samples<'a> {
    Bool(&'a [bool]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    /// Palette indices, each below 2 to the power of the number of bits.
    Indices(&'a [u8], u8),
}

/// A rectangle of an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raster<'a> {
    pub samples: Samples<'a>,
    pub channels: usize,
    /// Pixels of a row of the whole image.
    pub stride: usize,
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

/// One of the images that make up an interlaced one (PNG specification, section 8.2), or the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass {
    x: usize,
    y: usize,
    dx: usize,
    dy: usize,
    pub width: usize,
    pub height: usize,
}

impl<'a> Raster<'a> {
    /// All of an image.
    pub fn new(samples: Samples<'a>, height: usize, width: usize, channels: usize) -> Self {
        Raster { samples, channels, stride: width, x: 0, y: 0, width, height }
    }

    /// Bits of a sample.
    pub fn depth(&self) -> u8 {
        match self.samples {
            Samples::Bool(_) => 1,
            Samples::U8(_) => 8,
            Samples::U16(_) => 16,
            Samples::Indices(_, bits) => bits,
        }
    }

    /// `true` for palette indices, between which there is nothing to predict.
    pub fn is_indexed(&self) -> bool {
        matches!(self.samples, Samples::Indices(..))
    }

    /// Bytes of a row of so many pixels.
    pub fn row_bytes(&self, width: usize) -> usize {
        (width * self.channels * usize::from(self.depth())).div_ceil(8)
    }

    /// Bytes of a pixel, at least 1.
    pub fn pixel_bytes(&self) -> usize {
        self.row_bytes(1)
    }

    /// The images that are stored one after the other.
    pub fn passes(&self, interlaced: bool) -> Vec<Pass> {
        const ADAM7: [(usize, usize, usize, usize); 7] =
            [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        let whole = Pass { x: 0, y: 0, dx: 1, dy: 1, width: self.width, height: self.height };
        if !interlaced {
            return vec![whole];
        }
        let pass = |(x, y, dx, dy): (usize, usize, usize, usize)| Pass {
            x,
            y,
            dx,
            dy,
            width: self.width.saturating_sub(x).div_ceil(dx),
            height: self.height.saturating_sub(y).div_ceil(dy),
        };
        ADAM7.into_iter().map(pass).filter(|p| p.width > 0 && p.height > 0).collect()
    }

    /// Row `r` of a pass as the file holds it, if it lies in memory like that.
    pub fn in_place(&self, pass: &Pass, r: usize) -> Option<&'a [u8]> {
        match self.samples {
            Samples::U8(all) if pass.dx == 1 => all.get(self.range(pass, r)),
            _ => None,
        }
    }

    /// Makes row `r` of a pass as the file holds it: packed, and in big-endian order.
    pub fn make_row(&self, pass: &Pass, r: usize, out: &mut Vec<u8>) {
        let range = self.range(pass, r);
        out.clear();
        match self.samples {
            Samples::U8(all) => {
                let row = all.get(range).unwrap_or(&[]);
                self.picked(row, pass).for_each(|pixel| out.extend_from_slice(pixel));
            }
            Samples::U16(all) => {
                let row = all.get(range).unwrap_or(&[]);
                if pass.dx == 1 {
                    out.resize(2 * row.len(), 0);
                    for (out, sample) in out.chunks_exact_mut(2).zip(row) {
                        out.copy_from_slice(&sample.to_be_bytes());
                    }
                } else {
                    let samples = self.picked(row, pass).flatten();
                    samples.for_each(|sample| out.extend_from_slice(&sample.to_be_bytes()));
                }
            }
            Samples::Bool(all) => {
                let row = all.get(range).unwrap_or(&[]);
                pack(self.picked(row, pass).flatten().map(|b| u8::from(*b)), 1, out);
            }
            Samples::Indices(all, bits) => {
                let row = all.get(range).unwrap_or(&[]);
                pack(self.picked(row, pass).flatten().copied(), bits, out);
            }
        }
    }

    fn range(&self, pass: &Pass, r: usize) -> std::ops::Range<usize> {
        let start = ((self.y + pass.y + r * pass.dy) * self.stride + self.x) * self.channels;
        start..start + self.width * self.channels
    }

    fn picked<'p, T>(&self, row: &'p [T], pass: &Pass) -> impl Iterator<Item = &'p [T]> + use<'p, T> {
        row.chunks_exact(self.channels).skip(pass.x).step_by(pass.dx)
    }

    /// The same image, of which only a rectangle is left.
    pub fn part(self, (x, y, width, height): (usize, usize, usize, usize)) -> Self {
        Raster { x: self.x + x, y: self.y + y, width, height, ..self }
    }
}

/// Puts samples of a few bits side by side, the first in the highest bits.
fn pack(samples: impl Iterator<Item = u8>, bits: u8, out: &mut Vec<u8>) {
    let (mut byte, mut filled) = (0u8, 0);
    for sample in samples {
        filled += bits;
        byte |= sample << (8 - filled);
        if filled == 8 {
            out.push(byte);
            (byte, filled) = (0, 0);
        }
    }
    if filled > 0 {
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(raster: &Raster<'_>, pass: &Pass, r: usize) -> Vec<u8> {
        let mut out = Vec::new();
        raster.make_row(pass, r, &mut out);
        assert!(raster.in_place(pass, r).is_none_or(|row| row == out));
        out
    }

    #[test]
    fn samples_are_packed() {
        let only = |raster: Raster<'_>| row(&raster, &raster.passes(false)[0], 0);
        let bits = [true, false, true, true, false, false, false, true, true];
        assert_eq!(only(Raster::new(Samples::Bool(&bits), 1, 9, 1)), [0b1011_0001, 0b1000_0000]);
        assert_eq!(only(Raster::new(Samples::Indices(&[1, 2, 3], 2), 1, 3, 1)), [0b0110_1100]);
        assert_eq!(only(Raster::new(Samples::U16(&[0x0102, 3]), 1, 2, 1)), [1, 2, 0, 3]);
        let part = Raster::new(Samples::U8(&[1, 2, 3, 4, 5, 6]), 2, 3, 1).part((1, 1, 2, 1));
        assert_eq!(only(part), [5, 6]);
    }

    #[test]
    fn passes_hold_every_pixel_once() {
        for (height, width) in [(1, 1), (2, 3), (8, 8), (9, 13), (1, 5), (5, 1)] {
            let samples: Vec<u8> = (0..height * width).map(|i| i as u8).collect();
            let raster = Raster::new(Samples::U8(&samples), height, width, 1);
            let mut seen = Vec::new();
            for pass in raster.passes(true) {
                for r in 0..pass.height {
                    let row = row(&raster, &pass, r);
                    assert_eq!(row.len(), pass.width);
                    seen.extend(row);
                }
            }
            seen.sort_unstable();
            assert_eq!(seen, samples, "{height} x {width}");
        }
    }
}
