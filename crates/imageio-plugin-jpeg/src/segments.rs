//! Metadata as segments of a file to be.

use imageio_core::{Metadata, Node, Value};
use imageio_jpeg::Density;

use crate::metadata::{EXTENDED_XMP, ICC, IPTC_RESOURCE, PHOTOSHOP, XMP};

/// What a segment holds at most.
const MAX_PAYLOAD: usize = 65_533;

/// Segments for what the metadata hold, and notes about what they can't.
pub struct Segments {
    /// Whole segments, markers included.
    pub bytes: Vec<u8>,
    /// What could not be kept, in words.
    pub notes: Vec<String>,
}

impl Segments {
    /// Segments for `metadata`, with the keys that reading gives.
    pub fn new(metadata: &Metadata) -> Self {
        let mut out = Segments { bytes: Vec::new(), notes: Vec::new() };
        if let Some(exif) = metadata.get_section("exif") {
            out.exif(exif);
        }
        if let Some(xmp) = metadata.get("xmp").and_then(text) {
            out.xmp(&xmp, metadata.get("xmp_extended").and_then(text));
        }
        if let Some(icc) = metadata.get("icc").and_then(Value::as_bytes) {
            out.icc(icc);
        }
        out.photoshop(metadata);
        match metadata.get("comment") {
            Some(Value::List(list)) => list.iter().for_each(|comment| out.comment(comment)),
            Some(comment) => out.comment(comment),
            None => {}
        }
        let kept = ["exif", "xmp", "xmp_extended", "icc", "iptc", "photoshop", "comment", "dpi"];
        out.notes.extend(metadata.lost(&kept).map(|key| format!("metadata `{key}` has no place in a JPEG file")));
        out
    }

    fn push(&mut self, marker: u8, parts: &[&[u8]]) {
        let length = 2 + parts.iter().map(|p| p.len()).sum::<usize>();
        self.bytes.extend_from_slice(&[0xFF, marker]);
        self.bytes.extend_from_slice(&(length as u16).to_be_bytes());
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
    }

    fn exif(&mut self, exif: &Metadata) {
        let fits = |block: &Vec<u8>| block.len() + imageio_exif::PREFIX.len() <= MAX_PAYLOAD;
        let mut block = imageio_exif::write(exif);
        if block.as_ref().is_ok_and(|block| !fits(block)) {
            let mut smaller = exif.clone();
            if smaller.remove("Thumbnail") {
                self.notes.push("the EXIF thumbnail was left out: the block would be too large".into());
                block = imageio_exif::write(&smaller);
            }
        }
        match block {
            Ok(block) if fits(&block) => self.push(0xE1, &[imageio_exif::PREFIX, &block]),
            Ok(block) => self.notes.push(format!("the EXIF block has {} bytes, too many for a segment", block.len())),
            Err(e) => self.notes.push(format!("the EXIF block was not kept: {}", e.message())),
        }
    }

    fn xmp(&mut self, packet: &str, extended: Option<String>) {
        if packet.len() + XMP.len() > MAX_PAYLOAD {
            self.notes.push(format!("the XMP packet has {} bytes, too many for a segment", packet.len()));
            return;
        }
        self.push(0xE1, &[XMP, packet.as_bytes()]);
        let Some(extended) = extended else { return };
        // The main packet names the extended one by a digest in 32 hexadecimal digits.
        let digest = packet.split("HasExtendedXMP").nth(1).and_then(|rest| {
            let rest = rest.get(rest.find(|c: char| c.is_ascii_hexdigit())?..)?;
            rest.get(..32).filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        let Some(digest) = digest else {
            self.notes.push("the extended XMP packet was not kept: the main one does not name it".into());
            return;
        };
        let total = (extended.len() as u32).to_be_bytes();
        for (i, part) in extended.as_bytes().chunks(65_400).enumerate() {
            let offset = (i as u32 * 65_400).to_be_bytes();
            self.push(0xE1, &[EXTENDED_XMP, digest.as_bytes(), &total, &offset, part]);
        }
    }

    fn icc(&mut self, profile: &[u8]) {
        let portions: Vec<&[u8]> = profile.chunks(MAX_PAYLOAD - ICC.len() - 2).collect();
        let Ok(count) = u8::try_from(portions.len()) else {
            self.notes.push(format!("the ICC profile has {} bytes, too many for 255 segments", profile.len()));
            return;
        };
        for (number, portion) in (1..=count).zip(portions) {
            self.push(0xE2, &[ICC, &[number, count], portion]);
        }
    }

    fn photoshop(&mut self, metadata: &Metadata) {
        let mut body = Vec::new();
        let mut resource = |id: u16, data: &[u8]| {
            body.extend_from_slice(b"8BIM");
            body.extend_from_slice(&id.to_be_bytes());
            // No name: its length, padded to two bytes.
            body.extend_from_slice(&[0, 0]);
            body.extend_from_slice(&(data.len() as u32).to_be_bytes());
            body.extend_from_slice(data);
            if data.len() % 2 == 1 {
                body.push(0);
            }
        };
        if let Some(iptc) = metadata.get("iptc").and_then(Value::as_bytes) {
            resource(IPTC_RESOURCE, iptc);
        }
        for (key, node, _) in metadata.get_section("photoshop").into_iter().flat_map(Metadata::iter) {
            let id = key.strip_prefix("0x").and_then(|hex| u16::from_str_radix(hex, 16).ok());
            match (id, node) {
                (Some(id), Node::Value(Value::Bytes(data))) => resource(id, data),
                _ => self.notes.push(format!("metadata `photoshop/{key}` is no image resource")),
            }
        }
        for part in body.chunks(MAX_PAYLOAD - PHOTOSHOP.len()) {
            self.push(0xED, &[PHOTOSHOP, part]);
        }
    }

    fn comment(&mut self, comment: &Value) {
        let comment = match comment {
            Value::Str(text) => text.as_bytes(),
            Value::Bytes(bytes) => bytes,
            other => return self.comment(&Value::Str(other.to_string())),
        };
        if comment.len() > MAX_PAYLOAD {
            self.notes.push(format!("a comment of {} bytes is too long for a segment", comment.len()));
            return;
        }
        self.push(0xFE, &[comment]);
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.clone()),
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    }
}

/// Two numbers: as a pair, or one for both.
fn pair(value: &Value) -> Option<(f64, f64)> {
    let (x, y) = match value.as_list() {
        Some([one]) => (one.as_f64()?, one.as_f64()?),
        Some([x, y]) => (x.as_f64()?, y.as_f64()?),
        Some(_) => return None,
        None => (value.as_f64()?, value.as_f64()?),
    };
    (x > 0.0 && y > 0.0 && x < 65_535.5 && y < 65_535.5).then_some((x, y))
}

/// JFIF's densities: `dpi` of the options, or of the metadata, or those that a JPEG file had.
pub(crate) fn density(dpi: &[f64], metadata: Option<&Metadata>) -> Density {
    let dots = |(x, y): (f64, f64)| Density { unit: 1, x: x.round().max(1.0) as u16, y: y.round().max(1.0) as u16 };
    if let Some(asked) = pair(&Value::List(dpi.iter().map(|v| Value::Float(*v)).collect())) {
        return dots(asked);
    }
    let get = |key: &str| metadata.and_then(|m| m.get(key));
    let stored = get("jfif_density").and_then(pair).zip(get("jfif_unit").and_then(Value::as_u64).filter(|u| *u <= 2));
    let stored = stored.map(|((x, y), unit)| Density { unit: unit as u8, x: x as u16, y: y as u16 });
    let stated = get("dpi").and_then(pair);
    match (stored, stated) {
        // Centimetres stay what they are, unless someone has changed the dots per inch.
        (Some(stored), Some((x, y))) => {
            let factor = [0.0, 1.0, 2.54][usize::from(stored.unit)];
            let same = |a: u16, b: f64| (f64::from(a) * factor - b).abs() < 0.01;
            if same(stored.x, x) && same(stored.y, y) { stored } else { dots((x, y)) }
        }
        (Some(stored), None) => stored,
        (None, Some(stated)) => dots(stated),
        (None, None) => Density { unit: 0, x: 1, y: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities() {
        let mut meta = Metadata::new();
        assert_eq!(density(&[], Some(&meta)), Density { unit: 0, x: 1, y: 1 });
        meta.insert("dpi", Value::List(vec![Value::Float(300.0), Value::Float(149.6)]));
        assert_eq!(density(&[], Some(&meta)), Density { unit: 1, x: 300, y: 150 });
        assert_eq!(density(&[96.0], Some(&meta)), Density { unit: 1, x: 96, y: 96 });
        let mut meta = Metadata::new();
        meta.insert("jfif_unit", 2);
        meta.insert("jfif_density", Value::List(vec![Value::UInt(50), Value::UInt(50)]));
        meta.insert("dpi", Value::Float(127.0));
        assert_eq!(density(&[], Some(&meta)), Density { unit: 2, x: 50, y: 50 });
        meta.insert("dpi", Value::Float(72.0));
        assert_eq!(density(&[], Some(&meta)), Density { unit: 1, x: 72, y: 72 });
    }

    #[test]
    fn what_has_no_place_is_noted() {
        let mut meta = Metadata::new();
        meta.insert("gamma", 0.45);
        meta.insert("process", "baseline");
        let segments = Segments::new(&meta);
        assert!(segments.bytes.is_empty());
        assert_eq!(segments.notes, ["metadata `gamma` has no place in a JPEG file"]);
    }

    #[test]
    fn profiles_are_cut_into_portions() {
        let mut meta = Metadata::new();
        meta.insert("icc", vec![7u8; 70_000]);
        let bytes = Segments::new(&meta).bytes;
        assert_eq!(bytes.len(), 70_000 + 2 * 18);
        assert_eq!(bytes[..18], *b"\xFF\xE2\xFF\xFFICC_PROFILE\0\x01\x02");
    }
}
