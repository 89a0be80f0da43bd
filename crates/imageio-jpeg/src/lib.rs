#![doc = include_str!("../README.md")]

mod arith;
mod bits;
mod coded;
mod color;
mod decode;
mod encode;
mod frame;
mod huffman;
mod idct;
mod lossless;
mod progressive;
mod render;
mod sample;
mod scan;
mod sequential;
mod simd;
pub mod stream;
mod strip;
mod tables;
mod upsample;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use self::color::{ColorHints, Transform};
pub use self::decode::{Job, Tolerance};
pub use self::encode::{Density, Model, Picture, Settings};
pub use self::frame::{Frame, Process};
