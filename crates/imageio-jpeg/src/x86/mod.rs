//! The inner loops with the instructions of x86: same results as the plain ones.
//!
//! Everything here is called from [`simd`](super::simd), under AVX2 or SSE4.2.

pub(crate) mod blocks;
pub(crate) mod rows;
pub(crate) mod wide_rows;

/// What runs where only SSE4.2 is known to be there.
pub(crate) mod sse {
    pub(crate) use super::blocks::narrow::{fdct_row, idct_row};
    pub(crate) use super::rows::{h2v1, h2v2, halve, nonzero, rgb_to_ycc, ycc_to_rgb};
}

/// What runs with AVX2.
pub(crate) mod avx2 {
    pub(crate) use super::blocks::wide::{fdct_row, idct_row};
    pub(crate) use super::rows::{h2v1, h2v2, halve};
    pub(crate) use super::wide_rows::{nonzero, rgb_to_ycc, ycc_to_rgb};
}
