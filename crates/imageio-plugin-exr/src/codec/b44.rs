//! B44 and B44A: halves in blocks of four by four, 14 bytes each, or 3 where all are the same. Other samples are stored.

use imageio_core::half::f16;
use imageio_core::{Error, Result};

use super::cut_off;
use crate::header::{Part, PixelType};
use crate::layout::{Block, Lines};

/// Unpacks channel by channel, as such blocks are stored.
pub(crate) fn decompress(part: &Part, block: &Block, layout: &Lines, raw: &[u8], lines: &mut [u8]) -> Result<()> {
    // Where each line of each channel goes.
    let mut places: Vec<Vec<usize>> = layout.counts.iter().map(|n| Vec::with_capacity(*n)).collect();
    layout.visit(block.height, |channel, _, range| {
        if let Some(places) = places.get_mut(channel) {
            places.push(range.start);
        }
    });
    let mut raw = raw;
    for ((channel, places), len) in part.channels.iter().zip(&places).zip(&layout.lens) {
        if channel.kind != PixelType::F16 {
            for at in places {
                let (line, rest) = raw.split_at_checked(*len).ok_or_else(cut_off)?;
                raw = rest;
                if let Some(place) = lines.get_mut(*at..at + len) {
                    place.copy_from_slice(line);
                }
            }
            continue;
        }
        for rows in places.chunks(4) {
            for x in (0..len / 2).step_by(4) {
                let mut samples = square(&mut raw)?;
                if channel.linear {
                    samples = samples.map(from_log);
                }
                for (at, row) in rows.iter().zip(samples.chunks_exact(4)) {
                    let start = at + 2 * x;
                    let Some(place) = lines.get_mut(start..(start + 8).min(at + len)) else { continue };
                    for (place, sample) in place.as_chunks_mut::<2>().0.iter_mut().zip(row) {
                        *place = sample.to_le_bytes();
                    }
                }
            }
        }
    }
    if !raw.is_empty() {
        return Err(Error::malformed(format!("{} bytes too many in a block", raw.len())));
    }
    Ok(())
}

/// The next block of sixteen samples.
fn square(raw: &mut &[u8]) -> Result<[u16; 16]> {
    let (head, _) = raw.split_first_chunk::<3>().ok_or_else(cut_off)?;
    let mut s = [u16::from_be_bytes([head[0], head[1]]); 16];
    if head[2] >= 13 << 2 {
        *raw = &raw[3..];
        return Ok(s.map(from_ordered));
    }
    let (b, rest) = raw.split_first_chunk::<14>().ok_or_else(cut_off)?;
    *raw = rest;
    let shift = u32::from(b[2] >> 2);
    let bias = 0x20u16 << shift;
    // Twelve bytes are sixteen differences of six bits; the first column first, each then from its left neighbour.
    let bits = b[2..].iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let difference = |k: usize| ((bits >> (84 - 6 * k)) as u16 & 0x3F) << shift;
    let next = |from: u16, k: usize| from.wrapping_add(difference(k)).wrapping_sub(bias);
    for row in 1..4 {
        s[4 * row] = next(s[4 * row - 4], row - 1);
    }
    for column in 1..4 {
        for row in 0..4 {
            s[4 * row + column] = next(s[4 * row + column - 1], 4 * column - 1 + row);
        }
    }
    Ok(s.map(from_ordered))
}

/// Samples are stored so that their order as integers is that of the numbers.
fn from_ordered(s: u16) -> u16 {
    if s & 0x8000 != 0 { s & 0x7FFF } else { !s }
}

/// Channels that are perceived linearly are stored as logarithms.
fn from_log(s: u16) -> u16 {
    let value = f16::from_bits(s);
    if !value.is_finite() {
        return 0;
    }
    let x = (value.to_f32() / 8.0).exp();
    if x >= f16::MAX.to_f32() { f16::MAX.to_bits() } else { f16::from_f32(x).to_bits() }
}
