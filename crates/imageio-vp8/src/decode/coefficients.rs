use crate::bits::BoolReader;
use crate::tables::{BANDS, CATEGORY3, CATEGORY4, CATEGORY5, CATEGORY6, ZIGZAG};

/// Reads the coefficients of one block (RFC 6386, 13.2) from position `first` on, multiplied by their steps.
/// Returns the position behind the last one that was sent.
#[inline(always)]
pub(crate) fn read(
    reader: &mut BoolReader<'_>,
    probs: &[[[u8; 11]; 3]; 8],
    context: usize,
    first: usize,
    steps: [i32; 2],
    out: &mut [i16; 16],
) -> usize {
    // A copy of the state lives in registers for the whole block.
    let mut r = *reader;
    let mut n = first;
    let mut p = &probs[BANDS[n]][context];
    'block: while r.bit(p[0]) {
        while !r.bit(p[1]) {
            n += 1;
            if n == 16 {
                break 'block;
            }
            p = &probs[BANDS[n]][0];
        }
        let next = &probs[BANDS[n + 1]];
        let value = if !r.bit(p[2]) {
            p = &next[1];
            1
        } else {
            let value = large(&mut r, p);
            p = &next[2];
            value
        };
        // Absurd values wrap as they do in libwebp, whose coefficients have 16 bits.
        out[ZIGZAG[n]] = (r.signed(value) * steps[usize::from(n > 0)]) as i16;
        n += 1;
        if n == 16 {
            break;
        }
    }
    *reader = r;
    n
}

#[inline(always)]
fn large(r: &mut BoolReader<'_>, p: &[u8; 11]) -> i32 {
    if !r.bit(p[3]) {
        return if !r.bit(p[4]) { 2 } else { 3 + i32::from(r.bit(p[5])) };
    }
    if !r.bit(p[6]) {
        if !r.bit(p[7]) {
            return 5 + i32::from(r.bit(159));
        }
        let high = i32::from(r.bit(165));
        return 7 + 2 * high + i32::from(r.bit(145));
    }
    let (extra, base): (&[u8], i32) = match (r.bit(p[8]), p) {
        (false, p) => match r.bit(p[9]) {
            false => (&CATEGORY3, 11),
            true => (&CATEGORY4, 19),
        },
        (true, p) => match r.bit(p[10]) {
            false => (&CATEGORY5, 35),
            true => (&CATEGORY6, 67),
        },
    };
    base + extra.iter().fold(0, |value, prob| 2 * value + i32::from(r.bit(*prob)))
}
