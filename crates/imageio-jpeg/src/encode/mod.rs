//! Encoding: baseline with the typical tables or optimised ones, and progressive.
//!
//! A baseline picture is cut into bands of rows that are transformed and coded side by side. The prediction of DC
//! coefficients crosses the cuts, since each band computes the last unit of the one before it again, and the bits
//! of the bands are shifted together: the file is the same as if one thread had written it.

pub(crate) mod code;
pub(crate) mod entropy;
pub(crate) mod forward;
pub(crate) mod progressive;
pub(crate) mod quant;
mod write;

use imageio_core::{Error, Result};

use self::quant::Divisors;
pub use self::write::Density;

/// What the components of a file are.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// One component.
    Gray,
    /// Three, from RGB.
    YCbCr,
    /// Three, as they are.
    Rgb,
    /// Four, inverted as Adobe has them.
    InvertedCmyk,
}

impl Model {
    /// Samples of a pixel: 1, 3 or 4.
    pub fn channels(self) -> usize {
        match self {
            Model::Gray => 1,
            Model::YCbCr | Model::Rgb => 3,
            Model::InvertedCmyk => 4,
        }
    }
}

/// How a picture is to be coded.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// 0 (smallest) to 100 (best), on the scale of the Independent JPEG Group; more counts as 100.
    pub quality: u8,
    /// Pixels for one sample of chroma, across and down: 1, 2 or 4 each. Only [`Model::YCbCr`] has such.
    pub subsampling: (usize, usize),
    /// Several scans, each finer than the one before.
    pub progressive: bool,
    /// Huffman tables made for the picture.
    pub optimize: bool,
    /// MCUs between restart markers, 0 for none.
    pub restart_interval: u16,
}

/// A component of the file to be.
pub(crate) struct Component {
    pub(crate) id: u8,
    pub(crate) h: usize,
    pub(crate) v: usize,
    /// Quantisation table and Huffman tables: 0 or 1.
    pub(crate) table: usize,
    /// Blocks that hold samples of the picture.
    pub(crate) blocks_w: usize,
    pub(crate) blocks_h: usize,
}

impl Component {
    fn divisors<'p>(&self, picture: &'p Picture<'_>) -> &'p Divisors {
        &picture.divisors[self.table]
    }
}

/// Pixels and how they are coded.
pub struct Picture<'p> {
    pub(crate) pixels: &'p [u8],
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    pub(crate) components: Vec<Component>,
    pub(crate) quant: [[u16; 64]; 2],
    divisors: [Divisors; 2],
    pub(crate) hmax: usize,
    pub(crate) vmax: usize,
    pub(crate) mcus_w: usize,
    pub(crate) mcus_h: usize,
}

impl<'p> Picture<'p> {
    /// A picture of `height * width` pixels, channels together, of as many channels as the model has.
    ///
    /// # Errors
    /// `Mismatch` for sides other than 1 to 65 535, another number of samples, and chroma that JPEG can't have.
    pub fn new(pixels: &'p [u8], width: usize, height: usize, model: Model, settings: Settings) -> Result<Self> {
        let channels = model.channels();
        let side = 1..=65_535;
        if !side.contains(&height) || !side.contains(&width) || height * width * channels != pixels.len() {
            let count = pixels.len();
            return Err(Error::mismatch(format!("{count} samples for a JPEG stream of {height}x{width}x{channels}")));
        }
        if !matches!(settings.subsampling, (1 | 2 | 4, 1 | 2 | 4)) {
            let factors = settings.subsampling;
            return Err(
                Error::mismatch(format!("chroma subsampling of {factors:?} in JPEG")).with_hint("1, 2 or 4 each")
            );
        }
        let (hmax, vmax) = if model == Model::YCbCr { settings.subsampling } else { (1, 1) };
        let ids: &[(u8, usize)] = match model {
            Model::Gray => &[(1, 0)],
            Model::YCbCr => &[(1, 0), (2, 1), (3, 1)],
            Model::Rgb => &[(b'R', 0), (b'G', 0), (b'B', 0)],
            Model::InvertedCmyk => &[(b'C', 0), (b'M', 0), (b'Y', 0), (b'K', 0)],
        };
        let component = |(i, (id, table)): (usize, &(u8, usize))| {
            let (h, v) = if i == 0 { (hmax, vmax) } else { (1, 1) };
            Component {
                id: *id,
                h,
                v,
                table: *table,
                blocks_w: (width * h).div_ceil(hmax * 8),
                blocks_h: (height * v).div_ceil(vmax * 8),
            }
        };
        let quant = quant::tables(settings.quality.min(100));
        Ok(Picture {
            pixels,
            width,
            height,
            channels: ids.len(),
            model,
            settings,
            components: ids.iter().enumerate().map(component).collect(),
            divisors: [Divisors::new(&quant[0]), Divisors::new(&quant[1])],
            quant,
            hmax,
            vmax,
            mcus_w: width.div_ceil(8 * hmax),
            mcus_h: height.div_ceil(8 * vmax),
        })
    }

    /// The file: markers, `segments` (whole ones, after JFIF's or Adobe's), tables and scans.
    pub fn encode(&self, density: Density, segments: &[u8]) -> Vec<u8> {
        write::file(self, density, segments)
    }

    /// The number of tables that are used.
    pub(crate) fn tables(&self) -> usize {
        if self.model == Model::YCbCr { 2 } else { 1 }
    }
}
