//! MPEG-4 part 2: the video object layer (ISO/IEC 14496-2 section 6.2.3).

use super::h264::RATIOS;
use super::{Coded, Sampling};
use crate::bits::Bits;
use crate::{Doubt, Result};

/// What a layer says besides its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layer {
    /// Its pictures. The level is 0 where nothing is said of it, and so is the profile.
    pub coded: Coded,
    /// Profile and level are said.
    pub has_profile: bool,
    /// Pictures are shown in the order in which they are decoded.
    pub is_in_order: bool,
    /// Pictures in a second, as a fraction.
    pub rate: (u32, u32),
}

/// Reads the headers before the first picture.
pub fn layer(bytes: &[u8]) -> Result<Layer> {
    parse(bytes).ok_or(Doubt("the headers of MPEG-4 are not understood"))
}

/// Whether a picture refers to no other, and whether it refers to one that is shown later; `None` if there is none.
pub fn is_key_and_bidirectional(frame: &[u8]) -> Option<(bool, bool)> {
    let (_, content) = units(frame).find(|(code, _)| *code == 0xb6)?;
    let kind = content.first()? >> 6;
    Some((kind == 0, kind == 2))
}

/// Codes that begin units, and what follows them.
fn units(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let at = bytes.windows(4).enumerate().filter(|(_, window)| window[..3] == [0, 0, 1]);
    at.map(|(at, window)| (window[3], &bytes[at + 4..]))
}

fn parse(bytes: &[u8]) -> Option<Layer> {
    let mut profile = None;
    for (code, content) in units(bytes) {
        match code {
            0xb0 => profile = Some(*content.first()?),
            0x20..=0x2f => return volume(content, profile),
            0xb5 if says_colour(content)? => return None,
            // A picture before the layer.
            0xb6 => return None,
            _ => {}
        }
    }
    None
}

/// Whether a visual object (section 6.2.2) says what its samples mean.
fn says_colour(content: &[u8]) -> Option<bool> {
    let mut bits = Bits::new(content);
    if bits.bit()? {
        bits.skip(7)?;
    }
    let kind = bits.bits(4)?;
    Some(matches!(kind, 1 | 2) && bits.bit()?)
}

fn volume(content: &[u8], profile: Option<u8>) -> Option<Layer> {
    let mut bits = Bits::new(content);
    bits.skip(1)?;
    let kind = bits.bits(8)?;
    let version = match bits.bit()? {
        true => {
            let version = bits.bits(4)?;
            bits.skip(3)?;
            version
        }
        false => 1,
    };
    let pixel_aspect = match bits.bits(4)? {
        15 => Some((bits.bits(8)?, bits.bits(8)?)).filter(|(w, h)| *w > 0 && *h > 0),
        n @ 1..=5 => RATIOS.get(n as usize).copied(),
        _ => return None,
    };
    // Without more, the two simple kinds have no pictures that refer to later ones.
    let mut is_in_order = kind == 1 || kind == 17;
    if bits.bit()? {
        // Only 4:2:0 is there.
        if bits.bits(2)? != 1 {
            return None;
        }
        is_in_order = bits.bit()?;
        if bits.bit()? {
            bits.skip(79)?;
        }
    }
    // Pictures with a shape, and studios' kinds.
    if bits.bits(2)? != 0 || !bits.bit()? || matches!(profile, Some(0xe0..=0xef)) || version > 5 {
        return None;
    }
    let resolution = bits.bits(16)?;
    if resolution == 0 || !bits.bit()? {
        return None;
    }
    let length = match bits.bit()? {
        true => bits.bits((u32::BITS - (resolution - 1).leading_zeros()).max(1))?,
        false => 1,
    };
    let marked = bits.bit()?;
    let width = bits.bits(13)?;
    let also = bits.bit()?;
    let height = bits.bits(13)?;
    if !marked || !also || !bits.bit()? || width == 0 || height == 0 || length == 0 {
        return None;
    }
    let is_interlaced = bits.bit()?;
    bits.skip(1)?;
    // Sprites, and more than 8 bits.
    let sprites = bits.bits(if version == 1 { 1 } else { 2 })?;
    if sprites != 0 || bits.bit()? {
        return None;
    }
    Some(Layer {
        coded: Coded {
            width,
            height,
            profile: profile.map_or(0, |byte| u32::from(byte >> 4)),
            constraints: 0,
            level: profile.map_or(0, |byte| u32::from(byte & 15)),
            sampling: Sampling::Both,
            depth: 8,
            full_range: None,
            colour: None,
            chroma_location: Some(0),
            pixel_aspect,
            is_progressive: !is_interlaced,
        },
        has_profile: profile.is_some(),
        is_in_order,
        rate: (resolution, length),
    })
}
