//! What stands before the pixels: the header, the palette, and where everything else lies.

use imageio_core::{Axis, Dtype, Error, ImageProperties, Limits, Result, Spacing, Unit};

use crate::chunk::{Chunk, Fields, SIGNATURE, Source};
use crate::error;

/// How samples are stored (PNG specification, table 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    Gray,
    Rgb,
    Palette,
    GrayAlpha,
    Rgba,
}

impl Color {
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Color::Gray,
            2 => Color::Rgb,
            3 => Color::Palette,
            4 => Color::GrayAlpha,
            6 => Color::Rgba,
            _ => return None,
        })
    }

    /// The number that the header holds.
    pub fn code(self) -> u8 {
        match self {
            Color::Gray => 0,
            Color::Rgb => 2,
            Color::Palette => 3,
            Color::GrayAlpha => 4,
            Color::Rgba => 6,
        }
    }
}

/// The array that an image becomes: element type and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub dtype: Dtype,
    pub channels: usize,
}

impl Layout {
    /// `true` if the last channel is alpha.
    pub fn has_alpha(self) -> bool {
        self.channels % 2 == 0
    }

    /// The array's shape.
    pub fn shape(self, height: u32, width: u32) -> Vec<usize> {
        match self.channels {
            1 => vec![height as usize, width as usize],
            n => vec![height as usize, width as usize, n],
        }
    }
}

/// The animation control chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Animation {
    pub frames: u32,
    /// 0 for ever.
    pub plays: u32,
}

/// What a frame of an animation does with the canvas when its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dispose {
    Keep,
    Clear,
    Restore,
}

/// The frame control chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameControl {
    /// Place among the chunks of the animation, which are numbered together.
    pub number: u32,
    pub width: u32,
    pub height: u32,
    pub x: u32,
    pub y: u32,
    pub delay: (u16, u16),
    pub dispose: Dispose,
    /// `true` to compose over what is there, `false` to replace it.
    pub over: bool,
}

impl FrameControl {
    /// Parses the chunk and holds it against the canvas.
    pub fn parse(data: &[u8], header: &Header) -> Option<Self> {
        let mut fields = Fields(data);
        let control = FrameControl {
            number: fields.u32()?,
            width: fields.u32()?,
            height: fields.u32()?,
            x: fields.u32()?,
            y: fields.u32()?,
            delay: (fields.u16()?, fields.u16()?),
            dispose: match fields.u8()? {
                0 => Dispose::Keep,
                1 => Dispose::Clear,
                2 => Dispose::Restore,
                _ => return None,
            },
            over: match fields.u8()? {
                0 => false,
                1 => true,
                _ => return None,
            },
        };
        let inside = |at: u32, len: u32, all: u32| len > 0 && at.checked_add(len).is_some_and(|end| end <= all);
        let fits = inside(control.x, control.width, header.width) && inside(control.y, control.height, header.height);
        fits.then_some(control)
    }

    /// Milliseconds that the frame is shown.
    pub fn milliseconds(&self) -> f64 {
        let (numerator, denominator) = self.delay;
        // A denominator of 0 counts as 100.
        let denominator = if denominator == 0 { 100 } else { denominator };
        f64::from(numerator) * 1000.0 / f64::from(denominator)
    }
}

/// Everything before the first pixel.
#[derive(Debug)]
pub(crate) struct Header {
    pub width: u32,
    pub height: u32,
    pub depth: u8,
    pub color: Color,
    pub interlaced: bool,
    /// Red, green, blue for each entry.
    pub palette: Vec<u8>,
    /// Alpha for palette entries, or the one transparent colour; empty if there is none.
    pub transparency: Vec<u8>,
    pub animation: Option<Animation>,
    /// Animation control chunks that there are; more than one is one too many.
    animations: usize,
    /// Control of the first frame, if that is the image which every reader shows.
    pub first_frame: Option<FrameControl>,
    /// Pixels per unit in x and y, and whether the unit is the metre.
    pub density: Option<(u32, u32, bool)>,
    /// The first chunk of pixels.
    pub pixels: Chunk,
    /// What else lies before the pixels.
    pub others: Vec<Chunk>,
    /// What lies behind them; found when it is first asked for.
    pub trailing: Option<Vec<Chunk>>,
    pub notes: Vec<String>,
}

impl Header {
    /// Reads up to the first pixels; the source then stands behind the header of their chunk.
    pub fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let mut signature = [0; 8];
        let n = source.read_up_to(&mut signature)?;
        if signature[..n] != SIGNATURE[..n] || n < 4 {
            return Err(Error::declined("not a PNG signature"));
        }
        let mut header = match source.chunk()? {
            Some(chunk) if &chunk.kind == b"IHDR" => Self::image_header(source, chunk)?,
            Some(chunk) if &chunk.kind == b"CgBI" => {
                return Err(Error::unsupported("this is Apple's own variant of PNG (CgBI), which is no PNG")
                    .with_hint("restore it with `xcrun pngcrush -revert-iphone-optimizations`"));
            }
            Some(chunk) => return Err(error::chunk("the first chunk is not IHDR", chunk.kind, chunk.at)),
            None => return Err(Error::malformed("the file ends after the signature")),
        };
        let max = limits.max_metadata.unwrap_or(u64::MAX);
        loop {
            let Some(chunk) = source.chunk()? else {
                return Err(Error::malformed("the file ends before the pixels").with("offset", source.pos()));
            };
            match &chunk.kind {
                b"IDAT" => {
                    header.pixels = chunk;
                    break;
                }
                b"PLTE" => header.palette(source, chunk)?,
                b"IEND" => return Err(error::chunk("there are no pixels", chunk.kind, chunk.at)),
                b"tRNS" | b"acTL" | b"fcTL" | b"pHYs" => {
                    let (data, right) = source.data(chunk, max)?;
                    let good = right && header.ancillary(chunk, &data);
                    if !good {
                        let what = if right { "invalid" } else { "damaged (wrong checksum)" };
                        header.note(format!("chunk {} is {what} and was ignored", chunk.kind.escape_ascii()));
                    }
                    if &chunk.kind == b"pHYs" && right {
                        header.others.push(chunk);
                    }
                }
                _ if chunk.is_critical() => {
                    return Err(Error::unsupported("a chunk that must be understood is not known")
                        .with("chunk", chunk.kind.escape_ascii())
                        .with("offset", chunk.at));
                }
                _ => {
                    header.others.push(chunk);
                    source.seek(chunk.end())?;
                }
            }
        }
        if header.color == Color::Palette && header.palette.is_empty() {
            return Err(Error::malformed("the image is indexed, but there is no palette"));
        }
        if header.animation.is_none() {
            header.first_frame = None;
        }
        Ok(header)
    }

    fn image_header(source: &mut Source<'_>, chunk: Chunk) -> Result<Self> {
        let wrong = |what: String| error::chunk(what, chunk.kind, chunk.at);
        let (data, right) = source.data(chunk, 1 << 16)?;
        if data.len() != 13 {
            return Err(wrong(format!("its length is {}, not 13", data.len())));
        }
        if !right {
            return Err(wrong("its checksum is wrong".to_owned()));
        }
        let mut fields = Fields(&data);
        let (Some(width), Some(height)) = (fields.u32(), fields.u32()) else {
            return Err(wrong("it is too short".to_owned()));
        };
        let [depth, color_code, compression, filter, interlace] = *fields.0 else {
            return Err(wrong("it is too short".to_owned()));
        };
        if width == 0 || height == 0 || width > i32::MAX as u32 || height > i32::MAX as u32 {
            return Err(wrong(format!("{width} x {height} is not a size")));
        }
        let color =
            Color::from_code(color_code).ok_or_else(|| wrong(format!("there is no colour type {color_code}")))?;
        let allowed: &[u8] = match color {
            Color::Gray => &[1, 2, 4, 8, 16],
            Color::Palette => &[1, 2, 4, 8],
            _ => &[8, 16],
        };
        if !allowed.contains(&depth) {
            return Err(wrong(format!("colour type {color_code} has no bit depth {depth}")));
        }
        if compression != 0 || filter != 0 || interlace > 1 {
            return Err(wrong(format!(
                "compression {compression}, filter {filter} and interlacing {interlace} are not defined together"
            )));
        }
        Ok(Header {
            width,
            height,
            depth,
            color,
            interlaced: interlace == 1,
            palette: Vec::new(),
            transparency: Vec::new(),
            animation: None,
            animations: 0,
            first_frame: None,
            density: None,
            pixels: chunk,
            others: Vec::new(),
            trailing: None,
            notes: Vec::new(),
        })
    }

    fn palette(&mut self, source: &mut Source<'_>, chunk: Chunk) -> Result<()> {
        let (data, right) = source.data(chunk, 1 << 16)?;
        if !right {
            return Err(error::chunk("its checksum is wrong", chunk.kind, chunk.at));
        }
        if self.color != Color::Palette {
            return Ok(()); // A suggestion for displays with few colours.
        }
        if data.is_empty() || data.len() % 3 != 0 || data.len() > 768 || !self.palette.is_empty() {
            return Err(error::chunk(format!("{} bytes are no palette", data.len()), chunk.kind, chunk.at));
        }
        self.palette = data;
        Ok(())
    }

    /// Takes in an ancillary chunk that matters for the array; `false` if it breaks the rules.
    fn ancillary(&mut self, chunk: Chunk, data: &[u8]) -> bool {
        match &chunk.kind {
            b"tRNS" => self.transparency(data),
            b"acTL" => {
                let mut fields = Fields(data);
                let (Some(frames), Some(plays)) = (fields.u32(), fields.u32()) else { return false };
                if frames == 0 || frames > i32::MAX as u32 {
                    return false;
                }
                // Of two that contradict each other neither counts: what is left is the still image.
                self.animations += 1;
                self.animation = (self.animations == 1).then_some(Animation { frames, plays });
                self.animation.is_some()
            }
            b"fcTL" => {
                let control = FrameControl::parse(data, self);
                // The still image is a frame only if it is the whole canvas, and then the first of all.
                let control = control.filter(|c| (c.width, c.height) == (self.width, self.height) && c.number == 0);
                if control.is_none() || self.first_frame.is_some() {
                    return false;
                }
                self.first_frame = control;
                true
            }
            _ => {
                let mut fields = Fields(data);
                let (Some(x), Some(y), Some(unit @ 0..=1)) = (fields.u32(), fields.u32(), fields.u8()) else {
                    return false;
                };
                if x > 0 && y > 0 {
                    self.density = Some((x, y, unit == 1));
                }
                true
            }
        }
    }

    fn transparency(&mut self, data: &[u8]) -> bool {
        let enough = match self.color {
            Color::Gray => data.len() == 2,
            Color::Rgb => data.len() == 6,
            Color::Palette => !data.is_empty() && data.len() <= 256 && !self.palette.is_empty(),
            Color::GrayAlpha | Color::Rgba => false,
        };
        if enough && self.transparency.is_empty() {
            self.transparency = data.to_vec();
            if self.color == Color::Palette {
                self.transparency.truncate(self.palette.len() / 3);
            } else {
                // Only as many bits count as a sample has (PNG specification, section 11.3.2.1).
                let mask = (0xFFFF_u16 >> (16 - u16::from(self.depth))).to_be_bytes();
                self.transparency.as_chunks_mut::<2>().0.iter_mut().for_each(|[high, low]| {
                    *high &= mask[0];
                    *low &= mask[1];
                });
            }
            return true;
        }
        false
    }

    /// Keeps something worth telling, once.
    pub fn note(&mut self, note: String) {
        if self.notes.len() < 20 && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The array that each image of the file becomes.
    pub fn layout(&self) -> Layout {
        let opaque = self.transparency.is_empty();
        let channels = match self.color {
            Color::Gray if opaque => 1,
            Color::Gray | Color::GrayAlpha => 2,
            Color::Rgb | Color::Palette if opaque => 3,
            Color::Rgb | Color::Palette | Color::Rgba => 4,
        };
        let dtype = match (self.depth, self.color) {
            (16, _) => Dtype::U16,
            (1, Color::Gray) if opaque => Dtype::Bool,
            _ => Dtype::U8,
        };
        Layout { dtype, channels }
    }

    /// Shape, dtype and spacing of each image.
    pub fn properties(&self) -> ImageProperties {
        let layout = self.layout();
        let letters = ["L", "LA", "RGB", "RGBA"][layout.channels - 1];
        let props = ImageProperties::picture(layout.dtype, self.height as usize, self.width as usize, letters);
        let Some((x, y, metres)) = self.density else { return props };
        let (x, y) = (f64::from(x), f64::from(y));
        let mut spacing = match metres {
            true => vec![Spacing::new(1.0 / y, Unit::Metre), Spacing::new(1.0 / x, Unit::Metre)],
            // Without a unit only the ratio counts.
            false => vec![Spacing::new(1.0, Unit::None), Spacing::new(y / x, Unit::None)],
        };
        if matches!(props.axes.as_deref(), Some([_, _, Axis::Channel(_)])) {
            spacing.push(Spacing::none());
        }
        props.with_spacing(spacing)
    }
}
