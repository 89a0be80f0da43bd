//! Blocks of deflate (RFC 1951 section 3.2): tokens as bits, by the codes that cost least.

use super::huffman;

/// The last two never occur, but the fixed codes count them.
pub(super) const LITERALS: usize = 288;
pub(super) const DISTANCES: usize = 30;
/// The order in which lengths of the codes of code lengths are sent.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A literal, or length (from bit 16 on) and distance of a match with the highest bit set.
pub(super) type Token = u32;
pub(super) const MATCH: Token = 1 << 31;

/// How often each symbol occurs.
#[derive(Clone)]
pub(super) struct Counts {
    pub literals: [u32; LITERALS],
    pub distances: [u32; DISTANCES],
}

/// Symbol of a length and its extra bits: how many, and which.
#[inline]
pub(super) fn length_symbol(length: usize) -> (usize, u32, u32) {
    let l = length as u32 - 3;
    if length == 258 {
        return (285, 0, 0);
    }
    if l < 8 {
        return (257 + l as usize, 0, 0);
    }
    let extra = l.ilog2() - 2;
    (261 + 4 * extra as usize + (l >> extra & 3) as usize, extra, l & ((1 << extra) - 1))
}

/// Symbol of a distance and its extra bits: how many, and which.
#[inline]
pub(super) fn distance_symbol(distance: usize) -> (usize, u32, u32) {
    let d = distance as u32 - 1;
    if d < 4 {
        return (d as usize, 0, 0);
    }
    let extra = d.ilog2() - 1;
    (2 * extra as usize + 2 + (d >> extra & 1) as usize, extra, d & ((1 << extra) - 1))
}

impl Counts {
    pub const NONE: Counts = Counts { literals: [0; LITERALS], distances: [0; DISTANCES] };

    pub fn add(&mut self, other: &Counts) {
        self.literals.iter_mut().zip(&other.literals).for_each(|(a, b)| *a += b);
        self.distances.iter_mut().zip(&other.distances).for_each(|(a, b)| *a += b);
    }

    /// Bits of all symbols with codes made for them, extra bits left out.
    pub fn bits(&self) -> f32 {
        let of = |counts: &[u32]| {
            let sum = counts.iter().sum::<u32>() as f32;
            counts.iter().filter(|n| **n > 0).map(|n| *n as f32 * (sum / *n as f32).log2()).sum::<f32>()
        };
        of(&self.literals) + of(&self.distances)
    }

    /// Bits that go with all symbols whatever their codes.
    fn extra_bits(&self) -> u64 {
        let of = |n: u32, extra: u32| u64::from(n) * u64::from(extra);
        let lengths = self.literals.iter().enumerate().skip(265).take(20);
        let lengths = lengths.map(|(s, n)| of(*n, (s as u32 - 261) / 4)).sum::<u64>();
        let distances = self.distances.iter().enumerate().skip(4);
        lengths + distances.map(|(s, n)| of(*n, (s as u32 - 2) / 2)).sum::<u64>()
    }
}

/// Sends tokens, which stand for `data` and of which there are `counts`, in the shortest of the three ways.
pub(super) fn send(data: &[u8], tokens: &[Token], counts: &Counts, last: bool, bits: &mut Bits<'_>) {
    let mut counts = counts.clone();
    counts.literals[256] = 1;
    let mut lens = [0u8; LITERALS + DISTANCES];
    let (literals, distances) = lens.split_at_mut(LITERALS);
    huffman::lengths(&counts.literals, 15, literals);
    huffman::lengths(&counts.distances, 15, distances);
    let header = Header::new(literals, distances);
    let sum = |counts: &[u32], lens: &[u8]| {
        counts.iter().zip(lens).map(|(n, len)| u64::from(*n) * u64::from(*len)).sum::<u64>()
    };
    let own = sum(&counts.literals, literals) + sum(&counts.distances, distances) + header.bits();
    let (fixed_literals, fixed_distances) = fixed();
    let fixed = sum(&counts.literals, &fixed_literals) + sum(&counts.distances, &fixed_distances);
    let stored = data.len() as u64 * 8 + data.len().div_ceil(65_535).max(1) as u64 * 40;
    if stored <= own.min(fixed) + counts.extra_bits() {
        return bits.stored(data, last);
    }
    bits.put(u64::from(last), 1);
    if own < fixed {
        bits.put(2, 2);
        header.send(bits);
    } else {
        bits.put(1, 2);
        literals.copy_from_slice(&fixed_literals);
        distances.copy_from_slice(&fixed_distances);
    }
    let mut codes = [0u16; LITERALS + DISTANCES];
    let (literal_codes, distance_codes) = codes.split_at_mut(LITERALS);
    huffman::codes(literals, literal_codes);
    huffman::codes(distances, distance_codes);
    let mut table = [(0u16, 0u8); LITERALS];
    for ((to, code), len) in table.iter_mut().zip(literal_codes).zip(literals) {
        *to = (*code, *len);
    }
    for token in tokens {
        if *token & MATCH == 0 {
            let (code, len) = table[(*token & 0xff) as usize];
            bits.put(u64::from(code), u32::from(len));
            continue;
        }
        let (symbol, extra, value) = length_symbol((*token >> 16 & 0x1ff) as usize);
        let (code, len) = table[symbol];
        bits.put(u64::from(code) | u64::from(value) << len, u32::from(len) + extra);
        let (symbol, extra, value) = distance_symbol((*token & 0x7fff) as usize + 1);
        let len = distances[symbol];
        bits.put(u64::from(distance_codes[symbol]) | u64::from(value) << len, u32::from(len) + extra);
    }
    let (code, len) = table[256];
    bits.put(u64::from(code), u32::from(len));
}

/// The codes that need no description (RFC 1951 section 3.2.6).
fn fixed() -> ([u8; LITERALS], [u8; DISTANCES]) {
    let mut literals = [8; LITERALS];
    literals[144..256].fill(9);
    literals[256..280].fill(7);
    (literals, [5; DISTANCES])
}

/// The description of a block's codes (RFC 1951 section 3.2.7).
struct Header {
    /// Symbols of the alphabet of code lengths with their extra bits.
    symbols: Vec<(u8, u8, u8)>,
    lens: [u8; 19],
    n_literals: usize,
    n_distances: usize,
    n_lens: usize,
}

impl Header {
    fn new(literals: &[u8], distances: &[u8]) -> Self {
        let used = |lens: &[u8], least: usize| lens.iter().rposition(|l| *l > 0).map_or(least, |k| (k + 1).max(least));
        let (n_literals, n_distances) = (used(literals, 257), used(distances, 1));
        let all: Vec<u8> =
            literals.iter().take(n_literals).chain(distances.iter().take(n_distances)).copied().collect();
        let mut symbols = Vec::new();
        for run in all.chunk_by(|a, b| a == b) {
            let (len, mut n) = (run[0], run.len());
            if len > 0 {
                symbols.push((len, 0, 0));
                n -= 1;
            }
            while n >= 3 {
                let (symbol, extra, least, most) = match (len, n) {
                    (0, 11..) => (18, 7, 11, 138),
                    (0, _) => (17, 3, 3, 10),
                    _ => (16, 2, 3, 6),
                };
                let now = n.min(most);
                symbols.push((symbol, extra, (now - least) as u8));
                n -= now;
            }
            symbols.extend(std::iter::repeat_n((len, 0, 0), n));
        }
        let mut counts = [0u32; 19];
        symbols.iter().for_each(|(symbol, _, _)| counts[usize::from(*symbol)] += 1);
        let mut lens = [0; 19];
        huffman::lengths(&counts, 7, &mut lens);
        let n_lens = ORDER.iter().rposition(|k| lens[*k] > 0).map_or(4, |k| (k + 1).max(4));
        Header { symbols, lens, n_literals, n_distances, n_lens }
    }

    fn bits(&self) -> u64 {
        let symbol = |(symbol, extra, _): &(u8, u8, u8)| u64::from(self.lens[usize::from(*symbol)] + extra);
        14 + 3 * self.n_lens as u64 + self.symbols.iter().map(symbol).sum::<u64>()
    }

    fn send(&self, bits: &mut Bits<'_>) {
        bits.put((self.n_literals - 257) as u64, 5);
        bits.put((self.n_distances - 1) as u64, 5);
        bits.put((self.n_lens - 4) as u64, 4);
        for k in ORDER.iter().take(self.n_lens) {
            bits.put(u64::from(self.lens[*k]), 3);
        }
        let mut codes = [0; 19];
        huffman::codes(&self.lens, &mut codes);
        for (symbol, extra, value) in &self.symbols {
            let symbol = usize::from(*symbol);
            bits.put(u64::from(codes[symbol]), u32::from(self.lens[symbol]));
            bits.put(u64::from(*value), u32::from(*extra));
        }
    }
}

/// Bits, the lowest first.
pub(super) struct Bits<'o> {
    out: &'o mut Vec<u8>,
    held: u64,
    count: u32,
}

impl<'o> Bits<'o> {
    /// Appends to `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Bits { out, held: 0, count: 0 }
    }

    /// Not more than 32 bits.
    #[inline]
    fn put(&mut self, value: u64, n: u32) {
        self.held |= value << self.count;
        self.count += n;
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.held as u32).to_le_bytes());
            self.held >>= 32;
            self.count -= 32;
        }
    }

    /// Fills the last byte with zeros.
    pub fn align(&mut self) {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend_from_slice(self.held.to_le_bytes().get(..bytes).unwrap_or_default());
        (self.held, self.count) = (0, 0);
    }

    fn stored(&mut self, data: &[u8], last: bool) {
        let mut parts = data.chunks(65_535).peekable();
        if parts.peek().is_none() {
            self.put(u64::from(last), 3);
            self.align();
            self.out.extend_from_slice(&[0, 0, 0xff, 0xff]);
        }
        while let Some(part) = parts.next() {
            self.put(u64::from(last && parts.peek().is_none()), 3);
            self.align();
            let len = part.len() as u16;
            self.out.extend_from_slice(&len.to_le_bytes());
            self.out.extend_from_slice(&(!len).to_le_bytes());
            self.out.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_specification() {
        let lengths = [(3, 257, 0, 0), (10, 264, 0, 0), (12, 265, 1, 1), (13, 266, 1, 0), (130, 280, 4, 15)];
        for (length, symbol, extra, value) in
            lengths.into_iter().chain([(131, 281, 5, 0), (257, 284, 5, 30), (258, 285, 0, 0)])
        {
            assert_eq!(length_symbol(length), (symbol, extra, value), "{length}");
        }
        for (distance, symbol, extra, value) in
            [(1, 0, 0, 0), (4, 3, 0, 0), (5, 4, 1, 0), (8, 5, 1, 1), (24_577, 29, 13, 0), (32_768, 29, 13, 8_191)]
        {
            assert_eq!(distance_symbol(distance), (symbol, extra, value), "{distance}");
        }
    }
}
