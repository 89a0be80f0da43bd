//! Writing stills and animations.

use std::borrow::Cow;
use std::time::Duration;

use imageio_core::{Dtype, Error, ErrorKind, ImageWriter, Metadata, Request, Result, WriteCx};

use crate::compress::{self, Settings};
use crate::delay;
use crate::file::PngFile;
use crate::header::{Color, Dispose, FrameControl};
use crate::metadata::{self, Outgoing, Target};
use crate::options::WriteOptions;
use crate::palette;
use crate::raster::{Raster, Samples};

/// One file being written.
pub(crate) struct PngWriter {
    file: PngFile,
    /// The target's name says that it is an animation.
    called_apng: bool,
    /// What every frame has to be like; set by the first.
    shape: Option<Shape>,
    animation: Option<Animated>,
    written: usize,
    notes: Vec<String>,
}

/// What an animation needs to know from frame to frame.
struct Animated {
    declared: u32,
    plays: u32,
    previous: Pixels<'static>,
    /// Times that the metadata of the whole gave.
    durations: Vec<Duration>,
}

/// Kind and size of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    dtype: Dtype,
    height: usize,
    width: usize,
    channels: usize,
}

/// Samples of an image, borrowed where that is possible.
#[derive(PartialEq)]
enum Pixels<'a> {
    Bool(Cow<'a, [bool]>),
    U8(Cow<'a, [u8]>),
    U16(Cow<'a, [u16]>),
}

impl<'a> Pixels<'a> {
    fn of(cx: &WriteCx<'a>) -> Result<Self> {
        Ok(match cx.image().dtype() {
            Dtype::Bool => Pixels::Bool(cx.elements()?),
            Dtype::U16 => Pixels::U16(cx.elements()?),
            _ => Pixels::U8(cx.elements()?),
        })
    }

    fn samples(&self) -> Samples<'_> {
        match self {
            Pixels::Bool(all) => Samples::Bool(all),
            Pixels::U8(all) => Samples::U8(all),
            Pixels::U16(all) => Samples::U16(all),
        }
    }

    fn into_owned(self) -> Pixels<'static> {
        match self {
            Pixels::Bool(all) => Pixels::Bool(Cow::Owned(all.into_owned())),
            Pixels::U8(all) => Pixels::U8(Cow::Owned(all.into_owned())),
            Pixels::U16(all) => Pixels::U16(Cow::Owned(all.into_owned())),
        }
    }

    /// The smallest rectangle (x, y, width, height) outside which both are the same; one pixel if all is.
    fn difference(&self, other: &Self, shape: Shape) -> (usize, usize, usize, usize) {
        let area = match (self, other) {
            (Pixels::Bool(a), Pixels::Bool(b)) => changed(a, b, shape),
            (Pixels::U8(a), Pixels::U8(b)) => changed(a, b, shape),
            (Pixels::U16(a), Pixels::U16(b)) => changed(a, b, shape),
            _ => Some((0, 0, shape.width, shape.height)),
        };
        area.unwrap_or((0, 0, 1, 1))
    }
}

fn changed<T: PartialEq>(a: &[T], b: &[T], shape: Shape) -> Option<(usize, usize, usize, usize)> {
    let stride = shape.width * shape.channels;
    let rows = || a.chunks_exact(stride).zip(b.chunks_exact(stride));
    let top = rows().position(|(a, b)| a != b)?;
    let bottom = rows().rposition(|(a, b)| a != b)?;
    let (mut left, mut right) = (stride, 0);
    for (a, b) in rows().take(bottom + 1).skip(top) {
        if let Some(first) = a.iter().zip(b).position(|(a, b)| a != b) {
            left = left.min(first);
            right = right.max(a.iter().zip(b).rposition(|(a, b)| a != b).unwrap_or(first));
        }
    }
    let (left, right) = (left / shape.channels, right / shape.channels);
    Some((left, top, right + 1 - left, bottom + 1 - top))
}

impl Shape {
    fn of(cx: &WriteCx<'_>) -> Result<Self> {
        let (dtype, shape) = (cx.image().dtype(), cx.image().shape());
        let refused = |hint: &str| {
            Err(Error::mismatch(format!("PNG can't hold {dtype} images of shape {shape:?}")).with_hint(hint.to_owned()))
        };
        let (height, width, channels) = match *shape {
            [height, width] => (height, width, 1),
            [height, width, channels @ 2..=4] => (height, width, channels),
            _ => {
                return refused(
                    "accepted: (height, width), or with a last axis of 2 (grey and alpha), 3 or 4 channels",
                );
            }
        };
        match dtype {
            Dtype::Bool if channels > 1 => return refused("bool images have one channel"),
            Dtype::Bool | Dtype::U8 | Dtype::U16 => {}
            _ => return refused("accepted: bool, uint8 and uint16; convert with NdImage::cast"),
        }
        if height == 0 || width == 0 || height.max(width) > i32::MAX as usize {
            return refused("each side is 1 to 2147483647 pixels long");
        }
        Ok(Shape { dtype, height, width, channels })
    }

    fn color(self) -> Color {
        match self.channels {
            1 => Color::Gray,
            2 => Color::GrayAlpha,
            3 => Color::Rgb,
            _ => Color::Rgba,
        }
    }

    fn control(self, (x, y, width, height): (usize, usize, usize, usize), delay: (u16, u16)) -> FrameControl {
        FrameControl {
            // The file counts for itself.
            number: 0,
            width: width as u32,
            height: height as u32,
            x: x as u32,
            y: y as u32,
            delay,
            dispose: Dispose::Keep,
            over: false,
        }
    }
}

impl PngWriter {
    pub fn open(request: &mut dyn Request<'_>) -> Result<Self> {
        let called_apng = request.extension() == Some("apng");
        Ok(PngWriter {
            file: PngFile::new(request.sink()?),
            called_apng,
            shape: None,
            animation: None,
            written: 0,
            notes: Vec::new(),
        })
    }

    fn first(&mut self, cx: &WriteCx<'_>, shape: Shape, options: &WriteOptions) -> Result<()> {
        let animated = options.animation || (self.called_apng && cx.n_images() != Some(1));
        if let (false, Some(n @ 2..)) = (animated, cx.n_images()) {
            return Err(still_only(n));
        }
        let pixels = Pixels::of(cx)?;
        let indexed = match (&pixels, options.palette, animated) {
            (Pixels::U8(samples), true, false) if shape.channels >= 3 => palette::index(samples, shape.channels),
            _ => None,
        };
        if options.palette && animated {
            self.notes.push("frames of an animation are not indexed: option `palette` has no effect".to_owned());
        }
        let raster = match &indexed {
            Some(found) => Raster::new(Samples::Indices(&found.indices, found.bits), shape.height, shape.width, 1),
            None => Raster::new(pixels.samples(), shape.height, shape.width, shape.channels),
        };
        let target = Target { channels: shape.channels, depth: raster.depth(), indexed: indexed.is_some() };
        let mut outgoing = cx.metadata().map_or_else(Outgoing::default, |m| metadata::collect(m, target));
        self.notes.append(&mut outgoing.notes);

        let color = if indexed.is_some() { Color::Palette } else { shape.color() };
        let size = (shape.width as u32, shape.height as u32);
        self.file.begin(size, raster.depth(), color, options.interlace)?;
        let plays = options.loop_count.or(outgoing.loop_count).unwrap_or(0);
        let declared = u32::try_from(cx.n_images().unwrap_or(1)).unwrap_or(u32::MAX);
        if animated {
            self.file.animation(declared, plays)?;
        }
        self.file.raw(&outgoing.before_palette)?;
        if let Some(found) = &indexed {
            self.file.chunk(*b"PLTE", &found.colors)?;
            if !found.alpha.is_empty() {
                self.file.chunk(*b"tRNS", &found.alpha)?;
            }
        }
        self.file.raw(&outgoing.behind_palette)?;
        if animated {
            let time = time(0, cx, options, &outgoing.durations)?;
            let whole = (0, 0, shape.width, shape.height);
            self.file.frame(&shape.control(whole, delay::fraction(time)?))?;
        } else if !options.duration.is_empty() || options.fps.is_some() || options.loop_count.is_some() {
            self.notes.push("a still has no time: `duration`, `fps` and `loop_count` have no effect".to_owned());
        }
        self.compressed(&raster, options, false)?;
        if animated {
            let durations = outgoing.durations;
            self.animation = Some(Animated { declared, plays, previous: pixels.into_owned(), durations });
        }
        Ok(())
    }

    fn following(&mut self, cx: &WriteCx<'_>, shape: Shape, options: &WriteOptions) -> Result<()> {
        let Some(animation) = &mut self.animation else { return Err(still_only(self.written + 1)) };
        let pixels = Pixels::of(cx)?;
        let area = pixels.difference(&animation.previous, shape);
        let time = time(self.written, cx, options, &animation.durations)?;
        self.file.frame(&shape.control(area, delay::fraction(time)?))?;
        let raster = Raster::new(pixels.samples(), shape.height, shape.width, shape.channels).part(area);
        self.compressed(&raster, options, true)?;
        if let Some(animation) = &mut self.animation {
            animation.previous = pixels.into_owned();
        }
        Ok(())
    }

    fn compressed(&mut self, raster: &Raster<'_>, options: &WriteOptions, frame: bool) -> Result<()> {
        let settings = Settings { level: options.compression, filter: options.filter, interlace: options.interlace };
        let file = &mut self.file;
        compress::compress(raster, settings, &mut |piece| file.pixels(piece, frame))
    }
}

fn still_only(n: usize) -> Error {
    Error::mismatch(format!("a PNG file holds one image, and {n} are to be written"))
        .with_hint("name the file `.apng`, or set option `animation`, to write an animation; `sequence:image_%04d.png` writes a file each")
}

/// How long frame `k` is shown: by option, by its own metadata, by the metadata of the whole, else 100 ms.
fn time(k: usize, cx: &WriteCx<'_>, options: &WriteOptions, whole: &[Duration]) -> Result<Duration> {
    if let [all] = options.duration[..] {
        return Ok(all);
    }
    if !options.duration.is_empty() {
        let n = options.duration.len();
        let missing =
            || Error::new(ErrorKind::InvalidOption, format!("option `duration` has {n} times, none for frame {k}"));
        if let Some(images) = cx.n_images().filter(|images| *images != n) {
            let message = format!("option `duration` has {n} times for {images} frames");
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint("give one time, or one for each frame"));
        }
        return options.duration.get(k).copied().ok_or_else(missing);
    }
    if let Some(rate) = options.fps {
        return rate.period().ok_or_else(|| Error::new(ErrorKind::InvalidOption, "option `fps` is 0"));
    }
    let own = |m: &Metadata| match m.get("duration").map(|v| v.as_f64()) {
        Some(Some(ms)) => Duration::try_from_secs_f64(ms / 1000.0).ok(),
        _ => None,
    };
    let given = cx.metadata().and_then(own).or_else(|| whole.get(k).copied());
    Ok(given.unwrap_or(Duration::from_millis(100)))
}

impl ImageWriter for PngWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let shape = Shape::of(cx)?;
        match self.shape {
            None => self.first(cx, shape, &options)?,
            Some(first) if first == shape => self.following(cx, shape, &options)?,
            Some(first) => {
                let Shape { dtype, height, width, channels } = first;
                return Err(Error::mismatch(format!(
                    "all frames of an animation are alike: the first is {dtype} {height} x {width} with {channels} \
                     channels, this one is {} {:?}",
                    cx.image().dtype(),
                    cx.image().shape()
                )));
            }
        }
        self.shape = Some(shape);
        self.written += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.file.end()?;
        let written = u32::try_from(self.written).unwrap_or(u32::MAX);
        if let Some(animation) = self.animation.as_ref().filter(|a| a.declared != written) {
            self.file.set_frames(written, animation.plays)?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
