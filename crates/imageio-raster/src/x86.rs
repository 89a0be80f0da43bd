//! The order of channels by the instructions of x86.

use std::arch::x86_64::*;

use bytemuck::must_cast;

/// Sixteen pixels of three bytes.
const GROUP: usize = 48;

/// For vector `to` of a group whose first and third channels change places: which byte of vector `from` comes to each
/// place. The highest bit says that it is none of them.
const fn shuffle(to: usize, from: usize) -> [u8; 16] {
    let mut out = [0x80; 16];
    let mut i = 0;
    while i < 16 {
        let at = 16 * to + i;
        let source = at / 3 * 3 + 2 - at % 3;
        if source / 16 == from {
            out[i] = (source % 16) as u8;
        }
        i += 1;
    }
    out
}

/// Exchanges red and blue of whole groups; gives the number of bytes that are done.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn swap_groups(row: &mut [u8]) -> usize {
    let masks =
        const { [[shuffle(0, 0), shuffle(0, 1)], [shuffle(1, 0), shuffle(1, 1)], [shuffle(1, 2), shuffle(2, 1)]] };
    let masks: [[__m128i; 2]; 3] = must_cast(masks);
    let last: __m128i = must_cast(const { shuffle(2, 2) });
    let groups = row.as_chunks_mut::<GROUP>().0;
    for group in groups.iter_mut() {
        let [a, b, c]: [__m128i; 3] = must_cast(*group);
        let of = |v, mask| _mm_shuffle_epi8(v, mask);
        let first = _mm_or_si128(of(a, masks[0][0]), of(b, masks[0][1]));
        let second = _mm_or_si128(_mm_or_si128(of(a, masks[1][0]), of(b, masks[1][1])), of(c, masks[2][0]));
        let third = _mm_or_si128(of(b, masks[2][1]), of(c, last));
        *group = must_cast([first, second, third]);
    }
    groups.len() * GROUP
}
