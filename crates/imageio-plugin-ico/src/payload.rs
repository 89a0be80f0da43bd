//! The pictures: PNG files, or bitmaps with a mask.

use imageio_core::{Dtype, Error, FrameSink, ImageProperties, Limits, Result};
use imageio_raster::dib::{Dib, Kind};
use imageio_raster::rows::read_exact;
use imageio_raster::{Streams, swizzle};

use crate::directory::Entry;
use crate::error;

/// What an entry points to.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Png { properties: ImageProperties, bool: bool },
    Dib { dib: Box<Dib>, luma: bool },
}

impl Payload {
    pub fn parse(streams: &mut Streams<'_>, entry: &Entry, cursor: bool, limits: &Limits) -> Result<Self> {
        let at = u64::from(entry.offset);
        let mut head = [0; 8];
        read_exact(streams.at(at)?, &mut head, at)?;
        if head == *b"\x89PNG\r\n\x1a\n" {
            return Self::png(streams, at, limits);
        }
        let mut dib = Dib::parse(streams.at(at)?, at, None)?;
        // Half of the rows that the header counts are those of the mask.
        dib.header.height /= 2;
        if dib.header.height == 0 {
            return Err(Error::malformed("a picture without rows").with("offset", at));
        }
        if !matches!(dib.kind, Kind::Bool | Kind::Gray | Kind::Rgb | Kind::Rgba) {
            return Err(Error::unsupported("a bitmap of more than 8 bits a channel").with("offset", at));
        }
        let luma = cursor && matches!(dib.kind, Kind::Bool | Kind::Gray);
        Ok(Payload::Dib { dib: Box::new(dib), luma })
    }

    fn png(streams: &mut Streams<'_>, at: u64, limits: &Limits) -> Result<Self> {
        let reader = open_png(streams, at, false, limits)?;
        let info = reader.info();
        let one_bit = info.color_type == png::ColorType::Grayscale && info.bit_depth == png::BitDepth::One;
        let bool = one_bit && info.trns.is_none();
        let (height, width) = (info.height as usize, info.width as usize);
        let (color, depth) = reader.output_color_type();
        let channels = match color {
            png::ColorType::Grayscale => "L",
            png::ColorType::GrayscaleAlpha => "LA",
            png::ColorType::Rgb => "RGB",
            png::ColorType::Rgba => "RGBA",
            png::ColorType::Indexed => return Err(Error::malformed("a PNG palette that was not applied")),
        };
        let dtype = match depth {
            _ if bool => Dtype::Bool,
            png::BitDepth::Sixteen => Dtype::U16,
            _ => Dtype::U8,
        };
        Ok(Payload::Png { properties: ImageProperties::picture(dtype, height, width, channels), bool })
    }

    pub fn properties(&self) -> ImageProperties {
        match self {
            Payload::Png { properties, .. } => properties.clone(),
            Payload::Dib { dib, luma } => {
                let channels = if *luma { "LA" } else { "RGBA" };
                ImageProperties::picture(Dtype::U8, dib.header.height, dib.header.width, channels)
            }
        }
    }

    pub fn read(
        &self,
        streams: &mut Streams<'_>,
        entry: &Entry,
        sink: &mut FrameSink<'_>,
        notes: &mut Vec<String>,
    ) -> Result<()> {
        match self {
            Payload::Png { properties, bool } => read_png(streams, entry, properties, *bool, sink),
            Payload::Dib { dib, luma } => {
                let (h, w) = (dib.header.height, dib.header.width);
                if !*luma {
                    sink.check(Dtype::U8, &[h, w, 4])?;
                    dib.check(streams)?;
                    let out = sink.slice::<u8>(&[h, w, 4])?;
                    dib.read_rgba(streams, out)?;
                    let translucent = dib.header.bits == 32 && out.as_chunks::<4>().0.iter().any(|p| p[3] != 0);
                    if !translucent {
                        let mask = mask(streams, entry, dib, notes)?;
                        for (pixel, clear) in out.as_chunks_mut::<4>().0.iter_mut().zip(mask) {
                            pixel[3] = if clear { 0 } else { 255 };
                        }
                    }
                    return Ok(());
                }
                sink.check(Dtype::U8, &[h, w, 2])?;
                dib.check(streams)?;
                let out = sink.slice::<u8>(&[h, w, 2])?;
                let mut colors = FrameSink::fresh(&Limits::none());
                dib.read(streams, &mut colors)?;
                let mask = mask(streams, entry, dib, notes)?;
                let colors = colors.finish()?;
                let values = colors.as_ref().and_then(|c| c.as_bytes()).unwrap_or(&[]);
                let full = if dib.kind == Kind::Bool { 255 } else { 1 };
                for ((pixel, value), clear) in out.as_chunks_mut::<2>().0.iter_mut().zip(values).zip(mask) {
                    *pixel = if clear { [0, 0] } else { [value * full, 255] };
                }
                Ok(())
            }
        }
    }
}

/// The mask behind the pixels, row by row from the top: `true` where nothing is drawn. Opaque if the entry ends
/// with the pixels.
fn mask(streams: &mut Streams<'_>, entry: &Entry, dib: &Dib, notes: &mut Vec<String>) -> Result<Vec<bool>> {
    let (h, w) = (dib.header.height, dib.header.width);
    let mut stride = w.div_ceil(32) * 4;
    let pixels_end = dib.data.saturating_add(dib.stored_bytes().unwrap_or(0));
    let mut end = u64::from(entry.offset) + u64::from(entry.size);
    if end < pixels_end {
        // A length that does not even hold the pixels says nothing of the mask.
        end = pixels_end.saturating_add((stride * h) as u64);
    }
    if end == pixels_end.saturating_add((w.div_ceil(8) * h) as u64) {
        // Some programs do not fill the rows of the mask up to four bytes.
        stride = w.div_ceil(8);
    }
    let len = (stride * h) as u64;
    let mut mask = vec![false; w * h];
    if end < pixels_end.saturating_add(len) {
        let note = format!("the picture at offset {} has no mask", entry.offset);
        if !notes.contains(&note) {
            notes.push(note);
        }
        return Ok(mask);
    }
    let at = end - len;
    streams.expect_until(end)?;
    let mut raw = vec![0; stride * h];
    read_exact(streams.at(at)?, &mut raw, at)?;
    for (row, from) in mask.chunks_exact_mut(w).zip(raw.chunks_exact(stride)) {
        swizzle::bits(from, row, |b| b);
    }
    if !dib.header.top_down {
        let (mut top, mut bottom) = (0, h.saturating_sub(1));
        while top < bottom {
            let (above, below) = mask.split_at_mut(bottom * w);
            above[top * w..(top + 1) * w].swap_with_slice(&mut below[..w]);
            (top, bottom) = (top + 1, bottom - 1);
        }
    }
    Ok(mask)
}

type PngReader<'s> = png::Reader<&'s mut dyn imageio_core::ReadSeek>;

/// A reader that expands what is smaller than a byte, but for black and white (`bool`), which it leaves packed.
fn open_png<'s>(streams: &'s mut Streams<'_>, at: u64, bool: bool, limits: &Limits) -> Result<PngReader<'s>> {
    let mut options = png::DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let stream: &mut dyn imageio_core::ReadSeek = streams.at(at)?;
    let mut decoder = png::Decoder::new_with_options(stream, options);
    let bytes = limits.max_frame_bytes.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    decoder.set_limits(png::Limits { bytes });
    decoder.set_transformations(if bool { png::Transformations::IDENTITY } else { png::Transformations::EXPAND });
    decoder.read_info().map_err(error::decoding)
}

fn read_png(
    streams: &mut Streams<'_>,
    entry: &Entry,
    properties: &ImageProperties,
    bool: bool,
    sink: &mut FrameSink<'_>,
) -> Result<()> {
    let shape = &properties.shape;
    sink.check(properties.dtype, shape)?;
    let mut reader = open_png(streams, entry.offset.into(), bool, sink.limits())?;
    if properties.dtype == Dtype::U8 {
        let out = sink.slice::<u8>(shape)?;
        reader.next_frame(out).map_err(error::decoding)?;
        return Ok(());
    }
    let too_large = || Error::limit("a PNG that does not fit into memory");
    let mut raw = vec![0; reader.output_buffer_size().ok_or_else(too_large)?];
    let line = reader.next_frame(&mut raw).map_err(error::decoding)?.line_size;
    if bool {
        let width = shape.get(1).copied().unwrap_or(0);
        let out = sink.slice::<bool>(shape)?;
        for (to, from) in out.chunks_exact_mut(width.max(1)).zip(raw.chunks_exact(line.max(1))) {
            swizzle::bits(from, to, |b| b);
        }
        return Ok(());
    }
    swizzle::be_to_u16(&raw, sink.slice::<u16>(shape)?);
    Ok(())
}
