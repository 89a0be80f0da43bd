//! Deflate as zlib streams (RFC 1950, RFC 1951), made for pictures: noisy samples, where most matches cost more bits
//! than the literals that they replace. What a match saves is estimated from what codes cost so far.

use super::deflate_block::{Bits, Counts, DISTANCES, LITERALS, MATCH, Token, distance_symbol, length_symbol, send};

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

#[derive(Clone, Copy, Default)]
struct Match {
    length: usize,
    distance: usize,
    /// Saved against literals, in fractions of a bit.
    gain: i32,
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
        let mut bits = Bits::new(out);
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
        self.send(data, &rest, last, bits);
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
        self.send(data, &block, false, bits);
        segment
    }

    fn send(&self, data: &[u8], block: &Block, last: bool, bits: &mut Bits<'_>) {
        let tokens = self.tokens.get(block.tokens.clone()).unwrap_or_default();
        send(data.get(block.data.clone()).unwrap_or_default(), tokens, &block.counts, last, bits);
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
}
