//! The block structure of a file, found without decoding a pixel.

use imageio_core::{Error, Limits, Result};

use crate::extensions::{self, Extensions, Pending};
use crate::geometry::Rect;
use crate::input::Input;
use crate::options::Compose;
use crate::palette::{self, Palette};

/// The logical screen descriptor and the global palette.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    pub version: [u8; 6],
    pub width: usize,
    pub height: usize,
    /// Index of the background colour; `None` without a global palette.
    pub background: Option<u8>,
    /// Pixel aspect ratio byte; 0 says nothing.
    pub aspect: u8,
    pub palette: Option<Palette>,
}

impl Screen {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        let mut head = [0u8; 13];
        if !input.exact(&mut head)? {
            return Err(Error::malformed("the file ends inside the screen descriptor").with("offset", 6));
        }
        let [v0, v1, v2, v3, v4, v5, w0, w1, h0, h1, flags, background, aspect] = head;
        let version = [v0, v1, v2, v3, v4, v5];
        if !matches!(&version, b"GIF87a" | b"GIF89a") {
            return Err(Error::declined("no GIF87a or GIF89a signature"));
        }
        let palette = match flags & 0x80 != 0 {
            true => match read_palette(input, flags)? {
                Some(palette) => Some(palette),
                None => return Err(Error::malformed("the file ends inside the global palette").with("offset", 13)),
            },
            false => None,
        };
        Ok(Screen {
            version,
            width: usize::from(u16::from_le_bytes([w0, w1])),
            height: usize::from(u16::from_le_bytes([h0, h1])),
            background: palette.is_some().then_some(background),
            aspect,
            palette,
        })
    }
}

/// What happens to a frame's rectangle before the next frame is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposal {
    Keep,
    Background,
    Previous,
}

/// One frame, as its headers describe it.
#[derive(Debug, Clone)]
pub(crate) struct FrameInfo {
    /// Offset of the image descriptor.
    pub start: u64,
    /// Offset of what follows the image descriptor: the local palette if there is one, then the data.
    pub body: u64,
    /// Bytes of compressed data with their block lengths, once they were passed over.
    pub data_bytes: Option<u64>,
    /// The frame's rectangle as stored; it may reach outside the canvas.
    pub rect: Rect,
    pub interlaced: bool,
    /// Colours of the local palette; 0 if it has none.
    pub local_colours: usize,
    pub transparent: Option<u8>,
    /// Hundredths of a second; `None` without a graphic control extension.
    pub delay: Option<u16>,
    /// The three bits as stored.
    pub stored_disposal: u8,
    pub disposal: Disposal,
    /// Indices are grey values: there is no palette, or one that says nothing else.
    pub grey: bool,
    /// No frame up to here has colours of its own: Pillow composes such frames as indices.
    pub indexed: bool,
    /// The file ends before the image data begin.
    pub cut: bool,
}

/// What is known of a file; grows as frames are looked for.
pub(crate) struct Layout {
    pub screen: Screen,
    /// The canvas: the screen, enlarged if the first frame has pixels beyond it.
    pub width: usize,
    pub height: usize,
    pub frames: Vec<FrameInfo>,
    /// Every frame has been found.
    pub complete: bool,
    pub extensions: Extensions,
    /// The end of file came without a trailer.
    pub no_trailer: bool,
    /// Bytes between blocks that belong to none.
    pub junk: u64,
    /// Where the search goes on.
    next: u64,
    /// Image data at `next` have to be passed over first.
    data_ahead: bool,
    limits: Limits,
    /// What is transparent in later frames.
    pub compose: Compose,
}

impl Layout {
    /// Reads headers up to and with the first frame's descriptor.
    pub fn open(input: &mut Input<'_>, limits: &Limits, compose: Compose) -> Result<Self> {
        let screen = Screen::read(input)?;
        let mut layout = Layout {
            width: screen.width,
            height: screen.height,
            screen,
            frames: Vec::new(),
            complete: false,
            extensions: Extensions::default(),
            no_trailer: false,
            junk: 0,
            next: input.position(),
            data_ahead: false,
            limits: limits.clone(),
            compose,
        };
        if !layout.advance(input)? {
            return Err(Error::malformed("the file holds no image").with("offset", layout.next));
        }
        if let Some(first) = layout.frames.first() {
            if first.cut {
                return Err(
                    Error::malformed("the file ends inside the first image's header").with("offset", first.start)
                );
            }
            // One that draws nothing reaches nowhere, wherever it says that it lies.
            if !first.rect.is_empty() {
                layout.width = layout.width.max(first.rect.right());
                layout.height = layout.height.max(first.rect.bottom());
            }
        }
        if layout.width == 0 || layout.height == 0 {
            let (width, height) = (layout.width, layout.height);
            return Err(Error::malformed(format!("a canvas of {width} x {height} pixels")).with("offset", 6));
        }
        Ok(layout)
    }

    /// Looks until frame `k` is known; `false` if there is none.
    pub fn find(&mut self, input: &mut Input<'_>, k: usize) -> Result<bool> {
        while self.frames.len() <= k {
            if !self.advance(input)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks for every frame; gives their number.
    pub fn find_all(&mut self, input: &mut Input<'_>) -> Result<usize> {
        if !self.complete {
            input.fetch()?;
        }
        while self.advance(input)? {}
        Ok(self.frames.len())
    }

    /// Bytes of a pixel of every frame: 1 (grey), 3 (RGB) or 4 (RGBA). Looks no further than needed to tell.
    ///
    /// Alpha if the first frame is transparent or leaves part of the canvas free, or a frame is disposed to
    /// background; grey if every palette is the grey ramp and the first frame is not transparent.
    pub fn channels(&mut self, input: &mut Input<'_>) -> Result<usize> {
        let full = Rect::new(0, 0, self.width, self.height);
        let Some(first) = self.frames.first() else { return Ok(3) };
        if first.transparent.is_some() {
            return Ok(4);
        }
        let mut alpha = !first.rect.contains(&full);
        let mut grey = true;
        let mut seen = 0;
        loop {
            for frame in self.frames.get(seen..).unwrap_or_default() {
                alpha |= frame.disposal == Disposal::Background;
                grey &= frame.grey;
            }
            seen = self.frames.len();
            let decided = alpha && !grey;
            // The second frame often decides, and lies behind data that are wanted anyway.
            if !decided && !self.complete && self.frames.len() >= 2 {
                input.fetch()?;
            }
            if decided || !self.advance(input)? {
                return Ok(if grey {
                    1
                } else if alpha {
                    4
                } else {
                    3
                });
            }
        }
    }

    /// Takes note of where the data of frame `k` end, which its reader found out.
    pub fn data_end(&mut self, k: usize, end: u64, bytes: u64) {
        if let Some(frame) = self.frames.get_mut(k) {
            frame.data_bytes = Some(bytes);
        }
        if self.data_ahead && k + 1 == self.frames.len() {
            self.next = end;
            self.data_ahead = false;
        }
    }

    /// Finds the next frame; `false` if there is none.
    fn advance(&mut self, input: &mut Input<'_>) -> Result<bool> {
        if self.complete {
            return Ok(false);
        }
        input.go_to(self.next)?;
        if self.data_ahead {
            let whole = input.skip_blocks()?;
            let bytes = input.position().saturating_sub(self.next);
            let last = self.frames.len().saturating_sub(1);
            self.data_end(last, input.position(), bytes);
            if !whole {
                return self.end(Pending::default(), true);
            }
        }
        let mut pending = Pending::default();
        let mut junk = 0;
        loop {
            match input.byte()? {
                None => {
                    self.junk += junk;
                    return self.end(pending, true);
                }
                Some(0x3B) => {
                    self.junk += junk;
                    return self.end(pending, false);
                }
                Some(0x21) => {
                    if !extensions::read(input, &mut pending, &self.limits)? {
                        self.junk += junk;
                        return self.end(pending, true);
                    }
                }
                Some(0x2C) => {
                    let frame = self.frame(input, &pending)?;
                    let held = size_of::<FrameInfo>() as u64 * self.frames.len() as u64;
                    self.limits.check_metadata(held + self.extensions.bytes + pending.found.bytes)?;
                    self.extensions.take(pending.found, self.frames.len());
                    self.junk += junk;
                    self.next = input.position();
                    self.data_ahead = !frame.cut;
                    self.complete = frame.cut;
                    self.no_trailer = frame.cut;
                    self.frames.push(frame);
                    return Ok(true);
                }
                // A block of no length is what an encoder leaves that ends its data twice.
                Some(_) => junk += 1,
            }
        }
    }

    fn end(&mut self, pending: Pending, no_trailer: bool) -> Result<bool> {
        self.extensions.take(pending.found, self.frames.len());
        self.complete = true;
        self.no_trailer = no_trailer;
        self.data_ahead = false;
        Ok(false)
    }

    fn frame(&self, input: &mut Input<'_>, pending: &Pending) -> Result<FrameInfo> {
        let start = input.position().saturating_sub(1);
        let control = pending.control.unwrap_or_default();
        let mut descriptor = [0u8; 9];
        let mut cut = !input.exact(&mut descriptor)?;
        let [l0, l1, t0, t1, w0, w1, h0, h1, flags] = descriptor;
        let number = |low, high| usize::from(u16::from_le_bytes([low, high]));
        let body = input.position();
        let mut own_colours = false;
        let mut local_colours = 0;
        if !cut && flags & 0x80 != 0 {
            match read_palette(input, flags)? {
                Some(palette) => {
                    local_colours = palette.len();
                    own_colours = !palette::is_grey_ramp(&palette);
                }
                None => cut = true,
            }
        }
        cut |= input.byte()?.is_none();
        let before = self.frames.last();
        let global_grey = self.screen.palette.as_ref().is_none_or(|palette| palette::is_grey_ramp(palette));
        Ok(FrameInfo {
            start,
            body,
            data_bytes: None,
            rect: Rect::new(number(l0, l1), number(t0, t1), number(w0, w1), number(h0, h1)),
            interlaced: flags & 0x40 != 0,
            local_colours,
            transparent: control.transparent,
            delay: pending.control.map(|c| c.delay),
            stored_disposal: control.disposal,
            disposal: match (control.disposal, before) {
                // Left open by the frame: what was said last goes on, as in Pillow.
                (0, Some(before)) => before.disposal,
                (0 | 1, _) => Disposal::Keep,
                (2, _) => Disposal::Background,
                _ => Disposal::Previous,
            },
            grey: if local_colours > 0 { !own_colours } else { global_grey },
            indexed: before.is_none_or(|before| before.indexed && !own_colours),
            cut,
        })
    }
}

/// Reads the palette that the low bits of `flags` announce; `None` if the data end inside it.
fn read_palette(input: &mut Input<'_>, flags: u8) -> Result<Option<Palette>> {
    let mut bytes = [0u8; 768];
    let bytes = &mut bytes[..6usize << (flags & 7)];
    Ok(input.exact(bytes)?.then(|| palette::from_bytes(bytes)))
}
