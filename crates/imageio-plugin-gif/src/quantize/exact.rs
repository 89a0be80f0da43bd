use super::{CLEAR, Pixel, split};

/// Slots of the hash table: four for each colour.
const SLOTS: usize = 1024;

/// A palette that holds every colour it was shown, as long as they are few.
pub(crate) struct ExactPalette {
    /// Colour plus 1 in the upper bits' place, index in its own array; 0 is empty.
    keys: Box<[u32; SLOTS]>,
    values: Box<[u8; SLOTS]>,
    colours: Vec<Pixel>,
}

impl ExactPalette {
    pub fn new() -> Self {
        ExactPalette { keys: Box::new([0; SLOTS]), values: Box::new([0; SLOTS]), colours: Vec::new() }
    }

    pub fn clear(&mut self) {
        self.keys.fill(0);
        self.colours.clear();
    }

    /// The colours in the order in which they were met.
    pub fn palette(&self) -> Vec<[u8; 3]> {
        self.colours.iter().map(|c| split(*c)).collect()
    }

    /// The index of a colour that is there.
    pub fn find(&self, pixel: Pixel) -> Option<u8> {
        let slot = self.slot(pixel);
        (self.keys[slot] != 0).then(|| self.values[slot])
    }

    /// Finds or adds the colour of each pixel; `false`, with part of the work done, if they are more than `most`.
    pub fn map(&mut self, pixels: &[Pixel], most: usize, indices: &mut [u8]) -> bool {
        let mut last = (CLEAR, 0);
        for (pixel, index) in pixels.iter().zip(indices) {
            if *pixel != last.0 && *pixel != CLEAR {
                let Some(found) = self.add(*pixel, most) else { return false };
                last = (*pixel, found);
            }
            *index = last.1;
        }
        true
    }

    /// The index of a colour, which is added if there is room for it.
    pub fn add(&mut self, pixel: Pixel, most: usize) -> Option<u8> {
        let slot = self.slot(pixel);
        if self.keys[slot] == 0 {
            let n = self.colours.len();
            if n >= most.min(256) {
                return None;
            }
            self.keys[slot] = pixel + 1;
            self.values[slot] = n as u8;
            self.colours.push(pixel);
        }
        Some(self.values[slot])
    }

    /// Where a colour is, or would be.
    fn slot(&self, pixel: Pixel) -> usize {
        let mut slot = pixel.wrapping_mul(0x9E37_79B1) as usize >> 16 & (SLOTS - 1);
        while self.keys[slot] != 0 && self.keys[slot] != pixel + 1 {
            slot = (slot + 1) & (SLOTS - 1);
        }
        slot
    }
}
