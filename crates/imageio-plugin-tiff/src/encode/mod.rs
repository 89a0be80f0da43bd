//! From arrays to strips, tiles and directories.

mod arrange;
mod chunks;
mod deflate;
mod deflate_block;
mod huffman;
pub(crate) mod ifd;
mod jpeg;
mod lzma;
mod lzw;
mod packbits;
mod predictor;
mod reduce;

pub(crate) use self::arrange::Arrangement;
pub(crate) use self::chunks::{Chunks, Scheme};
pub(crate) use self::jpeg::Jpeg;
pub(crate) use self::reduce::halve;
