//! What the `exr` crate does here: unpacking DWA, and packing DWA, PIZ, PXR24 and B44.

use exr::compression::Compression;
use exr::math::Vec2;
use exr::meta::BlockDescription;
use exr::meta::attribute::{ChannelDescription, IntegerBounds, LineOrder, SampleType, Text};
use exr::meta::header::Header;
use imageio_core::{Error, ErrorKind, Result};

use crate::bytes::Bytes;
use crate::header::{Channel, Method, Part, PixelType};
use crate::layout::Block;

fn sample_type(kind: PixelType) -> SampleType {
    match kind {
        PixelType::U32 => SampleType::U32,
        PixelType::F16 => SampleType::F16,
        PixelType::F32 => SampleType::F32,
    }
}

fn method(method: Method, level: Option<f32>) -> Option<Compression> {
    Some(match method {
        Method::None => Compression::Uncompressed,
        Method::Rle => Compression::RLE,
        Method::Zips => Compression::ZIP1,
        Method::Zip => Compression::ZIP16,
        Method::Piz => Compression::PIZ,
        Method::Pxr24 => Compression::PXR24,
        Method::B44 => Compression::B44,
        Method::B44a => Compression::B44A,
        Method::Dwaa => Compression::DWAA(level),
        Method::Dwab => Compression::DWAB(level),
        Method::Other(_) => return None,
    })
}

fn header(
    channels: &[Channel],
    size: (usize, usize),
    block: (usize, usize),
    tiled: bool,
    method: Compression,
) -> Header {
    let list = channels.iter().map(|c| ChannelDescription::new(text(&c.name), sample_type(c.kind), c.linear)).collect();
    let blocks = if tiled {
        BlockDescription::Tiles(exr::meta::attribute::TileDescription {
            tile_size: Vec2(block.0, block.1),
            level_mode: exr::meta::attribute::LevelMode::Singular,
            rounding_mode: exr::math::RoundingMode::Down,
        })
    } else {
        BlockDescription::ScanLines
    };
    Header::new(Text::from(""), Vec2(size.0, size.1), list).with_encoding(method, blocks, LineOrder::Increasing)
}

fn text(name: &str) -> Text {
    Text::new_or_none(name).unwrap_or_else(|| Text::from("?"))
}

fn bounds(block: &Block) -> Result<IntegerBounds> {
    let int = |n: usize| i32::try_from(n).map_err(|_| Error::malformed("a block lies beyond what a position can say"));
    Ok(IntegerBounds::new((int(block.x)?, int(block.y)?), (block.width, block.height)))
}

/// Unpacks a block of a part whose channels are all of full resolution.
pub(crate) fn decompress(part: &Part, block: &Block, raw: Vec<u8>, total: usize) -> Result<Vec<u8>> {
    if part.channels.iter().any(|c| c.sampling != (1, 1)) {
        return Err(Error::unsupported(format!("subsampled channels in {} compression", part.compression.name())));
    }
    let Some(method) = method(part.compression, None) else {
        return Err(Error::unsupported("this OpenEXR compression"));
    };
    check_counters(part, block, &raw)?;
    let tiled = part.tiles.is_some();
    let size = part.tiles.map_or(part.size, |tiles| tiles.size);
    let header = header(&part.channels, part.size, size, tiled, method);
    let lines = method.decompress_image_section_from_le(&header, raw, bounds(block)?, false).map_err(error)?;
    if lines.len() != total {
        return Err(Error::malformed(format!("a block of {} bytes instead of {total}", lines.len())));
    }
    #[cfg(target_endian = "big")]
    compile_error!("the blocks of the exr crate are in native byte order");
    Ok(lines)
}

/// A DWA block begins with eleven counters, and the codec allocates what some of them say.
fn check_counters(part: &Part, block: &Block, raw: &[u8]) -> Result<()> {
    let blocks = block.width.div_ceil(8) as u64 * block.height.div_ceil(8) as u64 * part.channels.len() as u64;
    // Sixty-four samples of four bytes for each block of eight by eight, and as much again for run lengths.
    let most = blocks.saturating_mul(512);
    let mut counters = Bytes(raw);
    for place in 0..11 {
        let Some(counter) = counters.u64() else { return Err(super::cut_off()) };
        if matches!(place, 1 | 6..=9) && counter > most {
            return Err(Error::malformed(format!("a block announces {counter} samples, {most} are possible")));
        }
    }
    Ok(())
}

fn error(e: exr::error::Error) -> Error {
    match e {
        exr::error::Error::NotSupported(what) => Error::unsupported(what),
        exr::error::Error::Io(e) => e.into(),
        exr::error::Error::Aborted => Error::new(ErrorKind::Backend, "the codec stopped"),
        exr::error::Error::Invalid(what) => Error::malformed(what),
    }
}

/// Packs blocks by a method that only the crate writes.
pub(crate) struct Packer(Header);

impl Packer {
    pub(crate) fn new(part: Method, channels: &[Channel], size: (usize, usize), dwa: f32) -> Result<Self> {
        match method(part, Some(dwa)) {
            Some(method) => Ok(Packer(header(channels, size, size, false, method))),
            None => Err(Error::unsupported("this OpenEXR compression")),
        }
    }

    /// The block as it goes into the file.
    pub(crate) fn pack(&self, lines: Vec<u8>, block: &Block) -> Result<Vec<u8>> {
        self.0.compression.compress_image_section_to_le(&self.0, lines, bounds(block)?).map_err(error)
    }
}
