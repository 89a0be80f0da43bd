//! HEVC: the sequence parameter set (ISO/IEC 23008-2 section 7.3.2.2 and annex E) inside the decoder's configuration
//! (ISO/IEC 14496-15 section 8.3.3.1).

use super::Coded;
use super::h264::{cropped, sampling, units, usability};
use crate::bits::{Bits, unescape};
use crate::{Doubt, Result};

/// The only sequence parameter set of a configuration, as a unit with its header, and how many bytes the length of a
/// unit takes up in samples.
pub fn configuration(record: &[u8]) -> Result<(&[u8], usize)> {
    const EARLY: Doubt = Doubt("the configuration of HEVC ends early");
    let (head, mut rest) = record.split_at_checked(23).ok_or(EARLY)?;
    let mut found = None;
    for _ in 0..head[22] {
        let (array, tail) = rest.split_first_chunk::<3>().ok_or(EARLY)?;
        rest = tail;
        for _ in 0..u16::from_be_bytes([array[1], array[2]]) {
            let (length, tail) = rest.split_first_chunk::<2>().ok_or(EARLY)?;
            let (unit, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(EARLY)?;
            rest = tail;
            if array[0] & 0x3f == 33 && found.replace(unit).is_some() {
                return Err(Doubt("the configuration of HEVC holds several sets of parameters"));
            }
        }
    }
    let set = found.ok_or(Doubt("the configuration of HEVC holds no parameters"))?;
    Ok((set, usize::from(head[21] & 3) + 1))
}

/// Reads a sequence parameter set, a unit with its header.
pub fn parameters(unit: &[u8]) -> Result<Coded> {
    // Of another layer than the first: scalable, or for several views.
    if unit.len() < 2 || unit[0] >> 1 != 33 || unit[0] & 1 != 0 || unit[1] >> 3 != 0 {
        return Err(Doubt("what should be parameters of HEVC is something else"));
    }
    parse(&unescape(&unit[2..])).ok_or(Doubt("the parameters of HEVC can't be understood"))
}

fn parse(set: &[u8]) -> Option<Coded> {
    let mut bits = Bits::new(set);
    bits.skip(4)?;
    let sublayers = bits.bits(3)?;
    bits.skip(1)?;
    // Profile, tier and level.
    bits.skip(3)?;
    let profile = bits.bits(5)?;
    bits.skip(32)?;
    bits.skip(48)?;
    let level = bits.bits(8)?;
    let mut present = Vec::new();
    for _ in 0..sublayers {
        present.push((bits.bit()?, bits.bit()?));
    }
    if sublayers > 0 {
        bits.skip(2 * (8 - sublayers as usize))?;
    }
    for (of_profile, of_level) in present {
        bits.skip(88 * usize::from(of_profile) + 8 * usize::from(of_level))?;
    }
    bits.ue()?;
    let format = bits.ue()?;
    if format == 3 && bits.bit()? {
        return None;
    }
    let sampling = sampling(format)?;
    let (width, height) = (bits.ue()?, bits.ue()?);
    let mut crop = [0; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = bits.ue()?;
        }
    }
    let (unit_x, unit_y) = units(sampling);
    let depth = bits.ue()?.checked_add(8)?;
    if bits.ue()?.checked_add(8)? != depth {
        return None;
    }
    let mut coded = Coded {
        width: cropped(width, unit_x, crop[0], crop[1])?,
        height: cropped(height, unit_y, crop[2], crop[3])?,
        profile,
        constraints: 0,
        level,
        sampling,
        depth,
        full_range: None,
        colour: None,
        chroma_location: None,
        pixel_aspect: None,
        is_progressive: false,
    };
    let order = bits.ue()?.checked_add(4).filter(|n| *n <= 16)?;
    let first = if bits.bit()? { 0 } else { sublayers };
    for _ in first..=sublayers {
        bits.ue()?;
        bits.ue()?;
        bits.ue()?;
    }
    for _ in 0..6 {
        bits.ue()?;
    }
    if bits.bit()? && bits.bit()? {
        scaling_lists(&mut bits)?;
    }
    bits.skip(2)?;
    if bits.bit()? {
        bits.skip(8)?;
        bits.ue()?;
        bits.ue()?;
        bits.skip(1)?;
    }
    reference_sets(&mut bits)?;
    if bits.bit()? {
        let n = bits.ue()?;
        if n > 32 {
            return None;
        }
        bits.skip(n as usize * (order as usize + 1))?;
    }
    bits.skip(2)?;
    if bits.bit()? {
        usability(&mut bits, &mut coded)?;
        bits.skip(1)?;
        // Fields in place of frames, and a window of which decoders make nothing or something.
        let fields = bits.bit()?;
        bits.skip(1)?;
        if fields || bits.bit()? {
            return None;
        }
    }
    Some(coded)
}

fn scaling_lists(bits: &mut Bits<'_>) -> Option<()> {
    for size in 0..4_u32 {
        let mut matrix = 0;
        while matrix < 6 {
            if bits.bit()? {
                if size > 1 {
                    bits.se()?;
                }
                for _ in 0..64.min(1_u32 << (4 + 2 * size)) {
                    bits.se()?;
                }
            } else {
                bits.ue()?;
            }
            matrix += if size == 3 { 3 } else { 1 };
        }
    }
    Some(())
}

/// Sets of pictures that others refer to, section 7.3.7. All that matters is how long they are.
fn reference_sets(bits: &mut Bits<'_>) -> Option<()> {
    let n = bits.ue()?;
    if n > 64 {
        return None;
    }
    let mut pictures: Vec<u32> = Vec::new();
    for at in 0..n {
        if at > 0 && bits.bit()? {
            bits.skip(1)?;
            bits.ue()?;
            let mut count = 0;
            for _ in 0..=*pictures.last()? {
                // Used by this picture, or else at least by later ones.
                if bits.bit()? || bits.bit()? {
                    count += 1;
                }
            }
            pictures.push(count);
        } else {
            let (before, after) = (bits.ue()?, bits.ue()?);
            if before > 16 || after > 16 {
                return None;
            }
            for _ in 0..before + after {
                bits.ue()?;
                bits.skip(1)?;
            }
            pictures.push(before + after);
        }
    }
    Some(())
}
