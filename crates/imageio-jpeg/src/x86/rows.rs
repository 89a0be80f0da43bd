//! Rows of samples: chroma resampling and colour, sixteen at a time.

use std::arch::x86_64::*;

use super::super::scan::Block;

/// Sixteen bytes at `at`; zeros where the slice is shorter.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(super) fn load16(slice: &[u8], at: usize) -> __m128i {
    match slice.get(at..).and_then(|s| s.first_chunk::<16>()) {
        Some(bytes) => bytemuck::must_cast(*bytes),
        None => _mm_setzero_si128(),
    }
}

/// Eight bytes at `at`, widened to 16 bits.
#[inline]
#[target_feature(enable = "sse4.2")]
fn load8(slice: &[u8], at: usize) -> __m128i {
    let bytes = slice.get(at..).and_then(|s| s.first_chunk::<8>()).copied().unwrap_or_default();
    _mm_cvtepu8_epi16(_mm_cvtsi64_si128(i64::from_le_bytes(bytes)))
}

/// Writes sixteen bytes at `at`.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(super) fn store16(slice: &mut [u8], at: usize, value: __m128i) {
    if let Some(place) = slice.get_mut(at..).and_then(|s| s.first_chunk_mut::<16>()) {
        *place = bytemuck::must_cast(value);
    }
}

#[inline]
#[target_feature(enable = "sse4.2")]
fn triple(v: __m128i) -> __m128i {
    _mm_add_epi16(v, _mm_add_epi16(v, v))
}

/// `even` and `odd`, 16-bit lanes that hold bytes, one after the other.
#[inline]
#[target_feature(enable = "sse4.2")]
fn zip_bytes(even: __m128i, odd: __m128i) -> __m128i {
    _mm_or_si128(even, _mm_slli_epi16::<8>(odd))
}

/// Doubles a row in width; gives the number of input samples that are done.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn h2v1(input: &[u8], out: &mut [u8]) -> usize {
    let n = input.len();
    if n < 10 || out.len() < 2 * n {
        return 0;
    }
    out[0] = input[0];
    out[1] = ((3 * u32::from(input[0]) + u32::from(input[1]) + 2) >> 2) as u8;
    let (one, two) = (_mm_set1_epi16(1), _mm_set1_epi16(2));
    let mut i = 1;
    while i + 9 <= n {
        let value = triple(load8(input, i));
        let even = _mm_add_epi16(_mm_add_epi16(value, load8(input, i - 1)), one);
        let odd = _mm_add_epi16(_mm_add_epi16(value, load8(input, i + 1)), two);
        store16(out, 2 * i, zip_bytes(_mm_srli_epi16::<2>(even), _mm_srli_epi16::<2>(odd)));
        i += 8;
    }
    i
}

/// Doubles in width what lies between two rows; gives the number of input samples that are done.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn h2v2(near: &[u8], far: &[u8], out: &mut [u8]) -> usize {
    let n = near.len().min(far.len());
    if n < 16 || out.len() < 2 * n {
        return 0;
    }
    let sum = |i: usize| _mm_add_epi16(triple(load8(near, i)), load8(far, i));
    let (eight, seven) = (_mm_set1_epi16(8), _mm_set1_epi16(7));
    let mut value = sum(0);
    // Left of the first sample is the first sample.
    let mut before = _mm_slli_si128::<14>(value);
    let mut i = 0;
    while i + 16 <= n {
        let next = sum(i + 8);
        let times = triple(value);
        let even = _mm_add_epi16(_mm_add_epi16(times, _mm_alignr_epi8::<14>(value, before)), eight);
        let odd = _mm_add_epi16(_mm_add_epi16(times, _mm_alignr_epi8::<2>(next, value)), seven);
        store16(out, 2 * i, zip_bytes(_mm_srli_epi16::<4>(even), _mm_srli_epi16::<4>(odd)));
        (before, value) = (value, next);
        i += 8;
    }
    i
}

/// `a * ca + b * cb` in 32 bits, in two halves.
#[inline]
#[target_feature(enable = "sse4.2")]
fn dot(a: __m128i, b: __m128i, ca: i32, cb: i32) -> [__m128i; 2] {
    let constants = _mm_set1_epi32((ca & 0xFFFF) | (cb << 16));
    [_mm_madd_epi16(_mm_unpacklo_epi16(a, b), constants), _mm_madd_epi16(_mm_unpackhi_epi16(a, b), constants)]
}

/// The upper halves of 32-bit sums.
#[inline]
#[target_feature(enable = "sse4.2")]
fn upper(sums: [__m128i; 2], add: [__m128i; 2]) -> __m128i {
    let [low, high] = [_mm_add_epi32(sums[0], add[0]), _mm_add_epi32(sums[1], add[1])];
    _mm_packs_epi32(_mm_srai_epi32::<16>(low), _mm_srai_epi32::<16>(high))
}

/// Eight pixels of Y'CbCr to RGB, in 16-bit lanes.
#[inline]
#[target_feature(enable = "sse4.2")]
fn rgb(y: __m128i, cb: __m128i, cr: __m128i) -> [__m128i; 3] {
    let one = _mm_set1_epi16(1);
    // Constants beyond 16 bits are split: 1.402 = 1 + 0.402, 1.772 = 2 − 0.228, 0.71414 = 1 − 0.28586. The
    // product of the doubled value is rounded when it is halved.
    let part = |v: __m128i, c: i16| {
        let high = _mm_mulhi_epi16(_mm_add_epi16(v, v), _mm_set1_epi16(c));
        _mm_srai_epi16::<1>(_mm_add_epi16(high, one))
    };
    let r = _mm_add_epi16(_mm_add_epi16(y, cr), part(cr, 26_345));
    let b = _mm_add_epi16(_mm_add_epi16(y, _mm_add_epi16(cb, cb)), part(cb, -14_942));
    let half = _mm_set1_epi32(1 << 15);
    let g = upper(dot(cb, cr, -22_554, 18_734), [half, half]);
    [r, _mm_add_epi16(_mm_sub_epi16(g, cr), y), b]
}

/// Where byte `i` of channel `c` goes to among the 48 bytes of 16 pixels, or comes from: shuffles for the three
/// vectors of sixteen.
const fn shuffles(c: usize, gather: bool) -> [[u8; 16]; 3] {
    let mut out = [[0x80; 16]; 3];
    let mut i = 0;
    while i < 16 {
        let at = 3 * i + c;
        if gather {
            out[at / 16][i] = (at % 16) as u8;
        } else {
            out[at / 16][at % 16] = i as u8;
        }
        i += 1;
    }
    out
}

pub(super) const SCATTER: [[[u8; 16]; 3]; 3] = [shuffles(0, false), shuffles(1, false), shuffles(2, false)];
pub(super) const GATHER: [[[u8; 16]; 3]; 3] = [shuffles(0, true), shuffles(1, true), shuffles(2, true)];

/// Shuffles, by channel and by vector of sixteen.
pub(super) type Shuffles = [[__m128i; 3]; 3];

/// Sixteen pixels of three channels apart to 48 bytes.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(super) fn scatter_rgb(out: &mut [u8], [r, g, b]: [__m128i; 3], scatter: &Shuffles) {
    for part in 0..3 {
        let red = _mm_shuffle_epi8(r, scatter[0][part]);
        let green = _mm_shuffle_epi8(g, scatter[1][part]);
        let blue = _mm_shuffle_epi8(b, scatter[2][part]);
        store16(out, 16 * part, _mm_or_si128(red, _mm_or_si128(green, blue)));
    }
}

/// The three channels of sixteen pixels in 48 bytes.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(super) fn gather_rgb(rgb: &[u8], gather: &Shuffles) -> [__m128i; 3] {
    let parts = [load16(rgb, 0), load16(rgb, 16), load16(rgb, 32)];
    let at = |c: usize, p: usize| _mm_shuffle_epi8(parts[p], gather[c][p]);
    let channel = |c: usize| _mm_or_si128(at(c, 0), _mm_or_si128(at(c, 1), at(c, 2)));
    [channel(0), channel(1), channel(2)]
}

/// A row of Y'CbCr to RGB; gives the number of pixels that are done.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn ycc_to_rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) -> usize {
    let n = y.len().min(cb.len()).min(cr.len()).min(out.len() / 3) / 16;
    let zero = _mm_setzero_si128();
    let center = _mm_set1_epi16(128);
    let scatter: Shuffles = bytemuck::must_cast(SCATTER);
    for (i, out) in out.chunks_exact_mut(48).take(n).enumerate() {
        let (y, cb, cr) = (load16(y, 16 * i), load16(cb, 16 * i), load16(cr, 16 * i));
        let low = rgb(
            _mm_cvtepu8_epi16(y),
            _mm_sub_epi16(_mm_cvtepu8_epi16(cb), center),
            _mm_sub_epi16(_mm_cvtepu8_epi16(cr), center),
        );
        let high = rgb(
            _mm_unpackhi_epi8(y, zero),
            _mm_sub_epi16(_mm_unpackhi_epi8(cb, zero), center),
            _mm_sub_epi16(_mm_unpackhi_epi8(cr, zero), center),
        );
        let r = _mm_packus_epi16(low[0], high[0]);
        let g = _mm_packus_epi16(low[1], high[1]);
        let b = _mm_packus_epi16(low[2], high[2]);
        scatter_rgb(out, [r, g, b], &scatter);
    }
    16 * n
}

/// A row of RGB to Y'CbCr; gives the number of pixels that are done.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn rgb_to_ycc(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) -> usize {
    let n = y.len().min(cb.len()).min(cr.len()).min(rgb.len() / 3) / 16;
    let gather: Shuffles = bytemuck::must_cast(GATHER);
    let zero = _mm_setzero_si128();
    let half = _mm_set1_epi32(1 << 15);
    let offset = _mm_set1_epi32((128 << 16) + (1 << 15) - 1);
    // Half of a channel, on top of the offset.
    let halved = |v: __m128i| {
        let low = _mm_srli_epi32::<1>(_mm_unpacklo_epi16(zero, v));
        let high = _mm_srli_epi32::<1>(_mm_unpackhi_epi16(zero, v));
        [_mm_add_epi32(low, offset), _mm_add_epi32(high, offset)]
    };
    let convert = |r: __m128i, g: __m128i, b: __m128i| {
        // The weight of green does not fit into 16 bits and is split: 0.587 = 0.337 + 0.25.
        let [low, high] = dot(g, b, 16_384, 7_471);
        let luma = upper(dot(r, g, 19_595, 22_086), [_mm_add_epi32(low, half), _mm_add_epi32(high, half)]);
        let blue = upper(dot(r, g, -11_059, -21_709), halved(b));
        let red = upper(dot(g, b, -27_439, -5_329), halved(r));
        [luma, blue, red]
    };
    for (i, rgb) in rgb.chunks_exact(48).take(n).enumerate() {
        let [r, g, b] = gather_rgb(rgb, &gather);
        let low = convert(_mm_cvtepu8_epi16(r), _mm_cvtepu8_epi16(g), _mm_cvtepu8_epi16(b));
        let high = convert(_mm_unpackhi_epi8(r, zero), _mm_unpackhi_epi8(g, zero), _mm_unpackhi_epi8(b, zero));
        store16(y, 16 * i, _mm_packus_epi16(low[0], high[0]));
        store16(cb, 16 * i, _mm_packus_epi16(low[1], high[1]));
        store16(cr, 16 * i, _mm_packus_epi16(low[2], high[2]));
    }
    16 * n
}

/// Means of neighbours in one row (`b` empty) or in two; gives the number of output samples that are done.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn halve(a: &[u8], b: &[u8], out: &mut [u8]) -> usize {
    let n = (a.len() / 2).min(out.len()) / 16;
    let ones = _mm_set1_epi8(1);
    let two_rows = !b.is_empty();
    // Rounding up and down by turns.
    let bias = if two_rows { _mm_set1_epi32(0x0002_0001) } else { _mm_set1_epi32(0x0001_0000) };
    for i in 0..n {
        let sum = |at: usize| {
            let sum = _mm_add_epi16(_mm_maddubs_epi16(load16(a, at), ones), bias);
            if two_rows {
                _mm_srli_epi16::<2>(_mm_add_epi16(sum, _mm_maddubs_epi16(load16(b, at), ones)))
            } else {
                _mm_srli_epi16::<1>(sum)
            }
        };
        store16(out, 16 * i, _mm_packus_epi16(sum(32 * i), sum(32 * i + 16)));
    }
    16 * n
}

/// Which values of each block are not zero, the first in bit 0.
#[inline]
#[target_feature(enable = "sse4.2")]
pub(crate) fn nonzero(blocks: &[Block], masks: &mut [u64]) -> usize {
    let zero = _mm_setzero_si128();
    for (block, mask) in blocks.iter().zip(masks.iter_mut()) {
        let v: [__m128i; 8] = bytemuck::must_cast(*block);
        let zeros = |a: __m128i, b: __m128i| {
            let packed = _mm_packs_epi16(_mm_cmpeq_epi16(a, zero), _mm_cmpeq_epi16(b, zero));
            u64::from(_mm_movemask_epi8(packed) as u16)
        };
        *mask =
            !(zeros(v[0], v[1]) | (zeros(v[2], v[3]) << 16) | (zeros(v[4], v[5]) << 32) | (zeros(v[6], v[7]) << 48));
    }
    blocks.len().min(masks.len())
}
