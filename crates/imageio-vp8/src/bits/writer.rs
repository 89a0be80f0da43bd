/// Writes booleans of known probability; the counterpart of [`BoolReader`](super::BoolReader).
pub(crate) struct BoolWriter {
    out: Vec<u8>,
    /// Lower end of the interval, with the bits that are not decided yet.
    low: u64,
    /// From 128 to 255 between calls.
    range: u32,
    /// Decided bits in `low` beyond what was put out, less 32.
    bits: i32,
}

impl BoolWriter {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        BoolWriter { out: Vec::with_capacity(bytes), low: 0, range: 255, bits: -32 }
    }

    /// One decision, which is `false` with probability `prob / 256`.
    #[inline(always)]
    pub(crate) fn bit(&mut self, bit: bool, prob: u8) {
        let split = 1 + (((self.range - 1) * u32::from(prob)) >> 8);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.low <<= shift;
        self.bits += shift as i32;
        if self.bits >= 0 {
            self.flush();
        }
    }

    /// Puts out four bytes, and carries into those before where the interval has moved up.
    #[inline(never)]
    fn flush(&mut self) {
        // Eight bits of `low` belong to the range, `bits` more came beyond 32.
        let at = 8 + self.bits;
        let word = self.low >> at;
        if word >> 32 != 0 {
            for byte in self.out.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        self.out.extend_from_slice(&(word as u32).to_be_bytes());
        self.low &= (1 << at) - 1;
        self.bits -= 32;
    }

    pub(crate) fn flag(&mut self, bit: bool) {
        self.bit(bit, 128);
    }

    /// An unsigned number of `n` bits, highest first.
    pub(crate) fn literal(&mut self, value: u32, n: u32) {
        for k in (0..n).rev() {
            self.flag(value >> k & 1 == 1);
        }
    }

    /// A flag whether the number is there, then `n` bits and the sign.
    pub(crate) fn optional_signed(&mut self, value: i32, n: u32) {
        self.flag(value != 0);
        if value != 0 {
            self.literal(value.unsigned_abs(), n);
            self.flag(value < 0);
        }
    }

    /// The bytes: what is decided, and as many zeros as readers look ahead.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let undecided = 32 + self.bits;
        // Nine bits reach the lower end of the interval; the rest only completes the last word.
        let needed = self.out.len() + (undecided as usize + 9).div_ceil(8);
        for _ in 0..64 {
            self.flag(false);
        }
        self.out.truncate(needed);
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BoolReader;

    /// A small generator; the numbers only have to be various.
    fn noise(state: &mut u32) -> u32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *state >> 8
    }

    #[test]
    fn reads_back_what_was_written() {
        let mut seed = 7;
        let decisions: Vec<(bool, u8)> = (0..20_000)
            .map(|_| {
                let prob = (noise(&mut seed) % 256) as u8;
                (noise(&mut seed) % 256 >= u32::from(prob), prob)
            })
            .collect();
        let mut writer = BoolWriter::with_capacity(0);
        for (bit, prob) in &decisions {
            writer.bit(*bit, *prob);
        }
        writer.literal(1234, 11);
        writer.optional_signed(-5, 4);
        writer.optional_signed(0, 4);
        let bytes = writer.finish();
        let mut reader = BoolReader::new(&bytes);
        for (i, (bit, prob)) in decisions.iter().enumerate() {
            assert_eq!(reader.bit(*prob), *bit, "decision {i}");
        }
        assert_eq!(reader.literal(11), 1234);
        assert_eq!((reader.optional_signed(4), reader.optional_signed(4)), (-5, 0));
        assert!(!reader.is_past_end());
    }

    #[test]
    fn carries_run_through() {
        // Improbable decisions at the upper end make long runs of 0xff that a carry has to pass.
        let mut writer = BoolWriter::with_capacity(0);
        for k in 0..4000 {
            writer.bit(k % 97 != 0, 1);
        }
        let bytes = writer.finish();
        let mut reader = BoolReader::new(&bytes);
        for k in 0..4000 {
            assert_eq!(reader.bit(1), k % 97 != 0, "decision {k}");
        }
    }
}
