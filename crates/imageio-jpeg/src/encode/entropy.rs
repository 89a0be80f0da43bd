//! Entropy coding of sequential scans, and the bits of entropy-coded segments.

use super::super::bits::has_ff;
use super::super::scan::{Block, nonzero, zigzag_mask};
use super::super::simd;
use super::super::tables::ZIGZAG;
use super::Picture;
use super::code::Codes;

/// Bits without stuffing, most significant first, in words of 32.
#[derive(Default)]
pub(crate) struct BitString {
    words: Vec<u32>,
    buf: u64,
    /// Bits in `buf` that are not in `words` yet: less than 32.
    n: u32,
    /// Numbers of words and of bits behind them at which a restart marker is to come.
    restarts: Vec<(usize, u32, u32)>,
}

impl BitString {
    /// Appends the lowest `count` bits of `bits`, at most 32; the others must be 0.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u32, count: u32) {
        self.buf = (self.buf << count) | u64::from(bits);
        self.n += count;
        if self.n >= 32 {
            self.n -= 32;
            self.words.push((self.buf >> self.n) as u32);
        }
    }

    /// Ends an interval.
    pub(crate) fn restart(&mut self) {
        let rest = (self.buf & ((1 << self.n) - 1)) as u32;
        self.restarts.push((self.words.len(), rest, self.n));
        (self.buf, self.n) = (0, 0);
    }
}

/// Joins bit strings, with stuffing and restart markers.
pub(crate) struct Joiner {
    pub(crate) out: Vec<u8>,
    buf: u64,
    n: u32,
    restarts: u8,
}

impl Joiner {
    pub(crate) fn new(out: Vec<u8>) -> Self {
        Joiner { out, buf: 0, n: 0, restarts: 0 }
    }

    /// Appends a string.
    pub(crate) fn append(&mut self, string: &BitString) {
        self.out.reserve(string.words.len() * 4 + string.words.len() / 16 + 64);
        let mut from = 0;
        for (to, rest, n) in &string.restarts {
            self.words(string.words.get(from..*to).unwrap_or_default());
            self.bits(*rest, *n);
            self.align();
            self.out.extend_from_slice(&[0xFF, 0xD0 + (self.restarts & 7)]);
            self.restarts = self.restarts.wrapping_add(1);
            from = *to;
        }
        self.words(string.words.get(from..).unwrap_or_default());
        self.bits((string.buf & ((1 << string.n) - 1)) as u32, string.n);
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.buf = (self.buf << 32) | u64::from(*word);
            self.emit((self.buf >> self.n) as u32);
        }
    }

    /// Appends less than 32 bits.
    fn bits(&mut self, bits: u32, count: u32) {
        self.buf = (self.buf << count) | u64::from(bits);
        self.n += count;
        if self.n >= 32 {
            self.n -= 32;
            self.emit((self.buf >> self.n) as u32);
        }
    }

    #[inline(always)]
    fn emit(&mut self, word: u32) {
        let bytes = word.to_be_bytes();
        if !has_ff(u64::from(word)) {
            self.out.extend_from_slice(&bytes);
            return;
        }
        for byte in bytes {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xFF {
            self.out.push(0);
        }
    }

    /// Fills the last byte with ones.
    pub(crate) fn align(&mut self) {
        while self.n > 0 {
            let take = self.n.min(8);
            let bits = ((self.buf >> (self.n - take)) as u32) & 0xFF & ((1 << take) - 1);
            self.n -= take;
            self.byte(((bits << (8 - take)) | ((1 << (8 - take)) - 1)) as u8);
        }
        self.buf = 0;
    }
}

/// The size category of a value and the bits that tell it within the category.
#[inline(always)]
pub(crate) fn category(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = (value + (value >> 31)) as u32 & ((1u32 << size) - 1);
    (size, bits)
}

/// What becomes of the symbols of a scan: bits, or a count of how often each comes.
pub(crate) trait Symbols {
    /// A DC symbol of table `table` with its extra bits.
    fn dc(&mut self, table: usize, size: u32, bits: u32);
    /// An AC symbol of table `table` with its extra bits.
    fn ac(&mut self, table: usize, symbol: u32, size: u32, bits: u32);
    /// Bits that follow no symbol.
    fn raw(&mut self, bits: u32, count: u32);
    /// The end of a restart interval.
    fn restart(&mut self);
}

/// Writes symbols as bits.
pub(crate) struct Coder<'c> {
    pub(crate) dc: &'c [Codes],
    pub(crate) ac: &'c [Codes],
    pub(crate) bits: BitString,
}

impl Coder<'_> {
    /// Runs `f` on a copy that is no one else's, which lets the bits in hand stay in registers.
    #[inline(always)]
    pub(crate) fn locally(&mut self, f: impl FnOnce(&mut Self)) {
        let mut own = Coder { dc: self.dc, ac: self.ac, bits: std::mem::take(&mut self.bits) };
        f(&mut own);
        self.bits = own.bits;
    }
}

impl Symbols for Coder<'_> {
    #[inline(always)]
    fn dc(&mut self, table: usize, size: u32, bits: u32) {
        let Some(codes) = self.dc.get(table) else { return };
        let code = codes.0[(size & 255) as usize];
        self.bits.put(((code >> 8) << size) | bits, (code & 255) + size);
    }

    #[inline(always)]
    fn ac(&mut self, table: usize, symbol: u32, size: u32, bits: u32) {
        let Some(codes) = self.ac.get(table) else { return };
        let code = codes.0[(symbol & 255) as usize];
        self.bits.put(((code >> 8) << size) | bits, (code & 255) + size);
    }

    #[inline(always)]
    fn raw(&mut self, bits: u32, count: u32) {
        self.bits.put(bits, count);
    }

    fn restart(&mut self) {
        self.bits.restart();
    }
}

/// Counts symbols.
#[derive(Clone)]
pub(crate) struct Counter {
    pub(crate) dc: [[u32; 256]; 2],
    pub(crate) ac: [[u32; 256]; 2],
}

impl Default for Counter {
    fn default() -> Self {
        Counter { dc: [[0; 256]; 2], ac: [[0; 256]; 2] }
    }
}

impl Symbols for Counter {
    #[inline(always)]
    fn dc(&mut self, table: usize, size: u32, _bits: u32) {
        self.dc[table & 1][(size & 255) as usize] += 1;
    }

    #[inline(always)]
    fn ac(&mut self, table: usize, symbol: u32, _size: u32, _bits: u32) {
        self.ac[table & 1][(symbol & 255) as usize] += 1;
    }

    fn raw(&mut self, _bits: u32, _count: u32) {}

    fn restart(&mut self) {}
}

/// Where a sequential scan stands between two rows of MCUs.
#[derive(Clone)]
pub(crate) struct State {
    predictions: [i32; 4],
    /// MCUs up to the next restart marker.
    left: usize,
}

impl State {
    /// The state before row `row` of MCUs; `above` gives the blocks of the row of MCUs above it, of which the last
    /// MCU is looked at.
    pub(crate) fn before<'b>(picture: &Picture<'_>, row: usize, above: impl FnOnce() -> Vec<&'b [Block]>) -> Self {
        let interval = usize::from(picture.settings.restart_interval);
        let mut state = State { predictions: [0; 4], left: interval };
        if row == 0 {
            return state;
        }
        if interval > 0 {
            let into = row * picture.mcus_w % interval;
            state.left = if into == 0 { 0 } else { interval - into };
            if into == 0 {
                return state;
            }
        }
        for (prediction, blocks) in state.predictions.iter_mut().zip(above()) {
            *prediction = blocks.last().map_or(0, |block| block[0].into());
        }
        state
    }
}

/// Codes one row of MCUs: `blocks[i]` are those of component `i`, row by row, and `masks[i]` say which of their
/// values are not zero.
#[inline(always)]
pub(crate) fn row(
    picture: &Picture<'_>,
    state: &mut State,
    blocks: &[&[Block]],
    masks: &[Vec<u64>],
    to: &mut impl Symbols,
) {
    let interval = usize::from(picture.settings.restart_interval);
    for mx in 0..picture.mcus_w {
        if interval > 0 {
            if state.left == 0 {
                to.restart();
                *state = State { predictions: [0; 4], left: interval };
            }
            state.left -= 1;
        }
        let components = picture.components.iter().zip(blocks).zip(masks).zip(&mut state.predictions);
        for (((c, blocks), masks), prediction) in components {
            let per_row = picture.mcus_w * c.h;
            for vy in 0..c.v {
                let at = vy * per_row + mx * c.h;
                let (Some(blocks), Some(masks)) = (blocks.get(at..at + c.h), masks.get(at..at + c.h)) else { return };
                for (values, mask) in blocks.iter().zip(masks) {
                    block(c.table, values, *mask, prediction, to);
                }
            }
        }
    }
}

#[inline(always)]
fn block(table: usize, values: &Block, mask: u64, prediction: &mut i32, to: &mut impl Symbols) {
    let value = i32::from(values[0]);
    let (size, bits) = category(value - *prediction);
    *prediction = value;
    to.dc(table, size, bits);
    let mut left = zigzag_mask(mask) & !1;
    let mut last = 0;
    while left != 0 {
        let k = left.trailing_zeros();
        left &= left - 1;
        let mut run = k - last - 1;
        last = k;
        while run > 15 {
            to.ac(table, 0xF0, 0, 0);
            run -= 16;
        }
        let (size, bits) = category(i32::from(values[usize::from(ZIGZAG[(k & 63) as usize] & 63)]));
        to.ac(table, (run << 4) | size, size, bits);
    }
    if last < 63 {
        to.ac(table, 0, 0, 0);
    }
}

/// Which values of each block are not zero, by component, the first in bit 0.
pub(crate) fn masks(blocks: &[&[Block]], masks: &mut Vec<Vec<u64>>) {
    masks.resize_with(blocks.len(), Vec::new);
    for (blocks, masks) in blocks.iter().zip(masks) {
        nonzero(blocks, masks);
    }
}

/// Codes a row of MCUs into bits, under the best instructions there are.
pub(crate) fn code_row(
    picture: &Picture<'_>,
    state: &mut State,
    blocks: &[&[Block]],
    masks: &[Vec<u64>],
    to: &mut Coder<'_>,
) {
    simd::code_row(picture, state, blocks, masks, to);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories() {
        assert_eq!(category(0), (0, 0));
        assert_eq!(category(1), (1, 1));
        assert_eq!(category(-1), (1, 0));
        assert_eq!(category(-5), (3, 2));
        assert_eq!(category(1023), (10, 1023));
    }

    #[test]
    fn masks_in_both_orders() {
        let mut blocks = [[0i16; 64]; 3];
        for (i, k) in [0, 1, 8, 16, 9, 2, 63, 62, 55].into_iter().enumerate() {
            blocks[i % 3][k] = -1;
        }
        let mut found = Vec::new();
        masks(&[&blocks], &mut found);
        for (block, mask) in blocks.iter().zip(&found[0]) {
            for (k, at) in ZIGZAG.iter().take(64).enumerate() {
                assert_eq!(zigzag_mask(*mask) >> k & 1 == 1, block[usize::from(*at)] != 0);
            }
        }
    }

    #[test]
    fn strings_join_as_if_they_were_one() {
        let mut seed = 5u32;
        let pieces: Vec<(u32, u32)> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let count = seed >> 27;
            (if seed & 64 == 0 { (1 << count) - 1 } else { (seed >> 3) & ((1 << count) - 1) }, count)
        })
        .take(3000)
        .collect();
        let join = |strings: &[&[(u32, u32)]]| {
            let mut joiner = Joiner::new(Vec::new());
            for pieces in strings {
                let mut string = BitString::default();
                pieces.iter().for_each(|(bits, count)| string.put(*bits, *count));
                joiner.append(&string);
            }
            joiner.align();
            joiner.out
        };
        let whole = join(&[&pieces]);
        assert!(whole.windows(2).any(|w| w == [0xFF, 0]));
        for cut in [1, 7, 800, 2999] {
            assert_eq!(join(&[&pieces[..cut], &pieces[cut..]]), whole);
        }
    }

    #[test]
    fn restarts_end_on_whole_bytes() {
        let mut string = BitString::default();
        string.put(0b101, 3);
        string.restart();
        string.put(0xFF, 8);
        let mut joiner = Joiner::new(Vec::new());
        joiner.append(&string);
        joiner.align();
        assert_eq!(joiner.out, [0b1011_1111, 0xFF, 0xD0, 0xFF, 0]);
    }
}
