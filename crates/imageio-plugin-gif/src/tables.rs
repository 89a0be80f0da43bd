//! Which palette and which transparent index a frame is stored with.

use crate::animation::Planned;
use crate::encode;
use crate::geometry::Rect;
use crate::lzw::Encoder;
use crate::quantize::{CLEAR, ExactPalette, join};

use imageio_core::Result;

/// The palette in the head of the file.
pub(crate) struct GlobalTable {
    pub palette: Vec<[u8; 3]>,
    /// The index that is no colour.
    pub transparent: Option<u8>,
    colours: ExactPalette,
}

impl GlobalTable {
    /// A table of these colours, with `slot` as transparent index.
    pub fn new(colours: &[[u8; 3]], slot: Option<u8>) -> Self {
        let mut exact = ExactPalette::new();
        for colour in colours {
            exact.add(join(*colour), 256);
        }
        let mut palette = colours.to_vec();
        if let Some(slot) = slot {
            palette.resize(palette.len().max(usize::from(slot) + 1), [0; 3]);
        }
        GlobalTable { palette, transparent: slot, colours: exact }
    }

    /// The index here of each of a frame's colours, if all are here.
    fn translate(&self, palette: &[[u8; 3]]) -> Option<Box<[u8; 256]>> {
        let mut map = Box::new([0; 256]);
        for (to, colour) in map.iter_mut().zip(palette) {
            *to = self.colours.find(join(*colour))?;
        }
        Some(map)
    }
}

/// What is the same for all frames of a file.
pub(crate) struct Style<'s> {
    pub width: usize,
    /// Frames may be transparent: each says so.
    pub alpha: bool,
    /// Indices are grey values.
    pub grey: bool,
    pub interlace: bool,
    pub global: &'s GlobalTable,
    /// The colours of all frames are in the global table at the same indices.
    pub shared: bool,
}

/// A frame as it will lie in the file, after its control extension.
pub(crate) struct Stored {
    pub transparent: Option<u8>,
    pub bytes: Vec<u8>,
}

impl Style<'_> {
    /// Encodes a frame.
    pub fn store(&self, planned: &Planned, encoder: &mut Encoder) -> Result<Stored> {
        let own = &planned.frame.palette;
        let translation = match self.shared || planned.k == 0 {
            true => None,
            false => self.global.translate(own),
        };
        let global = self.shared || planned.k == 0 || translation.is_some();
        let slot = match global {
            // All indices are colours: any that the frame does without will do.
            true if self.grey => self.unused(planned),
            true => self.global.transparent,
            false => u8::try_from(own.len()).ok(),
        };
        // The first frame's index makes a file transparent as a whole; later ones only leave pixels out.
        let may_skip = slot.filter(|_| self.alpha || planned.k > 0);
        let code_bits = encode::table_bits(self.global.palette.len());
        let mut indices = Vec::with_capacity(planned.rect.area());
        let skipped = self.crop(planned, translation.as_deref(), may_skip, &mut indices);
        let transparent = may_skip.filter(|_| self.alpha || skipped > 0);
        let local = (!global).then(|| {
            let mut palette = own.clone();
            if transparent.is_some() {
                palette.push([0; 3]);
            }
            palette
        });
        let pack = |encoder: &mut Encoder, local: Option<&[[u8; 3]]>, indices: &[u8]| {
            encode::image(encoder, &planned.rect, local, code_bits, self.interlace, indices)
        };
        let bytes = pack(encoder, local.as_deref(), &indices)?;
        // Few pixels left out may make runs shorter rather than longer.
        if !self.alpha && skipped > 0 && skipped < planned.rect.area() / 2 {
            indices.clear();
            self.crop(planned, translation.as_deref(), None, &mut indices);
            let plain = pack(encoder, (!global).then_some(own.as_slice()), &indices)?;
            if plain.len() <= bytes.len() {
                return Ok(Stored { transparent: None, bytes: plain });
            }
        }
        Ok(Stored { transparent, bytes })
    }

    /// An index that does not occur in the planned rectangle.
    fn unused(&self, planned: &Planned) -> Option<u8> {
        let Rect { left, top, width, height } = planned.rect;
        let mut used = [false; 256];
        for row in planned.frame.indices.chunks_exact(self.width).skip(top).take(height) {
            for index in row.get(left..left + width).unwrap_or_default() {
                used[usize::from(*index)] = true;
            }
        }
        (0..=255).find(|i| !used[usize::from(*i)])
    }

    /// Appends the indices of the planned rectangle; gives the number of pixels left out.
    fn crop(&self, planned: &Planned, translation: Option<&[u8; 256]>, skip: Option<u8>, out: &mut Vec<u8>) -> usize {
        let Rect { left, top, width, height } = planned.rect;
        let frame = &planned.frame;
        let mut skipped = 0;
        for y in top..top + height {
            let row = y * self.width + left..y * self.width + left + width;
            let (Some(indices), Some(shown)) = (frame.indices.get(row.clone()), frame.shown.get(row.clone())) else {
                return skipped;
            };
            let translate = |index: &u8| translation.map_or(*index, |map| map[usize::from(*index)]);
            let below = planned.base.as_ref().and_then(|base| base.get(row));
            match (skip, below) {
                (None, _) => out.extend(indices.iter().map(translate)),
                (Some(skip), None) => out.extend(indices.iter().zip(shown).map(|(index, pixel)| match *pixel {
                    CLEAR => skip,
                    _ => translate(index),
                })),
                (Some(skip), Some(below)) => {
                    let pixels = indices.iter().zip(shown).zip(below);
                    out.extend(pixels.map(|((index, pixel), below)| {
                        if pixel == below || *pixel == CLEAR {
                            skipped += 1;
                            return skip;
                        }
                        translate(index)
                    }));
                }
            }
        }
        skipped
    }
}
