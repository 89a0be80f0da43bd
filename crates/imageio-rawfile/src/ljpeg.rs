//! Lossless JPEG (ITU-T T.81, process 14, predictor 1), as DNG packs mosaics: neighbouring columns are components, so
//! that each filter is predicted from its own colour.

/// Huffman codes for the 17 categories of a difference, shortest first: number of codes of each length, and their
/// categories. Differences of a few bits are the most frequent in noisy samples.
const LENGTHS: [u8; 16] = [0, 1, 4, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0];
const CATEGORIES: [u8; 17] = [4, 3, 5, 2, 6, 1, 7, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/// Encodes rows of 16-bit samples with `components` of them a pixel.
pub(crate) fn encode(samples: &[u16], row: usize, components: usize) -> Vec<u8> {
    let height = samples.len() / row.max(1);
    let width = row / components.max(1);
    let mut codes = [(0u32, 0u32); 17];
    let (mut code, mut at) = (0u32, 0);
    for (length, n) in LENGTHS.iter().enumerate() {
        for _ in 0..*n {
            codes[usize::from(CATEGORIES[at])] = (code, length as u32 + 1);
            code += 1;
            at += 1;
        }
        code <<= 1;
    }
    let mut out = vec![0xff, 0xd8];
    let big = |n: usize| (n as u16).to_be_bytes();
    let mut segment = |marker: u8, body: &[u8]| {
        out.extend([0xff, marker]);
        out.extend(big(body.len() + 2));
        out.extend(body);
    };
    let ids: Vec<u8> = (1..=components as u8).collect();
    let frame: Vec<u8> = ids.iter().flat_map(|id| [*id, 0x11, 0]).collect();
    segment(0xc3, &[&[16], &big(height)[..], &big(width), &[components as u8], &frame].concat());
    segment(0xc4, &[&[0], &LENGTHS[..], &CATEGORIES].concat());
    let scan: Vec<u8> = ids.iter().flat_map(|id| [*id, 0]).collect();
    segment(0xda, &[&[components as u8], &scan[..], &[1, 0, 0]].concat());
    let mut bits = Bits { out, held: 0, have: 0 };
    for (y, line) in samples.chunks_exact(row.max(1)).enumerate() {
        for (x, sample) in line.iter().enumerate() {
            let predicted = match (y, x < components) {
                (0, true) => 1 << 15,
                (_, true) => samples[(y - 1) * row + x],
                _ => line[x - components],
            };
            let difference = sample.wrapping_sub(predicted) as i16;
            let category = 16 - difference.unsigned_abs().leading_zeros();
            let (code, length) = codes[category as usize];
            bits.put(code, length);
            // Negative ones are stored as the complement; the most negative has a category of its own.
            if (1..16).contains(&category) {
                let value = if difference < 0 { i32::from(difference) - 1 } else { i32::from(difference) };
                bits.put(value as u32 & ((1 << category) - 1), category);
            }
        }
    }
    bits.finish()
}

/// Bits, most significant first, with a zero behind each byte of ones.
struct Bits {
    out: Vec<u8>,
    held: u64,
    have: u32,
}

impl Bits {
    fn put(&mut self, value: u32, n: u32) {
        self.held = self.held << n | u64::from(value);
        self.have += n;
        while self.have >= 8 {
            self.have -= 8;
            let byte = (self.held >> self.have) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.have > 0 {
            // The rest is filled with ones.
            let left = 8 - self.have;
            self.put((1 << left) - 1, left);
        }
        self.out.extend([0xff, 0xd9]);
        self.out
    }
}

#[cfg(test)]
mod tests {
    use imageio_core::{FrameSink, Limits};

    use super::*;

    #[test]
    fn comes_back() {
        for (row, height, components) in [(34, 21, 2), (33, 7, 1), (30, 5, 3)] {
            let mut state = 7u32;
            let samples: Vec<u16> = (0..row * height)
                .map(|i| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Smooth, rough, and both ends of the range.
                    match i % 5 {
                        0 => 65535,
                        1 => 0,
                        2 => (state >> 16) as u16,
                        _ => (i * 3) as u16,
                    }
                })
                .collect();
            let mut sink = FrameSink::fresh(&Limits::default());
            crate::decode::read_jpeg(&encode(&samples, row, components), &mut sink).unwrap();
            let image = sink.finish().unwrap().unwrap();
            let back = image.try_into_array::<u16>().unwrap().into_raw_vec_and_offset().0;
            assert_eq!(back, samples, "{row} {components}");
        }
    }
}
