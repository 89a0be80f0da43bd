use imageio_core::{Confidence, Error, ImageReader, Plugin, Probe, Request, Result};

use crate::cameras::Cameras;
use crate::ifd::{Endian, header};
use crate::reader::RawReader;

/// The factory of readers over a decoder of makers' files.
pub struct Raw<C: Cameras>(pub &'static C);

/// Extensions of raw files that are built like TIFF.
const TIFF_LIKE: &[&str] = &[
    "3fr", "ari", "arw", "cr2", "dcr", "dcs", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos", "nef", "nrw",
    "orf", "pef", "ptx", "rw2", "rwl", "sr2", "srf", "srw",
];

/// What the first bytes say of a file that is built like TIFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No TIFF.
    Other,
    /// TIFF, and nothing speaks for raw.
    Plain,
    /// A tag or signature that raw files alone have.
    Raw,
}

fn kind(head: &[u8]) -> Kind {
    let Some((endian, first)) = header(head) else { return Kind::Other };
    // Olympus and Panasonic number their versions otherwise, Canon signs behind the header.
    if endian.uint(head.get(2..4).unwrap_or_default()) != 42 || head.get(8..10) == Some(b"CR") {
        return Kind::Raw;
    }
    match directory(head, endian, first) {
        Some(true) => Kind::Raw,
        _ => Kind::Plain,
    }
}

/// `true` if the first directory, as far as it can be seen, is that of a DNG, of a sensor's samples, or of a picture
/// of a camera that is not the main one.
fn directory(head: &[u8], endian: Endian, first: u64) -> Option<bool> {
    let at = usize::try_from(first).ok()?;
    let count = endian.uint(head.get(at..at.checked_add(2)?)?) as usize;
    // Nikon, Sony and others: a small picture by a camera, of which the large one is in a directory below it.
    let (mut small, mut camera, mut below) = (false, false, false);
    for entry in head.get(at + 2..)?.chunks_exact(12).take(count) {
        match endian.uint(&entry[..2]) {
            50706 => return Some(true),
            262 if endian.uint(&entry[8..10]) == crate::dng::CFA => return Some(true),
            254 => small = endian.uint(&entry[8..12]) == 1,
            271 => camera = true,
            330 => below = true,
            _ => {}
        }
    }
    Some(small && camera && below)
}

impl<C: Cameras> Plugin for Raw<C> {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let named = input.extension().is_some_and(|e| TIFF_LIKE.contains(&e));
        match kind(input.head()) {
            Kind::Raw => Some(Confidence::Parsed),
            // Most makers' files differ from TIFF in their tags alone, which may be far from the beginning.
            Kind::Plain if named => Some(Confidence::Parsed),
            Kind::Plain => Some(Confidence::No),
            Kind::Other => None,
        }
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let head = request.head();
        let own = crate::MAGIC.iter().any(|m| m.matches(head));
        let named = request.extension().is_some_and(|e| TIFF_LIKE.contains(&e));
        match kind(head) {
            Kind::Raw => {}
            Kind::Plain if named || request.extension().is_none() => {}
            _ if own => {}
            _ => return Err(Error::declined("no signature of a raw file")),
        }
        Ok(Box::new(RawReader::open(request, self.0)?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::{Facts, Samples};

    struct NoCameras;

    impl Cameras for NoCameras {
        fn name(&self) -> &'static str {
            "none"
        }

        fn facts(&self, _: &Arc<Vec<u8>>) -> Result<Facts> {
            Err(Error::unsupported("any camera"))
        }

        fn samples(&self, _: &Arc<Vec<u8>>) -> Result<Samples> {
            Err(Error::unsupported("any camera"))
        }
    }

    /// The beginning of a little-endian file whose first directory has these tags, as shorts.
    fn head(entries: &[(u16, u16)]) -> Vec<u8> {
        let mut out = b"II*\0\x08\0\0\0".to_vec();
        out.extend((entries.len() as u16).to_le_bytes());
        for (tag, value) in entries {
            out.extend(tag.to_le_bytes());
            out.extend(3u16.to_le_bytes());
            out.extend(1u32.to_le_bytes());
            out.extend(value.to_le_bytes());
            out.extend([0, 0]);
        }
        out.extend([0; 4]);
        out
    }

    #[test]
    fn raw_files_are_told_from_tiff() {
        let rows: [(Vec<u8>, Option<&str>, Option<Confidence>); 11] = [
            (head(&[(254, 1), (271, 0), (330, 0)]), Some("tif"), Some(Confidence::Parsed)),
            (head(&[(254, 0), (271, 0), (330, 0)]), Some("tif"), Some(Confidence::No)),
            (head(&[(254, 1), (262, 2), (330, 0)]), None, Some(Confidence::No)),
            (head(&[(256, 9), (262, 2)]), Some("tif"), Some(Confidence::No)),
            (head(&[(256, 9), (262, 2), (271, 0)]), None, Some(Confidence::No)),
            (head(&[(256, 9), (50706, 1)]), Some("tif"), Some(Confidence::Parsed)),
            (head(&[(256, 9), (262, 32803)]), None, Some(Confidence::Parsed)),
            (head(&[(256, 9), (262, 2)]), Some("nef"), Some(Confidence::Parsed)),
            (b"II*\0\x10\0\0\0CR\x02\0".to_vec(), None, Some(Confidence::Parsed)),
            (b"IIRO\x08\0\0\0".to_vec(), None, Some(Confidence::Parsed)),
            (b"\x89PNG\r\n\x1a\n".to_vec(), Some("nef"), None),
        ];
        for (head, extension, expected) in rows {
            assert_eq!(Raw(&NoCameras).probe(&Probe::new(&head, extension, "x")), expected, "{extension:?} {head:?}");
        }
    }
}
