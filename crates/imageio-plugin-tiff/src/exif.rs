//! The Exif, GPS and interoperability directories of a TIFF file, by way of the self-contained block that
//! `imageio-exif` reads and writes.

use imageio_core::Metadata;

use crate::ifd::{Endian, Entry, Ifd, Tiff, Window, type_size};
use crate::page::Page;
use crate::tags::tag;

/// Tags of the image's own directory that belong to Exif's first directory as well.
const MAIN: [u16; 12] = [
    tag::IMAGE_DESCRIPTION,
    tag::MAKE,
    tag::MODEL,
    tag::ORIENTATION,
    tag::X_RESOLUTION,
    tag::Y_RESOLUTION,
    tag::RESOLUTION_UNIT,
    tag::SOFTWARE,
    tag::DATE_TIME,
    tag::ARTIST,
    tag::HOST_COMPUTER,
    tag::COPYRIGHT,
];

/// Largest block that is made.
const MAX_BLOCK: usize = 16 << 20;

/// The tree of the page's Exif directories; `None` if it has none.
pub(crate) fn read(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Option<Metadata> {
    let mut sub = |tag: u16, ifd: &Ifd| -> Option<Ifd> {
        let offset = tiff.uint(ifd.entry(tag)?, window).ok()?;
        tiff.read_ifd(offset, window).ok()
    };
    let exif = sub(tag::EXIF_IFD, &page.ifd);
    let gps = sub(tag::GPS_IFD, &page.ifd);
    if exif.is_none() && gps.is_none() {
        return None;
    }
    let interop = exif.as_ref().and_then(|exif| sub(tag::INTEROP_IFD, exif));
    let mut block = Block { tiff, window, out: Vec::new() };
    let main = Ifd {
        offset: 0,
        entries: page.ifd.entries.iter().filter(|e| MAIN.contains(&e.tag)).copied().collect(),
        next: 0,
    };
    block.out.extend(match tiff.header.endian {
        Endian::Little => *b"II*\0\x08\0\0\0",
        Endian::Big => *b"MM\0*\0\0\0\x08",
    });
    // The first directory has to come first, but its pointers are known only when the others are written.
    let links = [exif.is_some().then_some(tag::EXIF_IFD), gps.is_some().then_some(tag::GPS_IFD)];
    let slots = block.directory(&main, &links.into_iter().flatten().collect::<Vec<_>>())?;
    let mut slots = slots.into_iter();
    if let Some(exif) = exif {
        let here = block.out.len();
        block.patch(slots.next()?, here)?;
        let inner =
            block.directory(&exif, &interop.is_some().then_some(tag::INTEROP_IFD).into_iter().collect::<Vec<_>>())?;
        if let (Some(interop), Some(slot)) = (interop, inner.first()) {
            let here = block.out.len();
            block.patch(*slot, here)?;
            block.directory(&interop, &[])?;
        }
    }
    if let Some(gps) = gps {
        let here = block.out.len();
        block.patch(slots.next()?, here)?;
        block.directory(&gps, &[])?;
    }
    imageio_exif::parse(&block.out).ok().filter(|tree| !tree.is_empty())
}

/// A classic TIFF block being put together in the byte order of the file.
struct Block<'t, 'r> {
    tiff: &'t Tiff<'r>,
    window: &'t mut Window,
    out: Vec<u8>,
}

impl Block<'_, '_> {
    fn uint(&mut self, value: u64, width: usize) {
        let bytes = value.to_le_bytes();
        let bytes = bytes.get(..width).unwrap_or_default();
        match self.tiff.header.endian {
            Endian::Little => self.out.extend(bytes),
            Endian::Big => self.out.extend(bytes.iter().rev()),
        }
    }

    fn patch(&mut self, at: usize, value: usize) -> Option<()> {
        let end = self.out.len();
        self.uint(value as u64, 4);
        let bytes: Vec<u8> = self.out.drain(end..).collect();
        self.out.get_mut(at..at + 4)?.copy_from_slice(&bytes);
        Some(())
    }

    /// Appends a directory with `links` to others that follow; returns where their offsets are to be put.
    fn directory(&mut self, ifd: &Ifd, links: &[u16]) -> Option<Vec<usize>> {
        let mut entries: Vec<(Entry, Option<Vec<u8>>)> = Vec::new();
        for entry in &ifd.entries {
            if matches!(entry.tag, tag::EXIF_IFD | tag::GPS_IFD | tag::INTEROP_IFD) || entry.kind > 12 {
                continue;
            }
            if let Ok(bytes) = self.tiff.bytes(entry, self.window) {
                entries.push((*entry, Some(bytes)));
            }
        }
        for link in links {
            entries.push((Entry { tag: *link, kind: 4, count: 1, field: [0; 8], at: 0 }, None));
        }
        entries.sort_by_key(|e| e.0.tag);
        self.uint(entries.len() as u64, 2);
        let mut values = self.out.len() + entries.len() * 12 + 4;
        let mut tail = Vec::new();
        let mut slots = Vec::new();
        for (entry, bytes) in entries {
            let size = type_size(entry.kind)?.max(1);
            self.uint(u64::from(entry.tag), 2);
            self.uint(u64::from(entry.kind), 2);
            match bytes {
                None => {
                    self.uint(1, 4);
                    slots.push((entry.tag, self.out.len()));
                    self.uint(0, 4);
                }
                Some(mut bytes) => {
                    self.uint(bytes.len() as u64 / size, 4);
                    if bytes.len() <= 4 {
                        bytes.resize(4, 0);
                        self.out.extend(bytes);
                    } else {
                        self.uint(values as u64, 4);
                        bytes.resize(bytes.len().next_multiple_of(2), 0);
                        values += bytes.len();
                        tail.extend(bytes);
                    }
                }
            }
        }
        self.uint(0, 4);
        self.out.extend(tail);
        if self.out.len() > MAX_BLOCK {
            return None;
        }
        // In the order in which they were asked for.
        links.iter().map(|link| slots.iter().find(|(tag, _)| tag == link).map(|(_, at)| *at)).collect()
    }
}
