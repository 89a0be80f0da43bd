//! The transforms of 8×8 blocks in 16-bit lanes: one block at a time in 128 bits, two in 256.
//!
//! Every instruction used here works on 128-bit lanes by themselves, so that both widths are the same code.

use super::super::encode::quant::Divisors;
use super::super::idct::{
    F_0_298, F_0_390, F_0_541, F_0_765, F_0_899, F_1_175, F_1_501, F_1_847, F_1_961, F_2_053, F_2_562, F_3_072,
};
use super::super::scan::Block;

/// Defines the module of one width: its feature, vector type, blocks in a vector, and instructions.
macro_rules! width {
    (
        $(#[$doc:meta])*
        $module:ident, $feature:literal, $vec:ident, $blocks:literal, $load:expr, $widen:expr, $split:expr,
        $add16:ident $sub16:ident $add32:ident $sub32:ident $add8:ident $or:ident $madd:ident
        $mullo:ident $mulhi:ident $abs:ident $sign:ident $cmpeq:ident $movemask:ident
        $sra32:ident $sra16:ident $sll16:ident $shift_bytes:ident $pack32:ident $pack16:ident
        $lo16:ident $hi16:ident $lo32:ident $hi32:ident $lo64:ident $hi64:ident
        $set32:ident $set16:ident $set8:ident $zero:ident
    ) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use super::*;
            use std::arch::x86_64::*;

            type Vector = $vec;
            /// Lanes of 32 bits in two halves.
            type Wide = (Vector, Vector);

            /// Two 16-bit constants in every pair of lanes.
            #[inline]
            #[target_feature(enable = $feature)]
            fn pair(a: i32, b: i32) -> Vector {
                $set32((a & 0xFFFF) | (b << 16))
            }

            /// Transposes eight rows of eight 16-bit lanes.
            #[inline]
            #[target_feature(enable = $feature)]
            fn transpose(r: [Vector; 8]) -> [Vector; 8] {
                let (a0, a1) = ($lo16(r[0], r[1]), $hi16(r[0], r[1]));
                let (a2, a3) = ($lo16(r[2], r[3]), $hi16(r[2], r[3]));
                let (a4, a5) = ($lo16(r[4], r[5]), $hi16(r[4], r[5]));
                let (a6, a7) = ($lo16(r[6], r[7]), $hi16(r[6], r[7]));
                let (b0, b1) = ($lo32(a0, a2), $hi32(a0, a2));
                let (b2, b3) = ($lo32(a1, a3), $hi32(a1, a3));
                let (b4, b5) = ($lo32(a4, a6), $hi32(a4, a6));
                let (b6, b7) = ($lo32(a5, a7), $hi32(a5, a7));
                [
                    $lo64(b0, b4), $hi64(b0, b4), $lo64(b1, b5), $hi64(b1, b5),
                    $lo64(b2, b6), $hi64(b2, b6), $lo64(b3, b7), $hi64(b3, b7),
                ]
            }

            /// `a * ca + b * cb` in 32 bits, for interleaved `a` and `b`.
            #[inline]
            #[target_feature(enable = $feature)]
            fn dot(ab: Wide, constants: Vector) -> Wide {
                ($madd(ab.0, constants), $madd(ab.1, constants))
            }

            #[inline]
            #[target_feature(enable = $feature)]
            fn interleave(a: Vector, b: Vector) -> Wide {
                ($lo16(a, b), $hi16(a, b))
            }

            #[inline]
            #[target_feature(enable = $feature)]
            fn add(a: Wide, b: Wide) -> Wide {
                ($add32(a.0, b.0), $add32(a.1, b.1))
            }

            #[inline]
            #[target_feature(enable = $feature)]
            fn sub(a: Wide, b: Wide) -> Wide {
                ($sub32(a.0, b.0), $sub32(a.1, b.1))
            }

            /// 16-bit lanes times 2¹³.
            #[inline]
            #[target_feature(enable = $feature)]
            fn scaled(a: Vector) -> Wide {
                let zero = $zero();
                ($sra32::<3>($lo16(zero, a)), $sra32::<3>($hi16(zero, a)))
            }

            /// Rounds, shifts and packs to 16 bits.
            #[inline]
            #[target_feature(enable = $feature)]
            fn descale<const BITS: i32>(a: Wide) -> Vector {
                let half = $set32(1 << (BITS - 1));
                $pack32($sra32::<BITS>($add32(a.0, half)), $sra32::<BITS>($add32(a.1, half)))
            }

            /// The part of the odd coefficients that both directions share: with `a`, `b`, `c`, `d` in the
            /// places of x7, x5, x3, x1, the four sums that belong to x1, x3, x5, x7.
            #[inline]
            #[target_feature(enable = $feature)]
            fn odd(a: Vector, b: Vector, c: Vector, d: Vector) -> [Wide; 4] {
                let z = interleave($add16(a, c), $add16(b, d));
                let z3 = dot(z, pair(F_1_175 - F_1_961, F_1_175));
                let z4 = dot(z, pair(F_1_175, F_1_175 - F_0_390));
                let (outer, inner) = (interleave(a, d), interleave(b, c));
                [
                    add(dot(outer, pair(-F_0_899, F_1_501 - F_0_899)), z4),
                    add(dot(inner, pair(-F_2_562, F_3_072 - F_2_562)), z3),
                    add(dot(inner, pair(F_2_053 - F_2_562, -F_2_562)), z4),
                    add(dot(outer, pair(F_0_298 - F_0_899, -F_0_899)), z3),
                ]
            }

            /// One dimension of the inverse transform over eight columns.
            #[inline]
            #[target_feature(enable = $feature)]
            fn inverse<const BITS: i32>(x: [Vector; 8]) -> [Vector; 8] {
                let z = interleave(x[2], x[6]);
                let t3 = dot(z, pair(F_0_541 + F_0_765, F_0_541));
                let t2 = dot(z, pair(F_0_541, F_0_541 - F_1_847));
                let t0 = scaled($add16(x[0], x[4]));
                let t1 = scaled($sub16(x[0], x[4]));
                let (e0, e3, e1, e2) = (add(t0, t3), sub(t0, t3), add(t1, t2), sub(t1, t2));
                let [o0, o1, o2, o3] = odd(x[7], x[5], x[3], x[1]);
                [
                    descale::<BITS>(add(e0, o0)), descale::<BITS>(add(e1, o1)),
                    descale::<BITS>(add(e2, o2)), descale::<BITS>(add(e3, o3)),
                    descale::<BITS>(sub(e3, o3)), descale::<BITS>(sub(e2, o2)),
                    descale::<BITS>(sub(e1, o1)), descale::<BITS>(sub(e0, o0)),
                ]
            }

            /// One dimension of the forward transform over eight columns; `FIRST` of the two.
            #[inline]
            #[target_feature(enable = $feature)]
            fn forward<const FIRST: bool, const BITS: i32>(x: [Vector; 8]) -> [Vector; 8] {
                let (t0, t7) = ($add16(x[0], x[7]), $sub16(x[0], x[7]));
                let (t1, t6) = ($add16(x[1], x[6]), $sub16(x[1], x[6]));
                let (t2, t5) = ($add16(x[2], x[5]), $sub16(x[2], x[5]));
                let (t3, t4) = ($add16(x[3], x[4]), $sub16(x[3], x[4]));
                let (t10, t13) = ($add16(t0, t3), $sub16(t0, t3));
                let (t11, t12) = ($add16(t1, t2), $sub16(t1, t2));
                let (sum, difference) = ($add16(t10, t11), $sub16(t10, t11));
                let (y0, y4) = if FIRST {
                    ($sll16::<2>(sum), $sll16::<2>(difference))
                } else {
                    let two = $set16(2);
                    ($sra16::<2>($add16(sum, two)), $sra16::<2>($add16(difference, two)))
                };
                let z = interleave(t13, t12);
                let y2 = descale::<BITS>(dot(z, pair(F_0_541 + F_0_765, F_0_541)));
                let y6 = descale::<BITS>(dot(z, pair(F_0_541, F_0_541 - F_1_847)));
                let [y1, y3, y5, y7] = odd(t4, t5, t6, t7);
                [
                    y0, descale::<BITS>(y1), y2, descale::<BITS>(y3),
                    y4, descale::<BITS>(y5), y6, descale::<BITS>(y7),
                ]
            }

            /// Dequantises and transforms blocks side by side into eight rows of `out`, `stride` samples apart.
            #[inline]
            #[target_feature(enable = $feature)]
            pub(crate) fn idct_row(blocks: &[Block], quant: &[i16; 64], out: &mut [u8], stride: usize) -> bool {
                let factors: [__m128i; 8] = bytemuck::must_cast(*quant);
                for (i, blocks) in blocks.chunks(2).enumerate() {
                    for (j, part) in blocks.chunks($blocks).enumerate() {
                        let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
                        let out = out.get_mut(16 * i + 8 * j..).unwrap_or_default();
                        idct(first, last, part.len(), &factors, out, stride);
                    }
                }
                true
            }

            #[inline]
            #[target_feature(enable = $feature)]
            fn idct(a: &Block, b: &Block, count: usize, factors: &[__m128i; 8], out: &mut [u8], stride: usize) {
                let (first, second): ([__m128i; 8], [__m128i; 8]) = (bytemuck::must_cast(*a), bytemuck::must_cast(*b));
                let load = $load;
                let mut x = [$zero(); 8];
                for (x, (a, b)) in x.iter_mut().zip(first.into_iter().zip(second)) {
                    *x = load(a, b);
                }
                let any = $or($or($or(x[1], x[2]), $or(x[3], x[4])), $or($or(x[5], x[6]), x[7]));
                // Row 0 without its first lane, the DC coefficient.
                let any = $or(any, $shift_bytes::<2>(x[0]));
                if $movemask($cmpeq(any, $zero())) == if $blocks == 1 { 0xFFFF } else { -1 } {
                    for (block, at) in [a, b].into_iter().take(count).zip([0, 8]) {
                        super::flat(block[0].wrapping_mul(super::low(factors[0])), out.get_mut(at..).unwrap_or_default(), stride);
                    }
                    return;
                }
                for (x, q) in x.iter_mut().zip(factors) {
                    *x = $mullo(*x, load(*q, *q));
                }
                let x = transpose(inverse::<11>(x));
                let x = transpose(inverse::<18>(x));
                let center = $set8(-128);
                let split = $split;
                for y in 0..4 {
                    let bytes = split($add8($pack16(x[2 * y], x[2 * y + 1]), center));
                    for (at, rows) in [0, 8].into_iter().zip(bytes).take(count) {
                        for (row, bytes) in [2 * y, 2 * y + 1].into_iter().zip(rows) {
                            let place = out.get_mut(row * stride + at..).and_then(|o| o.first_chunk_mut::<8>());
                            if let Some(place) = place {
                                *place = bytes;
                            }
                        }
                    }
                }
            }

            /// Transforms and quantises blocks side by side, from eight rows of samples, `stride` apart.
            #[inline]
            #[target_feature(enable = $feature)]
            pub(crate) fn fdct_row(samples: &[u8], stride: usize, divisors: &Divisors, blocks: &mut [Block]) -> bool {
                let load = $load;
                let widen = $widen;
                for (i, blocks) in blocks.chunks_mut($blocks).enumerate() {
                    let mut x = [$zero(); 8];
                    for (y, x) in x.iter_mut().enumerate() {
                        let at = y * stride + 8 * $blocks * i;
                        let row = samples.get(at..).unwrap_or_default();
                        *x = $sub16(widen(row), $set16(128));
                    }
                    let x = forward::<true, 11>(transpose(x));
                    let x = forward::<false, 15>(transpose(x));
                    let mut first = [_mm_setzero_si128(); 8];
                    let mut second = first;
                    for (k, x) in x.into_iter().enumerate() {
                        let at = |table: &[u16; 64]| {
                            let row = super::row(table, k);
                            load(row, row)
                        };
                        let magnitude = $add16($abs(x), at(&divisors.correction));
                        let quotient = $mulhi($mulhi(magnitude, at(&divisors.reciprocal)), at(&divisors.scale));
                        let [[a, b], [c, d]] = $split($sign(quotient, x));
                        first[k] = bytemuck::must_cast([a, b]);
                        second[k] = bytemuck::must_cast([c, d]);
                    }
                    for (block, rows) in blocks.iter_mut().zip([first, second]) {
                        *block = bytemuck::must_cast(rows);
                    }
                }
                true
            }
        }
    };
}

/// Row `k` of a table.
#[inline]
#[target_feature(enable = "sse4.2")]
fn row(table: &[u16; 64], k: usize) -> std::arch::x86_64::__m128i {
    let row = table.get(8 * k..).and_then(|t| t.first_chunk::<8>()).copied().unwrap_or_default();
    bytemuck::must_cast(row)
}

/// The first lane.
#[inline]
fn low(v: std::arch::x86_64::__m128i) -> i16 {
    let lanes: [i16; 8] = bytemuck::must_cast(v);
    lanes[0]
}

/// Writes a block of one value, from its dequantised DC coefficient.
#[inline]
fn flat(dc: i16, out: &mut [u8], stride: usize) {
    let value = ((i32::from(dc.wrapping_shl(2)) + 16) >> 5) + 128;
    let value = [value.clamp(0, 255) as u8; 8];
    for y in 0..8 {
        if let Some(out) = out.get_mut(y * stride..).and_then(|o| o.first_chunk_mut::<8>()) {
            *out = value;
        }
    }
}

width! {
    /// 128 bits: SSE4.2.
    narrow, "sse4.2", __m128i, 1,
    |a: __m128i, _b: __m128i| a,
    |row: &[u8]| {
        let bytes = row.first_chunk::<8>().copied().unwrap_or_default();
        _mm_cvtepu8_epi16(_mm_cvtsi64_si128(i64::from_le_bytes(bytes)))
    },
    |v: __m128i| -> [[[u8; 8]; 2]; 2] { [bytemuck::must_cast(v), [[0; 8]; 2]] },
    _mm_add_epi16 _mm_sub_epi16 _mm_add_epi32 _mm_sub_epi32 _mm_add_epi8 _mm_or_si128 _mm_madd_epi16
    _mm_mullo_epi16 _mm_mulhi_epu16 _mm_abs_epi16 _mm_sign_epi16 _mm_cmpeq_epi16 _mm_movemask_epi8
    _mm_srai_epi32 _mm_srai_epi16 _mm_slli_epi16 _mm_srli_si128 _mm_packs_epi32 _mm_packs_epi16
    _mm_unpacklo_epi16 _mm_unpackhi_epi16 _mm_unpacklo_epi32 _mm_unpackhi_epi32 _mm_unpacklo_epi64 _mm_unpackhi_epi64
    _mm_set1_epi32 _mm_set1_epi16 _mm_set1_epi8 _mm_setzero_si128
}

width! {
    /// 256 bits: AVX2.
    wide, "avx2", __m256i, 2,
    |a: __m128i, b: __m128i| _mm256_set_m128i(b, a),
    |row: &[u8]| {
        let bytes = match row.first_chunk::<16>() {
            Some(bytes) => *bytes,
            None => {
                let mut bytes = [0; 16];
                bytes.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
                bytes
            }
        };
        _mm256_cvtepu8_epi16(bytemuck::must_cast(bytes))
    },
    |v: __m256i| -> [[[u8; 8]; 2]; 2] { bytemuck::must_cast(v) },
    _mm256_add_epi16 _mm256_sub_epi16 _mm256_add_epi32 _mm256_sub_epi32 _mm256_add_epi8 _mm256_or_si256 _mm256_madd_epi16
    _mm256_mullo_epi16 _mm256_mulhi_epu16 _mm256_abs_epi16 _mm256_sign_epi16 _mm256_cmpeq_epi16 _mm256_movemask_epi8
    _mm256_srai_epi32 _mm256_srai_epi16 _mm256_slli_epi16 _mm256_srli_si256 _mm256_packs_epi32 _mm256_packs_epi16
    _mm256_unpacklo_epi16 _mm256_unpackhi_epi16 _mm256_unpacklo_epi32 _mm256_unpackhi_epi32 _mm256_unpacklo_epi64 _mm256_unpackhi_epi64
    _mm256_set1_epi32 _mm256_set1_epi16 _mm256_set1_epi8 _mm256_setzero_si256
}
