//! Sony's packing of ARW files since 2008: blocks of 16 bytes hold 16 samples of one colour, two such blocks a run of 32
//! columns in turn. A block has its largest and its least sample, which of the 16 these are, and for the others how far
//! they are above the least, in 7 bits and in steps that suit the span.
//!
//! The decoders of makers' files spread the steps of the curve by random numbers, which this does not: measurements want
//! what is in the file.

use imageio_core::{Error, Result};

use crate::facts::Facts;
use crate::ifd::{Ifd, Tiff};

/// The value of the tag Compression.
pub(crate) const COMPRESSION: u64 = 32767;
/// Where the slope of the curve doubles.
const TONE_CURVE: u16 = 0x7010;
/// Values of a packed sample.
const PACKED: usize = 2048;

/// Facts with the level at which the sensor is full: all of the 12 or 14 bits. What the camera's own directory calls its
/// level of white, 15360 or 3840, is where samples cease to be linear in light; they go on beyond it.
pub(crate) fn full(facts: Facts) -> Facts {
    let full = if facts.white > 4095.0 { 16383.0 } else { 4095.0 };
    let near = facts.white < full && facts.white > full * 0.9;
    let sony = facts.make.eq_ignore_ascii_case("sony") && facts.channels == 1 && !facts.float;
    Facts { white: if sony && near { full } else { facts.white }, ..facts }
}

/// What packed samples stand for; `None` where the directory does not say.
pub(crate) fn curve(tiff: &Tiff<'_, '_>, raw: &Ifd) -> Option<Vec<u16>> {
    let knees = tiff.list(raw, TONE_CURVE).filter(|knees| knees.len() == 4)?;
    let mut knees: Vec<usize> = knees.iter().map(|knee| (knee >> 2 & 0xfff) as usize).collect();
    knees.push(2 * PACKED - 1);
    let mut value = 0u16;
    // The curve has twice as many entries as there are packed values.
    let steps = (0..2 * PACKED).map(|at| {
        if at > 0 {
            let slope = knees.iter().take(4).filter(|knee| **knee < at).count();
            value = value.saturating_add(1 << slope);
        }
        value
    });
    Some(steps.step_by(2).collect())
}

/// Packed samples of whole rows.
pub(crate) fn unpack(data: &[u8], width: usize, rows: usize) -> Result<Vec<u16>> {
    if width % 32 != 0 || data.len() < width * rows {
        return Err(Error::malformed(format!("{} bytes of packed samples for {width} × {rows}", data.len())));
    }
    let mut out = vec![0u16; width * rows];
    for (run, samples) in data.chunks_exact(32).zip(out.chunks_exact_mut(32)) {
        for (phase, block) in run.chunks_exact(16).enumerate() {
            let block = block.try_into().map_or(0, u128::from_le_bytes);
            let bits = |at: u32, n: u32| (block >> at) as u16 & ((1 << n) - 1);
            let (most, least) = (bits(0, 11), bits(11, 11));
            let (at_most, at_least) = (usize::from(bits(22, 4)), usize::from(bits(26, 4)));
            let span = most.saturating_sub(least);
            let shift = (0..4).find(|shift| span < 0x80 << shift).unwrap_or(4);
            let mut next = 30;
            for i in 0..16 {
                samples[phase + i * 2] = match i {
                    _ if i == at_most => most,
                    _ if i == at_least => least,
                    // A seventeenth would lie beyond the block, where most and least are the same place.
                    _ => {
                        let above = bits(next.min(121), 7);
                        next += 7;
                        ((above << shift) + least).min(PACKED as u16 - 1)
                    }
                };
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_where_the_sensor_is_full() {
        let white = |make: &str, channels, white| {
            let facts =
                Facts { make: make.to_owned(), channels, white, ..crate::kodak::facts(String::new(), String::new()) };
            full(facts).white
        };
        for (level, wanted) in
            [(15360.0, 16383.0), (16300.0, 16383.0), (3840.0, 4095.0), (4095.0, 4095.0), (9000.0, 9000.0)]
        {
            assert_eq!(white("Sony", 1, level), wanted);
        }
        // Linear colour has a scale of its own, and so have other makers.
        assert_eq!((white("Sony", 3, 15360.0), white("Canon", 1, 15360.0)), (15360.0, 15360.0));
    }

    /// A block as a camera would pack it.
    fn pack(samples: [u16; 16]) -> [u8; 16] {
        let at = |wanted: u16| samples.iter().position(|v| *v == wanted).unwrap();
        let (most, least) = (*samples.iter().max().unwrap(), *samples.iter().min().unwrap());
        let shift = (0..4).find(|shift| most - least < 0x80 << shift).unwrap_or(4);
        let mut block = u128::from(most) | u128::from(least) << 11;
        block |= (at(most) as u128) << 22 | (at(least) as u128) << 26;
        let others = (0..16).filter(|i| *i != at(most) && *i != at(least));
        for (k, i) in others.enumerate() {
            block |= u128::from((samples[i] - least) >> shift) << (30 + 7 * k);
        }
        block.to_le_bytes()
    }

    #[test]
    fn blocks_come_back() {
        let even: [u16; 16] = std::array::from_fn(|i| 300 + i as u16 * 7);
        let odd: [u16; 16] = std::array::from_fn(|i| 16 * ((i as u16 * 5 + 3) % 16) * 8);
        let data = [pack(even), pack(odd)].concat();
        let samples = unpack(&data, 32, 1).unwrap();
        for i in 0..16 {
            assert_eq!((samples[2 * i], samples[2 * i + 1]), (even[i], odd[i]), "{i}");
        }
        assert!(unpack(&data, 32, 2).is_err() && unpack(&data, 30, 1).is_err());
        // Whatever the bytes are, they are samples.
        assert!(unpack(&[0xff; 32], 32, 1).unwrap().iter().all(|v| *v < 2048));
    }
}
