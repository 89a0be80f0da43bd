//! A 3 × 3 median over the difference of red and blue to green, against coloured speckles.

use rayon::prelude::*;

/// One pass over pixels of three samples; the outermost pixels stay.
pub(crate) fn pass(pixels: &mut [u16], width: usize, height: usize) {
    if width < 3 || height < 3 {
        return;
    }
    for c in [0, 2] {
        let differences: Vec<i32> =
            pixels.par_chunks_exact(3).map(|pixel| i32::from(pixel[c]) - i32::from(pixel[1])).collect();
        pixels.par_chunks_exact_mut(width * 3).enumerate().skip(1).take(height - 2).for_each(|(y, row)| {
            for x in 1..width - 1 {
                let mut nine: [i32; 9] = std::array::from_fn(|k| differences[(y + k / 3 - 1) * width + x + k % 3 - 1]);
                let (_, middle, _) = nine.select_nth_unstable(4);
                row[x * 3 + c] = (*middle + i32::from(row[x * 3 + 1])).clamp(0, 65535) as u16;
            }
        });
    }
}
