//! JPEG of TIFF 6.0 section 22, before Technical Note 2 replaced it: one stream for the whole image, whose headers
//! may be spread over tags.

use imageio_core::{Error, Result};

use super::jpeg;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::source::ends_early;
use crate::tags::tag;

/// The whole image as one stream.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub stream: Vec<u8>,
}

impl Header {
    pub fn read(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        if let Some(stream) = interchange(tiff, page, window)? {
            return Ok(Header { stream });
        }
        let chunks = page.chunks(tiff, window)?;
        let mut strips = Vec::new();
        for (offset, count) in chunks {
            strips.push(part(tiff, offset, count)?);
        }
        if let [only] = strips.as_slice() {
            if only.starts_with(b"\xff\xd8") && jpeg::scan(only).is_some() {
                return Ok(Header { stream: strips.pop().unwrap_or_default() });
            }
        }
        assemble(tiff, page, window, &strips).map(|stream| Header { stream })
    }
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

/// The stream that tag 513 points to, if it is complete.
fn interchange(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Option<Vec<u8>>> {
    let Some(start) = page.ifd.entry(tag::JPEG_INTERCHANGE_FORMAT) else { return Ok(None) };
    let start = tiff.uint(start, window)?;
    let mut length = match page.ifd.entry(tag::JPEG_INTERCHANGE_FORMAT_LENGTH) {
        Some(entry) => tiff.uint(entry, window)?,
        None => 0,
    };
    let Some(size) = tiff.source.size() else { return Ok(None) };
    if start >= size {
        return Ok(None);
    }
    if length == 0 || start.saturating_add(length) > size {
        length = size - start;
    }
    // The length often counts the headers alone: the data follow in the strips.
    let end = page.chunks(tiff, window).ok().and_then(|chunks| {
        let first = chunks.iter().map(|c| c.0).min()?;
        let last = chunks.iter().map(|c| c.0.saturating_add(c.1)).max()?;
        (first >= start && last <= size).then_some(last)
    });
    let length = length.max(end.unwrap_or(start).saturating_sub(start)).min(1 << 30);
    let bytes = part(tiff, start, length)?;
    let complete = jpeg::scan(&bytes).is_some_and(|info| info.components == page.layout.samples);
    Ok(complete.then_some(bytes))
}

/// A stream from tables in tags and entropy-coded strips.
fn assemble(tiff: &Tiff<'_>, page: &Page, window: &mut Window, strips: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut list = |tag: u16, name: &str| match page.ifd.entry(tag) {
        Some(entry) => tiff.uints(entry, window),
        None => Err(Error::malformed(format!("old-style JPEG without {name}"))),
    };
    let q = list(tag::JPEG_Q_TABLES, "quantisation tables")?;
    let dc = list(tag::JPEG_DC_TABLES, "DC tables")?;
    let ac = list(tag::JPEG_AC_TABLES, "AC tables")?;
    let layout = &page.layout;
    let n = layout.samples;
    if n > 4 || q.len() < n || dc.len() < n || ac.len() < n {
        return Err(Error::malformed("old-style JPEG with too few tables"));
    }
    let mut out = b"\xff\xd8".to_vec();
    let mut segment = |marker: u8, body: &[u8]| {
        out.extend([0xff, marker]);
        out.extend(((body.len() + 2) as u16).to_be_bytes());
        out.extend(body);
    };
    let huffman = |offset: u64| -> Result<Vec<u8>> {
        let mut lengths = part(tiff, offset, 16)?;
        let total: u64 = lengths.iter().map(|n| u64::from(*n)).sum();
        lengths.extend(part(tiff, offset + 16, total)?);
        Ok(lengths)
    };
    for (k, ((q, dc), ac)) in q.iter().zip(&dc).zip(&ac).take(n).enumerate() {
        let k = k as u8;
        segment(0xdb, &[&[k], part(tiff, *q, 64)?.as_slice()].concat());
        segment(0xc4, &[&[k], huffman(*dc)?.as_slice()].concat());
        segment(0xc4, &[&[0x10 | k], huffman(*ac)?.as_slice()].concat());
    }
    let side =
        |v: usize| u16::try_from(v).map_err(|_| Error::malformed("old-style JPEG of more than 65535 pixels a side"));
    let (h, v) = page.subsampling.unwrap_or(if layout.photometric == 6 { (2, 2) } else { (1, 1) });
    let mut frame = vec![8];
    frame.extend(side(layout.length)?.to_be_bytes());
    frame.extend(side(layout.width)?.to_be_bytes());
    frame.push(n as u8);
    let mut order = vec![n as u8];
    for k in 0..n as u8 {
        let factors = if k == 0 && n == 3 { (h as u8) << 4 | v as u8 } else { 0x11 };
        frame.extend([k + 1, factors, k]);
        order.extend([k + 1, k << 4 | k]);
    }
    order.extend([0, 63, 0]);
    let restart = match page.ifd.entry(tag::JPEG_RESTART_INTERVAL) {
        Some(entry) => tiff.uint(entry, window)?,
        None => 0,
    };
    // Strips are decoded apart from each other: each begins anew, which restart markers say.
    let mcus = layout.width.div_ceil(8 * usize::from(h.max(1)));
    let per_strip = mcus * layout.rows_per_strip.div_ceil(8 * usize::from(v.max(1)));
    let interval = if restart > 0 || strips.len() == 1 { restart } else { per_strip as u64 };
    segment(0xc0, &frame);
    if interval > 0 {
        segment(0xdd, &(interval.min(0xffff) as u16).to_be_bytes());
    }
    segment(0xda, &order);
    for (i, strip) in strips.iter().enumerate() {
        let marked = matches!(strip.as_slice(), [.., 0xff, 0xd0..=0xd7]);
        out.extend(strip);
        if i + 1 < strips.len() && restart == 0 && !marked {
            out.extend([0xff, 0xd0 + (i % 8) as u8]);
        }
    }
    out.extend(b"\xff\xd9");
    Ok(out)
}
