//! LZW as TIFF has it (TIFF 6.0 section 13).

const CLEAR: u32 = 256;
const END: u32 = 257;
const FIRST: u32 = 258;
/// The table is given up before a code of 13 bits would be needed.
const LAST: u32 = 4094;
const SLOTS: usize = 1 << 14;

/// Encoder with its table, which serves for many strips.
pub(crate) struct Encoder {
    /// String of a code and the byte after it, and which fill of the table it belongs to.
    keys: Vec<u32>,
    codes: Vec<u16>,
    fill: u32,
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder { keys: vec![0; SLOTS], codes: vec![0; SLOTS], fill: 0 }
    }
}

struct Bits<'o> {
    out: &'o mut Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits<'_> {
    #[inline]
    fn put(&mut self, code: u32, width: u32) {
        self.held = self.held << width | u64::from(code);
        self.count += width;
        if self.count >= 32 {
            let word = (self.held >> (self.count - 32)) as u32;
            self.out.extend_from_slice(&word.to_be_bytes());
            self.count -= 32;
        }
    }

    fn finish(mut self) {
        while self.count >= 8 {
            self.out.push((self.held >> (self.count - 8)) as u8);
            self.count -= 8;
        }
        if self.count > 0 {
            self.out.push((self.held << (8 - self.count)) as u8);
        }
    }
}

impl Encoder {
    /// Appends the code stream of `data` to `out`.
    pub fn encode(&mut self, data: &[u8], out: &mut Vec<u8>) {
        let mut bits = Bits { out, held: 0, count: 0 };
        let mut width = 9;
        let mut next = FIRST;
        bits.put(CLEAR, width);
        self.clear();
        let mut bytes = data.iter();
        let Some(first) = bytes.next() else {
            bits.put(END, width);
            bits.finish();
            return;
        };
        let mut prefix = u32::from(*first);
        for byte in bytes {
            // Codes have 12 bits, bytes 8; the rest tells the fills of the table apart.
            let key = self.fill << 20 | prefix << 8 | u32::from(*byte);
            let mut slot = (prefix << 8 ^ prefix >> 4 ^ u32::from(*byte)).wrapping_mul(0x9E37_79B1) as usize >> 18;
            loop {
                let (found, code) = match (self.keys.get(slot), self.codes.get(slot)) {
                    (Some(found), Some(code)) => (*found, *code),
                    _ => (0, 0),
                };
                if found == key {
                    prefix = u32::from(code);
                    break;
                }
                if found >> 20 != self.fill {
                    bits.put(prefix, width);
                    if let (Some(k), Some(c)) = (self.keys.get_mut(slot), self.codes.get_mut(slot)) {
                        *k = key;
                        *c = next as u16;
                    }
                    next += 1;
                    // Codes become longer one entry early.
                    if next + 1 > 1 << width {
                        width += 1;
                    }
                    prefix = u32::from(*byte);
                    if next > LAST {
                        bits.put(CLEAR, width.min(12));
                        self.clear();
                        width = 9;
                        next = FIRST;
                    }
                    break;
                }
                slot = (slot + 1) % SLOTS;
            }
        }
        bits.put(prefix, width);
        next += 1;
        if next + 1 > 1 << width && width < 12 {
            width += 1;
        }
        bits.put(END, width);
        bits.finish();
    }

    /// Forgets every string.
    fn clear(&mut self) {
        self.fill += 1;
        if self.fill >= 1 << 12 {
            self.keys.fill(0);
            self.fill = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back() {
        let mut encoder = Encoder::default();
        let mut seed = 1u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        let smooth: Vec<u8> = (0..200_000u32).map(|i| (i / 700 % 256) as u8).collect();
        let rows: [&[u8]; 6] = [b"", b"a", b"aaaaaaaaaaaaaaaaaaaaaaaaa", &noise, &smooth, &[0; 50_000]];
        for data in rows {
            let mut coded = Vec::new();
            encoder.encode(data, &mut coded);
            let mut back = vec![1; data.len()];
            assert_eq!(crate::decode::lzw_for_tests(&coded, &mut back), data.len());
            assert!(back == data);
        }
    }

    #[test]
    fn the_table_survives_thousands_of_fills() {
        let mut encoder = Encoder::default();
        for k in 0..5000u32 {
            let data: Vec<u8> = (0..40).map(|i| ((i * k) % 7) as u8).collect();
            let mut coded = Vec::new();
            encoder.encode(&data, &mut coded);
            let mut back = vec![0; data.len()];
            assert_eq!(crate::decode::lzw_for_tests(&coded, &mut back), data.len());
            assert_eq!(back, data);
        }
    }
}
