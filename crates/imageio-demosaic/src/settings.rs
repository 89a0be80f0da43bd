//! What the sensor says, and what is wanted.

use crate::color::{Matrix, Space};

/// What is known of the sensor that took the image.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// Level of black, by colour (red, green, blue, second green), in samples.
    pub black: [f32; 4],
    /// Level at which the sensor is full, in samples, black included.
    pub white: f32,
    /// From CIE XYZ (D65) to camera colours, as DNG's `ColorMatrix2` says; none where the colours are unknown.
    pub xyz_to_camera: Option<Matrix>,
    /// Multipliers that make the scene's white neutral, as the camera chose them (red, green, blue, second green).
    pub as_shot: Option<[f32; 4]>,
}

/// How missing colours are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Method {
    /// Means of neighbours; any pattern. Fast and soft, with coloured edges.
    Bilinear,
    /// Patterned pixel grouping; Bayer patterns.
    Ppg,
    /// Adaptive homogeneity-directed; Bayer patterns.
    #[default]
    Ahd,
    /// Green by direction, then differences; X-Trans and other patterns.
    XTrans,
}

/// What becomes of pixels in which the sensor was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Highlight {
    /// All channels end at the same level: highlights are white.
    #[default]
    Clip,
    /// Nothing is cut: highlights keep the colour (often pink) that the channels have.
    Unclip,
    /// The colour of clipped and unclipped pixels is mixed, which fades to white.
    Blend,
    /// Full channels are estimated from the others and from the surroundings; 0 favours white, 6 colour.
    Reconstruct(u8),
}

/// Which white balance is used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum WhiteBalance {
    /// Daylight (D65) by the camera's matrix; as shot where there is none.
    #[default]
    Daylight,
    /// As the camera chose; daylight where it said nothing.
    AsShot,
    /// The mean of the image is grey.
    Auto,
    /// These multipliers of red, green, blue, second green; 0 for the second green is the same as the first.
    User([f32; 4]),
}

/// How an image is turned into a picture; the default is that of LibRaw's `dcraw_process`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How missing colours are found.
    pub method: Method,
    /// White balance.
    pub white_balance: WhiteBalance,
    /// Colour space of the result.
    pub space: Space,
    /// Tone curve: the inverse of the exponent and the slope of the linear start. `(1.0, 1.0)` is linear.
    pub gamma: (f64, f64),
    /// Brightens until `auto_bright_thr` of the pixels are full.
    pub auto_bright: bool,
    /// Share of pixels that automatic brightening may clip.
    pub auto_bright_thr: f64,
    /// Factor of brightness.
    pub bright: f64,
    /// Factor on linear light before everything else.
    pub exposure: f64,
    /// The level of full is lowered to the brightest sample, if that is at least this share of it; 0 never.
    pub adjust_maximum_thr: f64,
    /// What becomes of full pixels.
    pub highlight: Highlight,
    /// Half the size: one pixel for each 2 × 2 elements, without interpolation. Bayer patterns.
    pub half_size: bool,
    /// Interpolates both greens apart, against mazes from sensors whose greens differ; bilinear.
    pub four_color: bool,
    /// Passes of a 3 × 3 median over differences of colour.
    pub median_passes: u32,
    /// How the picture is turned.
    pub turn: Turn,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            method: Method::default(),
            white_balance: WhiteBalance::default(),
            space: Space::default(),
            gamma: (2.222, 4.5),
            auto_bright: true,
            auto_bright_thr: 0.01,
            bright: 1.0,
            exposure: 1.0,
            adjust_maximum_thr: 0.75,
            highlight: Highlight::default(),
            half_size: false,
            four_color: false,
            median_passes: 0,
            turn: Turn::default(),
        }
    }
}

/// A turn by quarters with or without mirroring: first rows and columns are exchanged, then each is reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Turn {
    /// Rows become columns.
    pub swap: bool,
    /// The result's rows run backwards.
    pub flip_rows: bool,
    /// The result's columns run backwards.
    pub flip_columns: bool,
}

impl Turn {
    /// Height and width of the result.
    pub fn size(self, height: usize, width: usize) -> (usize, usize) {
        if self.swap { (width, height) } else { (height, width) }
    }
}
