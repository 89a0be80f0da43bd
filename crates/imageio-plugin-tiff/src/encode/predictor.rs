//! Predictors, row by row (TIFF 6.0 section 14, TIFF Technical Note 3).

/// Replaces native integers of `size` bytes by their differences to those `step` samples to the left.
pub(crate) fn horizontal(row: &mut [u8], size: usize, step: usize) {
    macro_rules! run {
        ($ty:ty) => {{
            const N: usize = size_of::<$ty>();
            let lag = step * N;
            let mut at = row.len() / N * N;
            while at >= lag + N {
                at -= N;
                let get =
                    |at: usize| row.get(at..at + N).and_then(|b| <[u8; N]>::try_from(b).ok()).map(<$ty>::from_ne_bytes);
                if let (Some(here), Some(left)) = (get(at), get(at - lag)) {
                    if let Some(to) = row.get_mut(at..at + N) {
                        to.copy_from_slice(&here.wrapping_sub(left).to_ne_bytes());
                    }
                }
            }
        }};
    }
    match size {
        1 => run!(u8),
        2 => run!(u16),
        4 => run!(u32),
        _ => run!(u64),
    }
}

/// Sorts the bytes of native floats of `size` bytes by significance, then takes differences; `out` gets the row.
pub(crate) fn float(row: &[u8], size: usize, step: usize, out: &mut [u8]) {
    let n = row.len() / size.max(1);
    for (i, number) in row.chunks_exact(size.max(1)).enumerate() {
        for (k, byte) in number.iter().enumerate() {
            // The most significant byte comes first.
            let k = if cfg!(target_endian = "little") { size - 1 - k } else { k };
            if let Some(to) = out.get_mut(k * n + i) {
                *to = *byte;
            }
        }
    }
    horizontal(out, 1, step);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences() {
        let mut row: Vec<u8> = [5u16, 7, 6, 6, 65535, 0].iter().flat_map(|v| v.to_ne_bytes()).collect();
        horizontal(&mut row, 2, 2);
        let back: Vec<u16> = row.chunks(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect();
        assert_eq!(back, [5, 7, 1, 65535, 65529, 65530]);
    }

    #[test]
    fn planes() {
        let row: Vec<u8> = [1.0f32, 1.0].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let mut out = vec![0; 8];
        float(&row, 4, 1, &mut out);
        // 3f 3f 80 80 00 00 00 00 before the differences.
        assert_eq!(out, [0x3f, 0, 0x41, 0, 0x80, 0, 0, 0]);
    }
}
