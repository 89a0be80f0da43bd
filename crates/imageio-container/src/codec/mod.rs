//! What the headers of codecs say of their pictures.

pub mod av1;
pub mod ffv1;
pub mod h264;
pub mod hevc;
pub mod mjpeg;
pub mod mpeg4;
pub mod vp8;
pub mod vp9;

/// How many samples of colour there are for those of light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// No colour.
    Gray,
    /// One for two by two, 4:2:0.
    Both,
    /// One for two in a row, 4:2:2.
    Horizontal,
    /// One for two in a column, 4:4:0.
    Vertical,
    /// As many, 4:4:4.
    Full,
}

/// What the numbers of samples mean, in the codes of ISO/IEC 23091-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Colour primaries.
    pub primaries: u8,
    /// Transfer characteristics.
    pub transfer: u8,
    /// Matrix coefficients.
    pub matrix: u8,
}

/// Pictures, as the header of their codec describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// Width in pixels, after cropping.
    pub width: u32,
    /// Height in pixels, after cropping.
    pub height: u32,
    /// The profile, as a number of the codec's own.
    pub profile: u32,
    /// H.264: the byte of constraint flags; otherwise 0.
    pub constraints: u8,
    /// The level, as a number of the codec's own.
    pub level: u32,
    /// Samples of colour.
    pub sampling: Sampling,
    /// Bits of a sample, of light and of colour alike.
    pub depth: u32,
    /// Whether samples use their full range; `None` if that is not said.
    pub full_range: Option<bool>,
    /// What samples mean; `None` if that is not said.
    pub colour: Option<Colour>,
    /// Where samples of colour lie, as H.264 counts the places; `None` if that is not said.
    pub chroma_location: Option<u32>,
    /// Width and height of a pixel; `None` if that is not said.
    pub pixel_aspect: Option<(u32, u32)>,
    /// Every picture is known to be whole, neither a field nor two interlaced.
    pub is_progressive: bool,
}
