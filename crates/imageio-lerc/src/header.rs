//! What a blob says of itself.

use crate::element::Kind;
use crate::error::{Error, Result};
use crate::reader::Reader;

/// Which of the two formats a blob has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `CntZImage`, which only real numbers of 32 bits have.
    Lerc1,
    /// `Lerc2`, of version 1 to 6.
    Lerc2(u8),
}

/// What a blob says of itself: one band of a raster.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// The format and its version.
    pub format: Format,
    /// The type of the elements.
    pub kind: Kind,
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Elements of a pixel, which lie next to each other.
    pub depth: usize,
    /// Pixels that hold values. Of Lerc1, all: only its mask can tell.
    pub valid: usize,
    /// Bytes of the mask as it is stored: 0 if all pixels are valid, none is, or those of the band before.
    pub mask_bytes: usize,
    /// How far an element may be from what it was. 0.5 for integers without loss, 0 for real numbers.
    pub max_error: f64,
    /// Lowest and highest of the values that were compressed. Unknown (infinite) of Lerc1.
    pub range: [f64; 2],
    /// Bytes of the blob; the next band's starts after them. Of Lerc1, those of the header.
    pub length: usize,
    /// Bands that follow, as far as the blob knows (version 6).
    pub more: usize,
    /// The value that stands for none, where single elements of valid pixels have it (version 6).
    pub no_data: Option<f64>,
    pub(crate) stored_no_data: f64,
    pub(crate) block: usize,
    pub(crate) checksum: Option<u32>,
}

pub(crate) const MAGIC2: &[u8; 6] = b"Lerc2 ";
pub(crate) const MAGIC1: &[u8; 10] = b"CntZImage ";
/// Bytes before those that the checksum covers.
pub(crate) const BEFORE_SUM: usize = 14;
const WHAT: &str = "the header";

impl Header {
    /// Reads the header at the start of `data`; of pixels, nothing.
    ///
    /// # Errors
    /// [`Error::NotLerc`], [`Error::Truncated`], [`Error::Unsupported`] for versions and types to come, and
    /// [`Error::Malformed`] for sizes and errors that can't be.
    pub fn read(data: &[u8]) -> Result<Self> {
        Self::start(data).map(|(header, _)| header)
    }

    /// Elements of the band.
    pub fn elements(&self) -> u64 {
        // Each factor was read from 31 bits, and the pixels' product checked against 31 more.
        (self.width as u64).saturating_mul(self.height as u64).saturating_mul(self.depth as u64)
    }

    /// The header, and a reader of the blob alone that stands at what follows the mask's length.
    pub(crate) fn start(data: &[u8]) -> Result<(Self, Reader<'_>)> {
        if data.starts_with(MAGIC1) {
            return Self::first(data);
        }
        if !data.starts_with(MAGIC2) {
            return Err(Error::NotLerc);
        }
        let mut r = Reader::new(data);
        r.take(MAGIC2.len(), WHAT)?;
        let version = match r.i32(WHAT)? {
            version @ 1..=6 => version as u8,
            number => return Err(Error::Unsupported { what: "LERC version", number: number.into() }),
        };
        let checksum = if version >= 3 { Some(r.u32(WHAT)?) } else { None };
        let height = size(&mut r, "a height of no rows")?;
        let width = size(&mut r, "a width of no pixels")?;
        let depth = if version >= 4 { size(&mut r, "a depth of no elements")? } else { 1 };
        let valid = r.i32(WHAT)?;
        let block = r.i32(WHAT)?;
        let length = r.i32(WHAT)?;
        let code = r.i32(WHAT)?;
        let kind = Kind::by_code(code).ok_or(Error::Unsupported { what: "element type", number: code.into() })?;
        let more = if version >= 6 { r.i32(WHAT)? } else { 0 };
        let [has_no_data, ..] = if version >= 6 { r.array::<4>(WHAT)? } else { [0; 4] };
        let (max_error, min, max) = (r.f64(WHAT)?, r.f64(WHAT)?, r.f64(WHAT)?);
        let [stored_no_data, no_data] = if version >= 6 { [r.f64(WHAT)?, r.f64(WHAT)?] } else { [0.0; 2] };
        let pixels = (width as u64).saturating_mul(height as u64);
        let valid = match usize::try_from(valid) {
            Ok(valid) if valid as u64 <= pixels => valid,
            _ => return Err(r.bad("more valid pixels than there are")),
        };
        let block = match usize::try_from(block) {
            Ok(block @ 1..=32) => block,
            _ => return Err(r.bad("blocks of another size than 1 to 32")),
        };
        if !(max_error.is_finite() && max_error >= 0.0) {
            return Err(r.bad("a greatest error that is none"));
        }
        let mask_bytes = r.u32(WHAT)? as usize;
        let at = r.at();
        let length = match usize::try_from(length) {
            Ok(length) if length >= at => length,
            _ => return Err(r.bad("a blob shorter than its header")),
        };
        if (valid == 0 || valid as u64 == pixels) && mask_bytes != 0 {
            return Err(r.bad("a mask where no pixel needs one"));
        }
        let Some(blob) = data.get(..length) else {
            return Err(Error::Truncated { what: "the blob", at: 0, needed: length, left: data.len() });
        };
        let mut r = Reader::new(blob);
        r.take(at, WHAT)?;
        let header = Self {
            format: Format::Lerc2(version),
            kind,
            width,
            height,
            depth,
            valid,
            mask_bytes,
            max_error,
            range: [min, max],
            length,
            more: usize::try_from(more).unwrap_or(0),
            no_data: (has_no_data != 0 && depth > 1).then_some(no_data),
            stored_no_data,
            block,
            checksum,
        };
        Ok((header, r))
    }

    fn first(data: &[u8]) -> Result<(Self, Reader<'_>)> {
        let mut r = Reader::new(data);
        r.take(MAGIC1.len(), WHAT)?;
        let (version, image) = (r.i32(WHAT)?, r.i32(WHAT)?);
        if version != 11 {
            return Err(Error::Unsupported { what: "CntZImage version", number: version.into() });
        }
        if image != 8 {
            return Err(Error::Unsupported { what: "CntZImage type", number: image.into() });
        }
        let height = size(&mut r, "a height of no rows")?;
        let width = size(&mut r, "a width of no pixels")?;
        let max_error = r.f64(WHAT)?;
        if width > 20_000 || height > 20_000 {
            return Err(r.bad("a CntZImage of more than 20000 pixels a side"));
        }
        if !(max_error.is_finite() && max_error >= 0.0) {
            return Err(r.bad("a greatest error that is none"));
        }
        let header = Self {
            format: Format::Lerc1,
            kind: Kind::F32,
            width,
            height,
            depth: 1,
            valid: width * height,
            mask_bytes: 0,
            max_error,
            range: [f64::NEG_INFINITY, f64::INFINITY],
            length: r.at(),
            more: 0,
            no_data: None,
            stored_no_data: 0.0,
            block: 0,
            checksum: None,
        };
        Ok((header, r))
    }
}

fn size(r: &mut Reader<'_>, none: &'static str) -> Result<usize> {
    match r.i32(WHAT)? {
        size @ 1.. => Ok(size as usize),
        _ => Err(r.bad(none)),
    }
}
