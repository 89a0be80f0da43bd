//! Palettes, and what indices become.

/// RGB colours by index, 2 to 256 of them.
pub(crate) type Palette = Vec<[u8; 3]>;

/// The colours of a colour table.
pub(crate) fn from_bytes(bytes: &[u8]) -> Palette {
    bytes.as_chunks::<3>().0.to_vec()
}

/// `true` if every colour is the grey of its index: such a table says nothing.
pub(crate) fn is_grey_ramp(palette: &[[u8; 3]]) -> bool {
    palette.iter().enumerate().all(|(i, colour)| colour.iter().all(|c| usize::from(*c) == i))
}

/// What each index of one frame becomes: red, green, blue, alpha.
#[derive(Clone)]
pub(crate) struct Lut {
    pub colours: Box<[[u8; 4]; 256]>,
    /// The index that leaves the canvas as it is; 256 if there is none.
    pub skip: u16,
}

impl Lut {
    /// Colours of a frame with this palette. Indices beyond its end are black; without any palette, or with one
    /// that says nothing, an index is its own grey.
    pub fn new(palette: Option<&[[u8; 3]]>, skip: Option<u8>) -> Self {
        let mut colours = Box::new([[0, 0, 0, 255u8]; 256]);
        match palette.filter(|p| !is_grey_ramp(p)) {
            Some(palette) => {
                for (to, [r, g, b]) in colours.iter_mut().zip(palette) {
                    *to = [*r, *g, *b, 255];
                }
            }
            None => {
                for (i, to) in (0..=255u8).zip(colours.iter_mut()) {
                    *to = [i, i, i, 255];
                }
            }
        }
        Lut { colours, skip: skip.map_or(256, u16::from) }
    }

    /// Makes an index transparent where it is drawn.
    pub fn hide(&mut self, index: u8) {
        self.colours[usize::from(index)][3] = 0;
    }

    /// The colour of an index without any transparency.
    pub fn rgb(&self, index: u8) -> [u8; 3] {
        let [r, g, b, _] = self.colours[usize::from(index)];
        [r, g, b]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_without_a_colour() {
        let lut = Lut::new(Some(&[[1, 2, 3], [4, 5, 6]]), Some(1));
        assert_eq!((lut.rgb(1), lut.rgb(2), lut.rgb(255)), ([4, 5, 6], [0; 3], [0; 3]));
        assert_eq!(lut.skip, 1);
        let ramp = Lut::new(None, None);
        assert_eq!((ramp.rgb(0), ramp.rgb(200)), ([0; 3], [200; 3]));
        assert_eq!(Lut::new(Some(&[[0; 3], [1; 3]]), None).rgb(9), [9; 3]);
        assert_eq!(ramp.skip, 256);
    }
}
