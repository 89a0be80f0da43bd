//! SGI's LogL and LogLuv: luminance as a logarithm, colour as CIE (u', v'), given as CIE XYZ in floats.

use std::f64::consts::LN_2;

use imageio_core::{Error, Result};

use super::chunk::{Context, resize};
use super::image::Found;
use super::sgilog_gamut::ROWS;

/// How pixels are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Luminance of 16 bits in runs of bytes.
    Luminance,
    /// Luminance of 16 bits and 8 bits each of u' and v', in runs of bytes.
    Luv32,
    /// Luminance of 10 bits and a number of 14 bits for a colour that eyes can see.
    Luv24,
}

impl Coding {
    /// What a compression and a photometric interpretation make of each other.
    pub fn new(compression: u16, photometric: u16) -> Option<Self> {
        match (compression, photometric) {
            (34676, 32844) => Some(Coding::Luminance),
            (34676, 32845) => Some(Coding::Luv32),
            (34677, 32845) => Some(Coding::Luv24),
            _ => None,
        }
    }

    /// Samples of a pixel of the array: Y, or X, Y and Z.
    pub fn samples(self) -> usize {
        if self == Coding::Luminance { 1 } else { 3 }
    }
}

/// Decodes a strip or tile of which `rows` rows are wanted.
pub(crate) fn decode(
    context: &Context,
    coding: Coding,
    rows: usize,
    data: &[u8],
    plain: &mut Vec<u8>,
) -> Result<Found> {
    let [_, _, width] = context.layout.chunk_size();
    let samples = coding.samples();
    let need = rows.saturating_mul(width).saturating_mul(4 * samples);
    let most = context.layout.bytes().unwrap_or(0).saturating_mul(4).max(super::bytes::MOST);
    if need > most {
        return Err(Error::limit(format!("a strip or tile of {need} bytes in a page of far fewer")));
    }
    let out = resize(plain, need)?;
    let mut codes = vec![0u32; width];
    let mut rest = data;
    for (y, line) in out.chunks_exact_mut((width * 4 * samples).max(1)).enumerate() {
        let short = || Error::malformed(format!("SGILog: the data end in row {y} of a strip or tile"));
        match coding {
            Coding::Luminance => runs(&mut rest, 2, &mut codes).ok_or_else(short)?,
            Coding::Luv32 => runs(&mut rest, 4, &mut codes).ok_or_else(short)?,
            Coding::Luv24 => {
                let (now, later) = rest.split_at_checked(3 * width).ok_or_else(short)?;
                rest = later;
                for (code, three) in codes.iter_mut().zip(now.chunks_exact(3)) {
                    *code = three.iter().fold(0, |v, b| v << 8 | u32::from(*b));
                }
            }
        }
        for (code, to) in codes.iter().zip(line.chunks_exact_mut(4 * samples)) {
            let xyz = match coding {
                Coding::Luminance => {
                    to.copy_from_slice(&(luminance16(*code) as f32).to_ne_bytes());
                    continue;
                }
                Coding::Luv32 => {
                    let part = |v: u32| (f64::from(v & 0xff) + 0.5) / 410.0;
                    xyz(luminance16(*code >> 16), part(*code >> 8), part(*code))
                }
                Coding::Luv24 => {
                    let (u, v) = chromaticity(*code & 0x3fff);
                    xyz(luminance10(*code >> 14 & 0x3ff), u, v)
                }
            };
            for (to, value) in to.chunks_exact_mut(4).zip(xyz) {
                to.copy_from_slice(&value.to_ne_bytes());
            }
        }
    }
    Ok(Found { planes: 1, width, height: rows, components: samples, size: 4 })
}

/// One row of integers of `size` bytes, each byte's values for themselves as runs and literals, the highest first.
fn runs(data: &mut &[u8], size: usize, codes: &mut [u32]) -> Option<()> {
    codes.fill(0);
    for byte in (0..size).rev() {
        let mut left = &mut *codes;
        while !left.is_empty() {
            let (head, rest) = data.split_first()?;
            let (count, run) = match head {
                128.. => (usize::from(*head) - 126, Some(u32::from(*rest.first()?))),
                _ => (usize::from(*head), None),
            };
            let now;
            (now, left) = left.split_at_mut(count.min(left.len()));
            *data = match run {
                Some(value) => {
                    now.iter_mut().for_each(|code| *code |= value << (8 * byte));
                    rest.get(1..)?
                }
                None => {
                    let literal = rest.get(..now.len())?;
                    now.iter_mut().zip(literal).for_each(|(code, value)| *code |= u32::from(*value) << (8 * byte));
                    rest.get(now.len()..)?
                }
            };
        }
    }
    Some(())
}

/// Luminance of a sign and 15 bits: 256 codes for each doubling.
fn luminance16(code: u32) -> f64 {
    let exponent = code & 0x7fff;
    if exponent == 0 {
        return 0.0;
    }
    let y = (LN_2 / 256.0 * (f64::from(exponent) + 0.5) - LN_2 * 64.0).exp();
    if code & 0x8000 == 0 { y } else { -y }
}

/// Luminance of 10 bits: 64 codes for each doubling.
fn luminance10(code: u32) -> f64 {
    if code == 0 { 0.0 } else { (LN_2 / 64.0 * (f64::from(code) + 0.5) - LN_2 * 12.0).exp() }
}

/// Side of the squares into which the visible part of the (u', v') plane is divided, and where the first row begins:
/// rounded to single precision, as the left edges are, so that values are those of other readers to the last bit.
const SIDE: f64 = 0.0035f32 as f64;
const FIRST_V: f64 = 0.01694f32 as f64;

/// The colour of a square by its number; those beyond the last are white of equal energy.
fn chromaticity(code: u32) -> (f64, f64) {
    let row = FIRST.partition_point(|first| u32::from(*first) <= code) - 1;
    let (Some((u, count)), Some(first)) = (ROWS.get(row), FIRST.get(row)) else { return WHITE };
    let column = code - u32::from(*first);
    if column >= u32::from(*count) {
        return WHITE;
    }
    (f64::from(*u as f32 * 1e-6) + (f64::from(column) + 0.5) * SIDE, FIRST_V + (row as f64 + 0.5) * SIDE)
}

const WHITE: (f64, f64) = (4.0 / 19.0, 9.0 / 19.0);

/// The number of the first square of each row.
const FIRST: [u16; ROWS.len()] = {
    let mut first = [0; ROWS.len()];
    let mut row = 1;
    while row < first.len() {
        first[row] = first[row - 1] + ROWS[row - 1].1 as u16;
        row += 1;
    }
    first
};

fn xyz(luminance: f64, u: f64, v: f64) -> [f32; 3] {
    if luminance <= 0.0 {
        return [0.0; 3];
    }
    let scale = 1.0 / (6.0 * u - 16.0 * v + 12.0);
    let (x, y) = (9.0 * u * scale, 4.0 * v * scale);
    [(x / y * luminance) as f32, luminance as f32, ((1.0 - x - y) / y * luminance) as f32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_bytes() {
        let mut codes = [0; 5];
        let mut data: &[u8] = &[131, 0x40, 2, 1, 2, 129, 7, 9];
        runs(&mut data, 2, &mut codes).unwrap();
        assert_eq!((codes, data), ([0x4001, 0x4002, 0x4007, 0x4007, 0x4007], &[9][..]));
        let mut short: &[u8] = &[131, 0x40, 2, 1];
        assert!(runs(&mut short, 2, &mut codes).is_none());
    }

    #[test]
    fn gamut() {
        assert_eq!(ROWS.iter().map(|r| u32::from(r.1)).sum::<u32>(), 16_289);
        assert_eq!(chromaticity(0x3fff), (4.0 / 19.0, 9.0 / 19.0));
        assert!((luminance16(0x4000) - 1.0).abs() < 0.002 && luminance16(0xc000) < 0.0 && luminance10(0) == 0.0);
    }
}
