//! Which parts of a picture share a set of codes.

/// Symbols of the five alphabets behind one another, without colours from the cache: green, lengths, red, blue, alpha,
/// distances.
pub(crate) const GREEN: usize = 0;
/// Values of green and codes of lengths; colours from the cache come behind them, in [`Layout`].
pub(crate) const GREEN_LEN: usize = 256 + 24;

/// Where each alphabet begins, for a cache of some size.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub red: usize,
    pub blue: usize,
    pub alpha: usize,
    pub distance: usize,
    pub len: usize,
}

impl Layout {
    pub(crate) fn new(cache_len: usize) -> Self {
        let red = GREEN_LEN + cache_len;
        Layout { red, blue: red + 256, alpha: red + 512, distance: red + 768, len: red + 768 + 40 }
    }

    /// The alphabets as ranges, in the order of the stream.
    pub(crate) fn alphabets(&self) -> [std::ops::Range<usize>; 5] {
        [
            GREEN..self.red,
            self.red..self.blue,
            self.blue..self.alpha,
            self.alpha..self.distance,
            self.distance..self.len,
        ]
    }
}

/// Symbols of one tile and how often they occur.
pub(crate) type Sparse = Vec<(u16, u32)>;

/// Most sets of codes.
const MAX_GROUPS: usize = 24;
/// Bits that a set of codes costs by itself, roughly.
const GROUP_PRICE: f32 = 1200.0;

/// Costs of symbols, by how often they occur in a group.
fn prices(counts: &[u32], layout: Layout) -> Vec<f32> {
    let mut out = vec![0.0; counts.len()];
    for alphabet in layout.alphabets() {
        let total: u32 = counts[alphabet.clone()].iter().sum();
        // A symbol that a group does not have yet is dear, not impossible.
        let all = total as f32 + 1.0;
        for symbol in alphabet {
            out[symbol] = (all / (counts[symbol] as f32 + 0.02)).log2().max(0.0);
        }
    }
    out
}

/// Bits that a histogram takes under its own best codes.
pub(crate) fn entropy(counts: &[u32], layout: Layout) -> f32 {
    let mut bits = 0.0;
    for alphabet in layout.alphabets() {
        let counts = &counts[alphabet];
        let total: u32 = counts.iter().sum();
        let all = total as f32;
        bits += counts.iter().filter(|n| **n > 0).map(|n| *n as f32 * (all / *n as f32).log2()).sum::<f32>();
    }
    bits
}

/// Gives each tile a group; groups are numbered from 0 without gaps.
pub(crate) fn assign(tiles: &[Sparse], layout: Layout) -> (Vec<u16>, usize) {
    let wanted = (tiles.len() / 12).clamp(1, MAX_GROUPS);
    if wanted < 2 {
        return (vec![0; tiles.len()], 1);
    }
    let sum = |which: &dyn Fn(usize) -> bool| {
        let mut counts = vec![0u32; layout.len];
        for (_, tile) in tiles.iter().enumerate().filter(|(k, _)| which(*k)) {
            for (symbol, n) in tile {
                counts[usize::from(*symbol)] += n;
            }
        }
        counts
    };
    // To begin with, tiles that cost about the same under common codes go together.
    let common = prices(&sum(&|_| true), layout);
    let cost = |tile: &Sparse, prices: &[f32]| -> f32 {
        tile.iter().map(|(symbol, n)| *n as f32 * prices[usize::from(*symbol)]).sum()
    };
    let mut order: Vec<(f32, usize)> = tiles.iter().map(|tile| cost(tile, &common)).zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut groups = vec![0u16; tiles.len()];
    for (rank, (_, k)) in order.iter().enumerate() {
        groups[*k] = (rank * wanted / tiles.len()) as u16;
    }
    for _ in 0..4 {
        let mut counts = vec![vec![0u32; layout.len]; wanted];
        for (tile, group) in tiles.iter().zip(&groups) {
            for (symbol, n) in tile {
                counts[usize::from(*group)][usize::from(*symbol)] += n;
            }
        }
        let tables: Vec<Vec<f32>> = counts.iter().map(|c| prices(c, layout)).collect();
        for (tile, group) in tiles.iter().zip(&mut groups) {
            let best = (0..wanted).map(|k| (cost(tile, &tables[k]), k)).min_by(|a, b| a.0.total_cmp(&b.0));
            *group = best.map_or(0, |(_, k)| k as u16);
        }
    }
    merge(tiles, layout, groups, wanted)
}

/// Joins groups as long as that saves more than it costs.
fn merge(tiles: &[Sparse], layout: Layout, groups: Vec<u16>, n: usize) -> (Vec<u16>, usize) {
    let mut counts = vec![vec![0u32; layout.len]; n];
    for (tile, group) in tiles.iter().zip(&groups) {
        for (symbol, n) in tile {
            counts[usize::from(*group)][usize::from(*symbol)] += n;
        }
    }
    let mut bits: Vec<f32> = counts.iter().map(|c| entropy(c, layout)).collect();
    let mut target: Vec<usize> = (0..n).collect();
    let mut alive: Vec<usize> = (0..n).filter(|k| counts[*k].iter().any(|c| *c > 0)).collect();
    let joined = |a: &[u32], b: &[u32]| -> Vec<u32> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    while alive.len() > 1 {
        let mut best = (0.0f32, 0, 0, 0.0);
        for (i, a) in alive.iter().enumerate() {
            for b in &alive[i + 1..] {
                let together = entropy(&joined(&counts[*a], &counts[*b]), layout);
                let saved = bits[*a] + bits[*b] + GROUP_PRICE - together;
                if saved > best.0 {
                    best = (saved, *a, *b, together);
                }
            }
        }
        let (saved, a, b, together) = best;
        if saved <= 0.0 {
            break;
        }
        counts[a] = joined(&counts[a], &counts[b]);
        bits[a] = together;
        alive.retain(|k| *k != b);
        for t in &mut target {
            if *t == b {
                *t = a;
            }
        }
    }
    let number = |group: u16| alive.iter().position(|k| *k == target[usize::from(group)]).unwrap_or(0) as u16;
    (groups.into_iter().map(number).collect(), alive.len().max(1))
}
