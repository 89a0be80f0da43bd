//! JPEG of TIFF 6.0 section 22, before Technical Note 2 replaced it: one stream for the whole image, whose headers
//! may be spread over tags, an interchange stream and the first strip.

use imageio_core::{Error, Result};

use super::chunk::Context;
use super::image::Found;
use super::jpeg::{self, Colour};
use super::ycbcr::{Meaning, Tables};
use crate::blame::Blame;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::source::ends_early;
use crate::tags::tag;

/// The whole image as one stream.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    stream: Vec<u8>,
    /// How YCbCr becomes RGB, where tags say that it is not JFIF's way.
    tables: Option<Box<Tables>>,
}

impl Header {
    pub fn read(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        let stream = stream(tiff, page, window)?;
        let layout = &page.layout;
        let meaning = Meaning::of(tiff, page, window)?;
        let converted = layout.photometric == 6 && layout.samples == 3 && !layout.planar;
        let tables = (converted && meaning != Meaning::USUAL).then(|| Box::new(Tables::new(&meaning)));
        Ok(Header { stream, tables })
    }

    /// Bytes of the stream.
    pub fn len(&self) -> usize {
        self.stream.len()
    }

    /// Decodes the image into `plain`.
    pub fn decode(&self, context: &Context, plain: &mut Vec<u8>) -> Result<Found> {
        let Some(tables) = &self.tables else { return super::image::jpeg(context, &[], &self.stream, plain) };
        let info = jpeg::scan(&self.stream).ok_or_else(|| Error::malformed("the image is no JPEG stream"))?;
        super::image::check(context, info.width, info.height)?;
        let found = jpeg::decode(&self.stream, Colour::Stored, context.allow_truncated, plain)?;
        if (found.components, found.size) == (3, 1) {
            tables.convert(plain);
        }
        Ok(Found {
            planes: 1,
            width: found.width,
            height: found.height,
            components: found.components,
            size: found.size,
        })
    }
}

/// One stream of what may be in several places. As libtiff has it, the interchange stream comes first, then strip
/// after strip, and tags say what neither does.
fn stream(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Vec<u8>> {
    let [_, _, across] = page.layout.grid();
    if across > 1 {
        return Err(Error::unsupported("old-style JPEG in several columns of tiles").tag(tag::TILE_WIDTH));
    }
    let chunks = page.chunks(tiff, window)?;
    let complete = |bytes: &[u8]| jpeg::scan(bytes).is_some_and(|info| info.components == page.layout.samples);
    let mut head = Vec::new();
    if let Some((start, length)) = interchange(tiff, page, window)? {
        let end = start.saturating_add(length);
        let inside = chunks.iter().all(|(at, n)| *at >= start && at.saturating_add(*n) <= end);
        let bytes = part(tiff, start, length)?;
        if inside && complete(&bytes) {
            return Ok(bytes);
        }
        head = bytes;
    }
    let mut strips = Vec::new();
    for (offset, count) in chunks {
        strips.push(part(tiff, offset, count)?);
    }
    if let [only] = strips.as_slice() {
        if only.starts_with(b"\xff\xd8") && complete(only) {
            return Ok(strips.pop().unwrap_or_default());
        }
    }
    let mut found = Headers::default();
    let rest = found.take(&head);
    let mut data: Vec<&[u8]> = strips.iter().map(Vec::as_slice).collect();
    let mut ahead: &[u8] = &[];
    if found.scan.is_some() {
        ahead = head.get(rest..).unwrap_or_default();
    } else if let Some(first) = data.first_mut() {
        let skip = found.take(first);
        *first = first.get(skip..).unwrap_or_default();
    }
    if found.frame.is_none() {
        found.from_tags(tiff, page, window)?;
    }
    found.join(page, ahead, &data)
}

fn part(tiff: &Tiff<'_>, offset: u64, count: u64) -> Result<Vec<u8>> {
    let size = tiff.source.size();
    if size.is_some_and(|size| offset.saturating_add(count) > size) || count > 1 << 30 {
        return Err(ends_early(offset, count, size));
    }
    let mut bytes = vec![0; count as usize];
    tiff.source.read(offset, &mut bytes)?;
    Ok(bytes)
}

/// Offset and length of the stream that tag 513 points to.
fn interchange(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Option<(u64, u64)>> {
    let Some(start) = page.ifd.entry(tag::JPEG_INTERCHANGE_FORMAT) else { return Ok(None) };
    let start = tiff.uint(start, window)?;
    let length = match page.ifd.entry(tag::JPEG_INTERCHANGE_FORMAT_LENGTH) {
        Some(entry) => tiff.uint(entry, window)?,
        None => 0,
    };
    let Some(rest) = tiff.source.size().and_then(|size| size.checked_sub(start)) else { return Ok(None) };
    if start == 0 || rest == 0 {
        return Ok(None);
    }
    let length = if length == 0 { rest } else { length.min(rest) };
    Ok(Some((start, length.min(1 << 30))))
}

/// What the markers before the data say.
#[derive(Default)]
struct Headers {
    /// Tables, with their markers.
    tables: Vec<u8>,
    /// The marker of the frame and its header.
    frame: Option<(u8, Vec<u8>)>,
    scan: Option<Vec<u8>>,
    restart: u64,
}

impl Headers {
    /// Takes the segments at the beginning of `bytes`, the header of the first scan included; returns where it stopped.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let (None, Some(&[0xff, marker])) = (&self.scan, bytes.get(at..at + 2)) {
            if matches!(marker, 0xff | 0x01 | 0xd8) {
                at += if marker == 0xff { 1 } else { 2 };
                continue;
            }
            let known = matches!(marker, 0xc0..=0xcf | 0xda..=0xdd | 0xe0..=0xef | 0xfe) && marker != 0xc8;
            let Some(length) = bytes.get(at + 2..at + 4).filter(|_| known) else { break };
            let length = length.iter().fold(0, |n, b| n << 8 | usize::from(*b)).max(2);
            let Some(body) = bytes.get(at + 4..at + 2 + length) else { break };
            match marker {
                0xdb | 0xc4 | 0xcc => segment(&mut self.tables, marker, body),
                0xda => self.scan = Some(body.to_vec()),
                0xdd => self.restart = body.iter().take(2).fold(0, |n, b| n << 8 | u64::from(*b)),
                0xc0..=0xcf => self.frame = Some((marker, body.to_vec())),
                _ => {}
            }
            at += 2 + length;
        }
        at
    }

    /// Tables and frame from the tags of the page.
    fn from_tags(&mut self, tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<()> {
        let layout = &page.layout;
        let n = layout.samples;
        let mut list = |tag: u16, name: &str| match page.ifd.entry(tag).map(|entry| tiff.uints(entry, window)) {
            Some(Err(e)) => Err(e),
            Some(Ok(list)) if list.len() >= n && n <= 4 => Ok(list),
            found => {
                let have = found.and_then(Result::ok).map_or(0, |list| list.len());
                Err(Error::malformed(format!("old-style JPEG of {n} components with {have} {name}")).tag(tag))
            }
        };
        let q = list(tag::JPEG_Q_TABLES, "quantisation tables")?;
        let dc = list(tag::JPEG_DC_TABLES, "DC tables")?;
        let ac = list(tag::JPEG_AC_TABLES, "AC tables")?;
        let huffman = |offset: u64| -> Result<Vec<u8>> {
            let mut lengths = part(tiff, offset, 16)?;
            let total: u64 = lengths.iter().map(|n| u64::from(*n)).sum();
            lengths.extend(part(tiff, offset.saturating_add(16), total)?);
            Ok(lengths)
        };
        self.tables.clear();
        for (k, ((q, dc), ac)) in q.iter().zip(&dc).zip(&ac).take(n).enumerate() {
            let k = k as u8;
            segment(&mut self.tables, 0xdb, &[&[k], part(tiff, *q, 64)?.as_slice()].concat());
            segment(&mut self.tables, 0xc4, &[&[k], huffman(*dc)?.as_slice()].concat());
            segment(&mut self.tables, 0xc4, &[&[0x10 | k], huffman(*ac)?.as_slice()].concat());
        }
        let (h, v) = page.subsampling.unwrap_or(if layout.photometric == 6 { (2, 2) } else { (1, 1) });
        let [height, width] = size(page)?;
        let mut frame = [vec![8], height.to_be_bytes().to_vec(), width.to_be_bytes().to_vec(), vec![n as u8]].concat();
        let mut order = vec![n as u8];
        for k in 0..n as u8 {
            let factors = if k == 0 && n == 3 { (h as u8) << 4 | v as u8 } else { 0x11 };
            frame.extend([k + 1, factors, k]);
            order.extend([k + 1, k << 4 | k]);
        }
        order.extend([0, 63, 0]);
        self.frame = Some((0xc0, frame));
        self.scan = Some(order);
        if let Some(entry) = page.ifd.entry(tag::JPEG_RESTART_INTERVAL) {
            self.restart = tiff.uint(entry, window)?;
        }
        Ok(())
    }

    /// Headers and data as one stream; `ahead` are data of the first strip that stand elsewhere.
    fn join(self, page: &Page, ahead: &[u8], strips: &[&[u8]]) -> Result<Vec<u8>> {
        let (Some((marker, mut frame)), Some(scan)) = (self.frame, self.scan) else {
            return Err(Error::malformed("old-style JPEG whose headers begin no scan"));
        };
        let layout = &page.layout;
        let [_, length, width] = layout.chunk_size();
        // Frames of a strip each are one frame here.
        if let Some(lines) = frame.get_mut(1..3) {
            let [height, _] = size(page)?;
            if u64::from(lines.iter().fold(0, |n, b| n << 8 | u32::from(*b))) < layout.length as u64 {
                lines.copy_from_slice(&height.to_be_bytes());
            }
        }
        // Strips are decoded apart from each other: each begins anew, which restart markers say.
        let factor = |shift: u8| {
            let factors = frame.get(6..).unwrap_or_default().chunks(3).filter_map(|c| c.get(1));
            usize::from(factors.map(|f| f >> shift & 15).max().unwrap_or(1).max(1))
        };
        let per_strip = width.div_ceil(8 * factor(4)) * length.div_ceil(8 * factor(0));
        let restart = match (self.restart, strips.len()) {
            (0, 2..) => per_strip as u64,
            (said, _) => said,
        };
        let mut out = b"\xff\xd8".to_vec();
        out.extend(&self.tables);
        segment(&mut out, marker, &frame);
        if restart > 0 {
            segment(&mut out, 0xdd, &(restart.min(0xffff) as u16).to_be_bytes());
        }
        segment(&mut out, 0xda, &scan);
        out.extend(ahead);
        for (i, strip) in strips.iter().enumerate() {
            let marked = matches!(strip, [.., 0xff, 0xd0..=0xd7]);
            out.extend(*strip);
            if i + 1 < strips.len() && self.restart == 0 && !marked {
                out.extend([0xff, 0xd0 + (i % 8) as u8]);
            }
        }
        out.extend(b"\xff\xd9");
        Ok(out)
    }
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend([0xff, marker]);
    out.extend(((body.len() + 2) as u16).to_be_bytes());
    out.extend(body);
}

/// Lines and columns of the frame: those of the page, or of its column of tiles.
fn size(page: &Page) -> Result<[u16; 2]> {
    let layout = &page.layout;
    let [_, length, width] = layout.chunk_size();
    let lines =
        if layout.tile.is_some() { layout.length.div_ceil(length).saturating_mul(length) } else { layout.length };
    let side =
        |v: usize| u16::try_from(v).map_err(|_| Error::malformed("old-style JPEG of more than 65535 pixels a side"));
    Ok([side(lines)?, side(width)?])
}
