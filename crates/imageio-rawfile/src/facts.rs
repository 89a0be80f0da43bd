//! What is known of a raw image before its samples are decoded.

use imageio_core::Orientation;
use imageio_demosaic::Cfa;
use imageio_demosaic::color::{CameraColor, Matrix};

/// A part of the sensor, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Area {
    /// This area cut to a sensor; the whole of it where nothing would be left.
    pub fn within(self, height: usize, width: usize) -> Self {
        let whole = Area { top: 0, left: 0, height, width };
        if self.top >= height || self.left >= width || self.height == 0 || self.width == 0 {
            return whole;
        }
        Area { height: self.height.min(height - self.top), width: self.width.min(width - self.left), ..self }
    }

    /// This area from the next even row and column on, as LibRaw has those of Bayer patterns, so that the pattern begins
    /// with the same filter as the sensor's.
    pub(crate) fn even(self) -> Self {
        let (down, right) = (self.top % 2, self.left % 2);
        if self.height <= down || self.width <= right {
            return self;
        }
        Area { top: self.top + down, left: self.left + right, height: self.height - down, width: self.width - right }
    }
}

/// Sensor and camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Maker of the camera.
    pub make: String,
    /// Model of the camera.
    pub model: String,
    /// Rows of the whole sensor.
    pub height: usize,
    /// Columns of the whole sensor.
    pub width: usize,
    /// Samples of a pixel: 1 for a mosaic, 3 for linear colour.
    pub channels: usize,
    /// Real numbers instead of integers.
    pub float: bool,
    /// The filters from the sensor's top left; none for linear colour and for monochrome sensors.
    pub cfa: Option<Cfa>,
    /// Level of black by colour: red, green, blue, second green.
    pub black: [f32; 4],
    /// Level at which the sensor is full.
    pub white: f32,
    /// CIE XYZ (D65) to camera colours.
    pub xyz_to_camera: Option<Matrix>,
    /// Multipliers that the camera chose: red, green, blue, second green.
    pub as_shot: Option<[f32; 4]>,
    /// What sees light.
    pub visible: Area,
    /// What the maker means to be the picture.
    pub default_crop: Area,
    /// How the picture is turned upright.
    pub orientation: Orientation,
    /// The picture can't be developed for this reason, but the samples can be read.
    pub mosaic_only: Option<MosaicOnly>,
}

/// Why a picture can't be developed although the samples can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct MosaicOnly {
    /// The reason.
    pub why: String,
    /// What would help, as the beginning of a sentence; may be empty.
    pub advice: String,
}

impl Facts {
    /// What a decoder's table says of a camera, with these areas where the table has none: the file knows in which of
    /// the sensor's modes it was made. What is not the picture lies around it evenly.
    pub(crate) fn areas_for(&self, table: Facts) -> Facts {
        let whole = Area { top: 0, left: 0, height: self.height, width: self.width };
        let crop = self.default_crop;
        if crop == whole || table.visible != whole {
            return table;
        }
        let (height, width) = (crop.height.saturating_add(2 * crop.top), crop.width.saturating_add(2 * crop.left));
        let visible = Area { top: 0, left: 0, height, width }.within(self.height, self.width);
        Facts { visible, default_crop: crop, ..table }
    }

    /// Multipliers that make D65 neutral, if the camera's colours are known.
    pub fn daylight(&self) -> Option<[f64; 3]> {
        self.xyz_to_camera.as_ref().and_then(CameraColor::from_xyz_to_camera).map(|c| c.daylight)
    }
}

/// Decoded samples.
pub enum Samples {
    /// Integers.
    U16(Vec<u16>),
    /// Real numbers.
    F32(Vec<f32>),
}

/// White balance as a decoder's library gives it, for [`Facts::as_shot`]: `None` unless red, green and blue have a
/// factor; the second green is the first where it has none.
pub fn as_shot(wb: [f32; 4]) -> Option<[f32; 4]> {
    let usable = |v: f32| v.is_finite() && v > 0.0;
    let [r, g, b, e] = wb;
    [r, g, b].into_iter().all(usable).then(|| [r, g, b, if usable(e) { e } else { g }])
}
