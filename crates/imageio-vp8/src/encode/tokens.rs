//! Coefficients as decisions: counting them, choosing probabilities by the counts, writing them.

use super::cost::{Decisions, bit_cost, large_path, put_extra};
use crate::bits::BoolWriter;
use crate::tables::{BANDS, COEF_UPDATE_PROBS, CoefProbs, DEFAULT_COEF_PROBS};

/// Where the decisions of a block go.
trait Tokens {
    fn node(&mut self, band: usize, context: usize, node: usize, bit: bool);
    /// Extra bits and sign.
    fn value(&mut self, level: i16);
}

/// Walks through the decisions of one block (RFC 6386, 13.2).
#[inline(always)]
fn walk(to: &mut impl Tokens, context: usize, first: usize, end: usize, levels: &[i16]) {
    let (mut n, mut context) = (first, context);
    to.node(BANDS[n], context, 0, end > first);
    if end <= first {
        return;
    }
    for level in levels {
        let band = BANDS[n];
        let size = usize::from(level.unsigned_abs());
        n += 1;
        to.node(band, context, 1, size > 0);
        if size == 0 {
            // A block does not end with zeros, so nothing is asked.
            context = 0;
            continue;
        }
        to.node(band, context, 2, size > 1);
        if size > 1 {
            for (node, bit) in large_path(size) {
                to.node(band, context, *node, *bit);
            }
        }
        to.value(*level);
        context = size.min(2);
        if n < 16 {
            to.node(BANDS[n], context, 0, n < end);
        }
    }
}

/// Falses and trues of each node, by band and context, for one kind of block.
type PlaneCounts = [[[[u32; 2]; 11]; 3]; 8];

/// How often each decision came out false and true.
#[derive(Clone)]
pub(super) struct Counts(Box<[PlaneCounts; 4]>);

impl Counts {
    pub(super) fn new() -> Self {
        Counts(Box::new([[[[[0; 2]; 11]; 3]; 8]; 4]))
    }

    pub(super) fn block(&mut self, plane: usize, context: usize, first: usize, end: usize, levels: &[i16]) {
        walk(&mut Counting(&mut self.0[plane]), context, first, end, levels);
    }

    pub(super) fn add(&mut self, other: &Counts) {
        let to = self.0.as_flattened_mut().as_flattened_mut().as_flattened_mut().as_flattened_mut();
        let from = other.0.as_flattened().as_flattened().as_flattened().as_flattened();
        for (to, from) in to.iter_mut().zip(from) {
            *to += from;
        }
    }

    /// The probabilities that are worth being sent.
    pub(super) fn probabilities(&self) -> Box<CoefProbs> {
        let mut probs = Box::new(DEFAULT_COEF_PROBS);
        let counts = self.0.as_flattened().as_flattened().as_flattened();
        let all = probs.as_flattened_mut().as_flattened_mut().as_flattened_mut();
        let updates = COEF_UPDATE_PROBS.as_flattened().as_flattened().as_flattened();
        for ((prob, counts), update) in all.iter_mut().zip(counts).zip(updates) {
            let [zeros, ones] = counts.map(u64::from);
            if zeros + ones == 0 {
                continue;
            }
            let best = (255 - 255 * ones / (zeros + ones)) as u8;
            let cost = |p: u8| zeros * u64::from(bit_cost(false, p)) + ones * u64::from(bit_cost(true, p));
            let sent = cost(best) + u64::from(bit_cost(true, *update)) + 8 * 256;
            if sent < cost(*prob) + u64::from(bit_cost(false, *update)) {
                *prob = best;
            }
        }
        probs
    }
}

struct Counting<'a>(&'a mut PlaneCounts);

impl Tokens for Counting<'_> {
    #[inline(always)]
    fn node(&mut self, band: usize, context: usize, node: usize, bit: bool) {
        self.0[band][context][node][usize::from(bit)] += 1;
    }

    #[inline(always)]
    fn value(&mut self, _: i16) {}
}

/// Writes one block.
pub(super) fn put_block(
    to: &mut BoolWriter,
    probs: &[[[u8; 11]; 3]; 8],
    context: usize,
    first: usize,
    end: usize,
    levels: &[i16],
) {
    walk(&mut Putting { to, probs }, context, first, end, levels);
}

struct Putting<'a> {
    to: &'a mut BoolWriter,
    probs: &'a [[[u8; 11]; 3]; 8],
}

impl Tokens for Putting<'_> {
    #[inline(always)]
    fn node(&mut self, band: usize, context: usize, node: usize, bit: bool) {
        Decisions::bit(self.to, bit, self.probs[band][context][node]);
    }

    #[inline(always)]
    fn value(&mut self, level: i16) {
        put_extra(self.to, usize::from(level.unsigned_abs()));
        self.to.flag(level < 0);
    }
}
