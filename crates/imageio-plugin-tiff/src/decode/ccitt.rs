//! CCITT fax compressions: modified Huffman (2), Group 3 (3) and Group 4 (4); ITU-T T.4 and T.6, TIFF 6.0
//! sections 10 and 11.

use std::sync::OnceLock;

use imageio_core::{Error, Result};

use super::ccitt_tables::{BLACK, BOTH, WHITE};

/// Which of the compressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Modified Huffman without line ends; every row begins with a byte (or with two, for `32771`).
    Rle { words: bool },
    /// T.4, with rows in two dimensions if `two_d`.
    Group3 { two_d: bool },
    /// T.6.
    Group4,
}

/// Decodes rows of `width` pixels into `out`, whose rows begin with a byte each; black is 1.
pub(crate) fn decode(data: &[u8], scheme: Scheme, width: usize, out: &mut [u8]) -> Result<()> {
    let row_bytes = width.div_ceil(8).max(1);
    let width = u32::try_from(width).map_err(|_| Error::malformed("a fax page of more than 2³² columns"))?;
    let mut lines = Lines { bits: Bits::new(data), width, reference: Vec::new(), current: Vec::new() };
    let rows = out.len() / row_bytes;
    for (row, to) in out.chunks_exact_mut(row_bytes).enumerate() {
        let more = match scheme {
            Scheme::Rle { words } => {
                lines.bits.align(if words { 16 } else { 8 });
                lines.one_dimension()?;
                true
            }
            Scheme::Group3 { two_d } => lines.group3(two_d)?,
            Scheme::Group4 => lines.two_dimensions()?,
        };
        if !more {
            // The page ended early by its own word: what is left is white.
            break;
        }
        if lines.bits.overrun() {
            return Err(Error::malformed(format!("fax data end in row {row} of {rows}")));
        }
        paint(&lines.current, to);
        std::mem::swap(&mut lines.reference, &mut lines.current);
    }
    Ok(())
}

/// Sets the bits of every second run.
fn paint(changes: &[u32], row: &mut [u8]) {
    for pair in changes.chunks(2) {
        let start = pair.first().map_or(0, |v| *v as usize);
        let end = pair.get(1).map_or(start, |v| *v as usize);
        if start >= end {
            continue;
        }
        let (first, last) = (start / 8, (end - 1) / 8);
        let head = 0xffu8 >> (start % 8);
        let tail = 0xffu8 << (7 - (end - 1) % 8);
        if first == last {
            if let Some(byte) = row.get_mut(first) {
                *byte |= head & tail;
            }
            continue;
        }
        if let Some(byte) = row.get_mut(first) {
            *byte |= head;
        }
        if let Some(middle) = row.get_mut(first + 1..last) {
            middle.fill(0xff);
        }
        if let Some(byte) = row.get_mut(last) {
            *byte |= tail;
        }
    }
}

struct Lines<'d> {
    bits: Bits<'d>,
    width: u32,
    /// Columns where the colour changes in the row above, beginning with the first black one.
    reference: Vec<u32>,
    current: Vec<u32>,
}

impl Lines<'_> {
    /// A row of Group 3; `false` at the end of the page.
    fn group3(&mut self, two_d: bool) -> Result<bool> {
        let mut ends = 0;
        let mut one_dimension = true;
        while self.bits.line_end() {
            ends += 1;
            if two_d {
                one_dimension = self.bits.take(1) == 1;
            }
            // Six line ends in a row end the page; after two there is no row between them either.
            if ends >= 6 {
                return Ok(false);
            }
        }
        if ends >= 2 && self.bits.at_end() {
            return Ok(false);
        }
        let result = if one_dimension { self.one_dimension() } else { self.two_dimensions().map(|_| ()) };
        if result.is_err() {
            // A line that the telephone spoiled: as much as was read, then on with the next.
            let width = self.width;
            self.current.retain(|c| *c <= width);
            if !self.bits.find_line_end() {
                return Err(Error::malformed("fax data are damaged and no further line is found"));
            }
        }
        Ok(true)
    }

    fn one_dimension(&mut self) -> Result<()> {
        self.current.clear();
        let mut at = 0u32;
        let mut black = false;
        while at < self.width {
            let run = self.run(black)?;
            at = at.saturating_add(run);
            if at > self.width {
                return Err(self.damage());
            }
            self.current.push(at);
            black = !black;
        }
        Ok(())
    }

    /// A row coded by its differences from the one above; `false` at the end of the page.
    fn two_dimensions(&mut self) -> Result<bool> {
        self.current.clear();
        let width = self.width;
        let mut at: i64 = -1;
        let mut black = false;
        let mut k = 0usize;
        while at < i64::from(width) {
            // b1: the first change above, right of here, towards the other colour.
            if k % 2 != usize::from(black) {
                k = if k > 0 { k - 1 } else { k + 1 };
            }
            while k >= 2 && self.reference.get(k - 2).is_some_and(|c| i64::from(*c) > at) {
                k -= 2;
            }
            while self.reference.get(k).is_some_and(|c| i64::from(*c) <= at) {
                k += 2;
            }
            let above = |k: usize| self.reference.get(k).copied().unwrap_or(width);
            let b1 = above(k);
            let shift = match self.bits.peek(7) {
                code if code & 0x40 != 0 => self.bits.skip(1, 0),
                code if code >> 4 == 0b011 => self.bits.skip(3, 1),
                code if code >> 4 == 0b010 => self.bits.skip(3, -1),
                code if code >> 4 == 0b001 => {
                    self.bits.skip(3, 0);
                    let start = at.max(0) as u32;
                    let first = self.run(black)?;
                    let second = self.run(!black)?;
                    let a1 = start.saturating_add(first);
                    let a2 = a1.saturating_add(second);
                    if a2 > width {
                        return Err(self.damage());
                    }
                    self.current.push(a1);
                    self.current.push(a2);
                    at = i64::from(a2);
                    continue;
                }
                code if code >> 3 == 0b0001 => {
                    let b2 = above(k + 1);
                    self.bits.skip(4, 0);
                    at = i64::from(b2);
                    continue;
                }
                code if code >> 1 == 0b000_011 => self.bits.skip(6, 2),
                code if code >> 1 == 0b000_010 => self.bits.skip(6, -2),
                0b000_0011 => self.bits.skip(7, 3),
                0b000_0010 => self.bits.skip(7, -3),
                0b000_0001 => {
                    return Err(Error::unsupported("the uncompressed mode of fax data").with("byte", self.bits.byte()));
                }
                _ => {
                    // Two line ends: the page is over.
                    if self.bits.peek(12) == 1 && self.current.is_empty() {
                        return Ok(false);
                    }
                    return Err(self.damage());
                }
            };
            let a1 = i64::from(b1) + shift;
            if a1 < at.max(0) || a1 > i64::from(width) {
                return Err(self.damage());
            }
            self.current.push(a1 as u32);
            at = a1;
            black = !black;
        }
        Ok(true)
    }

    fn run(&mut self, black: bool) -> Result<u32> {
        let tables = tables();
        let (table, width) = if black { (&tables.black, 13) } else { (&tables.white, 12) };
        let mut sum = 0u32;
        loop {
            let (run, bits) = table.get(self.bits.peek(width) as usize).copied().unwrap_or((0, 0));
            if bits == 0 || self.bits.overrun() {
                return Err(self.damage());
            }
            self.bits.skip(u32::from(bits), 0);
            sum = sum.saturating_add(u32::from(run));
            if run < 64 {
                return Ok(sum);
            }
        }
    }

    fn damage(&self) -> Error {
        let what = if self.bits.overrun() { "fax data end within a row" } else { "no fax code" };
        Error::malformed(what).with("byte", self.bits.byte())
    }
}

struct Tables {
    white: Vec<(u16, u8)>,
    black: Vec<(u16, u8)>,
}

/// For every sequence of 12 or 13 bits, the run that it begins with and the bits of its code.
fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let fill = |codes: &[(u16, u8, u16)], width: u8| {
            let mut table = vec![(0, 0); 1 << width];
            for (run, bits, code) in codes.iter().chain(BOTH) {
                let free = width - bits;
                let start = usize::from(*code) << free;
                if let Some(part) = table.get_mut(start..start + (1 << free)) {
                    part.fill((*run, *bits));
                }
            }
            table
        };
        Tables { white: fill(WHITE, 12), black: fill(BLACK, 13) }
    })
}

/// Bits from the highest of each byte; zeros follow the end.
struct Bits<'d> {
    data: &'d [u8],
    /// Next bit.
    at: usize,
}

impl<'d> Bits<'d> {
    fn new(data: &'d [u8]) -> Self {
        Bits { data, at: 0 }
    }

    #[inline]
    fn peek(&self, n: u32) -> u32 {
        let byte = self.at / 8;
        let four = match self.data.get(byte..byte + 4).and_then(|b| <[u8; 4]>::try_from(b).ok()) {
            Some(four) => u32::from_be_bytes(four),
            None => (byte..byte + 4).fold(0, |v, k| v << 8 | u32::from(self.data.get(k).copied().unwrap_or(0))),
        };
        (four << (self.at % 8)) >> (32 - n)
    }

    fn take(&mut self, n: u32) -> u32 {
        let v = self.peek(n);
        self.at += n as usize;
        v
    }

    #[inline]
    fn skip(&mut self, n: u32, shift: i64) -> i64 {
        self.at += n as usize;
        shift
    }

    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn overrun(&self) -> bool {
        self.at > self.data.len() * 8
    }

    fn at_end(&self) -> bool {
        self.at + 8 > self.data.len() * 8
    }

    fn byte(&self) -> usize {
        self.at / 8
    }

    /// Takes a line end with the fill bits before it, if there is one here.
    fn line_end(&mut self) -> bool {
        if self.peek(11) != 0 {
            return false;
        }
        let mut at = self.at + 11;
        while at < self.data.len() * 8 {
            let byte = self.data.get(at / 8).copied().unwrap_or(0);
            if at % 8 == 0 && byte == 0 {
                at += 8;
                continue;
            }
            if byte >> (7 - at % 8) & 1 == 1 {
                self.at = at + 1;
                return true;
            }
            at += 1;
        }
        false
    }

    /// Goes to the next line end, which is then still to be taken.
    fn find_line_end(&mut self) -> bool {
        let mut zeros = 0;
        while self.at < self.data.len() * 8 {
            let bit = self.data.get(self.at / 8).copied().unwrap_or(0) >> (7 - self.at % 8) & 1;
            if bit == 1 && zeros >= 11 {
                self.at -= 11;
                return true;
            }
            zeros = if bit == 0 { zeros + 1 } else { 0 };
            self.at += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_prefix_free_and_complete() {
        for (codes, width) in [(WHITE, 12u8), (BLACK, 13)] {
            let mut seen = vec![0u8; 1 << width];
            for (_, bits, code) in codes.iter().chain(BOTH) {
                let free = width - bits;
                for slot in &mut seen[usize::from(*code) << free..(usize::from(*code) + 1) << free] {
                    *slot += 1;
                }
            }
            assert!(seen.iter().all(|n| *n <= 1));
        }
    }

    #[test]
    fn a_row_of_modified_huffman() {
        // 2 white (0111), 3 black (10), 3 white (1000): 0111 10 1000 .. = 0x7A 0x00
        let mut out = [0];
        decode(&[0b0111_1010, 0b0000_0000], Scheme::Rle { words: false }, 8, &mut out).unwrap();
        assert_eq!(out, [0b0011_1000]);
    }

    #[test]
    fn group4_repeats_rows() {
        // Row 1: H, 2 white, 3 black, then V0 to the end; row 2: V0 V0 V0.
        let bits = "001 0111 10 1 1 1 1 000000000001000000000001";
        let bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        let data: Vec<u8> =
            bits.chunks(8).map(|c| c.iter().enumerate().fold(0, |v, (k, b)| v | b << (7 - k))).collect();
        let mut out = [0xffu8; 0].to_vec();
        out.resize(3, 0);
        decode(&data, Scheme::Group4, 8, &mut out).unwrap();
        // The page says that it ends after two rows: the third is white.
        assert_eq!(out, [0b0011_1000, 0b0011_1000, 0]);
        assert!(decode(&data[..1], Scheme::Group4, 8, &mut [0; 3]).is_err());
    }

    #[test]
    fn runs_paint_bits() {
        let mut row = [0; 4];
        paint(&[3, 5, 7, 26, 30, 32], &mut row);
        assert_eq!(row, [0b0001_1001, 0xff, 0xff, 0b1100_0011]);
    }
}
