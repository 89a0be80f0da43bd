use std::collections::BTreeMap;

use imageio_core::{Error, Metadata, Result, Value};

use crate::PREFIX;
use crate::kind::{coerce, text_of};
use crate::tags::{Home, home_and_kind, name_of, pointer};

/// More entries than this in one directory are damage.
const MAX_ENTRIES: usize = 4096;
/// Elements of lists in one block, each of which becomes a [`Value`].
const MAX_ELEMENTS: usize = 1 << 20;

/// Reads an EXIF block into a typed tree; see the [crate documentation](crate) for its layout.
///
/// `block` begins with the TIFF header (`II*\0` or `MM\0*`), with or without `Exif\0\0` in front. A block without
/// such a header is `Malformed`; of a block that is damaged further on, what is readable is returned.
pub fn parse(block: &[u8]) -> Result<Metadata> {
    let block = Block::new(block).ok_or_else(|| {
        Error::malformed("an EXIF block begins with a TIFF header (`II*` or `MM*`), this one does not")
    })?;
    let mut reader = Reader { budget: block.data.len().saturating_mul(2) + 4096, elements: MAX_ELEMENTS, block };
    Ok(reader.tree())
}

/// The orientation (1 to 8 if the file keeps to the standard) without reading the rest; `None` if there is none.
pub fn orientation(block: &[u8]) -> Option<u64> {
    let block = Block::new(block)?;
    let (_, entry) = block.find_orientation()?;
    match block.value(&entry, &mut 64)? {
        Value::UInt(value) => Some(value),
        _ => None,
    }
}

/// Changes the orientation of a block in place; `false` if the block has no such entry.
///
/// ```
/// let mut meta = imageio_core::Metadata::new();
/// meta.insert("Orientation", 6);
/// let mut block = imageio_exif::write(&meta).unwrap();
/// assert!(imageio_exif::set_orientation(&mut block, 1));
/// assert_eq!(imageio_exif::orientation(&block), Some(1));
/// ```
pub fn set_orientation(block: &mut [u8], value: u16) -> bool {
    let skipped = if block.starts_with(PREFIX) { PREFIX.len() } else { 0 };
    let Some((at, field, big)) = Block::new(block).and_then(|b| {
        let (at, entry) = b.find_orientation()?;
        Some((skipped + at + 8, entry.field, b.big))
    }) else {
        return false;
    };
    let bytes: &[u8] = match (field, big) {
        (3, true) => &value.to_be_bytes(),
        (3, false) => &value.to_le_bytes(),
        (4, true) => &u32::from(value).to_be_bytes(),
        (4, false) => &u32::from(value).to_le_bytes(),
        _ => return false,
    };
    match block.get_mut(at..at + bytes.len()) {
        Some(place) => {
            place.copy_from_slice(bytes);
            true
        }
        None => false,
    }
}

/// One entry of a directory (TIFF 6.0, section 2): its value's bytes are found, not decoded.
struct Entry<'b> {
    tag: u16,
    field: u16,
    count: usize,
    bytes: &'b [u8],
}

#[derive(Clone, Copy)]
struct Block<'b> {
    data: &'b [u8],
    big: bool,
}

impl<'b> Block<'b> {
    fn new(block: &'b [u8]) -> Option<Self> {
        let data = block.strip_prefix(PREFIX.as_slice()).unwrap_or(block);
        let big = match data.get(..4)? {
            b"II*\0" | b"II\0*" => false,
            // OpenImageIO has written the 42 of such blocks in the byte order of its machine.
            b"MM\0*" | b"MM*\0" => true,
            _ => return None,
        };
        Some(Block { data, big })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.data.get(at..)?.first_chunk()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.data.get(at..)?.first_chunk()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn offset(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok().filter(|offset| *offset >= 8 && *offset < self.data.len())
    }

    /// The entries of a directory with their places; those that can't be read are left out.
    fn entries(self, directory: usize) -> impl Iterator<Item = (usize, Entry<'b>)> {
        let count = self.u16(directory).map_or(0, usize::from).min(MAX_ENTRIES);
        (0..count)
            .map_while(move |i| {
                let at = directory + 2 + 12 * i;
                (at + 12 <= self.data.len()).then_some(at)
            })
            .filter_map(move |at| Some((at, self.entry(at)?)))
    }

    fn entry(&self, at: usize) -> Option<Entry<'b>> {
        let (tag, field) = (self.u16(at)?, self.u16(at + 2)?);
        let count = usize::try_from(self.u32(at + 4)?).ok()?;
        let size = count.checked_mul(field_size(field)?)?;
        let start = if size <= 4 { at + 8 } else { usize::try_from(self.u32(at + 8)?).ok()? };
        let rest = self.data.get(start..)?;
        // Text that runs over the end is kept as far as it goes; half a number would be another number.
        let bytes = match rest.get(..size) {
            Some(bytes) => bytes,
            None if matches!(field, 2 | 129) && !rest.is_empty() => rest,
            None => return None,
        };
        Some(Entry { tag, field, count, bytes })
    }

    /// The directory after this one.
    fn next(&self, directory: usize) -> Option<usize> {
        let count = usize::from(self.u16(directory)?);
        self.offset(directory + 2 + 12 * count)
    }

    fn find_orientation(self) -> Option<(usize, Entry<'b>)> {
        self.entries(self.offset(4)?).find(|(_, entry)| entry.tag == 0x0112 && entry.count == 1)
    }

    /// The value as its TIFF type says; one element stands for itself, more are a list.
    fn value(&self, entry: &Entry<'_>, elements: &mut usize) -> Option<Value> {
        let bytes = entry.bytes;
        match (entry.field, bytes) {
            (1, [one]) => return Some(Value::from(*one)),
            (1 | 7, _) => return Some(Value::from(bytes)),
            (2 | 129, _) => return Some(Value::Str(text_of(bytes))),
            _ => {}
        }
        if entry.count > *elements {
            return None;
        }
        *elements -= entry.count;
        let mut values = bytes.chunks_exact(field_size(entry.field)?).filter_map(|raw| self.number(entry.field, raw));
        if entry.count == 1 { values.next() } else { Some(Value::List(values.collect())) }
    }

    fn number(&self, field: u16, raw: &[u8]) -> Option<Value> {
        let here = Block { data: raw, big: self.big };
        let wide = || {
            let bytes = *raw.first_chunk::<8>()?;
            Some(if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
        };
        Some(match field {
            3 => Value::from(here.u16(0)?),
            4 | 13 => Value::from(here.u32(0)?),
            5 => Value::Rational(here.u32(0)?.into(), here.u32(4)?.into()),
            6 => Value::from(*raw.first()? as i8),
            8 => Value::from(here.u16(0)? as i16),
            9 => Value::from(here.u32(0)? as i32),
            10 => Value::Rational((here.u32(0)? as i32).into(), (here.u32(4)? as i32).into()),
            11 => Value::from(f32::from_bits(here.u32(0)?)),
            12 => Value::from(f64::from_bits(wide()?)),
            _ => return None,
        })
    }
}

/// Bytes of one element of a TIFF field type; 129 is the UTF-8 of Exif 3.0.
fn field_size(field: u16) -> Option<usize> {
    Some(match field {
        1 | 2 | 6 | 7 | 129 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => return None,
    })
}

struct Reader<'b> {
    block: Block<'b>,
    /// Bytes of values still to be taken: entries that overlap must not multiply a small block.
    budget: usize,
    elements: usize,
}

impl<'b> Reader<'b> {
    /// Visits at most one directory of each sort, so that no chain of offsets can lead in a circle.
    fn tree(&mut self) -> Metadata {
        let block = self.block;
        let Some(first) = block.offset(4) else { return Metadata::new() };
        // Both directories are shown as one level, in the order that writing gives them again.
        let mut flat = BTreeMap::new();
        self.read(first, Home::Main, &mut flat);
        if let Some(exif) = self.pointed(&[first], pointer::EXIF) {
            self.read(exif, Home::Exif, &mut flat);
        }
        let exif = self.pointed(&[first], pointer::EXIF);
        let both: Vec<usize> = [Some(first), exif].into_iter().flatten().collect();
        let mut tree = level(flat, Home::Main);
        for (name, tag, home) in [("GPS", pointer::GPS, Home::Gps), ("Interop", pointer::INTEROP, Home::Interop)] {
            if let Some(directory) = self.pointed(&both, tag) {
                let mut entries = BTreeMap::new();
                self.read(directory, home, &mut entries);
                if !entries.is_empty() {
                    tree.insert_section(name, level(entries, home));
                }
            }
        }
        if let Some(second) = block.next(first).filter(|second| *second != first) {
            let thumbnail = self.thumbnail(second);
            if !thumbnail.is_empty() {
                tree.insert_section("Thumbnail", thumbnail);
            }
        }
        tree
    }

    fn read(&mut self, directory: usize, dir: Home, into: &mut BTreeMap<(Home, u16), Value>) {
        for (_, entry) in self.block.entries(directory) {
            if matches!(dir, Home::Main | Home::Exif) && pointer::ALL.contains(&entry.tag) {
                continue;
            }
            let (tag, home, kind) = home_and_kind(entry.tag, dir);
            // The directory that a tag belongs to is believed before one that it strayed into, if it says something.
            let said = into.get(&(home, tag)).is_some_and(|value| value.as_str() != Some(""));
            if said || self.budget < entry.bytes.len() {
                continue;
            }
            self.budget -= entry.bytes.len();
            if let Some(value) = self.block.value(&entry, &mut self.elements) {
                into.insert((home, tag), coerce(kind, value, self.block.big));
            }
        }
    }

    /// Where a pointer in one of these directories leads.
    fn pointed(&self, directories: &[usize], tag: u16) -> Option<usize> {
        let mut entries = directories.iter().flat_map(|directory| self.block.entries(*directory));
        let (at, entry) = entries.find(|(_, entry)| entry.tag == tag)?;
        let offset = self.block.offset(at + 8)?;
        (matches!(entry.field, 4 | 13) && !directories.contains(&offset)).then_some(offset)
    }

    fn thumbnail(&mut self, directory: usize) -> Metadata {
        let mut entries = BTreeMap::new();
        self.read(directory, Home::Main, &mut entries);
        let numbers = |tag: u16| -> Vec<usize> {
            let entry = self.block.entries(directory).find(|(_, entry)| entry.tag == tag);
            let value = entry.and_then(|(_, entry)| self.block.value(&entry, &mut 4096));
            let list = match value {
                Some(Value::List(list)) => list,
                one => one.into_iter().collect(),
            };
            list.iter().filter_map(|v| usize::try_from(v.as_u64()?).ok()).collect()
        };
        let mut pieces = [numbers(pointer::JPEG_OFFSET), numbers(pointer::JPEG_LENGTH)];
        if pieces[0].is_empty() {
            pieces = [numbers(pointer::STRIP_OFFSETS), numbers(pointer::STRIP_BYTE_COUNTS)];
        }
        let mut image = Vec::new();
        for (start, length) in pieces[0].iter().zip(&pieces[1]) {
            let rest = self.block.data.get(*start..).unwrap_or_default();
            let piece = rest.get(..*length).unwrap_or(rest);
            if piece.len() > self.budget {
                break;
            }
            self.budget -= piece.len();
            image.extend_from_slice(piece);
        }
        // The strips are joined, so how they were cut no longer matters.
        entries.remove(&(Home::Main, pointer::ROWS_PER_STRIP));
        let mut thumbnail = level(entries, Home::Main);
        if !image.is_empty() {
            thumbnail.insert("Image", image);
        }
        thumbnail
    }
}

fn level(entries: BTreeMap<(Home, u16), Value>, dir: Home) -> Metadata {
    let mut level = Metadata::new();
    for ((_, tag), value) in entries {
        level.insert(name_of(tag, dir), value);
    }
    level
}
