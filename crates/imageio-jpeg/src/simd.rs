//! The choice of instructions at run time. Each function says how much it has done; the plain loops do the rest.

#![cfg_attr(not(target_arch = "x86_64"), allow(unused_variables))]

use super::encode::Picture;
use super::encode::entropy::{self, Coder, State};
use super::encode::quant::Divisors;
use super::progressive::Progressive;
use super::scan::{Block, Layout, Walker};
use super::sequential::Sequential;

/// Declares a function that runs the one of the same name in `x86` under the best instructions there are.
macro_rules! dispatched {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty, $none:expr) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $ty),*) -> $ret {
            #[cfg(target_arch = "x86_64")]
            {
                use super::x86;
                fearless_simd::kernel!(
                    fn avx2(_level: Avx2, $($arg: $ty),*) -> $ret {
                        x86::avx2::$name($($arg),*)
                    }
                );
                fearless_simd::kernel!(
                    fn sse(_level: Sse4_2, $($arg: $ty),*) -> $ret {
                        x86::sse::$name($($arg),*)
                    }
                );
                let level = fearless_simd::Level::new();
                if let Some(level) = level.as_avx2() {
                    return avx2(level, $($arg),*);
                }
                if let Some(level) = level.as_sse4_2() {
                    return sse(level, $($arg),*);
                }
            }
            $none
        }
    };
}

dispatched! {
    /// The inverse DCT of blocks side by side; `false` if it is yet to be done.
    fn idct_row(blocks: &[Block], quant: &[i16; 64], out: &mut [u8], stride: usize) -> bool, false
}

dispatched! {
    /// The forward DCT of samples into quantised blocks side by side; `false` if it is yet to be done.
    fn fdct_row(samples: &[u8], stride: usize, divisors: &Divisors, blocks: &mut [Block]) -> bool, false
}

dispatched! {
    /// Doubles a row in width; gives the number of input samples that are done.
    fn h2v1(input: &[u8], out: &mut [u8]) -> usize, 0
}

dispatched! {
    /// Doubles in width what lies between two rows; gives the number of input samples that are done.
    fn h2v2(near: &[u8], far: &[u8], out: &mut [u8]) -> usize, 0
}

dispatched! {
    /// A row of Y'CbCr to RGB; gives the number of pixels that are done.
    fn ycc_to_rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) -> usize, 0
}

dispatched! {
    /// A row of RGB to Y'CbCr; gives the number of pixels that are done.
    fn rgb_to_ycc(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) -> usize, 0
}

dispatched! {
    /// Means of neighbours in one row or in two; gives the number of output samples that are done.
    fn halve(a: &[u8], b: &[u8], out: &mut [u8]) -> usize, 0
}

dispatched! {
    /// Which values of each block are not zero, the first in bit 0; gives the number of blocks that are done.
    fn nonzero(blocks: &[Block], masks: &mut [u64]) -> usize, 0
}

/// A row of MCUs of a sequential scan: shifts by variable counts are cheaper with BMI2.
pub(crate) fn sequential_row(
    walker: &mut Walker<Sequential<'_>>,
    mcus_w: usize,
    layout: &[Layout],
    rows: &mut [&mut [Block]],
) {
    #[cfg(target_arch = "x86_64")]
    {
        fearless_simd::kernel!(
            fn avx2(
                _level: Avx2,
                walker: &mut Walker<Sequential<'_>>,
                mcus_w: usize,
                layout: &[Layout],
                rows: &mut [&mut [Block]],
            ) {
                walker.interleaved_row(mcus_w, layout, rows);
            }
        );
        if let Some(level) = fearless_simd::Level::new().as_avx2() {
            return avx2(level, walker, mcus_w, layout, rows);
        }
    }
    walker.interleaved_row(mcus_w, layout, rows);
}

/// A row of MCUs into bits.
pub(crate) fn code_row(
    picture: &Picture<'_>,
    state: &mut State,
    blocks: &[&[Block]],
    masks: &[Vec<u64>],
    to: &mut Coder<'_>,
) {
    #[cfg(target_arch = "x86_64")]
    {
        fearless_simd::kernel!(
            fn avx2(
                _level: Avx2,
                picture: &Picture<'_>,
                state: &mut State,
                blocks: &[&[Block]],
                masks: &[Vec<u64>],
                to: &mut Coder<'_>,
            ) {
                to.locally(|to| entropy::row(picture, state, blocks, masks, to));
            }
        );
        if let Some(level) = fearless_simd::Level::new().as_avx2() {
            return avx2(level, picture, state, blocks, masks, to);
        }
    }
    to.locally(|to| entropy::row(picture, state, blocks, masks, to));
}

/// A row of blocks of a progressive scan.
pub(crate) fn progressive_row(walker: &mut Walker<Progressive<'_>>, row: &mut [Block]) {
    #[cfg(target_arch = "x86_64")]
    {
        fearless_simd::kernel!(
            fn avx2(_level: Avx2, walker: &mut Walker<Progressive<'_>>, row: &mut [Block]) {
                walker.single_row(row);
            }
        );
        if let Some(level) = fearless_simd::Level::new().as_avx2() {
            return avx2(level, walker, row);
        }
    }
    walker.single_row(row);
}
