//! From what is left of a picture to symbols: pixels as they are, and repetitions of the pixel before.

use super::TILE;
use crate::entropy::prefix;
use crate::groups::{GREEN_LEN, Layout};
use crate::huffman::Code;
use crate::rows::Band;

/// Pixels that are the same as the one before are worth a reference from so many on.
const SHORTEST: usize = 4;
const LONGEST: usize = 4096;

/// The symbol of the distance to the pixel on the left.
const LEFT: usize = 1;

/// What takes the symbols.
pub(super) trait Take {
    fn pixel(&mut self, group: usize, pixel: [u8; 4]);
    fn repeat(&mut self, group: usize, length: usize);
}

/// Goes through a band; `groups` are those of its tiles. Nothing reaches from one band into another. Taker and result
/// go by value, so that they can stay in registers.
pub(super) fn scan<T: Take>(band: &Band<'_>, groups: &[u8], mut to: T) -> T {
    let (pixels, width) = (band.residue(), band.width());
    let mut at = 0;
    for line in 0..pixels.len() / width {
        for (tx, group) in groups.iter().enumerate() {
            let group = usize::from(*group);
            let end = line * width + ((tx + 1) * TILE).min(width);
            while at < end {
                let pixel = pixels[at];
                if at > 0
                    && pixels[at - 1] == pixel
                    && let Some(next) = pixels.get(at + 1..at + SHORTEST)
                    && next.iter().all(|p| *p == pixel)
                {
                    let rest = &pixels[at..pixels.len().min(at + LONGEST)];
                    let length = rest.iter().position(|p| *p != pixel).unwrap_or(rest.len());
                    to.repeat(group, length);
                    at += length;
                } else {
                    to.pixel(group, pixel);
                    at += 1;
                }
            }
        }
    }
    to
}

/// Counts by group.
pub(super) struct Counting<const ALPHA: bool>(pub Vec<Counts>);

/// How often each symbol of a group occurs.
#[derive(Clone)]
pub(super) struct Counts {
    green: [u32; GREEN_LEN],
    red: [u32; 256],
    blue: [u32; 256],
    alpha: [u32; 256],
    repeats: u32,
    extra: usize,
}

impl Counts {
    pub fn new() -> Self {
        Counts { green: [0; GREEN_LEN], red: [0; 256], blue: [0; 256], alpha: [0; 256], repeats: 0, extra: 0 }
    }

    /// Adds to a histogram of all alphabets.
    pub fn add_to(&self, all: &mut [u32]) {
        let layout = Layout::new(0);
        let starts =
            [(0, &self.green[..]), (layout.red, &self.red), (layout.blue, &self.blue), (layout.alpha, &self.alpha)];
        for (start, counts) in starts {
            all[start..].iter_mut().zip(counts).for_each(|(all, n)| *all += n);
        }
        all[layout.distance + LEFT] += self.repeats;
    }
}

impl<const ALPHA: bool> Take for Counting<ALPHA> {
    #[inline(always)]
    fn pixel(&mut self, group: usize, [r, g, b, a]: [u8; 4]) {
        let counts = &mut self.0[group];
        counts.green[usize::from(g)] += 1;
        counts.red[usize::from(r)] += 1;
        counts.blue[usize::from(b)] += 1;
        if ALPHA {
            counts.alpha[usize::from(a)] += 1;
        }
    }

    fn repeat(&mut self, group: usize, length: usize) {
        let counts = &mut self.0[group];
        let (symbol, _, bits) = prefix(length as u32);
        counts.green[256 + symbol] += 1;
        counts.repeats += 1;
        counts.extra += bits as usize;
    }
}

/// The codes of a group: bits, and their number above bit 16.
pub(super) struct Table {
    green: [u32; GREEN_LEN],
    red: [u32; 256],
    blue: [u32; 256],
    alpha: [u32; 256],
    left: u32,
}

impl Table {
    pub fn new([green, red, blue, alpha, distance]: &[Code; 5]) -> Self {
        Table {
            green: std::array::from_fn(|s| green.packed(s)),
            red: std::array::from_fn(|s| red.packed(s)),
            blue: std::array::from_fn(|s| blue.packed(s)),
            alpha: std::array::from_fn(|s| alpha.packed(s)),
            left: distance.packed(LEFT),
        }
    }

    /// Bits of all that was counted.
    pub fn bits(&self, counts: &Counts) -> usize {
        let sum = |codes: &[u32], counts: &[u32]| -> usize {
            codes.iter().zip(counts).map(|(code, n)| (code >> 16) as usize * *n as usize).sum()
        };
        sum(&self.green, &counts.green)
            + sum(&self.red, &counts.red)
            + sum(&self.blue, &counts.blue)
            + sum(&self.alpha, &counts.alpha)
            + sum(&[self.left], &[counts.repeats])
            + counts.extra
    }
}

/// Writes bits into memory that has just the room for them, from a bit of its first byte on.
pub(super) struct SliceWriter<'a, const ALPHA: bool> {
    out: &'a mut [u8],
    at: usize,
    buffer: u64,
    count: u32,
    tables: &'a [Table],
}

impl<'a, const ALPHA: bool> SliceWriter<'a, ALPHA> {
    /// `begun` is what the first byte has already, `count` how many bits that is.
    pub fn new(out: &'a mut [u8], begun: u8, count: usize, tables: &'a [Table]) -> Self {
        SliceWriter { out, at: 0, buffer: begun.into(), count: count as u32, tables }
    }

    /// Appends at most 56 bits.
    #[inline(always)]
    fn put(&mut self, bits: u64, n: u32) {
        // Less than a byte waits here.
        self.buffer |= bits << self.count;
        self.count += n;
        let whole = (self.count / 8) as usize;
        let bytes = self.buffer.to_le_bytes();
        if let Some(eight) = self.out.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut()) {
            *eight = bytes;
        } else if let Some(rest) = self.out.get_mut(self.at..) {
            rest.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
        }
        self.at += whole;
        self.count %= 8;
        self.buffer >>= 8 * whole;
    }

    /// What is begun of the byte behind the memory.
    pub fn finish(self) -> u8 {
        self.buffer as u8
    }
}

impl<const ALPHA: bool> Take for SliceWriter<'_, ALPHA> {
    #[inline(always)]
    fn pixel(&mut self, group: usize, [r, g, b, a]: [u8; 4]) {
        let table = &self.tables[group];
        let [green, red, blue] = [table.green[usize::from(g)], table.red[usize::from(r)], table.blue[usize::from(b)]];
        let bits = |code: u32| u64::from(code & 0xffff);
        let two = (green >> 16) + (red >> 16);
        let three = two + (blue >> 16);
        self.put(bits(green) | bits(red) << (green >> 16) | bits(blue) << two, three);
        if ALPHA {
            self.put(bits(table.alpha[usize::from(a)]), table.alpha[usize::from(a)] >> 16);
        }
    }

    fn repeat(&mut self, group: usize, length: usize) {
        let table = &self.tables[group];
        let (symbol, extra, n) = prefix(length as u32);
        for code in [table.green[256 + symbol], extra | n << 16, table.left] {
            self.put(u64::from(code & 0xffff), code >> 16);
        }
    }
}
