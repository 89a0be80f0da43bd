//! Huffman codes, and how the stream describes them.

use crate::bits::BitWriter;

/// Longest code of a symbol.
const MAX_LENGTH: u8 = 15;

/// Lengths and bits of a code; bits are in the order in which they are written.
pub(crate) struct Code {
    lengths: Vec<u8>,
    bits: Vec<u16>,
}

impl Code {
    /// The best code for symbols that occur so often.
    pub(crate) fn new(counts: &[u32]) -> Self {
        let lengths = lengths(counts, MAX_LENGTH);
        let bits = canonical(&lengths);
        Code { lengths, bits }
    }

    /// The bits of a symbol, and their number above bit 16.
    #[inline(always)]
    pub(crate) fn packed(&self, symbol: usize) -> u32 {
        u32::from(self.bits[symbol]) | u32::from(self.lengths[symbol]) << 16
    }

    /// Describes the code, and drops the bits of one that has a single symbol.
    pub(crate) fn describe(&mut self, w: &mut BitWriter) {
        let used: Vec<usize> = (0..self.lengths.len()).filter(|s| self.lengths[*s] > 0).collect();
        if used.len() <= 2 && used.iter().all(|s| *s < 256) {
            let first = used.first().copied().unwrap_or(0) as u32;
            w.put(1, 1);
            w.put(u32::from(used.len() == 2), 1);
            w.put(u32::from(first > 1), 1);
            w.put(first, if first > 1 { 8 } else { 1 });
            match used.get(1) {
                Some(second) => w.put(*second as u32, 8),
                None => self.lengths.fill(0),
            }
            return;
        }
        if let [only] = used[..] {
            // A code of one long symbol has no short description: give it a partner.
            self.lengths[0] = 1;
            self.lengths[only] = 1;
            self.bits = canonical(&self.lengths);
        }
        describe_lengths(w, &self.lengths);
    }
}

/// Lengths as the format packs them: runs of equal lengths are short.
fn describe_lengths(w: &mut BitWriter, lengths: &[u8]) {
    const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let end = lengths.iter().rposition(|l| *l > 0).map_or(0, |k| k + 1);
    let mut tokens: Vec<(u8, u32, u32)> = Vec::new();
    let mut previous = 8;
    let mut rest = &lengths[..end];
    while let Some(&length) = rest.first() {
        let mut run = rest.iter().take_while(|l| **l == length).count();
        rest = &rest[run..];
        if length == 0 {
            while run > 0 {
                let n = run.min(138);
                match n {
                    1 | 2 => (0..n).for_each(|_| tokens.push((0, 0, 0))),
                    3..=10 => tokens.push((17, n as u32 - 3, 3)),
                    _ => tokens.push((18, n as u32 - 11, 7)),
                }
                run -= n;
            }
            continue;
        }
        if length != previous {
            tokens.push((length, 0, 0));
            previous = length;
            run -= 1;
        }
        while run > 0 {
            let n = run.min(6);
            match n {
                1 | 2 => (0..n).for_each(|_| tokens.push((length, 0, 0))),
                _ => tokens.push((16, n as u32 - 3, 2)),
            }
            run -= n;
        }
    }
    let mut counts = [0u32; 19];
    for (symbol, ..) in &tokens {
        counts[usize::from(*symbol)] += 1;
    }
    let code_lengths = self::lengths(&counts, 7);
    let bits = canonical(&code_lengths);
    let sent = ORDER.iter().rposition(|s| code_lengths[*s] > 0).map_or(4, |k| (k + 1).max(4));
    w.put(0, 1);
    w.put(sent as u32 - 4, 4);
    for symbol in &ORDER[..sent] {
        w.put(u32::from(code_lengths[*symbol]), 3);
    }
    // A code of one symbol takes no bits.
    let single = code_lengths.iter().filter(|l| **l > 0).count() == 1;
    // A count is needed only where lengths are left out, and there are at least two.
    if end == lengths.len() {
        w.put(0, 1);
    } else {
        let n = tokens.len().max(2) as u32 - 2;
        let pairs = (32 - n.leading_zeros()).div_ceil(2).max(1);
        w.put(1, 1);
        w.put(pairs - 1, 3);
        w.put(n, 2 * pairs);
    }
    for (symbol, extra, n) in tokens {
        let symbol = usize::from(symbol);
        if !single {
            w.put(u32::from(bits[symbol]), u32::from(code_lengths[symbol]));
        }
        w.put(extra, n);
    }
}

/// Lengths of the best code none of which is longer than `limit`. A single symbol has length 1.
fn lengths(counts: &[u32], limit: u8) -> Vec<u8> {
    let mut used: Vec<(u32, usize)> =
        counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(s, n)| (*n, s)).collect();
    let mut out = vec![0u8; counts.len()];
    if let [(_, only)] = used[..] {
        out[only] = 1;
        return out;
    }
    if used.is_empty() {
        return out;
    }
    used.sort_unstable();
    let mut least = 1;
    loop {
        // Raising the rarest symbols makes the tree flatter, until it is flat enough.
        let weights: Vec<u64> = used.iter().map(|(n, _)| u64::from((*n).max(least))).collect();
        let depths = depths(&weights);
        if depths.iter().all(|d| *d <= limit) {
            for ((_, symbol), depth) in used.iter().zip(depths) {
                out[*symbol] = depth;
            }
            return out;
        }
        least *= 2;
    }
}

/// Depths of the leaves of the Huffman tree over weights in ascending order.
fn depths(weights: &[u64]) -> Vec<u8> {
    let n = weights.len();
    // Two queues: leaves in order, and inner nodes, which come about in order.
    let mut parents = vec![0usize; 2 * n - 1];
    let mut sums: Vec<u64> = Vec::with_capacity(n);
    let (mut leaf, mut inner) = (0, 0);
    for node in n..2 * n - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let take_leaf = leaf < n && (inner >= sums.len() || weights[leaf] <= sums[inner]);
            if take_leaf {
                sum += weights[leaf];
                parents[leaf] = node;
                leaf += 1;
            } else {
                sum += sums[inner];
                parents[n + inner] = node;
                inner += 1;
            }
        }
        sums.push(sum);
    }
    let mut depth = vec![0u8; 2 * n - 1];
    for node in (0..2 * n - 2).rev() {
        depth[node] = depth[parents[node]].saturating_add(1);
    }
    depth.truncate(n);
    depth
}

/// Bits of the canonical code of some lengths, reversed for a stream that begins with the lowest.
fn canonical(lengths: &[u8]) -> Vec<u16> {
    let mut per_length = [0u16; 17];
    for length in lengths.iter().filter(|l| **l > 0) {
        per_length[usize::from(*length)] += 1;
    }
    let mut next = [0u16; 17];
    for length in 1..16 {
        next[length + 1] = (next[length] + per_length[length]) << 1;
    }
    lengths
        .iter()
        .map(|length| match length {
            0 => 0,
            n => {
                let slot = &mut next[usize::from(*n)];
                let bits = slot.reverse_bits() >> (16 - n);
                *slot += 1;
                bits
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_huffman() {
        assert_eq!(lengths(&[1, 0, 1, 2, 4], 15), [3, 0, 3, 2, 1]);
        assert_eq!(lengths(&[0, 5], 15), [0, 1]);
        let fibonacci: Vec<u32> = (0..24)
            .scan((1, 1), |s, _| {
                *s = (s.1, s.0 + s.1);
                Some(s.0)
            })
            .collect();
        let limited = lengths(&fibonacci, 15);
        assert!(limited.iter().all(|l| (1..=15).contains(l)));
        let kraft: f64 = limited.iter().map(|l| 0.5f64.powi(i32::from(*l))).sum();
        assert!(kraft <= 1.0);
    }

    #[test]
    fn canonical_bits_are_reversed() {
        assert_eq!(canonical(&[2, 1, 3, 3]), [0b01, 0b0, 0b011, 0b111]);
    }
}
