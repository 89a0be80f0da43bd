use std::borrow::Cow;

use imageio_core::{Error, ImageWriter, Metadata, Request, Result, WriteCx};

use super::metadata::{self, Outgoing};
use super::riff::{self, RiffFile};
use super::timing::Clock;
use crate::codec::{Codec, Encoded, Pixels, Settings};
use crate::container::flag;
use crate::options::WriteOptions;

/// Largest width and height of a picture.
const MAX_SIDE: usize = 16_383;

/// A WebP file being written.
pub(crate) struct WebpWriter {
    codec: &'static dyn Codec,
    file: Option<RiffFile>,
    /// Metadata of the file as the request had it, for durations.
    of_file: Option<Metadata>,
    outgoing: Outgoing,
    clock: Clock,
    /// Size and channels of the first picture, which the others have to have too.
    shape: Option<(usize, usize, usize)>,
    /// The first picture, until it is known whether there are more.
    first: Option<First>,
    /// The picture before, to find out what has changed; there is one from the second frame on.
    previous: Vec<u8>,
    /// Flags of the `VP8X` chunk of an animation.
    animation_flags: Option<u8>,
    written: usize,
    notes: Vec<String>,
}

/// The first picture, coded.
struct First {
    image: Encoded,
    lossless: bool,
    duration: u32,
    loop_count: u16,
}

impl WebpWriter {
    pub(crate) fn open(request: &mut dyn Request<'_>, codec: &'static dyn Codec) -> Result<Self> {
        WriteOptions::parse(request.options())?;
        let outgoing = request.metadata().map(metadata::collect).unwrap_or_default();
        Ok(WebpWriter {
            codec,
            of_file: request.metadata().cloned(),
            file: Some(RiffFile::new(request.sink()?)?),
            outgoing,
            clock: Clock::default(),
            shape: None,
            first: None,
            previous: Vec::new(),
            animation_flags: None,
            written: 0,
            notes: Vec::new(),
        })
    }

    fn file(&mut self) -> Result<&mut RiffFile> {
        self.file.as_mut().ok_or_else(|| Error::unsupported("the file is complete already"))
    }

    /// Writes the one picture of the file.
    fn still(&mut self, first: &First) -> Result<()> {
        let Some((height, width, channels)) = self.shape else { return Ok(()) };
        let Outgoing { icc, exif, xmp, .. } = std::mem::take(&mut self.outgoing);
        let mut flags = riff::metadata_flags(icc.is_some(), exif.is_some(), xmp.is_some());
        // Lossy data know nothing of alpha; an opaque picture of four channels is to be read as one, too.
        if has_alpha(channels) && (!first.lossless || flags != 0) {
            flags |= flag::ALPHA;
        }
        let file = self.file()?;
        if flags != 0 {
            file.extended(flags, (width as u32, height as u32))?;
        }
        if let Some(icc) = icc {
            file.chunk(b"ICCP", &[&icc])?;
        }
        if let Some(alpha) = &first.image.alpha {
            file.chunk(b"ALPH", &[alpha])?;
        }
        file.chunk(riff::image_name(first.lossless), &[&first.image.image])?;
        behind(file, exif, xmp)
    }

    /// Starts an animation with its first frame.
    fn animation(&mut self, first: &First) -> Result<()> {
        let Some((height, width, channels)) = self.shape else { return Ok(()) };
        let Outgoing { icc, exif, xmp, background, .. } = &mut self.outgoing;
        let flags = riff::metadata_flags(icc.is_some(), exif.is_some(), xmp.is_some())
            | flag::ANIMATION
            | if has_alpha(channels) { flag::ALPHA } else { 0 };
        let icc = icc.take();
        let [r, g, b, a] = background.unwrap_or([0; 4]);
        let [l0, l1] = first.loop_count.to_le_bytes();
        self.animation_flags = Some(flags);
        let file = self.file()?;
        file.extended(flags, (width as u32, height as u32))?;
        if let Some(icc) = icc {
            file.chunk(b"ICCP", &[&icc])?;
        }
        file.chunk(b"ANIM", &[&[b, g, r, a, l0, l1]])?;
        let whole = (0, 0, width as u32, height as u32);
        file.chunk(b"ANMF", &[&riff::animation_frame(whole, first.duration, &first.image, first.lossless)])
    }
}

/// `true` for RGBA, and for grey with alpha, which is stored as RGBA.
fn has_alpha(channels: usize) -> bool {
    matches!(channels, 2 | 4)
}

/// Metadata that stand behind the image.
fn behind(file: &mut RiffFile, exif: Option<Vec<u8>>, xmp: Option<Vec<u8>>) -> Result<()> {
    if let Some(exif) = exif {
        file.chunk(b"EXIF", &[&exif])?;
    }
    if let Some(xmp) = xmp {
        file.chunk(b"XMP ", &[&xmp])?;
    }
    Ok(())
}

impl ImageWriter for WebpWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let shape = shape_of(cx.image().shape())?;
        match self.shape {
            None => self.shape = Some(shape),
            Some(first) if first == shape => {}
            Some((height, width, channels)) => {
                return Err(Error::mismatch(format!(
                    "frame {} is {:?}, the first is {height} x {width} with {channels} channels",
                    cx.index(),
                    cx.image().shape()
                ))
                .with_hint("all frames of an animation have one shape"));
            }
        }
        if self.written == 0 {
            // Metadata that came after the file was opened is the file's all the same.
            if let Some(metadata) = cx.metadata() {
                self.outgoing = metadata::collect(metadata);
            }
            self.notes.append(&mut self.outgoing.notes);
            if shape.2 < 3 {
                self.notes.push("WebP has no grey: the picture was stored in colour and reads back as such".to_owned());
            }
        }
        let elements = cx.elements::<u8>()?;
        let pixels = Pixels { height: shape.0, width: shape.1, channels: shape.2, bytes: &elements };
        let pixels = &with_known_channels(&pixels);
        let pixels = Pixels { height: shape.0, width: shape.1, channels: pixels.0, bytes: &pixels.1 };
        let settings = Settings {
            quality: options.quality,
            lossless: options.lossless,
            effort: options.effort,
            exact: options.exact,
        };
        let duration = self.clock.duration(&options, [cx.metadata(), self.of_file.as_ref()], self.written)?;
        if self.written == 0 {
            let image = self.codec.encode(&pixels, &settings)?;
            let loop_count = options.loop_count.or(self.outgoing.loop_count).unwrap_or(0);
            let first = First { image, lossless: options.lossless, duration, loop_count };
            match cx.n_images() {
                Some(1) => self.still(&first)?,
                _ => {
                    self.first = Some(first);
                    self.previous = pixels.bytes.to_vec();
                }
            }
        } else {
            if let Some(first) = self.first.take() {
                self.animation(&first)?;
            }
            let (rectangle, part) = changed(&pixels, &self.previous);
            let (_, _, width, height) = rectangle;
            let part = Pixels { width: width as usize, height: height as usize, bytes: &part, ..pixels };
            let image = self.codec.encode(&part, &settings)?;
            let content = riff::animation_frame(rectangle, duration, &image, options.lossless);
            self.file()?.chunk(b"ANMF", &[&content])?;
            self.previous.copy_from_slice(pixels.bytes);
        }
        self.written += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if let Some(first) = self.first.take() {
            self.still(&first)?;
        } else if self.animation_flags.is_some() {
            let (exif, xmp) = (self.outgoing.exif.take(), self.outgoing.xmp.take());
            behind(self.file()?, exif, xmp)?;
        }
        match self.file.take() {
            Some(file) => file.finish(self.animation_flags),
            None => Ok(()),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Height, width and channels of what WebP can hold.
fn shape_of(shape: &[usize]) -> Result<(usize, usize, usize)> {
    let (height, width, channels) = match *shape {
        [height, width] => (height, width, 1),
        [height, width, channels @ 1..=4] => (height, width, channels),
        _ => {
            return Err(Error::mismatch(format!(
                "WebP holds (height, width, 3) and (height, width, 4), and grey as colour, not {shape:?}"
            )));
        }
    };
    let side = 1..=MAX_SIDE;
    if !side.contains(&height) || !side.contains(&width) {
        return Err(Error::mismatch(format!("a WebP picture has sides of 1 to {MAX_SIDE} pixels, not {shape:?}")));
    }
    Ok((height, width, channels))
}

/// Grey with alpha as RGBA; everything else as it is.
fn with_known_channels<'a>(pixels: &Pixels<'a>) -> (usize, Cow<'a, [u8]>) {
    match pixels.channels {
        2 => (4, pixels.bytes.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect()),
        n => (n, Cow::Borrowed(pixels.bytes)),
    }
}

/// The smallest rectangle outside which a picture is as the one before, and its pixels. Corners of frames lie on even
/// coordinates; there is always at least one pixel.
fn changed<'a>(pixels: &Pixels<'a>, previous: &[u8]) -> ((u32, u32, u32, u32), Cow<'a, [u8]>) {
    let n = pixels.channels;
    let stride = n * pixels.width;
    let rows = || pixels.bytes.chunks_exact(stride).zip(previous.chunks_exact(stride));
    let differs = |(a, b): (&[u8], &[u8])| a != b;
    let top = rows().position(differs).unwrap_or(0) & !1;
    let bottom = pixels.height - rows().rev().position(differs).unwrap_or(pixels.height - 1);
    let bottom = bottom.max(top + 1);
    let (mut left, mut right) = (pixels.width, 0);
    for (a, b) in rows().take(bottom).skip(top) {
        let differs = |(a, b): (&[u8], &[u8])| a != b;
        let Some(first) = a.chunks_exact(n).zip(b.chunks_exact(n)).position(differs) else { continue };
        left = left.min(first);
        let behind = a.chunks_exact(n).zip(b.chunks_exact(n)).rev().position(differs).unwrap_or(0);
        right = right.max(pixels.width - behind);
    }
    let left = if right == 0 { 0 } else { left & !1 };
    let right = right.max(left + 1);
    let rectangle = (left as u32, top as u32, (right - left) as u32, (bottom - top) as u32);
    if right - left == pixels.width && bottom - top == pixels.height {
        return (rectangle, Cow::Borrowed(pixels.bytes));
    }
    let part = (top..bottom).flat_map(|y| &pixels.bytes[y * stride + left * n..y * stride + right * n]);
    (rectangle, part.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_changed() {
        let previous = vec![0u8; 8 * 6];
        let of = |changes: &[(usize, usize)]| {
            let mut bytes = previous.clone();
            for (x, y) in changes {
                bytes[8 * y + x] = 9;
            }
            let (rectangle, part) = changed(&Pixels { width: 8, height: 6, channels: 1, bytes: &bytes }, &previous);
            assert_eq!(part.iter().filter(|v| **v == 9).count(), changes.len());
            assert_eq!(part.len() as u32, rectangle.2 * rectangle.3);
            rectangle
        };
        assert_eq!(of(&[]), (0, 0, 1, 1));
        assert_eq!(of(&[(3, 3)]), (2, 2, 2, 2));
        assert_eq!(of(&[(4, 2), (6, 4)]), (4, 2, 3, 3));
        assert_eq!(of(&[(0, 0), (7, 5)]), (0, 0, 8, 6));
        assert_eq!(of(&[(7, 5)]), (6, 4, 2, 2));
    }
}
