use super::MAX_CODES;

/// Slots of the hash table: twice the codes, so that it stays half empty and within a first-level cache.
const SLOTS: usize = 2 * MAX_CODES;

/// Encodes index streams; keeps its table for the next one.
pub(crate) struct Encoder {
    /// Prefix code (12 bits), next byte (8 bits), code (12 bits). 0 is empty: no code is below 4.
    table: Box<[u32; SLOTS]>,
}

impl Encoder {
    pub fn new() -> Self {
        Encoder { table: Box::new([0; SLOTS]) }
    }

    /// Appends the image data of `indices`: minimum code size, sub-blocks, terminator. Each index is below
    /// `1 << code_size`, which is 2 to 8.
    pub fn encode(&mut self, code_size: u8, indices: &[u8], out: &mut Vec<u8>) {
        let code_size = code_size.clamp(2, 8);
        out.push(code_size);
        let mut blocks = Blocks::new(out);
        let clear = 1u32 << code_size;
        let start_bits = u32::from(code_size) + 1;
        let mut bits = start_bits;
        let mut next = clear + 2;
        self.table.fill(0);
        blocks.put(clear, bits);
        if let Some((first, rest)) = indices.split_first() {
            let mut prefix = u32::from(*first);
            for byte in rest {
                let key = prefix << 8 | u32::from(*byte);
                let mut slot = key.wrapping_mul(0x9E37_79B1) as usize >> (32 - SLOTS.ilog2()) & (SLOTS - 1);
                let mut entry = self.table[slot];
                while entry != 0 && entry >> 12 != key {
                    slot = (slot + 1) & (SLOTS - 1);
                    entry = self.table[slot];
                }
                if entry != 0 {
                    prefix = entry & 0xFFF;
                    continue;
                }
                blocks.put(prefix, bits);
                prefix = u32::from(*byte);
                if (next as usize) < MAX_CODES {
                    self.table[slot] = key << 12 | next;
                    // A reader defines each code one step later than it is defined here.
                    if next == 1 << bits {
                        bits += 1;
                    }
                    next += 1;
                } else {
                    blocks.put(clear, bits);
                    self.table.fill(0);
                    bits = start_bits;
                    next = clear + 2;
                }
            }
            blocks.put(prefix, bits);
            if next == 1 << bits && bits < 12 {
                bits += 1;
            }
        }
        blocks.put(clear + 1, bits);
        blocks.finish();
    }
}

/// Codes on their way into sub-blocks of 255 bytes.
struct Blocks<'o> {
    out: &'o mut Vec<u8>,
    /// Where the length of the open block stands.
    start: usize,
    window: u64,
    held: u32,
}

impl<'o> Blocks<'o> {
    fn new(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(0);
        Blocks { out, start, window: 0, held: 0 }
    }

    #[inline(always)]
    fn put(&mut self, code: u32, bits: u32) {
        self.window |= u64::from(code) << self.held;
        self.held += bits;
        if self.held >= 32 {
            self.flush(4);
        }
    }

    fn flush(&mut self, bytes: u32) {
        let four = (self.window as u32).to_le_bytes();
        let room = 255 - (self.out.len() - self.start - 1);
        if room >= 4 {
            self.out.extend_from_slice(four.get(..bytes as usize).unwrap_or_default());
        } else {
            for byte in four.into_iter().take(bytes as usize) {
                if self.out.len() - self.start - 1 == 255 {
                    self.close();
                }
                self.out.push(byte);
            }
        }
        self.window >>= bytes * 8;
        self.held = self.held.saturating_sub(bytes * 8);
    }

    /// Ends a full block and opens the next.
    fn close(&mut self) {
        self.write_length();
        self.start = self.out.len();
        self.out.push(0);
    }

    fn write_length(&mut self) -> usize {
        let length = self.out.len() - self.start - 1;
        if let Some(slot) = self.out.get_mut(self.start) {
            *slot = length as u8;
        }
        length
    }

    fn finish(mut self) {
        while self.held > 0 {
            let bytes = self.held.div_ceil(8).min(4);
            self.flush(bytes);
        }
        // An open block without content is the terminator itself.
        if self.write_length() > 0 {
            self.out.push(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Decoder, Outcome};
    use super::*;

    fn content(mut blocks: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some((n, rest)) = blocks.split_first() {
            if *n == 0 {
                assert!(rest.is_empty());
                return out;
            }
            out.extend_from_slice(&rest[..usize::from(*n)]);
            blocks = &rest[usize::from(*n)..];
        }
        panic!("no terminator");
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let mut seed = 1u32;
        for code_size in 2..=8u8 {
            for length in [0, 1, 2, 3, 5, 100, 254, 255, 256, 300, 5000, 100_000] {
                for kind in 0..3 {
                    let mut indices = vec![0u8; length];
                    for (i, index) in indices.iter_mut().enumerate() {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let value = [0, (i / 7) as u32, seed >> 16][kind];
                        *index = (value & ((1 << code_size) - 1)) as u8;
                    }
                    let mut out = Vec::new();
                    encoder.encode(code_size, &indices, &mut out);
                    assert_eq!(out[0], code_size);
                    let mut back = vec![0; length];
                    let data = content(&out[1..]);
                    assert_eq!(decoder.decode(code_size, &data, &mut back), Outcome::Whole);
                    assert!(back == indices, "{code_size} {length} {kind}");
                    // The end code follows at once.
                    let mut more = vec![0; length + 1];
                    assert_eq!(decoder.decode(code_size, &data, &mut more), Outcome::Short(length));
                }
            }
        }
    }
}
