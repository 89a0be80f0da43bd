//! What a raw file says: EXIF as other formats have it, and the sensor's numbers under `raw`.

use imageio_core::{Limits, Metadata, Value};

use crate::boxes;
use crate::facts::{Area, Facts};
use crate::ifd::{self, Content, Entry, Fields, Ifd, Tiff, assemble, type_size};
use crate::preview;
use crate::source::Source;

/// Tags of the first directory that EXIF has as well.
const MAIN: [u16; 12] = [270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432];
const EXIF: u16 = 34665;
const GPS: u16 = 34853;
const INTEROP: u16 = 40965;
/// Largest block of EXIF that is read.
const MAX_BLOCK: u64 = 32 << 20;

/// Those which some cameras write in a later directory alone.
const LATER: [u16; 6] = [271, 272, 305, 306, 315, 33432];

/// Those of the Exif directory which older files have in the first one.
const EARLY: [u16; 14] =
    [33434, 33437, 34850, ISO, 36867, 37377, 37378, 37379, 37380, 37381, 37383, 37384, 37385, 37386];
const ISO: u16 = 34855;

/// The file's EXIF tree; `None` if it has none.
pub(crate) fn exif(source: &Source<'_>, limits: &Limits) -> Option<Metadata> {
    if let Ok(Some(tiff)) = Tiff::open(source) {
        return imageio_exif::parse(&from_directories(&tiff, limits)?).ok();
    }
    // Fujifilm has it in the preview only, Minolta a whole block among its headers, Canon one for each directory.
    if let Some((offset, length)) = preview::fuji(source) {
        return imageio_exif::parse(&preview::exif(source, offset, length)?).ok();
    }
    if let Some(canon) = boxes::find(source) {
        return imageio_exif::parse(&from_blocks(source, &canon, limits)?).ok();
    }
    let head = source.read(0, 8).ok()?;
    if head.starts_with(b"\0MRM") {
        return imageio_exif::parse(&minolta(source, u64::from(u32::from_be_bytes(head[4..].try_into().ok()?)))?).ok();
    }
    None
}

/// The block of EXIF among those of Minolta's headers, which take `length` bytes.
fn minolta(source: &Source<'_>, length: u64) -> Option<Vec<u8>> {
    let end = length.checked_add(8)?;
    let mut at = 8;
    while at < end {
        let head = source.read(at, 8).ok()?;
        let n = u32::from_be_bytes(head[4..].try_into().ok()?);
        if &head[..4] == b"\0TTW" {
            return source.read(at + 8, (n as usize).min(MAX_BLOCK as usize)).ok();
        }
        at += 8 + u64::from(n);
    }
    None
}

/// One of EXIF's directories, and the file that it is in.
type Part<'t, 's, 'r> = (&'t Tiff<'s, 'r>, Ifd);

/// From the directories of a file that is built like TIFF.
fn from_directories(tiff: &Tiff<'_, '_>, limits: &Limits) -> Option<Vec<u8>> {
    let all = tiff.all().ok()?;
    let first = all.first()?;
    let mut main = first.clone();
    for tag in LATER.into_iter().filter(|tag| !first.has(*tag)) {
        main.entries.extend(all.iter().find_map(|ifd| ifd.entry(tag)).cloned());
    }
    let below = |ifd: &Ifd, tag| tiff.directory(tiff.uint(ifd, tag)?).ok();
    let anywhere = |tag| all.iter().find_map(|ifd| below(ifd, tag));
    let mut exif = anywhere(EXIF).unwrap_or_default();
    // TIFF/EP, which was there before, has them in the first directory; Panasonic has a number of its own for one.
    let panasonic = first.entry(ifd::RW2_ISO).filter(|_| first.has(ifd::RW2_VERSION));
    let panasonic = panasonic.map(|entry| Entry { tag: ISO, ..entry.clone() });
    let early = first.entries.iter().filter(|entry| EARLY.contains(&entry.tag)).cloned();
    for entry in early.chain(panasonic) {
        if !exif.has(entry.tag) {
            exif.entries.push(entry);
        }
    }
    let exif = Some((tiff, exif)).filter(|(_, exif)| !exif.entries.is_empty());
    Some(block((tiff, main), exif, anywhere(GPS).map(|gps| (tiff, gps)), limits))
}

/// From Canon's blocks, each of which is a file of directories by itself.
fn from_blocks(source: &Source<'_>, canon: &boxes::Canon, limits: &Limits) -> Option<Vec<u8>> {
    let read = |wanted: u8| -> Option<Source<'static>> {
        let (_, part) = canon.blocks.iter().find(|(number, _)| *number == wanted)?;
        let length = part.end.checked_sub(part.start).filter(|n| *n <= MAX_BLOCK)?;
        Some(Source::memory(source.read(part.start, length as usize).ok()?))
    };
    let sources = [read(1), read(2), read(4)];
    let [main, exif, gps] = [0, 1, 2].map(|k| Tiff::open(sources[k].as_ref()?).ok().flatten());
    fn first<'t, 's, 'r>(tiff: &'t Tiff<'s, 'r>) -> Option<Part<'t, 's, 'r>> {
        Some((tiff, tiff.directory(tiff.first).ok()?))
    }
    let main = main.as_ref()?;
    let same = |tiff: &&Tiff<'_, '_>| tiff.endian == main.endian;
    let (exif, gps) = (exif.as_ref().filter(same), gps.as_ref().filter(same));
    Some(block(first(main)?, exif.and_then(first), gps.and_then(first), limits))
}

/// The directories that EXIF knows, as a block of their own in the file's byte order.
fn block(
    (tiff, main): Part<'_, '_, '_>,
    exif: Option<Part<'_, '_, '_>>,
    gps: Option<Part<'_, '_, '_>>,
    limits: &Limits,
) -> Vec<u8> {
    let interop = exif.as_ref().and_then(|(tiff, exif)| {
        let offset = tiff.uint(exif, INTEROP)?;
        Some((*tiff, tiff.directory(offset).ok()?))
    });
    let mut left = limits.max_metadata.unwrap_or(u64::MAX).min(MAX_BLOCK);
    let mut fields = |(tiff, ifd): &Part<'_, '_, '_>| -> Fields {
        let mut out = Fields::new();
        for entry in &ifd.entries {
            if matches!(entry.tag, EXIF | GPS | INTEROP) || type_size(entry.kind).is_none() {
                continue;
            }
            let Some(len) = entry.len().filter(|len| *len <= left) else { continue };
            if let Ok(bytes) = tiff.bytes(entry) {
                left -= len;
                out.push((entry.tag, entry.kind, Content::Bytes(bytes)));
            }
        }
        out
    };
    let entries = main.entries.into_iter().filter(|e| MAIN.contains(&e.tag)).collect();
    let mut list = vec![fields(&(tiff, Ifd { entries, next: 0 }))];
    let mut link = |list: &mut Vec<Fields>, from: usize, tag: u16, part: Option<Part<'_, '_, '_>>| {
        let part = part?;
        let to = list.len();
        list.push(fields(&part));
        list.get_mut(from)?.push((tag, 4, Content::Link(to)));
        Some(to)
    };
    if let Some(exif) = link(&mut list, 0, EXIF, exif) {
        link(&mut list, exif, INTEROP, interop);
    }
    link(&mut list, 0, GPS, gps);
    assemble(tiff.endian, list)
}

fn floats(values: impl IntoIterator<Item = f64>) -> Value {
    Value::List(values.into_iter().map(Value::Float).collect())
}

fn area(a: Area) -> Value {
    Value::List([a.top, a.left, a.height, a.width].map(Value::from).to_vec())
}

/// The section `raw`. `applied` says that a picture was made, for which these numbers were used.
pub(crate) fn sensor(facts: &Facts, applied: bool) -> Metadata {
    let mut out = Metadata::new();
    out.insert("make", facts.make.as_str());
    out.insert("model", facts.model.as_str());
    let mut put = |key: &str, value: Value| match applied {
        true => out.insert_applied(key, value),
        false => out.insert(key, value),
    };
    put("raw_height", facts.height.into());
    put("raw_width", facts.width.into());
    if let Some(cfa) = &facts.cfa {
        put("cfa_pattern", cfa.letters().into());
        put("cfa_shape", Value::List(vec![cfa.height().into(), cfa.width().into()]));
    }
    put("black_level", floats(facts.black.map(f64::from)));
    put("white_level", Value::Float(f64::from(facts.white)));
    if let Some(matrix) = facts.xyz_to_camera {
        put("color_matrix", floats(matrix.into_iter().flatten()));
    }
    if let Some(multipliers) = facts.as_shot {
        put("camera_whitebalance", floats(multipliers.map(f64::from)));
    }
    if let Some(multipliers) = facts.daylight() {
        put("daylight_whitebalance", floats(multipliers));
    }
    put("visible_area", area(facts.visible));
    put("default_crop", area(facts.default_crop));
    out
}
