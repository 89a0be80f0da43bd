//! The colour conversions with vectors of 256 bits, and what else AVX2 does better.

use std::arch::x86_64::*;

use super::super::scan::Block;
use super::rows::{GATHER, SCATTER, Shuffles, gather_rgb, load16, scatter_rgb, store16};

#[inline]
#[target_feature(enable = "avx2")]
fn pair(a: i32, b: i32) -> __m256i {
    _mm256_set1_epi32((a & 0xFFFF) | (b << 16))
}

/// Lanes of 32 bits in two halves.
type Wide = (__m256i, __m256i);

#[inline]
#[target_feature(enable = "avx2")]
fn interleave(a: __m256i, b: __m256i) -> Wide {
    (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b))
}

#[inline]
#[target_feature(enable = "avx2")]
fn dot(ab: Wide, constants: __m256i) -> Wide {
    (_mm256_madd_epi16(ab.0, constants), _mm256_madd_epi16(ab.1, constants))
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(a: Wide, b: Wide) -> Wide {
    (_mm256_add_epi32(a.0, b.0), _mm256_add_epi32(a.1, b.1))
}

/// The upper halves of 32-bit sums.
#[inline]
#[target_feature(enable = "avx2")]
fn upper(sums: Wide) -> __m256i {
    _mm256_packs_epi32(_mm256_srai_epi32::<16>(sums.0), _mm256_srai_epi32::<16>(sums.1))
}

/// Sixteen lanes as bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn bytes(v: __m256i) -> __m128i {
    _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v))
}

/// A row of Y'CbCr to RGB; gives the number of pixels that are done.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn ycc_to_rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) -> usize {
    let n = y.len().min(cb.len()).min(cr.len()).min(out.len() / 3) / 16;
    let (center, one) = (_mm256_set1_epi16(128), _mm256_set1_epi16(1));
    let half = _mm256_set1_epi32(1 << 15);
    let scatter: Shuffles = bytemuck::must_cast(SCATTER);
    // As in the narrow version: split constants, and rounding when the doubled product is halved.
    let part = |v: __m256i, c: i16| {
        let high = _mm256_mulhi_epi16(_mm256_add_epi16(v, v), _mm256_set1_epi16(c));
        _mm256_srai_epi16::<1>(_mm256_add_epi16(high, one))
    };
    for (i, out) in out.chunks_exact_mut(48).take(n).enumerate() {
        let y = _mm256_cvtepu8_epi16(load16(y, 16 * i));
        let cb = _mm256_sub_epi16(_mm256_cvtepu8_epi16(load16(cb, 16 * i)), center);
        let cr = _mm256_sub_epi16(_mm256_cvtepu8_epi16(load16(cr, 16 * i)), center);
        let r = bytes(_mm256_add_epi16(_mm256_add_epi16(y, cr), part(cr, 26_345)));
        let b = bytes(_mm256_add_epi16(_mm256_add_epi16(y, _mm256_add_epi16(cb, cb)), part(cb, -14_942)));
        let g = upper(add(dot(interleave(cb, cr), pair(-22_554, 18_734)), (half, half)));
        let g = bytes(_mm256_add_epi16(_mm256_sub_epi16(g, cr), y));
        scatter_rgb(out, [r, g, b], &scatter);
    }
    16 * n
}

/// A row of RGB to Y'CbCr; gives the number of pixels that are done.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn rgb_to_ycc(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) -> usize {
    let n = y.len().min(cb.len()).min(cr.len()).min(rgb.len() / 3) / 16;
    let gather: Shuffles = bytemuck::must_cast(GATHER);
    let zero = _mm256_setzero_si256();
    let half = _mm256_set1_epi32(1 << 15);
    let offset = _mm256_set1_epi32((128 << 16) + (1 << 15) - 1);
    // Half of a channel, on top of the offset.
    let halved = |v: __m256i| {
        let (low, high) = interleave(zero, v);
        add((_mm256_srli_epi32::<1>(low), _mm256_srli_epi32::<1>(high)), (offset, offset))
    };
    for (i, rgb) in rgb.chunks_exact(48).take(n).enumerate() {
        let [r, g, b] = gather_rgb(rgb, &gather);
        let (r, g, b) = (_mm256_cvtepu8_epi16(r), _mm256_cvtepu8_epi16(g), _mm256_cvtepu8_epi16(b));
        let (rg, gb) = (interleave(r, g), interleave(g, b));
        // The weight of green does not fit into 16 bits and is split: 0.587 = 0.337 + 0.25.
        let luma = add(dot(rg, pair(19_595, 22_086)), dot(gb, pair(16_384, 7_471)));
        store16(y, 16 * i, bytes(upper(add(luma, (half, half)))));
        store16(cb, 16 * i, bytes(upper(add(dot(rg, pair(-11_059, -21_709)), halved(b)))));
        store16(cr, 16 * i, bytes(upper(add(dot(gb, pair(-27_439, -5_329)), halved(r)))));
    }
    16 * n
}

/// Which values of each block are not zero, the first in bit 0.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn nonzero(blocks: &[Block], masks: &mut [u64]) -> usize {
    let zero = _mm256_setzero_si256();
    for (block, mask) in blocks.iter().zip(masks.iter_mut()) {
        let v: [__m256i; 4] = bytemuck::must_cast(*block);
        let zeros = |a: __m256i, b: __m256i| {
            let packed = _mm256_packs_epi16(_mm256_cmpeq_epi16(a, zero), _mm256_cmpeq_epi16(b, zero));
            // Packing works on lanes: puts their quarters in order.
            u64::from(_mm256_movemask_epi8(_mm256_permute4x64_epi64::<0b11_01_10_00>(packed)) as u32)
        };
        *mask = !(zeros(v[0], v[1]) | (zeros(v[2], v[3]) << 32));
    }
    blocks.len().min(masks.len())
}
