//! From pixels to a palette and indices.

mod exact;
mod nearest;
mod wu;

pub(crate) use self::exact::ExactPalette;
pub(crate) use self::nearest::Nearest;
pub(crate) use self::wu::Histogram;

use crate::options::{Dither, Quantizer};

/// A pixel: red, green and blue from the lowest byte up, or [`CLEAR`].
pub(crate) type Pixel = u32;

/// A transparent pixel.
pub(crate) const CLEAR: Pixel = 1 << 24;

pub(crate) fn split(pixel: Pixel) -> [u8; 3] {
    let [r, g, b, _] = pixel.to_le_bytes();
    [r, g, b]
}

pub(crate) fn join([r, g, b]: [u8; 3]) -> Pixel {
    u32::from_le_bytes([r, g, b, 0])
}

/// Reduces frames to palettes; keeps its memory for the next one.
pub(crate) struct Reducer {
    exact: ExactPalette,
    histogram: Histogram,
    nearest: Nearest,
}

/// What a reduction shall keep to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub quantizer: Quantizer,
    pub dither: Dither,
}

impl Reducer {
    pub fn new() -> Self {
        Reducer { exact: ExactPalette::new(), histogram: Histogram::new(), nearest: Nearest::new() }
    }

    /// A palette for `pixels` and the index of each; those of transparent pixels mean nothing. Exact if there are
    /// at most `most_exact` colours, else of at most `most` colours.
    pub fn reduce(
        &mut self,
        pixels: &[Pixel],
        width: usize,
        most_exact: usize,
        most: usize,
        rules: Rules,
    ) -> (Vec<[u8; 3]>, Vec<u8>) {
        let mut indices = vec![0; pixels.len()];
        self.exact.clear();
        if self.exact.map(pixels, most_exact, &mut indices) {
            return (self.exact.palette(), indices);
        }
        let palette = self.choose([pixels], most, rules);
        self.map(pixels, width, &palette, rules.dither, &mut indices);
        (palette, indices)
    }

    /// A palette of at most `most` colours for several frames.
    pub fn choose<'p>(
        &mut self,
        frames: impl IntoIterator<Item = &'p [Pixel]>,
        most: usize,
        rules: Rules,
    ) -> Vec<[u8; 3]> {
        self.histogram.clear();
        for pixels in frames {
            self.histogram.add(pixels);
        }
        self.histogram.palette(most, rules.quantizer == Quantizer::KMeans)
    }

    /// The nearest of given colours for each pixel.
    pub fn map(&mut self, pixels: &[Pixel], width: usize, palette: &[[u8; 3]], dither: Dither, indices: &mut [u8]) {
        self.nearest.set(palette);
        match dither {
            Dither::None => self.nearest.map(pixels, indices),
            Dither::FloydSteinberg => self.nearest.diffuse(pixels, width, indices),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { quantizer: Quantizer::KMeans, dither: Dither::None };

    fn noise(n: usize, mask: u32) -> Vec<Pixel> {
        let mut seed = 7u32;
        (0..n)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 8 & mask
            })
            .collect()
    }

    /// Mean squared error per channel.
    fn error(pixels: &[Pixel], palette: &[[u8; 3]], indices: &[u8]) -> f64 {
        let square = |(a, b): (&u8, &u8)| (f64::from(*a) - f64::from(*b)).powi(2);
        let of_pixel = |(p, i): (&Pixel, &u8)| split(*p).iter().zip(&palette[usize::from(*i)]).map(square).sum::<f64>();
        pixels.iter().zip(indices).map(of_pixel).sum::<f64>() / (3 * pixels.len()) as f64
    }

    #[test]
    fn few_colours_are_kept() {
        let mut reducer = Reducer::new();
        let mut pixels = noise(10_000, 0x00C0_E0E0);
        pixels[5] = CLEAR;
        let (palette, _) = reducer.reduce(&pixels, 100, 256, 255, RULES);
        assert_eq!(palette.len(), 4 * 8 * 8);
        let (palette, indices) = reducer.reduce(&pixels[10..], 100, 256, 255, RULES);
        assert_eq!(error(&pixels[10..], &palette, &indices), 0.0);
    }

    #[test]
    fn many_colours_are_approximated() {
        let mut reducer = Reducer::new();
        let pixels = noise(20_000, 0x00FF_FFFF);
        let mut last = f64::MAX;
        for (most, bound) in [(2, 4600.0), (16, 1400.0), (64, 560.0), (255, 230.0)] {
            let (palette, indices) = reducer.reduce(&pixels, 100, most, most, RULES);
            assert!(palette.len() <= most);
            let e = error(&pixels, &palette, &indices);
            assert!(e < bound && e < last, "{most}: {e}");
            last = e;
            let wu = Rules { quantizer: Quantizer::Wu, ..RULES };
            let (palette, indices) = reducer.reduce(&pixels, 100, most, most, wu);
            assert!(error(&pixels, &palette, &indices) < 1.25 * bound);
        }
    }

    #[test]
    fn the_nearest_colour_is_the_nearest() {
        let palette: Vec<[u8; 3]> = noise(100, 0x00FF_FFFF).into_iter().map(split).collect();
        let pixels = noise(3000, 0x00FF_FF7F);
        let mut indices = vec![0; pixels.len()];
        Reducer::new().map(&pixels, 10, &palette, Dither::None, &mut indices);
        for (pixel, index) in pixels.iter().zip(&indices) {
            let distance = |c: &[u8; 3]| -> i32 {
                c.iter().zip(split(*pixel)).map(|(a, b)| (i32::from(*a) - i32::from(b)).pow(2)).sum()
            };
            let best = palette.iter().map(distance).min().unwrap();
            assert_eq!(distance(&palette[usize::from(*index)]), best);
        }
    }

    #[test]
    fn dithering_keeps_the_mean() {
        let pixels = vec![join([100, 100, 100]); 64 * 64];
        let mut indices = vec![0; pixels.len()];
        let palette = [[0; 3], [255; 3]];
        Reducer::new().map(&pixels, 64, &palette, Dither::FloydSteinberg, &mut indices);
        let white = indices.iter().filter(|i| **i == 1).count() as f64 / indices.len() as f64;
        assert!((white - 100.0 / 255.0).abs() < 0.01, "{white}");
    }
}
