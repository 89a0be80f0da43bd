#![doc = include_str!("../README.md")]

mod kind;
pub mod photoshop;
mod read;
mod tags;
mod write;

pub use self::read::{orientation, parse, set_orientation};
pub use self::tags::tag_name;
pub use self::write::write;

/// What JPEG puts in front of an EXIF block (Exif 2.32, 4.7.2). [`parse`] takes a block with or without it,
/// [`write()`] gives one without.
pub const PREFIX: &[u8; 6] = b"Exif\0\0";
