//! From blocks in the file to the array, on every core.

use std::io::{Read, SeekFrom};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use imageio_core::half::f16;
use imageio_core::{Error, ReadSeek, Result, Signals};

use crate::bytes::Bytes;
use crate::codec::{Scratch, decompress, too_long};
use crate::header::{Part, PixelType};
use crate::layout::{Block, Grid, Lines, samples};
use crate::select::Selection;

/// Bytes of a block that memory is made for before they are read.
const CLAIM: usize = 4 << 20;

/// Work of less than this is done in one go by one thread.
const BAND: usize = 128 << 10;

/// Where blocks come from.
pub(crate) struct Source<'s, 'r> {
    pub stream: Mutex<&'s mut (dyn ReadSeek + 'r)>,
    pub part: &'s Part,
    /// The part's number, which blocks of files of several parts begin with.
    pub number: Option<usize>,
    /// Positions of the blocks of the full-size level, row by row.
    pub offsets: &'s [u64],
}

/// An element of the result.
pub(crate) trait Sample: Copy + Send {
    fn from_u16(half: u16) -> Self;
    fn from_u32(bits: u32, kind: PixelType) -> Self;
}

/// Bits of a `float16`, which are never converted.
impl Sample for u16 {
    fn from_u16(half: u16) -> Self {
        half
    }

    fn from_u32(_: u32, _: PixelType) -> Self {
        0
    }
}

/// A `uint32`, or the bits of a `float32`.
impl Sample for u32 {
    fn from_u16(half: u16) -> Self {
        let value = f16::from_bits(half);
        if value.is_nan() {
            // The conversion would set the quiet bit; what a NaN carries is data too.
            return u32::from(half & 0x8000) << 16 | 0x7F80_0000 | u32::from(half & 0x3FF) << 13;
        }
        value.to_f32().to_bits()
    }

    fn from_u32(bits: u32, _: PixelType) -> Self {
        bits
    }
}

/// A `float64`, which holds both integers and floats.
impl Sample for f64 {
    fn from_u16(half: u16) -> Self {
        f16::from_bits(half).to_f64()
    }

    fn from_u32(bits: u32, kind: PixelType) -> Self {
        if kind == PixelType::U32 { f64::from(bits) } else { f64::from(f32::from_bits(bits)) }
    }
}

/// Fills `out`, an array of `selection.shape()`.
pub(crate) fn decode<T: Sample>(
    source: &Source<'_, '_>,
    selection: &Selection,
    signals: Signals<'_>,
    out: &mut [T],
) -> Result<()> {
    let part = source.part;
    let grid = Grid::new(part);
    let n = selection.channels.len();
    let row_len = selection.width * n;
    let row_bytes = part.size.0.saturating_mul(part.channels.iter().map(|c| c.kind.size()).sum());
    let together = (BAND / row_bytes.saturating_mul(grid.block.1).max(1)).max(1);
    let mut bands: Vec<(Range<usize>, &mut [T])> = Vec::new();
    let mut rest = out;
    let mut row = 0;
    while row < grid.rows() {
        let end = (row + together).min(grid.rows());
        let (y, below) = (row * grid.block.1, (end * grid.block.1).min(part.size.1));
        let first = i64::from(part.window.min.1) + y as i64;
        let lines = samples(first, below - y, selection.sampling.1);
        let (band, left) = rest.split_at_mut((lines * row_len).min(rest.len()));
        rest = left;
        bands.push((row..end, band));
        row = end;
    }
    let work = |scratch: &mut Scratch, (rows, band): (Range<usize>, &mut [T])| -> Result<()> {
        signals.check_cancelled()?;
        let top = rows.start * grid.block.1;
        for row in rows {
            for column in 0..grid.columns() {
                let block = grid.at(column, row);
                let place = || format!("column {}, line {}", block.x, block.y);
                let layout = Lines::new(part, &block)
                    .ok_or_else(|| Error::malformed("a block is larger than can be counted").with("block", place()))?;
                let offset = source.offsets.get(row * grid.columns() + column).copied();
                let in_block = |e: Error| {
                    let e = e.with("block", place());
                    if let Some(offset) = offset { e.with("offset", offset) } else { e }
                };
                source
                    .fetch(offset.unwrap_or(0), (column, row), &block, layout.total, &mut scratch.raw)
                    .map_err(in_block)?;
                decompress(part, &block, &layout, scratch).map_err(in_block)?;
                scatter(part, selection, &block, &layout, &scratch.lines, top, band);
            }
        }
        Ok(())
    };
    // Waking threads costs more than a small image.
    let worth = row_bytes.saturating_mul(part.size.1) >= 2 * BAND;
    imageio_parallel::try_map_with(bands, worth, Scratch::default, work).map(|_| ())
}

impl Source<'_, '_> {
    /// Reads one block as it is in the file and checks that it is the one.
    fn fetch(&self, offset: u64, at: (usize, usize), block: &Block, total: usize, raw: &mut Vec<u8>) -> Result<()> {
        if offset == 0 {
            return Err(Error::malformed("a block is missing: the file was not written to its end"));
        }
        let mut header = [0; 24];
        let tiled = self.part.tiles.is_some();
        let len = if tiled { 20 } else { 8 } + if self.number.is_some() { 4 } else { 0 };
        let header = &mut header[..len];
        let cut_off = |_| Error::malformed("the file ends within a block");
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        stream.seek(SeekFrom::Start(offset))?;
        stream.read_exact(header).map_err(cut_off)?;
        let mut bytes = Bytes(header);
        let mut next = || bytes.i32().map(i64::from);
        let number = if self.number.is_some() { next() } else { None };
        let expected = self.number.map(|n| n as i64);
        let place = if tiled { [next(), next(), next(), next()] } else { [next(), None, None, None] };
        let here = if tiled {
            [Some(at.0 as i64), Some(at.1 as i64), Some(0), Some(0)]
        } else {
            [Some(i64::from(self.part.window.min.1) + block.y as i64), None, None, None]
        };
        if number != expected || place != here {
            return Err(Error::malformed("the table of offsets points to another block"));
        }
        let size = next().and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or_else(|| Error::malformed("a block has a negative size"))?;
        if size > total {
            return Err(too_long(size, total));
        }
        if size <= CLAIM {
            raw.resize(size, 0);
            return stream.read_exact(raw).map_err(cut_off);
        }
        // Grown as the bytes come: the size is a claim that the file may not keep.
        raw.clear();
        match (&mut **stream).take(size as u64).read_to_end(raw)? == size {
            true => Ok(()),
            false => Err(Error::malformed("the file ends within a block")),
        }
    }
}

/// Copies the chosen channels of a block to where they belong. `top` is the image line of the band's first row.
fn scatter<T: Sample>(
    part: &Part,
    selection: &Selection,
    block: &Block,
    layout: &Lines,
    lines: &[u8],
    top: usize,
    band: &mut [T],
) {
    let n = selection.channels.len();
    let step = selection.sampling;
    let left = samples(part.window.min.0.into(), block.x, step.0);
    let above = samples(i64::from(part.window.min.1) + top as i64, block.y - top, step.1);
    let Some(first) = selection.channels.first().copied() else { return };
    let height = layout.counts.get(first).copied().unwrap_or(0);
    let kinds: Vec<PixelType> =
        selection.channels.iter().filter_map(|at| part.channels.get(*at)).map(|c| c.kind).collect();
    // Where the lines of the chosen channels are, line by line.
    let mut ranges: Vec<Range<usize>> = vec![0..0; height * n];
    let mut seen = vec![0; n];
    layout.visit(block.height, |channel, _, range| {
        for (k, seen) in seen.iter_mut().enumerate() {
            if selection.channels.get(k) == Some(&channel) {
                if let Some(place) = ranges.get_mut(*seen * n + k) {
                    *place = range.clone();
                }
                *seen += 1;
            }
        }
    });
    let same = kinds.iter().all(|kind| Some(kind) == kinds.first());
    for (line, ranges) in ranges.chunks_exact(n).enumerate() {
        let start = ((above + line) * selection.width + left) * n;
        let width = ranges.first().zip(kinds.first()).map_or(0, |(range, kind)| range.len() / kind.size());
        let Some(row) = band.get_mut(start..start + width * n) else { continue };
        let source = |k: usize| ranges.get(k).and_then(|range| lines.get(range.clone())).unwrap_or_default();
        match (n, kinds.first()) {
            (1, Some(kind)) => single(row, source(0), *kind),
            (3, Some(kind)) if same => interleave::<T, 3>(row, [source(0), source(1), source(2)], *kind),
            (4, Some(kind)) if same => interleave::<T, 4>(row, [source(0), source(1), source(2), source(3)], *kind),
            _ => {
                for (k, kind) in kinds.iter().enumerate() {
                    strided(row, n, k, source(k), *kind);
                }
            }
        }
    }
}

fn single<T: Sample>(row: &mut [T], source: &[u8], kind: PixelType) {
    strided(row, 1, 0, source, kind);
}

fn strided<T: Sample>(row: &mut [T], n: usize, k: usize, source: &[u8], kind: PixelType) {
    let places = row.iter_mut().skip(k).step_by(n);
    if kind == PixelType::F16 {
        for (place, sample) in places.zip(source.as_chunks::<2>().0) {
            *place = T::from_u16(u16::from_le_bytes(*sample));
        }
    } else {
        for (place, sample) in places.zip(source.as_chunks::<4>().0) {
            *place = T::from_u32(u32::from_le_bytes(*sample), kind);
        }
    }
}

/// All channels of a row at once, so that each cache line is written once.
fn interleave<T: Sample, const N: usize>(row: &mut [T], sources: [&[u8]; N], kind: PixelType) {
    let (pixels, _) = row.as_chunks_mut::<N>();
    if kind == PixelType::F16 {
        fill::<T, N, 2>(pixels, sources, |b| T::from_u16(u16::from_le_bytes(b)));
    } else {
        fill::<T, N, 4>(pixels, sources, |b| T::from_u32(u32::from_le_bytes(b), kind));
    }
}

fn fill<T: Sample, const N: usize, const S: usize>(
    pixels: &mut [[T; N]],
    sources: [&[u8]; N],
    convert: impl Fn([u8; S]) -> T,
) {
    let sources = sources.map(|source| source.as_chunks::<S>().0);
    let n = sources.iter().fold(pixels.len(), |n, source| n.min(source.len()));
    // Equal lengths, known to the compiler, leave no checks in the loop.
    let sources = sources.map(|source| &source[..n]);
    for (x, pixel) in pixels[..n].iter_mut().enumerate() {
        for k in 0..N {
            pixel[k] = convert(sources[k][x]);
        }
    }
}
