//! Chroma upsampling as libjpeg does it: a triangle filter for factors of two, repetition for others.

use super::sample::Sample;

/// Doubles a row in width: each output sample is ¾ of the nearer and ¼ of the other neighbour. Samples before
/// `from` are there already.
pub(crate) fn h2v1<P: Sample>(input: &[P], out: &mut [P], from: usize) {
    let last = input.len().saturating_sub(1);
    for (i, (pair, value)) in out.chunks_exact_mut(2).zip(input).enumerate().skip(from) {
        let [even, odd] = pair else { continue };
        let value = value.to_i32();
        *even = if i == 0 { input[0] } else { P::clamped((3 * value + input[i - 1].to_i32() + 1) >> 2) };
        *odd = if i == last { input[i] } else { P::clamped((3 * value + input[i + 1].to_i32() + 2) >> 2) };
    }
}

/// A row between two others of the same width; `bias` is 1 above the nearer row and 2 below.
pub(crate) fn h1v2<P: Sample>(near: &[P], far: &[P], bias: i32, out: &mut [P]) {
    for ((out, near), far) in out.iter_mut().zip(near).zip(far) {
        *out = P::clamped((3 * near.to_i32() + far.to_i32() + bias) >> 2);
    }
}

/// Doubles in width what lies between two rows.
pub(crate) fn h2v2<P: Sample>(near: &[P], far: &[P], sums: &mut Vec<i16>, out: &mut [P]) {
    h2v2_tail(near, far, sums, out, 0);
}

/// As [`h2v2`]; what comes from the first `from` samples is there already.
pub(crate) fn h2v2_tail<P: Sample>(near: &[P], far: &[P], sums: &mut Vec<i16>, out: &mut [P], from: usize) {
    sums.clear();
    let skipped = from.saturating_sub(1);
    sums.extend(near.iter().zip(far).skip(skipped).map(|(n, f)| (3 * n.to_i32() + f.to_i32()) as i16));
    let (first, last) = (from - skipped, sums.len().saturating_sub(1));
    let out = out.get_mut(2 * skipped..).unwrap_or_default();
    for (i, pair) in out.chunks_exact_mut(2).enumerate().take(sums.len()).skip(first) {
        let [even, odd] = pair else { continue };
        let value = i32::from(sums[i]);
        let before = if i == 0 { value } else { i32::from(sums[i - 1]) };
        let after = if i == last { value } else { i32::from(sums[i + 1]) };
        *even = P::clamped((3 * value + before + 8) >> 4);
        *odd = P::clamped((3 * value + after + 7) >> 4);
    }
}

/// Repeats samples: output sample `x` is input sample `x * h / hmax`.
pub(crate) fn repeat<P: Sample>(input: &[P], h: usize, hmax: usize, out: &mut [P]) {
    if hmax == 2 * h {
        for (pair, value) in out.chunks_mut(2).zip(input) {
            pair.fill(*value);
        }
        return;
    }
    for (x, out) in out.iter_mut().enumerate() {
        *out = input.get(x * h / hmax).copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles() {
        let mut out = [0u8; 6];
        <u8 as Sample>::h2v1(&[0, 100, 200], &mut out);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        <u8 as Sample>::h2v2(&[0, 100, 200], &[0, 100, 200], &mut Vec::new(), &mut out);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        let mut out = [0u16; 2];
        h1v2(&[0u16, 4000], &[4000, 0], 1, &mut out);
        assert_eq!(out, [1000, 3000]);
    }

    #[test]
    fn fast_rows_equal_plain_ones() {
        let noise = |n: usize, seed: u32| -> Vec<u8> {
            (0..n as u32).map(|i| ((i.wrapping_mul(2_654_435_761).wrapping_add(seed)) >> 24) as u8).collect()
        };
        for n in 1..80 {
            let (near, far) = (noise(n, 1), noise(n, 99));
            let (mut fast, mut plain) = (vec![0; 2 * n], vec![0; 2 * n]);
            <u8 as Sample>::h2v1(&near, &mut fast);
            h2v1(&near, &mut plain, 0);
            assert_eq!(fast, plain, "h2v1, {n}");
            <u8 as Sample>::h2v2(&near, &far, &mut Vec::new(), &mut fast);
            h2v2(&near, &far, &mut Vec::new(), &mut plain);
            assert_eq!(fast, plain, "h2v2, {n}");
        }
    }

    #[test]
    fn repetition() {
        let mut out = [0u8; 7];
        repeat(&[1, 2], 1, 4, &mut out);
        assert_eq!(out, [1, 1, 1, 1, 2, 2, 2]);
        repeat(&[1, 2, 3, 4], 1, 2, &mut out);
        assert_eq!(out, [1, 1, 2, 2, 3, 3, 4]);
        repeat(&[1, 2, 3, 4, 5], 2, 3, &mut out);
        assert_eq!(out, [1, 1, 2, 3, 3, 4, 5]);
    }
}
