//! Palettes: indices become colours where the option `palette` says so (TIFF 6.0 section 5, ColorMap).

use imageio_core::{Dtype, Error, Result};

use crate::blame::Blame;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// The colours of a page's indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Palette {
    /// Red, green and blue; of 8 bits if `narrow`.
    colours: Vec<[u16; 3]>,
    narrow: bool,
}

impl Palette {
    /// The palette of a page of indices; `None` for other pages.
    pub fn read(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Result<Option<Self>> {
        let layout = &page.layout;
        if layout.photometric != 3 {
            return Ok(None);
        }
        let &[bits @ 1..=16] = layout.bits.as_slice() else {
            return Err(Error::unsupported("a palette for indices of more than 16 bits").with("option", "palette"));
        };
        if layout.samples != 1 || !matches!(layout.dtype()?, Dtype::Bool | Dtype::U8 | Dtype::U16) {
            return Err(Error::unsupported("a palette for pixels that are not single unsigned indices")
                .with("option", "palette")
                .with_hint("read the samples as they are, with `palette=raw`"));
        }
        let bad = |what: String| page.ifd.blame(Error::malformed(what).tag(tag::COLOR_MAP));
        let entry = page.ifd.entry(tag::COLOR_MAP);
        let entry = entry.ok_or_else(|| bad("an image of indices has no ColorMap".to_owned()))?;
        let count = 1usize << bits;
        if entry.count != 3 * count as u64 {
            return Err(bad(format!("ColorMap has {} values, {} are needed", entry.count, 3 * count)));
        }
        let values: Vec<u16> = tiff.uints(entry, window)?.into_iter().map(|v| v.min(0xffff) as u16).collect();
        Ok(Self::new(&values, count))
    }

    /// From all reds, greens and blues.
    fn new(values: &[u16], count: usize) -> Option<Self> {
        // Old writers put bytes into the 16 bits of each value.
        let bytes = values.iter().all(|v| *v < 256);
        let narrow = bytes || values.iter().all(|v| v % 257 == 0 || v & 0xff == 0);
        let value = |v: u16| if narrow && !bytes { v >> 8 } else { v };
        let (red, rest) = values.split_at_checked(count)?;
        let (green, blue) = rest.split_at_checked(count)?;
        let colours = red.iter().zip(green).zip(blue).map(|((r, g), b)| [value(*r), value(*g), value(*b)]).collect();
        Some(Palette { colours, narrow })
    }

    /// What colours are made of: bytes if they lose nothing as such.
    pub fn dtype(&self) -> Dtype {
        if self.narrow { Dtype::U8 } else { Dtype::U16 }
    }

    fn colour(&self, index: usize) -> [u16; 3] {
        self.colours.get(index).copied().unwrap_or([0; 3])
    }
}

/// Turns the indices of `size` bytes at the end of `dest` into the colours that fill it. Each page of `page` indices
/// has a palette; the last one is for the rest.
pub(crate) fn apply(palettes: &[Palette], page: usize, size: usize, dest: &mut [u8]) {
    let Some(first) = palettes.first() else { return };
    let pixel = 3 * first.dtype().size();
    let count = dest.len() / pixel;
    let mut from = dest.len() - count * size;
    let mut to = 0;
    // Colours are never written beyond the indices that were read: they catch up with them at the end.
    for k in 0..count {
        let palette = palettes.get(k / page.max(1)).or(palettes.last()).unwrap_or(first);
        let index = match dest.get(from..from + size) {
            Some(&[one]) => usize::from(one),
            Some(&[a, b]) => usize::from(u16::from_ne_bytes([a, b])),
            _ => 0,
        };
        let colour = palette.colour(index);
        let Some(out) = dest.get_mut(to..to + pixel) else { return };
        match palette.narrow {
            true => out.iter_mut().zip(colour).for_each(|(to, v)| *to = v as u8),
            false => out.chunks_exact_mut(2).zip(colour).for_each(|(to, v)| to.copy_from_slice(&v.to_ne_bytes())),
        }
        from += size;
        to += pixel;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_and_wide() {
        let narrow = Palette::new(&[0, 257, 65_535, 0x1200, 3 * 257, 0], 2).unwrap();
        assert_eq!((narrow.dtype(), narrow.colour(1), narrow.colour(9)), (Dtype::U8, [1, 0x12, 0], [0; 3]));
        let bytes = Palette::new(&[1, 2, 3, 4, 5, 6], 2).unwrap();
        assert_eq!((bytes.dtype(), bytes.colour(0)), (Dtype::U8, [1, 3, 5]));
        let wide = Palette::new(&[1, 257, 3, 4, 5, 65_535], 2).unwrap();
        assert_eq!((wide.dtype(), wide.colour(1)), (Dtype::U16, [257, 4, 65_535]));
    }

    #[test]
    fn in_place() {
        let one = Palette::new(&[1, 2, 3, 4, 5, 6], 2).unwrap();
        let other = Palette { colours: vec![[7, 8, 9], [10, 11, 12]], narrow: true };
        let mut dest = [9, 9, 9, 9, 9, 9, 0, 1, 1];
        apply(&[one, other], 2, 1, &mut dest);
        assert_eq!(dest, [1, 3, 5, 2, 4, 6, 10, 11, 12]);
    }
}
