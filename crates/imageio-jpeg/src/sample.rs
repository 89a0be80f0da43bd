//! Samples as they leave the decoder: `u8`, or `u16` for 12 bits and for lossless frames.

use imageio_core::Element;

use super::scan::Block;
use super::{color, idct, simd, upsample};

/// A type of samples, with the inner loops that may be faster for one than for the other.
pub(crate) trait Sample: Element {
    /// Bits of a DCT-coded sample of this type.
    const BITS: u32;
    /// Largest value of a DCT-coded sample.
    const MAX: i32 = (1 << Self::BITS) - 1;
    /// Half of the range: where chroma is neutral.
    const CENTER: i32 = 1 << (Self::BITS - 1);

    fn to_i32(self) -> i32;
    /// The sample of a lossless frame, which has no more bits than the type.
    fn exact(value: u16) -> Self;
    /// The nearest sample of a DCT-coded frame.
    fn clamped(value: i32) -> Self;

    /// Dequantises and transforms blocks, side by side, into eight rows, `stride` samples apart.
    fn idct_row(blocks: &[Block], quant: &[i16; 64], out: &mut [Self], stride: usize);

    /// Doubles a row in width with a triangle filter.
    fn h2v1(input: &[Self], out: &mut [Self]) {
        upsample::h2v1(input, out, 0);
    }

    /// As [`h2v1`](Self::h2v1) between two rows, the nearer one counting three times.
    fn h2v2(near: &[Self], far: &[Self], sums: &mut Vec<i16>, out: &mut [Self]) {
        upsample::h2v2(near, far, sums, out);
    }

    /// A row of Y'CbCr to RGB.
    fn ycc_to_rgb(y: &[Self], cb: &[Self], cr: &[Self], out: &mut [Self]) {
        color::ycc_to_rgb(y, cb, cr, out);
    }
}

impl Sample for u8 {
    const BITS: u32 = 8;

    #[inline(always)]
    fn to_i32(self) -> i32 {
        self.into()
    }

    #[inline(always)]
    fn exact(value: u16) -> Self {
        value as u8
    }

    #[inline(always)]
    fn clamped(value: i32) -> Self {
        value.clamp(0, 255) as u8
    }

    fn idct_row(blocks: &[Block], quant: &[i16; 64], out: &mut [Self], stride: usize) {
        if !simd::idct_row(blocks, quant, out, stride) {
            idct::idct_row::<Self, 2>(blocks, quant, out, stride);
        }
    }

    fn h2v1(input: &[Self], out: &mut [Self]) {
        let done = simd::h2v1(input, out);
        upsample::h2v1(input, out, done);
    }

    fn h2v2(near: &[Self], far: &[Self], sums: &mut Vec<i16>, out: &mut [Self]) {
        let done = simd::h2v2(near, far, out);
        upsample::h2v2_tail(near, far, sums, out, done);
    }

    fn ycc_to_rgb(y: &[Self], cb: &[Self], cr: &[Self], out: &mut [Self]) {
        let done = simd::ycc_to_rgb(y, cb, cr, out);
        let rest = |row: &'_ [Self]| row.len().min(done);
        color::ycc_to_rgb(&y[rest(y)..], &cb[rest(cb)..], &cr[rest(cr)..], out.get_mut(3 * done..).unwrap_or_default());
    }
}

impl Sample for u16 {
    const BITS: u32 = 12;

    #[inline(always)]
    fn to_i32(self) -> i32 {
        self.into()
    }

    #[inline(always)]
    fn exact(value: u16) -> Self {
        value
    }

    #[inline(always)]
    fn clamped(value: i32) -> Self {
        value.clamp(0, <Self as Sample>::MAX) as u16
    }

    fn idct_row(blocks: &[Block], quant: &[i16; 64], out: &mut [Self], stride: usize) {
        idct::idct_row::<Self, 1>(blocks, quant, out, stride);
    }
}
