//! What a picture is like, by a sample of its rows: whether it repeats itself, and what takes the fewest bits.

use crate::rows::unlike;

/// Pixels that are looked at.
const SAMPLED: usize = 1 << 15;
/// Pixels in a row that are known again.
const RUN: usize = 4;
/// Places for runs that were seen.
const SLOTS_LOG: u32 = 15;

/// What the sample tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The part of the pixels that are the same as the one to the left or above, or end a run that was there before.
    pub repeated: f32,
    /// Bits of one of the others, by the entropy of its channels: as it is,
    plain: f32,
    /// with green taken from red and blue,
    less_green: f32,
    /// and predicted from its neighbours after that.
    predicted: f32,
}

/// What is done to the pixels before references are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Plain,
    LessGreen,
    Predicted,
}

impl Kind {
    pub(crate) fn of(pixels: &[u8], channels: usize, width: usize) -> Self {
        let row = width * channels;
        let height = pixels.len() / row;
        let mut sample = Sample::new();
        let free = height.saturating_sub(1);
        let rows = (SAMPLED / width).clamp(1, free.max(1));
        for k in 0..rows.min(free) {
            let at = k * free / rows * row;
            let (above, own) = pixels[at..at + 2 * row].split_at(row);
            sample.row(above, own, channels);
        }
        sample.kind()
    }

    /// Whether earlier pixels are worth looking for.
    pub(crate) fn is_drawn(self, channels: usize) -> bool {
        // Neighbours that are the same are common in grey photographs, and tell less.
        self.repeated > if channels == 1 { 0.8 } else { 0.5 }
    }

    pub(crate) fn way(self) -> Way {
        // Predictions tear repetitions apart, so they have to save more than a little.
        if self.predicted < 0.83 * self.less_green.min(self.plain) {
            Way::Predicted
        } else if self.less_green < 0.9 * self.plain {
            Way::LessGreen
        } else {
            Way::Plain
        }
    }
}

/// What was counted.
struct Sample {
    /// How often each value of each channel occurs in pixels that repeat nothing, for the three ways.
    counts: Vec<[[u32; 256]; 4]>,
    /// Fingerprints of runs.
    seen: Vec<u32>,
    all: u32,
    others: u32,
}

impl Sample {
    fn new() -> Self {
        Sample { counts: vec![[[0; 256]; 4]; 3], seen: vec![0; 1 << SLOTS_LOG], all: 0, others: 0 }
    }

    fn row(&mut self, above: &[u8], own: &[u8], channels: usize) {
        let pixel = |row: &[u8], x: usize| -> [u8; 4] {
            match row[x * channels..(x + 1) * channels] {
                [v] => [v, v, v, 255],
                [r, g, b] => [r, g, b, 255],
                [r, g, b, a] => [r, g, b, a],
                _ => [0; 4],
            }
        };
        let width = own.len() / channels;
        let (mut left, mut corner) = (pixel(own, 0), pixel(above, 0));
        for x in 1..width {
            let (this, top) = (pixel(own, x), pixel(above, x));
            self.all += 1;
            let again = x + 1 >= RUN && self.again(&own[(x + 1 - RUN) * channels..(x + 1) * channels]);
            if !again && this != left && this != top {
                self.others += 1;
                self.count(this, left, top, corner);
            }
            (left, corner) = (this, top);
        }
    }

    /// Whether a run of pixels was there before; remembers it.
    fn again(&mut self, run: &[u8]) -> bool {
        let mut mixed = 0u32;
        for four in run.chunks(4) {
            let mut bytes = [0; 4];
            bytes[..four.len()].copy_from_slice(four);
            mixed = (mixed ^ u32::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b1).rotate_left(13);
        }
        // Never the 0 of an empty place.
        let mixed = mixed.wrapping_mul(0x85eb_ca6b) | 1;
        let slot = &mut self.seen[(mixed >> (32 - SLOTS_LOG)) as usize];
        std::mem::replace(slot, mixed) == mixed
    }

    fn count(&mut self, this: [u8; 4], left: [u8; 4], top: [u8; 4], corner: [u8; 4]) {
        let less_green = |[r, g, b, a]: [u8; 4]| [r.wrapping_sub(g), g, b.wrapping_sub(g), a];
        let [own, left, top, corner] = [this, left, top, corner].map(less_green);
        let predicted: [u8; 4] = std::array::from_fn(|i| unlike(own[i], left[i], top[i], corner[i]));
        for (counts, pixel) in self.counts.iter_mut().zip([this, own, predicted]) {
            counts.iter_mut().zip(pixel).for_each(|(counts, v)| counts[usize::from(v)] += 1);
        }
    }

    fn kind(&self) -> Kind {
        let n = self.others.max(1) as f32;
        let bits = |way: usize| -> f32 {
            let used = self.counts[way].iter().flatten().filter(|c| **c > 0);
            used.map(|c| *c as f32 * (n / *c as f32).log2()).sum::<f32>() / n
        };
        // What is too small for a sample is as fast either way.
        let repeated = if self.all == 0 { 1.0 } else { 1.0 - self.others as f32 / self.all as f32 };
        Kind { repeated, plain: bits(0), less_green: bits(1), predicted: bits(2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(pixel: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
        (0..200).flat_map(|y| (0..300).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect()
    }

    #[test]
    fn photographs_and_drawings_are_told_apart() {
        let noise = |x: usize, y: usize| {
            let v = ((x * 7919) ^ (y * 104_729)) as u32;
            let v = (v ^ v >> 15).wrapping_mul(0x2c1b_3c6d);
            (v ^ v >> 12).wrapping_mul(0x297a_2d39)
        };
        let photo = picture(|x, y| {
            let n = noise(x, y) >> 30;
            [(x / 2) as u8 + n as u8, (y / 2) as u8 + n as u8, ((x + y) / 3) as u8]
        });
        let kind = Kind::of(&photo, 3, 300);
        assert!(!kind.is_drawn(3) && kind.way() == Way::Predicted, "{kind:?}");
        // Boxes of colours that have nothing to do with one another.
        let boxes = picture(|x, y| {
            let n = noise(x / 9, y / 7).to_le_bytes();
            [n[1], n[2], n[3]]
        });
        let kind = Kind::of(&boxes, 3, 300);
        assert!(kind.is_drawn(3) && kind.way() == Way::Plain, "{kind:?}");
        let grey: Vec<u8> = boxes.iter().step_by(3).flat_map(|v| [*v; 3]).collect();
        let kind = Kind::of(&grey, 3, 300);
        assert!(kind.is_drawn(3) && kind.way() == Way::LessGreen, "{kind:?}");
        // Noise that is there again to the right: only runs tell.
        let tiles = picture(|x, y| {
            let n = noise(x % 50, y).to_le_bytes();
            [n[1], n[2], n[3]]
        });
        assert!(Kind::of(&tiles, 3, 300).is_drawn(3));
        for channels in [1, 3, 4] {
            assert!(Kind::of(&vec![3; channels], channels, 1).is_drawn(channels));
            assert!(Kind::of(&vec![3; 9 * channels], channels, 9).is_drawn(channels));
        }
    }
}
