//! Headers, directories and tag values: classic TIFF and BigTIFF in both byte orders (TIFF 6.0 section 2).

use imageio_core::{Error, Request, Result};

use crate::blame::Blame;
use crate::source::{Source, ends_early};
use crate::tags::tag;

/// Directories with more entries are taken for damage.
const MAX_ENTRIES: u64 = 65_536;
/// Bytes read at once where a directory is looked for: enough for most with their values.
const AHEAD: usize = 384;
/// The same where each read costs a request and values were found a little further on: they come along from then on.
const FAR: usize = 768;
/// The same where directory follows directory, with little between them.
const FURTHER: usize = 4096;

/// Byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// That of the machine.
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Endian::Little } else { Endian::Big };

    pub fn is_native(self) -> bool {
        (self == Endian::Little) == cfg!(target_endian = "little")
    }

    /// The unsigned integer in up to eight bytes.
    pub fn uint(self, bytes: &[u8]) -> u64 {
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        match self {
            Endian::Little => bytes.iter().rev().fold(0, join),
            Endian::Big => bytes.iter().fold(0, join),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Endian::Little => "little",
            Endian::Big => "big",
        }
    }
}

/// What the first 8 or 16 bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub endian: Endian,
    /// BigTIFF: 64-bit offsets.
    pub big: bool,
    /// The upper halves of 64-bit values follow each directory (see [`crate::ndpi`]).
    pub ndpi: bool,
    /// Offset of the first directory.
    pub first: u64,
}

impl Header {
    /// `None` if these are not the first bytes of a TIFF file.
    pub fn parse(head: &[u8]) -> Option<Self> {
        let endian = match head.get(..2)? {
            b"II" => Endian::Little,
            b"MM" => Endian::Big,
            _ => return None,
        };
        match endian.uint(head.get(2..4)?) {
            42 => Some(Header { endian, big: false, ndpi: false, first: endian.uint(head.get(4..8)?) }),
            43 if endian.uint(head.get(4..6)?) == 8 && endian.uint(head.get(6..8)?) == 0 => {
                Some(Header { endian, big: true, ndpi: false, first: endian.uint(head.get(8..16)?) })
            }
            _ => None,
        }
    }
}

/// Field types of TIFF 6.0 and BigTIFF by number; `None` for others.
pub(crate) fn type_size(kind: u16) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

/// One entry of a directory; its value is read when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub tag: u16,
    pub kind: u16,
    pub count: u64,
    /// The value itself if it fits, else where it is.
    pub field: [u8; 8],
    /// Offset of the entry.
    pub at: u64,
}

/// One directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ifd {
    pub offset: u64,
    pub entries: Vec<Entry>,
    /// Offset of the next directory of the chain; 0 at its end.
    pub next: u64,
}

impl Ifd {
    /// The first entry of a tag.
    pub fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    /// `true` if `other` is certain to say the same about the layout of its page: entries that a layout depends on
    /// are equal to the bit, or point to the same place. `false` may be said of equal layouts, too.
    pub fn same_layout(&self, other: &Ifd) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(a, b)| {
                a.tag == b.tag
                    && (LAYOUT_FREE.contains(&a.tag) || (a.kind, a.count, a.field) == (b.kind, b.count, b.field))
            })
    }
}

/// Tags that differ from page to page of one layout: places, texts, times, resolutions.
const LAYOUT_FREE: [u16; 12] = [
    tag::IMAGE_DESCRIPTION,
    tag::STRIP_OFFSETS,
    tag::STRIP_BYTE_COUNTS,
    tag::TILE_OFFSETS,
    tag::TILE_BYTE_COUNTS,
    tag::X_RESOLUTION,
    tag::Y_RESOLUTION,
    tag::SOFTWARE,
    tag::DATE_TIME,
    tag::JPEG_TABLES,
    297,
    285,
];

/// A stretch of the file that was read last: directories and their values lie close together.
#[derive(Debug, Default)]
pub(crate) struct Window {
    start: u64,
    bytes: Vec<u8>,
    /// Whether a directory had values behind what was read along with it.
    has_more: bool,
}

impl Window {
    /// `len` bytes at `offset`, with some more read along; fewer where the file ends.
    pub fn get(&mut self, source: &Source<'_>, offset: u64, len: usize) -> Result<&[u8]> {
        let within = |w: &Window| {
            let at = usize::try_from(offset.checked_sub(w.start)?).ok()?;
            (at.checked_add(len)? <= w.bytes.len()).then_some(at)
        };
        if let Some(at) = within(self) {
            return Ok(self.bytes.get(at..at + len).unwrap_or_default());
        }
        let head = source.head();
        if let Some(found) = usize::try_from(offset).ok().and_then(|at| head.get(at..at.checked_add(len)?)) {
            self.start = offset;
            self.bytes.clear();
            self.bytes.extend_from_slice(found);
            return Ok(&self.bytes);
        }
        let behind = offset.checked_sub(self.start + self.bytes.len() as u64);
        let is_near = !self.bytes.is_empty() && offset > self.start && behind.unwrap_or(0) < FURTHER as u64 / 4;
        self.has_more |= is_near && offset - self.start + (len as u64) <= FAR as u64;
        let first = if self.has_more && source.ahead().is_of_use() { FAR } else { AHEAD };
        let wanted = len.max(if is_near { FURTHER } else { first });
        if wanted > 1 << 16 {
            // A count in a damaged file must not make us allocate what the file does not hold.
            if let Some(size) = source.size().filter(|size| offset.saturating_add(len as u64) > *size) {
                return Err(ends_early(offset, len as u64, Some(size)));
            }
        }
        self.bytes.clear();
        self.bytes.try_reserve_exact(wanted).map_err(|_| Error::limit(format!("no memory for {len} bytes of tags")))?;
        self.bytes.resize(wanted, 0);
        self.start = offset;
        let n = match source.read_some(offset, &mut self.bytes) {
            Ok(n) => n,
            Err(e) => {
                self.bytes.clear();
                return Err(e.into());
            }
        };
        self.bytes.truncate(n);
        Ok(self.bytes.get(..len).unwrap_or(&self.bytes))
    }
}

/// A TIFF file: its header and where its bytes are.
pub(crate) struct Tiff<'r> {
    pub source: Source<'r>,
    pub header: Header,
    /// Bytes that one value may have.
    pub max_metadata: Option<u64>,
    /// Bytes that a strip or tile may take apart from the array.
    pub max_alloc: Option<u64>,
    /// What the end of the file cuts off reads as missing instead of being an error.
    pub allow_truncated: bool,
    /// Offsets and byte counts of strips by the offset of their directory, where tags do not say what they are.
    pub places: std::sync::OnceLock<std::collections::HashMap<u64, Vec<(u64, u64)>>>,
}

impl<'r> Tiff<'r> {
    /// Reads the header; `Declined` if it is not that of a TIFF file.
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let declined = || Error::declined("no TIFF signature");
        let header = Header::parse(request.head());
        let (max_metadata, max_alloc) = (request.limits().max_metadata, request.limits().max_alloc);
        if header.is_none() && request.head().len() >= 16 {
            return Err(declined());
        }
        let source = Source::open(request)?;
        let header = match header {
            Some(header) => header,
            None => {
                let mut head = [0; 16];
                let n = source.read_some(0, &mut head)?;
                let head = head.get(..n).unwrap_or_default();
                match Header::parse(head) {
                    Some(header) => header,
                    None if matches!(head.get(..4), Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+")) => {
                        return Err(Error::malformed("the header is cut off").with("offset", n));
                    }
                    None => return Err(declined()),
                }
            }
        };
        Ok(Tiff { source, header, max_metadata, max_alloc, allow_truncated: false, places: Default::default() })
    }

    /// A local file that another one names.
    pub fn at(path: &std::path::Path) -> Result<Tiff<'static>> {
        Tiff::file(std::fs::File::open(path)?).map_err(|e| e.with("file", path.display()))
    }

    /// A local file.
    pub fn file(file: std::fs::File) -> Result<Tiff<'static>> {
        let source = Source::file(file);
        let mut head = [0; 16];
        let n = source.read_some(0, &mut head)?;
        let header = Header::parse(head.get(..n).unwrap_or_default());
        let header = header.ok_or_else(|| Error::malformed("the file is no TIFF file"))?;
        let imageio_core::Limits { max_metadata, max_alloc, .. } = imageio_core::Limits::default();
        Ok(Tiff { source, header, max_metadata, max_alloc, allow_truncated: false, places: Default::default() })
    }

    #[cfg(test)]
    pub fn memory(bytes: Vec<u8>) -> Tiff<'static> {
        let header = Header::parse(&bytes).unwrap();
        let imageio_core::Limits { max_metadata, max_alloc, .. } = imageio_core::Limits::default();
        Tiff {
            source: Source::memory(bytes),
            header,
            max_metadata,
            max_alloc,
            allow_truncated: false,
            places: Default::default(),
        }
    }

    fn sizes(&self) -> (u64, usize) {
        // Bytes of the entry count and of an entry.
        if self.header.big { (8, 20) } else { (2, 12) }
    }

    /// Bytes of the link to the next directory.
    pub fn link_size(&self) -> usize {
        if self.header.big || self.header.ndpi { 8 } else { 4 }
    }

    /// Number of entries of a directory and the offset where the next one is said.
    fn directory(&self, offset: u64, window: &mut Window) -> Result<(usize, u64)> {
        let endian = self.header.endian;
        let (lead, each) = self.sizes();
        let bytes = window.get(&self.source, offset, lead as usize)?;
        if (bytes.len() as u64) < lead {
            return Err(ends_early(offset, lead, self.source.size()).ifd(offset));
        }
        let count = endian.uint(bytes);
        if count > MAX_ENTRIES {
            return Err(Error::malformed(format!("a directory of {count} entries")).ifd(offset).at(offset));
        }
        let end = offset.checked_add(lead + count * each as u64);
        let end = end.ok_or_else(|| ends_early(offset, lead, self.source.size()).ifd(offset))?;
        Ok((count as usize, end))
    }

    /// Where the directory after the one at `offset` is; 0 at the end of the chain.
    pub fn next_ifd(&self, offset: u64, window: &mut Window) -> Result<u64> {
        let (_, end) = self.directory(offset, window)?;
        let width = self.link_size();
        let bytes = window.get(&self.source, end, width)?;
        // Some writers leave the last link away.
        Ok(if bytes.len() < width { 0 } else { self.header.endian.uint(bytes) })
    }

    /// Where the offset of the directory after the one at `offset` is said.
    pub fn link(&self, offset: u64, window: &mut Window) -> Result<u64> {
        Ok(self.directory(offset, window)?.1)
    }

    /// The directory at `offset`.
    pub fn read_ifd(&self, offset: u64, window: &mut Window) -> Result<Ifd> {
        let endian = self.header.endian;
        let (count, end) = self.directory(offset, window)?;
        let (lead, each) = self.sizes();
        let width = if self.header.big { 8 } else { 4 };
        let start = offset + lead;
        let upper = if self.header.ndpi { 4 * count } else { 0 };
        let link = self.link_size();
        let bytes = window.get(&self.source, start, count * each + link + upper)?;
        if bytes.len() < count * each {
            return Err(ends_early(offset, end - offset, self.source.size()).ifd(offset));
        }
        let (body, rest) = bytes.split_at(count * each);
        let next = rest.get(..link).map_or(0, |link| endian.uint(link));
        let upper = rest.get(link..link + upper).unwrap_or_default();
        let mut entries = Vec::with_capacity(count);
        for (k, raw) in body.chunks_exact(each).enumerate() {
            let mut entry = Entry { tag: 0, kind: 0, count: 0, field: [0; 8], at: start + (k * each) as u64 };
            entry.tag = endian.uint(raw.get(..2).unwrap_or_default()) as u16;
            entry.kind = endian.uint(raw.get(2..4).unwrap_or_default()) as u16;
            entry.count = endian.uint(raw.get(4..4 + width).unwrap_or_default());
            for (to, from) in entry.field.iter_mut().zip(raw.get(4 + width..).unwrap_or_default()) {
                *to = *from;
            }
            if let Some(upper) = upper.get(4 * k..4 * k + 4).filter(|upper| **upper != [0; 4]) {
                for (to, from) in entry.field.iter_mut().skip(4).zip(upper) {
                    *to = *from;
                }
                // A number that needs the upper half is one of 64 bits.
                match (entry.kind, entry.count) {
                    (4 | 13, 1) => entry.kind = 16,
                    (9, 1) => entry.kind = 17,
                    _ => {}
                }
            }
            entries.push(entry);
        }
        Ok(Ifd { offset, entries, next })
    }
}

#[cfg(test)]
mod tests {
    use imageio_core::Value;

    use super::*;

    fn classic(endian: Endian, entries: &[(u16, u16, u32, [u8; 4])], tail: &[u8]) -> Vec<u8> {
        let big = endian == Endian::Big;
        let two = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let four = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut out = if big { b"MM".to_vec() } else { b"II".to_vec() };
        out.extend(two(42));
        out.extend(four(8));
        out.extend(two(entries.len() as u16));
        for (tag, kind, count, field) in entries {
            out.extend(two(*tag));
            out.extend(two(*kind));
            out.extend(four(*count));
            out.extend(field);
        }
        out.extend(four(0));
        out.extend(tail);
        out
    }

    #[test]
    fn both_orders_give_the_same_values() {
        for endian in [Endian::Little, Endian::Big] {
            let big = endian == Endian::Big;
            let short = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
            let long = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
            let [a, b] = short(7);
            let tail: Vec<u8> = [long(72), long(1)].concat();
            // Values that do not fit follow the directory of three entries: 8 + 2 + 36 + 4.
            let bytes =
                classic(endian, &[(256, 3, 1, [a, b, 0, 0]), (270, 2, 3, *b"hi\0\0"), (282, 5, 1, long(50))], &tail);
            let tiff = Tiff::memory(bytes);
            let mut window = Window::default();
            let ifd = tiff.read_ifd(tiff.header.first, &mut window).unwrap();
            assert_eq!(ifd.next, 0);
            assert_eq!(tiff.uint(ifd.entry(256).unwrap(), &mut window).unwrap(), 7);
            assert_eq!(tiff.value(ifd.entry(270).unwrap(), &mut window).unwrap(), Value::Str("hi".into()));
            assert_eq!(tiff.value(ifd.entry(282).unwrap(), &mut window).unwrap(), Value::Rational(72, 1));
        }
    }

    #[test]
    fn values_beyond_the_file_are_refused_before_memory_is_taken() {
        let bytes = classic(Endian::Little, &[(273, 4, 200_000_000, [8, 0, 0, 0])], &[]);
        let tiff = Tiff::memory(bytes);
        let mut window = Window::default();
        let ifd = tiff.read_ifd(8, &mut window).unwrap();
        let e = tiff.uints(ifd.entry(273).unwrap(), &mut window).unwrap_err();
        assert!(matches!(e.kind(), imageio_core::ErrorKind::LimitExceeded | imageio_core::ErrorKind::Malformed), "{e}");
    }

    #[test]
    fn signatures() {
        assert_eq!(Header::parse(b"MM\0*\0\0\0\x08").unwrap().first, 8);
        let big = Header::parse(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0").unwrap();
        assert_eq!((big.big, big.first), (true, 16));
        assert!(Header::parse(b"II+\0\x04\0\0\0\x10\0\0\0\0\0\0\0").is_none());
        assert!(Header::parse(b"\x89PNG").is_none());
        assert!(Header::parse(b"II").is_none());
    }
}
