//! Header and places of the surfaces.

use imageio_core::{Error, ReadSeek, Result};
use imageio_raster::rows::read_exact;

/// What the header says, as far as it matters.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    pub height: u32,
    pub width: u32,
    pub depth: u32,
    pub mipmaps: u32,
    pub pixel_flags: u32,
    pub four_cc: u32,
    pub bits: u32,
    pub masks: [u32; 4],
    pub caps2: u32,
    pub dx10: Option<Dx10>,
    /// Offset of what follows the header.
    pub end: u64,
}

/// The part that Direct3D 10 added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dx10 {
    pub format: u32,
    pub dimension: u32,
    pub misc: u32,
    pub array_size: u32,
    pub alpha_mode: u32,
}

const MIPMAP_COUNT: u32 = 0x2_0000;
const DEPTH: u32 = 0x80_0000;
const CAPS_COMPLEX: u32 = 0x8;
const CAPS_MIPMAP: u32 = 0x40_0000;

impl Raw {
    pub fn read(stream: &mut dyn ReadSeek) -> Result<Self> {
        let mut head = [0; 128];
        read_exact(stream, &mut head, 0)?;
        let words: [u32; 32] =
            std::array::from_fn(|i| head.as_chunks::<4>().0.get(i).map_or(0, |b| u32::from_le_bytes(*b)));
        // 24 is a well-known slip of one game's encoder.
        if !matches!(words[1], 124 | 24) {
            return Err(Error::malformed(format!("a header of {} bytes instead of 124", words[1])).with("offset", 4));
        }
        let (flags, caps) = (words[2], words[27]);
        let mut raw = Raw {
            height: words[3],
            width: words[4],
            depth: if flags & DEPTH != 0 { words[6].max(1) } else { 1 },
            mipmaps: if flags & MIPMAP_COUNT != 0 || caps & (CAPS_COMPLEX | CAPS_MIPMAP) != 0 { words[7] } else { 1 },
            pixel_flags: words[20],
            four_cc: words[21],
            bits: words[22],
            masks: [words[23], words[24], words[25], words[26]],
            caps2: words[28],
            dx10: None,
            end: 128,
        };
        if raw.pixel_flags & 4 != 0 && raw.four_cc == u32::from_le_bytes(*b"DX10") {
            let mut more = [0; 20];
            read_exact(stream, &mut more, 128)?;
            let word = |i: usize| more.as_chunks::<4>().0.get(i).map_or(0, |b| u32::from_le_bytes(*b));
            raw.end += 20;
            raw.dx10 = Some(Dx10 {
                format: word(0),
                dimension: word(1),
                misc: word(2),
                array_size: word(3),
                alpha_mode: word(4) & 7,
            });
        }
        if raw.width == 0 || raw.height == 0 {
            let message = format!("a texture of {} × {} pixels", raw.width, raw.height);
            return Err(Error::malformed(message).with("offset", 12));
        }
        Ok(raw)
    }

    /// What lies in the file, in its order.
    pub fn kind(&self) -> Kind {
        const CUBE: u32 = 0x200;
        const VOLUME: u32 = 0x20_0000;
        match self.dx10 {
            Some(Dx10 { dimension: 4, .. }) => Kind::Volume { depth: self.depth },
            Some(Dx10 { misc, array_size, .. }) if misc & 4 != 0 => {
                Kind::Cubes { faces: FACES.to_vec(), cubes: array_size.max(1) }
            }
            Some(Dx10 { array_size, .. }) => Kind::Textures { n: array_size.max(1) },
            None if self.caps2 & VOLUME != 0 => Kind::Volume { depth: self.depth },
            None if self.caps2 & CUBE != 0 => {
                let present = |i: usize| self.caps2 & (0x400 << i) != 0;
                let faces: Vec<_> = (0..6).filter(|i| present(*i)).filter_map(|i| FACES.get(i).copied()).collect();
                Kind::Cubes { faces: if faces.is_empty() { FACES.to_vec() } else { faces }, cubes: 1 }
            }
            None => Kind::Textures { n: 1 },
        }
    }
}

/// The sides of a cube in the order of the format.
const FACES: [&str; 6] = ["+x", "-x", "+y", "-y", "+z", "-z"];

/// What lies in a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Textures, each with its smaller copies.
    Textures { n: u32 },
    /// Cubes, each with its faces, each with its smaller copies.
    Cubes { faces: Vec<&'static str>, cubes: u32 },
    /// Slices of the full size, then those of the next smaller one.
    Volume { depth: u32 },
}

impl Kind {
    /// Chains of mip levels that follow each other.
    pub fn chains(&self) -> u64 {
        match self {
            Kind::Textures { n } => u64::from(*n),
            Kind::Cubes { faces, cubes } => faces.len() as u64 * u64::from(*cubes),
            Kind::Volume { .. } => 1,
        }
    }
}

/// Halves a side as often as `level` says; never below 1.
pub(crate) fn at_level(side: u32, level: u32) -> u32 {
    side.checked_shr(level).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides() {
        assert_eq!((at_level(13, 0), at_level(13, 1), at_level(13, 3), at_level(13, 40)), (13, 6, 1, 1));
    }
}
