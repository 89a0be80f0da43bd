use imageio_core::{Error, ReadSeek, Result};

use crate::rows::read_exact;

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Rows of pixels.
    None,
    /// Runs of indices of 8 bits.
    Rle8,
    /// Runs of indices of 4 bits.
    Rle4,
    /// Runs of colours of 24 bits (OS/2).
    Rle24,
    /// Rows of pixels whose colours are said by masks.
    Bitfields,
}

/// The header of a bitmap, brought to one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Its length, which tells its kind.
    pub size: u32,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Whether the highest row is stored first.
    pub top_down: bool,
    /// Bits of a pixel.
    pub bits: u16,
    /// How pixels are stored.
    pub compression: Compression,
    /// The number that says so in the file.
    pub compression_code: u32,
    /// Pixels per metre, horizontally and vertically; 0 where nothing is said.
    pub per_metre: [u32; 2],
    /// Colours in the palette; 0 for as many as the bits allow.
    pub colors: u32,
    /// Masks of red, green, blue and alpha.
    pub masks: Option<[u32; 4]>,
    /// Colour space of versions 4 and 5: `sRGB`, `Win `, `MBED`, `LINK` or 0 for calibrated primaries.
    pub color_space: Option<u32>,
    /// Primaries as x, y, z of red, green, blue, and gamma of each, where the colour space is calibrated.
    pub calibration: Option<([f64; 9], [f64; 3])>,
    /// Rendering intent of version 5.
    pub intent: Option<u32>,
    /// Offset (from the start of the header) and length of an ICC profile.
    pub profile: Option<(u32, u32)>,
}

impl Header {
    /// Number of colours in the palette.
    pub fn n_colors(&self) -> u32 {
        if self.colors == 0 && self.bits <= 8 { 1 << self.bits } else { self.colors }
    }

    /// Parses what `stream` stands at; also gives the offset after the header and the masks that follow it.
    pub(super) fn parse(stream: &mut dyn ReadSeek, start: u64) -> Result<(Header, u64)> {
        let mut size = [0; 4];
        read_exact(stream, &mut size, start)?;
        let size = u32::from_le_bytes(size);
        if !(size == 12 || (16..=64).contains(&size) || matches!(size, 108 | 124)) {
            return Err(Error::unsupported(format!("a bitmap header of {size} bytes")).with("offset", start));
        }
        let mut raw = vec![0; size as usize - 4];
        read_exact(stream, &mut raw, start + 4)?;
        let mut end = start + u64::from(size);
        let raw = Raw(&raw);
        let header = if size == 12 { core(&raw)? } else { info(&raw, size, stream, &mut end)? };
        if header.width == 0 || header.height == 0 {
            return Err(Error::malformed(format!("a bitmap of {} × {} pixels", header.width, header.height))
                .with("offset", start));
        }
        if !matches!(header.bits, 1 | 2 | 4 | 8 | 16 | 24 | 32) {
            return Err(Error::unsupported(format!("a bitmap of {} bits a pixel", header.bits)).with("offset", start));
        }
        Ok((header, end))
    }
}

/// Fields after the length; what lies beyond the end of a short header is 0.
struct Raw<'a>(&'a [u8]);

impl Raw<'_> {
    fn u16(&self, at: usize) -> u16 {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
    }

    fn u32(&self, at: usize) -> u32 {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
    }
}

fn core(raw: &Raw<'_>) -> Result<Header> {
    Ok(Header {
        size: 12,
        width: raw.u16(0).into(),
        height: raw.u16(2).into(),
        top_down: false,
        bits: raw.u16(6),
        compression: Compression::None,
        compression_code: 0,
        per_metre: [0; 2],
        colors: 0,
        masks: None,
        color_space: None,
        calibration: None,
        intent: None,
        profile: None,
    })
}

fn info(raw: &Raw<'_>, size: u32, stream: &mut dyn ReadSeek, end: &mut u64) -> Result<Header> {
    let width = raw.u32(0) as i32;
    let height = raw.u32(4) as i32;
    if width < 0 {
        return Err(
            Error::malformed(format!("a bitmap {width} pixels wide")).with("offset", *end - u64::from(size) + 4)
        );
    }
    let (bits, code) = (raw.u16(10), raw.u32(12));
    let os2 = !matches!(size, 40 | 52 | 56 | 108 | 124);
    let unsupported = |what: &str| Err(Error::unsupported(format!("a bitmap with {what}")));
    let compression = match code {
        0 => Compression::None,
        1 if bits == 8 => Compression::Rle8,
        2 if bits == 4 => Compression::Rle4,
        1 | 2 => return Err(Error::malformed(format!("run lengths (compression {code}) with {bits} bits a pixel"))),
        3 if os2 && bits == 1 => return unsupported("Huffman codes"),
        3 | 6 if matches!(bits, 16 | 24 | 32) => Compression::Bitfields,
        4 if os2 && bits == 24 => Compression::Rle24,
        4 if !os2 => return unsupported("a JPEG stream inside"),
        5 if !os2 => return unsupported("a PNG stream inside"),
        _ => return unsupported(&format!("compression {code} and {bits} bits a pixel")),
    };
    let mut masks = None;
    if compression == Compression::Bitfields {
        let mut found = [0; 4];
        if size >= 52 {
            found = [raw.u32(36), raw.u32(40), raw.u32(44), if size >= 56 { raw.u32(48) } else { 0 }];
        } else {
            let n = if code == 6 { 4 } else { 3 };
            for mask in &mut found[..n] {
                let mut bytes = [0; 4];
                read_exact(stream, &mut bytes, *end)?;
                *mask = u32::from_le_bytes(bytes);
                *end += 4;
            }
        }
        masks = Some(found);
    }
    let (mut color_space, mut calibration, mut intent, mut profile) = (None, None, None, None);
    if size >= 108 {
        color_space = Some(raw.u32(52));
        if raw.u32(52) == 0 {
            let fixed = |at: usize, one: f64| f64::from(raw.u32(at)) / one;
            let primaries = std::array::from_fn(|i| fixed(56 + 4 * i, f64::from(1 << 30)));
            let gamma = std::array::from_fn(|i| fixed(92 + 4 * i, 65_536.0));
            calibration = Some((primaries, gamma));
        }
    }
    if size >= 124 {
        intent = Some(raw.u32(104));
        if matches!(&raw.u32(52).to_be_bytes(), b"MBED" | b"LINK") && raw.u32(112) > 0 {
            profile = Some((raw.u32(108), raw.u32(112)));
        }
    }
    Ok(Header {
        size,
        width: width as usize,
        height: height.unsigned_abs() as usize,
        top_down: height < 0,
        bits,
        compression,
        compression_code: code,
        per_metre: [raw.u32(20), raw.u32(24)],
        colors: raw.u32(28),
        masks,
        color_space,
        calibration,
        intent,
        profile,
    })
}
