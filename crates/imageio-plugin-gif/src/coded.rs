//! The compressed data of a frame, read from the file and decoded.

use imageio_core::{Error, Limits, Result};

use crate::input::Input;
use crate::layout::{Disposal, Layout};
use crate::lzw::{Decoder, Outcome};
use crate::options::Compose;
use crate::palette::{Lut, Palette};

/// A frame as it lies in the file, and room for its indices; kept to be used again.
pub(crate) struct Coded {
    pub k: usize,
    pub lut: Lut,
    code_size: u8,
    data: Vec<u8>,
    /// Indices of the frame's rectangle as stored, row after row in the order of the data.
    pub indices: Vec<u8>,
    /// The frame whose indices these are.
    pub decoded: Option<usize>,
    start: u64,
}

/// Pixels beyond which a frame must not be out of all proportion to its canvas.
const LARGE: usize = 1 << 26;

impl Coded {
    pub fn new() -> Self {
        Coded {
            k: 0,
            lut: Lut::new(None, None),
            code_size: 0,
            data: Vec::new(),
            indices: Vec::new(),
            decoded: None,
            start: 0,
        }
    }

    /// Reads palette and compressed data of frame `k`, which is known.
    pub fn load(&mut self, input: &mut Input<'_>, layout: &mut Layout, k: usize) -> Result<()> {
        let palette = local_palette(input, layout, k)?;
        let lut = layout.lut(k, palette.as_deref());
        let Some(frame) = layout.frames.get(k) else { return Err(Error::index_out_of_range(k, None)) };
        self.k = k;
        self.decoded = None;
        self.lut = lut;
        self.start = frame.start;
        if frame.cut {
            return Err(self.malformed("the file ends inside the frame's header"));
        }
        let area = frame.rect.area();
        input.go_to(frame.body + 3 * frame.local_colours as u64)?;
        self.code_size = input.byte()?.unwrap_or(0);
        let data_start = input.position();
        self.data.clear();
        // A pixel takes 12 bits at the most; the rest of the room is for clear codes.
        input.collect_blocks(&mut self.data, area.saturating_mul(4).saturating_add(1 << 16))?;
        let end = input.position();
        layout.data_end(k, end, end.saturating_sub(data_start));
        Ok(())
    }

    /// Whether the data could hold the frame, before any memory is asked for; its number of pixels.
    pub fn check(&self, layout: &Layout, limits: &Limits) -> Result<usize> {
        let Some(frame) = layout.frames.get(self.k) else { return Ok(0) };
        if frame.rect.is_empty() {
            return Ok(0);
        }
        if !(1..=11).contains(&self.code_size) {
            let size = self.code_size;
            return Err(self.malformed(format!("an LZW minimum code size of {size} bits (2 to 8 are allowed)")));
        }
        let whole = frame.rect.area();
        let clipped = frame.rect.clipped(layout.width, layout.height);
        // Rows below the canvas need not be decoded; interlaced ones stand everywhere in the data.
        let area = match frame.interlaced {
            false => clipped.height * frame.rect.width,
            true => whole,
        };
        limits.check(&[area], 1, || None)?;
        if area > LARGE && area / 64 > layout.width * layout.height {
            return Err(Error::limit(format!("frame {} has {area} pixels, the canvas far less", self.k)));
        }
        // A code has 2 bits or more and stands for less than 4096 pixels.
        if whole / 4096 > self.data.len() * 4 {
            return Err(self.short(0, whole));
        }
        Ok(area)
    }

    /// Decodes the indices.
    pub fn decode(&mut self, decoder: &mut Decoder, area: usize) -> Result<()> {
        self.indices.clear();
        let too_big = |_| Error::limit(format!("no memory for {area} pixels"));
        self.indices.try_reserve_exact(area).map_err(too_big)?;
        self.indices.resize(area, 0);
        match decoder.decode(self.code_size, &self.data, &mut self.indices) {
            Outcome::Whole => {
                self.decoded = Some(self.k);
                Ok(())
            }
            Outcome::Short(n) => Err(self.short(n, area)),
            Outcome::Broken(n) => {
                Err(self.malformed(format!("the LZW data are damaged after {n} of {area} pixels of frame {}", self.k)))
            }
        }
    }

    fn short(&self, n: usize, area: usize) -> Error {
        self.malformed(format!("the data of frame {} end after {n} of {area} pixels", self.k))
    }

    fn malformed(&self, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::malformed(message).with("frame", self.k).with("offset", self.start)
    }
}

/// The palette that belongs to frame `k` alone.
pub(crate) fn local_palette(input: &mut Input<'_>, layout: &Layout, k: usize) -> Result<Option<Palette>> {
    let Some(frame) = layout.frames.get(k).filter(|f| f.local_colours > 0 && !f.cut) else { return Ok(None) };
    let mut bytes = vec![0u8; 3 * frame.local_colours];
    input.go_to(frame.body)?;
    if !input.exact(&mut bytes)? {
        return Err(Error::malformed("the file ends inside a local palette")
            .with("frame", k)
            .with("offset", frame.body));
    }
    Ok(Some(crate::palette::from_bytes(&bytes)))
}

impl Layout {
    /// The index that is transparent in the first frame, and with it the file's claim to transparency.
    pub fn first_transparent(&self) -> Option<u8> {
        self.frames.first().and_then(|f| f.transparent)
    }

    /// What the indices of frame `k` become.
    pub fn lut(&self, k: usize, local: Option<&[[u8; 3]]>) -> Lut {
        let Some(frame) = self.frames.get(k) else { return Lut::new(None, None) };
        let palette = local.or(self.screen.palette.as_deref());
        // The first frame is drawn whole: its transparent pixels have a colour, if an invisible one.
        let mut lut = Lut::new(palette, frame.transparent.filter(|_| k > 0));
        let hidden = k == 0 || (frame.indexed && self.compose == Compose::Pillow);
        if let Some(first) = self.first_transparent().filter(|_| hidden) {
            lut.hide(first);
        }
        lut
    }

    /// What the canvas holds before frame 0, whose colours are `lut`.
    pub fn initial_colour(&self, lut: &Lut) -> [u8; 4] {
        let [r, g, b] = lut.rgb(self.first_transparent().unwrap_or(0));
        let clear = self.first_transparent().is_some() || self.compose == Compose::Standard;
        [r, g, b, if clear { 0 } else { 255 }]
    }

    /// What the rectangle of frame `k`, whose colours are `lut`, is filled with if it is disposed to background.
    ///
    /// Transparent in any case by the standard way. As in Pillow: transparency where the file has any, the background
    /// colour otherwise.
    pub fn fill_colour(&self, k: usize, lut: &Lut) -> [u8; 4] {
        let Some(frame) = self.frames.get(k) else { return [0; 4] };
        let background = self.screen.background.unwrap_or(0);
        let (index, alpha) = match (self.first_transparent(), frame.transparent) {
            (Some(first), _) if frame.indexed => (first, 0),
            (Some(_), Some(own)) => (own, 0),
            (Some(_), None) => (background, 255),
            (None, own) => (own.unwrap_or(background), 255),
        };
        let [r, g, b] = lut.rgb(index);
        [r, g, b, if self.compose == Compose::Standard { 0 } else { alpha }]
    }

    /// What frame `k` leaves on the canvas for the next one.
    pub fn effect(&self, k: usize) -> Effect {
        let Some(frame) = self.frames.get(k) else { return Effect::Nothing };
        match frame.disposal {
            Disposal::Keep => Effect::Drawn,
            Disposal::Background => Effect::Filled,
            Disposal::Previous if k > 0 => Effect::Nothing,
            // Nothing was there before the first frame: back to transparency, if there is any.
            Disposal::Previous if frame.transparent.is_some() => Effect::Filled,
            Disposal::Previous => Effect::Drawn,
        }
    }

    /// Shape of every frame of `channels` bytes a pixel.
    pub fn shape(&self, channels: usize) -> Vec<usize> {
        match channels {
            1 => vec![self.height, self.width],
            _ => vec![self.height, self.width, channels],
        }
    }
}

/// What a frame leaves on the canvas for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Its pixels.
    Drawn,
    /// A rectangle of one colour.
    Filled,
    /// The canvas as it was.
    Nothing,
}
