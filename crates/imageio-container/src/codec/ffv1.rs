//! FFV1: the configuration record of version 3 (RFC 9043 section 4.3).

use crate::{Doubt, Result};

/// What a record says of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Format {
    /// Samples are red, green and blue, not light and colour.
    pub is_rgb: bool,
    /// Bits of a sample.
    pub depth: u32,
    /// There are samples of colour.
    pub has_chroma: bool,
    /// By what power of two there are fewer of them, across and down.
    pub shifts: (u32, u32),
    /// There is transparency.
    pub has_alpha: bool,
}

/// Reads a record.
pub fn configuration(record: &[u8]) -> Result<Format> {
    parse(record).ok_or(Doubt("the configuration of FFV1 is not understood"))
}

fn parse(record: &[u8]) -> Option<Format> {
    // Its last four bytes make the checksum of all come out as nothing.
    if record.len() < 8 || checksum(record) != 0 {
        return None;
    }
    let mut coder = Coder::new(&record[..record.len() - 4])?;
    let mut states = [128; 32];
    let mut number = |coder: &mut Coder<'_>| coder.number(&mut states, false).and_then(|n| u32::try_from(n).ok());
    if number(&mut coder)? != 3 || number(&mut coder)? > 4 {
        return None;
    }
    match number(&mut coder)? {
        0 | 1 => {}
        2 => {
            for _ in 1..256 {
                coder.number(&mut states, true)?;
            }
        }
        _ => return None,
    }
    let is_rgb = match coder.number(&mut states, false)? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let depth = coder.number(&mut states, false)? as u32;
    let has_chroma = coder.bit(&mut states[0]);
    let shifts = (coder.number(&mut states, false)? as u32, coder.number(&mut states, false)? as u32);
    let has_alpha = coder.bit(&mut states[0]);
    // What comes next has to be possible as well, or else this was noise.
    let slices = (coder.number(&mut states, false)?, coder.number(&mut states, false)?);
    let is_possible = (8..=16).contains(&depth) && shifts.0 <= 2 && shifts.1 <= 2 && slices.0 < 256 && slices.1 < 256;
    is_possible.then_some(Format { is_rgb, depth, has_chroma, shifts, has_alpha })
}

/// Section 4.3.2: the polynomial 0x04C11DB7, from 0, the highest bits first.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    })
}

/// The range coder, section 3.8.1.
struct Coder<'b> {
    bytes: &'b [u8],
    low: u32,
    range: u32,
}

impl<'b> Coder<'b> {
    fn new(bytes: &'b [u8]) -> Option<Self> {
        let (first, bytes) = bytes.split_first_chunk::<2>()?;
        Some(Coder { bytes, low: u32::from(u16::from_be_bytes(*first)), range: 0xff00 })
    }

    fn bit(&mut self, state: &mut u8) -> bool {
        let part = (self.range * u32::from(*state)) >> 8;
        self.range -= part;
        let is_set = self.low >= self.range;
        if is_set {
            self.low -= self.range;
            self.range = part;
            *state = NEXT[usize::from(*state)];
        } else {
            // What a one does from the other side.
            *state = NEXT[usize::from(state.wrapping_neg())].wrapping_neg();
        }
        if self.range < 0x100 {
            self.range <<= 8;
            self.low <<= 8;
            // Behind the end there are zeros.
            if let Some((byte, rest)) = self.bytes.split_first() {
                self.low += u32::from(*byte);
                self.bytes = rest;
            }
        }
        is_set
    }

    /// A number, with a sign or without: section 3.8.1.2.
    fn number(&mut self, states: &mut [u8; 32], signed: bool) -> Option<i32> {
        if self.bit(&mut states[0]) {
            return Some(0);
        }
        let mut length = 0;
        while self.bit(&mut states[1 + length.min(9)]) {
            length += 1;
            if length > 30 {
                return None;
            }
        }
        let mut value = 1;
        for at in (0..length).rev() {
            value = value << 1 | i32::from(self.bit(&mut states[22 + at.min(9)]));
        }
        Some(if signed && self.bit(&mut states[11 + length.min(10)]) { -value } else { value })
    }
}

/// How a state follows another behind a one, section 3.8.1.5.
#[rustfmt::skip]
const NEXT: [u8; 256] = [
    0, 0, 0, 0, 0, 0, 0, 0, 20, 21, 22, 23, 24, 25, 26, 27,
    28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42,
    43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 56, 57,
    58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73,
    74, 75, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88,
    89, 90, 91, 92, 93, 94, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103,
    104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 114, 115, 116, 117, 118,
    119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 133,
    134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149,
    150, 151, 152, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164,
    165, 166, 167, 168, 169, 170, 171, 171, 172, 173, 174, 175, 176, 177, 178, 179,
    180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 190, 191, 192, 194, 194,
    195, 196, 197, 198, 199, 200, 201, 202, 202, 204, 205, 206, 207, 208, 209, 209,
    210, 211, 212, 213, 215, 215, 216, 217, 218, 219, 220, 220, 222, 223, 224, 225,
    226, 227, 227, 229, 229, 230, 231, 232, 234, 234, 235, 236, 237, 238, 239, 240,
    241, 242, 243, 244, 245, 246, 247, 248, 248, 0, 0, 0, 0, 0, 0, 0,
];
