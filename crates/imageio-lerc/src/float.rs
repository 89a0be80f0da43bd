//! Real numbers without loss (version 6): their bytes in planes of Huffman codes, of differences where that is shorter.

use crate::error::Result;
use crate::header::Header;
use crate::huffman::Table;
use crate::reader::Reader;

const WHAT: &str = "a plane of bytes";
/// Differences of differences that a plane can consist of.
const MOST_LEVELS: u8 = 5;

/// The bits of a number, as integers.
trait Bits: Copy + Default {
    const BYTES: usize;
    /// A byte at its place.
    fn byte(byte: u8, place: usize) -> Self;
    fn or(self, other: Self) -> Self;
    /// The sum of fractions and that of signs with exponents, each for itself.
    fn plus(self, other: Self) -> Self;
    /// Numbers as they were before their bits were moved.
    fn settle(self) -> Self;
}

impl Bits for u32 {
    const BYTES: usize = 4;

    #[inline(always)]
    fn byte(byte: u8, place: usize) -> Self {
        u32::from(byte) << (8 * place)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self | other
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        const FRACTION: u32 = 0x007f_ffff;
        self.wrapping_add(other) & FRACTION | (self & !FRACTION).wrapping_add(other & !FRACTION)
    }

    /// The sign stands between exponent and fraction.
    #[inline(always)]
    fn settle(self) -> Self {
        self & 0x007f_ffff | self >> 1 & 0x7f80_0000 | self << 8 & 0x8000_0000
    }
}

impl Bits for u64 {
    const BYTES: usize = 8;

    #[inline(always)]
    fn byte(byte: u8, place: usize) -> Self {
        u64::from(byte) << (8 * place)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self | other
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        const FRACTION: u64 = 0x000f_ffff_ffff_ffff;
        self.wrapping_add(other) & FRACTION | (self & !FRACTION).wrapping_add(other & !FRACTION)
    }

    #[inline(always)]
    fn settle(self) -> Self {
        self
    }
}

/// Decodes numbers of 32 bits.
pub(crate) fn decode32(r: &mut Reader<'_>, header: &Header, out: &mut [u32]) -> Result<()> {
    decode(r, header, out)
}

/// Decodes numbers of 64 bits.
pub(crate) fn decode64(r: &mut Reader<'_>, header: &Header, out: &mut [u64]) -> Result<()> {
    decode(r, header, out)
}

fn decode<B: Bits>(r: &mut Reader<'_>, header: &Header, out: &mut [B]) -> Result<()> {
    let predictor = r.u8(WHAT)?;
    if predictor > 2 {
        return Err(r.bad("a predictor that is not known"));
    }
    let mut plane = vec![0; out.len()];
    let mut seen = 0_u8;
    for _ in 0..B::BYTES {
        let [place, levels] = r.array(WHAT)?;
        let place = usize::from(place);
        if place >= B::BYTES || seen >> place & 1 == 1 {
            return Err(r.bad("a plane of bytes that numbers do not have, or have already"));
        }
        if levels > MOST_LEVELS {
            return Err(r.bad("a plane of too many differences"));
        }
        let length = r.u32(WHAT)? as usize;
        let at = r.at();
        unpack(r.take(length, WHAT)?, at, &mut plane)?;
        for level in (1..=usize::from(levels)).rev() {
            let mut before = level.checked_sub(1).and_then(|k| plane.get(k)).copied().unwrap_or(0);
            for byte in plane.iter_mut().skip(level) {
                before = before.wrapping_add(*byte);
                *byte = before;
            }
        }
        match seen {
            0 => out.iter_mut().zip(&plane).for_each(|(to, byte)| *to = B::byte(*byte, place)),
            _ => out.iter_mut().zip(&plane).for_each(|(to, byte)| *to = to.or(B::byte(*byte, place))),
        }
        seen |= 1 << place;
    }
    // Elements of a deep pixel are taken for a row.
    let row = if header.depth > 1 { header.depth } else { header.width };
    restore(predictor, row.max(1), out);
    Ok(())
}

fn restore<B: Bits>(predictor: u8, row: usize, out: &mut [B]) {
    match predictor {
        0 => out.iter_mut().for_each(|value| *value = value.settle()),
        1 => {
            for row in out.chunks_exact_mut(row) {
                let mut before = B::default();
                for value in row {
                    before = before.plus(*value);
                    *value = before.settle();
                }
            }
        }
        _ => {
            let mut sums = vec![B::default(); row];
            for row in out.chunks_exact_mut(row) {
                let mut before = B::default();
                for (value, sum) in row.iter_mut().zip(&mut sums) {
                    *sum = sum.plus(*value);
                    before = before.plus(*sum);
                    *value = before.settle();
                }
            }
        }
    }
}

/// Unpacks one plane.
fn unpack(data: &[u8], start: usize, plane: &mut [u8]) -> Result<()> {
    let mut r = Reader::within(data, start);
    match r.u8(WHAT)? {
        0 => {
            let (table, mut stream) = Table::read(&mut r, 6)?;
            table.symbols(&mut stream, plane)?;
            stream.check()
        }
        1 => {
            let value = r.u8(WHAT)?;
            if r.u32(WHAT)? as usize != plane.len() {
                return Err(r.bad("a plane of another number of bytes than there are numbers"));
            }
            plane.fill(value);
            Ok(())
        }
        2 => {
            plane.copy_from_slice(r.take(plane.len(), WHAT)?);
            Ok(())
        }
        3 => runs(&mut r, plane),
        _ => Err(r.bad("a plane of bytes in a form that is not known")),
    }
}

/// Runs: up to 128 bytes as they are, or one that is repeated 2 to 129 times.
fn runs(r: &mut Reader<'_>, plane: &mut [u8]) -> Result<()> {
    let mut done = 0;
    while !r.rest().is_empty() {
        let head = usize::from(r.u8(WHAT)?);
        let count = if head < 128 { head + 1 } else { head - 126 };
        let Some(to) = plane.get_mut(done..done + count) else {
            return Err(r.bad("a plane of more bytes than there are numbers"));
        };
        match head < 128 {
            true => to.copy_from_slice(r.take(count, WHAT)?),
            false => to.fill(r.u8(WHAT)?),
        }
        done += count;
    }
    match done == plane.len() {
        true => Ok(()),
        false => Err(r.bad("a plane of fewer bytes than there are numbers")),
    }
}
