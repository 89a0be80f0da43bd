//! What is known of a raw image before its samples are decoded.

use imageio_core::Orientation;
use imageio_demosaic::Cfa;
use imageio_demosaic::color::{CameraColor, Matrix};

/// A part of the sensor, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub top: usize,
    pub left: usize,
    pub height: usize,
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
}

/// Sensor and camera.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub make: String,
    pub model: String,
    /// Size of the whole sensor.
    pub height: usize,
    pub width: usize,
    /// Samples of a pixel: 1 for a mosaic, 3 for linear colour.
    pub channels: usize,
    /// Real numbers instead of integers.
    pub float: bool,
    /// The filters from the sensor's top left; none for linear colour and for monochrome sensors.
    pub cfa: Option<Cfa>,
    /// By colour: red, green, blue, second green.
    pub black: [f32; 4],
    pub white: f32,
    pub xyz_to_camera: Option<Matrix>,
    pub as_shot: Option<[f32; 4]>,
    /// What sees light.
    pub visible: Area,
    /// What the maker means to be the picture.
    pub default_crop: Area,
    pub orientation: Orientation,
    /// The picture can't be developed for this reason, but the samples can be read.
    pub mosaic_only: Option<String>,
}

impl Facts {
    pub fn daylight(&self) -> Option<[f64; 3]> {
        self.xyz_to_camera.as_ref().and_then(CameraColor::from_xyz_to_camera).map(|c| c.daylight)
    }
}

/// Decoded samples.
pub(crate) enum Samples {
    U16(Vec<u16>),
    F32(Vec<f32>),
}
