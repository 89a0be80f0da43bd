use imageio_core::{Confidence, Error, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

use crate::reader::BmpReader;
use crate::writer::BmpWriter;

/// The factory of readers and writers.
pub(crate) struct Bmp;

impl Plugin for Bmp {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let named = input.extension().is_some_and(|e| matches!(e, "bmp" | "dib"));
        Some(match kind(input.head()) {
            Some(Start::Bare) if !named => Confidence::Weak,
            Some(_) => Confidence::Magic,
            // Two letters start many texts.
            None if named => Confidence::Extension,
            None => Confidence::No,
        })
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let Some(kind) = kind(request.head()) else {
            return Err(Error::declined("no bitmap header"));
        };
        Ok(Box::new(BmpReader::open(request, kind)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        let bare = request.extension() == Some("dib");
        Ok(Box::new(BmpWriter::new(request.sink()?, bare)))
    }
}

/// What a file starts with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// A file header.
    File,
    /// An OS/2 array of bitmaps.
    Array,
    /// The bitmap header at once, as in memory.
    Bare,
}

fn kind(head: &[u8]) -> Option<Start> {
    let u16_at = |at: usize| head.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b));
    let u32_at = |at: usize| head.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b));
    match head.first_chunk::<2>()? {
        // The length of the next header tells a bitmap from a text; a file cut off before it is a damaged bitmap.
        b"BM" if u32_at(14).is_none_or(|size| size <= 0xFFFF) => return Some(Start::File),
        b"BA" if head.len() < 16 || matches!(head.get(14..16), Some(b"BM")) => return Some(Start::Array),
        _ => {}
    }
    // Planes are always 1, and few numbers of bits are possible.
    let at = if u32_at(0)? == 12 { 8 } else { 12 };
    let plausible = matches!(u32_at(0)?, 12 | 40 | 52 | 56 | 64 | 108 | 124)
        && u16_at(at)? == 1
        && matches!(u16_at(at + 2)?, 1 | 2 | 4 | 8 | 16 | 24 | 32);
    plausible.then_some(Start::Bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let mut file = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
        assert_eq!(kind(&file), Some(Start::File));
        assert_eq!(kind(b"BM"), Some(Start::File));
        assert_eq!(kind(&file[14..]), Some(Start::Bare));
        file[16] = b'x';
        assert_eq!(kind(&file), None);
        assert_eq!(kind(b"BMW is a maker of motorcycles"), None);
        assert_eq!(kind(b"BA\0\0\0\0\0\0\0\0\0\0\0\0BM"), Some(Start::Array));
        assert_eq!(kind(b"\x0c\0\0\0This is no bitmap"), None);
    }
}
