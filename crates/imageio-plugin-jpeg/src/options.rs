use imageio_core::{option_enum, plugin_options};

use imageio_jpeg::Tolerance;

option_enum! {
    /// What is done about damaged image data.
    pub enum Damage {
        /// Any damage is an error.
        Refuse = "refuse",
        /// Wrong codes are passed over, as other decoders do, and noted; missing data are an error.
        Conceal = "conceal",
        /// What there is of a cut-off file is given, the rest in grey, and noted.
        Salvage = "salvage",
    }
}

impl Damage {
    pub(crate) fn tolerance(self) -> Tolerance {
        match self {
            Damage::Refuse => Tolerance::Strict,
            Damage::Conceal => Tolerance::Conceal,
            Damage::Salvage => Tolerance::Salvage,
        }
    }
}

option_enum! {
    /// How many pixels share a sample of colour.
    pub enum Subsampling {
        /// Colour at full resolution.
        S444 = "4:4:4" | "444",
        /// Half of the resolution across.
        S422 = "4:2:2" | "422",
        /// Half of the resolution across and down.
        S420 = "4:2:0" | "420",
        /// Half of the resolution down.
        S440 = "4:4:0" | "440",
        /// A quarter of the resolution across.
        S411 = "4:1:1" | "411",
    }
}

impl Subsampling {
    /// Pixels for one sample of colour, across and down.
    pub fn factors(self) -> (usize, usize) {
        match self {
            Subsampling::S444 => (1, 1),
            Subsampling::S422 => (2, 1),
            Subsampling::S420 => (2, 2),
            Subsampling::S440 => (1, 2),
            Subsampling::S411 => (4, 1),
        }
    }
}

plugin_options! {
    /// How a JPEG file is read.
    pub struct ReadOptions in Read {
        /// What is done about damaged image data: `refuse` makes any damage an error, `conceal` passes over wrong
        /// codes (with a note), `salvage` also gives what there is of a cut-off file.
        damage: Damage = Damage::Conceal,
    }
}

plugin_options! {
    /// How a JPEG file is written.
    pub struct WriteOptions in Write {
        /// 0 (smallest) to 100 (best), on the scale of the Independent JPEG Group.
        #[range(0, 100)]
        quality: u8 = 75,
        /// How many pixels share a sample of colour; for RGB only.
        subsampling: Subsampling = Subsampling::S420,
        /// Store the picture in several scans, each finer than the one before: smaller, and slower to read.
        progressive: bool = false,
        /// Make Huffman tables for the picture: some percent smaller, slower to write. Progressive files always have
        /// such tables.
        optimize: bool = false,
        /// MCUs (blocks of 8 to 32 pixels, in rows) between restart markers; 0 for none.
        #[range(0, 65535)]
        restart_interval: u16 = 0,
        /// Dots per inch: one number, or two (across, down). Wins over what the metadata say.
        dpi: Vec<f64> = Vec::new(),
        /// Store RGB as it is instead of as luminance and colour: larger, without rounding of the colours.
        keep_rgb: bool = false,
        /// The four channels are cyan, magenta, yellow and black.
        cmyk: bool = false,
        /// A colour (red, green, blue) or grey to lay under transparent pixels, since JPEG has no alpha; without it
        /// images with alpha are refused.
        background: Vec<u8> = Vec::new(),
    }
}
