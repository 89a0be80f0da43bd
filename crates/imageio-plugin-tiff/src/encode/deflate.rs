//! Deflate as zlib streams (RFC 1950, RFC 1951), made for pictures: noisy samples, where most matches cost more bits
//! than the literals that they replace. What a match saves is estimated from what codes cost so far.

use super::huffman;

/// Distances reach so far back.
const REACH: usize = 32 * 1024;
const HASHES: usize = 1 << 15;
/// Matches do not reach across pieces of this size, so that tokens and positions stay few.
const PIECE: usize = 4 << 20;
/// Tokens of a segment; neighbouring segments of like statistics share a block.
const SEGMENT: usize = 12_000;
/// So many positions at most are passed over in noise between two that are looked at.
const MOST_PASSED: usize = 15;
/// Costs are counted in fractions of a bit.
const BIT: u32 = 16;
/// The last two never occur, but the fixed codes count them.
const LITERALS: usize = 288;
const DISTANCES: usize = 30;
/// The order in which lengths of the codes of code lengths are sent.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// How hard matches are looked for.
struct Effort {
    /// Candidates that are compared.
    depth: u32,
    /// A match of this length is taken without looking further.
    enough: usize,
    /// The next position is tried before a match is taken.
    lazy: bool,
    /// After so many positions without a match, some are passed over: in noise there is little to be found.
    patience: usize,
}

fn effort(level: u8) -> Effort {
    let (depth, enough, lazy, patience) = match level {
        0 | 1 => (2, 16, false, 16),
        2 => (4, 16, false, 32),
        3 => (6, 24, false, 64),
        4 => (8, 32, true, 64),
        5 => (12, 48, true, 96),
        6 => (20, 64, true, 128),
        7 => (48, 128, true, 1024),
        8 => (160, 258, true, 1 << 20),
        _ => (600, 258, true, usize::MAX),
    };
    Effort { depth, enough, lazy, patience }
}

/// A literal, or length (from bit 16 on) and distance of a match with the highest bit set.
type Token = u32;
const MATCH: Token = 1 << 31;

#[derive(Clone, Copy, Default)]
struct Match {
    length: usize,
    distance: usize,
    /// Saved against literals, in fractions of a bit.
    gain: i32,
}

/// How often each symbol occurs.
#[derive(Clone)]
struct Counts {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
}

/// What symbols are expected to cost, with their extra bits.
struct Costs {
    literals: [u16; 256],
    lengths: [u16; 259],
    distances: [u16; DISTANCES],
}

/// A stretch of tokens and of the data that they stand for.
struct Block {
    counts: Counts,
    tokens: std::ops::Range<usize>,
    data: std::ops::Range<usize>,
}

/// Encoder with its tables, which serve for many strips.
pub(crate) struct Encoder {
    /// The last position with a hash of four bytes, and of three.
    head: Vec<u32>,
    short: Vec<u32>,
    /// How far before each position of the window the one before with the same hash is; 0 for none.
    previous: Vec<u16>,
    tokens: Vec<Token>,
    costs: Costs,
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder {
            head: vec![0; HASHES],
            short: vec![0; HASHES],
            previous: vec![0; REACH],
            tokens: Vec::new(),
            costs: Costs { literals: [0; 256], lengths: [0; 259], distances: [0; DISTANCES] },
        }
    }
}

/// Symbol of a length and its extra bits: how many, and which.
#[inline]
fn length_symbol(length: usize) -> (usize, u32, u32) {
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
fn distance_symbol(distance: usize) -> (usize, u32, u32) {
    let d = distance as u32 - 1;
    if d < 4 {
        return (d as usize, 0, 0);
    }
    let extra = d.ilog2() - 1;
    (2 * extra as usize + 2 + (d >> extra & 1) as usize, extra, d & ((1 << extra) - 1))
}

#[inline]
fn word(data: &[u8], at: usize) -> u32 {
    data.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// How many bytes are the same from `a` and from `b` on, where `b` is the later one.
#[inline]
fn common(data: &[u8], a: usize, b: usize, most: usize) -> usize {
    let mut n = 0;
    let eight = |at: usize| data.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    while n + 8 <= most {
        let (Some(x), Some(y)) = (eight(a + n), eight(b + n)) else { break };
        let differ = x ^ y;
        if differ != 0 {
            return n + (differ.trailing_zeros() / 8) as usize;
        }
        n += 8;
    }
    while n < most && data.get(a + n) == data.get(b + n) {
        n += 1;
    }
    n
}

impl Counts {
    const NONE: Counts = Counts { literals: [0; LITERALS], distances: [0; DISTANCES] };

    fn add(&mut self, other: &Counts) {
        self.literals.iter_mut().zip(&other.literals).for_each(|(a, b)| *a += b);
        self.distances.iter_mut().zip(&other.distances).for_each(|(a, b)| *a += b);
    }

    /// Bits of all symbols with codes made for them, extra bits left out.
    fn bits(&self) -> f32 {
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

impl Costs {
    /// Expects what the first bytes look like.
    fn first(&mut self, data: &[u8]) {
        let mut counts = Counts::NONE;
        for byte in data.iter().take(64 << 10) {
            counts.literals[usize::from(*byte)] += 1;
        }
        let sum = data.len().min(64 << 10) as u32;
        for length in &mut counts.literals[257..] {
            *length = sum / 256;
        }
        counts.distances.fill(1);
        self.learn(&counts);
    }

    fn learn(&mut self, counts: &Counts) {
        let cost = |n: u32, sum: f32| ((sum / (n as f32 + 0.5)).log2() * BIT as f32).max(BIT as f32) as u16;
        let sum = counts.literals.iter().sum::<u32>() as f32 + 0.5 * LITERALS as f32;
        for (to, n) in self.literals.iter_mut().zip(&counts.literals) {
            *to = cost(*n, sum).min(14 * BIT as u16);
        }
        for (length, to) in self.lengths.iter_mut().enumerate().skip(3) {
            let (symbol, extra, _) = length_symbol(length);
            *to = cost(counts.literals[symbol], sum).min(13 * BIT as u16) + (extra * BIT) as u16;
        }
        let sum = counts.distances.iter().sum::<u32>() as f32 + 0.5 * DISTANCES as f32;
        for (symbol, to) in self.distances.iter_mut().enumerate() {
            let extra = (symbol as u32 / 2).saturating_sub(1);
            *to = cost(counts.distances[symbol], sum).min(10 * BIT as u16) + (extra * BIT) as u16;
        }
    }

    /// What a match saves against the literals of `bytes`.
    #[inline]
    fn gain(&self, bytes: &[u8], distance: usize) -> i32 {
        let (symbol, _, _) = distance_symbol(distance);
        let literals: i32 = bytes.iter().map(|b| i32::from(self.literals[usize::from(*b)])).sum();
        literals - i32::from(self.lengths[bytes.len().min(258)]) - i32::from(self.distances[symbol])
    }
}

impl Encoder {
    /// Appends the zlib stream of `data` to `out`.
    pub fn encode(&mut self, data: &[u8], level: u8, out: &mut Vec<u8>) {
        // 32 KiB window; the second byte makes the pair a multiple of 31.
        out.extend_from_slice(&match level {
            0 | 1 => [0x78, 0x01],
            2..=5 => [0x78, 0x5e],
            6 => [0x78, 0x9c],
            _ => [0x78, 0xda],
        });
        let mut bits = Bits { out, held: 0, count: 0 };
        let mut pieces = data.chunks(PIECE).peekable();
        if pieces.peek().is_none() {
            self.parse(data, &effort(level), true, &mut bits);
        }
        while let Some(piece) = pieces.next() {
            self.parse(piece, &effort(level), pieces.peek().is_none(), &mut bits);
        }
        bits.align();
        out.extend_from_slice(&zlib_rs::adler32::adler32(1, data).to_be_bytes());
    }

    /// Cuts `data` into literals and matches, and sends block after block.
    fn parse(&mut self, data: &[u8], effort: &Effort, last: bool, bits: &mut Bits<'_>) {
        self.head.fill(0);
        self.short.fill(0);
        self.tokens.clear();
        self.costs.first(data);
        let mut waiting: Option<Block> = None;
        let mut now = Block { counts: Counts::NONE, tokens: 0..0, data: 0..0 };
        // What was found for `at` already.
        let mut found: Option<Match> = None;
        let mut at = 0;
        let mut misses = 0;
        while at < data.len() {
            let best = found.take().unwrap_or_else(|| self.search(data, at, effort));
            let mut entered = at + 1;
            if best.gain > 0 && effort.lazy && best.length < effort.enough {
                found = Some(self.search(data, at + 1, effort)).filter(|next| next.gain > best.gain);
                entered += 1;
            }
            if best.gain > 0 && found.is_none() {
                misses = 0;
                for place in entered..at + best.length {
                    self.enter(data, place);
                }
                now.counts.literals[length_symbol(best.length).0] += 1;
                now.counts.distances[distance_symbol(best.distance).0] += 1;
                self.tokens.push(MATCH | (best.length as u32) << 16 | (best.distance - 1) as u32);
                at += best.length;
            } else {
                misses += usize::from(best.gain == 0);
                let pass =
                    if found.is_some() { 0 } else { (misses.saturating_sub(effort.patience) / 16).min(MOST_PASSED) };
                for byte in data.iter().skip(at).take(1 + pass) {
                    now.counts.literals[usize::from(*byte)] += 1;
                    self.tokens.push(Token::from(*byte));
                    at += 1;
                }
            }
            if self.tokens.len() - now.tokens.start >= SEGMENT {
                (now.tokens.end, now.data.end) = (self.tokens.len(), at);
                self.costs.learn(&now.counts);
                let next = Block { counts: Counts::NONE, tokens: now.tokens.end..0, data: at..0 };
                waiting = Some(self.join(data, waiting, std::mem::replace(&mut now, next), bits));
            }
        }
        (now.tokens.end, now.data.end) = (self.tokens.len(), at);
        let rest = self.join(data, waiting, now, bits);
        self.block(data, &rest, last, bits);
    }

    /// Enters a position into the tables; gives the last ones, counted from 1, that began with the same four bytes and
    /// with the same three. 0 is none.
    #[inline]
    fn enter(&mut self, data: &[u8], at: usize) -> (usize, usize) {
        let Some(four) = data.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes) else {
            return (0, 0);
        };
        let place = at as u32 + 1;
        let hash = (four.wrapping_mul(0x9E37_79B1) >> 17) as usize % HASHES;
        let long = std::mem::replace(&mut self.head[hash], place);
        let back = if long == 0 { 0 } else { u16::try_from(place - long).unwrap_or(0) };
        self.previous[at % REACH] = back;
        let hash = ((four << 8).wrapping_mul(0x9E37_79B1) >> 17) as usize % HASHES;
        let short = std::mem::replace(&mut self.short[hash], place);
        (if back == 0 { 0 } else { long as usize }, short as usize)
    }

    /// Enters a position and gives the best match for it; its gain is 0 if none saves anything.
    #[inline]
    fn search(&mut self, data: &[u8], at: usize, effort: &Effort) -> Match {
        let mut best = Match::default();
        let (long, short) = self.enter(data, at);
        let most = (data.len() - at.min(data.len())).min(258);
        let here = word(data, at);
        // Three bytes are worth a match only if it is near.
        if short > 0 && at + 1 - short < 1024 && (word(data, short - 1) ^ here) << 8 == 0 {
            let length = common(data, short - 1, at, most);
            let distance = at + 1 - short;
            let gain = self.costs.gain(data.get(at..at + length).unwrap_or_default(), distance);
            if gain > best.gain {
                best = Match { length, distance, gain };
            }
        }
        let mut candidate = long;
        for _ in 0..effort.depth {
            let distance = at + 1 - candidate;
            if candidate == 0 || distance >= REACH {
                break;
            }
            let place = candidate - 1;
            let could_be_longer =
                best.length < 4 || (best.length < most && data.get(place + best.length) == data.get(at + best.length));
            if could_be_longer && word(data, place) == here {
                let length = common(data, place, at, most);
                if length > best.length {
                    let gain = self.costs.gain(data.get(at..at + length).unwrap_or_default(), distance);
                    if gain > best.gain {
                        best = Match { length, distance, gain };
                        if length >= effort.enough {
                            break;
                        }
                    }
                }
            }
            match self.previous[place % REACH] {
                0 => break,
                back => candidate = candidate.saturating_sub(usize::from(back)),
            }
        }
        best
    }

    /// Joins a segment to the block before it where codes for both cost less; else sends that block.
    fn join(&mut self, data: &[u8], waiting: Option<Block>, segment: Block, bits: &mut Bits<'_>) -> Block {
        // Bits for a description of codes, about.
        const HEADER: f32 = 600.0;
        let Some(mut block) = waiting else { return segment };
        let mut both = block.counts.clone();
        both.add(&segment.counts);
        if both.bits() <= block.counts.bits() + segment.counts.bits() + HEADER {
            block.counts = both;
            block.tokens.end = segment.tokens.end;
            block.data.end = segment.data.end;
            return block;
        }
        self.block(data, &block, false, bits);
        segment
    }

    /// Sends a block in the shortest of the three ways.
    fn block(&self, data: &[u8], block: &Block, last: bool, bits: &mut Bits<'_>) {
        let mut counts = block.counts.clone();
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
        let stored = block.data.len() as u64 * 8 + block.data.len().div_ceil(65_535).max(1) as u64 * 40;
        if stored <= own.min(fixed) + counts.extra_bits() {
            let data = data.get(block.data.clone()).unwrap_or_default();
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
        for token in self.tokens.get(block.tokens.clone()).unwrap_or_default() {
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
struct Bits<'o> {
    out: &'o mut Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits<'_> {
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
    fn align(&mut self) {
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

    fn there_and_back(data: &[u8], level: u8, encoder: &mut Encoder) -> usize {
        let mut stream = Vec::new();
        encoder.encode(data, level, &mut stream);
        let mut out = vec![0; data.len()];
        let (found, code) = zlib_rs::decompress_slice(&mut out, &stream, zlib_rs::InflateConfig::default());
        assert_eq!(code, zlib_rs::ReturnCode::Ok, "{} bytes at level {level}", data.len());
        assert!(found == data, "{} bytes at level {level}", data.len());
        stream.len()
    }

    #[test]
    fn every_kind_of_data_comes_back() {
        let mut seed = 1u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 24
        };
        let noise: Vec<u8> = (0..200_000).map(|_| random() as u8).collect();
        let soft: Vec<u8> = (0..300_000u32).map(|i| (i / 700) as u8 ^ (random() % 5) as u8).collect();
        let text: Vec<u8> = b"strips and tiles, tiles and strips; ".iter().copied().cycle().take(90_000).collect();
        let mut mixed = noise.clone();
        mixed.extend(&text);
        mixed.extend(vec![7; 100_000]);
        mixed.extend(&soft);
        let samples: [Vec<u8>; 8] =
            [vec![], vec![5], b"abc".to_vec(), vec![0; 70_000], noise.clone(), soft, text.clone(), mixed];
        let mut encoder = Encoder::default();
        for level in [0, 3, 6, 9] {
            for data in &samples {
                let n = there_and_back(data, level, &mut encoder);
                assert!(n <= data.len() + data.len() / 5_000 + 20, "{n} of {} at level {level}", data.len());
            }
            assert!(there_and_back(&text, level, &mut encoder) < 1_000);
            for len in (1..90).chain([32_767, 32_768, 32_769, 65_535, 65_536]) {
                there_and_back(&samples[5][..len], level, &mut encoder);
                there_and_back(&noise[..len], level, &mut encoder);
            }
        }
    }

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
