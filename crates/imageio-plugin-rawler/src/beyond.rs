//! Fields that claim more bytes than there are: rawler asks memory for a value before it reads it, and a program that
//! gets none is ended by that.

use std::sync::Arc;

use imageio_core::{Error, Result};

/// Directories past which no more are looked for, and entries past which one is none.
const MAX_DIRECTORIES: usize = 256;
const MAX_ENTRIES: usize = 4096;
/// So many entries in a row that can't be read make rawler look for the next directory in the middle of this one.
const GARBAGE: usize = 5;
/// What all values may have in bytes, beside four times the length of the file.
const SPARE: u64 = 64 << 20;

/// Tags whose values are offsets of directories: SubIFDs, EXIF, GPS, interoperability, and Sony's private one.
const LINKS: [u16; 5] = [330, 34665, 34853, 40965, 50740];
const MAKER_NOTE: u16 = 37500;
/// Where directories begin in the notes of makers, behind their names.
const NOTE_STARTS: [usize; 8] = [0, 4, 6, 8, 10, 12, 18, 26];

/// The file, with the offsets of such fields set to where rawler passes over them; the same one if there are none.
///
/// # Errors
/// `Malformed` if a directory is garbage, after which nobody knows where rawler would look.
pub(crate) fn without(file: &Arc<Vec<u8>>) -> Result<Arc<Vec<u8>>> {
    let mut search =
        Search { file, seen: Vec::new(), found: Vec::new(), garbage: false, room: 4 * file.len() as u64 + SPARE };
    search.file();
    if search.garbage {
        return Err(Error::malformed("a directory whose fields claim more bytes than the file has"));
    }
    let found = search.found;
    if found.is_empty() {
        return Ok(Arc::clone(file));
    }
    let mut mended = file.to_vec();
    for at in found {
        if let Some(field) = mended.get_mut(at..at + 4) {
            field.fill(0xFF);
        }
    }
    Ok(Arc::new(mended))
}

#[derive(Clone, Copy)]
struct Endian {
    little: bool,
}

impl Endian {
    fn of(mark: &[u8]) -> Option<Self> {
        match mark {
            b"II" => Some(Endian { little: true }),
            b"MM" => Some(Endian { little: false }),
            _ => None,
        }
    }

    fn u16(self, file: &[u8], at: usize) -> Option<u16> {
        let bytes = file.get(at..)?.first_chunk().copied()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(self, file: &[u8], at: usize) -> Option<u32> {
        let bytes = file.get(at..)?.first_chunk().copied()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}

struct Search<'f> {
    file: &'f [u8],
    seen: Vec<usize>,
    /// Places of the offsets of fields that claim too much.
    found: Vec<usize>,
    garbage: bool,
    /// Bytes that values may still have.
    room: u64,
}

impl Search<'_> {
    fn file(&mut self) {
        let Some(endian) = self.file.get(..2).and_then(Endian::of) else { return };
        let Some(first) = endian.u32(self.file, 4) else { return };
        self.directory(endian, first as usize, 0);
    }

    /// Looks through one directory, those that it names and those that follow it.
    fn directory(&mut self, endian: Endian, mut at: usize, depth: usize) {
        while at != 0 && depth < 8 && self.seen.len() < MAX_DIRECTORIES && !self.seen.contains(&at) {
            self.seen.push(at);
            let count = usize::from(endian.u16(self.file, at).unwrap_or(0));
            // How many in a row can't be read, and the number of claims before them.
            let (mut unreadable, mut claims) = (0, self.found.len());
            for entry in (0..count.min(MAX_ENTRIES)).map(|k| at + 2 + 12 * k) {
                match self.entry(endian, entry, depth) {
                    true => (unreadable, claims) = (0, self.found.len()),
                    false => unreadable += 1,
                }
                self.garbage |= unreadable >= GARBAGE && self.found.len() > claims;
            }
            at = endian.u32(self.file, at + 2 + 12 * count).unwrap_or(0) as usize;
        }
    }

    /// Looks at one entry; `false` if its value can't be read.
    fn entry(&mut self, endian: Endian, at: usize, depth: usize) -> bool {
        let file = self.file;
        let (Some(tag), Some(kind), Some(count), Some(field)) =
            (endian.u16(file, at), endian.u16(file, at + 2), endian.u32(file, at + 4), endian.u32(file, at + 8))
        else {
            return true;
        };
        let size = match kind {
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => 1,
        };
        let len = size * u64::from(count);
        if len <= 4 {
            if LINKS.contains(&tag) {
                self.directory(endian, field as usize, depth + 1);
            }
            return true;
        }
        match self.room.checked_sub(len).filter(|_| len <= file.len() as u64) {
            Some(room) => self.room = room,
            None => {
                self.found.push(at + 8);
                return false;
            }
        }
        if LINKS.contains(&tag) && size == 1 {
            self.directory(endian, field as usize, depth + 1);
        }
        if LINKS.contains(&tag) && size == 4 {
            for k in 0..(count as usize).min(MAX_DIRECTORIES) {
                let below = endian.u32(file, (field as usize).saturating_add(4 * k)).unwrap_or(0);
                self.directory(endian, below as usize, depth + 1);
            }
        }
        if tag == MAKER_NOTE {
            for start in NOTE_STARTS.map(|start| (field as usize).saturating_add(start)) {
                for endian in [Endian { little: true }, Endian { little: false }] {
                    if self.looks_like_directory(endian, start) {
                        self.directory(endian, start, depth + 1);
                    }
                }
            }
        }
        u64::from(field) + len <= file.len() as u64
    }

    /// Whether nearly all entries have a type that there is.
    fn looks_like_directory(&self, endian: Endian, at: usize) -> bool {
        let count = usize::from(endian.u16(self.file, at).unwrap_or(0));
        let known = |k: &usize| matches!(endian.u16(self.file, at + 4 + 12 * k), Some(1..=13));
        (1..=MAX_ENTRIES).contains(&count) && (0..count).filter(known).count() * 4 >= count * 3
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails says so")]
mod tests {
    use super::*;

    /// A directory at offset 8 with one entry for each (tag, type, count, field).
    fn tiff(entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, field) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(count.to_le_bytes());
            file.extend(field.to_le_bytes());
        }
        file.extend([0; 4]);
        file
    }

    #[test]
    fn what_fits_stays() {
        let file = Arc::new(tiff(&[(256, 3, 1, 7), (271, 2, 20, 8), (330, 4, 1, 8)]));
        assert!(Arc::ptr_eq(&without(&file).unwrap(), &file));
        for junk in [&b""[..], b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08", b"FUJIFILMCCD-RAW"] {
            assert_eq!(*without(&Arc::new(junk.to_vec())).unwrap(), junk);
        }
    }

    #[test]
    fn what_claims_more_than_the_file_is_put_out_of_reach() {
        for kind in 1..=13 {
            let file = Arc::new(tiff(&[(256, 3, 1, 7), (50000, kind, u32::MAX, 8)]));
            let mended = without(&file).unwrap();
            let at = 10 + 12 + 8;
            assert_eq!(mended[at..at + 4], [0xFF; 4]);
            assert_eq!((&mended[..at], &mended[at + 4..]), (&file[..at], &file[at + 4..]));
        }
        // The same in the notes of a maker, whose directory follows a name.
        let mut file = tiff(&[(MAKER_NOTE, 7, 26, 26)]);
        assert_eq!(file.len(), 26);
        file.extend(b"Maker\0");
        let note = tiff(&[(1, 4, 1 << 30, 8)]);
        file.extend(&note[8..]);
        let mended = without(&Arc::new(file)).unwrap();
        assert_eq!(mended[26 + 6 + 2 + 8..][..4], [0xFF; 4]);
    }

    #[test]
    fn many_that_fit_one_by_one_are_bounded_together() {
        // Between every two large fields there is a small one, so that the directory does not look like garbage.
        let n = 4000;
        let entry = |k: usize| if k % 2 == 0 { (k as u16, 7, 1 << 17, 0) } else { (60_000, 3, 1, 0) };
        let entries: Vec<_> = (0..n).map(entry).collect();
        let mut file = tiff(&entries);
        file.resize(1 << 17, 0);
        let mended = without(&Arc::new(file)).unwrap();
        let put_out = (0..n).filter(|k| mended[10 + 12 * k + 8..][..4] == [0xFF; 4]).count();
        assert_eq!(put_out, n / 2 - (4 * (1 << 17) + SPARE as usize) / (1 << 17));
    }

    #[test]
    fn garbage_is_refused() {
        let entries: Vec<_> = (0..5).map(|k| (50_000 + k, 4, u32::MAX, 8)).collect();
        assert_eq!(without(&Arc::new(tiff(&entries))).unwrap_err().kind(), imageio_core::ErrorKind::Malformed);
        assert!(without(&Arc::new(tiff(&entries[..4]))).is_ok());
    }
}
