//! The JPEG codec itself (ITU-T T.81): everything between the markers and the samples.
//!
//! The arithmetic is that of libjpeg's defaults (integer "islow" transforms, triangle-filter chroma
//! upsampling, 16-bit fixed-point colour), so that pictures come out as they do in the programs that use it.

pub(crate) mod arith;
pub(crate) mod bits;
pub(crate) mod color;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod frame;
pub(crate) mod huffman;
pub(crate) mod idct;
pub(crate) mod lossless;
pub(crate) mod progressive;
pub(crate) mod render;
pub(crate) mod sample;
pub(crate) mod scan;
pub(crate) mod sequential;
pub(crate) mod simd;
pub(crate) mod strip;
pub(crate) mod tables;
pub(crate) mod upsample;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;
