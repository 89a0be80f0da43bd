#![doc = include_str!("../README.md")]

mod cache;
mod remote;
mod stream;

pub use self::remote::{FIRST, Ranged, Remote};
pub use self::stream::RangedStream;
