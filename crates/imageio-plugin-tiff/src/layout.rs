//! How the samples of a page are stored, and what follows from that for its array and its strips or tiles.

use imageio_core::{Dtype, Error, Result};

use crate::blame::Blame;
use crate::tags::tag;

/// How the samples of a page are stored. Pages with equal layouts make up a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Layout {
    pub width: usize,
    pub length: usize,
    /// Planes of a volume (SGI's ImageDepth); 1 for a picture.
    pub depth: usize,
    /// Samples of a pixel.
    pub samples: usize,
    /// `true` if each sample has a plane of its own.
    pub planar: bool,
    /// Bits of a sample, or of each where they differ.
    pub bits: Vec<u16>,
    /// The meaning of the bits: 1 unsigned, 2 signed, 3 real, 4 undefined, 5 complex integer, 6 complex.
    pub format: u16,
    /// `true` if samples differ in their format, which nothing can decode into one array.
    pub mixed_formats: bool,
    pub photometric: u16,
    pub compression: u16,
    pub predictor: u16,
    /// `true` if the bits of each byte come lowest first.
    pub reversed_bits: bool,
    pub extra_samples: Vec<u16>,
    pub rows_per_strip: usize,
    /// Depth, length and width of a tile, if there are tiles.
    pub tile: Option<[usize; 3]>,
}

impl Layout {
    /// Element type of the array.
    pub fn dtype(&self) -> Result<Dtype> {
        let found = match (self.format, self.bits.as_slice()) {
            (1 | 4, [1]) => Some(Dtype::Bool),
            (1 | 4, [2..=8]) => Some(Dtype::U8),
            (1 | 4, [9..=16]) => Some(Dtype::U16),
            (1 | 4, [17..=32]) => Some(Dtype::U32),
            (1 | 4, [33..=64]) => Some(Dtype::U64),
            (2, [2..=8]) => Some(Dtype::I8),
            (2, [9..=16]) => Some(Dtype::I16),
            (2, [17..=32]) => Some(Dtype::I32),
            (2, [33..=64]) => Some(Dtype::I64),
            (3, [16]) => Some(Dtype::F16),
            (3, [24 | 32]) => Some(Dtype::F32),
            (3, [64]) => Some(Dtype::F64),
            (5, [16 | 32]) | (6, [64]) => Some(Dtype::C64),
            (5, [64]) | (6, [128]) => Some(Dtype::C128),
            (1 | 4, [5, 6, 5]) => Some(Dtype::U8),
            _ => None,
        };
        if self.mixed_formats {
            return Err(Error::unsupported("samples of different formats in one pixel").tag(tag::SAMPLE_FORMAT));
        }
        found.ok_or_else(|| {
            let bits: Vec<String> = self.bits.iter().take(8).map(u16::to_string).collect();
            Error::unsupported(format!("samples of {} bits of format {}", bits.join(", "), self.format))
                .tag(tag::BITS_PER_SAMPLE)
        })
    }

    /// `true` if pixels have an axis for their samples.
    pub fn has_samples(&self) -> bool {
        self.photometric == 2 || self.samples > 1
    }

    /// Samples that lie side by side in a row.
    pub fn contig(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Planes of single samples.
    pub fn planes(&self) -> usize {
        if self.planar { self.samples } else { 1 }
    }

    /// Shape of the array and a letter for each axis.
    pub fn shape(&self) -> (Vec<usize>, String) {
        let mut shape = vec![self.length, self.width];
        let mut axes = String::from("YX");
        if self.depth > 1 {
            shape.insert(0, self.depth);
            axes.insert(0, 'Z');
        }
        if self.has_samples() {
            if self.planar {
                shape.insert(0, self.samples);
                axes.insert(0, 'S');
            } else {
                shape.push(self.samples);
                axes.push('S');
            }
        }
        (shape, axes)
    }

    /// Elements of the array, if they can be counted.
    pub fn elements(&self) -> Option<usize> {
        self.length.checked_mul(self.width)?.checked_mul(self.depth)?.checked_mul(self.samples)
    }

    /// Bytes of the array.
    pub fn bytes(&self) -> Option<usize> {
        self.elements()?.checked_mul(self.dtype().ok()?.size())
    }

    /// Elements of one row of the array.
    pub fn row_elements(&self) -> usize {
        self.width.saturating_mul(self.contig())
    }

    /// Bytes of one row of the array.
    pub fn row_bytes(&self) -> usize {
        self.row_elements().saturating_mul(self.dtype().map_or(1, Dtype::size))
    }

    /// Depth, length and width of a strip or tile.
    pub fn chunk_size(&self) -> [usize; 3] {
        self.tile.unwrap_or([1, self.rows_per_strip, self.width])
    }

    /// Tiles or strips along depth, length and width.
    pub fn grid(&self) -> [usize; 3] {
        let [depth, length, width] = self.chunk_size();
        [self.depth.div_ceil(depth), self.length.div_ceil(length), self.width.div_ceil(width)]
    }

    /// The tag that says where strips or tiles are.
    pub fn offsets_tag(&self) -> u16 {
        if self.tile.is_some() { tag::TILE_OFFSETS } else { tag::STRIP_OFFSETS }
    }

    /// The tag that says how many bytes strips or tiles have.
    pub fn counts_tag(&self) -> u16 {
        if self.tile.is_some() { tag::TILE_BYTE_COUNTS } else { tag::STRIP_BYTE_COUNTS }
    }

    /// Number of strips or tiles.
    pub fn chunk_count(&self) -> Result<usize> {
        let [depth, length, width] = self.grid();
        let count = [depth, length, width].iter().try_fold(self.planes(), |n, m| n.checked_mul(*m));
        count.ok_or_else(|| Error::malformed("more strips or tiles than can be counted").tag(self.offsets_tag()))
    }

    /// Rows of a chunk that holds whole rows, depth included.
    pub fn chunk_rows(&self, index: usize) -> usize {
        match self.tile {
            Some([depth, length, _]) => depth.min(self.depth) * length,
            None => {
                let strips = self.length.div_ceil(self.rows_per_strip.max(1)).max(1);
                let at = index % strips * self.rows_per_strip;
                self.rows_per_strip.min(self.length.saturating_sub(at))
            }
        }
    }

    /// Bits of one sample, or of all of a pixel where they differ.
    pub fn bits_per_pixel(&self) -> usize {
        match self.bits.as_slice() {
            [one] => usize::from(*one) * self.contig(),
            several => several.iter().map(|b| usize::from(*b)).sum(),
        }
    }

    /// Most bytes that a chunk can have before it is decompressed, generously.
    pub fn plain_chunk_bytes(&self) -> u64 {
        let [depth, length, width] = self.chunk_size();
        let row = (width as u64).saturating_mul(self.bits_per_pixel() as u64) / 8 + 1;
        row.saturating_mul(length as u64).saturating_mul(depth as u64).saturating_mul(2).saturating_add(65_536)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout {
            width: 37,
            length: 29,
            depth: 1,
            samples: 3,
            planar: false,
            bits: vec![8],
            format: 1,
            mixed_formats: false,
            photometric: 2,
            compression: 1,
            predictor: 1,
            reversed_bits: false,
            extra_samples: vec![],
            rows_per_strip: 10,
            tile: None,
        }
    }

    #[test]
    fn shapes() {
        let mut l = layout();
        assert_eq!(l.shape(), (vec![29, 37, 3], "YXS".to_owned()));
        assert_eq!((l.chunk_count().unwrap(), l.chunk_rows(2), l.row_bytes()), (3, 9, 111));
        l.planar = true;
        assert_eq!(l.shape(), (vec![3, 29, 37], "SYX".to_owned()));
        assert_eq!((l.chunk_count().unwrap(), l.chunk_rows(5)), (9, 9));
        l.tile = Some([1, 16, 16]);
        assert_eq!(l.chunk_count().unwrap(), 18);
        l.depth = 4;
        assert_eq!(l.shape(), (vec![3, 4, 29, 37], "SZYX".to_owned()));
    }

    #[test]
    fn dtypes() {
        let rows = [
            (1, vec![1], Some(Dtype::Bool)),
            (1, vec![14], Some(Dtype::U16)),
            (1, vec![24], Some(Dtype::U32)),
            (2, vec![64], Some(Dtype::I64)),
            (3, vec![16], Some(Dtype::F16)),
            (6, vec![128], Some(Dtype::C128)),
            (3, vec![83], None),
            (1, vec![8, 16, 8], None),
        ];
        for (format, bits, dtype) in rows {
            let l = Layout { format, bits, ..layout() };
            assert_eq!(l.dtype().ok(), dtype, "{l:?}");
        }
    }
}
