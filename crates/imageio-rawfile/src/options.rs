use imageio_core::{option_enum, plugin_options};

option_enum! {
    /// How missing colours are found.
    pub enum Demosaic {
        /// `ahd` for Bayer patterns, `xtrans` for others.
        Auto = "auto",
        /// Means of neighbours.
        Bilinear = "bilinear" | "linear",
        /// Patterned pixel grouping.
        Ppg = "ppg",
        /// Adaptive homogeneity-directed.
        Ahd = "ahd",
        /// For X-Trans sensors.
        XTrans = "xtrans" | "x-trans",
    }
}

option_enum! {
    /// Colour space of the picture.
    pub enum OutputColor {
        /// The camera's own colours.
        Raw = "raw",
        /// sRGB.
        Srgb = "srgb",
        /// Adobe RGB (1998).
        Adobe = "adobe",
        /// Wide Gamut RGB.
        Wide = "wide",
        /// ProPhoto RGB.
        ProPhoto = "prophoto",
        /// CIE XYZ.
        Xyz = "xyz",
    }
}

option_enum! {
    /// What becomes of pixels in which the sensor was full.
    pub enum Highlight {
        /// White.
        Clip = "clip" | "0",
        /// As it is, often pink.
        Unclip = "unclip" | "ignore" | "1",
        /// Colour fades to white.
        Blend = "blend" | "2",
        /// Estimated from the surroundings.
        Reconstruct = "reconstruct" | "5",
    }
}

option_enum! {
    /// Which part of the sensor is read.
    pub enum Crop {
        /// `visible` for pictures, `sensor` for mosaics.
        Auto = "auto",
        /// Every element, masked ones included.
        Sensor = "sensor",
        /// What sees light: rawpy's `raw_image_visible`.
        Visible = "visible",
        /// What the maker means to be the picture.
        Default = "default",
    }
}

option_enum! {
    /// How samples of a written DNG are packed.
    pub enum Compression {
        /// Not at all.
        None = "none",
        /// Lossless JPEG, as cameras do.
        Ljpeg = "ljpeg" | "lossless_jpeg",
    }
}

plugin_options! {
    /// How a raw file is developed; names are rawpy's where they mean the same.
    pub struct ReadOptions in Read {
        /// The samples of the sensor instead of a picture: `(height, width)`, uint16 or float32.
        mosaic: bool = false,
        /// Which part of the sensor: `visible` and `sensor` for pictures and mosaics unless said.
        crop: Crop = Crop::Auto,
        /// How missing colours are found.
        #[alias("demosaic_algorithm")]
        demosaic: Demosaic = Demosaic::Auto,
        /// Bits of a sample of the picture: 8 or 16.
        output_bps: u8 = 8,
        /// Colour space of the picture.
        output_color: OutputColor = OutputColor::Srgb,
        /// Tone curve: inverse of the exponent and slope of the linear start; BT.709 unless said, `[1, 1]` is linear.
        gamma: Option<Vec<f64>> = None,
        /// Leave the brightness as it is.
        no_auto_bright: bool = false,
        /// Share of pixels that automatic brightening may clip.
        #[range(0.0, 1.0)]
        auto_bright_thr: f64 = 0.01,
        /// Factor of brightness.
        #[range(0.001, 1000.0)]
        bright: f64 = 1.0,
        /// Factor on linear light before everything else: 0.25 is two stops darker, 8 three stops lighter.
        #[range(0.25, 8.0)]
        exp_shift: f64 = 1.0,
        /// White balance as the camera chose it; daylight unless said, as in rawpy.
        use_camera_wb: bool = false,
        /// White balance by the mean of the picture.
        use_auto_wb: bool = false,
        /// Multipliers of red, green, blue and second green.
        user_wb: Option<Vec<f64>> = None,
        /// Half the size, without interpolation.
        half_size: bool = false,
        /// Interpolate both greens apart.
        four_color_rgb: bool = false,
        /// What becomes of pixels in which the sensor was full.
        #[alias("highlight_mode")]
        highlight: Highlight = Highlight::Clip,
        /// Level of black instead of the file's.
        user_black: Option<u32> = None,
        /// Level of white instead of the file's.
        user_sat: Option<u32> = None,
        /// The level of white is lowered to the brightest sample if that is at least this share of it; 0 never.
        #[range(0.0, 1.0)]
        adjust_maximum_thr: f64 = 0.75,
        /// Passes of a 3 × 3 median over differences of colour.
        #[range(0, 100)]
        median_filter_passes: u32 = 0,
    }
}

plugin_options! {
    /// How a mosaic is written as DNG. What is not said is taken from the metadata's section `raw`.
    pub struct WriteOptions in Write {
        /// The filters from the top left, in letters: `RGGB`, or 36 for X-Trans.
        cfa_pattern: Option<String> = None,
        /// Levels of black: one number, or one for each of red, green, blue, second green.
        black_level: Option<Vec<f64>> = None,
        /// Level at which the sensor is full.
        white_level: Option<u32> = None,
        /// Nine numbers that take CIE XYZ to the camera's colours under D65, row by row.
        color_matrix: Option<Vec<f64>> = None,
        /// Multipliers of red, green and blue that make white neutral.
        camera_whitebalance: Option<Vec<f64>> = None,
        /// The camera's name.
        camera: Option<String> = None,
        /// How samples are packed.
        compression: Compression = Compression::None,
    }
}
