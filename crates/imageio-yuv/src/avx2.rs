//! The conversion with AVX2 instructions: the pixels of even columns in one register, those of odd ones in another,
//! so that each meets its colour without being moved.

use std::arch::x86_64::*;

use crate::{BLOCK, Coefficients, HALF, MIDDLE, RGB, rest};

/// Converts rows of one length, which share their colour.
#[target_feature(enable = "avx2")]
pub(crate) fn rows<const N: usize>(c: &Coefficients, y: [&[u8]; N], u: &[u8], v: &[u8], rgb: [&mut [u8]; N]) {
    let whole = y.first().map_or(0, |row| row.len()) / BLOCK;
    let factors = Factors::new(c);
    let (tails, mut out) = (y.map(|row| &row[whole * BLOCK..]), rgb);
    for at in 0..whole {
        let (Some(u), Some(v)) = (nth::<HALF>(u, at), nth::<HALF>(v, at)) else { return };
        let colour = factors.colour(u, v);
        for (row, out) in y.iter().zip(out.iter_mut()) {
            let Some(out) = out[at * RGB..].first_chunk_mut::<RGB>() else { return };
            let Some(row) = nth::<BLOCK>(row, at) else { return };
            factors.pixels(row, &colour, out);
        }
    }
    let ends = out.map(|row| &mut row[whole * RGB..]);
    rest(tails, &u[whole * HALF..], &v[whole * HALF..], ends, |y, u, v, rgb| {
        let colour = factors.colour(u, v);
        for (row, out) in y.into_iter().zip(rgb) {
            factors.pixels(row, &colour, out);
        }
    });
}

#[inline(always)]
fn nth<const N: usize>(from: &[u8], at: usize) -> Option<&[u8; N]> {
    from.get(at * N..)?.first_chunk()
}

/// The coefficients, in every lane of a register.
struct Factors {
    luma: __m256i,
    black: __m256i,
    v_red: __m256i,
    u_blue: __m256i,
    u_green: __m256i,
    v_green: __m256i,
    /// Where bytes of red, green and blue go in each third of the pixels.
    places: [[__m256i; 3]; 3],
}

impl Factors {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(c: &Coefficients) -> Self {
        Factors {
            luma: _mm256_set1_epi16(c.luma),
            black: _mm256_set1_epi16(c.black),
            v_red: _mm256_set1_epi16(c.v_red),
            u_blue: _mm256_set1_epi16(c.u_blue),
            u_green: _mm256_set1_epi16(c.u_green),
            v_green: _mm256_set1_epi16(c.v_green),
            places: PLACES.map(|thirds| thirds.map(|third| _mm256_broadcastsi128_si256(load_16(&third)))),
        }
    }

    /// What colour adds to red, green and blue of 16 pairs of pixels.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn colour(&self, u: &[u8; HALF], v: &[u8; HALF]) -> [__m256i; 3] {
        let [u, v] = [u, v].map(|samples| {
            let wide = _mm256_slli_epi16::<3>(_mm256_cvtepu8_epi16(load_16(samples)));
            _mm256_sub_epi16(wide, _mm256_set1_epi16(MIDDLE))
        });
        let green = _mm256_add_epi16(_mm256_mulhi_epi16(u, self.u_green), _mm256_mulhi_epi16(v, self.v_green));
        [_mm256_mulhi_epi16(v, self.v_red), green, _mm256_mulhi_epi16(u, self.u_blue)]
    }

    /// Packs 32 pixels of a row.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn pixels(&self, y: &[u8; BLOCK], colour: &[__m256i; 3], rgb: &mut [u8; RGB]) {
        let y = load_32(y);
        let even = _mm256_and_si256(y, _mm256_set1_epi16(0xff));
        let odd = _mm256_srli_epi16::<8>(y);
        let [even, odd] = [even, odd].map(|samples| {
            _mm256_mulhi_epi16(_mm256_sub_epi16(_mm256_slli_epi16::<3>(samples), self.black), self.luma)
        });
        // Each half holds 16 pixels: eight of even columns, then eight of odd ones.
        let [red, green, blue] =
            colour.map(|part| _mm256_packus_epi16(_mm256_add_epi16(even, part), _mm256_add_epi16(odd, part)));
        let [r, g, b] = &self.places;
        let third = |k: usize| {
            let two = _mm256_or_si256(_mm256_shuffle_epi8(red, r[k]), _mm256_shuffle_epi8(green, g[k]));
            _mm256_or_si256(two, _mm256_shuffle_epi8(blue, b[k]))
        };
        let (first, second, last) = (third(0), third(1), third(2));
        // The lower half of each third first, then the upper ones.
        let (pairs, _) = rgb.as_chunks_mut::<32>();
        let [a, b, c] = pairs else { return };
        store(a, _mm256_permute2x128_si256::<0x20>(first, second));
        store(b, _mm256_blend_epi32::<0b1111_0000>(last, first));
        store(c, _mm256_permute2x128_si256::<0x31>(second, last));
    }
}

/// For red, green and blue, and for each third of the 48 bytes of 16 pixels: which pixel's byte stands where.
const PLACES: [[[u8; 16]; 3]; 3] = {
    // A place with this number is left empty.
    let mut places = [[[0x80; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        let pixel = at / 3;
        places[at % 3][at / 16][at % 16] = (if pixel % 2 == 0 { pixel / 2 } else { 8 + pixel / 2 }) as u8;
        at += 1;
    }
    places
};

#[target_feature(enable = "avx2")]
#[inline]
fn load_16(from: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read, at any alignment, from an array of 16 bytes.
    unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_32(from: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are read, at any alignment, from an array of 32 bytes.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(to: &mut [u8; 32], value: __m256i) {
    // SAFETY: 32 bytes are written, at any alignment, into an array of 32 bytes.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) }
}
