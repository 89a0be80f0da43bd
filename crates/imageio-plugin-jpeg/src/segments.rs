//! Metadata as segments of a file to be.

use imageio_core::{Error, ErrorKind, Metadata, Node, Result, Value};
use imageio_jpeg::Density;

use crate::metadata::{EXTENDED_XMP, ICC, PHOTOSHOP, XMP};

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
    /// Segments for `metadata`, with the keys that reading gives, in a file of so many components.
    pub fn new(metadata: &Metadata, components: usize) -> Self {
        let mut out = Segments { bytes: Vec::new(), notes: Vec::new() };
        // What is there and in no form that a segment can have.
        let mut wrong = Vec::new();
        match (metadata.get_section("exif"), metadata.get("exif")) {
            (Some(exif), _) => out.exif(exif),
            (None, Some(Value::Bytes(block))) => {
                out.exif_block(block.strip_prefix(imageio_exif::PREFIX).unwrap_or(block));
            }
            (None, Some(_)) => wrong.push("exif"),
            (None, None) => {}
        }
        match (metadata.get("xmp"), metadata.get("xmp").and_then(text)) {
            (_, Some(xmp)) => out.xmp(&xmp, metadata.get("xmp_extended").and_then(text)),
            (Some(_), None) => wrong.push("xmp"),
            (None, None) => {}
        }
        match metadata.get("icc") {
            Some(Value::Bytes(icc)) => match Metadata::profile_unfit(icc, components) {
                Some(note) => out.notes.push(note),
                None => out.icc(icc),
            },
            Some(_) => wrong.push("icc"),
            None => {}
        }
        if metadata.get("dpi").is_some_and(|dpi| pair(dpi).is_none()) {
            wrong.push("dpi");
        }
        out.photoshop(metadata);
        match metadata.get("comment") {
            Some(Value::List(list)) => list.iter().for_each(|comment| out.comment(comment)),
            Some(comment) => out.comment(comment),
            None => {}
        }
        let kept = ["exif", "xmp", "xmp_extended", "icc", "iptc", "photoshop", "comment", "dpi"];
        out.notes.extend(wrong.iter().map(|key| format!("metadata `{key}` is nothing that JPEG can hold: left out")));
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
        let mut block = imageio_exif::write(exif);
        if block.as_ref().is_ok_and(|block| !exif_fits(block)) {
            let mut smaller = exif.clone();
            if smaller.remove("Thumbnail") {
                self.notes.push("the EXIF thumbnail was left out: the block would be too large".into());
                block = imageio_exif::write(&smaller);
            }
        }
        match block {
            Ok(block) => self.exif_block(&block),
            Err(e) => self.notes.push(format!("the EXIF block was not kept: {}", e.message())),
        }
    }

    fn exif_block(&mut self, block: &[u8]) {
        if exif_fits(block) {
            self.push(0xE1, &[imageio_exif::PREFIX, block]);
        } else {
            self.notes.push(format!("the EXIF block has {} bytes, too many for a segment", block.len()));
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
            resource(imageio_exif::photoshop::IPTC, iptc);
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

fn exif_fits(block: &[u8]) -> bool {
    block.len() + imageio_exif::PREFIX.len() <= MAX_PAYLOAD
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
    // JFIF has whole numbers of 16 bits; one that becomes 0 would say nothing.
    let fits = |v: f64| (0.5..65_535.5).contains(&v);
    (fits(x) && fits(y)).then_some((x, y))
}

/// JFIF's densities: `dpi` of the options, or of the metadata, or those that a JPEG file had.
///
/// # Errors
/// `InvalidOption` if the option is not one number or two that JFIF can hold.
pub(crate) fn density(dpi: &[f64], metadata: Option<&Metadata>) -> Result<Density> {
    let dots = |(x, y): (f64, f64)| Density { unit: 1, x: x.round() as u16, y: y.round() as u16 };
    if !dpi.is_empty() {
        let asked = pair(&Value::List(dpi.iter().map(|v| Value::Float(*v)).collect()));
        return asked.map(dots).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOption, format!("option `dpi` is {dpi:?}"))
                .with_hint("give one number, or two (across, down), each from 1 to 65535")
        });
    }
    let get = |key: &str| metadata.and_then(|m| m.get(key));
    let stored = get("jfif_density").and_then(pair).zip(get("jfif_unit").and_then(Value::as_u64).filter(|u| *u <= 2));
    let stored = stored.map(|((x, y), unit)| Density { unit: unit as u8, x: x as u16, y: y as u16 });
    let stated = get("dpi").and_then(pair);
    Ok(match (stored, stated) {
        // Centimetres stay what they are, unless someone has changed the dots per inch.
        (Some(stored), Some((x, y))) => {
            let factor = [0.0, 1.0, 2.54][usize::from(stored.unit)];
            let same = |a: u16, b: f64| (f64::from(a) * factor - b).abs() < 0.01;
            if same(stored.x, x) && same(stored.y, y) { stored } else { dots((x, y)) }
        }
        (Some(stored), None) => stored,
        (None, Some(stated)) => dots(stated),
        (None, None) => Density { unit: 0, x: 1, y: 1 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities() {
        let mut meta = Metadata::new();
        assert_eq!(density(&[], Some(&meta)).unwrap(), Density { unit: 0, x: 1, y: 1 });
        meta.insert("dpi", Value::List(vec![Value::Float(300.0), Value::Float(149.6)]));
        assert_eq!(density(&[], Some(&meta)).unwrap(), Density { unit: 1, x: 300, y: 150 });
        assert_eq!(density(&[96.0], Some(&meta)).unwrap(), Density { unit: 1, x: 96, y: 96 });
        let mut meta = Metadata::new();
        meta.insert("jfif_unit", 2);
        meta.insert("jfif_density", Value::List(vec![Value::UInt(50), Value::UInt(50)]));
        meta.insert("dpi", Value::Float(127.0));
        assert_eq!(density(&[], Some(&meta)).unwrap(), Density { unit: 2, x: 50, y: 50 });
        meta.insert("dpi", Value::Float(72.0));
        assert_eq!(density(&[], Some(&meta)).unwrap(), Density { unit: 1, x: 72, y: 72 });
        for wrong in [&[0.0][..], &[70_000.0], &[-1.0], &[f64::NAN], &[72.0, 72.0, 72.0]] {
            assert_eq!(density(wrong, None).unwrap_err().kind(), ErrorKind::InvalidOption);
        }
    }

    #[test]
    fn what_has_no_place_is_noted() {
        let mut meta = Metadata::new();
        meta.insert("gamma", 0.45);
        meta.insert("process", "baseline");
        let segments = Segments::new(&meta, 3);
        assert!(segments.bytes.is_empty());
        assert_eq!(segments.notes, ["metadata `gamma` has no place in a JPEG file"]);
        for key in ["exif", "xmp", "icc", "dpi"] {
            let mut meta = Metadata::new();
            meta.insert(key, -1);
            let segments = Segments::new(&meta, 3);
            assert!(segments.bytes.is_empty());
            assert_eq!(segments.notes, [format!("metadata `{key}` is nothing that JPEG can hold: left out")]);
        }
    }

    #[test]
    fn profiles_are_cut_into_portions() {
        let mut meta = Metadata::new();
        meta.insert("icc", vec![7u8; 70_000]);
        let bytes = Segments::new(&meta, 3).bytes;
        assert_eq!(bytes.len(), 70_000 + 2 * 18);
        assert_eq!(bytes[..18], *b"\xFF\xE2\xFF\xFFICC_PROFILE\0\x01\x02");
    }
}
