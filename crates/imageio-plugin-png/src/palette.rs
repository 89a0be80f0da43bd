//! Finding the palette of an image that has few colours.

use std::collections::HashMap;

/// An image as indices into a palette.
pub(crate) struct Indexed {
    pub indices: Vec<u8>,
    /// Bits of an index: 1, 2, 4 or 8.
    pub bits: u8,
    /// Red, green, blue for each entry.
    pub colors: Vec<u8>,
    /// Alpha for the entries; empty if the image has no alpha channel.
    pub alpha: Vec<u8>,
}

/// Indexes pixels of 3 or 4 channels; `None` if they have more than 256 colours.
pub(crate) fn index(samples: &[u8], channels: usize) -> Option<Indexed> {
    let mut slots: HashMap<[u8; 4], u8> = HashMap::new();
    let mut palette: Vec<[u8; 4]> = Vec::new();
    let mut indices = Vec::with_capacity(samples.len() / channels);
    let mut last: Option<([u8; 4], u8)> = None;
    for pixel in samples.chunks_exact(channels) {
        let [r, g, b, rest @ ..] = pixel else { return None };
        let color = [*r, *g, *b, rest.first().copied().unwrap_or(255)];
        // Neighbours are often alike.
        let slot = match last {
            Some((same, slot)) if same == color => slot,
            _ => match slots.get(&color) {
                Some(slot) => *slot,
                None => {
                    let slot = u8::try_from(palette.len()).ok()?;
                    palette.push(color);
                    slots.insert(color, slot);
                    slot
                }
            },
        };
        last = Some((color, slot));
        indices.push(slot);
    }
    // Entries that are not opaque go first, so that the list of alphas is short.
    let mut order: Vec<usize> = (0..palette.len()).collect();
    order.sort_by_key(|at| palette[*at][3] == 255);
    let mut place = [0u8; 256];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new as u8;
    }
    indices.iter_mut().for_each(|slot| *slot = place[usize::from(*slot)]);
    let bits = match palette.len() {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    };
    let colors = order.iter().flat_map(|at| palette[*at][..3].to_vec()).collect();
    let mut alpha: Vec<u8> = Vec::new();
    if channels == 4 {
        alpha = order.iter().map(|at| palette[*at][3]).collect();
        // One entry at least, or an opaque image would read back without its alpha channel.
        let translucent = alpha.iter().take_while(|a| **a < 255).count();
        alpha.truncate(translucent.max(1));
    }
    Some(Indexed { indices, bits, colors, alpha })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translucent_colours_come_first() {
        let pixels = [9, 9, 9, 255, 1, 2, 3, 0, 9, 9, 9, 255, 4, 5, 6, 128];
        let indexed = index(&pixels, 4).unwrap();
        assert_eq!(indexed.alpha, [0, 128]);
        assert_eq!(indexed.colors, [1, 2, 3, 4, 5, 6, 9, 9, 9]);
        assert_eq!((indexed.indices.as_slice(), indexed.bits), (&[2, 0, 2, 1][..], 2));
    }

    #[test]
    fn too_many_colours() {
        let pixels: Vec<u8> = (0..257u16).flat_map(|i| [i as u8, (i >> 8) as u8, 0]).collect();
        assert!(index(&pixels, 3).is_none());
        assert_eq!(index(&pixels[..768], 3).unwrap().bits, 8);
        assert_eq!(index(&pixels[..48], 4).unwrap().alpha.len().min(1), 1);
    }
}
