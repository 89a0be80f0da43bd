//! The lens, from what makers note where EXIF has no word for it.

use crate::ifd::{Endian, Ifd, Tiff};
use crate::source::Source;

const EXIF: u16 = 34665;
const NOTE: u16 = 37500;
/// Longest note that is read as a whole.
const MAX_NOTE: u64 = 1 << 20;

/// The lens by name, or by its range; `None` where the maker's note has neither in plain text or numbers.
pub(crate) fn lens(source: &Source<'_>) -> Option<String> {
    let tiff = Tiff::open(source).ok()??;
    let all = tiff.all().ok()?;
    let exif = all.iter().find_map(|ifd| tiff.directory(tiff.uint(ifd, EXIF)?).ok())?;
    let entry = exif.entry(NOTE).filter(|entry| entry.count > 16)?;
    let offset = tiff.endian.uint(&entry.field);
    let head = source.read(offset, 16).ok()?;
    // Places are counted from the note's beginning, or from a header of its own within it.
    let note = |skip: u64| {
        let length = entry.count.min(MAX_NOTE).checked_sub(skip)?;
        Some(Source::memory(source.read(offset.checked_add(skip)?, length as usize).ok()?))
    };
    if head.starts_with(b"Nikon\0\x02") {
        let note = note(10)?;
        let tiff = Tiff::open(&note).ok()??;
        return range(&tiff.numbers(&tiff.directory(tiff.first).ok()?, 0x84)?);
    }
    for (name, at) in [(&b"OLYMPUS\0"[..], 8), (b"OM SYSTEM\0", 12)] {
        if head.starts_with(name) {
            let note = note(0)?;
            let endian = if head.get(at..at + 2)? == b"MM" { Endian::Big } else { Endian::Little };
            let tiff = Tiff { source: &note, endian, first: at as u64 + 4 };
            let equipment = tiff.directory(tiff.uint(&tiff.directory(tiff.first).ok()?, 0x2010)?).ok()?;
            return text(&tiff, &equipment, 0x203);
        }
    }
    if head.starts_with(b"Panasonic\0\0\0") {
        return text(&tiff, &tiff.directory(offset + 12).ok()?, 0x51);
    }
    // Canon's note is a directory without a name.
    let canon = all.iter().any(|ifd| tiff.text(ifd, 271).is_some_and(|make| make.starts_with("Canon")));
    if canon { text(&tiff, &tiff.directory(offset).ok()?, 0x95) } else { None }
}

fn text(tiff: &Tiff<'_, '_>, ifd: &Ifd, tag: u16) -> Option<String> {
    tiff.text(ifd, tag).filter(|text| !text.is_empty())
}

/// Shortest and longest focal length in mm, and the widest aperture at each.
fn range(v: &[f64]) -> Option<String> {
    let &[short, long, wide, wide_at_long] = v else { return None };
    if short <= 0.0 {
        return None;
    }
    let pair = |a: f64, b: f64| if a == b { format!("{a}") } else { format!("{a}-{b}") };
    let aperture = if wide > 0.0 { format!(" f/{}", pair(wide, wide_at_long)) } else { String::new() };
    Some(format!("{}mm{aperture}", pair(short, long)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ifd::{Content, assemble};

    fn bytes(content: &[u8]) -> Content {
        Content::Bytes(content.to_vec())
    }

    /// A file whose Exif directory has this note.
    fn with_note(make: &str, note: &[u8]) -> Source<'static> {
        let make = [make.as_bytes(), &[0]].concat();
        let main = vec![(271, 2, bytes(&make)), (EXIF, 4, Content::Link(1))];
        Source::memory(assemble(Endian::Little, vec![main, vec![(NOTE, 7, bytes(note))]]))
    }

    #[test]
    fn notes_are_read() {
        let ratios: Vec<u8> = [18u32, 1, 70, 1, 35, 10, 45, 10].iter().flat_map(|v| v.to_le_bytes()).collect();
        let inner = assemble(Endian::Little, vec![vec![(0x84, 5, bytes(&ratios))]]);
        let nikon = [b"Nikon\0\x02\x10\0\0", &inner[..]].concat();
        assert_eq!(lens(&with_note("NIKON", &nikon)).as_deref(), Some("18-70mm f/3.5-4.5"));

        // A directory that begins at the twelfth byte of the note instead of the eighth of a file.
        let moved = |fields| {
            let mut note = b"OLYMPUS\0II\x03\0".to_vec();
            note.extend(&assemble(Endian::Little, vec![fields])[8..]);
            note
        };
        let at = moved(vec![(0x2010, 4, bytes(&[0; 4]))]).len() as u32;
        let mut olympus = moved(vec![(0x2010, 4, bytes(&at.to_le_bytes()))]);
        let name = b"Example 12-40mm\0";
        olympus.extend([&1u16.to_le_bytes()[..], &0x203u16.to_le_bytes(), &2u16.to_le_bytes()].concat());
        olympus.extend([16u32.to_le_bytes(), (at + 18).to_le_bytes(), [0; 4]].concat());
        olympus.extend(name);
        assert_eq!(lens(&with_note("OLYMPUS", &olympus)).as_deref(), Some("Example 12-40mm"));

        assert_eq!(lens(&with_note("Example", &[1; 40])), None);
        for cut in 0..nikon.len() {
            lens(&with_note("NIKON", &nikon[..cut]));
            lens(&with_note("Canon", &nikon[..cut]));
            lens(&with_note("OLYMPUS", &olympus[..cut.min(olympus.len())]));
        }
    }

    #[test]
    fn ranges() {
        assert_eq!(range(&[50.0, 50.0, 1.8, 1.8]).as_deref(), Some("50mm f/1.8"));
        assert_eq!(range(&[0.0; 4]), None);
    }
}
