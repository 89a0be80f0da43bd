//! The RIFF container: which chunks there are and what they say of the images, without looking at pixels.

mod bitstream;
mod parse;
mod source;

pub(crate) use self::parse::parse;
pub(crate) use self::source::{ChunkFile, Source};

/// First eight bytes of a chunk: its name and length.
pub(crate) const CHUNK_HEADER: u64 = 8;

/// Flags of the `VP8X` chunk.
pub(crate) mod flag {
    pub const ANIMATION: u8 = 0x02;
    pub const XMP: u8 = 0x04;
    pub const EXIF: u8 = 0x08;
    pub const ALPHA: u8 = 0x10;
    pub const ICC: u8 = 0x20;
}

/// A run of bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u64,
    pub len: u32,
}

/// How the pixels of a frame are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// `VP8 `, lossy.
    Lossy,
    /// `VP8L`, lossless.
    Lossless,
}

/// One image of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
    /// Milliseconds.
    pub duration: u32,
    /// Blended with what is below rather than taking its place.
    pub blend: bool,
    /// Its rectangle becomes transparent before the next frame.
    pub dispose: bool,
    pub codec: Codec,
    /// Whether its pixels may be transparent.
    pub alpha: bool,
    pub data: Span,
    /// The `ALPH` chunk.
    pub alpha_data: Option<Span>,
}

impl Frame {
    /// Offset of the first of its data: alpha stands before the image, with no more than a few bytes between.
    pub fn start(&self) -> u64 {
        self.alpha_data.map_or(self.data.start, |alpha| alpha.start)
    }
}

/// A file as its chunks describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub width: u32,
    pub height: u32,
    /// Whether images are read with alpha.
    pub alpha: bool,
    pub animated: bool,
    pub frames: Vec<Frame>,
    /// 0 is for ever.
    pub loop_count: u16,
    /// Background colour that the file suggests: red, green, blue, alpha.
    pub background: [u8; 4],
    pub icc: Option<Span>,
    pub exif: Option<Span>,
    pub xmp: Option<Span>,
    pub notes: Vec<String>,
}

impl Container {
    /// Array shape of every image.
    pub fn shape(&self) -> [usize; 3] {
        [self.height as usize, self.width as usize, self.channels()]
    }

    pub fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    pub fn mode(&self) -> &'static str {
        if self.alpha { "RGBA" } else { "RGB" }
    }

    /// `true` if a frame covers the whole picture.
    pub fn is_full(&self, frame: &Frame) -> bool {
        frame.width == self.width && frame.height == self.height
    }
}
