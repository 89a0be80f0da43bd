//! Blocks of lines on their way into a file.

use imageio_core::Result;

use super::zip::{Deflater, pack_rle};
use crate::header::{Channel, Method};
use crate::layout::Block;

/// Packs blocks of lines.
pub(crate) enum Compressor {
    /// As they are.
    Stored,
    /// Runs of equal bytes.
    Rle,
    /// ZIP and ZIPS.
    Zip(Deflater),
    /// Through the `exr` crate.
    #[cfg(feature = "codecs")]
    Other(Box<super::foreign::Packer>),
}

impl Compressor {
    #[cfg_attr(not(feature = "codecs"), expect(unused_variables, reason = "only the exr crate asks for them"))]
    pub(crate) fn new(part: Method, channels: &[Channel], size: (usize, usize), zip: u8, dwa: f32) -> Result<Self> {
        Ok(match part {
            Method::None => Compressor::Stored,
            Method::Rle => Compressor::Rle,
            Method::Zip | Method::Zips => Compressor::Zip(Deflater::new(zip)),
            #[cfg(feature = "codecs")]
            other => Compressor::Other(Box::new(super::foreign::Packer::new(other, channels, size, dwa)?)),
            #[cfg(not(feature = "codecs"))]
            other => return Err(not_built(&format!("writing {} compression", other.name()))),
        })
    }

    /// The block as it goes into the file: as it is, if it would not become smaller.
    #[cfg_attr(
        not(feature = "codecs"),
        expect(unused_variables, reason = "only the exr crate asks where the block lies")
    )]
    pub(crate) fn compress(&mut self, lines: Vec<u8>, block: &Block) -> Result<Vec<u8>> {
        match self {
            Compressor::Stored => Ok(lines),
            Compressor::Rle => Ok(pack_rle(&lines).unwrap_or(lines)),
            Compressor::Zip(deflater) => Ok(deflater.deflate(&lines)?.unwrap_or(lines)),
            #[cfg(feature = "codecs")]
            Compressor::Other(packer) => packer.pack(lines, block),
        }
    }
}

/// What needs the `exr` crate, which is not in every build.
#[cfg(not(feature = "codecs"))]
pub(super) fn not_built(what: &str) -> imageio_core::Error {
    imageio_core::Error::unsupported(format!("{what} is not in this build"))
        .with_hint("enable the feature `exr-codecs` of imageio-rs (`codecs` of imageio-plugin-exr)")
}
