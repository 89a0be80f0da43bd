//! Blocks: from the bytes of a file to lines of samples, and back.
//!
//! A decompressed block holds its lines from top to bottom, and within a line the samples of each channel, little
//! endian. That is the order in which [`Lines::visit`] goes.

mod b44;
#[cfg(feature = "codecs")]
mod foreign;
mod huffman;
mod pack;
mod piz;
mod pxr24;
mod zip;

use imageio_core::{Error, Result};

use crate::header::{Method, Part};
use crate::layout::{Block, Lines};

pub(crate) use self::pack::Compressor;

/// Memory that is used for one block after the other.
#[derive(Default)]
pub(crate) struct Scratch {
    /// The block as it is in the file.
    pub raw: Vec<u8>,
    /// The block decompressed.
    pub lines: Vec<u8>,
    tmp: Vec<u8>,
    words: Vec<u16>,
    inflater: zip::Inflater,
    piz: piz::Tables,
}

/// Decompresses `scratch.raw` into `scratch.lines`, which is `layout.total` bytes long then.
pub(crate) fn decompress(part: &Part, block: &Block, layout: &Lines, scratch: &mut Scratch) -> Result<()> {
    let total = layout.total;
    if scratch.raw.len() == total {
        // What would not have become smaller is stored as it is, whatever the method.
        std::mem::swap(&mut scratch.raw, &mut scratch.lines);
        return Ok(());
    }
    if scratch.raw.len() > total {
        return Err(too_long(scratch.raw.len(), total));
    }
    // Before there is memory for what a block claims to hold: no method expands bytes more than this.
    let most = match part.compression {
        Method::Rle => 64,
        Method::B44 | Method::B44a => 11,
        Method::Zips | Method::Zip | Method::Piz => 1032,
        // What deflate gives is made longer by a third.
        Method::Pxr24 => 1376,
        _ => usize::MAX,
    };
    if total > (scratch.raw.len() + 16).saturating_mul(most) {
        return Err(cut_off());
    }
    scratch.lines.resize(total, 0);
    match part.compression {
        Method::None => {
            return Err(Error::malformed(format!("a block has {} of {total} bytes", scratch.raw.len())));
        }
        Method::Rle => {
            scratch.tmp.resize(total, 0);
            zip::unpack_rle(&scratch.raw, &mut scratch.tmp)?;
            zip::undo_filter(&mut scratch.tmp, &mut scratch.lines);
        }
        Method::Zips | Method::Zip => {
            scratch.tmp.resize(total, 0);
            scratch.inflater.inflate(&scratch.raw, &mut scratch.tmp)?;
            zip::undo_filter(&mut scratch.tmp, &mut scratch.lines);
        }
        Method::Piz => {
            scratch.words.resize(total / 2, 0);
            piz::decompress(
                part,
                block,
                layout,
                &scratch.raw,
                &mut scratch.words,
                &mut scratch.lines,
                &mut scratch.piz,
            )?;
        }
        Method::Pxr24 => {
            scratch.tmp.resize(pxr24::packed_len(part, block, layout), 0);
            scratch.inflater.inflate(&scratch.raw, &mut scratch.tmp)?;
            pxr24::unpack(part, block, layout, &scratch.tmp, &mut scratch.lines);
        }
        Method::B44 | Method::B44a => b44::decompress(part, block, layout, &scratch.raw, &mut scratch.lines)?,
        #[cfg(feature = "codecs")]
        Method::Dwaa | Method::Dwab => {
            scratch.lines = foreign::decompress(part, block, std::mem::take(&mut scratch.raw), total)?;
        }
        #[cfg(not(feature = "codecs"))]
        Method::Dwaa | Method::Dwab => {
            return Err(pack::not_built(&format!("reading {} compression", part.compression.name())));
        }
        Method::Other(code) => return Err(Error::unsupported(format!("OpenEXR compression number {code}"))),
    }
    Ok(())
}

pub(crate) fn too_long(len: usize, total: usize) -> Error {
    Error::malformed(format!("a block of {len} bytes, where {total} are enough for its pixels"))
}

fn cut_off() -> Error {
    Error::malformed("the compressed data of a block are cut off")
}
