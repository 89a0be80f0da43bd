//! From arrays of any dtype to a small grid of samples, each the mean of the pixels it stands for.

use imageio::NdImage;

/// Pixels looked at along each side of what a sample stands for; more would only cost time.
const LOOKS: usize = 8;

/// A grid of `width` × `height` samples with their channels.
pub struct Samples {
    pub width: usize,
    pub height: usize,
    /// Grey or red, green, blue; NaN where nothing finite was found.
    pub colours: Vec<[f64; 3]>,
    /// 0 to 1.
    pub alpha: Vec<f64>,
    /// The values are 0 to 255 by nature and need no scaling.
    pub eight_bit: bool,
}

/// Height, width and number of channels, if an array of this shape is a single picture.
pub fn plane(shape: &[usize], channels: bool) -> Option<(usize, usize, usize)> {
    match *shape {
        [] => Some((1, 1, 1)),
        [n] => Some((1, n, 1)),
        [h, w] => Some((h, w, 1)),
        [h, w, c] if channels || (1..=4).contains(&c) => Some((h, w, c)),
        _ => None,
    }
}

/// Width and height within bounds, with the picture's proportions.
pub fn fit(height: usize, width: usize, most_wide: usize, most_tall: usize) -> (usize, usize) {
    let (h, w) = (height.max(1) as f64, width.max(1) as f64);
    let scale = (most_wide as f64 / w).min(most_tall as f64 / h);
    let size = |n: f64, most: usize| ((n * scale).round() as usize).clamp(1, most.max(1));
    (size(w, most_wide), size(h, most_tall))
}

impl Samples {
    /// Samples a picture; `None` if the array is none, or is empty.
    pub fn of(image: &NdImage, channels: bool, width: usize, height: usize) -> Option<Samples> {
        let (rows, columns, depth) = plane(image.shape(), channels)?;
        if image.is_empty() {
            return None;
        }
        let owned;
        let image = match image.as_bytes() {
            Some(_) => image,
            None => {
                owned = image.view().to_owned();
                &owned
            }
        };
        let (value, full) = reader(image);
        let has_alpha = depth == 2 || depth == 4;
        let n_colours = if depth >= 3 { 3 } else { 1 };
        let mut colours = Vec::with_capacity(width * height);
        let mut alpha = Vec::with_capacity(width * height);
        for y in 0..height {
            let ys = span(y, height, rows);
            for x in 0..width {
                let xs = span(x, width, columns);
                let mean = |channel: usize| {
                    let (mut sum, mut n) = (0.0, 0u32);
                    for row in ys.clone() {
                        for column in xs.clone() {
                            let v = value((row * columns + column) * depth + channel);
                            if v.is_finite() {
                                sum += v;
                                n += 1;
                            }
                        }
                    }
                    if n == 0 { f64::NAN } else { sum / f64::from(n) }
                };
                let first = mean(0);
                colours.push(if n_colours == 3 { [first, mean(1), mean(2)] } else { [first; 3] });
                alpha.push(if has_alpha { (mean(depth - 1) / full).clamp(0.0, 1.0) } else { 1.0 });
            }
        }
        let eight_bit = matches!(image, NdImage::U8(_) | NdImage::Bool(_));
        Some(Samples { width, height, colours, alpha, eight_bit })
    }

    /// Smallest and largest value of all grids together, where they need scaling.
    pub fn common_range(grids: &[Samples]) -> Option<(f64, f64)> {
        if grids.iter().all(|grid| grid.eight_bit) {
            return None;
        }
        let values = grids.iter().flat_map(|grid| grid.colours.iter().flatten()).filter(|v| v.is_finite());
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = values.fold(start, |(low, high), v| (low.min(*v), high.max(*v)));
        (low <= high).then_some((low, high))
    }
}

/// The pixels of `n` that sample `i` of `samples` stands for: a stride that looks at no more than [`LOOKS`].
fn span(i: usize, samples: usize, n: usize) -> std::iter::StepBy<std::ops::Range<usize>> {
    let begin = i * n / samples;
    let end = ((i + 1) * n / samples).max(begin + 1);
    (begin..end).step_by(((end - begin) / LOOKS).max(1))
}

/// An element as a number by its place in row-major order, and what is full alpha.
fn reader(image: &NdImage) -> (Box<dyn Fn(usize) -> f64 + '_>, f64) {
    macro_rules! arms {
        ($($variant:ident: $full:expr, $value:expr;)*) => {
            match image {
                $(NdImage::$variant(a) => {
                    let slice = a.as_slice().unwrap_or_default();
                    (Box::new(move |i| slice.get(i).map_or(f64::NAN, $value)), $full)
                })*
                _ => (Box::new(|_| f64::NAN), 1.0),
            }
        };
    }
    arms! {
        Bool: 255.0, |v| if *v { 255.0 } else { 0.0 };
        U8: 255.0, |v| f64::from(*v);
        I8: 127.0, |v| f64::from(*v);
        U16: 65_535.0, |v| f64::from(*v);
        I16: 32_767.0, |v| f64::from(*v);
        U32: f64::from(u32::MAX), |v| f64::from(*v);
        I32: f64::from(i32::MAX), |v| f64::from(*v);
        U64: u64::MAX as f64, |v| *v as f64;
        I64: i64::MAX as f64, |v| *v as f64;
        F16: 1.0, |v| v.to_f64();
        F32: 1.0, |v| f64::from(*v);
        F64: 1.0, |v| *v;
        C64: 1.0, |v| f64::from(v.norm());
        C128: 1.0, |v| v.norm();
    }
}

#[cfg(test)]
mod tests {
    use imageio::ndarray::{Array2, Array3};

    use super::*;

    #[test]
    fn proportions_and_bounds() {
        assert_eq!(fit(240, 320, 80, 400), (80, 60));
        assert_eq!(fit(240, 320, 80, 30), (40, 30));
        assert_eq!(fit(1_000_000, 1, 80, 400), (1, 400));
        assert_eq!(fit(0, 0, 80, 400), (80, 80));
    }

    #[test]
    fn means_alpha_and_holes() {
        let image = Array2::from_shape_vec((2, 4), vec![0u8, 10, 20, 30, 40, 50, 60, 70]).unwrap().into();
        let grid = Samples::of(&image, false, 2, 1).unwrap();
        assert_eq!(grid.colours, [[25.0; 3], [45.0; 3]]);
        let rgba = Array3::from_shape_fn((1, 1, 4), |(_, _, c)| [1u16, 2, 3, 65_535][c]).into();
        let grid = Samples::of(&rgba, false, 1, 1).unwrap();
        assert_eq!((grid.colours[0], grid.alpha[0], grid.eight_bit), ([1.0, 2.0, 3.0], 1.0, false));
        let holes = Array2::from_elem((2, 2), f32::NAN).into();
        let grid = Samples::of(&holes, false, 2, 2).unwrap();
        assert!(grid.colours[0][0].is_nan());
        assert_eq!(Samples::common_range(&[grid]), None);
    }
}
