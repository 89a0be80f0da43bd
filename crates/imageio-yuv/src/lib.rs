#![doc = include_str!("../README.md")]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

/// Pixels that are converted at once.
const BLOCK: usize = 32;
/// Samples of colour of so many pixels, in each of the two planes.
const HALF: usize = BLOCK / 2;
/// Bytes of so many pixels.
const RGB: usize = 3 * BLOCK;

/// The zero of colour, scaled by 8.
const MIDDLE: i16 = 128 << 3;

/// Which part red, green and blue have in luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// Recommendation ITU-R BT.601: standard definition, JPEG, and what is taken for granted where nothing is said.
    Bt601,
    /// Recommendation ITU-R BT.709: high definition.
    Bt709,
    /// Recommendation ITU-R BT.2020, luma that is not constant: ultra-high definition.
    Bt2020,
}

impl Matrix {
    /// Parts of V in red, U in blue, U in green and V in green (both negative), of samples in limited range, by 65 536: with the
    /// weights `r`, `g` and `b` of luma, `2 (1 - r)`, `2 (1 - b)`, `2 b (1 - b) / g` and `2 r (1 - r) / g` by `255 / 224`.
    fn parts(self) -> [i32; 4] {
        match self {
            Matrix::Bt601 => [104_597, 132_201, 25_675, 53_279],
            Matrix::Bt709 => [117_489, 138_438, 13_975, 34_925],
            Matrix::Bt2020 => [110_013, 140_363, 12_277, 42_626],
        }
    }
}

/// How many pixels share one sample of colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// Two by two: 4:2:0.
    Both,
    /// Two of a row: 4:2:2.
    Horizontal,
}

/// Converts frames of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converter {
    coefficients: Coefficients,
    subsampling: Subsampling,
}

/// Factors in units of 1/8192, and the zero of luma scaled by 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Coefficients {
    luma: i16,
    black: i16,
    v_red: i16,
    u_blue: i16,
    u_green: i16,
    v_green: i16,
}

impl Converter {
    /// A conversion of samples in limited range (luma of 16 to 235), or in full range.
    pub fn new(matrix: Matrix, full_range: bool, subsampling: Subsampling) -> Self {
        let scaled = |part: i32| if full_range { part * 224 / 255 } else { part };
        let rounded = |part: i32| ((part + 4) >> 3) as i16;
        let [v_red, u_blue, u_green, v_green] = matrix.parts().map(scaled);
        let (luma, black) = if full_range { (1 << 16, 0) } else { ((1 << 16) * 255 / 219, 16 << 3) };
        let coefficients = Coefficients {
            luma: rounded(luma),
            black,
            v_red: rounded(v_red),
            u_blue: rounded(u_blue),
            u_green: rounded(-u_green),
            v_green: rounded(-v_green),
        };
        Converter { coefficients, subsampling }
    }

    /// Whether this processor has the instructions that make this fast.
    pub fn is_fast() -> bool {
        #[cfg(target_arch = "x86_64")]
        return is_x86_feature_detected!("avx2");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Bytes of the planes of a frame, one behind the other without gaps; `None` if they can't be counted.
    pub fn size(&self, width: usize, height: usize) -> Option<usize> {
        let chroma = width.div_ceil(2).checked_mul(self.chroma_rows(height))?;
        width.checked_mul(height)?.checked_add(chroma.checked_mul(2)?)
    }

    fn chroma_rows(&self, height: usize) -> usize {
        match self.subsampling {
            Subsampling::Both => height.div_ceil(2),
            Subsampling::Horizontal => height,
        }
    }

    /// Converts the planes Y, U and V of `width` by `height` pixels; odd sizes have a column or row of colour for the
    /// pixels that are left over.
    ///
    /// # Panics
    /// If `planes` does not have [`size`](Self::size) bytes, or `rgb` not three for each pixel.
    pub fn convert(&self, planes: &[u8], width: usize, height: usize, rgb: &mut [u8]) {
        assert_eq!(Some(planes.len()), self.size(width, height), "planes of {width} by {height} pixels");
        assert_eq!(rgb.len(), width * height * 3, "RGB of {width} by {height} pixels");
        if planes.is_empty() {
            return;
        }
        let half = width.div_ceil(2);
        let (y, chroma) = planes.split_at(width * height);
        let (u, v) = chroma.split_at(half * self.chroma_rows(height));
        let together = if self.subsampling == Subsampling::Both { 2 } else { 1 };
        let luma = y.chunks(together * width).zip(rgb.chunks_mut(together * width * 3));
        for ((y, rgb), (u, v)) in luma.zip(u.chunks_exact(half).zip(v.chunks_exact(half))) {
            if y.len() > width {
                let (first, second) = rgb.split_at_mut(3 * width);
                self.rows([&y[..width], &y[width..]], u, v, [first, second]);
            } else {
                self.rows([y], u, v, [rgb]);
            }
        }
    }

    /// Converts rows that share their colour.
    fn rows<const N: usize>(&self, y: [&[u8]; N], u: &[u8], v: &[u8], rgb: [&mut [u8]; N]) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just said that it has these instructions.
            return unsafe { avx2::rows(&self.coefficients, y, u, v, rgb) };
        }
        portable::rows(&self.coefficients, y, u, v, rgb);
    }
}

/// Pads the last pixels of rows to a whole block, and hands it to `block`.
#[inline(always)]
fn rest<const N: usize>(
    y: [&[u8]; N],
    u: &[u8],
    v: &[u8],
    rgb: [&mut [u8]; N],
    block: impl Fn([&[u8; BLOCK]; N], &[u8; HALF], &[u8; HALF], [&mut [u8; RGB]; N]),
) {
    let n = y.first().map_or(0, |row| row.len());
    if n == 0 {
        return;
    }
    let mut lines = [[0; BLOCK]; N];
    let (mut us, mut vs) = ([0; HALF], [0; HALF]);
    let mut out = [[0; RGB]; N];
    for (line, row) in lines.iter_mut().zip(y) {
        line[..n].copy_from_slice(row);
    }
    us[..u.len()].copy_from_slice(u);
    vs[..v.len()].copy_from_slice(v);
    block(lines.each_ref(), &us, &vs, out.each_mut());
    for (row, out) in rgb.into_iter().zip(&out) {
        row.copy_from_slice(&out[..3 * n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Matrix, f64, f64); 3] =
        [(Matrix::Bt601, 0.299, 0.114), (Matrix::Bt709, 0.2126, 0.0722), (Matrix::Bt2020, 0.2627, 0.0593)];

    #[test]
    fn parts_are_those_of_the_recommendations() {
        for (matrix, r, b) in ALL {
            let g = 1.0 - r - b;
            let exact = [2.0 * (1.0 - r), 2.0 * (1.0 - b), 2.0 * b * (1.0 - b) / g, 2.0 * r * (1.0 - r) / g];
            for (part, exact) in matrix.parts().iter().zip(exact) {
                let exact = exact * 255.0 / 224.0 * 65536.0;
                assert!((f64::from(*part) - exact).abs() <= 1.5, "{matrix:?}: {part} is not {exact}");
            }
        }
    }

    /// What a pixel should be, by the formula, in real numbers.
    fn ideal((_, r, b): (Matrix, f64, f64), full: bool, y: u8, u: u8, v: u8) -> [f64; 3] {
        let g = 1.0 - r - b;
        let (black, luma, chroma) = if full { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) };
        let y = (f64::from(y) - black) / luma;
        let (u, v) = ((f64::from(u) - 128.0) / chroma, (f64::from(v) - 128.0) / chroma);
        let (red, blue) = (y + 2.0 * (1.0 - r) * v, y + 2.0 * (1.0 - b) * u);
        [red, (y - r * red - b * blue) / g, blue].map(|c| (255.0 * c).clamp(0.0, 255.0))
    }

    #[test]
    fn every_colour_is_near_the_ideal_one() {
        for case in ALL {
            for full in [false, true] {
                let converter = Converter::new(case.0, full, Subsampling::Horizontal);
                for u in (0..=255).step_by(5) {
                    for v in (0..=255).step_by(5) {
                        let planes: Vec<u8> = (0..=255).chain([u; 128]).chain([v; 128]).collect();
                        let mut rgb = [0; 768];
                        converter.convert(&planes, 256, 1, &mut rgb);
                        for (y, pixel) in rgb.chunks(3).enumerate() {
                            let ideal = ideal(case, full, y as u8, u, v);
                            // Each of up to three products is cut, not rounded.
                            let near = pixel.iter().zip(ideal).all(|(c, i)| (f64::from(*c) - i).abs() < 3.2);
                            assert!(near, "{case:?} {full} {y} {u} {v}: {pixel:?} is not {ideal:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_way_gives_the_same() {
        let mut state = 7u32;
        let mut noise = |n: usize| -> Vec<u8> {
            let next = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (0..n).map(next).collect()
        };
        for subsampling in [Subsampling::Both, Subsampling::Horizontal] {
            for (width, height) in [(1, 1), (2, 2), (31, 5), (32, 4), (33, 3), (64, 2), (127, 6), (200, 7)] {
                let converter = Converter::new(Matrix::Bt709, false, subsampling);
                let planes = noise(converter.size(width, height).unwrap());
                let mut rgb = vec![0; width * height * 3];
                converter.convert(&planes, width, height, &mut rgb);
                let half = width.div_ceil(2);
                for row in 0..height {
                    let y = &planes[row * width..][..width];
                    let at = width * height + half * if subsampling == Subsampling::Both { row / 2 } else { row };
                    let u = &planes[at..][..half];
                    let v = &planes[at + half * converter.chroma_rows(height)..][..half];
                    let mut line = vec![0; 3 * width];
                    portable::rows(&converter.coefficients, [y], u, v, [&mut line]);
                    assert!(line == rgb[row * width * 3..][..3 * width], "{subsampling:?} {width} {height} {row}");
                }
            }
        }
    }

    #[test]
    fn nothing_gives_nothing() {
        Converter::new(Matrix::Bt601, true, Subsampling::Both).convert(&[], 0, 0, &mut []);
        assert_eq!(Converter::new(Matrix::Bt601, true, Subsampling::Both).size(usize::MAX, 2), None);
    }
}
