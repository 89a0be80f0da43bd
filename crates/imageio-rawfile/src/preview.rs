//! The picture that cameras put beside the raw data.

use imageio_core::{Dtype, Error, FrameSink, ImageProperties, NdImage, Result};

use crate::boxes;
use crate::decode::read_jpeg;
use crate::ifd::{Ifd, Tiff};
use crate::source::Source;

/// Panasonic's preview is the value of a tag.
pub(crate) const JPG_FROM_RAW: u16 = 46;

/// The picture that the camera made for a quick look, as the file has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Thumbnail {
    /// A JPEG file.
    Jpeg(Vec<u8>),
    /// Pixels that are not compressed: `(height, width, 3)`, uint8.
    Bitmap(NdImage),
}

/// How a preview is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Jpeg,
    /// Red, green and blue in bytes.
    Rgb,
}

/// Where a preview is, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preview {
    kind: Kind,
    offset: u64,
    length: usize,
    height: usize,
    width: usize,
}

impl Preview {
    pub fn properties(&self) -> ImageProperties {
        ImageProperties::picture(Dtype::U8, self.height, self.width, "RGB")
    }

    pub fn decode(&self, source: &Source<'_>, sink: &mut FrameSink<'_>) -> Result<()> {
        match self.kind {
            Kind::Jpeg => read_jpeg(&source.read(self.offset, self.length)?, sink),
            Kind::Rgb => source.read_into(self.offset, sink.slice::<u8>(&[self.height, self.width, 3])?),
        }
    }

    pub fn thumbnail(&self, source: &Source<'_>) -> Result<Thumbnail> {
        let bytes = source.read(self.offset, self.length)?;
        match self.kind {
            Kind::Jpeg => Ok(Thumbnail::Jpeg(bytes)),
            Kind::Rgb => {
                let array = imageio_core::ndarray::Array3::from_shape_vec((self.height, self.width, 3), bytes);
                Ok(Thumbnail::Bitmap(array.map_err(|e| Error::malformed(e.to_string()))?.into()))
            }
        }
    }
}

/// The largest preview of a file.
pub(crate) fn find(source: &Source<'_>) -> Option<Preview> {
    let mut places: Vec<(u64, u64)> = Vec::new();
    let mut found: Vec<Preview> = Vec::new();
    if let Ok(Some(tiff)) = Tiff::open(source) {
        for ifd in tiff.all().ok()? {
            // Older files point to a JPEG, newer ones have it as their only strip.
            let raw = matches!(tiff.uint(&ifd, 262), Some(crate::dng::CFA | crate::dng::LINEAR_RAW));
            places.extend(tiff.uint(&ifd, 513).zip(tiff.uint(&ifd, 514)));
            if matches!(tiff.uint(&ifd, 259), Some(6 | 7)) && !raw {
                let one = |tag| tiff.list(&ifd, tag).filter(|v| v.len() == 1).map(|v| v[0]);
                places.extend(one(273).zip(one(279)));
            }
            if let Some(entry) = ifd.entry(JPG_FROM_RAW).filter(|e| e.kind == 7 && e.count > 1024) {
                places.push((tiff.endian.uint(&entry.field), entry.count));
            }
            found.extend(bitmap(&tiff, &ifd));
        }
    } else if let Some(fuji) = fuji(source) {
        places.push(fuji);
    } else if let Some(canon) = boxes::find(source) {
        let parts = canon.samples.iter().chain(&canon.previews);
        places.extend(parts.map(|part| (part.start, part.end.saturating_sub(part.start))));
    }
    found.extend(places.into_iter().filter_map(|(offset, length)| {
        let length = usize::try_from(length.min(source.size().checked_sub(offset)?)).ok()?;
        let (height, width) = frame(source, offset, length as u64)?;
        Some(Preview { kind: Kind::Jpeg, offset, length, height, width })
    }));
    found.into_iter().max_by_key(|p| p.height * p.width)
}

/// A smaller picture whose bytes lie in the file one after the other.
fn bitmap(tiff: &Tiff<'_, '_>, ifd: &Ifd) -> Option<Preview> {
    let value = |tag| tiff.uint(ifd, tag);
    let is = |tag, wanted: u64, otherwise: u64| value(tag).unwrap_or(otherwise) == wanted;
    let small = value(254).unwrap_or(0) & 1 == 1;
    if !small || !is(262, 2, 0) || !is(259, 1, 1) || !is(258, 8, 1) || !is(277, 3, 1) || !is(284, 1, 1) {
        return None;
    }
    let (width, height) = (usize::try_from(value(256)?).ok()?, usize::try_from(value(257)?).ok()?);
    let length = width.checked_mul(height)?.checked_mul(3).filter(|n| *n > 0)?;
    let (offsets, lengths) = (tiff.list(ifd, 273)?, tiff.list(ifd, 279)?);
    let follow = offsets.windows(2).zip(&lengths).all(|(pair, length)| pair[0].checked_add(*length) == Some(pair[1]));
    let offset = *offsets.first()?;
    let inside = offset.checked_add(length as u64).is_some_and(|end| end <= tiff.source.size());
    (follow && inside).then_some(Preview { kind: Kind::Rgb, offset, length, height, width })
}

/// Fujifilm's header says where the JPEG is.
pub(crate) fn fuji(source: &Source<'_>) -> Option<(u64, u64)> {
    let head = source.read(0, 92).ok()?;
    if !head.starts_with(b"FUJIFILMCCD-RAW") {
        return None;
    }
    let word = |at: usize| u64::from(u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
    Some((word(84), word(88)))
}

/// Fujifilm's header says where the samples are, too.
pub(crate) fn fuji_samples(source: &Source<'_>) -> Option<(u64, u64)> {
    fuji(source)?;
    let word = |at| Some(u64::from(u32::from_be_bytes(source.read(at, 4).ok()?.try_into().ok()?)));
    Some((word(100)?, word(104)?))
}

/// Height and width of an 8-bit JPEG of three components that everyone can show.
fn frame(source: &Source<'_>, offset: u64, length: u64) -> Option<(usize, usize)> {
    let (marker, at, n) = segment(source, offset, length, |marker, _| matches!(marker, 0xc0..=0xc3 | 0xc5..=0xcf))?;
    let body = source.read(at, n.min(6)).ok()?;
    let two = |k: usize| Some(usize::from(u16::from_be_bytes([*body.get(k)?, *body.get(k + 1)?])));
    let usual = matches!(marker, 0xc0..=0xc2) && body.first() == Some(&8) && body.get(5) == Some(&3);
    if usual { two(1).zip(two(3)) } else { None }
}

/// The EXIF block of the JPEG at a place.
pub(crate) fn exif(source: &Source<'_>, offset: u64, length: u64) -> Option<Vec<u8>> {
    let is_exif = |marker: u8, at: u64| {
        marker == 0xe1 && source.read(at, 6).is_ok_and(|head| head.starts_with(imageio_exif::PREFIX))
    };
    let (_, at, n) = segment(source, offset, length, is_exif)?;
    source.read(at, n).ok()
}

/// The first segment of a JPEG that is the one looked for, by its marker and where its content begins: marker, place
/// and length of the content. What lies behind the headers is not read.
fn segment(
    source: &Source<'_>,
    offset: u64,
    length: u64,
    wanted: impl Fn(u8, u64) -> bool,
) -> Option<(u8, u64, usize)> {
    if source.read(offset, 2).ok()? != b"\xff\xd8" {
        return None;
    }
    let end = offset.checked_add(length)?;
    let mut at = offset + 2;
    while at < end {
        let head = source.read(at, 4).ok()?;
        let (marker, n) = (head[1], u16::from_be_bytes([head[2], head[3]]));
        match marker {
            _ if head[0] != 0xff => return None,
            // Fill bytes may stand before a marker.
            0xff => at += 1,
            _ if wanted(marker, at + 4) => return Some((marker, at + 4, usize::from(n).saturating_sub(2))),
            0xda | 0xd9 => return None,
            _ => at += 2 + u64::from(n.max(2)),
        }
    }
    None
}
