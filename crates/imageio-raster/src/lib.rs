#![doc = include_str!("../README.md")]

pub mod dib;
pub mod notes;
pub mod picture;
pub mod rows;
pub mod source;
pub mod swizzle;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use self::notes::unkept;
pub use self::picture::Picture;
pub use self::rows::{Raster, Streams};
pub use self::source::ByteSource;
