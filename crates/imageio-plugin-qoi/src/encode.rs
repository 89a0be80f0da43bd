//! Pixels to the code of QOI, version 1.0, as the reference encoder does it.

use crate::decode::{LONGEST, hash};

/// What is known when the next pixel comes.
pub(crate) struct Encoder {
    before: [u8; 4],
    seen: [[u8; 4]; 64],
    run: u8,
}

impl Encoder {
    pub fn new() -> Self {
        Encoder { before: [0, 0, 0, 255], seen: [[0; 4]; 64], run: 0 }
    }

    /// Appends the codes of some pixels.
    pub fn pixels<const N: usize>(&mut self, pixels: &[[u8; N]], out: &mut Vec<u8>) {
        let start = out.len();
        // A code has five bytes at most, and a run that is pending one more.
        out.resize(start + (pixels.len() + 1) * LONGEST, 0);
        let mut at = start;
        let mut before = self.before;
        for pixel in pixels {
            let pixel = [pixel[0], pixel[1], pixel[2], if N == 4 { pixel[N - 1] } else { 255 }];
            if pixel == before {
                self.run += 1;
                if self.run == 62 {
                    at += self.end_run(&mut out[at..]);
                }
                continue;
            }
            at += self.end_run(&mut out[at..]);
            if let Some(to) = out[at..].first_chunk_mut::<LONGEST>() {
                at += self.one(pixel, before, to);
            }
            before = pixel;
        }
        self.before = before;
        out.truncate(at);
    }

    /// Appends a run that is not written yet.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let mut run = [0];
        let n = self.end_run(&mut run);
        out.extend_from_slice(&run[..n]);
    }

    #[inline]
    fn end_run(&mut self, out: &mut [u8]) -> usize {
        if self.run == 0 {
            return 0;
        }
        if let Some(to) = out.first_mut() {
            *to = 0xC0 | (self.run - 1);
        }
        self.run = 0;
        1
    }

    /// Writes one code; gives its length.
    #[inline]
    fn one(&mut self, pixel: [u8; 4], before: [u8; 4], to: &mut [u8; LONGEST]) -> usize {
        let seen = &mut self.seen[hash(pixel)];
        if *seen == pixel {
            to[0] = hash(pixel) as u8;
            return 1;
        }
        *seen = pixel;
        let [r, g, b, a] = pixel;
        if a != before[3] {
            *to = [0xFF, r, g, b, a];
            return 5;
        }
        let red = r.wrapping_sub(before[0]);
        let green = g.wrapping_sub(before[1]);
        let blue = b.wrapping_sub(before[2]);
        let small = [red, green, blue].map(|d| d.wrapping_add(2));
        if small[0] | small[1] | small[2] < 4 {
            to[0] = 0x40 | small[0] << 4 | small[1] << 2 | small[2];
            return 1;
        }
        let luma = green.wrapping_add(32);
        let (dr, db) = (red.wrapping_sub(green).wrapping_add(8), blue.wrapping_sub(green).wrapping_add(8));
        if luma < 64 && dr | db < 16 {
            [to[0], to[1]] = [0x80 | luma, dr << 4 | db];
            return 2;
        }
        to[..4].copy_from_slice(&[0xFE, r, g, b]);
        4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    #[test]
    fn leads_back() {
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 24
        };
        // Steps of many sizes, runs and repetitions.
        let mut pixels: Vec<[u8; 4]> = vec![[0, 0, 0, 255]];
        for _ in 0..20_000 {
            let last = pixels[pixels.len() - 1];
            let step = |v: u8, by: u32| v.wrapping_add(by as u8);
            let pixel = match next() % 8 {
                0 | 1 => last,
                2 => pixels[next() as usize % pixels.len()],
                3 => last.map(|v| step(v, next() % 3)),
                4 => [step(last[0], next() % 20), step(last[1], next() % 20), step(last[2], next() % 20), last[3]],
                5 => [next() as u8, next() as u8, next() as u8, last[3]],
                6 => [next() as u8, last[1], last[2], next() as u8],
                _ => [last[0], step(last[1], 1), last[2], last[3]],
            };
            pixels.push(pixel);
        }
        pixels.extend([[7; 4]; 200]);
        let mut encoder = Encoder::new();
        let mut packed = Vec::new();
        for part in pixels.chunks(777) {
            encoder.pixels(part, &mut packed);
        }
        encoder.finish(&mut packed);
        let mut back = vec![[0; 4]; pixels.len()];
        decode(&mut packed.as_slice(), 0, &mut back).unwrap();
        assert!(back == pixels);
    }
}
