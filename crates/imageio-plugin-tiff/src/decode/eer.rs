//! Electron events (Thermo Fisher's EER): steps from one pixel that an electron hit to the next, each with the place
//! within the pixel, as a stream of bits of which the lowest of a byte comes first.

/// Sets the bits of the pixels that were hit, in packed rows of `columns` pixels; returns how many bytes the rows have.
pub(crate) fn decode(data: &[u8], (step, within): (u32, u32), columns: usize, to: &mut [u8]) -> usize {
    to.fill(0);
    let row_bytes = columns.div_ceil(8).max(1);
    let count = to.len() / row_bytes * columns;
    let mut bits = Bits { data, at: 0 };
    let mut pixel = 0usize;
    let most = (1usize << step) - 1;
    while let Some(skip) = bits.take(step) {
        pixel += skip;
        // The largest step is one without an electron at its end.
        if skip == most {
            continue;
        }
        if pixel >= count || bits.take(within).is_none() {
            break;
        }
        let (row, column) = (pixel / columns.max(1), pixel % columns.max(1));
        if let Some(byte) = to.get_mut(row * row_bytes + column / 8) {
            *byte |= 0x80 >> (column % 8);
        }
        pixel += 1;
    }
    to.len()
}

/// Numbers of a few bits one after the other.
struct Bits<'d> {
    data: &'d [u8],
    /// The next bit.
    at: usize,
}

impl Bits<'_> {
    /// The next `n` bits, of which there are at most 32; `None` where the data end before.
    fn take(&mut self, n: u32) -> Option<usize> {
        let end = self.at.checked_add(n as usize)?;
        if end > self.data.len() * 8 {
            return None;
        }
        let bytes = self.data.get(self.at / 8..).unwrap_or_default();
        let wide = bytes.iter().take(5).rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let found = wide >> (self.at % 8) & ((1 << n) - 1);
        self.at = end;
        Some(found as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_set() {
        // Steps of 7 bits, 4 bits for the place: 3, then 127 without an event and 2 more.
        let mut wide: u64 = 3 | 5 << 7 | 127 << 11 | 2 << 18 | 9 << 25;
        let mut data = Vec::new();
        while wide > 0 {
            data.push(wide as u8);
            wide >>= 8;
        }
        let mut rows = [0xff; 16 * 2];
        assert_eq!(decode(&data, (7, 4), 10, &mut rows), 32);
        let set: Vec<usize> = (0..160).filter(|k| rows[k / 10 * 2 + k % 10 / 8] & 0x80 >> (k % 10 % 8) != 0).collect();
        assert_eq!(set, [3, 133]);
    }
}
