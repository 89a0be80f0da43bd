//! How pixels are stored, and what they are read as.

use dds::header::{DxgiFormat, FourCC};
use dds::{Channels, Format, PixelInfo, Precision};
use imageio_core::{Dtype, Error, Result};

use crate::header::Raw;

/// How pixels are stored.
#[derive(Debug, Clone)]
pub(crate) enum Pixels {
    /// Little-endian numbers of some bytes, whose channels are said by masks.
    Masks { bytes: usize, channels: Vec<Channel> },
    /// Samples as they are, one byte each.
    Plain { channels: usize },
    /// Indices of 8 bits into a palette of red, green, blue, alpha that stands before them.
    Palette,
    /// Anything that the codec knows.
    Codec { format: Format, float: bool },
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
        let unknown = |what: String| Err(Error::unsupported(what).with("offset", 80));
        if let Some(dx10) = &raw.dx10 {
            return match dx10.format {
                27..=29 => Ok(Pixels::Plain { channels: 4 }),
                n => match u8::try_from(n).ok().and_then(dxgi) {
                    Some(format) => Ok(Pixels::Codec { format, float: false }),
                    None => unknown(format!("the pixel format DXGI {n}")),
                },
            };
        }
        let (flags, bits) = (raw.pixel_flags, raw.bits);
        let [r, g, b, a] = raw.masks;
        if flags & RGB != 0 {
            if !matches!(bits, 8 | 16 | 24 | 32) {
                return unknown(format!("pixels of {bits} bits"));
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
                (16, false) => Ok(Pixels::Codec { format: Format::R16_UNORM, float: false }),
                _ => unknown(format!("luminance of {bits} bits")),
            };
        }
        if flags & PALETTE != 0 {
            return Ok(Pixels::Palette);
        }
        if flags & FOUR_CC != 0 {
            return match Format::from_four_cc(FourCC(raw.four_cc)) {
                Some(format) => Ok(Pixels::Codec { format, float: false }),
                None => unknown(format!("the pixel format `{}`", raw.four_cc.to_le_bytes().escape_ascii())),
            };
        }
        if flags & ALPHA != 0 && bits == 8 {
            return Ok(Pixels::Plain { channels: 1 });
        }
        unknown(format!("pixel format flags {flags:#x}"))
    }

    /// BC6H as numbers that go beyond 1, if that is asked for.
    pub fn with_hdr(&self, hdr: bool) -> Self {
        match self {
            Pixels::Codec { format, .. } => Pixels::Codec { format: *format, float: hdr },
            other => other.clone(),
        }
    }

    /// What the codec is to give.
    pub fn color(&self) -> Option<dds::ColorFormat> {
        let Pixels::Codec { format, float } = *self else { return None };
        Some(match format {
            // One bit of alpha or none: Pillow always gives the channel.
            Format::BC1_UNORM => dds::ColorFormat::RGBA_U8,
            Format::BC6H_UF16 | Format::BC6H_SF16 if !float => dds::ColorFormat::RGB_U8,
            Format::BC6H_UF16 | Format::BC6H_SF16 => dds::ColorFormat::RGB_F32,
            format => format.color(),
        })
    }

    pub fn channels(&self) -> usize {
        match self {
            Pixels::Masks { channels, .. } => channels.len(),
            Pixels::Plain { channels } => *channels,
            Pixels::Palette => 4,
            Pixels::Codec { .. } => match self.color().map(|c| c.channels) {
                Some(Channels::Grayscale | Channels::Alpha) | None => 1,
                Some(Channels::Rgb) => 3,
                Some(Channels::Rgba) => 4,
            },
        }
    }

    pub fn dtype(&self) -> Dtype {
        match self.color().map(|c| c.precision) {
            Some(Precision::U16) => Dtype::U16,
            Some(Precision::F32) => Dtype::F32,
            _ => Dtype::U8,
        }
    }

    /// How many bytes a surface takes.
    pub fn info(&self) -> PixelInfo {
        match self {
            Pixels::Masks { bytes, .. } => PixelInfo::fixed(*bytes as u8),
            Pixels::Plain { channels } => PixelInfo::fixed(*channels as u8),
            Pixels::Palette => PixelInfo::fixed(1),
            Pixels::Codec { format, .. } => PixelInfo::from(*format),
        }
    }

    /// The format's name.
    pub fn name(&self) -> String {
        match self {
            Pixels::Codec { format, .. } => format!("{format:?}").to_ascii_lowercase(),
            Pixels::Palette => "palette".to_owned(),
            _ => "uncompressed".to_owned(),
        }
    }
}

/// Types that leave the meaning of numbers open are taken as plain ones.
fn dxgi(n: u8) -> Option<Format> {
    let typed = match n {
        70 => 71,
        73 => 74,
        76 => 77,
        79 => 80,
        82 => 83,
        90 => 87,
        92 => 88,
        94 => 95,
        97 => 98,
        n => n,
    };
    Format::from_dxgi(DxgiFormat::try_from(u32::from(typed)).ok()?)
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
