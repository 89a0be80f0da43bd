//! Quantisation.

use crate::tables::{AC_STEPS, DC_STEPS, ZIGZAG};

/// How one kind of block is quantised. Everything fits 16 bits, so that processors take eight at a time.
#[derive(Clone, Copy)]
pub(super) struct Matrix {
    /// Steps, the first for the average.
    step: [i16; 16],
    /// 65536 / step, rounded up so that whole multiples of a step stay whole.
    reciprocal: [u16; 16],
    /// What is added before the division.
    bias: [u16; 16],
}

impl Matrix {
    /// `round` is what is added before cutting off, in 1/256 of a step; less than a half makes zeros likelier, which
    /// is cheaper by more than it is worse.
    fn new(dc: u16, ac: u16, round: [u32; 2]) -> Self {
        let step = |i: usize| u32::from(if i == 0 { dc } else { ac });
        Matrix {
            step: std::array::from_fn(|i| step(i) as i16),
            reciprocal: std::array::from_fn(|i| 65536u32.div_ceil(step(i)) as u16),
            bias: std::array::from_fn(|i| (round[usize::from(i > 0)] * step(i) / 256) as u16),
        }
    }

    /// Quantises coefficients from position `first` on. Gives levels in the order of the stream, the position behind
    /// the last one that is not 0, and writes back what the decoder will see.
    #[inline(always)]
    pub(super) fn quantize(&self, coefs: &mut [i16; 16], first: usize) -> ([i16; 16], usize) {
        let mut raster = [0i16; 16];
        for i in 0..16 {
            let c = coefs[i];
            let sum = u32::from(c.unsigned_abs() + self.bias[i]);
            let level = ((sum * u32::from(self.reciprocal[i])) >> 16) as i16;
            // Steps are at least 4 and coefficients below 4096 (averages: below 32768 at steps from 8 on), so that no
            // level is beyond what the format has.
            raster[i] = if c < 0 { -level } else { level };
        }
        if first == 1 {
            raster[0] = 0;
        }
        for i in 0..16 {
            coefs[i] = raster[i].wrapping_mul(self.step[i]);
        }
        let mut levels = [0i16; 16];
        let mut set = 0u32;
        for n in 0..16 {
            levels[n] = raster[ZIGZAG[n]];
            set |= u32::from(levels[n] != 0) << n;
        }
        (levels, (32 - set.leading_zeros()) as usize)
    }
}

/// Everything that follows from the quality.
pub(super) struct Quantizer {
    /// Index of steps in the frame header, 0 to 127.
    pub index: u8,
    pub uv_dc_delta: i32,
    pub uv_ac_delta: i32,
    pub y: Matrix,
    pub y2: Matrix,
    pub uv: Matrix,
    /// Squared error that a cost of 1/256 bit is worth.
    pub lambda: f32,
    /// The same in the measure of the rough choice.
    pub rough_lambda: f32,
    /// Loop filter level.
    pub filter: u8,
}

impl Quantizer {
    /// For a quality from 0 to 100, on the scale of libwebp.
    pub(super) fn new(quality: f32) -> Self {
        let q = f64::from(quality.clamp(0.0, 100.0)) / 100.0;
        // Twice as fine from 75 on, and a cube root since file size grows faster than quality.
        let linear = if q < 0.75 { q * (2.0 / 3.0) } else { 2.0 * q - 1.0 };
        let index = (127.0 * (1.0 - linear.cbrt())).clamp(0.0, 127.0) as usize;
        // Two indices finer for chroma, whose errors spread over four pixels.
        let (uv_dc_delta, uv_ac_delta) = (-2i32, -2i32);
        let at = |delta: i32| (index as i32 + delta).clamp(0, 127) as usize;
        let y = Matrix::new(DC_STEPS[index], AC_STEPS[index], [96, 90]);
        let y2 = Matrix::new(2 * DC_STEPS[index], (u32::from(AC_STEPS[index]) * 155 / 100).max(8) as u16, [96, 108]);
        let uv = Matrix::new(DC_STEPS[at(uv_dc_delta)].min(132), AC_STEPS[at(uv_ac_delta)], [118, 128]);
        let step = f32::from(AC_STEPS[index]);
        Quantizer {
            index: index as u8,
            uv_dc_delta,
            uv_ac_delta,
            y,
            y2,
            uv,
            // Found by trying: the best peak signal-to-noise ratio at equal size over photographs.
            lambda: 0.02 * step * step / 256.0,
            rough_lambda: 0.6 * step / 256.0,
            filter: filter_level(AC_STEPS[index]),
        }
    }
}

/// The filter level for a step: about a quarter of it, since steps of a prediction error show as edges of that height.
fn filter_level(step: u16) -> u8 {
    let level = step / 4;
    if level < 2 { 0 } else { level.min(63) as u8 }
}
