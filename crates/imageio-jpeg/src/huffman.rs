//! Huffman tables for decoding (T.81 C.2, F.2.2.3).

use imageio_core::{Error, Result};

use super::bits::Bits;
use super::tables::HuffmanSpec;

const LOOK: u32 = 10;

/// A table made for decoding.
pub(crate) struct Huffman {
    /// By the next 10 bits: length of the code (0 if it is longer) and its symbol.
    look: [(u8, u8); 1 << LOOK],
    /// By the next 10 bits, where a code and the value behind it fit into them: the value in the upper half,
    /// the run of zeros in bits 8 to 15, the bits of both together in bits 0 to 7; otherwise 0.
    fast: [i32; 1 << LOOK],
    /// By length: the first code, left-aligned in 16 bits, that is *longer*.
    limit: [u32; 18],
    /// By length: what to add to a code to get the index of its symbol.
    offset: [i32; 17],
    symbols: [u8; 256],
}

/// The value of `size` extra bits, left-aligned in `bits` (T.81 F.2.2.1, EXTEND).
#[inline(always)]
pub(crate) fn extend(bits: u64, size: u32) -> i32 {
    if size == 0 {
        return 0;
    }
    let value = (bits >> (64 - size)) as i32;
    // A leading 0 means a negative number.
    let negative = !((bits as i64) >> 63) as i32;
    value + (negative & (1 - (1 << size)))
}

impl Huffman {
    /// Builds a table from the number of codes of each length and the symbols.
    pub(crate) fn new(counts: &[u8; 16], list: &[u8]) -> Result<Self> {
        let mut table = Huffman {
            look: [(0, 0); 1 << LOOK],
            fast: [0; 1 << LOOK],
            limit: [0; 18],
            offset: [0; 17],
            symbols: [0; 256],
        };
        let (mut code, mut index) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let count = usize::from(*count);
            table.offset[length as usize] = index as i32 - code as i32;
            let end = code + count as u32;
            if end > 1 << length || index + count > list.len() || index + count > 256 {
                return Err(Error::malformed("a Huffman table with more codes than can be"));
            }
            for symbol in &list[index..index + count] {
                table.symbols[index] = *symbol;
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    table.look[first..first + (1 << (LOOK - length))].fill((length as u8, *symbol));
                }
                index += 1;
                code += 1;
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        table.limit[17] = u32::MAX;
        for (at, (length, symbol)) in table.look.iter().enumerate() {
            let (length, size) = (u32::from(*length), u32::from(symbol & 15));
            if length > 0 && size > 0 && length + size <= LOOK {
                let value = extend((at as u64) << (64 - LOOK + length), size);
                table.fast[at] = (value << 16) | (i32::from(symbol >> 4) << 8) | (length + size) as i32;
            }
        }
        Ok(table)
    }

    /// One of the typical tables.
    pub(crate) fn standard(spec: &HuffmanSpec) -> Option<Self> {
        Self::new(&spec.counts, spec.symbols).ok()
    }

    /// The next symbol; needs 16 bits in hand. Sets `corrupt` and gives 0 where no code fits.
    #[inline(always)]
    pub(crate) fn symbol(&self, bits: &mut Bits<'_>, corrupt: &mut bool) -> u8 {
        let (length, symbol) = self.look[(bits.peek() >> (64 - LOOK)) as usize];
        if length != 0 {
            bits.skip(u32::from(length));
            return symbol;
        }
        let (length, symbol, known) = self.long_symbol((bits.peek() >> 48) as u32);
        bits.skip(length);
        *corrupt |= !known;
        symbol
    }

    /// The next difference of a DC value from the one before (F.2.2.1).
    #[inline(always)]
    pub(crate) fn difference(&self, bits: &mut Bits<'_>, corrupt: &mut bool) -> i32 {
        bits.refill();
        let size = u32::from(self.symbol(bits, corrupt) & 15);
        let difference = extend(bits.peek(), size);
        bits.skip(size);
        difference
    }

    /// Length and symbol of a code that is not in `look`; `false` if there is none.
    #[inline(never)]
    fn long_symbol(&self, code: u32) -> (u32, u8, bool) {
        for length in LOOK + 1..=16 {
            if code < self.limit[length as usize] {
                let index = (code >> (16 - length)) as i32 + self.offset[length as usize];
                return (length, self.symbols[(index & 255) as usize], true);
            }
        }
        (16, 0, false)
    }

    /// What the next bits mean if code and value are short: value, run and length as `fast` has them.
    #[inline(always)]
    pub(crate) fn fast(&self, bits: &Bits<'_>) -> i32 {
        self.fast[(bits.peek() >> (64 - LOOK)) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::{AC_LUMA, DC_LUMA};
    use super::*;

    #[test]
    fn extend_follows_the_standard() {
        assert_eq!(extend(0b1 << 63, 1), 1);
        assert_eq!(extend(0, 1), -1);
        assert_eq!(extend(0b011 << 61, 3), -4);
        assert_eq!(extend(0b100 << 61, 3), 4);
        assert_eq!(extend(0, 0), 0);
    }

    #[test]
    fn typical_codes() {
        // 00 is category 0, 1110 category 6 of the DC table; 1111111111111110 is symbol FA of the AC table.
        let mut bits = Bits::new(&[0b0011_1011, 0xFF, 0, 0xFE, 0], 0);
        let mut bad = false;
        let dc = Huffman::standard(&DC_LUMA).unwrap();
        let ac = Huffman::standard(&AC_LUMA).unwrap();
        bits.refill();
        assert_eq!(dc.symbol(&mut bits, &mut bad), 0);
        assert_eq!(dc.symbol(&mut bits, &mut bad), 6);
        bits.skip(2);
        bits.refill();
        assert_eq!(ac.symbol(&mut bits, &mut bad), 0xFA);
        assert!(!bad);
    }

    #[test]
    fn overfull_tables_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Huffman::new(&counts, &[1, 2, 3]).is_err());
        counts[0] = 2;
        assert!(Huffman::new(&counts, &[1]).is_err());
    }
}
