//! Arrays to write: smooth enough for lossy formats, with every kind of value for lossless ones.

use imageio_core::ndarray::{ArrayD, Dimension, IxDyn};
use imageio_core::{Dtype, Element, NdImage, dispatch};

/// A picture of `dtype` and `shape`: gradients with a wave in them, over the dtype's useful range.
pub fn picture(dtype: Dtype, shape: &[usize]) -> NdImage {
    dispatch!(dtype, T => NdImage::from(make::<T>(shape)))
}

#[doc(hidden)]
pub fn make<T: Element>(shape: &[usize]) -> ArrayD<T> {
    let top = match T::DTYPE {
        Dtype::Bool | Dtype::F16 | Dtype::F32 | Dtype::F64 | Dtype::C64 | Dtype::C128 => 1.0,
        Dtype::U8 => 255.0,
        Dtype::I8 => 127.0,
        Dtype::U16 => 65_535.0,
        Dtype::I16 => 32_767.0,
        Dtype::U32 => 4_294_967_295.0,
        Dtype::I32 => 2_147_483_647.0,
        // Beyond 2^53 an f64 would round and the comparison with it.
        Dtype::U64 | Dtype::I64 => 9_007_199_254_740_991.0,
    };
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let along = |axis: usize| at.slice().get(axis).map_or(0.0, |n| *n as f64);
        let (y, x, channel) = (along(0), along(1), along(2));
        let wave = 0.5 + 0.25 * (x / 5.0 + channel).sin() + 0.25 * (y / 7.0 - channel).cos();
        if T::DTYPE == Dtype::Bool {
            return T::from_f64(f64::from(u8::from((x + 2.0 * y) % 5.0 < 2.0)));
        }
        if T::DTYPE.is_complex() {
            return T::from_c128(imageio_core::C128::new(wave, 1.0 - wave * wave));
        }
        T::from_f64((wave * top).floor_if(T::DTYPE.is_integer()))
    })
}

trait FloorIf {
    fn floor_if(self, yes: bool) -> Self;
}

impl FloorIf for f64 {
    fn floor_if(self, yes: bool) -> f64 {
        if yes { self.floor() } else { self }
    }
}

/// Peak signal-to-noise ratio in decibels; infinite for equal arrays. `None` if shape or dtype differ.
pub fn psnr(a: &NdImage, b: &NdImage) -> Option<f64> {
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        return None;
    }
    let cast = |i: &NdImage| i.cast::<f64>(imageio_core::Cast::Wrap).ok();
    let (x, y) = (cast(a)?, cast(b)?);
    let peak = match a.dtype() {
        Dtype::U8 => 255.0,
        Dtype::U16 => 65_535.0,
        _ => x.iter().fold(0.0f64, |m, v| m.max(v.abs())).max(1e-12),
    };
    let sum: f64 = x.iter().zip(y.iter()).map(|(a, b)| (a - b) * (a - b)).sum();
    let mse = sum / x.len().max(1) as f64;
    Some(if mse == 0.0 { f64::INFINITY } else { 10.0 * (peak * peak / mse).log10() })
}

/// A small generator of pseudo-random numbers, the same in every run.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number (xorshift64*).
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n` (0 for `n` = 0).
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next_u64() % n as u64) as usize }
    }

    /// So many bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| (self.next_u64() >> 32) as u8).collect()
    }
}
