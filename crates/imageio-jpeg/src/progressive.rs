//! Progressive DCT scans, Huffman coded (T.81 G.1.2).

use imageio_core::Result;

use super::bits::Bits;
use super::coded::Coded;
use super::huffman::{Huffman, extend};
use super::scan::{Block, BlockDecoder, End, Scan, Tables, Walker, nonzero, zigzag_mask};
use super::simd;
use super::tables::ZIGZAG;

/// The state of a progressive Huffman scan.
pub(crate) struct Progressive<'a> {
    coded: Coded<'a>,
    /// By component of the scan: its DC table, or its AC table.
    tables: Vec<Option<&'a Huffman>>,
    /// Blocks to come that hold nothing new in this band.
    end_of_band_run: u32,
    ss: usize,
    se: usize,
    al: u32,
    refine: bool,
    /// Places `ss` to `se`.
    band: u64,
    /// For refinement: which coefficients of the blocks in this row are not zero, and which block is next.
    masks: Vec<u64>,
    next: usize,
}

impl<'a> Progressive<'a> {
    pub(crate) fn new(data: &'a [u8], position: usize, scan: &Scan, tables: &'a Tables) -> Result<Self> {
        let refine = scan.ah != 0;
        let table = |c: &super::scan::ScanComponent| match (scan.ss, refine) {
            (0, true) => Ok(None),
            (0, false) => tables.dc_table(c.dc).map(Some),
            _ => tables.ac_table(c.ac).map(Some),
        };
        Ok(Progressive {
            coded: Coded::new(data, position),
            tables: scan.components.iter().map(table).collect::<Result<_>>()?,
            end_of_band_run: 0,
            ss: scan.ss,
            se: scan.se,
            al: scan.al,
            refine,
            band: (u64::MAX << scan.ss) & (u64::MAX >> (63 - scan.se.min(63))),
            masks: Vec::new(),
            next: 0,
        })
    }

    fn first_dc(&mut self, ci: usize, table: &Huffman, block: &mut Block) {
        let difference = table.difference(&mut self.coded.bits, &mut self.coded.corrupt);
        let prediction = &mut self.coded.predictions[ci & 3];
        *prediction = prediction.wrapping_add(difference);
        block[0] = (*prediction << self.al) as i16;
    }

    #[inline(always)]
    fn first_ac(&mut self, table: &Huffman, block: &mut Block) {
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            return;
        }
        let (mut bits, mut corrupt) = (self.coded.bits, self.coded.corrupt);
        let mut k = self.ss;
        while k <= self.se {
            bits.refill();
            let fast = table.fast(&bits);
            if fast != 0 {
                k += ((fast >> 8) & 15) as usize;
                bits.skip((fast & 255) as u32);
                block[usize::from(ZIGZAG[k & 127] & 63)] = ((fast >> 16) << self.al) as i16;
                k += 1;
                continue;
            }
            let symbol = table.symbol(&mut bits, &mut corrupt);
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    self.end_of_band_run = (1 << run) - 1 + bits.get(run as u32);
                    break;
                }
                k += 16;
                continue;
            }
            k += run;
            block[usize::from(ZIGZAG[k & 127] & 63)] = (extend(bits.peek(), size) << self.al) as i16;
            bits.skip(size);
            k += 1;
        }
        self.coded.bits = bits;
        self.coded.corrupt = corrupt || k > self.se + 1;
    }

    #[inline(always)]
    fn refine_ac(&mut self, table: &Huffman, block: &mut Block) {
        let (mut bits, mut corrupt) = (self.coded.bits, self.coded.corrupt);
        let (plus, minus) = (1i16 << self.al, -1i16 << self.al);
        // Places of the band whose coefficients are known not to be zero: each gets a correction bit.
        let mask = self.masks.get(self.next).copied().unwrap_or_default();
        let mut known = if mask == 0 { 0 } else { zigzag_mask(mask) & self.band };
        let correct = |bits: &mut Bits<'_>, known: &mut u64, block: &mut Block| {
            let k = known.trailing_zeros() as usize;
            *known &= known.wrapping_sub(1);
            let coefficient = &mut block[usize::from(ZIGZAG[k & 127] & 63)];
            if bits.bit() && *coefficient & plus == 0 {
                *coefficient = coefficient.wrapping_add(if *coefficient >= 0 { plus } else { minus });
            }
        };
        let mut k = self.ss as u32;
        let se = self.se as u32;
        if self.end_of_band_run == 0 {
            while k <= se {
                bits.refill();
                let symbol = table.symbol(&mut bits, &mut corrupt);
                let (run, size) = (u32::from(symbol >> 4), symbol & 15);
                let mut value = 0;
                if size != 0 {
                    corrupt |= size != 1;
                    value = if bits.bit() { plus } else { minus };
                } else if run < 15 {
                    self.end_of_band_run = (1 << run) + bits.get(run);
                    break;
                }
                // The place behind `run` zeros, which moves on by each coefficient that is not zero.
                let mut place = k + run;
                while known != 0 && known.trailing_zeros() <= place {
                    correct(&mut bits, &mut known, block);
                    place += 1;
                }
                if place <= se && value != 0 {
                    block[usize::from(ZIGZAG[(place & 127) as usize] & 63)] = value;
                }
                k = place + 1;
            }
        }
        if self.end_of_band_run > 0 {
            while known != 0 {
                correct(&mut bits, &mut known, block);
            }
            self.end_of_band_run -= 1;
        }
        self.coded.bits = bits;
        self.coded.corrupt = corrupt;
    }
}

impl BlockDecoder for Progressive<'_> {
    #[inline(always)]
    fn block(&mut self, ci: usize, block: &mut Block) {
        let Some(table) = self.tables.get(ci).copied() else { return };
        match (table, self.ss, self.refine) {
            (Some(table), 0, _) => self.first_dc(ci, table, block),
            (Some(table), _, false) => self.first_ac(table, block),
            (Some(table), _, true) => self.refine_ac(table, block),
            (None, _, _) => {
                if self.coded.bits.bit() {
                    block[0] |= 1 << self.al;
                }
            }
        }
    }

    fn begin_row(&mut self, row: &[Block]) {
        if self.refine {
            nonzero(row, &mut self.masks);
            self.next = 0;
        }
    }

    #[inline(always)]
    fn end_block(&mut self) {
        self.next += 1;
    }

    fn single_row(walker: &mut Walker<Self>, row: &mut [Block]) {
        simd::progressive_row(walker, row);
    }

    fn restart(&mut self, number: u8) -> bool {
        self.end_of_band_run = 0;
        self.coded.restart(number)
    }

    #[inline(always)]
    fn starved(&self) -> bool {
        self.coded.bits.starved()
    }

    fn end(&self) -> End {
        self.coded.end()
    }
}
