#![doc = include_str!("../README.md")]

mod error;
mod pour;

pub use self::error::map_error;
pub use self::pour::{limits, metadata, pour, properties};
