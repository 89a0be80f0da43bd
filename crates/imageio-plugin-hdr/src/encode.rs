//! `f32` to scanlines of four bytes a pixel.

/// The nearest colour of three bytes and one exponent. What is negative or no number becomes 0, what is too large
/// the largest.
pub(crate) fn to_rgbe(pixel: [f32; 3]) -> [u8; 4] {
    let [r, g, b] = pixel.map(|v| if v > 0.0 { v.min(MOST) } else { 0.0 });
    let largest = r.max(g).max(b);
    if largest < f32::MIN_POSITIVE {
        return [0; 4];
    }
    let mut exponent = (largest.to_bits() >> 23) as i32;
    // 2 to the power of 134 − exponent, so that the largest colour falls between 128 and 256.
    let power = |exponent: i32| f64::from_bits(((134 - exponent + 1023) as u64) << 52);
    let mut scale = power(exponent);
    if f64::from(largest) * scale + 0.5 >= 256.0 {
        exponent += 1;
        scale = power(exponent);
    }
    let byte = |v: f32| (f64::from(v) * scale + 0.5) as u8;
    match u8::try_from(exponent + 2) {
        Ok(exponent) => [byte(r), byte(g), byte(b), exponent],
        Err(_) => [255, 255, 255, 255],
    }
}

/// The largest number there is a code for: 255 · 2¹¹⁹.
const MOST: f32 = 255.0 * (1u128 << 119) as f32;

/// Appends a scanline, as four planes of runs or as plain pixels.
pub(crate) fn scanline(pixels: &[f32], rle: bool, out: &mut Vec<u8>) {
    let pixels = pixels.as_chunks::<3>().0;
    if !rle || !(8..=0x7FFF).contains(&pixels.len()) {
        let mut before = None;
        for pixel in pixels {
            let mut code = to_rgbe(*pixel);
            // A pixel of 1, 1, 1 would be read as a run; it only arises from the darkest colours.
            if before.is_some() && code[..3] == [1, 1, 1] {
                code = [0; 4];
            }
            out.extend(code);
            before = Some(code);
        }
        return;
    }
    let n = pixels.len();
    out.extend([2, 2]);
    out.extend((n as u16).to_be_bytes());
    let mut planes = vec![0; 4 * n];
    for (i, pixel) in pixels.iter().enumerate() {
        let code = to_rgbe(*pixel);
        for (plane, byte) in planes.chunks_exact_mut(n).zip(code) {
            plane[i] = byte;
        }
    }
    for plane in planes.chunks_exact(n) {
        runs(plane, out);
    }
}

/// Runs of at least four equal bytes; the rest as it is.
fn runs(plane: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < plane.len() {
        // Where the next run starts that is worth it, and how long it is.
        let (mut start, mut length) = (at, 0);
        while start < plane.len() {
            length = plane[start..].iter().take(127).take_while(|b| **b == plane[start]).count();
            if length >= 4 {
                break;
            }
            start += length;
        }
        for literal in plane[at..start].chunks(128) {
            out.push(literal.len() as u8);
            out.extend_from_slice(literal);
        }
        if start < plane.len() {
            out.extend([128 + length as u8, plane[start]]);
        }
        at = start + if start < plane.len() { length } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(to_rgbe([1.0, 0.5, 255.0 / 128.0]), [128, 64, 255, 129]);
        assert_eq!(to_rgbe([0.0, -1.0, f32::NAN]), [0; 4]);
        assert_eq!(to_rgbe([255.9, 0.0, 0.0]), [128, 0, 0, 137]);
        assert_eq!(to_rgbe([f32::INFINITY, 0.0, 0.0]), [255, 0, 0, 255]);
        assert_eq!(to_rgbe([1e-45, 0.0, 0.0]), [0; 4]);
    }

    #[test]
    fn runs_lead_back() {
        let planes: [Vec<u8>; 4] = [
            vec![3; 400],
            (0..=255).collect(),
            vec![1, 1, 2, 2, 2, 2, 3, 3, 3, 4],
            [vec![9; 129], vec![8, 7]].concat(),
        ];
        for plane in planes {
            let mut packed = Vec::new();
            runs(&plane, &mut packed);
            let (mut back, mut at) = (Vec::new(), 0);
            while at < packed.len() {
                let code = usize::from(packed[at]);
                if code > 128 {
                    back.extend(vec![packed[at + 1]; code - 128]);
                    at += 2;
                } else {
                    back.extend_from_slice(&packed[at + 1..at + 1 + code]);
                    at += 1 + code;
                }
            }
            assert_eq!(back, plane);
        }
    }
}
