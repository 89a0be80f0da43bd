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
pub(crate) mod write;

use self::quant::Divisors;

/// What the components of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// One component.
    Gray,
    /// Three, from RGB.
    YCbCr,
    /// Three, as they are.
    Rgb,
    /// Four, inverted as Adobe has them.
    InvertedCmyk,
}

/// How a picture is to be coded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) quality: u8,
    /// Pixels for one sample of chroma, across and down.
    pub(crate) subsampling: (usize, usize),
    pub(crate) progressive: bool,
    pub(crate) optimize: bool,
    /// MCUs between restart markers, 0 for none.
    pub(crate) restart_interval: u16,
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
pub(crate) struct Picture<'p> {
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
    /// A picture of `width` by `height` pixels, both 1 to 65 535, of as many channels as the model has.
    pub(crate) fn new(pixels: &'p [u8], width: usize, height: usize, model: Model, settings: Settings) -> Self {
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
        let quant = quant::tables(settings.quality);
        Picture {
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
        }
    }

    /// The number of tables that are used.
    pub(crate) fn tables(&self) -> usize {
        if self.model == Model::YCbCr { 2 } else { 1 }
    }
}
