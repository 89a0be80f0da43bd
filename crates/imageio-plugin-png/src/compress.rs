//! Rows of an image as a zlib stream, in blocks that may be worked on at the same time.

use fdeflate::Compressor;
use flate2::{Compress, Compression, FlushCompress, Status};
use imageio_core::{Error, ErrorKind, Result};

use crate::filter::RowFilter;
use crate::options::Filter;
use crate::raster::{Pass, Raster};

/// Filtered bytes of a block that is worked on beside others.
const BLOCK: usize = 512 * 1024;
/// Filtered bytes of a block of an image that is too small for that: few enough for a cache.
const SMALL_BLOCK: usize = 32 * 1024;
/// Bytes of an image that is worth waking another thread for.
const LARGE: usize = 4 * BLOCK;
/// How far back a deflate stream may refer.
const WINDOW: usize = 32 * 1024;

/// Level of deflate that level 1 becomes for images which the fast method does not suit: it knows runs of zeros, but no
/// other repetition.
const REPEATS: u8 = 3;

/// How to compress.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// 0 to 9; 1 is the method made for PNG.
    pub level: u8,
    pub filter: Filter,
    pub interlace: bool,
}

/// Compresses an image; `out` gets the pieces of the stream in order.
pub(crate) fn compress(
    raster: &Raster<'_>,
    settings: Settings,
    out: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let filter = match (settings.level, settings.filter) {
        (0, _) => Filter::None,
        (_, Filter::Auto) if raster.depth() < 8 || raster.is_indexed() => Filter::None,
        (_, Filter::Auto) => Filter::Adaptive,
        (_, filter) => filter,
    };
    let job = Job { raster, filter };
    let level = match settings.level {
        1 if raster.depth() < 8 || raster.is_indexed() || job.repeats() => REPEATS,
        level => level,
    };
    let large = raster.row_bytes(raster.width) * raster.height >= LARGE;
    // What is compressed in one go anyway is filtered in pieces that stay in the cache.
    let size = if large || level > 1 { BLOCK } else { SMALL_BLOCK };
    let blocks = job.blocks(settings.interlace, size);
    match level {
        0 => job.stored(&blocks, out),
        1 => job.fast(&blocks, large, out),
        level => job.deflated(&blocks, level, out),
    }
}

struct Job<'a> {
    raster: &'a Raster<'a>,
    filter: Filter,
}

/// Rows `from..to` of a pass.
#[derive(Clone, Copy)]
struct Block {
    pass: Pass,
    from: usize,
    to: usize,
}

impl Job<'_> {
    fn blocks(&self, interlaced: bool, size: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        for pass in self.raster.passes(interlaced) {
            let rows = (size / (self.raster.row_bytes(pass.width) + 1)).max(1);
            for from in (0..pass.height).step_by(rows) {
                blocks.push(Block { pass, from, to: (from + rows).min(pass.height) });
            }
        }
        blocks
    }

    /// Whether much of the image comes twice, as in drawings and on screens: by a look at a few rows in the middle.
    fn repeats(&self) -> bool {
        let raster = self.raster;
        let row = raster.row_bytes(raster.width) + 1;
        let total = row * raster.height;
        if total < 4096 {
            return false;
        }
        let rows = ((total / 16).clamp(2048, 32 * 1024) / row).clamp(1, raster.height);
        let from = (raster.height - rows) / 2;
        let Some(pass) = raster.passes(false).pop() else { return false };
        repetition(&self.filtered(&Block { pass, from, to: from + rows })) > 0.25
    }

    /// The filtered rows of a block.
    fn filtered(&self, block: &Block) -> Vec<u8> {
        let mut out = Vec::new();
        self.filter_into(block, &mut out);
        out
    }

    /// As [`filtered`](Self::filtered), into memory that is there already.
    fn filter_into(&self, block: &Block, out: &mut Vec<u8>) {
        let Block { pass, from, to } = block;
        let len = self.raster.row_bytes(pass.width);
        out.clear();
        out.reserve_exact((len + 1) * (to - from));
        let mut filter = RowFilter::new(self.filter, self.raster.pixel_bytes());
        let zeros = vec![0; len];
        if self.raster.in_place(pass, *from).is_some() {
            let row = |r: usize| self.raster.in_place(pass, r).unwrap_or(&zeros);
            for r in *from..*to {
                filter.apply(if r == 0 { &zeros } else { row(r - 1) }, row(r), out);
            }
            return;
        }
        let (mut above, mut row) = (zeros, Vec::new());
        if *from > 0 {
            self.raster.make_row(pass, from - 1, &mut above);
        }
        for r in *from..*to {
            self.raster.make_row(pass, r, &mut row);
            filter.apply(&above, &row, out);
            std::mem::swap(&mut above, &mut row);
        }
    }

    /// By the method made for PNG, which works in one go: of large images the next block is filtered meanwhile.
    fn fast(&self, blocks: &[Block], large: bool, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut compressor = Compressor::new(Vec::new())?;
        let (mut total, mut current, mut ahead) = (0, Vec::new(), Vec::new());
        if let Some(first) = blocks.first() {
            self.filter_into(first, &mut current);
        }
        for next in 1..=blocks.len() {
            total += current.len();
            let filter_next = || {
                if let Some(block) = blocks.get(next) {
                    self.filter_into(block, &mut ahead);
                }
            };
            let at_once = large && next < blocks.len();
            let (written, ()) = imageio_parallel::join(at_once, || compressor.write_data(&current), filter_next);
            written?;
            std::mem::swap(&mut current, &mut ahead);
        }
        let stream = compressor.finish()?;
        // Noise grows under this method: it is stored as it is.
        if stream.len() > stored_size(total) {
            return Job { raster: self.raster, filter: Filter::None }.stored(blocks, out);
        }
        out(&stream)
    }

    /// Without compression.
    fn stored(&self, blocks: &[Block], out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut adler = simd_adler32::Adler32::new();
        let mut stream = vec![0x78, 0x01];
        for (k, block) in blocks.iter().enumerate() {
            let filtered = self.filtered(block);
            adler.write(&filtered);
            let pieces = filtered.chunks(MAX_STORED);
            let last = pieces.len();
            for (n, piece) in pieces.enumerate() {
                let ends = k + 1 == blocks.len() && n + 1 == last;
                let len = piece.len() as u16;
                stream.push(u8::from(ends));
                stream.extend_from_slice(&len.to_le_bytes());
                stream.extend_from_slice(&(!len).to_le_bytes());
                stream.extend_from_slice(piece);
            }
            if k + 1 == blocks.len() {
                stream.extend_from_slice(&adler.finish().to_be_bytes());
            }
            out(&stream)?;
            stream.clear();
        }
        Ok(())
    }

    /// By deflate: each block on its own, with what came before it as its dictionary, joined by empty stored blocks.
    fn deflated(&self, blocks: &[Block], level: u8, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let flags = match level {
            ..=5 => 0x5e,
            6 => 0x9c,
            _ => 0xda,
        };
        let mut adler = simd_adler32::Adler32::new();
        let mut dictionary: Vec<u8> = Vec::new();
        let at_once = 2 * imageio_parallel::threads();
        let last = blocks.len().saturating_sub(1);
        for (k, batch) in blocks.chunks(at_once).enumerate() {
            let filtered = imageio_parallel::map(batch.iter().collect(), true, |block| self.filtered(block));
            let jobs: Vec<(usize, &[u8], &[u8])> = filtered
                .iter()
                .enumerate()
                .map(|(n, data)| {
                    let before = n.checked_sub(1).and_then(|n| filtered.get(n)).unwrap_or(&dictionary);
                    (k * at_once + n, data.as_slice(), tail(before))
                })
                .collect();
            filtered.iter().for_each(|data| adler.write(data));
            for ((n, ..), packed) in
                jobs.iter().zip(imageio_parallel::map(jobs.iter().collect(), true, |(n, data, before)| {
                    let start: &[u8] = if *n == 0 { &[0x78, flags] } else { &[] };
                    deflate_best(data, before, start, level, *n == last)
                }))
            {
                let mut packed = packed?;
                if *n == last {
                    packed.extend(adler.finish().to_be_bytes());
                }
                out(&packed)?;
            }
            dictionary = filtered.last().map_or_else(Vec::new, |data| tail(data).to_vec());
        }
        Ok(())
    }
}

/// The part of `data`, zeros left out, that stood there before in pieces of eight bytes.
fn repetition(data: &[u8]) -> f64 {
    let mut seen = [0u16; 1 << 12];
    let (mut known, mut new) = (0u32, 0u32);
    let piece = |at: usize| data.get(at..).and_then(|d| d.first_chunk::<8>()).map(|d| u64::from_le_bytes(*d));
    let mut at = 0;
    while let Some(here) = piece(at) {
        if here == 0 {
            at += 8;
            continue;
        }
        let slot = &mut seen[(here.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize];
        let before = usize::from(std::mem::replace(slot, at as u16));
        if before < at && piece(before) == Some(here) {
            known += 8;
            at += 8;
        } else {
            new += 1;
            at += 1;
        }
    }
    f64::from(known) / f64::from((known + new).max(1))
}

/// Bytes of a stored block.
const MAX_STORED: usize = 65_535;

fn stored_size(len: usize) -> usize {
    len + 5 * len.div_ceil(MAX_STORED) + 6
}

fn tail(data: &[u8]) -> &[u8] {
    &data[data.len().saturating_sub(WINDOW)..]
}

/// At level 9 the smaller of two: the most thorough search pays only where there is something to find, and filtered
/// photographs come out larger.
fn deflate_best(data: &[u8], dictionary: &[u8], start: &[u8], level: u8, last: bool) -> Result<Vec<u8>> {
    if level < 9 {
        return deflate(data, dictionary, start, level, last);
    }
    let packed = deflate(data, dictionary, start, 8, last)?;
    if repetition(&data[..data.len().min(WINDOW)]) < 0.1 {
        return Ok(packed);
    }
    let other = deflate(data, dictionary, start, 9, last)?;
    Ok(if other.len() < packed.len() { other } else { packed })
}

/// `start` and behind it `data` as deflate blocks.
fn deflate(data: &[u8], dictionary: &[u8], start: &[u8], level: u8, last: bool) -> Result<Vec<u8>> {
    let failed = |what: String| Error::new(ErrorKind::Backend, format!("compression failed: {what}"));
    let mut encoder = Compress::new(Compression::new(u32::from(level)), false);
    if !dictionary.is_empty() {
        encoder.set_dictionary(dictionary).map_err(|e| failed(e.to_string()))?;
    }
    let mut out = Vec::with_capacity(start.len() + data.len() / 2 + 1024);
    out.extend_from_slice(start);
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    loop {
        let done = encoder.total_in() as usize;
        let status = encoder.compress_vec(&data[done..], &mut out, flush).map_err(|e| failed(e.to_string()))?;
        // Room left over means that everything was flushed.
        if status == Status::StreamEnd || (!last && out.len() < out.capacity()) {
            return Ok(out);
        }
        out.reserve(data.len() / 4 + 1024);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Samples;

    fn stream(raster: &Raster<'_>, level: u8, filter: Filter) -> Vec<u8> {
        let mut all = Vec::new();
        let settings = Settings { level, filter, interlace: false };
        compress(raster, settings, &mut |piece| {
            all.extend_from_slice(piece);
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn blocks_join_to_one_stream() {
        // More than four blocks, some rows predictable and some not.
        let (height, width) = (2000, 1400);
        let samples: Vec<u8> = (0..height * width)
            .map(|i: usize| if i % 7000 < 3500 { (i / 9) as u8 } else { (i.wrapping_mul(2_654_435_761) >> 11) as u8 })
            .collect();
        let raster = Raster::new(Samples::U8(&samples), height, width, 1);
        for level in [0, 1, 2, 6, 9] {
            let packed = stream(&raster, level, Filter::None);
            let rows = fdeflate::decompress_to_vec(&packed).unwrap();
            assert_eq!(rows.len(), height * (width + 1), "{level}");
            let same = rows.chunks(width + 1).zip(samples.chunks(width)).all(|(a, b)| a[0] == 0 && a[1..] == *b);
            assert!(same, "{level}");
        }
    }

    #[test]
    fn repetition_is_seen() {
        let pattern: Vec<u8> = (0..30_000u32).map(|i| ((i % 300) * (i % 300) / 7) as u8).collect();
        let noise: Vec<u8> =
            (0..30_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8 ^ (i * i / 97) as u8).collect();
        assert!(repetition(&pattern) > 0.9);
        assert!(repetition(&noise) < 0.05);
        assert!(repetition(&[0; 1000]) == 0.0);
    }

    #[test]
    fn noise_is_stored() {
        let samples: Vec<u8> = (0..100_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
        let raster = Raster::new(Samples::U8(&samples), 100, 1000, 1);
        assert!(stream(&raster, 1, Filter::Auto).len() <= stored_size(100 * 1001));
    }
}
