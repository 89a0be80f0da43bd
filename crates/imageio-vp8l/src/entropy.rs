//! An image as the format codes it: references, recent colours, Huffman codes.

use crate::Effort;
use crate::bits::BitWriter;
use crate::groups::{self, GREEN, GREEN_LEN, Layout, Sparse};
use crate::huffman::Code;
use crate::matches::{self, Distances, Token};
use crate::threads::{both, parts};

/// An image to be coded.
pub(crate) struct Image<'a> {
    pub width: usize,
    pub pixels: &'a [u32],
    /// `true` for the picture itself, `false` for what describes its tiles.
    pub top: bool,
}

/// Colours that were seen lately.
struct Cache {
    colors: Vec<u32>,
    bits: u32,
}

impl Cache {
    fn new(bits: u32) -> Self {
        Cache { colors: if bits == 0 { Vec::new() } else { vec![0; 1 << bits] }, bits }
    }

    #[inline(always)]
    fn slot(&self, color: u32) -> usize {
        (color.wrapping_mul(0x1e35_a7bd) >> (32 - self.bits)) as usize
    }

    /// The slot of a colour that is there; enters it either way.
    #[inline(always)]
    fn look_up(&mut self, color: u32) -> Option<usize> {
        if self.bits == 0 {
            return None;
        }
        let slot = self.slot(color);
        let hit = self.colors[slot] == color;
        self.colors[slot] = color;
        hit.then_some(slot)
    }
}

/// Prefix and extra bits of a length or the code of a distance.
#[inline(always)]
pub(crate) fn prefix(value: u32) -> (usize, u32, u32) {
    let v = value - 1;
    if v < 4 {
        return (v as usize, 0, 0);
    }
    let high = 31 - v.leading_zeros();
    let second = v >> (high - 1) & 1;
    let n = high - 1;
    ((2 * high + second) as usize, v & ((1 << n) - 1), n)
}

/// What is written, step by step: symbols with the bits behind them.
trait Symbols {
    fn symbol(&mut self, group: usize, symbol: usize);
    fn extra(&mut self, value: u32, n: u32);
}

/// Goes through the tokens of an image. `group` tells the group of a place.
fn walk(
    tokens: &[Token],
    image: &Image<'_>,
    cache_bits: u32,
    layout: Layout,
    mut group: impl FnMut(usize) -> usize,
    to: &mut impl Symbols,
) {
    let mut cache = Cache::new(cache_bits);
    let distances = Distances::new(image.width);
    let mut at = 0;
    for token in tokens {
        let group = group(at);
        match *token {
            Token::Pixel(color) => {
                at += 1;
                if let Some(slot) = cache.look_up(color) {
                    to.symbol(group, GREEN_LEN + slot);
                    continue;
                }
                let [a, r, g, b] = color.to_be_bytes().map(usize::from);
                to.symbol(group, GREEN + g);
                to.symbol(group, layout.red + r);
                to.symbol(group, layout.blue + b);
                to.symbol(group, layout.alpha + a);
            }
            Token::Copy { length, distance } => {
                let (symbol, extra, n) = prefix(u32::from(length));
                to.symbol(group, 256 + symbol);
                to.extra(extra, n);
                let (symbol, extra, n) = prefix(distances.code(distance));
                to.symbol(group, layout.distance + symbol);
                to.extra(extra, n);
                let end = at + usize::from(length);
                if cache_bits > 0 {
                    for color in &image.pixels[at..end] {
                        cache.look_up(*color);
                    }
                }
                at = end;
            }
        }
    }
}

/// Counts symbols of one group.
struct Counting {
    counts: Vec<u32>,
    extra: u64,
}

impl Symbols for Counting {
    #[inline(always)]
    fn symbol(&mut self, _: usize, symbol: usize) {
        self.counts[symbol] += 1;
    }

    #[inline(always)]
    fn extra(&mut self, _: u32, n: u32) {
        self.extra += u64::from(n);
    }
}

/// Counts symbols of every group.
struct CountingGroups(Vec<Vec<u32>>);

impl Symbols for CountingGroups {
    #[inline(always)]
    fn symbol(&mut self, group: usize, symbol: usize) {
        self.0[group][symbol] += 1;
    }

    #[inline(always)]
    fn extra(&mut self, _: u32, _: u32) {}
}

/// Counts symbols by tile, one row of tiles at a time: places come in order.
struct Collecting {
    columns: usize,
    /// Symbols of a tile.
    len: usize,
    counts: Vec<u32>,
    /// What was counted of the rows of tiles before.
    done: Vec<Sparse>,
}

impl Collecting {
    fn new(columns: usize, len: usize) -> Self {
        Collecting { columns, len, counts: vec![0; columns * len], done: Vec::new() }
    }

    /// Ends a row of tiles.
    #[inline(never)]
    fn end_row(&mut self) {
        for tile in self.counts.chunks_exact_mut(self.len) {
            let used = tile.iter_mut().enumerate().filter(|(_, n)| **n > 0);
            self.done.push(used.map(|(symbol, n)| (symbol as u16, std::mem::take(n))).collect());
        }
    }
}

impl Symbols for Collecting {
    #[inline(always)]
    fn symbol(&mut self, tile: usize, symbol: usize) {
        while tile >= self.done.len() + self.columns {
            self.end_row();
        }
        self.counts[(tile - self.done.len()) * self.len + symbol] += 1;
    }

    #[inline(always)]
    fn extra(&mut self, _: u32, _: u32) {}
}

/// Writes symbols.
struct Writing<'a> {
    w: &'a mut BitWriter,
    /// Bits of each symbol of each group, and their number above bit 16.
    codes: Vec<u32>,
    /// Symbols of a group.
    len: usize,
}

impl Symbols for Writing<'_> {
    #[inline(always)]
    fn symbol(&mut self, group: usize, symbol: usize) {
        let code = self.codes[group * self.len + symbol];
        self.w.put(code & 0xffff, code >> 16);
    }

    #[inline(always)]
    fn extra(&mut self, value: u32, n: u32) {
        self.w.put(value, n);
    }
}

/// Bits of a pixel on its own, by the entropy of the channels.
fn pixel_bits(pixels: &[u32]) -> f32 {
    let mut counts = [[0u32; 256]; 4];
    let step = (pixels.len() >> 18).max(1);
    let mut n = 0u32;
    for color in pixels.iter().step_by(step) {
        for (counts, v) in counts.iter_mut().zip(color.to_be_bytes()) {
            counts[usize::from(v)] += 1;
        }
        n += 1;
    }
    let all = n.max(1) as f32;
    let used = counts.iter().flatten().filter(|c| **c > 0);
    let bits: f32 = used.map(|c| *c as f32 * (all / *c as f32).log2()).sum();
    (bits / all).max(0.05)
}

/// Bits under one set of codes, for a cache of so many bits.
fn size(tokens: &[Token], image: &Image<'_>, cache_bits: u32) -> f64 {
    let layout = Layout::new(cache_len(cache_bits));
    let mut to = Counting { counts: vec![0; layout.len], extra: 0 };
    walk(tokens, image, cache_bits, layout, |_| 0, &mut to);
    let mut bits = to.extra as f64;
    for alphabet in layout.alphabets() {
        let counts = &to.counts[alphabet];
        let all = f64::from(counts.iter().sum::<u32>());
        bits += counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n) * (all / f64::from(*n)).log2()).sum::<f64>();
        // Each code that is used has to be described.
        bits += 3.0 * counts.iter().filter(|n| **n > 0).count() as f64;
    }
    bits
}

fn cache_len(bits: u32) -> usize {
    if bits == 0 { 0 } else { 1 << bits }
}

/// The cache that saves most.
fn best_cache(tokens: &[Token], image: &Image<'_>) -> u32 {
    // A part of a large picture tells enough.
    let part = &tokens[..tokens.len().min(1 << 19)];
    let sizes = |bits: [u32; 2]| bits.map(|bits| (size(part, image, bits), bits));
    let candidates = match parts(part.len()) {
        1 => vec![sizes([0, 4]), sizes([7, 10])],
        _ => both(vec![[0, 4], [7, 10]], sizes),
    };
    let candidates = candidates.into_iter().flatten();
    candidates.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, bits)| bits)
}

/// Writes an image.
pub(crate) fn write(w: &mut BitWriter, image: &Image<'_>, effort: Effort) {
    let chain = if image.top { effort.chain } else { 8 };
    let tokens = matches::find(image.pixels, image.width, chain, pixel_bits(image.pixels));
    let cache_bits = if image.top { best_cache(&tokens, image) } else { 0 };
    w.put(u32::from(cache_bits > 0), 1);
    if cache_bits > 0 {
        w.put(cache_bits, 4);
    }
    let layout = Layout::new(cache_len(cache_bits));
    let tiles = if image.top && effort.groups { Tiles::new(&tokens, image, cache_bits, layout) } else { None };
    if image.top {
        w.put(u32::from(tiles.is_some()), 1);
    }
    if let Some(tiles) = &tiles {
        w.put(tiles.bits - 2, 3);
        let pixels: Vec<u32> = tiles.groups.iter().map(|g| 0xff00_0000 | u32::from(*g) << 8).collect();
        write(w, &Image { width: tiles.columns, pixels: &pixels, top: false }, effort);
    }
    let n = tiles.as_ref().map_or(1, |t| t.n);
    let group = || {
        let mut group = tiles.as_ref().map(|t| (t, t.finder(image.width)));
        move |at: usize| group.as_mut().map_or(0, |(tiles, tile)| usize::from(tiles.groups[tile(at)]))
    };
    let mut counts = CountingGroups(vec![vec![0; layout.len]; n]);
    walk(&tokens, image, cache_bits, layout, group(), &mut counts);
    let mut codes = Vec::with_capacity(n * layout.len);
    for counts in &counts.0 {
        for alphabet in layout.alphabets() {
            let mut code = Code::new(&counts[alphabet.clone()]);
            code.describe(w);
            codes.extend((0..alphabet.len()).map(|symbol| code.packed(symbol)));
        }
    }
    walk(&tokens, image, cache_bits, layout, group(), &mut Writing { w, codes, len: layout.len });
}

/// Tiles with codes of their own.
struct Tiles {
    bits: u32,
    columns: usize,
    groups: Vec<u16>,
    /// Number of groups.
    n: usize,
}

impl Tiles {
    /// `None` if one set of codes is best.
    fn new(tokens: &[Token], image: &Image<'_>, cache_bits: u32, layout: Layout) -> Option<Self> {
        let (width, height) = (image.width, image.pixels.len() / image.width);
        // At most some thousand tiles, none smaller than 16 x 16.
        let count = |bits: u32| width.div_ceil(1 << bits) * height.div_ceil(1 << bits);
        let bits = (4..=9).find(|bits| count(*bits) <= 2600).unwrap_or(9);
        let columns = width.div_ceil(1 << bits);
        let mut tiles = Tiles { bits, columns, groups: Vec::new(), n: 0 };
        let mut symbols = Collecting::new(columns, layout.len);
        walk(tokens, image, cache_bits, layout, tiles.finder(width), &mut symbols);
        while symbols.done.len() < count(bits) {
            symbols.end_row();
        }
        (tiles.groups, tiles.n) = groups::assign(&symbols.done, layout);
        (tiles.n > 1).then_some(tiles)
    }

    /// Tells the tile of a place; places come in order.
    fn finder(&self, width: usize) -> impl FnMut(usize) -> usize + use<> {
        let (bits, columns) = (self.bits, self.columns);
        let (mut y, mut end, mut first) = (0, width, 0);
        move |at| {
            while at >= end {
                y += 1;
                end += width;
                first = (y >> bits) * columns;
            }
            first + ((at + width - end) >> bits)
        }
    }
}
