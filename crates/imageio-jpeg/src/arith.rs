//! Arithmetic-coded DCT scans, sequential and progressive (T.81 Annex D, F.2.4 and G.1.3).

use imageio_core::Result;

use super::bits::next_marker;
use super::scan::{Block, BlockDecoder, End, Scan, Tables};
use super::tables::ZIGZAG;

/// Table D.3: Qe, next state if the less probable symbol came, if the more probable came, exchange of both.
#[rustfmt::skip]
const STATES: [(u16, u8, u8, u8); 114] = [
    (0x5A1D, 1, 1, 1), (0x2586, 14, 2, 0), (0x1114, 16, 3, 0), (0x080B, 18, 4, 0), (0x03D8, 20, 5, 0),
    (0x01DA, 23, 6, 0), (0x00E5, 25, 7, 0), (0x006F, 28, 8, 0), (0x0036, 30, 9, 0), (0x001A, 33, 10, 0),
    (0x000D, 35, 11, 0), (0x0006, 9, 12, 0), (0x0003, 10, 13, 0), (0x0001, 12, 13, 0), (0x5A7F, 15, 15, 1),
    (0x3F25, 36, 16, 0), (0x2CF2, 38, 17, 0), (0x207C, 39, 18, 0), (0x17B9, 40, 19, 0), (0x1182, 42, 20, 0),
    (0x0CEF, 43, 21, 0), (0x09A1, 45, 22, 0), (0x072F, 46, 23, 0), (0x055C, 48, 24, 0), (0x0406, 49, 25, 0),
    (0x0303, 51, 26, 0), (0x0240, 52, 27, 0), (0x01B1, 54, 28, 0), (0x0144, 56, 29, 0), (0x00F5, 57, 30, 0),
    (0x00B7, 59, 31, 0), (0x008A, 60, 32, 0), (0x0068, 62, 33, 0), (0x004E, 63, 34, 0), (0x003B, 32, 35, 0),
    (0x002C, 33, 9, 0), (0x5AE1, 37, 37, 1), (0x484C, 64, 38, 0), (0x3A0D, 65, 39, 0), (0x2EF1, 67, 40, 0),
    (0x261F, 68, 41, 0), (0x1F33, 69, 42, 0), (0x19A8, 70, 43, 0), (0x1518, 72, 44, 0), (0x1177, 73, 45, 0),
    (0x0E74, 74, 46, 0), (0x0BFB, 75, 47, 0), (0x09F8, 77, 48, 0), (0x0861, 78, 49, 0), (0x0706, 79, 50, 0),
    (0x05CD, 48, 51, 0), (0x04DE, 50, 52, 0), (0x040F, 50, 53, 0), (0x0363, 51, 54, 0), (0x02D4, 52, 55, 0),
    (0x025C, 53, 56, 0), (0x01F8, 54, 57, 0), (0x01A4, 55, 58, 0), (0x0160, 56, 59, 0), (0x0125, 57, 60, 0),
    (0x00F6, 58, 61, 0), (0x00CB, 59, 62, 0), (0x00AB, 61, 63, 0), (0x008F, 61, 32, 0), (0x5B12, 65, 65, 1),
    (0x4D04, 80, 66, 0), (0x412C, 81, 67, 0), (0x37D8, 82, 68, 0), (0x2FE8, 83, 69, 0), (0x293C, 84, 70, 0),
    (0x2379, 86, 71, 0), (0x1EDF, 87, 72, 0), (0x1AA9, 87, 73, 0), (0x174E, 72, 74, 0), (0x1424, 72, 75, 0),
    (0x119C, 74, 76, 0), (0x0F6B, 74, 77, 0), (0x0D51, 75, 78, 0), (0x0BB6, 77, 79, 0), (0x0A40, 77, 48, 0),
    (0x5832, 80, 81, 1), (0x4D1C, 88, 82, 0), (0x438E, 89, 83, 0), (0x3BDD, 90, 84, 0), (0x34EE, 91, 85, 0),
    (0x2EAE, 92, 86, 0), (0x299A, 93, 87, 0), (0x2516, 86, 71, 0), (0x5570, 88, 89, 1), (0x4CA9, 95, 90, 0),
    (0x44D9, 96, 91, 0), (0x3E22, 97, 92, 0), (0x3824, 99, 93, 0), (0x32B4, 99, 94, 0), (0x2E17, 93, 86, 0),
    (0x56A8, 95, 96, 1), (0x4F46, 101, 97, 0), (0x47E5, 102, 98, 0), (0x41CF, 103, 99, 0), (0x3C3D, 104, 100, 0),
    (0x375E, 99, 93, 0), (0x5231, 105, 102, 0), (0x4C0F, 106, 103, 0), (0x4639, 107, 104, 0), (0x415E, 103, 99, 0),
    (0x5627, 105, 106, 1), (0x50E7, 108, 107, 0), (0x4B85, 109, 103, 0), (0x5597, 110, 109, 0), (0x504F, 111, 107, 0),
    (0x5A10, 110, 111, 1), (0x5522, 112, 109, 0), (0x59EB, 112, 111, 1),
    // A bin that never learns, for signs and correction bits.
    (0x5A1D, 113, 113, 0),
];

/// Sets of statistics: 64 bins for each DC table, 256 for each AC table.
const DC_BINS: usize = 64;
const AC_BINS: usize = 256;
const FIXED_STATE: u8 = 113;

/// The arithmetic decoder of Annex D. A bin holds its state in bits 0 to 6 and the more probable symbol in bit 7.
struct Coder<'a> {
    data: &'a [u8],
    pos: usize,
    c: u32,
    a: u32,
    ct: i32,
    /// Zero bytes that stand in for data that are not there.
    padded: u32,
    /// The data ended without a marker.
    cut: bool,
}

impl Coder<'_> {
    fn reset(&mut self) {
        self.c = 0;
        self.a = 0;
        self.ct = -16;
        self.padded = 0;
        self.cut = false;
    }

    fn byte(&mut self) -> u32 {
        loop {
            match (self.data.get(self.pos), self.data.get(self.pos + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.pos += 2;
                    return 0xFF;
                }
                (Some(0xFF), Some(0xFF)) => self.pos += 1,
                (Some(0xFF), next) => {
                    self.padded += 1;
                    self.cut |= next.is_none();
                    return 0;
                }
                (None, _) => {
                    self.padded += 1;
                    self.cut = true;
                    return 0;
                }
                (Some(byte), _) => {
                    self.pos += 1;
                    return u32::from(*byte);
                }
            }
        }
    }

    fn decide(&mut self, bin: &mut u8) -> bool {
        while self.a < 0x8000 {
            self.ct -= 1;
            if self.ct < 0 {
                self.c = (self.c << 8) | self.byte();
                self.ct += 8;
                if self.ct < 0 {
                    self.ct += 1;
                    if self.ct == 0 {
                        // The first two bytes are in: the interval becomes 0x10000 below.
                        self.a = 0x8000;
                    }
                }
            }
            self.a <<= 1;
        }
        let mut state = *bin;
        let (qe, less, more, exchange) = STATES[usize::from(state & 127).min(113)];
        let qe = u32::from(qe);
        let less = less | (exchange << 7);
        self.a -= qe;
        let bound = self.a << self.ct;
        if self.c >= bound {
            self.c -= bound;
            if self.a < qe {
                *bin = (state & 0x80) ^ more;
            } else {
                *bin = (state & 0x80) ^ less;
                state ^= 0x80;
            }
            self.a = qe;
        } else if self.a < 0x8000 {
            if self.a < qe {
                *bin = (state & 0x80) ^ less;
                state ^= 0x80;
            } else {
                *bin = (state & 0x80) ^ more;
            }
        }
        state >> 7 != 0
    }
}

#[derive(Clone, Copy)]
struct Part {
    dc: usize,
    ac: usize,
    bounds: (u8, u8),
    split: usize,
    prediction: i32,
    context: usize,
}

/// The state of an arithmetic-coded scan.
pub(crate) struct Arithmetic<'a> {
    coder: Coder<'a>,
    parts: Vec<Part>,
    dc_bins: Vec<[u8; DC_BINS]>,
    ac_bins: Vec<[u8; AC_BINS]>,
    fixed: u8,
    progressive: bool,
    ss: usize,
    se: usize,
    refine: bool,
    al: u32,
    corrupt: bool,
    /// After an impossible value nothing more is decoded up to the next restart.
    halted: bool,
}

impl<'a> Arithmetic<'a> {
    pub(crate) fn new(
        data: &'a [u8],
        position: usize,
        scan: &Scan,
        tables: &Tables,
        progressive: bool,
    ) -> Result<Self> {
        let part = |c: &super::scan::ScanComponent| Part {
            dc: c.dc & 3,
            ac: c.ac & 3,
            bounds: tables.dc_bounds[c.dc & 3].unwrap_or((0, 1)),
            split: usize::from(tables.ac_split[c.ac & 3].unwrap_or(5)),
            prediction: 0,
            context: 0,
        };
        Ok(Arithmetic {
            coder: Coder { data, pos: position, c: 0, a: 0, ct: -16, padded: 0, cut: false },
            parts: scan.components.iter().map(part).collect(),
            dc_bins: vec![[0; DC_BINS]; 4],
            ac_bins: vec![[0; AC_BINS]; 4],
            fixed: FIXED_STATE,
            progressive,
            ss: scan.ss,
            se: scan.se,
            refine: scan.ah != 0,
            al: scan.al,
            corrupt: false,
            halted: false,
        })
    }

    /// F.2.4.1: the difference of a DC coefficient, added to its prediction.
    fn dc(&mut self, ci: usize) -> i32 {
        let Some(part) = self.parts.get_mut(ci) else { return 0 };
        let (coder, bins) = (&mut self.coder, &mut self.dc_bins[part.dc]);
        let mut at = part.context;
        if !coder.decide(&mut bins[at]) {
            part.context = 0;
            return part.prediction;
        }
        let negative = coder.decide(&mut bins[at + 1]);
        at += 2 + usize::from(negative);
        let mut m = i32::from(coder.decide(&mut bins[at]));
        if m != 0 {
            at = 20;
            while coder.decide(&mut bins[at]) {
                m <<= 1;
                at += 1;
                if m == 0x8000 {
                    self.halted = true;
                    self.corrupt = true;
                    return part.prediction;
                }
            }
        }
        let (low, high) = part.bounds;
        let side = usize::from(negative) * 4;
        part.context = if m < (1 << low) >> 1 {
            0
        } else if m > (1 << high) >> 1 {
            12 + side
        } else {
            4 + side
        };
        let mut value = m;
        at += 14;
        while m > 1 {
            m >>= 1;
            if coder.decide(&mut bins[at & (DC_BINS - 1)]) {
                value |= m;
            }
        }
        value += 1;
        part.prediction = part.prediction.wrapping_add(if negative { -value } else { value });
        part.prediction
    }

    /// F.2.4.2: coefficients `first` to `last` of a block that are new.
    fn ac(&mut self, ci: usize, first: usize, last: usize, block: &mut Block) {
        let Some(part) = self.parts.get(ci) else { return };
        let (coder, bins) = (&mut self.coder, &mut self.ac_bins[part.ac]);
        let mut k = first;
        while k <= last {
            let mut at = 3 * (k - 1);
            if coder.decide(&mut bins[at]) {
                return;
            }
            while !coder.decide(&mut bins[at + 1]) {
                at += 3;
                k += 1;
                if k > last {
                    self.halted = true;
                    self.corrupt = true;
                    return;
                }
            }
            let negative = coder.decide(&mut self.fixed);
            at += 2;
            let mut m = i32::from(coder.decide(&mut bins[at]));
            if m != 0 && coder.decide(&mut bins[at]) {
                m <<= 1;
                at = if k <= part.split { 189 } else { 217 };
                while coder.decide(&mut bins[at]) {
                    m <<= 1;
                    at += 1;
                    if m == 0x8000 {
                        self.halted = true;
                        self.corrupt = true;
                        return;
                    }
                }
            }
            let mut value = m;
            at += 14;
            while m > 1 {
                m >>= 1;
                if coder.decide(&mut bins[at & (AC_BINS - 1)]) {
                    value |= m;
                }
            }
            value += 1;
            block[usize::from(ZIGZAG[k & 63])] = ((if negative { -value } else { value }) << self.al) as i16;
            k += 1;
        }
    }

    /// G.1.3.3: one more bit of coefficients that are known in part.
    fn refine_ac(&mut self, ci: usize, block: &mut Block) {
        let Some(part) = self.parts.get(ci) else { return };
        let (coder, bins) = (&mut self.coder, &mut self.ac_bins[part.ac]);
        let (plus, minus) = (1i16 << self.al, -1i16 << self.al);
        let mut known = self.se;
        while known > 0 && block[usize::from(ZIGZAG[known & 63])] == 0 {
            known -= 1;
        }
        let mut k = self.ss;
        while k <= self.se {
            let mut at = 3 * (k - 1);
            if k > known && coder.decide(&mut bins[at]) {
                return;
            }
            loop {
                let coefficient = &mut block[usize::from(ZIGZAG[k & 63])];
                if *coefficient != 0 {
                    if coder.decide(&mut bins[at + 2]) {
                        *coefficient = coefficient.wrapping_add(if *coefficient < 0 { minus } else { plus });
                    }
                    break;
                }
                if coder.decide(&mut bins[at + 1]) {
                    *coefficient = if coder.decide(&mut self.fixed) { minus } else { plus };
                    break;
                }
                at += 3;
                k += 1;
                if k > self.se {
                    self.halted = true;
                    self.corrupt = true;
                    return;
                }
            }
            k += 1;
        }
    }
}

impl BlockDecoder for Arithmetic<'_> {
    fn block(&mut self, ci: usize, block: &mut Block) {
        if self.halted {
            return;
        }
        if !self.progressive {
            block[0] = self.dc(ci) as i16;
            if !self.halted {
                self.ac(ci, 1, 63, block);
            }
            return;
        }
        match (self.ss, self.refine) {
            (0, false) => block[0] = (self.dc(ci) << self.al) as i16,
            (0, true) => {
                if self.coder.decide(&mut self.fixed) {
                    block[0] |= 1 << self.al;
                }
            }
            (_, false) => self.ac(ci, self.ss, self.se, block),
            (_, true) => self.refine_ac(ci, block),
        }
    }

    fn restart(&mut self, number: u8) -> bool {
        self.coder.reset();
        self.halted = false;
        for part in &mut self.parts {
            (part.prediction, part.context) = (0, 0);
        }
        self.dc_bins.fill([0; DC_BINS]);
        self.ac_bins.fill([0; AC_BINS]);
        let mut bits = super::bits::Bits::new(self.coder.data, self.coder.pos);
        // Bytes that the coder had no need to read lie between here and the marker.
        if let Some((at, _)) = next_marker(self.coder.data, self.coder.pos) {
            bits = super::bits::Bits::new(self.coder.data, at);
        }
        let found = bits.restart(number);
        self.coder.pos = bits.position();
        found
    }

    fn starved(&self) -> bool {
        // An encoder leaves out zero bytes at the end (D.1.8); more than these mean that data are missing. Where no
        // marker follows either the file is cut off, and the decoder is ahead of what it needs by two bytes.
        self.coder.padded > if self.coder.cut { 2 } else { 64 }
    }

    fn end(&self) -> End {
        let position = self.coder.pos;
        End { position, at_end: next_marker(self.coder.data, position).is_none(), corrupt: self.corrupt }
    }
}
