#![doc = include_str!("../README.md")]

mod ahd;
mod bilinear;
mod border;
mod cfa;
pub mod color;
mod count;
mod curve;
mod develop;
mod error;
mod highlight;
mod image;
mod levels;
mod median;
mod ppg;
mod rows;
mod settings;
mod tile;
mod xtrans;

pub use self::cfa::Cfa;
pub use self::color::Space;
pub use self::curve::Curve;
pub use self::develop::{Developer, Linear, Output, size};
pub use self::error::{Error, Result};
pub use self::image::{Image, Layout, Samples};
pub use self::settings::{Highlight, Method, Sensor, Settings, Turn, WhiteBalance};
