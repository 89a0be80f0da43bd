//! Make and model of cameras whose files have directories of their own kind: Canon's CIFF (CRW) and Sigma's X3F.

use crate::source::Source;

/// Directories within directories that are looked at, and entries of all of them together: heaps can hold themselves.
const DEPTH: usize = 6;
const ENTRIES: u64 = 4096;
/// CIFF's record of make and model.
const MAKE_MODEL: u16 = 0x080a;

/// Make and model; `None` where the file is of another kind or does not say.
pub(crate) fn camera(source: &Source<'_>) -> Option<(String, String)> {
    let head = source.read(0, 14).ok()?;
    if head.get(6..14)? == b"HEAPCCDR" {
        return ciff(source, u64::from(word(&head, 2)?), source.size(), DEPTH, &mut { ENTRIES });
    }
    if head.starts_with(b"FOVb") { x3f(source) } else { None }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Looks through the directory at the end of a heap, and through those below it.
fn ciff(source: &Source<'_>, start: u64, end: u64, depth: usize, left: &mut u64) -> Option<(String, String)> {
    let depth = depth.checked_sub(1)?;
    let at = start + u64::from(word(&source.read(end.checked_sub(4)?, 4).ok()?, 0)?);
    let count = source.read(at, 2).ok()?;
    let count = u64::from(u16::from_le_bytes([count[0], count[1]]));
    for entry in (0..count).map(|k| source.read(at + 2 + k * 10, 10).ok()) {
        let entry = entry?;
        *left = left.checked_sub(1)?;
        let tag = u16::from_le_bytes([entry[0], entry[1]]);
        let (length, offset) = (u64::from(word(&entry, 2)?), start + u64::from(word(&entry, 6)?));
        if tag == MAKE_MODEL {
            let text = source.read(offset, length.min(256) as usize).ok()?;
            let mut words = text.split(|b| *b == 0).map(|word| String::from_utf8_lossy(word).trim().to_owned());
            return Some((words.next()?, words.next()?));
        }
        // Heaps within this one; records whose data stand in the entry are none.
        if matches!(tag & 0xf800, 0x2800 | 0x3000) && offset + length <= end {
            if let Some(found) = ciff(source, offset, offset + length, depth, left) {
                return Some(found);
            }
        }
    }
    None
}

/// Looks through the properties that the directory at the file's end names.
fn x3f(source: &Source<'_>) -> Option<(String, String)> {
    let at = u64::from(word(&source.read(source.size().checked_sub(4)?, 4).ok()?, 0)?);
    let head = source.read(at, 12).ok().filter(|head| head.starts_with(b"SECd"))?;
    let count = u64::from(word(&head, 8)?).min(ENTRIES);
    let entries = (0..count).filter_map(|k| source.read(at + 12 + k * 12, 12).ok());
    let entry = entries.into_iter().find(|entry| entry.ends_with(b"PROP"))?;
    let part = source.read(word(&entry, 0)?.into(), word(&entry, 4)?.min(1 << 20) as usize).ok()?;
    let count = word(&part, 8)?.min(ENTRIES as u32) as usize;
    // Pairs of places, counted in letters of 16 bits from behind the last pair.
    let letters = part.get(24 + 8 * count..)?;
    let text = |at: u32| -> Option<String> {
        let units = letters.get((at as usize).checked_mul(2)?..)?.chunks_exact(2);
        let units = units.map(|b| u16::from_le_bytes([b[0], b[1]])).take_while(|unit| *unit != 0).take(256);
        Some(String::from_utf16_lossy(&units.collect::<Vec<u16>>()))
    };
    let value = |wanted: &str| {
        (0..count).map(|k| 24 + 8 * k).find_map(|at| {
            let found = text(word(&part, at)?)? == wanted;
            if found { text(word(&part, at + 4)?) } else { None }
        })
    };
    Some((value("CAMMANUF")?, value("CAMMODEL")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bytes: Vec<u8>) -> Option<(String, String)> {
        camera(&Source::memory(bytes))
    }

    /// A directory of one record, as CIFF has it behind the record's data.
    fn heap(tag: u16, data: &[u8]) -> Vec<u8> {
        let mut out = data.to_vec();
        out.extend(1u16.to_le_bytes());
        out.extend(tag.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(0u32.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out
    }

    #[test]
    fn canons_heaps() {
        let mut file = b"II\x1a\0\0\0HEAPCCDR".to_vec();
        file.resize(26, 0);
        let inner = heap(0x080a, b"Canon\0Canon Example\0");
        file.extend(heap(0x300a, &heap(0x2807, &inner)));
        assert_eq!(named(file.clone()), Some(("Canon".to_owned(), "Canon Example".to_owned())));
        // A heap within it may end where the file was cut, and says the same then.
        for cut in 0..file.len() {
            assert!(named(file[..cut].to_vec()).is_none_or(|found| found.1 == "Canon Example"), "{cut}");
        }
    }

    #[test]
    fn heaps_that_hold_themselves() {
        let mut file = b"II\x1a\0\0\0HEAPCCDR".to_vec();
        file.resize(26, 0);
        let (n, length) = (500u16, 2 + 500 * 10 + 4);
        file.extend(n.to_le_bytes());
        for _ in 0..n {
            file.extend(0x2807u16.to_le_bytes());
            file.extend((length as u32).to_le_bytes());
            file.extend(0u32.to_le_bytes());
        }
        file.extend(0u32.to_le_bytes());
        assert_eq!(file.len(), 26 + length);
        assert_eq!(named(file), None);
    }

    #[test]
    fn sigmas_properties() {
        let mut file = b"FOVb".to_vec();
        file.resize(40, 0);
        let (mut pairs, mut letters) = (Vec::new(), Vec::<u8>::new());
        for (name, value) in [("ISO", "100"), ("CAMMODEL", "SIGMA Example"), ("CAMMANUF", "SIGMA")] {
            for word in [name, value] {
                pairs.extend((letters.len() as u32 / 2).to_le_bytes());
                letters.extend(word.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            }
        }
        let mut part = b"SECp\0\0\x02\0\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        part.extend((letters.len() as u32 / 2).to_le_bytes());
        part.extend(pairs);
        part.extend(letters);
        let directory = file.len() + part.len();
        file.extend(&part);
        file.extend(b"SECd\0\0\x02\0\x01\0\0\0");
        file.extend(40u32.to_le_bytes());
        file.extend((part.len() as u32).to_le_bytes());
        file.extend(b"PROP");
        file.extend((directory as u32).to_le_bytes());
        assert_eq!(named(file.clone()), Some(("SIGMA".to_owned(), "SIGMA Example".to_owned())));
        for cut in 0..file.len() {
            assert_eq!(named(file[..cut].to_vec()), None, "{cut}");
        }
    }
}
