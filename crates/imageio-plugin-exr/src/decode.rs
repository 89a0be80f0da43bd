//! From blocks in the file to the array, on every core.

use std::io::{Read, SeekFrom};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use imageio_core::half::f16;
use imageio_core::resource::Ahead;
use imageio_core::{Error, ReadSeek, Result, Signals};

use crate::bytes::Bytes;
use crate::codec::{Scratch, decompress, too_long};
use crate::header::{Part, PixelType};
use crate::layout::{Block, Grid, Lines, samples};
use crate::select::Selection;

/// Bytes of a block that memory is made for before they are read.
const CLAIM: usize = 4 << 20;

/// Bytes in front of a block, at most.
const HEAD: u64 = 24;

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
    /// Of use where the blocks come from far away.
    pub ahead: &'s Ahead,
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
    // What is far away is read in order and before it is decoded, the rest by the thread that decodes it.
    let far = source.ahead.is_of_use();
    if far {
        source.announce();
    }
    let blocks =
        |rows: &Range<usize>| rows.clone().flat_map(|row| (0..grid.columns()).map(move |column| (column, row)));
    let items = bands.into_iter().map(|(rows, band)| {
        let fetch = |at| source.read(&grid, at, Vec::new());
        let fetched = far.then(|| blocks(&rows).map(fetch).collect::<Result<Vec<_>>>());
        (rows, band, fetched)
    });
    let work = |scratch: &mut Scratch, (rows, band, fetched): Item<'_, T>| -> Result<()> {
        signals.check_cancelled()?;
        let top = rows.start * grid.block.1;
        let mut fetched = fetched.transpose()?.map(Vec::into_iter);
        for at in blocks(&rows) {
            let (block, layout) = source.block(&grid, at)?;
            scratch.raw = match fetched.as_mut().and_then(Iterator::next) {
                Some(raw) => raw,
                None => source.read(&grid, at, std::mem::take(&mut scratch.raw))?,
            };
            decompress(part, &block, &layout, scratch).map_err(|e| source.in_block(&grid, at, e))?;
            scatter(part, selection, &block, &layout, &scratch.lines, top, band);
        }
        Ok(())
    };
    // Waking threads costs more than a small image.
    let worth = row_bytes.saturating_mul(part.size.1) >= 2 * BAND;
    imageio_parallel::try_each_with(items, worth, Scratch::default, work)
}

/// Rows of blocks, the lines of the array that they fill, and what they are in the file where that was read before.
type Item<'d, T> = (Range<usize>, &'d mut [T], Option<Result<Vec<Vec<u8>>>>);

impl Source<'_, '_> {
    /// Says where the blocks of the full-size level lie. The table has no lengths: a block ends where the next one in
    /// the file begins, and takes no more than its samples do.
    fn announce(&self) {
        let grid = Grid::new(self.part);
        let most = Lines::new(self.part, &grid.at(0, 0)).map_or(0, |lines| lines.total as u64).saturating_add(HEAD);
        let mut offsets: Vec<u64> = self.offsets.iter().copied().filter(|offset| *offset > 0).collect();
        offsets.sort_unstable();
        let next = offsets.iter().skip(1).copied().chain([u64::MAX]);
        self.ahead.announce_parts(offsets.iter().zip(next).map(|(at, next)| (*at, most.min(next - at))));
    }

    /// A block of the full-size level, by column and row of blocks.
    fn block(&self, grid: &Grid, at: (usize, usize)) -> Result<(Block, Lines)> {
        let block = grid.at(at.0, at.1);
        let layout = Lines::new(self.part, &block)
            .ok_or_else(|| Error::malformed("a block is larger than can be counted").with("block", place(&block)))?;
        Ok((block, layout))
    }

    fn offset(&self, grid: &Grid, (column, row): (usize, usize)) -> Option<u64> {
        self.offsets.get(row * grid.columns() + column).copied()
    }

    fn in_block(&self, grid: &Grid, at: (usize, usize), e: Error) -> Error {
        let e = e.with("block", place(&grid.at(at.0, at.1)));
        match self.offset(grid, at) {
            Some(offset) => e.with("offset", offset),
            None => e,
        }
    }

    /// A block as it is in the file, in memory that was used before.
    fn read(&self, grid: &Grid, at: (usize, usize), mut raw: Vec<u8>) -> Result<Vec<u8>> {
        let (block, layout) = self.block(grid, at)?;
        let offset = self.offset(grid, at).unwrap_or(0);
        self.fetch(offset, at, &block, layout.total, &mut raw).map_err(|e| self.in_block(grid, at, e))?;
        Ok(raw)
    }

    /// Reads one block as it is in the file and checks that it is the one.
    fn fetch(&self, offset: u64, at: (usize, usize), block: &Block, total: usize, raw: &mut Vec<u8>) -> Result<()> {
        if offset == 0 {
            return Err(Error::malformed("a block is missing: the file was not written to its end"));
        }
        let mut header = [0; HEAD as usize];
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

/// Where a block is, for messages.
fn place(block: &Block) -> String {
    format!("column {}, line {}", block.x, block.y)
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
