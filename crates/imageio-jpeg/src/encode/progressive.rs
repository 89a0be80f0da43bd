//! Entropy coding of progressive scans (T.81 G.1.2), in the order of scans that libjpeg uses.

use super::super::scan::Block;
use super::super::tables::ZIGZAG;
use super::Model;
use super::entropy::{Symbols, category};

/// A scan of a progressive file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) components: Vec<usize>,
    pub(crate) ss: usize,
    pub(crate) se: usize,
    pub(crate) ah: u32,
    pub(crate) al: u32,
}

impl Plan {
    fn new(components: impl IntoIterator<Item = usize>, band: (usize, usize), bits: (u32, u32)) -> Self {
        Plan { components: components.into_iter().collect(), ss: band.0, se: band.1, ah: bits.0, al: bits.1 }
    }
}

/// The scans of a picture of `n` components.
pub(crate) fn plan(model: Model, n: usize) -> Vec<Plan> {
    let dc = |bits| Plan::new(0..n, (0, 0), bits);
    let one = |c: usize, band, bits| Plan::new([c], band, bits);
    if model == Model::YCbCr {
        return vec![
            dc((0, 1)),
            one(0, (1, 5), (0, 2)),
            one(2, (1, 63), (0, 1)),
            one(1, (1, 63), (0, 1)),
            one(0, (6, 63), (0, 2)),
            one(0, (1, 63), (2, 1)),
            dc((1, 0)),
            one(2, (1, 63), (1, 0)),
            one(1, (1, 63), (1, 0)),
            one(0, (1, 63), (1, 0)),
        ];
    }
    let mut plans = vec![dc((0, 1))];
    for (band, bits) in [((1, 5), (0, 2)), ((6, 63), (0, 2)), ((1, 63), (2, 1))] {
        plans.extend((0..n).map(|c| one(c, band, bits)));
    }
    plans.push(dc((1, 0)));
    plans.extend((0..n).map(|c| one(c, (1, 63), (1, 0))));
    plans
}

/// Correction bits that are held back at most while a run of ends of bands lasts.
const MAX_HELD: usize = 1000 - 63;

/// The state of an AC scan.
pub(crate) struct Band<'s, S> {
    to: &'s mut S,
    table: usize,
    ss: u32,
    se: u32,
    /// Places `ss` to `se`.
    band: u64,
    al: u32,
    run: u32,
    held: Vec<bool>,
}

impl<'s, S: Symbols> Band<'s, S> {
    pub(crate) fn new(to: &'s mut S, table: usize, plan: &Plan) -> Self {
        let (ss, se) = (plan.ss as u32, plan.se as u32);
        let band = (u64::MAX << ss) & (u64::MAX >> (63 - se.min(63)));
        Band { to, table, ss, se, band, al: plan.al, run: 0, held: Vec::new() }
    }

    /// Writes the run of ends of bands that is pending.
    #[inline(always)]
    pub(crate) fn flush(&mut self) {
        if self.run > 0 {
            self.write_run();
        }
    }

    #[inline(never)]
    fn write_run(&mut self) {
        let size = self.run.ilog2();
        self.to.ac(self.table, size << 4, size, self.run & ((1 << size) - 1));
        self.run = 0;
        for bit in self.held.drain(..) {
            self.to.raw(bit.into(), 1);
        }
    }

    /// Ends a restart interval.
    pub(crate) fn restart(&mut self) {
        self.flush();
        self.to.restart();
    }

    /// The first scan of a band; `mask` says in zigzag order which coefficients are not zero.
    #[inline(always)]
    pub(crate) fn first(&mut self, block: &Block, mask: u64) {
        let mut left = mask & self.band;
        let mut before = self.ss;
        while left != 0 {
            let k = left.trailing_zeros();
            left &= left - 1;
            let value = i32::from(block[usize::from(ZIGZAG[(k & 63) as usize] & 63)]);
            let magnitude = value.unsigned_abs() >> self.al;
            if magnitude == 0 {
                continue;
            }
            let mut zeros = k - before;
            before = k + 1;
            self.flush();
            while zeros > 15 {
                self.to.ac(self.table, 0xF0, 0, 0);
                zeros -= 16;
            }
            let (size, bits) = category(if value < 0 { -(magnitude as i32) } else { magnitude as i32 });
            self.to.ac(self.table, (zeros << 4) | size, size, bits);
        }
        if before <= self.se {
            self.run += 1;
            if self.run == 0x7FFF {
                self.flush();
            }
        }
    }

    /// A scan that adds one bit to a band; `mask` says in zigzag order which coefficients are not zero.
    #[inline(always)]
    pub(crate) fn refine(&mut self, block: &Block, mask: u64) {
        // Those that are not zero at this precision, and of them the last that was at the one before.
        let (mut seen, mut last_new) = (0u64, 0);
        let mut left = mask & self.band;
        while left != 0 {
            let k = left.trailing_zeros();
            left &= left - 1;
            let magnitude = u32::from(block[usize::from(ZIGZAG[(k & 63) as usize] & 63)].unsigned_abs()) >> self.al;
            seen |= u64::from(magnitude != 0) << k;
            if magnitude == 1 {
                last_new = k;
            }
        }
        let (mut zeros, mut before) = (0, self.ss);
        // Correction bits, the first in bit 0.
        let (mut corrections, mut count) = (0u64, 0);
        while seen != 0 {
            let k = seen.trailing_zeros();
            seen &= seen - 1;
            zeros += k - before;
            before = k + 1;
            while zeros > 15 && k <= last_new {
                self.flush();
                self.to.ac(self.table, 0xF0, 0, 0);
                zeros -= 16;
                self.corrections(&mut corrections, &mut count);
            }
            let value = block[usize::from(ZIGZAG[(k & 63) as usize] & 63)];
            let magnitude = u32::from(value.unsigned_abs()) >> self.al;
            if magnitude > 1 {
                corrections |= u64::from(magnitude & 1) << count;
                count += 1;
                continue;
            }
            self.flush();
            self.to.ac(self.table, (zeros << 4) | 1, 1, (value >= 0).into());
            self.corrections(&mut corrections, &mut count);
            zeros = 0;
        }
        zeros += self.se + 1 - before;
        if zeros > 0 || count > 0 {
            self.run += 1;
            self.held.extend((0..count).map(|i| corrections >> i & 1 == 1));
            if self.run == 0x7FFF || self.held.len() > MAX_HELD {
                self.flush();
            }
        }
    }

    fn corrections(&mut self, bits: &mut u64, count: &mut u32) {
        for i in 0..*count {
            self.to.raw((*bits >> i & 1) as u32, 1);
        }
        (*bits, *count) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_every_coefficient_is_planned_once() {
        for (model, n) in [(Model::Gray, 1), (Model::YCbCr, 3), (Model::InvertedCmyk, 4)] {
            for component in 0..n {
                let mut known = [u32::MAX; 64];
                for plan in plan(model, n).iter().filter(|p| p.components.contains(&component)) {
                    for bit in &mut known[plan.ss..=plan.se] {
                        assert_eq!(if plan.ah == 0 { u32::MAX } else { plan.ah }, *bit);
                        *bit = plan.al;
                    }
                }
                assert_eq!(known, [0; 64]);
            }
        }
    }
}
