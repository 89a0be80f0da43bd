#![doc = include_str!("../README.md")]

mod bits;
mod decode;
mod encode;
mod error;
mod filter;
mod predict;
mod tables;
mod transform;
mod yuv;

pub use self::decode::{Header, decode, decode_with};
pub use self::encode::{EncodeOptions, MAX_SIDE, encode};
pub use self::error::Error;
