//! Integers of a few bits each.

use crate::error::Result;
use crate::reader::Reader;

/// Elements of the largest block.
pub(crate) const MOST: usize = 32 * 32;
/// Bytes of a window that holds eight integers of up to 31 bits and room for a read of 8 bytes at each.
const WINDOW: usize = 40;
const WHAT: &str = "packed integers";

/// Room for the integers of a block, or for the lengths of Huffman codes.
pub(crate) type Quanta = [u32; MOST];

/// Reads `expected` integers, and says the largest that they can be.
///
/// Versions before 3 fill words of 32 bits from the highest bit down, later ones bytes from the lowest bit up.
pub(crate) fn read(r: &mut Reader<'_>, version: u8, expected: usize, out: &mut Quanta) -> Result<u32> {
    let head = r.u8(WHAT)?;
    count(r, head, expected)?;
    let bits = u32::from(head & 31);
    if head & 32 == 0 {
        unpack(r, version, bits, expected, out)?;
        return Ok(most(bits));
    }
    let entries = usize::from(r.u8(WHAT)?);
    if bits == 0 || entries < 2 {
        return Err(r.bad("a table of values that holds none"));
    }
    // The first value of the table is 0 and not stored.
    let mut table = [0_u32; 256 + 8];
    {
        let mut values = [0; MOST];
        unpack(r, version, bits, entries - 1, &mut values)?;
        if let (Some(to), Some(from)) = (table.get_mut(1..entries), values.get(..entries - 1)) {
            to.copy_from_slice(from);
        }
    }
    unpack(r, version, usize::BITS - (entries - 1).leading_zeros(), expected, out)?;
    let mut last = 0;
    for value in out.iter_mut().take(expected) {
        last = last.max(*value);
        *value = table[(*value & 0xff) as usize];
    }
    if last as usize >= entries {
        return Err(r.bad("an index beyond a table of values"));
    }
    Ok(most(bits))
}

/// Reads a number of integers, whose width the two upper bits of `head` say.
pub(crate) fn count(r: &mut Reader<'_>, head: u8, expected: usize) -> Result<()> {
    let count = match head >> 6 {
        0 => r.u32(WHAT)?,
        1 => r.array(WHAT).map(u16::from_le_bytes)?.into(),
        2 => r.u8(WHAT)?.into(),
        _ => return Err(r.bad("a number of integers without a width")),
    };
    match count as usize == expected {
        true => Ok(()),
        false => Err(r.bad("another number of integers than of pixels")),
    }
}

fn most(bits: u32) -> u32 {
    ((1_u64 << bits) - 1) as u32
}

fn unpack(r: &mut Reader<'_>, version: u8, bits: u32, count: usize, out: &mut Quanta) -> Result<()> {
    let bytes = (bits as usize * count).div_ceil(8);
    if version < 3 {
        let packed = r.take(bytes, WHAT)?;
        words(packed, bits, out.iter_mut().take(count));
        return Ok(());
    }
    let rest = r.rest();
    let packed = r.take(bytes, WHAT)?;
    let groups = count.div_ceil(8);
    let Some(out) = out.get_mut(..groups * 8) else { return Err(r.bad("a block of too many pixels")) };
    let unpack = UNPACK[(bits & 31) as usize];
    if rest.len() >= groups * bits as usize + WINDOW {
        unpack(rest, out);
    } else {
        let mut padded = [0; MOST * 4 + WINDOW];
        if let Some(to) = padded.get_mut(..bytes) {
            to.copy_from_slice(packed);
        }
        unpack(&padded, out);
    }
    Ok(())
}

/// Integers that fill words from the highest bit down; of the last word only the bytes that are needed are stored.
pub(crate) fn words<'o>(packed: &[u8], bits: u32, out: impl Iterator<Item = &'o mut u32>) {
    let word = |at: usize| -> u64 {
        let bytes = packed.get(at * 4..).unwrap_or(&[]);
        match bytes.first_chunk() {
            Some(bytes) => u32::from_le_bytes(*bytes).into(),
            None => bytes.iter().fold(0, |word, byte| word >> 8 | u64::from(*byte) << 24),
        }
    };
    for (k, value) in out.enumerate() {
        let at = k * bits as usize;
        let window = word(at / 32) << 32 | word(at / 32 + 1);
        let top = ((window << (at % 32)) >> 32) as u32;
        *value = if bits == 0 { 0 } else { top >> (32 - bits) };
    }
}

type Unpack = fn(&[u8], &mut [u32]);

/// By the number of bits.
const UNPACK: [Unpack; 32] = [
    lowest::<0>,
    lowest::<1>,
    lowest::<2>,
    lowest::<3>,
    lowest::<4>,
    lowest::<5>,
    lowest::<6>,
    lowest::<7>,
    lowest::<8>,
    lowest::<9>,
    lowest::<10>,
    lowest::<11>,
    lowest::<12>,
    lowest::<13>,
    lowest::<14>,
    lowest::<15>,
    lowest::<16>,
    lowest::<17>,
    lowest::<18>,
    lowest::<19>,
    lowest::<20>,
    lowest::<21>,
    lowest::<22>,
    lowest::<23>,
    lowest::<24>,
    lowest::<25>,
    lowest::<26>,
    lowest::<27>,
    lowest::<28>,
    lowest::<29>,
    lowest::<30>,
    lowest::<31>,
];

/// Integers that fill bytes from the lowest bit up: eight of them start at a byte of their own.
fn lowest<const BITS: usize>(packed: &[u8], out: &mut [u32]) {
    let mask = most(BITS as u32);
    for (group, out) in out.chunks_exact_mut(8).enumerate() {
        let Some(window) = packed.get(group * BITS..).and_then(|p| p.first_chunk::<WINDOW>()) else { return };
        let load =
            |bit: usize| -> u64 { window[bit / 8..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b)) >> (bit % 8) };
        if BITS <= 8 {
            let all = load(0);
            for (k, value) in out.iter_mut().enumerate() {
                *value = (all >> (k * BITS)) as u32 & mask;
            }
        } else {
            for (k, value) in out.iter_mut().enumerate() {
                *value = load(k * BITS) as u32 & mask;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(values: &[u32], bits: usize) -> Vec<u8> {
        let mut bytes = vec![0_u8; (values.len() * bits).div_ceil(8)];
        for (k, value) in values.iter().enumerate() {
            for bit in 0..bits {
                if value >> bit & 1 == 1 {
                    bytes[(k * bits + bit) / 8] |= 1 << ((k * bits + bit) % 8);
                }
            }
        }
        bytes
    }

    #[test]
    fn every_width_and_count_comes_back() {
        for bits in 1..32_usize {
            for count in [1, 3, 8, 40, 64, 255, 256, 1000, 1024] {
                let values: Vec<u32> =
                    (0..count as u32).map(|k| k.wrapping_mul(2_654_435_761) >> (32 - bits)).collect();
                let wide = [bits as u8, 0x40 | bits as u8, 0x80 | bits as u8];
                for head in wide.into_iter().take(if count < 256 { 3 } else { 2 }) {
                    let mut blob = vec![head];
                    match head >> 6 {
                        0 => blob.extend((count as u32).to_le_bytes()),
                        1 => blob.extend((count as u16).to_le_bytes()),
                        _ => blob.push(count as u8),
                    }
                    blob.extend(pack(&values, bits));
                    for more in [0, 100] {
                        let mut blob = blob.clone();
                        blob.extend(vec![0xaa; more]);
                        let mut r = Reader::new(&blob);
                        let mut out = [0; MOST];
                        assert_eq!(read(&mut r, 3, count, &mut out), Ok(most(bits as u32)));
                        assert_eq!((&out[..count], r.rest().len()), (&values[..], more));
                        let mut r = Reader::new(&blob[..blob.len() - more - 1]);
                        assert!(read(&mut r, 3, count, &mut out).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn words_hold_the_highest_bits_first() {
        let mut out = [0; 5];
        // Five integers of 7 bits: a word, and of the next one the byte that is needed.
        let bits: u64 = [1_u64, 2, 127, 64, 5].iter().fold(0, |all, v| all << 7 | v) << (64 - 35);
        let mut packed = ((bits >> 32) as u32).to_le_bytes().to_vec();
        packed.push((bits as u32 >> 24) as u8);
        words(&packed, 7, out.iter_mut());
        assert_eq!(out, [1, 2, 127, 64, 5]);
    }
}
