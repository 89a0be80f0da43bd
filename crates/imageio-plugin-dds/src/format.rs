//! How pixels are stored, and what they are read as.

use imageio_core::{Dtype, Error, Result};

use crate::blocks::Block;
use crate::header::Raw;

/// How pixels are stored.
#[derive(Debug, Clone)]
pub(crate) enum Pixels {
    /// Little-endian numbers of some bytes, whose channels are said by masks.
    Masks { bytes: usize, channels: Vec<Channel> },
    /// Samples as they are, one byte each.
    Plain { channels: usize },
    /// Blue, green, red and alpha, one byte each.
    Bgra,
    /// Blue, green, red and a byte that means nothing.
    Bgrx,
    /// Little-endian samples of 16 bits.
    Words { channels: usize },
    /// Little-endian `float16`, read as `float32`.
    Halves { channels: usize },
    /// Little-endian `float32`.
    Floats { channels: usize },
    /// Indices of 8 bits into a palette of red, green, blue, alpha that stands before them.
    Palette,
    /// Blocks of four by four pixels; BC6H as numbers that go beyond 1, if that is asked for.
    Blocks { block: Block, hdr: bool },
    /// Anything else that the codec knows.
    #[cfg(feature = "codecs")]
    Codec(crate::foreign::Foreign),
}

/// One channel of a pixel, brought to 8 bits.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    mask: u32,
    shift: u32,
    /// Values by the number stored, for masks of up to 12 bits.
    table: Vec<u8>,
}

impl Channel {
    fn new(mask: u32) -> Self {
        let shift = if mask == 0 { 0 } else { mask.trailing_zeros() };
        let max = mask >> shift;
        let entries = if max < 4096 { max } else { 0 };
        Channel { mask, shift, table: (0..=entries).map(|v| scale(v, max)).collect() }
    }

    #[inline]
    pub fn get(&self, pixel: u32) -> u8 {
        let v = (pixel & self.mask) >> self.shift;
        match self.table.get(v as usize) {
            Some(v) => *v,
            None => scale(v, self.mask >> self.shift),
        }
    }
}

/// `v` of `max` as a part of 255, rounded down, by the same steps as Pillow.
fn scale(v: u32, max: u32) -> u8 {
    if max == 0 { 0 } else { (f64::from(v) / f64::from(max) * 255.0) as u8 }
}

const FOUR_CC: u32 = 0x4;
const RGB: u32 = 0x40;
const LUMINANCE: u32 = 0x2_0000;
const ALPHA: u32 = 0x2;
const ALPHA_PIXELS: u32 = 0x1;
const PALETTE: u32 = 0x20;

impl Pixels {
    pub fn of(raw: &Raw) -> Result<Self> {
        let unknown = |what: String| Err(unknown(what));
        if let Some(dx10) = &raw.dx10 {
            let format = u8::try_from(dx10.format).ok().and_then(|n| dxgi(n, dx10.alpha_mode == PREMULTIPLIED));
            return format.map_or_else(|| unknown(format!("DXGI {}", dx10.format)), Ok);
        }
        let (flags, bits) = (raw.pixel_flags, raw.bits);
        let [r, g, b, a] = raw.masks;
        if flags & RGB != 0 {
            if !matches!(bits, 8 | 16 | 24 | 32) {
                return unknown(format!("of {bits} bits a pixel"));
            }
            let masks = if flags & ALPHA_PIXELS != 0 { vec![r, g, b, a] } else { vec![r, g, b] };
            return Ok(Pixels::Masks {
                bytes: bits as usize / 8,
                channels: masks.into_iter().map(Channel::new).collect(),
            });
        }
        if flags & LUMINANCE != 0 {
            return match (bits, flags & ALPHA_PIXELS != 0) {
                (8, false) => Ok(Pixels::Plain { channels: 1 }),
                (16, true) => Ok(Pixels::Plain { channels: 2 }),
                // Half a byte each, as A4L4.
                (8, true) => Ok(Pixels::Masks { bytes: 1, channels: vec![Channel::new(r), Channel::new(a)] }),
                (16, false) => Ok(Pixels::Words { channels: 1 }),
                _ => unknown(format!("luminance of {bits} bits")),
            };
        }
        if flags & PALETTE != 0 {
            return Ok(Pixels::Palette);
        }
        if flags & FOUR_CC != 0 {
            let name = raw.four_cc.to_le_bytes();
            return four_cc(raw.four_cc).map_or_else(|| unknown(format!("`{}`", name.escape_ascii())), Ok);
        }
        if flags & ALPHA != 0 && bits == 8 {
            return Ok(Pixels::Plain { channels: 1 });
        }
        unknown(format!("with flags {flags:#x}"))
    }

    /// BC6H as numbers that go beyond 1, if that is asked for.
    pub fn with_hdr(&self, hdr: bool) -> Self {
        match self {
            Pixels::Blocks { block, .. } => Pixels::Blocks { block: *block, hdr },
            other => other.clone(),
        }
    }

    pub fn channels(&self) -> usize {
        match self {
            Pixels::Masks { channels, .. } => channels.len(),
            Pixels::Plain { channels }
            | Pixels::Words { channels }
            | Pixels::Halves { channels }
            | Pixels::Floats { channels } => *channels,
            Pixels::Bgrx => 3,
            Pixels::Bgra | Pixels::Palette => 4,
            Pixels::Blocks { block, .. } => block.channels(),
            #[cfg(feature = "codecs")]
            Pixels::Codec(codec) => codec.channels(),
        }
    }

    pub fn dtype(&self) -> Dtype {
        match self {
            Pixels::Words { .. } => Dtype::U16,
            Pixels::Halves { .. } | Pixels::Floats { .. } => Dtype::F32,
            Pixels::Blocks { block, hdr } => block.dtype(*hdr),
            #[cfg(feature = "codecs")]
            Pixels::Codec(codec) => codec.dtype(),
            _ => Dtype::U8,
        }
    }

    /// How many bytes a surface takes; `None` if that is beyond counting.
    pub fn bytes(&self, width: u32, height: u32) -> Option<u64> {
        let pixel = match self {
            Pixels::Masks { bytes, .. } => *bytes,
            Pixels::Plain { channels } => *channels,
            Pixels::Bgra | Pixels::Bgrx => 4,
            Pixels::Words { channels } | Pixels::Halves { channels } => 2 * channels,
            Pixels::Floats { channels } => 4 * channels,
            Pixels::Palette => 1,
            Pixels::Blocks { block, .. } => {
                let blocks = u64::from(width.div_ceil(4)) * u64::from(height.div_ceil(4));
                return blocks.checked_mul(block.bytes() as u64);
            }
            #[cfg(feature = "codecs")]
            Pixels::Codec(codec) => return codec.bytes(width, height),
        };
        (u64::from(width) * u64::from(height)).checked_mul(pixel as u64)
    }

    /// The format's name.
    pub fn name(&self) -> String {
        match self {
            Pixels::Blocks { block, .. } => block.name().to_owned(),
            #[cfg(feature = "codecs")]
            Pixels::Codec(codec) => codec.name(),
            Pixels::Palette => "palette".to_owned(),
            Pixels::Words { channels: 1 } => "r16_unorm".to_owned(),
            Pixels::Words { .. } => "r16g16b16a16_unorm".to_owned(),
            Pixels::Halves { channels: 1 } => "r16_float".to_owned(),
            Pixels::Halves { .. } => "r16g16b16a16_float".to_owned(),
            Pixels::Floats { channels: 1 } => "r32_float".to_owned(),
            Pixels::Floats { channels: 3 } => "r32g32b32_float".to_owned(),
            Pixels::Floats { .. } => "r32g32b32a32_float".to_owned(),
            Pixels::Bgra => "b8g8r8a8_unorm".to_owned(),
            Pixels::Bgrx => "b8g8r8x8_unorm".to_owned(),
            _ => "uncompressed".to_owned(),
        }
    }
}

/// `DDS_ALPHA_MODE_PREMULTIPLIED`.
const PREMULTIPLIED: u32 = 2;

fn unknown(what: String) -> Error {
    let error = Error::unsupported(format!("pixels {what}")).with("offset", 80);
    if cfg!(feature = "codecs") {
        return error;
    }
    error.with_hint("rarer pixel formats need the feature `dds-codecs` of imageio-rs (`codecs` of imageio-plugin-dds)")
}

/// A format by its number in `DXGI_FORMAT`. Types that leave the meaning of numbers open are taken as plain ones.
fn dxgi(n: u8, premultiplied: bool) -> Option<Pixels> {
    let blocks = |block| Some(Pixels::Blocks { block, hdr: false });
    match n {
        1 | 2 => Some(Pixels::Floats { channels: 4 }),
        5 | 6 => Some(Pixels::Floats { channels: 3 }),
        10 => Some(Pixels::Halves { channels: 4 }),
        9 | 11 => Some(Pixels::Words { channels: 4 }),
        27..=29 => Some(Pixels::Plain { channels: 4 }),
        39 | 41 => Some(Pixels::Floats { channels: 1 }),
        54 => Some(Pixels::Halves { channels: 1 }),
        53 | 56 => Some(Pixels::Words { channels: 1 }),
        60 | 61 | 65 => Some(Pixels::Plain { channels: 1 }),
        70..=72 => blocks(Block::Bc1),
        73..=75 if !premultiplied => blocks(Block::Bc2),
        76..=78 if !premultiplied => blocks(Block::Bc3),
        79 | 80 => blocks(Block::Bc4),
        82 | 83 => blocks(Block::Bc5),
        87 | 90 | 91 => Some(Pixels::Bgra),
        88 | 92 | 93 => Some(Pixels::Bgrx),
        94 | 95 => blocks(Block::Bc6h { signed: false }),
        96 => blocks(Block::Bc6h { signed: true }),
        97..=99 => blocks(Block::Bc7),
        #[cfg(feature = "codecs")]
        n => crate::foreign::Foreign::by_dxgi(n).map(Pixels::Codec),
        #[cfg(not(feature = "codecs"))]
        _ => None,
    }
}

/// A format by four letters, or by its number in `D3DFORMAT`.
fn four_cc(code: u32) -> Option<Pixels> {
    let blocks = |block| Some(Pixels::Blocks { block, hdr: false });
    match &code.to_le_bytes() {
        b"DXT1" => blocks(Block::Bc1),
        b"DXT3" => blocks(Block::Bc2),
        b"DXT5" => blocks(Block::Bc3),
        b"ATI1" | b"BC4U" => blocks(Block::Bc4),
        b"ATI2" | b"BC5U" => blocks(Block::Bc5),
        [36, 0, 0, 0] => Some(Pixels::Words { channels: 4 }),
        [111, 0, 0, 0] => Some(Pixels::Halves { channels: 1 }),
        [113, 0, 0, 0] => Some(Pixels::Halves { channels: 4 }),
        [114, 0, 0, 0] => Some(Pixels::Floats { channels: 1 }),
        [116, 0, 0, 0] => Some(Pixels::Floats { channels: 4 }),
        #[cfg(feature = "codecs")]
        _ => crate::foreign::Foreign::by_four_cc(code).map(Pixels::Codec),
        #[cfg(not(feature = "codecs"))]
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_rounded_down() {
        let red = Channel::new(0xF800);
        assert_eq!((red.get(0xF800), red.get(0x0800), red.get(0x07FF)), (255, 8, 0));
        let byte = Channel::new(0xFF00);
        assert!((0..=255u32).all(|v| byte.get(v << 8) == scale(v, 255)));
        assert_eq!((Channel::new(0).get(7), Channel::new(u32::MAX).get(u32::MAX)), (0, 255));
    }
}
