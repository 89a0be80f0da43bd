//! The quick way to code a picture of many colours: two passes over its rows and no copy of it.
//!
//! The first pass chooses a predictor for each tile and counts what is left, apart for tiles that leave more or less.
//! Tiles alike in that share a set of codes. The second pass predicts again, which costs less than memory to keep the
//! result in, and writes: since the counts say how many bits each half of the picture takes, both are written at once.

mod tokens;

use self::tokens::{Counting, Counts, SliceWriter, Table};
use crate::bits::BitWriter;
use crate::entropy::{self, Image};
use crate::groups::{Layout, entropy as bits_of};
use crate::huffman::Code;
use crate::rows::{Band, MAX_TILE, Rows, size};
use crate::threads::{both, parts};
use crate::{Effort, PREDICTOR, SUBTRACT_GREEN};

/// Tiles have sides of 32 pixels.
const TILE_BITS: u32 = 5;
const TILE: usize = 1 << TILE_BITS;

/// How many kinds of tiles are told apart by what is left of them.
const LEVELS: usize = 16;

/// What describes the tiles is small: it is coded in the ordinary way.
const TILES: Effort = Effort { chain: 8, predictors: 1, finalists: 1, cross_color: false, groups: false };

/// What is tried for a tile.
#[derive(Clone, Copy)]
pub(crate) struct Quick {
    /// Predictors.
    pub modes: &'static [u8],
    /// One line of so many tells how good a predictor is.
    pub step: usize,
}

impl Quick {
    pub(crate) fn new(effort: u8) -> Self {
        match effort {
            0 => Quick { modes: &[11, 12, 7, 2, 1], step: 4 },
            _ => Quick { modes: &[11, 12, 7, 2, 1, 5, 13, 10, 9, 8, 6], step: 2 },
        }
    }
}

/// Writes the transforms and the picture behind the header that `w` holds; gives the chunk.
pub(crate) fn true_color(w: BitWriter, pixels: &[u8], channels: usize, width: usize, quick: Quick) -> Vec<u8> {
    if channels == 4 {
        code::<true>(w, pixels, channels, width, quick)
    } else {
        code::<false>(w, pixels, channels, width, quick)
    }
}

fn code<const ALPHA: bool>(mut w: BitWriter, pixels: &[u8], channels: usize, width: usize, quick: Quick) -> Vec<u8> {
    let height = pixels.len() / channels / width;
    let (columns, lines) = (width.div_ceil(TILE), height.div_ceil(TILE));
    let rows = Rows { pixels, channels, width };
    let mut modes = vec![0u8; columns * lines];
    let mut levels = vec![0u8; columns * lines];
    let halves = parts(pixels.len() / channels).min(lines);
    let per_half = lines.div_ceil(halves);
    let n = per_half * columns;
    let count = |first: usize, modes: &mut [u8], levels: &mut [u8]| {
        let mut counts = Counting::<ALPHA>(vec![Counts::new(); LEVELS]);
        let mut band = Band::new(rows, TILE);
        let tiles = modes.chunks_mut(columns).zip(levels.chunks_mut(columns));
        for (k, (modes, levels)) in tiles.enumerate() {
            band.load((first + k) * TILE);
            choose(&band, quick, modes, levels);
            band.predict(modes);
            counts = tokens::scan(&band, levels, counts);
        }
        counts.0
    };
    let halved = modes.chunks_mut(n).zip(levels.chunks_mut(n)).enumerate().collect();
    let counts: Vec<Vec<Counts>> = both(halved, |(k, (modes, levels))| count(k * per_half, modes, levels));

    let (group_of, mut groups) = join(&counts);
    for level in &mut levels {
        *level = group_of[usize::from(*level)];
    }
    w.put(1, 1);
    w.put(SUBTRACT_GREEN, 2);
    w.put(1, 1);
    w.put(PREDICTOR, 2);
    describe_tiles(&mut w, &modes, columns);
    // No more transforms, no cache of colours.
    w.put(0, 2);
    w.put(u32::from(groups.len() > 1), 1);
    if groups.len() > 1 {
        describe_tiles(&mut w, &levels, columns);
    }
    let layout = Layout::new(0);
    if !ALPHA {
        // Opaque: what is left of alpha is always 0.
        groups.iter_mut().for_each(|counts| counts[layout.alpha] = 1);
    }
    let tables: Vec<Table> = groups
        .iter()
        .map(|counts| {
            let codes = layout.alphabets().map(|alphabet| {
                let mut code = Code::new(&counts[alphabet]);
                code.describe(&mut w);
                code
            });
            Table::new(&codes)
        })
        .collect();

    // Where each half begins, in bits.
    let (mut out, used) = w.unfinished();
    let mut starts = vec![8 * out.len() - (8 - used) % 8];
    for half in &counts {
        let bits = |(level, counts): (usize, &Counts)| tables[usize::from(group_of[level])].bits(counts);
        let last = starts[starts.len() - 1];
        starts.push(last + half.iter().enumerate().map(bits).sum::<usize>());
    }
    let head = out.len();
    let first = out.last().copied().unwrap_or(0);
    let total = starts[starts.len() - 1].div_ceil(8);
    // Fresh memory is not touched before the threads do it.
    let mut chunk = vec![0; total.max(head)];
    chunk[..head].copy_from_slice(&out);
    out.clear();
    let mut parts = Vec::new();
    let mut rest = &mut chunk[starts[0] / 8..];
    for k in 0..halves {
        let bytes = starts[k + 1] / 8 - starts[k] / 8;
        let (part, behind) = rest.split_at_mut(bytes.min(rest.len()));
        parts.push((k, part));
        rest = behind;
    }
    let write = |(k, part): (usize, &mut [u8])| {
        let begun = if k == 0 && starts[0] % 8 > 0 { first } else { 0 };
        let mut to = SliceWriter::<ALPHA>::new(part, begun, starts[k] % 8, &tables);
        let mut band = Band::new(rows, TILE);
        let tiles = modes.chunks(columns).zip(levels.chunks(columns)).enumerate();
        for (line, (modes, groups)) in tiles.skip(k * per_half).take(per_half) {
            band.load(line * TILE);
            band.predict(modes);
            to = tokens::scan(&band, groups, to);
        }
        to.finish()
    };
    // What a half has begun of its last byte is completed by the next.
    let begun: Vec<u8> = both(parts, write);
    for (k, last) in begun.into_iter().enumerate() {
        if let Some(byte) = chunk.get_mut(starts[k + 1] / 8) {
            *byte |= last;
        }
    }
    chunk
}

fn describe_tiles(w: &mut BitWriter, tiles: &[u8], columns: usize) {
    w.put(TILE_BITS - 2, 3);
    let pixels: Vec<u32> = tiles.iter().map(|tile| 0xff00_0000 | u32::from(*tile) << 8).collect();
    entropy::write(w, &Image { width: columns, pixels: &pixels, top: false }, TILES);
}

/// Chooses the predictor of each tile, and the level of what it leaves.
fn choose(band: &Band<'_>, quick: Quick, modes: &mut [u8], levels: &mut [u8]) {
    let mut run = [0u8; 4 * MAX_TILE];
    let mut before = quick.modes[0];
    let lines = band.free_lines();
    for (tx, (mode, level)) in modes.iter_mut().zip(levels).enumerate() {
        let (x0, x1) = band.columns(tx);
        let mut best = (u32::MAX, before);
        let mut counted = 1;
        if x0 < x1 && !lines.is_empty() {
            let out = &mut run[..4 * (x1 - x0)];
            counted = lines.len().div_ceil(quick.step) * (x1 - x0);
            for candidate in quick.modes {
                // Keeping the neighbour's predictor saves the bits to say another one.
                let mut sum = if *candidate == before { 0 } else { (counted / 16) as u32 };
                for line in lines.clone().step_by(quick.step) {
                    band.left_over(*candidate, line, x0, out);
                    sum += size(out);
                    if sum >= best.0 {
                        break;
                    }
                }
                if sum < best.0 {
                    best = (sum, *candidate);
                }
            }
        }
        before = best.1;
        *mode = best.1;
        *level = level_of(best.0, counted);
    }
}

/// Sixteenths of what is left of a pixel, by half powers of two.
fn level_of(sum: u32, pixels: usize) -> u8 {
    let v = (u64::from(sum) * 16 / pixels.max(1) as u64 + 2) as u32;
    let log = 31 - v.leading_zeros();
    let steps = 2 * log + (v >> (log - 1) & 1);
    steps.saturating_sub(8).min(LEVELS as u32 - 1) as u8
}

/// Bits that a set of codes costs by itself, roughly.
const GROUP_PRICE: f32 = 1500.0;

/// Levels next to one another that share a set of codes.
struct Group {
    counts: Vec<u32>,
    /// What they take under codes of their own.
    bits: f32,
    /// The level behind the last one.
    end: usize,
}

/// Joins levels next to one another as long as that saves more than it costs: the group of each level, and what the
/// groups count.
fn join(halves: &[Vec<Counts>]) -> ([u8; LEVELS], Vec<Vec<u32>>) {
    let layout = Layout::new(0);
    let group = |counts: Vec<u32>, end| Group { bits: bits_of(&counts, layout), counts, end };
    let level = |level: usize| {
        let mut sum = vec![0; layout.len];
        halves.iter().for_each(|half| half[level].add_to(&mut sum));
        group(sum, level + 1)
    };
    let mut groups: Vec<Group> = (0..LEVELS).map(level).collect();
    // What each group saves together with the next, and what they are then.
    let pair = |groups: &[Group], k: usize| {
        let (a, b) = (groups.get(k)?, groups.get(k + 1)?);
        let joined = group(a.counts.iter().zip(&b.counts).map(|(a, b)| a + b).collect(), b.end);
        Some((a.bits + b.bits + GROUP_PRICE - joined.bits, joined))
    };
    let mut pairs: Vec<(f32, Group)> = (1..LEVELS).filter_map(|k| pair(&groups, k - 1)).collect();
    while let Some((k, (saved, _))) = pairs.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0))
        && *saved > 0.0
    {
        groups[k] = pairs.remove(k).1;
        groups.remove(k + 1);
        // Both pairs that it is a part of are others now.
        for k in [k.wrapping_sub(1), k] {
            if let (Some(place), Some(new)) = (pairs.get_mut(k), pair(&groups, k)) {
                *place = new;
            }
        }
    }
    let group = |level: usize| groups.iter().position(|g| level < g.end).unwrap_or(0) as u8;
    (std::array::from_fn(group), groups.into_iter().map(|g| g.counts).collect())
}
