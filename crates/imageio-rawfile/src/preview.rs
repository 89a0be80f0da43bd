//! The JPEG picture that cameras put beside the raw data.

use crate::ifd::Tiff;
use crate::source::Source;

/// Where a preview is, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preview {
    pub offset: u64,
    pub length: usize,
    pub height: usize,
    pub width: usize,
}

/// The largest preview of a file.
pub(crate) fn find(source: &Source<'_>) -> Option<Preview> {
    let mut places: Vec<(u64, u64)> = Vec::new();
    if let Ok(Some(tiff)) = Tiff::open(source) {
        for ifd in tiff.all().ok()? {
            // Older files point to a JPEG, newer ones have it as their only strip.
            let raw = matches!(tiff.uint(&ifd, 262), Some(crate::dng::CFA | crate::dng::LINEAR_RAW));
            places.extend(tiff.uint(&ifd, 513).zip(tiff.uint(&ifd, 514)));
            if matches!(tiff.uint(&ifd, 259), Some(6 | 7)) && !raw {
                let one = |tag| tiff.list(&ifd, tag).filter(|v| v.len() == 1).map(|v| v[0]);
                places.extend(one(273).zip(one(279)));
            }
            // Panasonic's JpgFromRaw is the value of a tag.
            if let Some(entry) = ifd.entry(46).filter(|e| e.kind == 7 && e.count > 1024) {
                places.push((tiff.endian.uint(&entry.field), entry.count));
            }
        }
    }
    if let Some((offset, length)) = fuji(source) {
        places.push((offset, length));
    }
    let found = places.into_iter().filter_map(|(offset, length)| {
        let length = usize::try_from(length.min(source.size().checked_sub(offset)?)).ok()?;
        let head = source.read(offset, length.min(1 << 18)).ok()?;
        let (height, width) = frame(&head)?;
        Some(Preview { offset, length, height, width })
    });
    found.max_by_key(|p| p.height * p.width)
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

/// Height and width of an 8-bit JPEG of three components that everyone can show.
fn frame(data: &[u8]) -> Option<(usize, usize)> {
    if !data.starts_with(b"\xff\xd8") {
        return None;
    }
    let mut at = 2;
    loop {
        let marker = data.get(at..at + 4)?;
        if marker[0] != 0xff {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([marker[2], marker[3]]));
        match marker[1] {
            0xff => at += 1,
            0xc0..=0xc2 => {
                let body = data.get(at + 4..at + 10)?;
                let two = |k: usize| usize::from(u16::from_be_bytes([body[k], body[k + 1]]));
                return (body[0] == 8 && body[5] == 3).then(|| (two(1), two(3)));
            }
            0xc3 | 0xda | 0xd9 => return None,
            _ => at += 2 + length.max(2),
        }
    }
}

/// The EXIF block of a JPEG's first segments.
pub(crate) fn exif(data: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    while let Some(marker) = data.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([marker[2], marker[3]])).max(2);
        let body = data.get(at + 4..at + 2 + length)?;
        match marker[1] {
            0xe1 if body.starts_with(imageio_exif::PREFIX) => return Some(body),
            0xda => return None,
            _ => at += 2 + length,
        }
    }
    None
}
