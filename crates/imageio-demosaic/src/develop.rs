//! From samples to a picture: levels, white balance, demosaicing, colour, tone.
//!
//! The order is that of dcraw: black is taken off and the multipliers of the white balance are applied so that
//! white is 65535; missing colours are interpolated; a matrix takes camera colours to the output space; one curve
//! makes the tone. Pieces go through all of it on as many threads as there are, so no whole picture of linear
//! numbers exists unless the brightness depends on all of them.

use std::sync::atomic::{AtomicBool, Ordering};

use fearless_simd::{Level, dispatch};
use rayon::prelude::*;

use crate::ahd;
use crate::bilinear;
use crate::border;
use crate::cfa::Cfa;
use crate::color::{CameraColor, IDENTITY, Matrix, SRGB_TO_XYZ, Space, multiply};
use crate::curve::Curve;
use crate::highlight;
use crate::image::{Image, Layout, Samples};
use crate::levels::{self, Counts, Levels};
use crate::median;
use crate::rows::{Colors, Piece, Rows, turned, whole};
use crate::settings::{Highlight, Method, Sensor, Settings, Turn};
use crate::tile::{Planes, Rect, Scale, Tile, is_mosaic};
use crate::{Error, Result, ppg, xtrans};

/// Rows and columns of a piece; columns of one that is made row by row.
const ROWS: usize = 64;
const COLUMNS: usize = 192;
const LONG: usize = 512;

/// A sample of the result.
pub trait Output: Copy + Send + Sync + 'static {
    /// From 16 bits.
    fn from_u16(value: u16) -> Self;
}

impl Output for u8 {
    #[inline(always)]
    fn from_u16(value: u16) -> Self {
        (value >> 8) as u8
    }
}

impl Output for u16 {
    #[inline(always)]
    fn from_u16(value: u16) -> Self {
        value
    }
}

/// Everything that is known before the first pixel is made.
pub struct Developer<'s> {
    settings: &'s Settings,
    pub(crate) levels: Levels,
    /// Balanced camera colours to the output space; none to leave them.
    matrix: Option<[[f32; 3]; 3]>,
    /// Balanced camera colours to XYZ relative to white.
    to_xyz: [[f32; 3]; 3],
    /// The instructions that the processor has.
    pub(crate) level: Level,
    cancelled: Option<&'s (dyn Fn() -> bool + Sync)>,
}

/// A picture in linear 16-bit numbers, in rows of pieces, with the counts from which its brightness is told.
pub struct Linear {
    bands: Vec<Vec<u16>>,
    width: usize,
    white: f64,
    gamma: (f64, f64),
}

impl<'s> Developer<'s> {
    /// Looks at sensor, settings and, for automatic levels, at the samples.
    pub fn new(image: &Image<'_>, sensor: &Sensor, settings: &'s Settings) -> Result<Self> {
        if let Layout::Mosaic(cfa) = image.layout {
            let wants_bayer = matches!(settings.method, Method::Ppg | Method::Ahd) && !settings.four_color;
            if (wants_bayer || settings.half_size) && !cfa.is_bayer() {
                return Err(Error::Method(format!("the pattern {} is no Bayer pattern", cfa.letters())));
            }
        }
        let color = sensor.xyz_to_camera.as_ref().and_then(CameraColor::from_xyz_to_camera);
        let level = Level::new();
        let levels = levels::find(level, image, sensor, settings, color.as_ref())?;
        let to_srgb = color.map_or(IDENTITY, |c| c.to_srgb);
        let matrix = match settings.space {
            Space::Raw => None,
            // Where the camera's colours are unknown they are taken as they are.
            space => color.map(|_| narrow(&multiply(&space.from_srgb(), &to_srgb))),
        };
        let mut to_xyz = multiply(&SRGB_TO_XYZ, &to_srgb);
        for (row, white) in to_xyz.iter_mut().zip(crate::color::D65) {
            row.iter_mut().for_each(|v| *v /= white * 65535.0);
        }
        Ok(Developer { settings, levels, matrix, to_xyz: narrow(&to_xyz), level, cancelled: None })
    }

    /// Asked now and then whether to stop; the result is [`Error::Cancelled`] then.
    #[must_use]
    pub fn cancel(mut self, asked: &'s (dyn Fn() -> bool + Sync)) -> Self {
        self.cancelled = Some(asked);
        self
    }

    /// The multipliers of red, green, blue and second green that were chosen, the least being 1.
    pub fn multipliers(&self) -> [f32; 4] {
        self.levels.multipliers
    }

    /// Height and width of the result.
    pub fn size(&self, image: &Image<'_>) -> (usize, usize) {
        size(image, self.settings)
    }

    /// Makes a picture straight into `out`: height × width × 3. Where the brightness depends on the picture, that takes
    /// a linear copy of it, or two rounds where these cost less ([`is_quick`](Self::is_quick)).
    pub fn write<O: Output>(&self, image: &Image<'_>, out: &mut [O]) -> Result<()> {
        let (height, width) = self.size(image);
        check_len(out.len(), height, width)?;
        let white = match self.settings.auto_bright {
            false => 65536.0,
            true if !self.is_quick(image) => return self.linear(image)?.write(out),
            true => match self.quick(image) {
                Some(cfa) if self.adapts() => self.bright_of(image, cfa, self.settings.auto_bright_thr)?,
                _ => 65536.0,
            },
        };
        let (power, slope) = self.settings.gamma;
        let table = table(&Curve::new(power, slope, white / self.settings.bright.max(1e-6)));
        self.with_source(image, |source, scale| {
            let store = |value: u16| table[usize::from(value)];
            self.run(source, scale, out.par_chunks_mut(ROWS * width * 3), &store, &|_| ()).map(|_| ())
        })
    }

    /// `true` if a picture is made faster than its linear copy is remembered, so that [`write`](Self::write) needs no
    /// memory beside the result.
    pub fn is_quick(&self, image: &Image<'_>) -> bool {
        self.quick(image).is_some() && self.settings.median_passes == 0 && self.reconstructs().is_none()
    }

    /// The pattern, if the picture is made row by row.
    fn quick<'i>(&self, image: &Image<'i>) -> Option<&'i Cfa> {
        let plain = self.settings.method == Method::Bilinear && !self.settings.half_size && !self.settings.four_color;
        match image.layout {
            Layout::Mosaic(cfa) if plain && cfa.is_bayer() => Some(cfa),
            _ => None,
        }
    }

    fn reconstructs(&self) -> Option<u8> {
        match self.settings.highlight {
            Highlight::Reconstruct(level) => Some(level),
            _ => None,
        }
    }

    /// Whether automatic brightness looks at the picture: not where highlights are kept, whatever it takes.
    fn adapts(&self) -> bool {
        !matches!(self.settings.highlight, Highlight::Unclip | Highlight::Reconstruct(_))
    }

    /// Whether the caller asked to stop, now or before.
    pub(crate) fn stops(&self, stopped: &AtomicBool) -> bool {
        if self.cancelled.is_some_and(|asked| asked()) {
            stopped.store(true, Ordering::Relaxed);
        }
        stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn to_output(&self, top: f32) -> Colors {
        let blend = self.settings.highlight == Highlight::Blend;
        Colors { matrix: self.matrix, blend: blend.then(|| self.levels.clip.min(top)) }
    }

    /// Makes the picture in linear 16-bit numbers, so that its brightness can be looked at.
    pub fn linear(&self, image: &Image<'_>) -> Result<Linear> {
        let (height, width) = self.size(image);
        let mut bands: Vec<Vec<u16>> = Vec::new();
        for row in (0..height).step_by(ROWS) {
            bands.push(vec![0; (height - row).min(ROWS) * width * 3]);
        }
        let counts = self.with_source(image, |source, scale| {
            let bands = bands.par_iter_mut().map(|band| band.as_mut_slice());
            let look = |band: &[u16]| {
                let mut counts = Counts::new();
                counts.add(band);
                counts
            };
            Ok(self.run(source, scale, bands, &|value| value, &look)?.into_iter().fold(Counts::new(), Counts::join))
        })?;
        let white = match self.settings.auto_bright && self.adapts() {
            true => levels::bright(&counts, height * width, self.settings.auto_bright_thr),
            false => 65536.0,
        };
        let white = white / self.settings.bright.max(1e-6);
        Ok(Linear { bands, width, white, gamma: self.settings.gamma })
    }

    /// Runs `make` on the image itself, or on a demosaiced copy where something looks at whole neighbourhoods.
    fn with_source<R>(&self, image: &Image<'_>, make: impl FnOnce(&Image<'_>, &Scale) -> Result<R>) -> Result<R> {
        let reconstruct = self.reconstructs();
        if self.settings.median_passes == 0 && reconstruct.is_none() {
            return make(image, &self.levels.scale);
        }
        let (height, width) = match self.settings.half_size && is_mosaic(image) {
            true => (image.height.div_ceil(2), image.width.div_ceil(2)),
            false => (image.height, image.width),
        };
        let mut camera = vec![0u16; height * width * 3];
        let plain = Settings { turn: Turn::default(), ..self.settings.clone() };
        let stage = Developer {
            settings: &plain,
            levels: self.levels.clone(),
            matrix: None,
            to_xyz: self.to_xyz,
            level: self.level,
            cancelled: self.cancelled,
        };
        stage.run(image, &self.levels.scale, camera.par_chunks_mut(ROWS * width * 3), &|v| v, &|_| ())?;
        if let Some(level) = reconstruct {
            highlight::reconstruct(&mut camera, width, height, &self.levels, level);
        }
        for _ in 0..self.settings.median_passes {
            median::pass(&mut camera, width, height);
        }
        let image = Image::new(Samples::U16(&camera), Layout::Rgb, width, height, width * 3, 0)?;
        make(&image, &Scale { black: [0.0; 4], factor: [1.0; 4], top: 65535.0 })
    }

    /// Makes pieces on all threads; `bands` are [`ROWS`] rows of the result each.
    fn run<'o, O: Output, C: Send>(
        &self,
        image: &Image<'_>,
        scale: &Scale,
        bands: impl IndexedParallelIterator<Item = &'o mut [O]>,
        store: &(impl Fn(u16) -> O + Sync),
        look: &(impl Fn(&[O]) -> C + Sync),
    ) -> Result<Vec<C>> {
        let (height, width) = size(image, self.settings);
        // Rows and columns before turning.
        let (rows, columns) = match self.settings.turn.swap {
            true => (width, height),
            false => (height, width),
        };
        let turn = self.settings.turn;
        let stopped = AtomicBool::new(false);
        let quick = self.quick(image);
        let longest = if quick.is_some() && !turn.swap { LONG } else { COLUMNS };
        let colors = self.to_output(scale.top);
        let work = |worker: &mut Worker, (index, band): (usize, &'o mut [O])| {
            if self.stops(&stopped) {
                return look(&[]);
            }
            let first = index * ROWS;
            let n = band.len() / (width * 3).max(1);
            for start in (0..width).step_by(longest) {
                let m = (width - start).min(longest);
                // The piece of the result, and the rectangle of the image that it comes from.
                let along = |flip: bool, at: usize, n: usize, all: usize| if flip { all - at - n } else { at };
                let rect = match turn.swap {
                    false => Rect {
                        row: along(turn.flip_rows, first, n, rows),
                        column: along(turn.flip_columns, start, m, columns),
                        height: n,
                        width: m,
                    },
                    true => Rect {
                        row: along(turn.flip_columns, start, m, rows),
                        column: along(turn.flip_rows, first, n, columns),
                        height: m,
                        width: n,
                    },
                };
                let piece = quick.map(|cfa| Piece { image, cfa, rect, scale });
                match &piece {
                    Some(piece) => worker.rows.start(self.level, piece),
                    None => self.piece(image, scale, rect, worker),
                }
                for y in 0..rect.height {
                    match &piece {
                        Some(piece) => worker.rows.next(self.level, piece, y, &colors, &mut worker.row),
                        None => dispatch!(self.level, _ => worker.colors(y, &colors)),
                    }
                    place(worker, rect, y, turn, (n, m), &mut band[start * 3..], width * 3, store);
                }
            }
            look(band)
        };
        let found: Vec<C> = bands.enumerate().map_init(Worker::new, work).collect();
        if stopped.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(found) }
    }

    /// Three colours for a rectangle.
    fn piece(&self, image: &Image<'_>, scale: &Scale, rect: Rect, worker: &mut Worker) {
        let Worker { tile, planes, ahd, one, two, .. } = worker;
        let cfa = match image.layout {
            Layout::Rgb => return planes.load_rgb(image, rect, scale),
            Layout::Mosaic(cfa) if self.settings.half_size => return planes.load_half(image, cfa, rect, scale),
            Layout::Mosaic(cfa) => cfa,
        };
        dispatch!(self.level, _ => tile.load(image, cfa, rect, scale));
        planes.resize(rect.width, rect.height);
        match self.settings.method {
            _ if self.settings.four_color => bilinear::any(&four_colors(tile), planes, true),
            Method::Bilinear => bilinear::any(tile, planes, false),
            Method::Ppg => ppg::bayer(self.level, tile, one, planes),
            Method::Ahd => {
                ahd::bayer(self.level, tile, &self.to_xyz, ahd, planes);
                border::planes(tile, ahd::BORDER, false, planes);
            }
            Method::XTrans => xtrans::any(tile, one, two, planes),
        }
    }
}

impl Linear {
    /// Applies brightness and tone. Each band is let go as soon as it is done.
    pub fn write<O: Output>(self, out: &mut [O]) -> Result<()> {
        let height = self.bands.iter().map(Vec::len).sum::<usize>() / (self.width * 3).max(1);
        check_len(out.len(), height, self.width)?;
        let curve = Curve::new(self.gamma.0, self.gamma.1, self.white);
        let table = table(&curve);
        out.par_chunks_mut(ROWS * self.width * 3).zip(self.bands).for_each(|(out, band)| {
            for (out, value) in out.iter_mut().zip(&band) {
                *out = table[usize::from(*value)];
            }
        });
        Ok(())
    }
}

/// Memory of one thread.
struct Worker {
    tile: Tile,
    planes: Planes,
    rows: Rows,
    ahd: ahd::Scratch,
    one: Vec<f32>,
    two: Vec<f32>,
    row: [Vec<u16>; 3],
}

impl Worker {
    fn new() -> Self {
        let longest = LONG.max(COLUMNS).max(ROWS);
        Worker {
            tile: Tile::new(),
            planes: Planes::default(),
            rows: Rows::new(),
            ahd: ahd::Scratch::default(),
            one: Vec::new(),
            two: Vec::new(),
            row: std::array::from_fn(|_| vec![0; longest]),
        }
    }

    /// Camera colours of a row of the piece to the output space, as integers.
    #[inline(always)]
    fn colors(&mut self, y: usize, colors: &Colors) {
        let n = self.planes.width;
        let [r, g, b] = [0, 1, 2].map(|c| &self.planes.rgb[c][y * n..][..n]);
        let [red, green, blue] = &mut self.row;
        let (red, green, blue) = (&mut red[..n], &mut green[..n], &mut blue[..n]);
        match *colors {
            // By itself, so that the loop has no branch.
            Colors { matrix: Some(m), blend: None } => {
                for i in 0..n {
                    let [r, g, b] = turned(&m, r[i], g[i], b[i]);
                    (red[i], green[i], blue[i]) = (whole(r), whole(g), whole(b));
                }
            }
            _ => {
                for i in 0..n {
                    let [r, g, b] = colors.apply(r[i], g[i], b[i]);
                    (red[i], green[i], blue[i]) = (whole(r), whole(g), whole(b));
                }
            }
        }
    }
}

/// Puts row `y` of a piece where it belongs in the band; `out` begins at the piece's first column.
fn place<O: Output>(
    worker: &Worker,
    rect: Rect,
    y: usize,
    turn: Turn,
    (n, m): (usize, usize),
    out: &mut [O],
    stride: usize,
    store: &impl Fn(u16) -> O,
) {
    let [r, g, b] = &worker.row;
    let width = rect.width;
    let (r, g, b) = (&r[..width], &g[..width], &b[..width]);
    if !turn.swap {
        let row = if turn.flip_rows { n - 1 - y } else { y };
        let out = &mut out[row * stride..][..width * 3];
        if turn.flip_columns {
            for (i, out) in out.chunks_exact_mut(3).rev().enumerate() {
                out.copy_from_slice(&[store(r[i]), store(g[i]), store(b[i])]);
            }
            return;
        }
        for (i, out) in out.chunks_exact_mut(3).enumerate() {
            out.copy_from_slice(&[store(r[i]), store(g[i]), store(b[i])]);
        }
        return;
    }
    let column = if turn.flip_columns { m - 1 - y } else { y };
    for x in 0..width {
        let row = if turn.flip_rows { n - 1 - x } else { x };
        let out = &mut out[row * stride + column * 3..][..3];
        out[0] = store(r[x]);
        out[1] = store(g[x]);
        out[2] = store(b[x]);
    }
}

/// What each linear level becomes.
fn table<O: Output>(curve: &Curve) -> Box<[O; 65536]> {
    let mut table = Box::new([O::from_u16(0); 65536]);
    for (value, slot) in (0..=65535).zip(table.iter_mut()) {
        *slot = O::from_u16(curve.at(value));
    }
    table
}

/// The tile with its second greens named, where the pattern does not name them.
fn four_colors(tile: &Tile) -> Tile {
    let mut copy = Tile::new();
    copy.width = tile.width;
    copy.height = tile.height;
    copy.data.clone_from(&tile.data);
    copy.cfa = tile.cfa.clone();
    (copy.down, copy.across) = (tile.down, tile.across);
    if tile.cfa.is_bayer() && !tile.cfa.letters().contains('E') {
        let colors: Vec<u8> = (0..4)
            .map(|k| {
                let color = tile.cfa.at(k / 2, k % 2);
                // Greens beside blue are the second ones.
                if color == 1 && tile.cfa.at(k / 2, k % 2 + 1) == 2 { 3 } else { color }
            })
            .collect();
        if let Ok(cfa) = Cfa::new(2, 2, &colors) {
            copy.cfa = cfa;
        }
    }
    copy
}

/// Height and width of what becomes of an image.
pub fn size(image: &Image<'_>, settings: &Settings) -> (usize, usize) {
    let half = settings.half_size && is_mosaic(image);
    let side = |n: usize| if half { n.div_ceil(2) } else { n };
    settings.turn.size(side(image.height), side(image.width))
}

fn check_len(len: usize, height: usize, width: usize) -> Result<()> {
    match height.checked_mul(width).and_then(|n| n.checked_mul(3)) {
        Some(n) if n == len => Ok(()),
        _ => Err(Error::Size(format!("{len} samples are no picture of {height} × {width} × 3"))),
    }
}

fn narrow(m: &Matrix) -> [[f32; 3]; 3] {
    m.map(|row| row.map(|v| v as f32))
}
