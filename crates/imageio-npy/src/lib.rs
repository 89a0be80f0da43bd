#![doc = include_str!("../README.md")]

mod data;
mod header;
mod literal;

pub use self::data::{read_data, write};
pub use self::header::{Header, MAGIC};
