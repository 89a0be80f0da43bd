/// Reads booleans of known probability.
///
/// The state is small and `Copy`, so that a hot loop can keep it in registers and store it back at the end.
#[derive(Clone, Copy)]
pub(crate) struct BoolReader<'a> {
    data: &'a [u8],
    at: usize,
    value: u64,
    /// From 128 to 255 between calls.
    range: u32,
    /// Bits in `value` below the eight that the next decision looks at; negative when more must be loaded.
    bits: i32,
    /// Bytes past the end that had to be made up.
    missing: u32,
}

impl<'a> BoolReader<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        BoolReader { data, at: 0, value: 0, range: 255, bits: -8, missing: 0 }
    }

    /// `true` once decisions depend on bytes that are not there. One byte of zeros is granted, as libwebp's own
    /// writer may leave it out.
    #[inline]
    pub(crate) fn is_past_end(&self) -> bool {
        self.missing > 1
    }

    #[inline(always)]
    fn load(&mut self) {
        if let Some(chunk) = self.data.get(self.at..self.at + 8).and_then(|c| <[u8; 8]>::try_from(c).ok()) {
            self.value = (self.value << 48) | (u64::from_be_bytes(chunk) >> 16);
            self.at += 6;
            self.bits += 48;
        } else {
            self.load_byte();
        }
    }

    #[cold]
    #[inline(never)]
    fn load_byte(&mut self) {
        let byte = match self.data.get(self.at) {
            Some(byte) => *byte,
            None => {
                self.missing = self.missing.saturating_add(1);
                0
            }
        };
        self.at += 1;
        self.value = (self.value << 8) | u64::from(byte);
        self.bits += 8;
    }

    /// One decision, which is `false` with probability `prob / 256`.
    #[inline(always)]
    pub(crate) fn bit(&mut self, prob: u8) -> bool {
        if self.bits < 0 {
            self.load();
        }
        let split = 1 + (((self.range - 1) * u32::from(prob)) >> 8);
        let big = u64::from(split) << self.bits;
        let bit = self.value >= big;
        if bit {
            self.range -= split;
            self.value -= big;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.bits -= shift as i32;
        bit
    }

    /// `value` or `-value` by one even decision.
    #[inline(always)]
    pub(crate) fn signed(&mut self, value: i32) -> i32 {
        if self.bits < 0 {
            self.load();
        }
        let split = (self.range + 1) >> 1;
        let big = u64::from(split) << self.bits;
        // Arithmetic instead of a branch: the sign is the one decision that can't be predicted.
        let negative = (self.value >= big) as u64;
        self.value -= big & negative.wrapping_neg();
        let rest = if negative == 1 { self.range - split } else { split };
        let shift = rest.leading_zeros() - 24;
        self.range = rest << shift;
        self.bits -= shift as i32;
        (value ^ -(negative as i32)) + negative as i32
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.bit(128)
    }

    /// An unsigned number of `n` bits, highest first.
    pub(crate) fn literal(&mut self, n: u32) -> u32 {
        (0..n).fold(0, |value, _| (value << 1) | u32::from(self.flag()))
    }

    /// A flag, and if it is set a number of `n` bits with its sign; otherwise 0.
    pub(crate) fn optional_signed(&mut self, n: u32) -> i32 {
        if !self.flag() {
            return 0;
        }
        let value = self.literal(n) as i32;
        if self.flag() { -value } else { value }
    }
}
