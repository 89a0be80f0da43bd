//! VP9: the uncompressed header of a key frame (VP9 bitstream specification, sections 6.2 and 7.2).

use super::{Coded, Sampling};
use crate::bits::Bits;
use crate::{Doubt, Result};

/// Reads the header of a frame, which has to be a key frame.
pub fn key_frame(frame: &[u8]) -> Result<Coded> {
    parse(frame).ok_or(Doubt("the first frame of VP9 is no key frame that can be understood"))
}

fn parse(frame: &[u8]) -> Option<Coded> {
    let mut bits = Bits::new(frame);
    if bits.bits(2)? != 2 {
        return None;
    }
    let (low, high) = (bits.bits(1)?, bits.bits(1)?);
    let profile = high << 1 | low;
    let reserved = profile == 3 && bits.bit()?;
    let (repeats, inter) = (bits.bit()?, bits.bit()?);
    bits.skip(2)?;
    if reserved || repeats || inter || bits.bits(24)? != 0x49_8342 {
        return None;
    }
    let depth = match profile >= 2 {
        true => 10 + 2 * bits.bits(1)?,
        false => 8,
    };
    let space = bits.bits(3)?;
    let (full_range, sampling);
    if space == 7 {
        // RGB, in profiles that have it.
        if profile & 1 == 0 {
            return None;
        }
        (full_range, sampling) = (true, Sampling::Full);
        bits.skip(1)?;
    } else {
        full_range = bits.bit()?;
        sampling = if profile & 1 == 1 {
            let halves = (bits.bit()?, bits.bit()?);
            bits.skip(1)?;
            match halves {
                (false, false) => Sampling::Full,
                (true, false) => Sampling::Horizontal,
                (false, true) => Sampling::Vertical,
                (true, true) => return None,
            }
        } else {
            Sampling::Both
        };
    }
    let width = bits.bits(16)? + 1;
    let height = bits.bits(16)? + 1;
    Some(Coded {
        width,
        height,
        profile,
        constraints: 0,
        level: 0,
        sampling,
        depth,
        full_range: Some(full_range),
        colour: matrix(space).map(|matrix| super::Colour { primaries: 2, transfer: 2, matrix }),
        chroma_location: None,
        pixel_aspect: None,
        is_progressive: true,
    })
}

/// The matrix behind a number of VP9's own, table 7-2; `None` for "unknown".
fn matrix(space: u32) -> Option<u8> {
    match space {
        1 => Some(5),
        2 => Some(1),
        3 => Some(6),
        4 => Some(7),
        5 => Some(9),
        7 => Some(0),
        _ => None,
    }
}

/// Whether a frame is decoded by itself; `None` where it is not plain to see.
pub fn is_key(frame: &[u8]) -> Option<bool> {
    let mut bits = Bits::new(frame);
    if bits.bits(2)? != 2 {
        return None;
    }
    let profile = (bits.bit()?, bits.bit()?);
    if profile == (true, true) && bits.bit()? {
        return None;
    }
    let (repeats, inter) = (bits.bit()?, bits.bit()?);
    Some(!repeats && !inter)
}
