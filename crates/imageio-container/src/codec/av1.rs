//! AV1: the sequence header (AV1 bitstream specification, section 5.5) inside the decoder's configuration (AV1 in
//! ISOBMFF, section 2.3).

use super::{Coded, Colour, Sampling};
use crate::bits::Bits;
use crate::{Doubt, Result};

/// Reads the sequence header of a configuration.
pub fn configuration(record: &[u8]) -> Result<Coded> {
    const OTHER: Doubt = Doubt("the configuration of AV1 holds no header that can be understood");
    if record.len() < 6 || record[0] != 0x81 {
        return Err(OTHER);
    }
    let unit = &record[4..];
    // Type 1, with a size, without an extension.
    if unit[0] & 0xfc != 0b0000_1000 || unit[0] & 2 == 0 || unit[1] & 0x80 != 0 {
        return Err(OTHER);
    }
    let header = unit.get(2..2 + usize::from(unit[1])).ok_or(OTHER)?;
    parse(header).ok_or(OTHER)
}

fn parse(header: &[u8]) -> Option<Coded> {
    let mut bits = Bits::new(header);
    let profile = bits.bits(3)?;
    let still = bits.bit()?;
    // A reduced header is for still pictures.
    if still || bits.bit()? {
        return None;
    }
    // Timing, a model of the decoder, and several layers are rare and long to describe.
    if bits.bit()? || bits.bit()? || bits.bits(5)? != 0 {
        return None;
    }
    bits.skip(12)?;
    let level = bits.bits(5)?;
    if level > 7 {
        bits.skip(1)?;
    }
    let (width_bits, height_bits) = (bits.bits(4)? + 1, bits.bits(4)? + 1);
    let (width, height) = (bits.bits(width_bits)? + 1, bits.bits(height_bits)? + 1);
    if bits.bit()? {
        bits.skip(7)?;
    }
    bits.skip(7)?;
    let order = bits.bit()?;
    if order {
        bits.skip(2)?;
    }
    let choose = bits.bit()?;
    let tools = if choose { 2 } else { bits.bits(1)? };
    if tools > 0 && !bits.bit()? {
        bits.skip(1)?;
    }
    if order {
        bits.skip(3)?;
    }
    bits.skip(3)?;
    colour(&mut bits, profile).map(|(depth, sampling, full, colour)| Coded {
        width,
        height,
        profile,
        constraints: 0,
        level,
        sampling,
        depth,
        full_range: Some(full),
        colour,
        chroma_location: None,
        pixel_aspect: None,
        is_progressive: true,
    })
}

/// Section 5.5.2: depth, sampling, range, meaning.
fn colour(bits: &mut Bits<'_>, profile: u32) -> Option<(u32, Sampling, bool, Option<Colour>)> {
    let high = bits.bit()?;
    let depth = match (profile, high) {
        (2, true) => 10 + 2 * bits.bits(1)?,
        (_, true) => 10,
        (_, false) => 8,
    };
    let gray = profile != 1 && bits.bit()?;
    let mut colour = None;
    if bits.bit()? {
        let mut code = || Some(bits.bits(8)? as u8);
        colour = Some(Colour { primaries: code()?, transfer: code()?, matrix: code()? });
    }
    if gray {
        return Some((depth, Sampling::Gray, bits.bit()?, colour));
    }
    if colour == Some(Colour { primaries: 1, transfer: 13, matrix: 0 }) {
        return Some((depth, Sampling::Full, true, colour));
    }
    let full = bits.bit()?;
    let sampling = match profile {
        0 => Sampling::Both,
        1 => Sampling::Full,
        _ if depth < 12 => Sampling::Horizontal,
        _ => match (bits.bit()?, bits.bit()?) {
            (true, true) => Sampling::Both,
            (true, false) => Sampling::Horizontal,
            (false, _) => Sampling::Full,
        },
    };
    Some((depth, sampling, full, colour))
}

/// Whether the first frame of a temporal unit is decoded by itself; `None` where its start does not say so plainly.
pub fn is_key(unit: &[u8]) -> Option<bool> {
    let mut rest = unit;
    loop {
        let (first, tail) = rest.split_first()?;
        let kind = first >> 3 & 15;
        // With a size, without an extension (section 5.3.2).
        if first & 0x86 != 2 {
            return None;
        }
        let (size, content) = size(tail)?;
        match kind {
            3 | 6 => {
                // Shows one again, or begins with its type (section 5.9.2).
                let byte = *content.first().filter(|_| size > 0)?;
                return if byte & 0x80 != 0 { None } else { Some(byte & 0x60 == 0) };
            }
            // Delimiters, sequence headers, metadata, padding.
            1 | 2 | 5 | 15 => rest = content.get(size..)?,
            _ => return None,
        }
    }
}

/// A number in seven bits a byte, the lowest first (section 4.10.5), and what follows it.
fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}
