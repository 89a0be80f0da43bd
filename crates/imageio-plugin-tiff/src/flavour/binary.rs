//! Records of instruments: fields at fixed places.

use imageio_core::Value;

use super::{Tree, text};
use crate::ifd::{Endian, Entry, Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// Texts and lists of this length or more are left out.
const MAX_BYTES: usize = 64 << 20;

/// Fields at places in a record.
struct Record<'b> {
    bytes: &'b [u8],
    endian: Endian,
}

impl Record<'_> {
    fn uint(&self, at: usize, size: usize) -> Option<u64> {
        Some(self.endian.uint(self.bytes.get(at..at.checked_add(size)?)?))
    }

    fn int(&self, at: usize) -> Option<i64> {
        Some(i64::from(self.uint(at, 4)? as u32 as i32))
    }

    fn real(&self, at: usize) -> Option<f64> {
        Some(f64::from_bits(self.uint(at, 8)?))
    }

    fn text(&self, at: usize, len: usize) -> Option<String> {
        let bytes = self.bytes.get(at..at.checked_add(len)?)?;
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(len);
        Some(crate::value::text(bytes.get(..end)?).trim().to_owned())
    }
}

/// `len` bytes at `offset`, if the file has them.
pub(super) fn stretch(tiff: &Tiff<'_>, offset: u64, len: usize) -> Option<Vec<u8>> {
    if offset == 0 || len > MAX_BYTES || tiff.source.size().is_some_and(|size| offset.saturating_add(len as u64) > size)
    {
        return None;
    }
    let mut bytes = vec![0; len];
    tiff.source.read(offset, &mut bytes).ok()?;
    Some(bytes)
}

/// Zeiss's record `CZ_LSMINFO`.
pub(crate) fn lsm(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let bytes = tiff.bytes(page.ifd.entry(tag::CZ_LSMINFO)?, window).ok()?;
    let r = Record { bytes: &bytes, endian: tiff.header.endian };
    let mut tree = Tree::new();
    let magic = r.uint(0, 4)?;
    if !matches!(magic, 50_350_412 | 67_127_628) {
        return None;
    }
    let ints = [
        ("DimensionX", 8),
        ("DimensionY", 12),
        ("DimensionZ", 16),
        ("DimensionChannels", 20),
        ("DimensionTime", 24),
        ("DataType", 28),
        ("ThumbnailX", 32),
        ("ThumbnailY", 36),
        ("DimensionP", 264),
        ("DimensionM", 268),
    ];
    let reals = [
        ("VoxelSizeX", 40),
        ("VoxelSizeY", 48),
        ("VoxelSizeZ", 56),
        ("OriginX", 64),
        ("OriginY", 72),
        ("OriginZ", 80),
        ("TimeIntervall", 112),
    ];
    for (name, at) in ints {
        tree.extend(r.int(at).map(|v| (name.to_owned(), Value::Int(v))));
    }
    for (name, at) in reals {
        tree.extend(r.real(at).map(|v| (name.to_owned(), Value::Float(v))));
    }
    tree.extend(r.uint(88, 2).map(|v| ("ScanType".to_owned(), Value::UInt(v))));
    tree.extend(r.uint(90, 2).map(|v| ("SpectralScan".to_owned(), Value::UInt(v))));
    if let Some(stamps) = r.uint(132, 4).and_then(|at| time_stamps(tiff, at)) {
        tree.insert("TimeStamps".to_owned(), Value::List(stamps.into_iter().map(Value::Float).collect()));
    }
    if let Some((names, colors)) = r.uint(108, 4).and_then(|at| channel_colors(tiff, at)) {
        tree.insert("ChannelNames".to_owned(), Value::List(names.into_iter().map(Value::Str).collect()));
        tree.insert("ChannelColors".to_owned(), Value::List(colors));
    }
    Some(tree)
}

/// Seconds of each time point.
fn time_stamps(tiff: &Tiff<'_>, at: u64) -> Option<Vec<f64>> {
    let endian = tiff.header.endian;
    let head = stretch(tiff, at, 8)?;
    let count = Record { bytes: &head, endian }.int(4).and_then(|n| usize::try_from(n).ok())?;
    let bytes = stretch(tiff, at + 8, count.checked_mul(8)?)?;
    Some(bytes.chunks_exact(8).map(|b| f64::from_bits(endian.uint(b))).collect())
}

/// Names and colours (red, green, blue, 0) of channels.
fn channel_colors(tiff: &Tiff<'_>, at: u64) -> Option<(Vec<String>, Vec<Value>)> {
    let endian = tiff.header.endian;
    let head = stretch(tiff, at, 24)?;
    let size = Record { bytes: &head, endian }.int(0).and_then(|n| usize::try_from(n).ok()).filter(|n| *n >= 24)?;
    let block = stretch(tiff, at, size)?;
    let r = Record { bytes: &block, endian };
    let place = |k: usize| r.int(k).and_then(|n| usize::try_from(n).ok());
    let (colors, names) = (place(4)?, place(8)?);
    let (at_colors, at_names) = (place(12)?, place(16)?);
    let color = |k: usize| {
        let four = block.get(at_colors + 4 * k..at_colors + 4 * k + 4)?;
        Some(Value::List(four.iter().map(|v| Value::from(*v)).collect()))
    };
    let list: Vec<Value> = (0..colors.min(1024)).filter_map(color).collect();
    let mut found = Vec::new();
    let mut at = at_names;
    for _ in 0..names.min(1024) {
        // Each name has its length in front, with the 0 at its end.
        let Some(len) = place(at).filter(|n| *n <= size) else { break };
        found.extend(r.text(at + 4, len));
        at += 4 + len;
    }
    Some((found, list))
}

/// MetaMorph's planes: distances and times of each.
pub(crate) fn stk(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    page.ifd.entry(tag::UIC1)?;
    let entry = page.ifd.entry(tag::UIC2)?;
    let planes = usize::try_from(entry.count).ok().filter(|n| (1..=1 << 20).contains(n))?;
    let mut tree = Tree::new();
    tree.insert("NumberPlanes".to_owned(), Value::from(planes));
    let whole = Entry { kind: 4, count: 6 * planes as u64, ..*entry };
    let bytes = tiff.bytes(&whole, window).ok()?;
    let endian = tiff.header.endian;
    let numbers: Vec<u64> = bytes.chunks_exact(4).map(|b| endian.uint(b)).collect();
    let column = |k: usize| numbers.chunks_exact(6).filter_map(move |row| row.get(k).copied());
    let distances = column(0).zip(column(1)).map(|(n, d)| Value::Float(n as f64 / (d.max(1)) as f64));
    tree.insert("ZDistance".to_owned(), Value::List(distances.collect()));
    for (name, k) in [("DateCreated", 2), ("TimeCreated", 3), ("DateModified", 4), ("TimeModified", 5)] {
        tree.insert(name.to_owned(), Value::List(column(k).map(Value::UInt).collect()));
    }
    let whole = |number: u16| {
        let entry = page.ifd.entry(number)?;
        Some(Entry { kind: 5, count: planes as u64, ..*entry })
    };
    if let Some(bytes) = whole(tag::UIC3).and_then(|entry| tiff.bytes(&entry, window).ok()) {
        let pairs = bytes.chunks_exact(8).map(|b| {
            let (n, d) = b.split_at(4);
            Value::Float(endian.uint(n) as f64 / endian.uint(d).max(1) as f64)
        });
        tree.insert("Wavelengths".to_owned(), Value::List(pairs.collect()));
    }
    if let Some(text) = page.ifd.entry(tag::IMAGE_DESCRIPTION).and_then(|e| tiff.bytes(e, window).ok()) {
        let text = crate::value::text(&text);
        let each: Vec<Value> = text.split('\0').map(|t| Value::from(t.trim())).collect();
        tree.insert("PlaneDescriptions".to_owned(), Value::List(each));
    }
    Some(tree)
}

/// Bytes of FluoView's header before its dimensions, and of each of those.
const MM_DIMENSIONS: usize = 284;
const MM_DIMENSION: usize = 100;

/// FluoView's name of the image, and the names and sizes of its dimensions, the fastest first.
pub(crate) fn fluoview_dimensions(
    tiff: &Tiff<'_>,
    window: &mut Window,
    page: &Page,
) -> Option<(String, Vec<(String, usize)>)> {
    let bytes = tiff.bytes(page.ifd.entry(tag::MM_HEADER)?, window).ok()?;
    let r = Record { bytes: &bytes, endian: tiff.header.endian };
    let mut found = Vec::new();
    for at in (0..10).map(|k| MM_DIMENSIONS + k * MM_DIMENSION) {
        let size = usize::try_from(r.int(at + 16)?).unwrap_or(0);
        if size > 0 {
            found.push((r.text(at, 16)?, size));
        }
    }
    Some((r.text(3, 257)?, found)).filter(|(_, d)| !d.is_empty())
}

/// Names, distances and units of FluoView's dimensions.
pub(crate) fn fluoview_scale(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Vec<(String, f64, String)>> {
    let bytes = tiff.bytes(page.ifd.entry(tag::MM_HEADER)?, window).ok()?;
    let r = Record { bytes: &bytes, endian: tiff.header.endian };
    let places = (0..10).map(|k| MM_DIMENSIONS + k * MM_DIMENSION);
    places.map(|at| Some((r.text(at, 16)?, r.real(at + 28)?, r.text(at + 36, 64)?))).collect()
}

/// FluoView's dimensions and description.
pub(crate) fn fluoview(tiff: &Tiff<'_>, window: &mut Window, page: &Page, described: &str) -> Option<Tree> {
    page.ifd.entry(tag::MM_STAMP)?;
    let bytes = tiff.bytes(page.ifd.entry(tag::MM_HEADER)?, window).ok()?;
    let r = Record { bytes: &bytes, endian: tiff.header.endian };
    let mut tree = Tree::new();
    tree.extend(r.text(3, 257).map(|name| ("ImageName".to_owned(), Value::Str(name))));
    let dimension = |at: usize| {
        let fields = [
            ("Name", Value::Str(r.text(at, 16)?)),
            ("Size", Value::Int(r.int(at + 16).filter(|n| *n > 0)?)),
            ("Origin", Value::Float(r.real(at + 20)?)),
            ("Resolution", Value::Float(r.real(at + 28)?)),
            ("Unit", Value::Str(r.text(at + 36, 64)?)),
        ];
        Some(Value::Map(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
    };
    let dimensions = (0..10).filter_map(|k| dimension(MM_DIMENSIONS + k * MM_DIMENSION));
    tree.insert("Dimensions".to_owned(), Value::List(dimensions.collect()));
    if described.starts_with('[') {
        tree.insert("Description".to_owned(), Value::Map(text::fluoview(described)));
    }
    Some(tree)
}

/// Rows of Micro-Manager's index: channel, slice, time, position, and the offset of the page's directory.
pub(crate) fn micromanager_index(tiff: &Tiff<'_>) -> Option<Vec<[u32; 5]>> {
    let endian = tiff.header.endian;
    let head = stretch(tiff, 8, 8)?;
    let r = Record { bytes: &head, endian };
    (r.uint(0, 4)? == 54_773_648).then_some(())?;
    let at = r.uint(4, 4)?;
    let lead = stretch(tiff, at, 8)?;
    let r = Record { bytes: &lead, endian };
    (r.uint(0, 4)? == 3_453_623).then_some(())?;
    let count = usize::try_from(r.uint(4, 4)?).ok()?;
    let bytes = stretch(tiff, at + 8, count.checked_mul(20)?)?;
    let rows = bytes.chunks_exact(20).map(|row| {
        let mut out = [0; 5];
        for (to, from) in out.iter_mut().zip(row.chunks_exact(4)) {
            *to = endian.uint(from) as u32;
        }
        out
    });
    Some(rows.collect()).filter(|rows: &Vec<_>| !rows.is_empty())
}

/// The version of Micro-Manager's NDTiff, from 2 on, which the header says.
pub(crate) fn ndtiff_version(tiff: &Tiff<'_>) -> Option<u64> {
    let head = stretch(tiff, 8, 8)?;
    let r = Record { bytes: &head, endian: tiff.header.endian };
    (r.uint(0, 4)? == 483_729).then_some(r.uint(4, 4)?)
}

/// Micro-Manager's summary, which follows the header.
pub(crate) fn micromanager_summary(tiff: &Tiff<'_>) -> Option<Tree> {
    if ndtiff_version(tiff).is_some() {
        let head = stretch(tiff, 16, 12)?;
        let r = Record { bytes: &head, endian: tiff.header.endian };
        // The third version has a minor one before it.
        let at = if r.uint(0, 4)? == 2_355_492 { 4 } else { (r.uint(4, 4)? == 2_355_492).then_some(8)? };
        return json(&stretch(tiff, 20 + at as u64, usize::try_from(r.uint(at, 4)?).ok()?)?);
    }
    let head = stretch(tiff, 32, 8)?;
    let r = Record { bytes: &head, endian: tiff.header.endian };
    (r.uint(0, 4)? == 2_355_492).then_some(())?;
    let text = stretch(tiff, 40, usize::try_from(r.uint(4, 4)?).ok()?)?;
    json(&text)
}

/// The summary and what is said of the page.
pub(crate) fn micromanager(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let own = tiff.bytes(page.ifd.entry(tag::MICRO_MANAGER)?, window).ok()?;
    let mut tree = Tree::new();
    tree.extend(micromanager_summary(tiff).map(|summary| ("Summary".to_owned(), Value::Map(summary))));
    tree.extend(json(&own).map(|page| ("Page".to_owned(), Value::Map(page))));
    Some(tree)
}

fn json(bytes: &[u8]) -> Option<Tree> {
    match crate::json::parse(crate::value::text(bytes).trim_matches(['\0', ' ', '\n', '\r']))? {
        Value::Map(tree) => Some(tree),
        _ => None,
    }
}

/// The text that ScanImage puts behind the header of a BigTIFF file.
pub(crate) fn scanimage_header(tiff: &Tiff<'_>) -> Option<String> {
    if !tiff.header.big {
        return None;
    }
    let head = stretch(tiff, 16, 16)?;
    let r = Record { bytes: &head, endian: tiff.header.endian };
    (r.uint(0, 4)? == 117_637_889 && matches!(r.uint(4, 4)?, 3 | 4)).then_some(())?;
    let text = stretch(tiff, 32, usize::try_from(r.uint(8, 4)?).ok()?)?;
    Some(crate::value::text(&text))
}
