use super::MAX_CODES;

/// How decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every pixel was decoded.
    Whole,
    /// The data ended, or said that they end, after this many pixels.
    Short(usize),
    /// A code that was never defined stands after this many pixels.
    Broken(usize),
}

/// Copies of this many bytes need no loop; what they write too much is written again later.
const STEP: usize = 16;

/// Decodes index streams; keeps its table for the next one.
///
/// The string of a code is the string of the code before it and one byte more, and these stand one after the
/// other in what was decoded. So the table holds places in the output, and no string is ever put together.
pub(crate) struct Decoder {
    /// Where in the output each code's string stands, and its length.
    table: Box<[(u32, u32); MAX_CODES]>,
}

impl Decoder {
    pub fn new() -> Self {
        Decoder { table: Box::new([(0, 0); MAX_CODES]) }
    }

    /// Decodes `data` (without block lengths) into `out`; what would be too much is left out.
    /// `code_size` is the file's "LZW minimum code size", 1 to 11.
    pub fn decode(&mut self, code_size: u8, data: &[u8], out: &mut [u8]) -> Outcome {
        let table = &mut self.table;
        let clear = 1usize << code_size.clamp(1, 11);
        let end = clear + 1;
        let start_bits = u32::from(code_size.clamp(1, 11)) + 1;
        let mut bits = start_bits;
        let mut next = end + 1;
        // Place and length of the string before; length 0 after a clear code.
        let mut last = (0usize, 0usize);
        let mut at = 0;
        let mut input = Bits { data, taken: 0, window: 0, held: 0 };
        while at < out.len() {
            let Some(code) = input.take(bits) else { return Outcome::Short(at) };
            let known = next;
            if last.1 > 0 && next < MAX_CODES {
                table[next & (MAX_CODES - 1)] = (last.0 as u32, last.1 as u32 + 1);
                next += 1;
            }
            if next >= 1 << bits && bits < 12 {
                bits += 1;
            }
            if code < clear {
                out[at] = code as u8;
                last = (at, 1);
                at += 1;
                continue;
            }
            if code == clear {
                bits = start_bits;
                next = end + 1;
                last = (0, 0);
                continue;
            }
            if code == end {
                return Outcome::Short(at);
            }
            // A code that is just being defined repeats the first byte of the string before.
            if code >= next {
                return Outcome::Broken(at);
            }
            let (from, length) = table[code & (MAX_CODES - 1)];
            let (from, length) = (from as usize, length as usize);
            if length <= STEP && code != known && at + STEP <= out.len() {
                // `from + length <= at`, so the step ends inside the output as well.
                let mut step = [0u8; STEP];
                step.copy_from_slice(&out[from..from + STEP]);
                out[at..at + STEP].copy_from_slice(&step);
            } else {
                copy(out, from, length, at);
            }
            last = (at, length);
            at += length;
        }
        Outcome::Whole
    }
}

/// Copies `length` bytes forward; the last may be the first that is written. Stops at the end of `out`.
fn copy(out: &mut [u8], from: usize, length: usize, at: usize) {
    let fits = length.min(out.len() - at);
    let before = fits.min(at - from);
    out.copy_within(from..from + before, at);
    if fits > before {
        out[at + before] = out[at];
    }
}

/// A little-endian stream of bits.
struct Bits<'d> {
    data: &'d [u8],
    taken: usize,
    window: u64,
    held: u32,
}

impl Bits<'_> {
    #[inline(always)]
    fn take(&mut self, bits: u32) -> Option<usize> {
        if self.held < bits {
            self.fill();
            if self.held < bits {
                return None;
            }
        }
        let code = self.window & ((1 << bits) - 1);
        self.window >>= bits;
        self.held -= bits;
        Some(code as usize)
    }

    #[inline(always)]
    fn fill(&mut self) {
        if let Some(chunk) = self.data.get(self.taken..).and_then(|rest| rest.first_chunk::<8>()) {
            let bytes = (63 - self.held) / 8;
            self.window |= u64::from_le_bytes(*chunk) << self.held;
            // What was shifted in beyond whole bytes is shifted in again with the next fill: the same bits.
            self.held += bytes * 8;
            self.taken += bytes as usize;
            return;
        }
        while self.held <= 56 {
            let Some(byte) = self.data.get(self.taken) else { return };
            self.window |= u64::from(*byte) << self.held;
            self.held += 8;
            self.taken += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packs codes of the given widths.
    fn pack(codes: &[(u64, u32)]) -> Vec<u8> {
        let (mut window, mut held, mut out) = (0u64, 0, Vec::new());
        for (code, bits) in codes {
            window |= code << held;
            held += bits;
            while held >= 8 {
                out.push(window as u8);
                window >>= 8;
                held -= 8;
            }
        }
        out.push(window as u8);
        out
    }

    fn decode(data: &[u8], n: usize) -> (Outcome, Vec<u8>) {
        let mut out = vec![9; n];
        (Decoder::new().decode(2, data, &mut out), out)
    }

    #[test]
    fn a_code_that_is_being_defined() {
        // clear, 1, 6 = "11", 7 = "111", end
        let data = pack(&[(4, 3), (1, 3), (6, 3), (7, 3), (5, 4)]);
        assert_eq!(decode(&data, 6), (Outcome::Whole, vec![1; 6]));
        assert_eq!(decode(&data, 5), (Outcome::Whole, vec![1; 5]));
        assert_eq!(decode(&data, 8), (Outcome::Short(6), [vec![1; 6], vec![9; 2]].concat()));
    }

    #[test]
    fn damage_is_noticed() {
        assert_eq!(decode(&pack(&[(4, 3), (6, 3)]), 2).0, Outcome::Broken(0));
        assert_eq!(decode(&pack(&[(4, 3), (1, 3), (7, 3)]), 4).0, Outcome::Broken(1));
        assert_eq!(decode(&[], 1).0, Outcome::Short(0));
        assert_eq!(decode(&pack(&[(4, 3), (1, 3)]), 0).0, Outcome::Whole);
    }

    #[test]
    fn a_full_table_keeps_its_codes() {
        // Literals alone define a code each until the table is full; code 4095 is the last.
        let mut codes = vec![(4u64, 3u32)];
        let mut next = 6;
        let mut bits = 3;
        for i in 0..6000u64 {
            codes.push((i % 3, bits));
            if i > 0 && next < 4096 {
                next += 1;
                if next == 1 << bits && bits < 12 {
                    bits += 1;
                }
            }
        }
        codes.push((4095, 12));
        let (outcome, out) = decode(&pack(&codes), 6002);
        assert_eq!(outcome, Outcome::Whole);
        let expected: Vec<u8> = (0..6000u64).map(|i| (i % 3) as u8).collect();
        assert_eq!(&out[..6000], expected);
        // Code 6 is literals 0 and 1, hence code 4095 is literals 4089 and 4090.
        assert_eq!(&out[6000..], &expected[4089..4091]);
    }
}
