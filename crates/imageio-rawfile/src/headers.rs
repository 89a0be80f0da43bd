//! A file without its samples: what decoders of makers' files need to tell what a file holds, in place of all of it.

use std::ops::Range;
use std::sync::Arc;

use imageio_core::{Limits, Result};

use crate::boxes;
use crate::ifd::{Ifd, RW2_VERSION, Tiff};
use crate::preview;
use crate::source::Source;

/// How much of samples and previews is read, for some decoders look at the beginning of both.
const KEPT: u64 = 64 << 10;

/// As many bytes as the file has, of which samples and previews are zeros but for their beginnings; `None` if nothing
/// says where these are, so that headers can't be told from them.
pub(crate) fn read(source: &Source<'_>, limits: &Limits) -> Result<Option<Arc<Vec<u8>>>> {
    let mut large = places(source);
    large.sort_unstable_by_key(|part| (part.start, part.end));
    // Strips follow each other: what matters is the beginning of all of them.
    let mut joined: Vec<Range<u64>> = Vec::new();
    for part in large {
        let part = part.start..part.end.min(source.size());
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    let left_out: Vec<Range<u64>> = joined
        .iter()
        .map(|part| part.start.saturating_add(KEPT)..part.end)
        .filter(|part| part.end > part.start)
        .collect();
    if left_out.is_empty() {
        return Ok(None);
    }
    let size = source.len(limits)?;
    // Memory that comes as zeros from the system takes no room before it is written.
    let mut out = vec![0u8; size];
    let mut at = 0;
    for gap in left_out.iter().cloned().chain(std::iter::once(source.size()..source.size())) {
        let (from, to) = (at as usize, (gap.start as usize).min(size));
        if let Some(part) = out.get_mut(from..to) {
            source.read_into(at, part)?;
        }
        at = gap.end;
    }
    Ok(Some(Arc::new(out)))
}

/// Where samples and previews are.
fn places(source: &Source<'_>) -> Vec<Range<u64>> {
    if let Ok(Some(tiff)) = Tiff::open(source) {
        return tiff.all().unwrap_or_default().iter().flat_map(|ifd| in_directory(&tiff, ifd)).collect();
    }
    let Ok(head) = source.read(0, 8) else { return Vec::new() };
    if head.starts_with(b"\0MRM") {
        // The block of all headers says how long it is.
        let length = u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
        let samples = length.saturating_add(8)..source.size();
        return std::iter::once(samples).collect();
    }
    if head == b"FUJIFILM" {
        let parts = preview::fuji(source).into_iter().chain(preview::fuji_samples(source));
        return parts.map(|(offset, length)| offset..offset + length).collect();
    }
    boxes::media(source, KEPT)
}

/// Strips, tiles and JPEGs that a directory names.
fn in_directory(tiff: &Tiff<'_, '_>, ifd: &Ifd) -> Vec<Range<u64>> {
    let mut out = Vec::new();
    for (offsets, lengths) in [(273, 279), (324, 325), (513, 514)] {
        let lists = tiff.list(ifd, offsets).zip(tiff.list(ifd, lengths));
        if let Some((offsets, lengths)) = lists.filter(|(offsets, lengths)| offsets.len() == lengths.len()) {
            out.extend(offsets.iter().zip(&lengths).map(|(offset, length)| *offset..offset.saturating_add(*length)));
        }
    }
    // Panasonic's samples go on to the end, its preview is the value of a tag.
    out.extend(tiff.uint(ifd, 280).filter(|_| ifd.has(RW2_VERSION)).map(|offset| offset..u64::MAX));
    if let Some(entry) = ifd.entry(preview::JPG_FROM_RAW).filter(|e| e.kind == 7) {
        let offset = tiff.endian.uint(&entry.field);
        out.push(offset..offset.saturating_add(entry.count));
    }
    out
}
