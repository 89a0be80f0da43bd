use std::io::{BufRead, Read};

use imageio_core::{Error, Limits, ReadSeek, Result};

use crate::bytes::Bytes;

/// First bytes of every OpenEXR file: 20000630.
pub(crate) const MAGIC: [u8; 4] = [0x76, 0x2F, 0x31, 0x01];

/// Flags beside the version number in the second word of the file.
const TILED: u32 = 0x200;
const LONG_NAMES: u32 = 0x400;
const DEEP: u32 = 0x800;
const MULTI_PART: u32 = 0x1000;

/// Names and types are shorter than this, even long ones.
const MAX_NAME: u64 = 256;

/// Type of the samples of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PixelType {
    U32,
    F16,
    F32,
}

impl PixelType {
    fn from_code(code: u32) -> Option<Self> {
        [PixelType::U32, PixelType::F16, PixelType::F32].get(code as usize).copied()
    }

    pub(crate) fn code(self) -> u32 {
        self as u32
    }

    pub(crate) fn size(self) -> usize {
        if self == PixelType::F16 { 2 } else { 4 }
    }
}

/// One channel of a part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Channel {
    pub name: String,
    pub kind: PixelType,
    pub linear: bool,
    /// Distance of samples in pixels, along x and y.
    pub sampling: (usize, usize),
}

/// How blocks are compressed; the order is that of the codes in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    None,
    Rle,
    Zips,
    Zip,
    Piz,
    Pxr24,
    B44,
    B44a,
    Dwaa,
    Dwab,
    /// A code that is not known here.
    Other(u8),
}

impl Method {
    pub(crate) const ALL: [Method; 10] = [
        Method::None,
        Method::Rle,
        Method::Zips,
        Method::Zip,
        Method::Piz,
        Method::Pxr24,
        Method::B44,
        Method::B44a,
        Method::Dwaa,
        Method::Dwab,
    ];

    fn from_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Method::Other(code))
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Method::Other(code) => code,
            method => Self::ALL.iter().position(|m| *m == method).map_or(u8::MAX, |code| code as u8),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::None => "none",
            Method::Rle => "rle",
            Method::Zips => "zips",
            Method::Zip => "zip",
            Method::Piz => "piz",
            Method::Pxr24 => "pxr24",
            Method::B44 => "b44",
            Method::B44a => "b44a",
            Method::Dwaa => "dwaa",
            Method::Dwab => "dwab",
            Method::Other(_) => "unknown",
        }
    }

    /// Lines of a block of a part that is not tiled.
    pub(crate) fn lines(self) -> usize {
        match self {
            Method::None | Method::Rle | Method::Zips | Method::Other(_) => 1,
            Method::Zip | Method::Pxr24 => 16,
            Method::Piz | Method::B44 | Method::B44a | Method::Dwaa => 32,
            Method::Dwab => 256,
        }
    }
}

/// A rectangle of pixels; both corners belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub min: (i32, i32),
    pub max: (i32, i32),
}

impl Window {
    pub(crate) fn of(width: i32, height: i32) -> Self {
        Window { min: (0, 0), max: (width - 1, height - 1) }
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Window { min: (bytes.i32()?, bytes.i32()?), max: (bytes.i32()?, bytes.i32()?) })
    }

    /// Width and height; `None` if a corner is on the wrong side of the other.
    pub(crate) fn size(&self) -> Option<(usize, usize)> {
        let side = |min: i32, max: i32| usize::try_from(i64::from(max) - i64::from(min) + 1).ok().filter(|n| *n > 0);
        Some((side(self.min.0, self.max.0)?, side(self.min.1, self.max.1)?))
    }
}

/// Division of a part into tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tiles {
    pub size: (usize, usize),
    /// 0: one level, 1: mip maps, 2: rip maps.
    pub levels: u8,
    /// `true` if the sizes of levels are rounded up.
    pub up: bool,
}

/// An attribute as it is in the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    pub name: String,
    pub kind: String,
    pub value: Vec<u8>,
}

/// One part: an image with its own size, channels and attributes.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub attributes: Vec<Attribute>,
    pub name: Option<String>,
    pub channels: Vec<Channel>,
    pub compression: Method,
    pub window: Window,
    pub size: (usize, usize),
    pub tiles: Option<Tiles>,
    pub deep: bool,
    pub chunk_count: Option<usize>,
}

/// Everything in front of the tables of offsets.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub parts: Vec<Part>,
    pub multi_part: bool,
    /// Position of the first table.
    pub tables_at: u64,
}

impl File {
    /// Reads the headers of every part ("OpenEXR File Layout", sections "Version Field" and "Header").
    pub(crate) fn read(stream: &mut dyn ReadSeek, limits: &Limits) -> Result<Self> {
        let mut input = Input { stream, at: 0, limits };
        let mut fixed = [0; 8];
        input.fill(&mut fixed)?;
        let flags = u32::from_le_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]);
        let version = flags & 0xFF;
        if !(1..=2).contains(&version) {
            return Err(Error::unsupported(format!("OpenEXR version {version}")));
        }
        let unknown = flags & !(0xFF | TILED | LONG_NAMES | DEEP | MULTI_PART);
        if unknown != 0 {
            return Err(Error::unsupported(format!("an OpenEXR file with the unknown flags {unknown:#x}")));
        }
        let multi_part = flags & MULTI_PART != 0;
        let mut parts = Vec::new();
        loop {
            let attributes = input.attributes()?;
            if attributes.is_empty() && multi_part {
                break;
            }
            let part = Part::from_attributes(attributes, flags).map_err(|e| e.with("part", parts.len()))?;
            parts.push(part);
            if !multi_part {
                break;
            }
        }
        if parts.is_empty() {
            return Err(Error::malformed("the file has no part"));
        }
        Ok(File { parts, multi_part, tables_at: input.at })
    }
}

struct Input<'s> {
    stream: &'s mut dyn ReadSeek,
    at: u64,
    limits: &'s Limits,
}

impl Input<'_> {
    fn cut_off(&self) -> Error {
        Error::malformed("the header is cut off").with("offset", self.at)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        if self.stream.read_exact(bytes).is_err() {
            return Err(self.cut_off());
        }
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn text(&mut self) -> Result<String> {
        let mut text = Vec::new();
        let n = self.stream.take(MAX_NAME).read_until(0, &mut text)?;
        if text.pop() != Some(0) {
            return Err(if (n as u64) < MAX_NAME {
                self.cut_off()
            } else {
                Error::malformed("an attribute has a name of more than 255 bytes").with("offset", self.at)
            });
        }
        self.at += n as u64;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The attributes up to the empty name that ends them.
    fn attributes(&mut self) -> Result<Vec<Attribute>> {
        let mut attributes = Vec::new();
        loop {
            let start = self.at;
            let name = self.text()?;
            if name.is_empty() {
                return Ok(attributes);
            }
            let kind = self.text()?;
            let mut size = [0; 4];
            self.fill(&mut size)?;
            let size = i32::from_le_bytes(size);
            let Ok(size) = u64::try_from(size) else {
                return Err(Error::malformed(format!("attribute `{name}` has a size of {size}")).with("offset", start));
            };
            self.limits.check_metadata(self.at + size)?;
            let mut value = Vec::new();
            self.stream.take(size).read_to_end(&mut value)?;
            if (value.len() as u64) < size {
                return Err(self.cut_off());
            }
            self.at += size;
            attributes.push(Attribute { name, kind, value });
        }
    }
}

impl Part {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    fn from_attributes(attributes: Vec<Attribute>, flags: u32) -> Result<Self> {
        fn needed<'a, T>(
            attributes: &'a [Attribute],
            name: &'static str,
            read: impl Fn(&mut Bytes<'a>) -> Option<T>,
        ) -> Result<T> {
            let attribute = attributes.iter().find(|a| a.name == name);
            let Some(attribute) = attribute else {
                return Err(Error::malformed(format!("the header has no attribute `{name}`")));
            };
            read(&mut Bytes(&attribute.value))
                .ok_or_else(|| Error::malformed(format!("the attribute `{name}` does not hold what it should")))
        }
        let has = |name: &str| attributes.iter().any(|a| a.name == name);
        let text = |name: &str| attributes.iter().find(|a| a.name == name).map(|a| lossy(&a.value));
        let multi_part = flags & MULTI_PART != 0;
        // The type of an image that is alone is what the version field says, whatever the attribute does, as in the
        // reference; only deep data have to name theirs.
        let kind = if multi_part || flags & DEEP != 0 { text("type") } else { None };
        let (tiled, deep) = match kind.as_deref() {
            Some("scanlineimage") => (false, false),
            Some("tiledimage") => (true, false),
            Some("deepscanline") => (false, true),
            Some("deeptile") => (true, true),
            Some(other) if multi_part => {
                return Err(Error::unsupported(format!("a part of type `{other}`")));
            }
            _ => (flags & TILED != 0, flags & DEEP != 0),
        };
        let tiles = if tiled && (has("tiles") || !deep) { Some(needed(&attributes, "tiles", tiles_of)?) } else { None };
        let window = needed(&attributes, "dataWindow", Window::read)?;
        let size = window.size().ok_or_else(|| Error::malformed(format!("the data window {window:?} is empty")))?;
        let channels = needed(&attributes, "channels", channels_of)?;
        if channels.is_empty() {
            return Err(Error::malformed("the part has no channels"));
        }
        let chunk_count = needed(&attributes, "chunkCount", Bytes::i32).ok();
        Ok(Part {
            name: text("name"),
            channels,
            compression: Method::from_code(needed(&attributes, "compression", Bytes::u8)?),
            window,
            size,
            tiles,
            deep,
            chunk_count: chunk_count.and_then(|n| usize::try_from(n).ok()),
            attributes,
        })
    }
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

pub(crate) fn tiles_of(bytes: &mut Bytes<'_>) -> Option<Tiles> {
    let (width, height, mode) = (bytes.u32()?, bytes.u32()?, bytes.u8()?);
    let size = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let fits = |n: usize| (1..=i32::MAX as usize).contains(&n);
    let tiles = Tiles { size, levels: mode & 0xF, up: mode >> 4 == 1 };
    (fits(size.0) && fits(size.1) && tiles.levels <= 2).then_some(tiles)
}

/// The list of channels, which are in alphabetical order in the file and in its blocks.
pub(crate) fn channels_of(bytes: &mut Bytes<'_>) -> Option<Vec<Channel>> {
    let mut channels = Vec::new();
    loop {
        let name = bytes.text()?;
        if name.is_empty() {
            return Some(channels);
        }
        let kind = PixelType::from_code(bytes.u32()?)?;
        let linear = bytes.u8()? != 0;
        bytes.take(3)?;
        let mut sampling = || usize::try_from(bytes.i32()?).ok().filter(|n| *n > 0);
        let sampling = (sampling()?, sampling()?);
        channels.push(Channel { name, kind, linear, sampling });
    }
}
