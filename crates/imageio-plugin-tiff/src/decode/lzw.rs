//! LZW as TIFF has it (TIFF 6.0 section 13), and the bit-reversed form of early writers.
//!
//! Every string of the table was written to the output before, right where the code before the present one began. So
//! the table holds places in the output, and for short strings the strings themselves.

use imageio_core::{Error, Result};

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST: usize = 258;
const CODES: usize = 4096;

/// Decodes into `out`; returns how many bytes were written. Ends at the end code, the end of `out` or of `data`.
pub(crate) fn decode(data: &[u8], out: &mut [u8]) -> Result<usize> {
    // Early writers put the lowest bit first: their stream begins with a clear code in that order.
    if let [0, second, ..] = data {
        if second & 1 == 1 {
            return run::<true>(data, out);
        }
    }
    run::<false>(data, out)
}

/// A string of the table. Short ones are held here: the lowest byte is the length, the others the string. Of longer
/// ones, whose lowest byte is 0, the length and the place in the output are.
#[derive(Clone, Copy)]
struct Entry(u64);

/// Longest string that an entry holds itself.
const SHORT: usize = 7;

impl Entry {
    const NONE: Entry = Entry(0);

    fn literal(byte: u8) -> Self {
        Entry(u64::from(byte) << 8 | 1)
    }

    #[inline]
    fn short_len(self) -> usize {
        (self.0 & 0xff) as usize
    }

    #[inline]
    fn long(self) -> (usize, usize) {
        ((self.0 >> 32) as usize, (self.0 >> 8 & 0xffff) as usize)
    }

    #[inline]
    fn first(self, out: &[u8]) -> u8 {
        if self.short_len() > 0 { (self.0 >> 8) as u8 } else { out.get(self.long().0).copied().unwrap_or(0) }
    }

    /// The string with one more byte; `at` is where it stands in the output, the byte behind it.
    #[inline]
    fn and(self, byte: u8, at: usize) -> Self {
        match self.short_len() {
            0 => Entry((at as u64) << 32 | ((self.long().1 as u64 + 1) & 0xffff) << 8),
            SHORT => Entry((at as u64) << 32 | (SHORT as u64 + 1) << 8),
            n => Entry((self.0 | u64::from(byte) << (8 * n + 8)) + 1),
        }
    }
}

fn run<const LOW_FIRST: bool>(data: &[u8], out: &mut [u8]) -> Result<usize> {
    let mut table = [Entry::NONE; CODES];
    for (byte, entry) in (0..=255).zip(table.iter_mut()) {
        *entry = Entry::literal(byte);
    }
    let mut next = FIRST;
    let mut width = 9u32;
    // Modern writers lengthen codes one entry early.
    let early = usize::from(!LOW_FIRST);
    let (mut previous, mut previous_at) = (Entry::NONE, 0usize);
    let (mut bits, mut held, mut input) = (0u64, 0u32, 0usize);
    let mut at = 0usize;
    if u32::try_from(out.len()).is_err() {
        return Err(Error::limit("a strip or tile of 4 GiB or more"));
    }
    while at < out.len() {
        if held < width {
            // Whole words while there are some, single bytes at the end.
            if let Some(word) = data.get(input..input + 4).and_then(|w| <[u8; 4]>::try_from(w).ok()) {
                if LOW_FIRST {
                    bits |= u64::from(u32::from_le_bytes(word)) << held;
                } else {
                    bits = bits << 32 | u64::from(u32::from_be_bytes(word));
                }
                input += 4;
                held += 32;
            } else {
                while held < width {
                    let Some(byte) = data.get(input) else { return Ok(at) };
                    input += 1;
                    if LOW_FIRST {
                        bits |= u64::from(*byte) << held;
                    } else {
                        bits = bits << 8 | u64::from(*byte);
                    }
                    held += 8;
                }
            }
        }
        let mask = (1u64 << width) - 1;
        held -= width;
        let code;
        if LOW_FIRST {
            code = (bits & mask) as usize;
            bits >>= width;
        } else {
            code = (bits >> held & mask) as usize;
        }
        if code == CLEAR {
            next = FIRST;
            width = 9;
            previous = Entry::NONE;
            continue;
        }
        if code == END {
            break;
        }
        let known = previous.0 != 0;
        // The one code that may be used before its string is complete stands for the string being made.
        let making = code == next && known;
        if code >= next && !making {
            return Err(
                Error::malformed(format!("LZW code {code} before it is defined")).with("byte", input.saturating_sub(4))
            );
        }
        let mut entry = table.get(code).copied().unwrap_or(Entry::NONE);
        if known && next < CODES {
            let first = if making { previous.first(out) } else { entry.first(out) };
            let made = previous.and(first, previous_at);
            if let Some(slot) = table.get_mut(next) {
                *slot = made;
            }
            if making {
                entry = made;
            }
            next += 1;
            if next + early >= 1 << width && width < 12 {
                width += 1;
            }
        }
        let short = entry.short_len();
        let length;
        if short > 0 {
            // What is written too much is overwritten by what follows.
            let bytes = (entry.0 >> 8).to_le_bytes();
            length = short.min(out.len() - at);
            match out.get_mut(at..at + 8) {
                Some(to) => to.copy_from_slice(&bytes),
                None => {
                    if let (Some(to), Some(from)) = (out.get_mut(at..at + length), bytes.get(..length)) {
                        to.copy_from_slice(from);
                    }
                }
            }
        } else {
            let (start, whole) = entry.long();
            length = whole.min(out.len() - at);
            copy(out, start, at, length);
        }
        (previous, previous_at) = (entry, at);
        at += length;
    }
    Ok(at)
}

/// Copies `length` bytes from `start` to `at`, of which the last source byte may be the first target byte.
#[inline]
fn copy(out: &mut [u8], start: usize, at: usize, length: usize) {
    if length <= 16 && start + length <= at {
        // What is written too much is overwritten by what follows.
        if let Some(many) = out.get(start..start + 16).and_then(|s| <[u8; 16]>::try_from(s).ok()) {
            if let Some(to) = out.get_mut(at..at + 16) {
                to.copy_from_slice(&many);
                return;
            }
        }
    }
    if start + length <= at {
        out.copy_within(start..start + length, at);
        return;
    }
    let (before, after) = out.split_at_mut(at);
    let known = before.get(start..).unwrap_or_default();
    let n = known.len().min(length);
    if let (Some(to), Some(from)) = (after.get_mut(..n), known.get(..n)) {
        to.copy_from_slice(from);
    }
    for k in n..length {
        if let Some(byte) = after.get(k - n).copied() {
            if let Some(to) = after.get_mut(k) {
                *to = byte;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        // Clear 7 258 8 8 258 6 6 end, from codes of 9 bits.
        let codes = [256u16, 7, 258, 8, 8, 258, 6, 6, 257];
        let mut data = Vec::new();
        let (mut bits, mut held) = (0u32, 0);
        for code in codes {
            bits = bits << 9 | u32::from(code);
            held += 9;
            while held >= 8 {
                data.push((bits >> (held - 8)) as u8);
                held -= 8;
            }
        }
        data.push((bits << (8 - held)) as u8);
        let mut out = [0; 16];
        // 258 right after 7 stands for 7 7: the string that is just being made.
        assert_eq!(decode(&data, &mut out).unwrap(), 9);
        assert_eq!(out[..9], [7, 7, 7, 8, 8, 7, 7, 6, 6]);
        let mut short = [0; 4];
        assert_eq!(decode(&data, &mut short).unwrap(), 4);
        assert_eq!(short, [7, 7, 7, 8]);
    }

    #[test]
    fn undefined_codes_are_damage() {
        // Clear, then 300.
        let data = [0x80, 0x4b, 0, 0];
        assert!(decode(&data, &mut [0; 8]).unwrap_err().to_string().contains("LZW code 300"));
        assert_eq!(decode(&[], &mut [0; 8]).unwrap(), 0);
    }
}
