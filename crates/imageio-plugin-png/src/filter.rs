//! Filtering rows before compression (PNG specification, section 9).

use crate::options::Filter;

/// Filters rows, keeping the memory that this takes.
pub(crate) struct RowFilter {
    filter: Filter,
    /// Bytes from a byte to the one that corresponds to it in the pixel before.
    step: usize,
    best: Vec<u8>,
    trial: Vec<u8>,
}

/// What the heuristic chooses from. Rows that no filter improves are rare, and cost little under any.
const CANDIDATES: [u8; 4] = [2, 1, 3, 4];

impl RowFilter {
    /// A filter for rows whose pixels take `step` bytes (1 if they take less than one).
    pub fn new(filter: Filter, step: usize) -> Self {
        RowFilter { filter, step, best: Vec::new(), trial: Vec::new() }
    }

    /// Appends the filter type and the filtered row. `above` is the row before, all zeros for the first.
    pub fn apply(&mut self, above: &[u8], row: &[u8], out: &mut Vec<u8>) {
        let kind = match self.filter {
            Filter::None => 0,
            Filter::Sub => 1,
            Filter::Up => 2,
            Filter::Average => 3,
            Filter::Paeth => 4,
            Filter::Adaptive | Filter::Auto => return self.apply_best(above, row, out),
        };
        out.push(kind);
        let start = out.len();
        out.resize(start + row.len(), 0);
        filter(kind, self.step, above, row, &mut out[start..]);
    }

    /// The usual heuristic: the smallest sum of absolute differences compresses best.
    fn apply_best(&mut self, above: &[u8], row: &[u8], out: &mut Vec<u8>) {
        if row == above {
            out.push(2);
            out.resize(out.len() + row.len(), 0);
            return;
        }
        self.best.resize(row.len(), 0);
        self.trial.resize(row.len(), 0);
        let (mut kind, mut least) = (0, u64::MAX);
        for candidate in CANDIDATES {
            filter(candidate, self.step, above, row, &mut self.trial);
            let sum = sum(&self.trial);
            if sum <= least {
                (kind, least) = (candidate, sum);
                std::mem::swap(&mut self.best, &mut self.trial);
            }
            if sum == 0 {
                break;
            }
        }
        out.push(kind);
        out.extend_from_slice(&self.best);
    }
}

/// Sum of the differences, taken as signed bytes.
fn sum(row: &[u8]) -> u64 {
    let of = |block: &[u8]| block.iter().map(|b| u64::from((*b as i8).unsigned_abs())).sum::<u64>();
    let (blocks, rest) = row.as_chunks::<32>();
    blocks.iter().map(|block| of(block)).sum::<u64>() + of(rest)
}

/// Filters one row; `above`, `row` and `out` are of one length.
fn filter(kind: u8, step: usize, above: &[u8], row: &[u8], out: &mut [u8]) {
    let n = row.len();
    let step = step.min(n);
    let (above, out) = (&above[..n], &mut out[..n]);
    // The first pixel has no pixel to its left: zero stands in.
    let (first, rest) = out.split_at_mut(step);
    let (left, here) = (&row[..n - step], &row[step..]);
    let (corner, up) = (&above[..n - step], &above[step..]);
    match kind {
        1 => {
            first.copy_from_slice(&row[..step]);
            each(rest, [here, left, left, left], |x, a, _, _| x.wrapping_sub(a));
        }
        2 => each(out, [row, above, above, above], |x, b, _, _| x.wrapping_sub(b)),
        3 => {
            each(first, [row, above, above, above].map(|s| &s[..step]), |x, b, _, _| x.wrapping_sub(b / 2));
            // The mean, rounded down, without leaving 8 bits.
            each(rest, [here, left, up, up], |x, a, b, _| x.wrapping_sub((a & b) + ((a ^ b) >> 1)));
        }
        4 => {
            each(first, [row, above, above, above].map(|s| &s[..step]), |x, b, _, _| x.wrapping_sub(b));
            each(rest, [here, left, up, corner], |x, a, b, c| x.wrapping_sub(paeth(a, b, c)));
        }
        _ => out.copy_from_slice(row),
    }
}

/// `f` of the bytes at each place. Blocks of a fixed length are what the compiler turns into vector instructions.
#[inline(always)]
fn each(out: &mut [u8], of: [&[u8]; 4], f: impl Fn(u8, u8, u8, u8) -> u8) {
    const BLOCK: usize = 32;
    let (outs, out_rest) = out.as_chunks_mut::<BLOCK>();
    let [(x, x_rest), (a, a_rest), (b, b_rest), (c, c_rest)] = of.map(|s| s.as_chunks::<BLOCK>());
    for ((((out, x), a), b), c) in outs.iter_mut().zip(x).zip(a).zip(b).zip(c) {
        for i in 0..BLOCK {
            out[i] = f(x[i], a[i], b[i], c[i]);
        }
    }
    for ((((out, x), a), b), c) in out_rest.iter_mut().zip(x_rest).zip(a_rest).zip(b_rest).zip(c_rest) {
        *out = f(*x, *a, *b, *c);
    }
}

/// Whichever of left, above and above left is nearest to `left + above - corner`, in arithmetic of 8 bits.
#[inline(always)]
fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let to_a = b.abs_diff(c);
    let to_b = a.abs_diff(c);
    // The corner can be nearest only if it lies between the others; the distances then differ in sign.
    let between = (a < c) == (c < b);
    let to_c = if between { to_a.abs_diff(to_b) } else { u8::MAX };
    let b_or_c = if to_b <= to_c { b } else { c };
    if to_a <= to_b.min(to_c) { a } else { b_or_c }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a decoder does, by the letter of the specification.
    fn undo(kind: u8, step: usize, above: &[u8], data: &[u8]) -> Vec<u8> {
        let mut row: Vec<u8> = Vec::new();
        for (i, byte) in data.iter().enumerate() {
            let a = if i >= step { row[i - step] } else { 0 };
            let b = above[i];
            let c = if i >= step { above[i - step] } else { 0 };
            let prediction = match kind {
                0 => 0,
                1 => a,
                2 => b,
                3 => ((u16::from(a) + u16::from(b)) / 2) as u8,
                _ => {
                    let p = i32::from(a) + i32::from(b) - i32::from(c);
                    let distance = |v: u8| (p - i32::from(v)).abs();
                    match (distance(a), distance(b), distance(c)) {
                        (x, y, z) if x <= y && x <= z => a,
                        (_, y, z) if y <= z => b,
                        _ => c,
                    }
                }
            };
            row.push(byte.wrapping_add(prediction));
        }
        row
    }

    #[test]
    fn every_filter_is_undone() {
        let noise = |seed: u32| (0..101u32).map(move |i| ((i + seed).wrapping_mul(2_654_435_761) >> 13) as u8);
        let (above, row): (Vec<u8>, Vec<u8>) = (noise(1).collect(), noise(77).collect());
        let filters = [Filter::None, Filter::Sub, Filter::Up, Filter::Average, Filter::Paeth, Filter::Adaptive];
        for step in [1, 2, 3, 4, 6, 8] {
            for filter in filters {
                let mut out = Vec::new();
                RowFilter::new(filter, step).apply(&above, &row, &mut out);
                assert_eq!(undo(out[0], step, &above, &out[1..]), row, "{filter:?} {step}");
            }
        }
        let mut out = Vec::new();
        RowFilter::new(Filter::Paeth, 8).apply(&[1, 2], &[3, 4], &mut out);
        assert_eq!(out, [4, 2, 2]);
    }

    #[test]
    fn adaptive_takes_the_smallest() {
        let above: Vec<u8> = (0..100).map(|i| (i * 37) as u8).collect();
        let mut out = Vec::new();
        RowFilter::new(Filter::Adaptive, 1).apply(&above, &above.clone(), &mut out);
        assert_eq!(out[0], 2);
        assert!(out[1..].iter().all(|b| *b == 0));
    }
}
