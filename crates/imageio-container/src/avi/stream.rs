//! A stream: the list `strl`.

use super::{EARLY, Name, children};
use crate::{Doubt, Result};

/// A stream.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Stream {
    /// What kind it is: `vids` or `auds`.
    pub kind: Name,
    /// Units of time in a second: `rate` by `scale`.
    pub rate: u32,
    /// See [`rate`](Self::rate).
    pub scale: u32,
    /// When it begins, in units.
    pub start: u32,
    /// How long it is, in units: the number of pictures.
    pub length: u32,
    /// Bytes of a sample; 0 where they differ.
    pub sample_size: u32,
    /// How pictures are coded.
    pub bitmap: Option<Bitmap>,
    /// Width and height of a pixel, as products; zeros are not said.
    pub pixel_aspect: Option<(u64, u64)>,
    /// It has an index of its own, as OpenDML has it.
    pub has_index: bool,
    /// Something was not understood; its name.
    pub unread: Option<Name>,
}

/// The structure `BITMAPINFOHEADER`, and what follows it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Bitmap {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Rows come from the top, of formats that begin with the lowest otherwise.
    pub is_top_down: bool,
    /// Bits of a pixel.
    pub bits: u16,
    /// The codec; zeros for none.
    pub codec: Name,
    /// What the decoder needs.
    pub private: Vec<u8>,
}

/// Numbers in the order of little-endian machines.
struct Numbers<'b>(&'b [u8]);

impl Numbers<'_> {
    fn u16(&mut self) -> Result<u16> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(EARLY)?;
        self.0 = rest;
        Ok(u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self) -> Result<u32> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(EARLY)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*bytes))
    }

    fn name(&mut self) -> Result<Name> {
        self.u32().map(u32::to_le_bytes)
    }
}

/// Reads the list `strl`.
pub(super) fn read(content: &[u8]) -> Result<Stream> {
    let mut stream = Stream::default();
    let mut format = None;
    for (n, (name, content)) in children(content)?.into_iter().enumerate() {
        match &name {
            b"strh" if n == 0 => header(content, &mut stream)?,
            b"strf" if format.is_none() => format = Some(content),
            b"vprp" if stream.pixel_aspect.is_none() => stream.pixel_aspect = Some(aspect(content)?),
            b"indx" => stream.has_index = true,
            b"JUNK" => {}
            // A name, data of the decoder, and others.
            b"strn" => stream.unread = Some(name),
            _ => return Err(Doubt("a stream has an unknown part")),
        }
    }
    match (&stream.kind, format) {
        (b"vids", Some(format)) => stream.bitmap = Some(bitmap(format)?),
        (b"auds", Some(_)) => {}
        _ => return Err(Doubt("there is a stream of an unknown kind")),
    }
    if stream.rate == 0 || stream.scale == 0 {
        return Err(Doubt("a stream has no unit of time"));
    }
    Ok(stream)
}

fn header(content: &[u8], stream: &mut Stream) -> Result<()> {
    let mut numbers = Numbers(content);
    stream.kind = numbers.name()?;
    for _ in 0..4 {
        // The program that is meant to decode it, flags, priority and language, pictures before the first.
        numbers.u32()?;
    }
    (stream.scale, stream.rate) = (numbers.u32()?, numbers.u32()?);
    (stream.start, stream.length) = (numbers.u32()?, numbers.u32()?);
    numbers.u32()?;
    numbers.u32()?;
    stream.sample_size = numbers.u32()?;
    Ok(())
}

fn bitmap(content: &[u8]) -> Result<Bitmap> {
    let mut numbers = Numbers(content);
    let size = numbers.u32()?;
    let (width, height) = (numbers.u32()? as i32, numbers.u32()? as i32);
    let (_, bits) = (numbers.u16()?, numbers.u16()?);
    let codec = numbers.name()?;
    if size < 40 || width <= 0 || height == 0 {
        return Err(Doubt("the description of pictures is not understood"));
    }
    let private = content.get(40..).ok_or(EARLY)?.to_vec();
    let (height, is_top_down) = (height.unsigned_abs(), height < 0);
    Ok(Bitmap { width: width.unsigned_abs(), height, is_top_down, bits, codec, private })
}

/// The shape of a pixel, from the shape of the picture and its size.
fn aspect(content: &[u8]) -> Result<(u64, u64)> {
    let mut numbers = Numbers(content.get(20..).ok_or(EARLY)?);
    let (y, x) = (u64::from(numbers.u16()?), u64::from(numbers.u16()?));
    let (width, height) = (u64::from(numbers.u32()?), u64::from(numbers.u32()?));
    Ok((x * height, y * width))
}
