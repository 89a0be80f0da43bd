//! Quantisation tables and division by them.

use super::super::tables::{CHROMA_QUANT, LUMA_QUANT};

/// The typical tables scaled for a quality of 0 to 100, as the Independent JPEG Group's library scales them.
pub(crate) fn tables(quality: u8) -> [[u16; 64]; 2] {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    [LUMA_QUANT, CHROMA_QUANT].map(|table| table.map(|q| ((u32::from(q) * scale + 50) / 100).clamp(1, 255) as u16))
}

/// Division by a table as multiplications of 16-bit numbers: `((|x| + correction) * reciprocal >> 16) * scale >>
/// 16` is `|x| / divisor` rounded to the nearest (Agner Fog, "Optimizing subroutines in assembly language", 16.9).
pub(crate) struct Divisors {
    pub(crate) reciprocal: [u16; 64],
    pub(crate) correction: [u16; 64],
    pub(crate) scale: [u16; 64],
}

impl Divisors {
    /// For a quantisation table; the forward transform gives values that are 8 times too large.
    pub(crate) fn new(table: &[u16; 64]) -> Self {
        let mut out = Divisors { reciprocal: [0; 64], correction: [0; 64], scale: [0; 64] };
        for (i, q) in table.iter().enumerate() {
            let divisor = u32::from(*q) * 8;
            let mut shift = 16 + divisor.ilog2();
            let (mut quotient, rest) = ((1u32 << shift) / divisor, (1u32 << shift) % divisor);
            let mut correction = divisor / 2;
            if rest == 0 {
                quotient >>= 1;
                shift -= 1;
            } else if rest <= divisor / 2 {
                correction += 1;
            } else {
                quotient += 1;
            }
            out.reciprocal[i] = quotient as u16;
            out.correction[i] = correction as u16;
            out.scale[i] = (1u32 << (32 - shift)) as u16;
        }
        out
    }

    /// A value of the forward transform divided by divisor `i`.
    #[inline]
    pub(crate) fn divide(&self, i: usize, value: i16) -> i16 {
        let magnitude = u32::from(value.unsigned_abs().wrapping_add(self.correction[i]));
        let quotient = (((magnitude * u32::from(self.reciprocal[i])) >> 16) * u32::from(self.scale[i])) >> 16;
        if value < 0 { -(quotient as i16) } else { quotient as i16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_to_nearest() {
        let mut table = [1; 64];
        for first in (1..=255).step_by(64) {
            for (i, q) in table.iter_mut().enumerate() {
                *q = (first + i as u16).min(255);
            }
            let divisors = Divisors::new(&table);
            for value in -16_500..=16_500i16 {
                for i in 0..64 {
                    let d = i32::from(table[i]) * 8;
                    let exact = (i32::from(value.abs()) + d / 2) / d * i32::from(value.signum());
                    assert_eq!(i32::from(divisors.divide(i, value)), exact, "{value} / {d}");
                }
            }
        }
    }

    #[test]
    fn scaling() {
        assert_eq!(tables(50)[0], LUMA_QUANT);
        assert_eq!(tables(100)[1], [1; 64]);
        assert_eq!(tables(75)[0][..3], [8, 6, 5]);
        assert_eq!(tables(1)[0][63], 255);
    }
}
