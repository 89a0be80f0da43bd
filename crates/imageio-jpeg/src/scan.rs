//! Scan headers (T.81 B.2.3), the tables in force, and the walk over the blocks of a scan.

use std::sync::Arc;

use imageio_core::{Error, Result};

use super::frame::{Frame, Process};
use super::huffman::Huffman;
use super::simd;
use super::tables::{AC_CHROMA, AC_LUMA, DC_CHROMA, DC_LUMA, ZIGZAG};

/// An 8×8 block of coefficients, row-major.
pub(crate) type Block = [i16; 64];

/// A component's part in a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanComponent {
    /// Position in the frame.
    pub(crate) index: usize,
    /// Numbers of its entropy tables.
    pub(crate) dc: usize,
    pub(crate) ac: usize,
}

/// A parsed scan header.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(crate) components: Vec<ScanComponent>,
    /// First and last coefficient; for lossless scans `ss` is the predictor.
    pub(crate) ss: usize,
    pub(crate) se: usize,
    /// Bit positions, before and now; for lossless scans `al` is the point transform.
    pub(crate) ah: u32,
    pub(crate) al: u32,
}

impl Scan {
    /// Parses what follows the length of an SOS segment.
    pub(crate) fn parse(payload: &[u8], frame: &Frame) -> Result<Scan> {
        let short = || Error::malformed("the scan header is too short");
        let n = usize::from(*payload.first().ok_or_else(short)?);
        if n == 0 || n > 4 {
            return Err(Error::malformed(format!("a scan of {n} components")));
        }
        let (list, rest) = payload[1..].split_at_checked(2 * n).ok_or_else(short)?;
        let &[ss, se, ahl, ..] = rest else { return Err(short()) };
        let mut components: Vec<ScanComponent> = Vec::with_capacity(n);
        for c in list.chunks_exact(2) {
            let &[id, tables] = c else { continue };
            let index = frame.components.iter().position(|c| c.id == id);
            let index =
                index.ok_or_else(|| Error::malformed(format!("a scan of component {id}, which is not there")))?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if dc > 3 || ac > 3 || components.iter().any(|c| c.index == index) {
                return Err(Error::malformed(format!("component {id} of a scan: tables {dc} and {ac}")));
            }
            components.push(ScanComponent { index, dc, ac });
        }
        let mut scan =
            Scan { components, ss: ss.into(), se: se.into(), ah: u32::from(ahl >> 4), al: u32::from(ahl & 15) };
        match frame.process {
            // Some writers leave these bytes at zero, which means nothing else here.
            Process::Sequential => (scan.ss, scan.se, scan.ah, scan.al) = (0, 63, 0, 0),
            Process::Progressive => {
                let dc = scan.ss == 0;
                let band = if dc { scan.se == 0 } else { scan.se >= scan.ss && scan.se <= 63 && n == 1 };
                if !band || scan.al > 13 || (scan.ah != 0 && scan.ah != scan.al + 1) {
                    return Err(Error::malformed(format!(
                        "a progressive scan of coefficients {} to {}, bits {} to {}, of {n} components",
                        scan.ss, scan.se, scan.ah, scan.al
                    )));
                }
            }
            Process::Lossless => {
                if !(1..=7).contains(&scan.ss) || scan.al >= u32::from(frame.precision) {
                    return Err(Error::malformed(format!("predictor {}, point transform {}", scan.ss, scan.al)));
                }
            }
        }
        Ok(scan)
    }
}

/// Everything that DQT, DHT, DAC and DRI segments set.
#[derive(Default, Clone)]
pub(crate) struct Tables {
    /// Quantisation, row-major.
    pub(crate) quant: [Option<[u16; 64]>; 4],
    pub(crate) dc: [Option<Arc<Huffman>>; 4],
    pub(crate) ac: [Option<Arc<Huffman>>; 4],
    /// Arithmetic conditioning: L and U by DC table, Kx by AC table.
    pub(crate) dc_bounds: [Option<(u8, u8)>; 4],
    pub(crate) ac_split: [Option<u8>; 4],
    /// MCUs between restart markers; 0 without.
    pub(crate) restart_interval: usize,
}

impl Tables {
    /// Takes a DQT segment.
    pub(crate) fn define_quant(&mut self, mut payload: &[u8]) -> Result<()> {
        while let [head, rest @ ..] = payload {
            let (wide, number) = (head >> 4 != 0, usize::from(head & 15));
            let size = if wide { 128 } else { 64 };
            let Some((values, rest)) = rest.split_at_checked(size) else {
                return Err(Error::malformed("a quantisation table ends early"));
            };
            let Some(slot) = self.quant.get_mut(number) else {
                return Err(Error::malformed(format!("quantisation table {number}")));
            };
            let table = slot.insert([0; 64]);
            for (k, position) in ZIGZAG.iter().take(64).enumerate() {
                let value =
                    if wide { u16::from_be_bytes([values[2 * k], values[2 * k + 1]]) } else { u16::from(values[k]) };
                table[usize::from(*position)] = value;
            }
            payload = rest;
        }
        Ok(())
    }

    /// Takes a DHT segment.
    pub(crate) fn define_huffman(&mut self, mut payload: &[u8]) -> Result<()> {
        while payload.len() > 16 {
            let Some((&[head], rest)) = payload.split_first_chunk::<1>() else { break };
            let Some((counts, rest)) = rest.split_first_chunk::<16>() else { break };
            let total = counts.iter().map(|c| usize::from(*c)).sum();
            let Some((symbols, rest)) = rest.split_at_checked(total) else {
                return Err(Error::malformed("a Huffman table ends early"));
            };
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                class => return Err(Error::malformed(format!("a Huffman table of class {class}"))),
            };
            let Some(slot) = tables.get_mut(usize::from(head & 15)) else {
                return Err(Error::malformed(format!("Huffman table {}", head & 15)));
            };
            *slot = Some(Arc::new(Huffman::new(counts, symbols)?));
            payload = rest;
        }
        if payload.is_empty() { Ok(()) } else { Err(Error::malformed("a Huffman table ends early")) }
    }

    /// Takes a DAC segment.
    pub(crate) fn define_arithmetic(&mut self, payload: &[u8]) -> Result<()> {
        for pair in payload.chunks(2) {
            let &[head, value] = pair else { return Err(Error::malformed("arithmetic conditioning ends early")) };
            let number = usize::from(head & 15);
            if number > 3 {
                return Err(Error::malformed(format!("arithmetic table {number}")));
            }
            match head >> 4 {
                0 if value & 15 <= value >> 4 => self.dc_bounds[number] = Some((value & 15, value >> 4)),
                1 if (1..=63).contains(&value) => self.ac_split[number] = Some(value),
                _ => return Err(Error::malformed(format!("arithmetic conditioning 0x{value:02X}"))),
            }
        }
        Ok(())
    }

    /// Takes a DRI segment.
    pub(crate) fn define_restart(&mut self, payload: &[u8]) -> Result<()> {
        let &[high, low, ..] = payload else { return Err(Error::malformed("a restart interval of no size")) };
        self.restart_interval = usize::from(u16::from_be_bytes([high, low]));
        Ok(())
    }

    /// Puts the typical tables where a stream without any, such as Motion JPEG, relies on them.
    pub(crate) fn fill_in_standard(&mut self) {
        let typical = [(&DC_LUMA, &AC_LUMA), (&DC_CHROMA, &AC_CHROMA)];
        for (number, (dc, ac)) in typical.into_iter().enumerate() {
            if self.dc[number].is_none() {
                self.dc[number] = Huffman::standard(dc).map(Arc::new);
            }
            if self.ac[number].is_none() {
                self.ac[number] = Huffman::standard(ac).map(Arc::new);
            }
        }
    }

    /// A DC (or lossless) table that a scan names.
    pub(crate) fn dc_table(&self, number: usize) -> Result<&Huffman> {
        let table = self.dc.get(number).and_then(|t| t.as_deref());
        table.ok_or_else(|| Error::malformed(format!("the scan uses DC Huffman table {number}, which is not defined")))
    }

    /// An AC table that a scan names.
    pub(crate) fn ac_table(&self, number: usize) -> Result<&Huffman> {
        let table = self.ac.get(number).and_then(|t| t.as_deref());
        table.ok_or_else(|| Error::malformed(format!("the scan uses AC Huffman table {number}, which is not defined")))
    }
}

/// Decodes the blocks of one scan in the order in which they come.
pub(crate) trait BlockDecoder {
    /// The next block of the scan's component `ci`.
    fn block(&mut self, ci: usize, block: &mut Block);
    /// Goes on behind restart marker `number`; `false` if it was not where it should be.
    fn restart(&mut self, number: u8) -> bool;
    /// `true` if more was read than there is.
    fn starved(&self) -> bool;
    /// What there is to say after the last block.
    fn end(&self) -> End;

    /// Called before the blocks of a row of a scan of one component.
    fn begin_row(&mut self, row: &[Block]) {
        let _ = row;
    }

    /// Called after each block of such a row, decoded or not.
    fn end_block(&mut self) {}

    /// [`Walker::single_row`] under the best instructions there are.
    fn single_row(walker: &mut Walker<Self>, row: &mut [Block])
    where
        Self: Sized,
    {
        walker.single_row(row);
    }

    /// [`Walker::interleaved_row`] under the best instructions there are.
    fn interleaved_row(walker: &mut Walker<Self>, mcus_w: usize, layout: &[Layout], rows: &mut [&mut [Block]])
    where
        Self: Sized,
    {
        walker.interleaved_row(mcus_w, layout, rows);
    }
}

/// Which values of each block are not zero, the first in bit 0.
pub(crate) fn nonzero(blocks: &[Block], masks: &mut Vec<u64>) {
    masks.resize(blocks.len(), 0);
    let done = simd::nonzero(blocks, masks);
    for (block, mask) in blocks.iter().zip(masks).skip(done) {
        *mask = block.iter().enumerate().fold(0, |mask, (i, value)| mask | u64::from(*value != 0) << i);
    }
}

/// For each row of a block and each set of its columns: the places of these in zigzag order.
static PLACES: [[u64; 256]; 8] = {
    let mut places = [[0; 256]; 8];
    let mut k = 0;
    while k < 64 {
        let (row, column) = (ZIGZAG[k] as usize / 8, ZIGZAG[k] % 8);
        let mut set = 0;
        while set < 256 {
            if set >> column & 1 == 1 {
                places[row][set] |= 1 << k;
            }
            set += 1;
        }
        k += 1;
    }
    places
};

/// A set of places in a block, from row-major to zigzag order.
#[inline(always)]
pub(crate) fn zigzag_mask(mask: u64) -> u64 {
    let rows = mask.to_le_bytes();
    PLACES.iter().zip(rows).fold(0, |set, (places, columns)| set | places[usize::from(columns)])
}

/// How a component lies in a row of MCUs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Blocks in a row.
    pub(crate) blocks_w: usize,
    /// Sampling factors.
    pub(crate) h: usize,
    pub(crate) v: usize,
}

impl Layout {
    pub(crate) fn of(c: &super::frame::Component) -> Self {
        Layout { blocks_w: c.blocks_w, h: c.h, v: c.v }
    }
}

/// How the entropy-coded data of a scan end.
pub(crate) struct End {
    /// Where they end.
    pub(crate) position: usize,
    /// That is the end of everything: no marker follows.
    pub(crate) at_end: bool,
    /// A code came up that the tables do not have.
    pub(crate) corrupt: bool,
}

/// What came of a scan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// Where the next marker is to be looked for.
    pub(crate) position: usize,
    pub(crate) mcus: usize,
    /// MCUs for which there were no data.
    pub(crate) missing: usize,
    /// Restart markers that were not in their place.
    pub(crate) lost_restarts: usize,
    pub(crate) corrupt: bool,
    /// No marker follows.
    pub(crate) at_end: bool,
}

/// Walks over the MCUs of a scan, with its restarts.
pub(crate) struct Walker<D> {
    pub(crate) decoder: D,
    interval: usize,
    left: usize,
    next: u8,
    starving: bool,
    mcus: usize,
    missing: usize,
    lost_restarts: usize,
}

impl<D: BlockDecoder> Walker<D> {
    pub(crate) fn new(decoder: D, interval: usize) -> Self {
        Walker { decoder, interval, left: interval, next: 0, starving: false, mcus: 0, missing: 0, lost_restarts: 0 }
    }

    /// Called before each MCU: `false` if there is nothing for it.
    #[inline(always)]
    fn begin(&mut self) -> bool {
        self.mcus += 1;
        if self.interval > 0 {
            if self.left == 0 {
                if !self.decoder.restart(self.next) {
                    self.lost_restarts += 1;
                }
                self.next = (self.next + 1) & 7;
                self.left = self.interval;
                self.starving = false;
            }
            self.left -= 1;
        }
        if self.starving {
            self.missing += 1;
        }
        !self.starving
    }

    #[inline(always)]
    fn end_of_mcu(&mut self) {
        if self.decoder.starved() {
            self.starving = true;
            self.missing += 1;
        }
    }

    /// One row of MCUs of an interleaved scan; `rows[ci]` are the component's blocks of that row of MCUs, and
    /// `layout[ci]` says how they lie.
    #[inline(always)]
    pub(crate) fn interleaved_row(&mut self, mcus_w: usize, layout: &[Layout], rows: &mut [&mut [Block]]) {
        for mx in 0..mcus_w {
            if !self.begin() {
                continue;
            }
            for (ci, (layout, blocks)) in layout.iter().zip(rows.iter_mut()).enumerate() {
                for vy in 0..layout.v {
                    let at = vy * layout.blocks_w + mx * layout.h;
                    for block in blocks.get_mut(at..at + layout.h).unwrap_or_default() {
                        self.decoder.block(ci, block);
                    }
                }
            }
            self.end_of_mcu();
        }
    }

    /// A whole scan of one component: `h` rows of `w` blocks, `stride` blocks apart.
    pub(crate) fn single(&mut self, w: usize, h: usize, stride: usize, blocks: &mut [Block]) {
        for row in blocks.chunks_mut(stride.max(1)).take(h) {
            D::single_row(self, row.get_mut(..w).unwrap_or_default());
        }
    }

    /// A row of blocks of a scan of one component.
    #[inline(always)]
    pub(crate) fn single_row(&mut self, row: &mut [Block]) {
        self.decoder.begin_row(row);
        for block in row {
            if self.begin() {
                self.decoder.block(0, block);
                self.end_of_mcu();
            }
            self.decoder.end_block();
        }
    }

    /// MCUs so far, and those of them for which there were no data.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.mcus, self.missing)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let End { position, at_end, corrupt } = self.decoder.end();
        Outcome { position, mcus: self.mcus, missing: self.missing, lost_restarts: self.lost_restarts, corrupt, at_end }
    }
}
