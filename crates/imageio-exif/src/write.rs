use std::collections::BTreeMap;

use imageio_core::{Error, Metadata, Node, Result, Value, nearest_name};

use crate::kind::{coerce, comment_bytes};
use crate::tags::{Home, Kind, by_name, names, pointer};

/// Writes a tree as an EXIF block: little-endian, beginning with the TIFF header.
///
/// Takes what [`parse`](crate::parse) gives, and gives a block that parses to the same tree. Values are brought
/// into the form of the standard where that is possible: an integer or a real number for a rational, an integer
/// of any size for a SHORT. Names that the standard or exiftool use for a tag are understood too (`ISO`,
/// `PixelXDimension`), as is a section `Exif` for the tags of that directory. `Null` is left out. A name that is
/// no tag, and a value that no TIFF type can hold, are `Mismatch`.
///
/// ```
/// let mut meta = imageio_core::Metadata::new();
/// meta.insert("Artist", "A. Photographer");
/// meta.insert("ExposureTime", 0.004);
/// let block = imageio_exif::write(&meta).unwrap();
/// let back = imageio_exif::parse(&block).unwrap();
/// assert_eq!(back.get("ExposureTime").unwrap().to_string(), "1/250");
/// ```
pub fn write(tree: &Metadata) -> Result<Vec<u8>> {
    let mut main = Directory::default();
    let mut exif = Directory::default();
    let mut gps = Directory::default();
    let mut interop = Directory::default();
    let mut thumbnail = None;
    for (name, node, _) in tree.iter() {
        match (name, node) {
            ("GPS", Node::Section(section)) => fill(section, Home::Gps, &mut [(Home::Gps, &mut gps)])?,
            ("Interop", Node::Section(section)) => {
                fill(section, Home::Interop, &mut [(Home::Interop, &mut interop)])?;
            }
            ("Thumbnail", Node::Section(section)) if !section.is_empty() => thumbnail = Some(thumbnail_of(section)?),
            ("Thumbnail", Node::Section(_)) => {}
            ("Exif", Node::Section(section)) => {
                fill(section, Home::Exif, &mut [(Home::Main, &mut main), (Home::Exif, &mut exif)])?;
            }
            (name, Node::Section(_)) => {
                return Err(Error::mismatch(format!("EXIF has no section `{name}`"))
                    .with_hint("its sections are Exif, GPS, Interop and Thumbnail"));
            }
            (name, Node::Value(value)) => {
                put(name, value, Home::Main, &mut [(Home::Main, &mut main), (Home::Exif, &mut exif)])?;
            }
        }
    }
    layout(main, exif, gps, interop, thumbnail)
}

/// A field ready to be written: TIFF type, count, bytes.
struct Field {
    field: u16,
    count: usize,
    bytes: Vec<u8>,
}

impl Field {
    fn new(field: u16, count: usize, bytes: Vec<u8>) -> Self {
        Field { field, count, bytes }
    }

    fn long(value: usize) -> Result<Self> {
        Ok(Field::new(4, 1, small(value)?.to_le_bytes().to_vec()))
    }
}

/// Sorted by tag, as TIFF wants it.
type Directory = BTreeMap<u16, Field>;

fn fill(section: &Metadata, dir: Home, into: &mut [(Home, &mut Directory)]) -> Result<()> {
    for (name, node, _) in section.iter() {
        match node {
            Node::Value(value) => put(name, value, dir, into)?,
            Node::Section(_) => return Err(Error::mismatch(format!("`{name}` can't be a section of EXIF"))),
        }
    }
    Ok(())
}

fn put(name: &str, value: &Value, dir: Home, into: &mut [(Home, &mut Directory)]) -> Result<()> {
    if *value == Value::Null {
        return Ok(());
    }
    let Some((tag, home, kind)) = by_name(name, dir) else {
        let error = Error::mismatch(format!("EXIF has no tag `{name}`"));
        return Err(match nearest(name, dir) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint("a tag without a name is written as 0x and four digits"),
        });
    };
    // Positions of an old block are not those of the new one.
    if matches!(dir, Home::Main | Home::Exif) && pointer::ALL.contains(&tag) {
        return Ok(());
    }
    let Some(field) = encode(kind, coerce(kind, value.clone(), false)) else {
        return Err(Error::mismatch(format!("EXIF can't hold the {} `{value}`", value.type_name())).with("tag", name));
    };
    small(field.count)?;
    if let Some((_, directory)) = into.iter_mut().find(|(h, _)| *h == home) {
        directory.insert(tag, field);
    }
    Ok(())
}

/// The tag that was probably meant; case does not count.
fn nearest(name: &str, dir: Home) -> Option<&'static str> {
    let lower: Vec<String> = names(dir).map(str::to_ascii_lowercase).collect();
    let near = nearest_name(name, lower.iter().map(String::as_str))?;
    names(dir).find(|name| name.eq_ignore_ascii_case(near))
}

fn encode(kind: Kind, value: Value) -> Option<Field> {
    Some(match value {
        Value::Str(text) => match kind {
            Kind::Version => Field::new(7, text.len(), text.into_bytes()),
            Kind::Comment => {
                let bytes = comment_bytes(&text);
                Field::new(7, bytes.len(), bytes)
            }
            Kind::Utf16 => {
                let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
                Field::new(1, bytes.len(), bytes)
            }
            Kind::Utf8 if text.len() > 1 => Field::new(1, text.len(), text.into_bytes()),
            _ => {
                let mut bytes = text.into_bytes();
                bytes.push(0);
                Field::new(2, bytes.len(), bytes)
            }
        },
        Value::Bytes(bytes) => Field::new(7, bytes.len(), bytes),
        Value::List(items) => list(kind, &items)?,
        one => list(kind, &[one])?,
    })
}

/// Numbers of one sort, in the smallest type that the tag allows.
fn list(kind: Kind, items: &[Value]) -> Option<Field> {
    let unsigned: Option<Vec<u64>> =
        items.iter().map(|v| if let Value::UInt(u) = v { Some(*u) } else { None }).collect();
    let (field, bytes) = if let Some(values) = unsigned {
        let max = values.iter().max().copied().unwrap_or(0);
        match (kind, max) {
            (Kind::Byte | Kind::Bytes, 0..=0xFF) => (1, values.iter().map(|v| *v as u8).collect()),
            (Kind::Code | Kind::Codes, 0..=0xFF) => (7, values.iter().map(|v| *v as u8).collect()),
            (Kind::Long, _) | (_, 0x1_0000..) => {
                let values: Option<Vec<u32>> = values.iter().map(|v| u32::try_from(*v).ok()).collect();
                (4, values?.into_iter().flat_map(u32::to_le_bytes).collect())
            }
            _ => (3, values.iter().flat_map(|v| (*v as u16).to_le_bytes()).collect()),
        }
    } else if items.iter().all(|v| matches!(v, Value::Int(_) | Value::UInt(_))) {
        let values: Option<Vec<i32>> = items.iter().map(|v| i32::try_from(v.as_i64()?).ok()).collect();
        (9, values?.into_iter().flat_map(i32::to_le_bytes).collect())
    } else if items.iter().all(|v| matches!(v, Value::Rational(..))) {
        rationals(kind, items)?
    } else {
        let values: Option<Vec<f64>> = items.iter().map(Value::as_f64).collect();
        (12, values?.into_iter().flat_map(f64::to_le_bytes).collect())
    };
    Some(Field::new(field, items.len(), bytes))
}

fn rationals(kind: Kind, items: &[Value]) -> Option<(u16, Vec<u8>)> {
    let parts: Vec<i64> =
        items.iter().flat_map(|v| if let Value::Rational(n, d) = v { [*n, *d] } else { [0, 0] }).collect();
    let signed: Option<Vec<i32>> = parts.iter().map(|p| i32::try_from(*p).ok()).collect();
    let unsigned: Option<Vec<u32>> = parts.iter().map(|p| u32::try_from(*p).ok()).collect();
    Some(match (signed, unsigned) {
        (Some(signed), None) => (10, signed.into_iter().flat_map(i32::to_le_bytes).collect()),
        (Some(signed), _) if kind == Kind::SRational => (10, signed.into_iter().flat_map(i32::to_le_bytes).collect()),
        (_, unsigned) => (5, unsigned?.into_iter().flat_map(u32::to_le_bytes).collect()),
    })
}

fn thumbnail_of(section: &Metadata) -> Result<(Directory, Vec<u8>)> {
    let mut directory = Directory::default();
    let mut strayed = Directory::default();
    let mut image = Vec::new();
    for (name, node, _) in section.iter() {
        match node {
            Node::Value(Value::Bytes(bytes)) if name == "Image" => image.clone_from(bytes),
            Node::Value(value) => {
                put(name, value, Home::Main, &mut [(Home::Main, &mut directory), (Home::Exif, &mut strayed)])?;
            }
            Node::Section(_) => return Err(Error::mismatch(format!("`Thumbnail/{name}` can't be a section"))),
        }
    }
    directory.append(&mut strayed);
    directory.remove(&pointer::ROWS_PER_STRIP);
    Ok((directory, image))
}

fn small(n: usize) -> Result<u32> {
    u32::try_from(n).map_err(|_| Error::mismatch("an EXIF block can't be longer than 4 GiB"))
}

fn layout(
    mut main: Directory,
    mut exif: Directory,
    gps: Directory,
    interop: Directory,
    thumbnail: Option<(Directory, Vec<u8>)>,
) -> Result<Vec<u8>> {
    // Placeholders first: positions follow from sizes, and a pointer has the same size wherever it leads.
    if !interop.is_empty() {
        exif.insert(pointer::INTEROP, Field::long(0)?);
    }
    if !exif.is_empty() {
        main.insert(pointer::EXIF, Field::long(0)?);
    }
    if !gps.is_empty() {
        main.insert(pointer::GPS, Field::long(0)?);
    }
    // The first directory is there even if it is empty.
    let exif_at = 8 + size(&main).max(EMPTY);
    let gps_at = exif_at + size(&exif);
    let interop_at = gps_at + size(&gps);
    let thumbnail_at = interop_at + size(&interop);
    if let Some(field) = exif.get_mut(&pointer::INTEROP) {
        *field = Field::long(interop_at)?;
    }
    for (tag, at) in [(pointer::EXIF, exif_at), (pointer::GPS, gps_at)] {
        if let Some(field) = main.get_mut(&tag) {
            *field = Field::long(at)?;
        }
    }
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    append(&mut out, &main, if thumbnail.is_some() { thumbnail_at } else { 0 })?;
    for directory in [&exif, &gps, &interop].into_iter().filter(|d| !d.is_empty()) {
        append(&mut out, directory, 0)?;
    }
    if let Some((mut directory, image)) = thumbnail {
        if !image.is_empty() {
            let jpeg = image.starts_with(&[0xFF, 0xD8]);
            let (start, length) = if jpeg {
                (pointer::JPEG_OFFSET, pointer::JPEG_LENGTH)
            } else {
                (pointer::STRIP_OFFSETS, pointer::STRIP_BYTE_COUNTS)
            };
            directory.insert(start, Field::long(0)?);
            directory.insert(length, Field::long(image.len())?);
            let rows = directory.get(&0x0101).map(|f| Field::new(f.field, f.count, f.bytes.clone()));
            if let (false, Some(rows)) = (jpeg, rows) {
                directory.insert(pointer::ROWS_PER_STRIP, rows);
            }
            directory.insert(start, Field::long(thumbnail_at + size(&directory))?);
        }
        append(&mut out, &directory, 0)?;
        out.extend_from_slice(&image);
    }
    small(out.len())?;
    Ok(out)
}

/// Bytes of a directory without entries: their number and the position of the next directory.
const EMPTY: usize = 6;

/// Bytes of a directory with the values that do not fit into its entries, each at an even place.
fn size(directory: &Directory) -> usize {
    if directory.is_empty() {
        return 0;
    }
    let values: usize =
        directory.values().map(|f| f.bytes.len()).filter(|n| *n > 4).map(|n| n.next_multiple_of(2)).sum();
    EMPTY + 12 * directory.len() + values
}

fn append(out: &mut Vec<u8>, directory: &Directory, next: usize) -> Result<()> {
    let count = u16::try_from(directory.len()).map_err(|_| Error::mismatch("more than 65535 EXIF tags"))?;
    let mut values = Vec::new();
    let first_value = out.len() + EMPTY + 12 * directory.len();
    out.extend_from_slice(&count.to_le_bytes());
    for (tag, field) in directory {
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&field.field.to_le_bytes());
        out.extend_from_slice(&small(field.count)?.to_le_bytes());
        if field.bytes.len() > 4 {
            out.extend_from_slice(&small(first_value + values.len())?.to_le_bytes());
            values.extend_from_slice(&field.bytes);
            values.resize(values.len().next_multiple_of(2), 0);
        } else {
            let mut inline = [0; 4];
            inline[..field.bytes.len()].copy_from_slice(&field.bytes);
            out.extend_from_slice(&inline);
        }
    }
    out.extend_from_slice(&small(next)?.to_le_bytes());
    out.append(&mut values);
    Ok(())
}
