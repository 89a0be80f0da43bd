/// Writes bits, lowest first.
pub(crate) struct BitWriter {
    out: Vec<u8>,
    buffer: u64,
    count: u32,
}

impl BitWriter {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        BitWriter { out: Vec::with_capacity(bytes), buffer: 0, count: 0 }
    }

    /// Appends the lowest `n` (at most 32) bits of `value`, which has no others.
    #[inline(always)]
    pub(crate) fn put(&mut self, value: u32, n: u32) {
        self.buffer |= u64::from(value) << self.count;
        self.count += n;
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.buffer as u32).to_le_bytes());
            self.buffer >>= 32;
            self.count -= 32;
        }
    }

    /// What was written, the last byte begun, and how many bits of it are used; 0 if it is full.
    pub(crate) fn unfinished(self) -> (Vec<u8>, usize) {
        let used = (self.count % 8) as usize;
        (self.finish(), used)
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.buffer.to_le_bytes()[..bytes]);
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_bits_first() {
        let mut w = BitWriter::with_capacity(0);
        w.put(1, 1);
        w.put(0b10, 2);
        w.put(0xabcd_1234, 32);
        w.put(0, 0);
        assert_eq!(w.finish(), [0xa5, 0x91, 0x68, 0x5e, 0x05]);
    }
}
