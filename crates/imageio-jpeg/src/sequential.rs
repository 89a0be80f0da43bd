//! Sequential DCT scans, Huffman coded (T.81 F.2.2).

use imageio_core::Result;

use super::coded::Coded;
use super::huffman::{Huffman, extend};
use super::scan::{Block, BlockDecoder, End, Layout, Scan, Tables, Walker};
use super::simd;
use super::tables::ZIGZAG;

/// The state of a sequential Huffman scan.
pub(crate) struct Sequential<'a> {
    coded: Coded<'a>,
    tables: Vec<(&'a Huffman, &'a Huffman)>,
}

impl<'a> Sequential<'a> {
    pub(crate) fn new(data: &'a [u8], position: usize, scan: &Scan, tables: &'a Tables) -> Result<Self> {
        let pair = |c: &super::scan::ScanComponent| Ok((tables.dc_table(c.dc)?, tables.ac_table(c.ac)?));
        Ok(Sequential {
            coded: Coded::new(data, position),
            tables: scan.components.iter().map(pair).collect::<Result<_>>()?,
        })
    }
}

impl BlockDecoder for Sequential<'_> {
    #[inline(always)]
    fn block(&mut self, ci: usize, block: &mut Block) {
        let Some((dc, ac)) = self.tables.get(ci) else { return };
        let (mut bits, mut corrupt) = (self.coded.bits, self.coded.corrupt);
        let difference = dc.difference(&mut bits, &mut corrupt);
        let prediction = &mut self.coded.predictions[ci & 3];
        *prediction = prediction.wrapping_add(difference);
        block[0] = *prediction as i16;
        let mut k = 1usize;
        while k < 64 {
            bits.refill();
            let fast = ac.fast(&bits);
            if fast != 0 {
                k += ((fast >> 8) & 15) as usize;
                bits.skip((fast & 255) as u32);
                block[usize::from(ZIGZAG[k & 127] & 63)] = (fast >> 16) as i16;
                k += 1;
                continue;
            }
            let symbol = ac.symbol(&mut bits, &mut corrupt);
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    break;
                }
                k += 16;
                continue;
            }
            k += run;
            block[usize::from(ZIGZAG[k & 127] & 63)] = extend(bits.peek(), size) as i16;
            bits.skip(size);
            k += 1;
        }
        self.coded.bits = bits;
        self.coded.corrupt = corrupt || k > 64;
    }

    fn restart(&mut self, number: u8) -> bool {
        self.coded.restart(number)
    }

    #[inline(always)]
    fn starved(&self) -> bool {
        self.coded.bits.starved()
    }

    fn end(&self) -> End {
        self.coded.end()
    }

    fn interleaved_row(walker: &mut Walker<Self>, mcus_w: usize, layout: &[Layout], rows: &mut [&mut [Block]]) {
        simd::sequential_row(walker, mcus_w, layout, rows);
    }
}
