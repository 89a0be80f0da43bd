//! How bright a picture is that is made row by row: its pixels are made once only to be counted.
//!
//! Only the brightest share of them decides what becomes white. So a sixteenth of the pieces is counted first and says
//! below which level nothing matters; of the others those are left out whose samples can't reach it, and rows that stay
//! below it. If fewer pixels are above than the sample promised, all are counted: the result is always that of all.

use std::sync::atomic::{AtomicBool, Ordering};

use fearless_simd::dispatch;
use rayon::prelude::*;

use crate::cfa::Cfa;
use crate::develop::Developer;
use crate::image::{Image, Samples};
use crate::levels::{Counts, HIGHEST, bright};
use crate::rows::{Colors, Piece, Rows};
use crate::tile::{Rect, high, low};
use crate::{Error, Result};

/// Rows and columns of a piece; small, so that its samples are alike.
const ROWS: usize = 32;
const COLUMNS: usize = 64;
/// One in so many pieces is the sample.
const SAMPLE: usize = 16;

/// Which pieces are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Sample,
    /// Those that are not in the sample, as far as they may reach a level.
    Rest(u16),
    All,
}

impl Which {
    fn has(self, band: usize, column: usize) -> bool {
        // Moved from band to band, so that the sample is no column of the picture.
        let sampled = (band * 5 + column) % SAMPLE == 0;
        match self {
            Which::Sample => sampled,
            Which::Rest(_) => !sampled,
            Which::All => true,
        }
    }

    fn floor(self) -> u16 {
        if let Which::Rest(floor) = self { floor } else { 0 }
    }
}

/// Memory of one thread.
struct Worker {
    rows: Rows,
    row: [Vec<u16>; 3],
    counts: Counts,
    pixels: usize,
}

impl Developer<'_> {
    /// The level above which a share `thr` of the pixels is, in the channel that needs it least.
    pub(crate) fn bright_of(&self, image: &Image<'_>, cfa: &Cfa, thr: f64) -> Result<f64> {
        let all = image.height * image.width;
        let (sample, pixels) = self.count(image, cfa, Which::Sample)?;
        // Where the sample alone fills the share with pixels that are full, the others can't change it.
        let least = bright(&sample, all, thr);
        if least >= HIGHEST {
            return Ok(least);
        }
        // Half as many again, for the sample is not exact.
        let floor = bright(&sample, pixels, thr * 1.5) as u16;
        let (rest, _) = self.count(image, cfa, Which::Rest(floor))?;
        let white = bright(&sample.join(rest), all, thr);
        // Levels from the floor on are counted exactly, so a channel that ends below it ends below this one.
        if white >= f64::from(floor) {
            return Ok(white);
        }
        let (counts, _) = self.count(image, cfa, Which::All)?;
        Ok(bright(&counts, all, thr))
    }

    /// Counts levels, and says of how many pixels.
    fn count(&self, image: &Image<'_>, cfa: &Cfa, which: Which) -> Result<(Counts, usize)> {
        let colors = self.to_output(self.levels.scale.top);
        let stopped = AtomicBool::new(false);
        let band = |mut worker: Worker, index: usize| {
            let row = index * ROWS;
            for column in (0..image.width).step_by(COLUMNS) {
                if !which.has(index, column / COLUMNS) {
                    continue;
                }
                let (height, width) = ((image.height - row).min(ROWS), (image.width - column).min(COLUMNS));
                if self.stops(&stopped) {
                    return worker;
                }
                self.count_piece(image, cfa, Rect { row, column, height, width }, &colors, which.floor(), &mut worker);
            }
            worker
        };
        let start = || Worker {
            rows: Rows::new(),
            row: std::array::from_fn(|_| vec![0; COLUMNS]),
            counts: Counts::new(),
            pixels: 0,
        };
        let bands = (0..image.height.div_ceil(ROWS)).into_par_iter();
        let (counts, pixels) = bands
            .fold(start, band)
            .map(|worker| (worker.counts, worker.pixels))
            .reduce(|| (Counts::new(), 0), |a, b| (a.0.join(b.0), a.1 + b.1));
        if stopped.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok((counts, pixels)) }
    }

    fn count_piece(&self, image: &Image<'_>, cfa: &Cfa, rect: Rect, colors: &Colors, floor: u16, worker: &mut Worker) {
        let Worker { rows, row, counts, pixels } = worker;
        *pixels += rect.height * rect.width;
        if floor > 0 && dispatch!(self.level, _ => self.stays_below(image, cfa, rect, colors, floor)) {
            return;
        }
        let piece = Piece { image, cfa, rect, scale: &self.levels.scale };
        rows.start(self.level, &piece);
        for y in 0..rect.height {
            rows.next(self.level, &piece, y, colors, row);
            for (channel, plane) in row.iter().enumerate() {
                let plane = &plane[..rect.width];
                if dispatch!(self.level, _ => largest(plane)) >= floor {
                    counts.add_plane(channel, plane);
                }
            }
        }
    }

    /// `true` if no pixel of a piece can reach `floor`, whatever its neighbours are: means lie between the least and the
    /// largest sample, and so do sums of them by a matrix.
    #[inline(always)]
    fn stays_below(&self, image: &Image<'_>, cfa: &Cfa, rect: Rect, colors: &Colors, floor: u16) -> bool {
        let Samples::U16(samples) = image.samples else { return false };
        if colors.blend.is_some() {
            return false;
        }
        // With the neighbours; an even number of columns before the first, so that the pattern's phase is kept.
        let (top, left) = (rect.row.saturating_sub(2), rect.column.saturating_sub(2));
        let (bottom, right) =
            ((rect.row + rect.height + 1).min(image.height), (rect.column + rect.width + 1).min(image.width));
        let mut least = [[u16::MAX; LANES]; 2];
        let mut most = [[0u16; LANES]; 2];
        for y in top..bottom {
            let row = &samples[image.offset + y * image.stride..][left..right];
            range(row, &mut least[(y - top) % 2], &mut most[(y - top) % 2]);
        }
        let (mut low_by_color, mut high_by_color) = ([f32::INFINITY; 3], [0.0f32; 3]);
        let scale = &self.levels.scale;
        for (phase, lane) in (0..2).flat_map(|y| (0..LANES).map(move |x| (y, x))) {
            if least[phase][lane] > most[phase][lane] {
                continue;
            }
            let color = usize::from(cfa.at(top + phase, left + lane));
            let number =
                |sample: u16| low(high((f32::from(sample) - scale.black[color]) * scale.factor[color], 0.0), scale.top);
            let slot = if color == 3 { 1 } else { color };
            low_by_color[slot] = low(number(least[phase][lane]), low_by_color[slot]);
            high_by_color[slot] = high(number(most[phase][lane]), high_by_color[slot]);
        }
        if low_by_color.contains(&f32::INFINITY) {
            return false;
        }
        let reach = |m: [f32; 3]| -> f32 {
            (0..3).map(|c| m[c] * if m[c] > 0.0 { high_by_color[c] } else { low_by_color[c] }).sum()
        };
        let most = match &colors.matrix {
            Some(m) => high(high(reach(m[0]), reach(m[1])), reach(m[2])),
            None => high(high(high_by_color[0], high_by_color[1]), high_by_color[2]),
        };
        // Sums of numbers up to a hundred thousand are exact to less than one.
        most + 2.0 < f32::from(floor)
    }
}

/// Columns whose samples are compared at once.
const LANES: usize = 16;

/// The least and the largest samples of a row, by the column's place in sixteen.
#[inline(always)]
fn range(row: &[u16], least: &mut [u16; LANES], most: &mut [u16; LANES]) {
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for i in 0..LANES {
            least[i] = least[i].min(chunk[i]);
            most[i] = most[i].max(chunk[i]);
        }
    }
    for (i, sample) in chunks.remainder().iter().enumerate() {
        least[i] = least[i].min(*sample);
        most[i] = most[i].max(*sample);
    }
}

#[inline(always)]
fn largest(plane: &[u16]) -> u16 {
    plane.iter().fold(0, |a, b| a.max(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Highlight, Sensor, Settings};
    use crate::{Layout, Method};

    /// What a mosaic holds at a row and a column.
    type Scene = fn(usize, usize) -> u16;

    fn noise(y: usize, x: usize) -> u16 {
        ((y * 2003 + x) as u32).wrapping_mul(2_654_435_761).wrapping_shr(18) as u16
    }

    #[test]
    fn what_is_left_out_changes_nothing() {
        let scenes: [(&str, Scene); 8] = [
            ("full", |y, x| if x % 7 < 5 { 16383 } else { noise(y, x) }),
            ("dark", |_, _| 100),
            ("noise", noise),
            ("slope", |y, x| (y * 40 + x * 13) as u16 + noise(y, x) % 64),
            ("corner", |y, x| if y > 200 && x > 300 { 16000 } else { 900 + noise(y, x) % 200 }),
            // Bright where the sample is, and nowhere else; and the other way round.
            ("sampled", |y, x| if (y / ROWS * 5 + x / COLUMNS) % SAMPLE == 0 { 12000 } else { 700 }),
            ("missed", |y, x| if (y / ROWS * 5 + x / COLUMNS) % SAMPLE == 0 { 12000 } else { 16000 }),
            ("dots", |y, x| if y % 50 == 7 && x % 31 == 3 { 16383 } else { 600 }),
        ];
        let (height, width) = (269, 401);
        let mut met = 0;
        for (name, scene) in scenes {
            let samples: Vec<u16> = (0..height * width).map(|i| scene(i / width, i % width)).collect();
            let matrix = [[0.9, -0.25, -0.1], [-0.4, 1.25, 0.15], [-0.05, 0.2, 0.6]];
            for (letters, xyz_to_camera) in [("RGGB", Some(matrix)), ("GBRG", None), ("BGER", Some(matrix))] {
                let cfa = Cfa::from_letters(letters).unwrap();
                let sensor =
                    Sensor { black: [512.0, 500.0, 520.0, 505.0], white: 16383.0, xyz_to_camera, as_shot: None };
                for highlight in [Highlight::Clip, Highlight::Blend] {
                    for thr in [0.0, 0.001, 0.01, 0.2, 1.0] {
                        let settings = Settings { method: Method::Bilinear, highlight, ..Settings::default() };
                        // A window, too.
                        for (offset, height, width) in [(0, height, width), (3 * width + 5, 101, 133)] {
                            let samples = Samples::U16(&samples);
                            let layout = Layout::Mosaic(&cfa);
                            let image = Image::new(samples, layout, width, height, 401, offset).unwrap();
                            let developer = Developer::new(&image, &sensor, &settings).unwrap();
                            let (counts, pixels) = developer.count(&image, &cfa, Which::All).unwrap();
                            assert_eq!(pixels, height * width);
                            let wanted = bright(&counts, pixels, thr);
                            assert_eq!(
                                developer.bright_of(&image, &cfa, thr).unwrap(),
                                wanted,
                                "{name} {letters} {thr}"
                            );
                            met += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(met, 8 * 3 * 2 * 5 * 2);
    }
}
