#![doc = include_str!("../README.md")]

mod bits;
mod blocks;
mod bytes;
mod checksum;
mod decode;
mod element;
mod error;
mod float;
mod header;
mod huffman;
mod lerc1;
mod mask;
mod reader;

pub use self::decode::Decoder;
pub use self::element::{Element, Kind};
pub use self::error::{Error, Result};
pub use self::header::{Format, Header};
pub use self::mask::Mask;
