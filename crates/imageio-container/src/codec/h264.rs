//! H.264: the sequence parameter set (ISO/IEC 14496-10 section 7.3.2.1.1 and annex E) inside the decoder's
//! configuration (ISO/IEC 14496-15 section 5.3.3.1).

use super::{Coded, Colour, Sampling};
use crate::bits::{Bits, unescape};
use crate::{Doubt, Result};

/// Ratios of width to height of a pixel that have a number, table E-1.
pub(super) const RATIOS: [(u32, u32); 17] = [
    (0, 0),
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];

/// The only sequence parameter set of a configuration, as a unit with its header, and how many bytes the length of a
/// unit takes up in samples.
pub fn configuration(record: &[u8]) -> Result<(&[u8], usize)> {
    let (head, rest) = record.split_at_checked(6).ok_or(Doubt("the configuration of H.264 ends early"))?;
    if head[0] != 1 || head[5] & 0x1f != 1 {
        return Err(Doubt("the configuration of H.264 holds no single set of parameters"));
    }
    let length = rest.first_chunk().map(|n| usize::from(u16::from_be_bytes(*n)));
    let set = length.and_then(|n| rest.get(2..2 + n)).ok_or(Doubt("the configuration of H.264 ends early"))?;
    Ok((set, usize::from(head[4] & 3) + 1))
}

/// Reads a sequence parameter set, a unit with its header.
pub fn parameters(unit: &[u8]) -> Result<Coded> {
    if unit.first().is_none_or(|byte| byte & 0x9f != 7) {
        return Err(Doubt("what should be parameters of H.264 is something else"));
    }
    parse(&unescape(&unit[1..])).ok_or(Doubt("the parameters of H.264 can't be understood"))
}

fn parse(set: &[u8]) -> Option<Coded> {
    let mut bits = Bits::new(set);
    let profile = bits.bits(8)?;
    let constraints = bits.bits(8)? as u8;
    let level = bits.bits(8)?;
    bits.ue()?;
    let (mut format, mut depth) = (1, 8);
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        format = bits.ue()?;
        // Planes that are coded apart.
        if format == 3 && bits.bit()? {
            return None;
        }
        depth = bits.ue()?.checked_add(8)?;
        if bits.ue()?.checked_add(8)? != depth {
            return None;
        }
        bits.skip(1)?;
        if bits.bit()? {
            for list in 0..if format == 3 { 12 } else { 8 } {
                if bits.bit()? {
                    scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let sampling = sampling(format)?;
    bits.ue()?;
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.skip(1)?;
            bits.se()?;
            bits.se()?;
            for _ in 0..bits.ue()?.min(256) {
                bits.se()?;
            }
        }
        2 => {}
        _ => return None,
    }
    bits.ue()?;
    bits.skip(1)?;
    let columns = bits.ue()?.checked_add(1)?;
    let rows = bits.ue()?.checked_add(1)?;
    let whole = bits.bit()?;
    if !whole {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    let mut crop = [0; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = bits.ue()?;
        }
    }
    let fields = if whole { 1 } else { 2 };
    let (unit_x, unit_y) = units(sampling);
    let mut coded = Coded {
        width: cropped(columns.checked_mul(16)?, unit_x, crop[0], crop[1])?,
        height: cropped(rows.checked_mul(fields)?.checked_mul(16)?, unit_y * fields, crop[2], crop[3])?,
        profile,
        constraints,
        level,
        sampling,
        depth,
        full_range: None,
        colour: None,
        chroma_location: None,
        pixel_aspect: None,
        is_progressive: whole,
    };
    if bits.bit()? {
        usability(&mut bits, &mut coded)?;
        if bits.bit()? {
            bits.skip(65)?;
        }
        let hypothetical = [hypothetical(&mut bits)?, hypothetical(&mut bits)?];
        if hypothetical.contains(&true) {
            bits.skip(1)?;
        }
        // Every picture may say of itself how it is to be shown.
        if bits.bit()? {
            coded.is_progressive = false;
        }
    }
    Some(coded)
}

pub(super) fn sampling(format: u32) -> Option<Sampling> {
    match format {
        0 => Some(Sampling::Gray),
        1 => Some(Sampling::Both),
        2 => Some(Sampling::Horizontal),
        3 => Some(Sampling::Full),
        _ => None,
    }
}

/// Steps in which a picture is cropped.
pub(super) fn units(sampling: Sampling) -> (u32, u32) {
    match sampling {
        Sampling::Both => (2, 2),
        Sampling::Horizontal => (2, 1),
        Sampling::Vertical => (1, 2),
        Sampling::Gray | Sampling::Full => (1, 1),
    }
}

/// What is left of `n` samples when so many steps are cut off at either end, if a picture can have that size.
pub(super) fn cropped(n: u32, step: u32, a: u32, b: u32) -> Option<u32> {
    n.checked_sub(step.checked_mul(a.checked_add(b)?)?).filter(|n| (1..=1 << 16).contains(n))
}

/// What H.264 and HEVC say in the same way of the use of pictures.
pub(super) fn usability(bits: &mut Bits<'_>, coded: &mut Coded) -> Option<()> {
    if bits.bit()? {
        coded.pixel_aspect = match bits.bits(8)? {
            255 => Some((bits.bits(16)?, bits.bits(16)?)),
            n => RATIOS.get(n as usize).copied(),
        }
        .filter(|(w, h)| *w > 0 && *h > 0);
    }
    if bits.bit()? {
        bits.skip(1)?;
    }
    if bits.bit()? {
        bits.skip(3)?;
        coded.full_range = Some(bits.bit()?);
        if bits.bit()? {
            let mut code = || Some(bits.bits(8)? as u8);
            coded.colour = Some(Colour { primaries: code()?, transfer: code()?, matrix: code()? });
        }
    }
    if bits.bit()? {
        let top = bits.ue()?;
        let bottom = bits.ue()?;
        // Other for the second field: nobody can say it in one word.
        coded.chroma_location = Some(if top == bottom { top } else { u32::MAX });
    }
    Some(())
}

fn scaling_list(bits: &mut Bits<'_>, n: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..n {
        if next != 0 {
            let step = bits.se().filter(|n| (-128..=127).contains(n))?;
            next = (last + step + 256) % 256;
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// Parameters of the hypothetical decoder; `true` if they are there.
fn hypothetical(bits: &mut Bits<'_>) -> Option<bool> {
    if !bits.bit()? {
        return Some(false);
    }
    let n = bits.ue()?;
    if n > 31 {
        return None;
    }
    bits.skip(8)?;
    for _ in 0..=n {
        bits.ue()?;
        bits.ue()?;
        bits.skip(1)?;
    }
    bits.skip(20)?;
    Some(true)
}

/// What a unit of a picture says of whether decoding may begin with the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing; the next unit may.
    Open,
    /// A decoder arrives at the right pictures from here on.
    Recovery,
    /// A slice of a picture with which everything starts afresh.
    Fresh,
    /// A slice of another picture. `true` if it refers to no other, so that some take it for a place to begin.
    Slice(bool),
}

/// Looks at a unit, of which at least the first bytes are there; `None` where they are too few, or unusual.
pub fn start(unit: &[u8]) -> Option<Start> {
    match unit.first()? & 0x1f {
        5 => Some(Start::Fresh),
        1 => {
            let mut bits = Bits::new(&unit[1..]);
            bits.ue()?;
            let kind = bits.ue()?;
            Some(Start::Slice(matches!(kind, 2 | 4 | 7 | 9)))
        }
        6 => messages(&unescape(&unit[1..])),
        7..=9 | 12 | 13 | 15 => Some(Start::Open),
        _ => None,
    }
}

/// Supplemental information (section 7.3.2.3), among which may be that of a recovery point, which is number 6.
fn messages(content: &[u8]) -> Option<Start> {
    let mut rest = content;
    // The last byte is the bit that ends every unit.
    while rest.len() > 1 {
        let mut number = || {
            let mut value = 0;
            loop {
                let (byte, tail) = rest.split_first()?;
                rest = tail;
                value += usize::from(*byte);
                if *byte != 255 {
                    return Some(value);
                }
            }
        };
        let (kind, size) = (number()?, number()?);
        if kind == 6 {
            return Some(Start::Recovery);
        }
        rest = rest.get(size..)?;
    }
    Some(Start::Open)
}
