//! ThunderScan: runs and small differences of 4-bit pixels, each row for itself.

/// Decodes rows of `columns` pixels into packed pixels, the first in the high half of a byte; returns how many bytes
/// of whole rows there were.
pub(crate) fn decode(data: &[u8], columns: usize, to: &mut [u8]) -> usize {
    let mut codes = data.iter().copied();
    let row_bytes = columns.div_ceil(2).max(1);
    let mut done = 0;
    for row in to.chunks_exact_mut(row_bytes) {
        let mut line = Line { row, columns, at: 0, last: 0 };
        while line.at < columns {
            let Some(code) = codes.next() else { return done };
            line.code(code);
        }
        done += row_bytes;
    }
    done
}

/// A row on its way; every row begins after a pixel of 0.
struct Line<'r> {
    row: &'r mut [u8],
    columns: usize,
    at: usize,
    last: u8,
}

impl Line<'_> {
    /// One byte: its upper two bits say what the others are.
    fn code(&mut self, code: u8) {
        match code >> 6 {
            // The last pixel again, so many times.
            0 => (0..code & 63).for_each(|_| self.put(self.last)),
            // Three differences of two bits; 2 stands for none.
            1 => [code >> 4, code >> 2, code].map(|d| d & 3).into_iter().filter(|d| *d != 2).for_each(|d| {
                self.put(self.last.wrapping_add([0, 1, 0, 15][usize::from(d)]));
            }),
            // Two differences of three bits; 4 stands for none.
            2 => [code >> 3, code].map(|d| d & 7).into_iter().filter(|d| *d != 4).for_each(|d| {
                self.put(self.last.wrapping_add([0, 1, 2, 3, 0, 13, 14, 15][usize::from(d)]));
            }),
            _ => self.put(code),
        }
    }

    /// A pixel; those beyond the row are dropped.
    fn put(&mut self, pixel: u8) {
        self.last = pixel & 15;
        if self.at < self.columns {
            if let Some(byte) = self.row.get_mut(self.at / 2) {
                *byte = if self.at % 2 == 0 { self.last << 4 } else { *byte | self.last };
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        // A raw 5, twice again, +1 0 -1, +3 -3, and a second row of a raw 9 and its run.
        let data = [0xc5, 0x02, 0b01_01_00_11, 0b10_011_101, 0xc9, 0x07];
        let mut out = [0xff; 8];
        assert_eq!(decode(&data, 8, &mut out), 8);
        assert_eq!(out, [0x55, 0x56, 0x65, 0x85, 0x99, 0x99, 0x99, 0x99]);
        // Pixels that are left out, and a row of an odd number.
        let mut out = [0; 2];
        assert_eq!(decode(&[0xc3, 0b01_10_01_10, 0b10_100_010], 3, &mut out), 2);
        assert_eq!(out, [0x34, 0x60]);
        assert_eq!(decode(&[0xc3], 3, &mut out), 0);
    }
}
