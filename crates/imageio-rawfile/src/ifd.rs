//! Directories of TIFF and of raw files that are built like it (TIFF 6.0, section 2; DNG 1.6).

use imageio_core::{Error, Result};

use crate::source::Source;

/// Entries past which a directory is taken for damage, and directories past which a file is.
const MAX_ENTRIES: usize = 2048;
const MAX_DIRECTORIES: usize = 64;
/// Largest value that is read.
const MAX_VALUE: u64 = 64 << 20;

/// The tag that Panasonic's directories alone have, and theirs for the sensitivity.
pub(crate) const RW2_VERSION: u16 = 1;
pub(crate) const RW2_ISO: u16 = 23;

/// Byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The unsigned integer in up to eight bytes.
    pub fn uint(self, bytes: &[u8]) -> u64 {
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        match self {
            Endian::Little => bytes.iter().rev().fold(0, join),
            Endian::Big => bytes.iter().fold(0, join),
        }
    }
}

/// Byte order and place of the first directory; `None` if this is no such file. Olympus and Panasonic have version
/// numbers of their own.
pub(crate) fn header(head: &[u8]) -> Option<(Endian, u64)> {
    let endian = match head.get(..2)? {
        b"II" => Endian::Little,
        b"MM" => Endian::Big,
        _ => return None,
    };
    let version = endian.uint(head.get(2..4)?);
    let known = [42, 0x4f52, 0x5352, 0x55].contains(&version);
    known.then(|| Some((endian, endian.uint(head.get(4..8)?)))).flatten()
}

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub tag: u16,
    pub kind: u16,
    pub count: u64,
    /// The value, where it is in the directory; else its offset.
    pub field: [u8; 4],
}

impl Entry {
    pub fn len(&self) -> Option<u64> {
        self.count.checked_mul(type_size(self.kind)?)
    }
}

/// Bytes of one value of a type; `None` for unknown types.
pub(crate) fn type_size(kind: u16) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => return None,
    })
}

/// A directory.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ifd {
    pub entries: Vec<Entry>,
    pub next: u64,
}

impl Ifd {
    pub fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    pub fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }
}

/// A file of directories.
pub(crate) struct Tiff<'s, 'r> {
    pub source: &'s Source<'r>,
    pub endian: Endian,
    pub first: u64,
}

impl<'s, 'r> Tiff<'s, 'r> {
    pub fn open(source: &'s Source<'r>) -> Result<Option<Self>> {
        if source.size() < 8 {
            return Ok(None);
        }
        Ok(header(&source.read(0, 8)?).map(|(endian, first)| Tiff { source, endian, first }))
    }

    pub fn directory(&self, offset: u64) -> Result<Ifd> {
        let count = self.endian.uint(&self.source.read(offset, 2)?) as usize;
        if count == 0 || count > MAX_ENTRIES {
            return Err(Error::malformed(format!("a directory of {count} entries")).with("offset", offset));
        }
        let bytes = self.source.read(offset + 2, count * 12)?;
        let entry = |e: &[u8]| Entry {
            tag: self.endian.uint(&e[..2]) as u16,
            kind: self.endian.uint(&e[2..4]) as u16,
            count: self.endian.uint(&e[4..8]),
            field: [e[8], e[9], e[10], e[11]],
        };
        let next = self.source.read(offset + 2 + count as u64 * 12, 4).map_or(0, |b| self.endian.uint(&b));
        Ok(Ifd { entries: bytes.chunks_exact(12).map(entry).collect(), next })
    }

    /// The first chain of directories and those below; damaged ones are left out, but not the first.
    pub fn all(&self) -> Result<Vec<Ifd>> {
        let mut out = vec![self.directory(self.first)?];
        let mut seen = vec![self.first];
        let mut at = 0;
        while at < out.len() && out.len() < MAX_DIRECTORIES {
            let mut more = Vec::new();
            if let Some(below) = out[at].entry(330) {
                more.extend(self.uints(below).unwrap_or_default());
            }
            more.push(out[at].next);
            for offset in more {
                if offset != 0 && !seen.contains(&offset) && out.len() < MAX_DIRECTORIES {
                    seen.push(offset);
                    out.extend(self.directory(offset));
                }
            }
            at += 1;
        }
        Ok(out)
    }

    /// The bytes of a value.
    pub fn bytes(&self, entry: &Entry) -> Result<Vec<u8>> {
        let len = entry.len().ok_or_else(|| Error::malformed(format!("tag {} of type {}", entry.tag, entry.kind)))?;
        if len <= 4 {
            return Ok(entry.field[..len as usize].to_vec());
        }
        if len > MAX_VALUE {
            return Err(Error::limit(format!("tag {} of {len} bytes", entry.tag)));
        }
        self.source.read(self.endian.uint(&entry.field), len as usize)
    }

    pub fn uints(&self, entry: &Entry) -> Result<Vec<u64>> {
        let size = type_size(entry.kind).unwrap_or(1) as usize;
        match entry.kind {
            5 | 10 | 11 | 12 => Ok(self.reals(entry)?.into_iter().map(|v| v.max(0.0) as u64).collect()),
            _ => Ok(self.bytes(entry)?.chunks_exact(size).map(|b| self.endian.uint(b)).collect()),
        }
    }

    pub fn reals(&self, entry: &Entry) -> Result<Vec<f64>> {
        let size = type_size(entry.kind).unwrap_or(1) as usize;
        let e = self.endian;
        let one = |b: &[u8]| match entry.kind {
            5 => e.uint(&b[..4]) as f64 / e.uint(&b[4..]) as f64,
            10 => f64::from(e.uint(&b[..4]) as u32 as i32) / f64::from(e.uint(&b[4..]) as u32 as i32),
            11 => f64::from(f32::from_bits(e.uint(b) as u32)),
            12 => f64::from_bits(e.uint(b)),
            6 => f64::from(b[0] as i8),
            8 => f64::from(e.uint(b) as u16 as i16),
            9 => f64::from(e.uint(b) as u32 as i32),
            _ => e.uint(b) as f64,
        };
        Ok(self.bytes(entry)?.chunks_exact(size).map(one).collect())
    }

    /// The first value of a tag.
    pub fn uint(&self, ifd: &Ifd, tag: u16) -> Option<u64> {
        self.uints(ifd.entry(tag)?).ok()?.first().copied()
    }

    pub fn list(&self, ifd: &Ifd, tag: u16) -> Option<Vec<u64>> {
        self.uints(ifd.entry(tag)?).ok().filter(|v| !v.is_empty())
    }

    /// Finite numbers of a tag.
    pub fn numbers(&self, ifd: &Ifd, tag: u16) -> Option<Vec<f64>> {
        let v = self.reals(ifd.entry(tag)?).ok()?;
        (!v.is_empty() && v.iter().all(|v| v.is_finite())).then_some(v)
    }

    pub fn text(&self, ifd: &Ifd, tag: u16) -> Option<String> {
        let bytes = self.bytes(ifd.entry(tag)?).ok()?;
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).trim().to_owned())
    }
}

/// A directory to be written: fields with their bytes in little-endian order, or links to other directories.
pub(crate) type Fields = Vec<(u16, u16, Content)>;

/// What a field to be written has.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// Offset of another directory of the same list.
    Link(usize),
    /// Offsets of data that follow the directories, relative to their beginning.
    Data(Vec<u32>),
}

/// Directories as the beginning of a file, the first directory first; data may follow at the returned length.
pub(crate) fn assemble(endian: Endian, directories: Vec<Fields>) -> Vec<u8> {
    let put = |out: &mut Vec<u8>, value: u64, width: usize| match endian {
        Endian::Little => out.extend(&value.to_le_bytes()[..width]),
        Endian::Big => out.extend(&value.to_be_bytes()[8 - width..]),
    };
    let size = |fields: &Fields| {
        let beyond = |content: &Content| match content {
            Content::Bytes(b) if b.len() > 4 => b.len().next_multiple_of(2),
            Content::Data(v) if v.len() > 1 => v.len() * 4,
            _ => 0,
        };
        6 + fields.len() * 12 + fields.iter().map(|f| beyond(&f.2)).sum::<usize>()
    };
    let mut starts = Vec::new();
    let mut end = 8;
    for fields in &directories {
        starts.push(end);
        end += size(fields);
    }
    // Samples are easier on readers where they are aligned.
    let data = end.next_multiple_of(16);
    let mut out = match endian {
        Endian::Little => b"II*\0\x08\0\0\0".to_vec(),
        Endian::Big => b"MM\0*\0\0\0\x08".to_vec(),
    };
    for (mut fields, start) in directories.into_iter().zip(starts.clone()) {
        fields.sort_by_key(|f| f.0);
        let mut values = start + 6 + fields.len() * 12;
        let mut tail = Vec::new();
        put(&mut out, fields.len() as u64, 2);
        for (tag, kind, content) in fields {
            put(&mut out, u64::from(tag), 2);
            put(&mut out, u64::from(kind), 2);
            let bytes = match content {
                Content::Bytes(bytes) => bytes,
                Content::Link(to) => {
                    let mut bytes = Vec::new();
                    put(&mut bytes, starts.get(to).map_or(0, |s| *s as u64), 4);
                    bytes
                }
                Content::Data(offsets) => {
                    let mut bytes = Vec::new();
                    for offset in offsets {
                        put(&mut bytes, data as u64 + u64::from(offset), 4);
                    }
                    bytes
                }
            };
            put(&mut out, bytes.len() as u64 / type_size(kind).unwrap_or(1), 4);
            if bytes.len() <= 4 {
                let mut field = bytes;
                field.resize(4, 0);
                out.extend(field);
            } else {
                put(&mut out, values as u64, 4);
                let mut bytes = bytes;
                bytes.resize(bytes.len().next_multiple_of(2), 0);
                values += bytes.len();
                tail.extend(bytes);
            }
        }
        put(&mut out, 0, 4);
        out.extend(tail);
    }
    out.resize(data, 0);
    out
}
