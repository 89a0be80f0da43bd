//! Bits of an entropy-coded segment (T.81 F.2.2.5): stuffed bytes removed, markers seen coming.

/// A reader of bits, most significant first. Past the end it gives zeros and remembers how many.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    pos: usize,
    /// The next bits, left-aligned; what lies below the first `n` are bits still to be counted, or zeros.
    buf: u64,
    n: u32,
    /// How many of the `n` bits are zeros that the data did not have.
    padded: u32,
}

impl<'a> Bits<'a> {
    /// Starts at `pos` of `data`.
    pub(crate) fn new(data: &'a [u8], pos: usize) -> Self {
        Bits { data, pos, buf: 0, n: 0, padded: 0 }
    }

    /// Makes sure that 32 bits are there.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        if self.n >= 32 {
            return;
        }
        if let Some(chunk) = self.data.get(self.pos..).and_then(|rest| rest.first_chunk::<8>()) {
            let x = u64::from_be_bytes(*chunk);
            if !has_ff(x) {
                self.buf |= x >> self.n;
                let take = (63 - self.n) >> 3;
                self.pos += take as usize;
                self.n += take * 8;
                return;
            }
        }
        // Values in and out, rather than a reference, leave the fast path its registers.
        (self.pos, self.buf, self.n, self.padded) = refill_slowly(self.data, self.pos, self.buf, self.n, self.padded);
    }

    /// The next bits, left-aligned; 32 of them are true after a [`refill`](Self::refill).
    #[inline(always)]
    pub(crate) fn peek(&self) -> u64 {
        self.buf
    }

    /// Drops `count` bits, at most 32 after a [`refill`](Self::refill).
    #[inline(always)]
    pub(crate) fn skip(&mut self, count: u32) {
        self.buf <<= count;
        self.n = self.n.wrapping_sub(count);
    }

    /// The next `count` bits as a number; 0 to 16.
    #[inline(always)]
    pub(crate) fn get(&mut self, count: u32) -> u32 {
        self.refill();
        let value = (self.buf >> 32) as u32;
        self.skip(count);
        if count == 0 { 0 } else { value >> (32 - count) }
    }

    /// The next bit.
    #[inline(always)]
    pub(crate) fn bit(&mut self) -> bool {
        self.get(1) != 0
    }

    /// `true` if bits were read that the data did not have.
    #[inline(always)]
    pub(crate) fn starved(&self) -> bool {
        self.padded > self.n
    }

    /// `true` if the data end here without a marker.
    pub(crate) fn at_end_of_data(&self) -> bool {
        next_marker(self.data, self.pos).is_none()
    }

    /// Where the next byte would be taken from; the place of a marker once one has been met.
    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    /// Forgets the bits in hand and goes on after the restart marker that `number` (0 to 7) says, if it can be
    /// found; with libjpeg's rules of thumb where others are in the way. `false` if it was not right there.
    pub(crate) fn restart(&mut self, number: u8) -> bool {
        self.buf = 0;
        self.n = 0;
        self.padded = 0;
        let start = self.pos;
        while let Some((at, marker)) = next_marker(self.data, self.pos) {
            let found = marker.wrapping_sub(0xD0);
            if found == number {
                self.pos = at + 2;
                return at == start;
            }
            if found > 7 && marker >= 0xC0 {
                // Another segment begins: the rest of this interval is missing.
                self.pos = at;
                return false;
            }
            if found == (number + 1) & 7 || found == (number + 2) & 7 {
                self.pos = at;
                return false;
            }
            self.pos = at + 2;
            if found <= 7 && found != (number + 7) & 7 && found != (number + 6) & 7 {
                return false;
            }
        }
        self.pos = self.data.len();
        false
    }
}

/// Whether one of the eight bytes is 0xFF.
#[inline(always)]
pub(crate) fn has_ff(x: u64) -> bool {
    // Such a byte is zero in the complement, and a zero byte is the only one that a borrow turns negative.
    (!x).wrapping_sub(0x0101_0101_0101_0101) & x & 0x8080_8080_8080_8080 != 0
}

/// Takes bytes one by one: where stuffing, a marker or the end is near.
#[cold]
#[inline(never)]
fn refill_slowly(data: &[u8], mut pos: usize, mut buf: u64, mut n: u32, padded: u32) -> (usize, u64, u32, u32) {
    while n <= 56 {
        let byte = match (data.get(pos), data.get(pos + 1)) {
            (Some(0xFF), Some(0)) => {
                pos += 2;
                0xFF
            }
            // Fill bytes before a marker.
            (Some(0xFF), Some(0xFF)) => {
                pos += 1;
                continue;
            }
            (Some(0xFF), _) | (None, _) => return (pos, buf, 64, padded + 64 - n),
            (Some(byte), _) => {
                pos += 1;
                *byte
            }
        };
        buf |= u64::from(byte) << (56 - n);
        n += 8;
    }
    (pos, buf, n, padded)
}

/// The place and second byte of the next marker at or after `pos`.
pub(crate) fn next_marker(data: &[u8], pos: usize) -> Option<(usize, u8)> {
    let mut at = pos;
    loop {
        at += find_ff(data.get(at..)?)?;
        match data.get(at + 1)? {
            0 => at += 2,
            0xFF => at += 1,
            marker => return Some((at, *marker)),
        }
    }
}

/// The first byte of all ones, looked for in chunks that compile to vector instructions.
fn find_ff(data: &[u8]) -> Option<usize> {
    let chunks = data.chunks_exact(64);
    let before = chunks.clone().take_while(|c| c.iter().fold(0, |any, b| any | u8::from(*b == 0xFF)) == 0).count() * 64;
    Some(before + data.get(before..)?.iter().position(|b| *b == 0xFF)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_fill_and_markers() {
        let data = [0xA5, 0xFF, 0x00, 0x81, 0xFF, 0xFF, 0xD9];
        let mut bits = Bits::new(&data, 0);
        assert_eq!((bits.get(4), bits.get(12), bits.get(8)), (0xA, 0x5FF, 0x81));
        assert!(!bits.starved());
        assert_eq!(bits.get(3), 0);
        assert!(bits.starved() && !bits.at_end_of_data());
        assert_eq!(next_marker(&data, 1), Some((5, 0xD9)));
    }

    #[test]
    fn long_runs_agree_with_single_bits() {
        let data: Vec<u8> = (0..200u32).map(|i| (i * 73 % 251) as u8).collect();
        let mut bits = Bits::new(&data, 0);
        for (i, byte) in data.iter().enumerate() {
            assert_eq!(bits.get(3), u32::from(byte >> 5), "{i}");
            assert_eq!(bits.get(5), u32::from(byte & 31), "{i}");
        }
        bits.get(1);
        assert!(bits.starved() && bits.at_end_of_data());
    }

    #[test]
    fn restarts_resynchronise() {
        let data = [0x12, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD2, 0x78, 0xFF, 0xD9];
        let mut bits = Bits::new(&data, 2);
        assert!(bits.restart(0));
        assert_eq!(bits.get(8), 0x56);
        assert!(!bits.restart(1));
        assert_eq!(bits.position(), 5);
        assert!(bits.restart(2));
        assert_eq!(bits.get(8), 0x78);
    }
}
