//! ImageJ's own tags: labels of slices, display ranges, colours of channels, regions and notes, as it writes them.

use imageio_core::{Metadata, Value};

use crate::encode::ifd::{Field, Format};
use crate::ifd::Endian;
use crate::tags::tag;

/// Names in the metadata and in the file, in ImageJ's order.
pub(crate) const KINDS: [(&str, &[u8; 4]); 8] = [
    ("Info", b"info"),
    ("Labels", b"labl"),
    ("Ranges", b"rang"),
    ("LUTs", b"luts"),
    ("Plot", b"plot"),
    ("ROI", b"roi "),
    ("Overlays", b"over"),
    ("Properties", b"prop"),
];

/// Bytes of the colours of a channel: reds, greens, blues.
const LUT: usize = 768;

/// The tags with what the section `imagej` of the metadata has; none if that is nothing. What belongs to slices or
/// channels is left out where there are now others.
pub(crate) fn fields(f: Format, metadata: Option<&Metadata>, pages: usize, channels: usize) -> Vec<Field> {
    let Some(section) = metadata.and_then(|m| m.get_section("imagej")) else { return Vec::new() };
    let text = |value: &Value| {
        let units: Vec<u8> = value.as_str()?.encode_utf16().flat_map(|unit| f.uint(u64::from(unit), 2)).collect();
        Some(units)
    };
    let bytes = |value: &Value| match value {
        Value::Bytes(bytes) => Some(bytes.clone()),
        _ => None,
    };
    let each = |value: &Value, one: &dyn Fn(&Value) -> Option<Vec<u8>>| match value {
        Value::List(items) => items.iter().map(one).collect::<Option<Vec<_>>>(),
        single => one(single).map(|single| vec![single]),
    };
    let mut head = Vec::new();
    let (mut counts, mut body) = (vec![0], Vec::new());
    for (name, id) in KINDS {
        let Some(value) = section.get(name) else { continue };
        let parts = match name {
            "Info" | "Properties" => each(value, &text),
            "Labels" => each(value, &text).filter(|list| list.len() == pages),
            "Ranges" => {
                let list: Option<Vec<f64>> = value.as_list().and_then(|l| l.iter().map(Value::as_f64).collect());
                let list = list.filter(|list| list.len() == 2 * channels || list.len() == 2);
                list.map(|list| vec![list.iter().flat_map(|v| f.uint(v.to_bits(), 8)).collect()])
            }
            "LUTs" => each(value, &bytes)
                .filter(|list| (list.len() == channels || list.len() == 1) && list.iter().all(|lut| lut.len() == LUT)),
            _ => each(value, &bytes),
        };
        let Some(parts) = parts.filter(|parts| !parts.is_empty()) else { continue };
        head.extend(word(f, id));
        head.extend(f.uint(parts.len() as u64, 4));
        for part in parts {
            counts.push(part.len() as u64);
            body.extend(part);
        }
    }
    if body.is_empty() {
        return Vec::new();
    }
    let head = [word(f, b"IJIJ"), head].concat();
    if let Some(first) = counts.first_mut() {
        *first = head.len() as u64;
    }
    let data = [head, body].concat();
    let count = counts.len() as u64;
    let counts = counts.into_iter().flat_map(|n| f.uint(n, 4)).collect();
    vec![
        Field { tag: tag::IJ_METADATA_BYTE_COUNTS, kind: 4, count, bytes: counts },
        f.bytes(tag::IJ_METADATA, 1, &data),
    ]
}

/// Four letters, which are a number in the file's byte order.
fn word(f: Format, letters: &[u8; 4]) -> Vec<u8> {
    let mut bytes = letters.to_vec();
    if f.endian == Endian::Little {
        bytes.reverse();
    }
    bytes
}
