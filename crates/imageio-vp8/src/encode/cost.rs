//! What decisions cost, in 1/256 bits.

use std::sync::OnceLock;

use crate::bits::BoolWriter;
use crate::predict;
use crate::tables::{
    B_MODE_PROBS, BANDS, CATEGORY3, CATEGORY4, CATEGORY5, CATEGORY6, CoefProbs, UV_MODE_PROBS, Y_MODE_PROBS,
};

/// Largest value of a coefficient.
pub(super) const MAX_LEVEL: usize = 2047;
/// Values beyond this have the same tree path and differ in extra bits only.
const MAX_VARIABLE: usize = 67;

/// Something that takes decisions: a writer, or a counter of bits.
pub(super) trait Decisions {
    fn bit(&mut self, bit: bool, prob: u8);
}

impl Decisions for BoolWriter {
    #[inline(always)]
    fn bit(&mut self, bit: bool, prob: u8) {
        BoolWriter::bit(self, bit, prob);
    }
}

/// Adds up what decisions would cost.
#[derive(Default)]
struct Counter(u32);

impl Decisions for Counter {
    fn bit(&mut self, bit: bool, prob: u8) {
        self.0 += u32::from(bit_cost(bit, prob));
    }
}

/// The cost of one decision.
pub(super) fn bit_cost(bit: bool, prob: u8) -> u16 {
    static TABLE: OnceLock<[u16; 257]> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        // Nothing is impossible: a probability of 0 still leaves 1/256.
        std::array::from_fn(|p| (-256.0 * (p.max(1) as f64 / 256.0).log2()).round() as u16)
    });
    table[if bit { 256 - usize::from(prob) } else { usize::from(prob) }]
}

/// Puts the mode of a 4x4 block.
pub(super) fn put_block_mode(to: &mut impl Decisions, mode: u8, p: &[u8; 9]) {
    // The path through the tree: node and direction.
    let path: &[(usize, bool)] = match mode {
        predict::B_DC => &[(0, false)],
        predict::B_TM => &[(0, true), (1, false)],
        predict::B_VE => &[(0, true), (1, true), (2, false)],
        predict::B_HE => &[(0, true), (1, true), (2, true), (3, false), (4, false)],
        predict::B_RD => &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, false)],
        predict::B_VR => &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, true)],
        predict::B_LD => &[(0, true), (1, true), (2, true), (3, true), (6, false)],
        predict::B_VL => &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, false)],
        predict::B_HD => &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, false)],
        _ => &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, true)],
    };
    for (node, bit) in path {
        to.bit(*bit, p[*node]);
    }
}

/// Puts the luma mode of a macroblock.
pub(super) fn put_luma_mode(to: &mut impl Decisions, mode: u8) {
    let p = &Y_MODE_PROBS;
    to.bit(mode != predict::PER_BLOCK, p[0]);
    if mode != predict::PER_BLOCK {
        let late = mode == predict::TRUE_MOTION || mode == predict::HORIZONTAL;
        to.bit(late, p[1]);
        if late {
            to.bit(mode == predict::TRUE_MOTION, p[3]);
        } else {
            to.bit(mode == predict::VERTICAL, p[2]);
        }
    }
}

/// Puts the chroma mode of a macroblock.
pub(super) fn put_chroma_mode(to: &mut impl Decisions, mode: u8) {
    let p = &UV_MODE_PROBS;
    to.bit(mode != predict::DC, p[0]);
    if mode != predict::DC {
        to.bit(mode != predict::VERTICAL, p[1]);
        if mode != predict::VERTICAL {
            to.bit(mode == predict::TRUE_MOTION, p[2]);
        }
    }
}

/// Puts the extra bits of a value from 5 on, but for its sign.
#[inline(always)]
pub(super) fn put_extra(to: &mut impl Decisions, level: usize) {
    let (extra, probs): (usize, &[u8]) = match level {
        0..=4 => return,
        5..=6 => (level - 5, &[159]),
        7..=10 => (level - 7, &[165, 145]),
        11..=18 => (level - 11, &CATEGORY3),
        19..=34 => (level - 19, &CATEGORY4),
        35..=66 => (level - 35, &CATEGORY5),
        _ => (level - 67, &CATEGORY6),
    };
    for (k, prob) in probs.iter().enumerate() {
        to.bit(extra >> (probs.len() - 1 - k) & 1 == 1, *prob);
    }
}

/// The decisions of the tree for a value from 2 on: node and direction, from node 3 downwards.
#[inline(always)]
pub(super) fn large_path(level: usize) -> &'static [(usize, bool)] {
    match level {
        0..=2 => &[(3, false), (4, false)],
        3 => &[(3, false), (4, true), (5, false)],
        4 => &[(3, false), (4, true), (5, true)],
        5..=6 => &[(3, true), (6, false), (7, false)],
        7..=10 => &[(3, true), (6, false), (7, true)],
        11..=18 => &[(3, true), (6, true), (8, false), (9, false)],
        19..=34 => &[(3, true), (6, true), (8, false), (9, true)],
        35..=66 => &[(3, true), (6, true), (8, true), (10, false)],
        _ => &[(3, true), (6, true), (8, true), (10, true)],
    }
}

/// Costs that never change.
pub(super) struct Fixed {
    /// Extra bits and sign of a value.
    pub level: [u16; MAX_LEVEL + 1],
    /// Mode of a block by the modes above and to the left.
    pub block_mode: [[[u16; 10]; 10]; 10],
    /// Luma mode of a macroblock.
    pub luma_mode: [u16; 5],
    /// Chroma mode of a macroblock.
    pub chroma_mode: [u16; 4],
}

impl Fixed {
    pub(super) fn get() -> &'static Fixed {
        static FIXED: OnceLock<Box<Fixed>> = OnceLock::new();
        FIXED.get_or_init(|| {
            let count = |put: &dyn Fn(&mut Counter)| {
                let mut counter = Counter::default();
                put(&mut counter);
                counter.0 as u16
            };
            let mut fixed = Box::new(Fixed {
                level: [0; MAX_LEVEL + 1],
                block_mode: [[[0; 10]; 10]; 10],
                luma_mode: std::array::from_fn(|m| count(&|c| put_luma_mode(c, m as u8))),
                chroma_mode: std::array::from_fn(|m| count(&|c| put_chroma_mode(c, m as u8))),
            });
            for (level, cost) in fixed.level.iter_mut().enumerate().skip(1) {
                *cost = 256 + count(&|c| put_extra(c, level));
            }
            for (above, costs) in fixed.block_mode.iter_mut().enumerate() {
                for (left, costs) in costs.iter_mut().enumerate() {
                    for (mode, cost) in costs.iter_mut().enumerate() {
                        *cost = count(&|c| put_block_mode(c, mode as u8, &B_MODE_PROBS[above][left]));
                    }
                }
            }
            fixed
        })
    }
}

/// Costs of values by band and context: for context 0 without the decision that the block goes on.
type LevelCosts = [[[u16; MAX_VARIABLE + 1]; 3]; 8];

/// Costs of coefficients under some probabilities.
pub(super) struct Costs {
    level: Box<[LevelCosts; 4]>,
    /// By plane, band and context: that the block ends, that it goes on.
    end: [[[[u16; 2]; 3]; 8]; 4],
    fixed: &'static Fixed,
}

impl Costs {
    pub(super) fn new(probs: &CoefProbs) -> Self {
        let mut costs = Costs {
            level: Box::new([[[[0; MAX_VARIABLE + 1]; 3]; 8]; 4]),
            end: [[[[0; 2]; 3]; 8]; 4],
            fixed: Fixed::get(),
        };
        let probs = probs.as_flattened().as_flattened();
        let tables = costs.level.as_flattened_mut().as_flattened_mut();
        let ends = costs.end.as_flattened_mut().as_flattened_mut();
        for (k, ((p, table), end)) in probs.iter().zip(tables).zip(ends).enumerate() {
            *end = [bit_cost(false, p[0]), bit_cost(true, p[0])];
            let context = k % 3;
            let on = if context > 0 { bit_cost(true, p[0]) } else { 0 };
            table[0] = on + bit_cost(false, p[1]);
            for (level, cost) in table.iter_mut().enumerate().skip(1) {
                *cost = on + bit_cost(true, p[1]) + bit_cost(level > 1, p[2]);
                if level > 1 {
                    *cost += large_path(level).iter().map(|(n, b)| bit_cost(*b, p[*n])).sum::<u16>();
                }
            }
        }
        costs
    }

    /// The cost of a block whose values, in the order of the stream, end at `end`.
    #[inline(always)]
    pub(super) fn block(&self, plane: usize, context: usize, first: usize, end: usize, levels: &[i16; 16]) -> u32 {
        let ends = &self.end[plane];
        if end <= first {
            return u32::from(ends[BANDS[first]][context][0]);
        }
        let tables = &self.level[plane];
        let mut cost = if context == 0 { u32::from(ends[BANDS[first]][0][1]) } else { 0 };
        let mut context = context;
        for n in first..end.min(16) {
            let level = usize::from(levels[n].unsigned_abs());
            let table = &tables[BANDS[n]][context];
            cost += u32::from(table[level.min(MAX_VARIABLE)]) + u32::from(self.fixed.level[level.min(MAX_LEVEL)]);
            context = level.min(2);
        }
        if end < 16 {
            cost += u32::from(ends[BANDS[end]][context][0]);
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{DEFAULT_COEF_PROBS, PLANE_Y};

    #[test]
    fn bits_cost_what_they_tell() {
        assert_eq!((bit_cost(false, 128), bit_cost(true, 128)), (256, 256));
        assert_eq!((bit_cost(false, 255), bit_cost(true, 255)), (1, 2048));
        // One extra bit of probability 159/256, and the sign.
        assert_eq!(Fixed::get().level[5], 256 + bit_cost(false, 159));
        assert_eq!(Fixed::get().luma_mode[4], bit_cost(false, 145));
    }

    #[test]
    fn blocks_cost_the_sum_of_their_decisions() {
        let costs = Costs::new(&DEFAULT_COEF_PROBS);
        let p = &DEFAULT_COEF_PROBS[PLANE_Y];
        assert_eq!(costs.block(PLANE_Y, 1, 0, 0, &[0; 16]), u32::from(bit_cost(false, p[0][1][0])));
        let mut levels = [0; 16];
        (levels[0], levels[2]) = (-1, 2);
        let expected = [
            bit_cost(true, p[0][0][0]),
            bit_cost(true, p[0][0][1]),
            bit_cost(false, p[0][0][2]),
            256,
            bit_cost(true, p[1][1][0]),
            bit_cost(false, p[1][1][1]),
            bit_cost(true, p[2][0][1]),
            bit_cost(true, p[2][0][2]),
            bit_cost(false, p[2][0][3]),
            bit_cost(false, p[2][0][4]),
            256,
            bit_cost(false, p[3][2][0]),
        ];
        let expected: u32 = expected.into_iter().map(u32::from).sum();
        assert_eq!(costs.block(PLANE_Y, 0, 0, 3, &levels), expected);
    }
}
