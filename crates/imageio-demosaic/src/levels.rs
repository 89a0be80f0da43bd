//! Levels and multipliers: what is black, what is white, and how bright the picture is to be.

use fearless_simd::{Level, dispatch};
use rayon::prelude::*;

use crate::color::CameraColor;
use crate::image::{Image, Layout, Samples};
use crate::settings::{Highlight, Sensor, Settings, WhiteBalance};
use crate::tile::Scale;
use crate::{Error, Result};

/// The levels in force.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    pub scale: Scale,
    /// Multipliers of red, green, blue, second green; the least is 1.
    pub multipliers: [f32; 4],
    /// Where the first channel is full, on the scale of 65535.
    pub clip: f32,
}

/// Finds them from sensor, settings and samples.
pub(crate) fn find(
    level: Level,
    image: &Image<'_>,
    sensor: &Sensor,
    settings: &Settings,
    color: Option<&CameraColor>,
) -> Result<Levels> {
    let least_black = sensor.black.iter().copied().fold(f32::INFINITY, f32::min);
    let mut full = sensor.white - least_black;
    if !full.is_finite() || full <= 0.0 {
        return Err(Error::Size(format!("white {} is not above black {least_black}", sensor.white)));
    }
    if settings.adjust_maximum_thr > 0.0 {
        let brightest = brightest(level, image) - least_black;
        if brightest > 0.0 && brightest < full && f64::from(brightest) > f64::from(full) * settings.adjust_maximum_thr {
            full = brightest;
        }
    }
    let mut multipliers = match settings.white_balance {
        WhiteBalance::User(multipliers) => Some(multipliers),
        WhiteBalance::AsShot => sensor.as_shot,
        WhiteBalance::Auto => grey(image, sensor, full),
        WhiteBalance::Daylight => None,
    }
    .or_else(|| color.map(|c| [c.daylight[0] as f32, c.daylight[1] as f32, c.daylight[2] as f32, 0.0]))
    .or(sensor.as_shot)
    .unwrap_or([1.0; 4]);
    if multipliers[3] <= 0.0 || !multipliers[3].is_finite() {
        multipliers[3] = multipliers[1];
    }
    if multipliers.iter().any(|m| !m.is_finite() || *m <= 0.0) {
        multipliers = [1.0; 4];
    }
    let least = multipliers.iter().copied().fold(f32::INFINITY, f32::min);
    let most = multipliers.iter().copied().fold(0.0, f32::max);
    let multipliers_of = |by: f32| multipliers.map(|m| m / by);
    // Unless highlights are clipped, the strongest channel decides what is white, so that nothing is cut.
    let applied = multipliers_of(if settings.highlight == Highlight::Clip { least } else { most });
    let factor = applied.map(|m| m * 65535.0 / full * settings.exposure as f32);
    let clip = applied.iter().copied().fold(f32::INFINITY, f32::min) * 65535.0;
    Ok(Levels {
        // What is full stays full in all channels, and so white, however dark it is made.
        scale: Scale { black: sensor.black, factor, top: 65535.0 * settings.exposure.min(1.0) as f32 },
        multipliers: multipliers_of(least),
        clip: clip.min(65535.0),
    })
}

/// The largest sample.
fn brightest(level: Level, image: &Image<'_>) -> f32 {
    let columns = match image.layout {
        Layout::Mosaic(_) => image.width,
        Layout::Rgb => image.width * 3,
    };
    let row = |y: usize| image.offset + y * image.stride..image.offset + y * image.stride + columns;
    let rows = (0..image.height).into_par_iter().with_min_len(64);
    match image.samples {
        Samples::U16(samples) => {
            let most = |row: &[u16]| row.iter().fold(0u16, |a, b| a.max(*b));
            f32::from(rows.map(|y| dispatch!(level, _ => most(&samples[row(y)]))).reduce(|| 0, u16::max))
        }
        Samples::F32(samples) => {
            rows.map(|y| samples[row(y)].iter().fold(0f32, |a, b| a.max(*b))).reduce(|| 0.0, f32::max)
        }
    }
}

/// Multipliers that make the mean of the image grey; blocks of 8 × 8 with a full sample are left out.
fn grey(image: &Image<'_>, sensor: &Sensor, full: f32) -> Option<[f32; 4]> {
    let limit = full * 0.998;
    let block = |y: usize, x: usize| -> Option<[f64; 8]> {
        let mut sums = [0.0f64; 8];
        for row in y..(y + 8).min(image.height) {
            for column in x..(x + 8).min(image.width) {
                let mut add = |color: usize, sample: f32| {
                    let value = sample - sensor.black[color];
                    sums[color] += f64::from(value.max(0.0));
                    sums[color + 4] += 1.0;
                    value <= limit
                };
                let at = image.offset + row * image.stride;
                let fine = match image.layout {
                    Layout::Mosaic(cfa) => add(usize::from(cfa.at(row, column)), image.samples.at(at + column)),
                    Layout::Rgb => (0..3).all(|c| add(c, image.samples.at(at + column * 3 + c))),
                };
                if !fine {
                    return None;
                }
            }
        }
        Some(sums)
    };
    let rows = (0..image.height).into_par_iter().step_by(8);
    let sums = rows
        .map(|y| (0..image.width).step_by(8).filter_map(|x| block(y, x)).fold([0.0; 8], add8))
        .reduce(|| [0.0; 8], add8);
    let mut out = [0.0f32; 4];
    for c in 0..4 {
        if sums[c] > 0.0 {
            out[c] = (sums[c + 4] / sums[c]) as f32;
        }
    }
    (out[0] > 0.0 && out[1] > 0.0 && out[2] > 0.0).then_some(out)
}

fn add8(a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
    std::array::from_fn(|i| a[i] + b[i])
}

/// How often each level occurs, by colour, in steps of 8. Neighbours are often of the same level, and what was just
/// written is slow to be read again: so odd and even pixels are counted apart.
pub(crate) struct Counts([[Box<[u32; LEVELS]>; 2]; 3]);

const LEVELS: usize = 8192;

/// The highest level that [`bright`] finds.
pub(crate) const HIGHEST: f64 = (LEVELS as f64 - 1.0) * 8.0;

impl Counts {
    pub fn new() -> Self {
        Counts(std::array::from_fn(|_| std::array::from_fn(|_| Box::new([0; LEVELS]))))
    }

    /// Counts pixels of three samples.
    pub fn add(&mut self, pixels: &[u16]) {
        let mut pairs = pixels.chunks_exact(6);
        for pair in &mut pairs {
            for (c, [even, odd]) in self.0.iter_mut().enumerate() {
                even[usize::from(pair[c] >> 3)] += 1;
                odd[usize::from(pair[c + 3] >> 3)] += 1;
            }
        }
        for ([even, _], value) in self.0.iter_mut().zip(pairs.remainder()) {
            even[usize::from(value >> 3)] += 1;
        }
    }

    /// Counts samples of one channel.
    pub fn add_plane(&mut self, channel: usize, plane: &[u16]) {
        let [even, odd] = &mut self.0[channel];
        let mut pairs = plane.chunks_exact(2);
        for pair in &mut pairs {
            even[usize::from(pair[0] >> 3)] += 1;
            odd[usize::from(pair[1] >> 3)] += 1;
        }
        for value in pairs.remainder() {
            even[usize::from(value >> 3)] += 1;
        }
    }

    /// Both counts.
    pub fn join(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            a.iter_mut().zip(b.iter()).for_each(|(a, b)| *a += b);
        }
        self
    }
}

/// The level that becomes white, so that of the channel that needs it least a share `thr` of the pixels is cut.
pub(crate) fn bright(counts: &Counts, pixels: usize, thr: f64) -> f64 {
    let limit = (pixels as f64 * thr) as u64;
    let mut white = 0;
    for [even, odd] in &counts.0 {
        let mut sum = 0u64;
        let mut level = LEVELS - 1;
        while level > 32 {
            sum += u64::from(even[level]) + u64::from(odd[level]);
            if sum > limit {
                break;
            }
            level -= 1;
        }
        white = white.max(level);
    }
    (white * 8) as f64
}
