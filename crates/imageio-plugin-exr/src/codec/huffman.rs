//! Deflate of literals alone (RFC 1951), for data in which nothing repeats: the samples of photographs as floats.
//!
//! Searching such data for matches takes nearly all of the time of a general encoder and finds none.

/// Bytes that share one code.
const SEGMENT: usize = 128 << 10;
const END: usize = 256;
const MAX_LEN: usize = 15;
/// The order in which the lengths of the code for lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// `true` if a search for repetitions promises something, judged by two stretches of the data.
pub(crate) fn repeats(data: &[u8]) -> bool {
    const STRETCH: usize = 16 << 10;
    if data.len() < 4 * STRETCH {
        return true;
    }
    let start = |k: usize| (data.len() - STRETCH) / 4 * (2 * k + 1);
    [start(0), start(1)].into_iter().any(|start| {
        let stretch = data.get(start..start + STRETCH).unwrap_or_default();
        let mut seen = vec![0u32; 1 << 12];
        let found = stretch.windows(4).step_by(2).filter(|four| {
            let four = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            let slot = &mut seen[(four.wrapping_mul(0x9E37_79B1) >> 20) as usize];
            std::mem::replace(slot, four) == four
        });
        found.count() > STRETCH / 2 / 32
    })
}

/// A zlib stream of `data`; `None` if it would not be shorter.
pub(crate) fn compress(data: &[u8]) -> Option<Vec<u8>> {
    // The slack lets whole words be written at the end.
    let mut bits = Bits { out: vec![0; data.len() + 16], at: 0, word: 0, count: 0 };
    bits.put(0x0178, 16);
    let mut segments = data.chunks(SEGMENT).peekable();
    while let Some(segment) = segments.next() {
        let mut counts = count(segment);
        counts[END] = 1;
        let lens = lengths(&counts, MAX_LEN);
        let size: u64 = counts.iter().zip(&lens).map(|(n, len)| u64::from(*n) * u64::from(*len)).sum();
        // 19 + 259 lengths of at most 7 bits, and what the header has beside them.
        if bits.at as u64 + size / 8 + 400 > data.len() as u64 {
            return None;
        }
        bits.put(u32::from(segments.peek().is_none()), 1);
        header(&mut bits, &lens);
        let codes = codes(&lens);
        let (threes, rest) = segment.as_chunks::<3>();
        for three in threes {
            for byte in three {
                bits.add(codes[usize::from(*byte)]);
            }
            bits.flush();
        }
        for byte in rest.iter().map(|byte| usize::from(*byte)).chain([END]) {
            bits.add(codes[byte]);
            bits.flush();
        }
    }
    bits.align();
    bits.out.truncate(bits.at);
    bits.out.extend(adler(data).to_be_bytes());
    (bits.out.len() < data.len()).then_some(bits.out)
}

fn count(segment: &[u8]) -> [u32; 257] {
    // Neighbours are often equal; four tables let their increments overlap.
    let mut tables = [[0u32; 256]; 4];
    let (fours, rest) = segment.as_chunks::<4>();
    for four in fours {
        for (table, byte) in tables.iter_mut().zip(four) {
            table[usize::from(*byte)] += 1;
        }
    }
    for byte in rest {
        tables[0][usize::from(*byte)] += 1;
    }
    let mut counts = [0; 257];
    for (k, n) in counts.iter_mut().take(256).enumerate() {
        *n = tables.iter().map(|table| table[k]).sum();
    }
    counts
}

/// Lengths of an optimal code of at most `max` bits; two symbols at least have to occur.
fn lengths(counts: &[u32], max: usize) -> Vec<u8> {
    let mut leaves: Vec<(u32, usize)> =
        counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(symbol, n)| (*n, symbol)).collect();
    leaves.sort_unstable();
    // Leaves and inner nodes are two rows sorted by weight, so that the two lightest are always in front.
    let n = leaves.len();
    let mut weights: Vec<u32> = leaves.iter().map(|(weight, _)| *weight).collect();
    let mut parents = vec![0; 2 * n];
    let (mut leaf, mut inner) = (0, n);
    for node in n..(2 * n).saturating_sub(1) {
        let mut lightest = || {
            let take_leaf = leaf < n && (inner >= node || weights[leaf] <= weights[inner]);
            let next = if take_leaf { &mut leaf } else { &mut inner };
            *next += 1;
            *next - 1
        };
        let pair = [lightest(), lightest()];
        for child in pair {
            parents[child] = node;
        }
        weights.push(weights[pair[0]] + weights[pair[1]]);
    }
    let mut depths = vec![0usize; 2 * n];
    for node in (0..(2 * n).saturating_sub(2)).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    let mut of_len = vec![0usize; max + 1];
    for depth in &depths[..n] {
        of_len[(*depth).min(max)] += 1;
    }
    // Codes that were cut to the longest length take too much room: others are made longer for them.
    let room = |of_len: &[usize]| -> usize { of_len.iter().enumerate().skip(1).map(|(len, k)| k << (max - len)).sum() };
    let mut taken = room(&of_len);
    while taken > 1 << max {
        let Some(len) = (1..max).rev().find(|len| of_len[*len] > 0) else { break };
        of_len[max] -= 1;
        of_len[len] -= 1;
        of_len[len + 1] += 2;
        taken -= 1;
    }
    let mut lens = vec![0; counts.len()];
    let by_weight = (1..=max).rev().flat_map(|len| std::iter::repeat_n(len as u8, of_len[len]));
    for ((_, symbol), len) in leaves.iter().zip(by_weight) {
        lens[*symbol] = len;
    }
    lens
}

/// Code and length of each symbol; codes are reversed, since deflate writes them from their highest bit.
fn codes(lens: &[u8]) -> Vec<(u16, u8)> {
    let mut next = [0u32; MAX_LEN + 2];
    for len in lens.iter().filter(|len| **len > 0) {
        next[usize::from(*len) + 1] += 1;
    }
    for len in 1..next.len() {
        next[len] = (next[len] + next[len - 1]) << 1;
    }
    let code = |len: &u8| {
        if *len == 0 {
            return (0, 0);
        }
        let code = &mut next[usize::from(*len)];
        *code += 1;
        ((*code as u16 - 1).reverse_bits() >> (16 - len), *len)
    };
    lens.iter().map(code).collect()
}

/// A block of dynamic codes (3.2.7), without the run lengths that would save some bytes of it.
fn header(bits: &mut Bits, lens: &[u8]) {
    // Two distance codes that are not used: fewer are not understood everywhere.
    let all: Vec<u8> = lens.iter().copied().chain([1, 1]).collect();
    let mut counts = [0u32; 19];
    for len in &all {
        counts[usize::from(*len)] += 1;
    }
    let len_lens = lengths(&counts, 7);
    let len_codes = codes(&len_lens);
    let used = ORDER.iter().rposition(|symbol| len_lens[*symbol] > 0).map_or(4, |last| (last + 1).max(4));
    bits.put(2, 2);
    bits.put(lens.len() as u32 - 257, 5);
    bits.put(1, 5);
    bits.put(used as u32 - 4, 4);
    for symbol in &ORDER[..used] {
        bits.put(len_lens[*symbol].into(), 3);
    }
    for len in all {
        bits.add(len_codes[usize::from(len)]);
        bits.flush();
    }
}

/// Bits from the lowest on, into memory that is large enough.
struct Bits {
    out: Vec<u8>,
    at: usize,
    word: u64,
    count: u32,
}

impl Bits {
    /// Three codes fit between two flushes.
    #[inline]
    fn add(&mut self, (code, len): (u16, u8)) {
        self.word |= u64::from(code) << self.count;
        self.count += u32::from(len);
    }

    #[inline]
    fn flush(&mut self) {
        if let Some(place) = self.out.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut::<8>()) {
            *place = self.word.to_le_bytes();
        }
        self.at += (self.count / 8) as usize;
        self.word >>= self.count & !7;
        self.count &= 7;
    }

    fn put(&mut self, value: u32, len: u8) {
        self.word |= u64::from(value) << self.count;
        self.count += u32::from(len);
        self.flush();
    }

    fn align(&mut self) {
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }
}

/// The checksum of zlib (RFC 1950, section 9).
fn adler(data: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    let (mut a, mut b) = (1u32, 0u32);
    // 5552 bytes are the most that can be summed before 32 bits overflow.
    for chunk in data.chunks(5552) {
        let (lanes, rest) = chunk.as_chunks::<16>();
        for lane in lanes {
            let sum: u32 = lane.iter().map(|v| u32::from(*v)).sum();
            let weighted: u32 = lane.iter().zip((1..=16).rev()).map(|(v, k): (_, u32)| u32::from(*v) * k).sum();
            b += 16 * a + weighted;
            a += sum;
        }
        for byte in rest {
            a += u32::from(*byte);
            b += a;
        }
        (a, b) = (a % PRIME, b % PRIME);
    }
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::zip::Inflater;

    fn noise(n: usize, mask: u32) -> Vec<u8> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24 & mask) as u8
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn streams_unpack() {
        let skewed: Vec<u8> = (0..40u32).flat_map(|k| vec![k as u8; 1 << (k / 2).min(18)]).collect();
        for data in [noise(100_000, 0x7F), noise(300_001, 0x3F), noise(131_072, 1), vec![7; 5000], skewed] {
            let packed = compress(&data).unwrap();
            assert!(packed.len() < data.len());
            let mut out = vec![0; data.len()];
            Inflater::default().inflate(&packed, &mut out).unwrap();
            assert!(out == data);
        }
        assert_eq!(compress(&noise(100_000, 0xFF)), None);
        assert_eq!(compress(&[]), None);
        assert_eq!(compress(b"abc"), None);
    }

    #[test]
    fn repetition_is_seen() {
        assert!(!repeats(&noise(200_000, 0xFF)));
        assert!(repeats(&noise(9000, 0xFF).repeat(20)));
        assert!(repeats(&vec![0; 100_000]));
    }
}
