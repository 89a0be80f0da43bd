//! What a raw file says: EXIF as other formats have it, and the sensor's numbers under `raw`.

use imageio_core::{Limits, Metadata, Value};

use crate::facts::{Area, Facts};
use crate::ifd::{Content, Fields, Ifd, Tiff, assemble, type_size};
use crate::preview;
use crate::source::Source;

/// Tags of the first directory that EXIF has as well.
const MAIN: [u16; 12] = [270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432];
const EXIF: u16 = 34665;
const GPS: u16 = 34853;
const INTEROP: u16 = 40965;

/// The file's EXIF tree; `None` if it has none.
pub(crate) fn exif(source: &Source<'_>, limits: &Limits) -> Option<Metadata> {
    if let Ok(Some(tiff)) = Tiff::open(source) {
        let block = block(&tiff, limits)?;
        return imageio_exif::parse(&block).ok();
    }
    // Fujifilm has it in the preview only, Minolta a whole block after its header.
    if let Some((offset, length)) = preview::fuji(source) {
        let head = source.read(offset, usize::try_from(length.min(1 << 18)).ok()?).ok()?;
        return imageio_exif::parse(preview::exif(&head)?).ok();
    }
    let head = source.read(0, usize::try_from(source.size().min(1 << 18)).ok()?).ok()?;
    if head.starts_with(b"\0MRM") {
        let at = head.windows(4).position(|w| w == b"\0TTW")?;
        return imageio_exif::parse(head.get(at + 8..)?).ok();
    }
    None
}

/// The directories that EXIF knows, as a block of their own in the file's byte order.
fn block(tiff: &Tiff<'_, '_>, limits: &Limits) -> Option<Vec<u8>> {
    let first = tiff.directory(tiff.first).ok()?;
    let below = |ifd: &Ifd, tag| tiff.directory(tiff.uint(ifd, tag)?).ok();
    let exif = below(&first, EXIF);
    let interop = exif.as_ref().and_then(|exif| below(exif, INTEROP));
    let gps = below(&first, GPS);
    let main = Ifd { entries: first.entries.iter().filter(|e| MAIN.contains(&e.tag)).cloned().collect(), next: 0 };
    let mut left = limits.max_metadata.unwrap_or(u64::MAX).min(32 << 20);
    let mut fields = |ifd: &Ifd| -> Fields {
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
    let mut list = vec![fields(&main)];
    let mut link = |list: &mut Vec<Fields>, from: usize, tag: u16, ifd: Option<Ifd>| {
        let ifd = ifd?;
        let to = list.len();
        list.push(fields(&ifd));
        list.get_mut(from)?.push((tag, 4, Content::Link(to)));
        Some(to)
    };
    if let Some(exif) = link(&mut list, 0, EXIF, exif) {
        link(&mut list, exif, INTEROP, interop);
    }
    link(&mut list, 0, GPS, gps);
    Some(assemble(tiff.endian, list))
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
