//! Device-independent bitmaps: header, palette and pixels as BMP files, icons and cursors hold them.
//!
//! Every header kind is read: OS/2 1.x (12 bytes), OS/2 2.x (16 to 64), Windows 3 (40), its extensions by masks
//! (52, 56), versions 4 (108) and 5 (124).

mod header;
mod pixels;
mod rle;
mod write;

pub use self::header::{Compression, Header};
pub use self::write::{Body, Layout};

use imageio_core::{Dtype, Error, FrameSink, ImageProperties, Limits, ReadSeek, Result};

use self::pixels::Source;
use crate::rows::{Raster, Streams};
use crate::source::ByteSource;

/// What a bitmap is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Black and white: `bool`, `(height, width)`.
    Bool,
    /// A palette that is the grey ramp 0, 1, 2 …: `u8`, `(height, width)`.
    Gray,
    /// `u8`, `(height, width, 3)`.
    Rgb,
    /// `u8`, `(height, width, 4)`.
    Rgba,
    /// Masks wider than 8 bits: `u16`, `(height, width, 3)`.
    Rgb16,
    /// Masks wider than 8 bits, with alpha: `u16`, `(height, width, 4)`.
    Rgba16,
}

impl Kind {
    /// Samples of one pixel.
    pub fn channels(self) -> usize {
        match self {
            Kind::Bool | Kind::Gray => 1,
            Kind::Rgb | Kind::Rgb16 => 3,
            Kind::Rgba | Kind::Rgba16 => 4,
        }
    }

    /// Element type.
    pub fn dtype(self) -> Dtype {
        match self {
            Kind::Bool => Dtype::Bool,
            Kind::Rgb16 | Kind::Rgba16 => Dtype::U16,
            _ => Dtype::U8,
        }
    }

    /// Pillow's word for it.
    pub fn mode(self) -> &'static str {
        match self {
            Kind::Bool => "1",
            Kind::Gray => "L",
            Kind::Rgb | Kind::Rgb16 => "RGB",
            Kind::Rgba | Kind::Rgba16 => "RGBA",
        }
    }

    fn letters(self) -> &'static str {
        match self.channels() {
            1 => "L",
            3 => "RGB",
            _ => "RGBA",
        }
    }
}

/// One bitmap, ready to be read.
#[derive(Debug, Clone)]
pub struct Dib {
    /// The header.
    pub header: Header,
    /// Colours as red, green, blue; empty where pixels hold colours themselves.
    pub palette: Vec<[u8; 3]>,
    /// What it is read as.
    pub kind: Kind,
    /// Offset of the pixels in the file.
    pub data: u64,
    source: Source,
}

impl Dib {
    /// Parses the header and the palette that `stream` stands at, which is `start` bytes into the file. `data` is
    /// where the file says that the pixels are; without it they follow what was parsed.
    pub fn parse(stream: &mut dyn ReadSeek, start: u64, data: Option<u64>) -> Result<Self> {
        let (header, mut end) = Header::parse(stream, start)?;
        let entry = if header.size == 12 { 3 } else { 4 };
        let mut data = data;
        if header.bits <= 8 {
            // A well-known mistake of encoders: an offset that leaves the palette out.
            let skipped = start + u64::from(header.size);
            data = data.map(|at| if at == skipped { at + u64::from(header.n_colors()) * entry } else { at });
        }
        let mut palette = Vec::new();
        if header.bits <= 8 {
            let wanted = header.n_colors();
            if wanted > 65_536 {
                return Err(Error::malformed(format!("a palette of {wanted} colours")));
            }
            let mut raw = Vec::new();
            let mut limited = std::io::Read::take(&mut *stream, u64::from(wanted) * entry);
            std::io::Read::read_to_end(&mut limited, &mut raw)?;
            end += raw.len() as u64;
            palette = raw.chunks_exact(entry as usize).map(|c| [c[2], c[1], c[0]]).collect();
        }
        let (kind, source) = pixels::kind(&header, &palette)?;
        Ok(Dib { data: data.filter(|at| *at != 0).unwrap_or(end), header, palette, kind, source })
    }

    /// Shape and dtype of a default read.
    pub fn properties(&self) -> ImageProperties {
        ImageProperties::picture(self.kind.dtype(), self.header.height, self.header.width, self.kind.letters())
    }

    /// Decodes into `sink` as [`kind`](Self::kind) says.
    pub fn read(&self, streams: &mut Streams<'_>, sink: &mut FrameSink<'_>) -> Result<()> {
        let (h, w) = (self.header.height, self.header.width);
        // The length of a pipe as well: nothing else bounds what runs may skip.
        if self.is_rle() && h.saturating_mul(w) > Limits::LARGE_CANVAS {
            streams.measure()?;
        }
        self.check(streams)?;
        if self.is_rle() {
            sink.limits().check_canvas((h, w), self.kind.channels(), || streams.size())?;
        }
        let bits = self.bits();
        match self.kind {
            Kind::Bool => {
                let out = sink.slice::<bool>(&[h, w])?;
                self.rows(streams, out, w, |from, to| pixels::to_bool(from, to, bits))
            }
            Kind::Gray => {
                let out = sink.slice::<u8>(&[h, w])?;
                if bits == 8 && !self.is_rle() {
                    return streams.read_in_place(&self.raster(), out, None);
                }
                self.rows(streams, out, w, |from, to| pixels::to_index(from, to, bits))
            }
            Kind::Rgb => {
                let out = sink.slice::<u8>(&[h, w, 3])?;
                self.rgb(streams, out)
            }
            Kind::Rgba => {
                let out = sink.slice::<u8>(&[h, w, 4])?;
                self.rgba(streams, out)
            }
            Kind::Rgb16 | Kind::Rgba16 => {
                let channels = self.kind.channels();
                let out = sink.slice::<u16>(&[h, w, channels])?;
                match &self.source {
                    Source::Masks(masks) if channels == 3 => {
                        self.rows(streams, out, w * 3, |from, to| masks.rgb16(from, to))
                    }
                    Source::Masks(masks) => self.rows(streams, out, w * 4, |from, to| masks.rgba16(from, to)),
                    _ => Err(Error::unsupported("16-bit samples without masks")),
                }
            }
        }
    }

    /// Decodes to red, green, blue, alpha, whatever the kind; alpha is opaque where the bitmap has none, and is
    /// the fourth byte of a pixel of 32 bits. `out` holds 4 bytes a pixel.
    pub fn read_rgba(&self, streams: &mut Streams<'_>, out: &mut [u8]) -> Result<()> {
        self.check(streams)?;
        self.rgba(streams, out)
    }

    /// `Malformed` if the pixels can't be there.
    pub fn check(&self, streams: &Streams<'_>) -> Result<()> {
        if !self.is_rle() {
            return self.raster().check(streams);
        }
        // Four bytes can skip 255 rows and columns, so no file is smaller than that.
        let pixels = (self.header.height as u64).saturating_mul(self.header.width as u64);
        streams.expect_until(self.data.saturating_add(pixels / 65_025))
    }

    /// Bytes of the pixels as they are stored, where their length is fixed.
    pub fn stored_bytes(&self) -> Option<u64> {
        (!self.is_rle()).then(|| (self.stride() as u64).saturating_mul(self.header.height as u64))
    }

    fn rgb(&self, streams: &mut Streams<'_>, out: &mut [u8]) -> Result<()> {
        let (row, bits) = (self.header.width * 3, self.bits());
        match &self.source {
            Source::Index(table) => self.rows(streams, out, row, |from, to| pixels::to_colors(from, to, bits, table)),
            Source::Bgr if self.fills(out, row) => {
                streams.read_in_place(&self.raster(), out, Some(&crate::swizzle::swap_red_and_blue))
            }
            Source::Bgr => self.rows(streams, out, row, crate::swizzle::bgr_to_rgb),
            Source::Bgrx | Source::Bgra => self.rows(streams, out, row, crate::swizzle::bgrx_to_rgb),
            Source::Masks(masks) => self.rows(streams, out, row, |from, to| masks.rgb(from, to)),
        }
    }

    fn rgba(&self, streams: &mut Streams<'_>, out: &mut [u8]) -> Result<()> {
        let (row, bits) = (self.header.width * 4, self.bits());
        match &self.source {
            Source::Index(table) => {
                let table: Vec<[u8; 4]> = table.iter().map(|c| [c[0], c[1], c[2], 255]).collect();
                self.rows(streams, out, row, |from, to| pixels::to_colors(from, to, bits, &table))
            }
            Source::Bgr => self.rows(streams, out, row, |from, to| {
                for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from.as_chunks::<3>().0) {
                    *to = [from[2], from[1], from[0], 255];
                }
            }),
            Source::Bgrx | Source::Bgra if self.fills(out, row) => {
                streams.read_in_place(&self.raster(), out, Some(&crate::swizzle::swap_red_and_blue_of_4))
            }
            Source::Bgrx | Source::Bgra => self.rows(streams, out, row, crate::swizzle::bgra_to_rgba),
            Source::Masks(masks) => self.rows(streams, out, row, |from, to| masks.rgba(from, to)),
        }
    }

    fn rows<T: Send>(
        &self,
        streams: &mut Streams<'_>,
        out: &mut [T],
        row: usize,
        convert: impl Fn(&[u8], &mut [T]) + Sync,
    ) -> Result<()> {
        if !self.is_rle() {
            return streams.read(&self.raster(), out, row, convert);
        }
        let mut stream = streams.at(self.data)?;
        let mut source = ByteSource::new(&mut stream, self.data);
        rle::decode(&mut source, &self.header, out, row, &convert)
    }

    /// Whether rows are as long as those of the file, and all are there.
    fn fills(&self, out: &[u8], row: usize) -> bool {
        !self.is_rle() && out.len() == row * self.header.height
    }

    fn is_rle(&self) -> bool {
        matches!(self.header.compression, Compression::Rle4 | Compression::Rle8 | Compression::Rle24)
    }

    /// Bits of an index as conversions see it: run-length decoding gives a byte each.
    fn bits(&self) -> usize {
        if self.is_rle() { 8 } else { usize::from(self.header.bits) }
    }

    fn stride(&self) -> usize {
        self.header.width.saturating_mul(usize::from(self.header.bits)).div_ceil(32).saturating_mul(4)
    }

    fn raster(&self) -> Raster {
        let used = self.header.width.saturating_mul(usize::from(self.header.bits)).div_ceil(8);
        Raster::new(self.data, used, self.header.height).stride(self.stride()).bottom_up(!self.header.top_down)
    }
}
