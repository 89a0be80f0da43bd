//! What the segments before the first scan say, as a tree.

use imageio_core::{Limits, Metadata, ReadSeek, Result, Value};
use imageio_exif::photoshop;

use crate::markers::{Header, Segment};

/// What the payload of an XMP segment begins with (XMP part 3, 1.1.3).
pub(crate) const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// The same for portions of a packet that needs several segments.
pub(crate) const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Photoshop's image resources.
pub(crate) const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
pub(crate) const ICC: &[u8] = b"ICC_PROFILE\0";

/// Reads all metadata of an image.
pub(crate) fn read(
    stream: &mut dyn ReadSeek,
    header: &Header,
    limits: &Limits,
    notes: &mut Vec<String>,
) -> Result<Metadata> {
    header.check_size(limits)?;
    let mut meta = Metadata::new();
    if let Some(jfif) = header.jfif {
        let pair = |a: u64, b: u64| Value::List(vec![Value::UInt(a), Value::UInt(b)]);
        meta.insert("jfif_version", pair(jfif.version.0.into(), jfif.version.1.into()));
        meta.insert("jfif_unit", u64::from(jfif.unit));
        meta.insert("jfif_density", pair(jfif.density.0.into(), jfif.density.1.into()));
        let dots = match jfif.unit {
            1 => 1.0,
            2 => 2.54,
            _ => 0.0,
        };
        let (x, y) = (f64::from(jfif.density.0) * dots, f64::from(jfif.density.1) * dots);
        if x > 0.0 && y > 0.0 {
            meta.insert("dpi", Value::List(vec![Value::Float(x), Value::Float(y)]));
        }
    }
    if let Some(adobe) = header.adobe {
        meta.insert("adobe_version", u64::from(adobe.version));
        meta.insert("adobe_transform", u64::from(adobe.transform));
    }
    let frame = &header.frame;
    meta.insert("process", frame.process_name());
    meta.insert("bit_depth", u64::from(frame.precision()));
    meta.insert("color_space", header.transform().coded_as(frame));
    meta.insert_opt("subsampling", frame.subsampling());
    Parts::collect(stream, header)?.put(&mut meta, notes);
    Ok(meta)
}

/// The payloads that carry something.
#[derive(Default)]
struct Parts {
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
    /// Identifier, length of the whole, offset and bytes of each portion.
    extended_xmp: Vec<([u8; 32], u32, u32, Vec<u8>)>,
    /// Number, count and bytes of each portion.
    icc: Vec<(u8, u8, Vec<u8>)>,
    photoshop: Vec<u8>,
    comments: Vec<Vec<u8>>,
}

impl Parts {
    fn collect(stream: &mut dyn ReadSeek, header: &Header) -> Result<Self> {
        let mut parts = Parts::default();
        for segment in &header.segments {
            let mut after = |id: &[u8], s: &Segment| -> Result<Vec<u8>> {
                let mut payload = Header::payload(stream, s)?;
                payload.drain(..id.len().min(payload.len()));
                Ok(payload)
            };
            if segment.is(1, imageio_exif::PREFIX) {
                if parts.exif.is_none() {
                    parts.exif = Some(after(imageio_exif::PREFIX, segment)?);
                }
            } else if segment.is(1, XMP) {
                if parts.xmp.is_none() {
                    parts.xmp = Some(after(XMP, segment)?);
                }
            } else if segment.is(1, EXTENDED_XMP) {
                let payload = after(EXTENDED_XMP, segment)?;
                if let Some((id, rest)) = payload.split_first_chunk::<32>() {
                    if let Some((&[l3, l2, l1, l0, o3, o2, o1, o0], rest)) = rest.split_first_chunk::<8>() {
                        let (length, offset) =
                            (u32::from_be_bytes([l3, l2, l1, l0]), u32::from_be_bytes([o3, o2, o1, o0]));
                        parts.extended_xmp.push((*id, length, offset, rest.to_vec()));
                    }
                }
            } else if segment.is(2, ICC) {
                let payload = after(ICC, segment)?;
                if let [number, count, rest @ ..] = payload.as_slice() {
                    parts.icc.push((*number, *count, rest.to_vec()));
                }
            } else if segment.is(13, PHOTOSHOP) {
                // Long lists of resources go on in the next segment.
                parts.photoshop.extend(after(PHOTOSHOP, segment)?);
            } else if segment.marker == 0xFE {
                parts.comments.push(after(&[], segment)?);
            }
        }
        Ok(parts)
    }

    fn put(mut self, meta: &mut Metadata, notes: &mut Vec<String>) {
        let mut note = |text: String| {
            if !notes.contains(&text) {
                notes.push(text);
            }
        };
        let comments: Vec<Value> = self.comments.iter().map(|c| Value::Str(text(c))).collect();
        match <[Value; 1]>::try_from(comments) {
            Ok([only]) => meta.insert("comment", only),
            Err(list) if list.is_empty() => {}
            Err(list) => meta.insert("comment", Value::List(list)),
        }
        if let Some(exif) = &self.exif {
            match imageio_exif::parse(exif) {
                Ok(tree) => {
                    if meta.get("dpi").is_none() {
                        meta.insert_opt("dpi", exif_dpi(&tree));
                    }
                    meta.insert_section("exif", tree);
                }
                Err(e) => note(format!("the EXIF block can't be read: {}", e.message())),
            }
        }
        match self.icc_profile() {
            Ok(profile) => meta.insert_opt("icc", profile),
            Err(why) => note(why),
        }
        if let Some(xmp) = self.xmp.take() {
            let packet = text(&xmp);
            if let Some(extended) = self.joined_xmp(&packet) {
                meta.insert("xmp_extended", text(&extended));
            } else if !self.extended_xmp.is_empty() {
                note("the extended XMP packet is incomplete".into());
            }
            meta.insert("xmp", packet);
        }
        self.photoshop_resources(meta);
    }

    /// The profile of all its portions (ICC.1, B.4).
    fn icc_profile(&mut self) -> Result<Option<Vec<u8>>, String> {
        self.icc.sort_by_key(|(number, ..)| *number);
        let Some((_, count, _)) = self.icc.first() else { return Ok(None) };
        let expected = 1..=*count;
        if !expected.clone().eq(self.icc.iter().map(|(number, ..)| *number)) {
            return Err(format!("the ICC profile lacks some of its {count} portions"));
        }
        Ok(Some(self.icc.iter().flat_map(|(.., bytes)| bytes.iter().copied()).collect()))
    }

    /// The extended packet that the main one names.
    fn joined_xmp(&self, packet: &str) -> Option<Vec<u8>> {
        let (id, length, ..) =
            self.extended_xmp.iter().find(|(id, ..)| std::str::from_utf8(id).is_ok_and(|id| packet.contains(id)))?;
        let total = self.extended_xmp.iter().map(|(.., bytes)| bytes.len()).sum::<usize>();
        if *length as usize > total {
            return None;
        }
        let mut joined = vec![0; *length as usize];
        let mut filled = 0;
        for (_, _, offset, bytes) in self.extended_xmp.iter().filter(|(other, ..)| other == id) {
            let at = *offset as usize;
            joined.get_mut(at..at.checked_add(bytes.len())?)?.copy_from_slice(bytes);
            filled += bytes.len();
        }
        (filled >= joined.len()).then_some(joined)
    }

    /// Image resources by number, as bytes; what is known as IPTC among them on its own.
    fn photoshop_resources(&self, meta: &mut Metadata) {
        let mut resources = Metadata::new();
        for resource in photoshop::resources(&self.photoshop) {
            if resource.id == photoshop::IPTC {
                meta.insert("iptc", resource.data.to_vec());
            } else {
                resources.insert(format!("0x{:04X}", resource.id), resource.data.to_vec());
            }
        }
        if !resources.is_empty() {
            meta.insert_section("photoshop", resources);
        }
    }
}

/// Dots per inch as EXIF has them.
fn exif_dpi(exif: &Metadata) -> Option<Value> {
    let number = |key: &str| exif.get(key).and_then(Value::as_f64).filter(|v| v.is_finite() && *v > 0.0);
    let factor = match exif.get("ResolutionUnit").and_then(Value::as_u64) {
        None | Some(2) => 1.0,
        Some(3) => 2.54,
        _ => return None,
    };
    let (x, y) = (number("XResolution")?, number("YResolution")?);
    Some(Value::List(vec![Value::Float(x * factor), Value::Float(y * factor)]))
}

/// Text that should be UTF-8, and is Latin-1 if it is not; without the zero bytes at its end.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    let bytes = bytes.get(..end).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}
