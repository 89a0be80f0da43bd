//! NDTiff of Micro-Manager: a file beside the images says at which coordinates each was taken, and where its pixels are.

use std::collections::BTreeMap;
use std::path::Path;

use imageio_core::{Error, Result, Value};

use super::set::Set;
use super::{Pages, Place, Series, product};
use crate::flavour::ndtiff_version;
use crate::ifd::Tiff;
use crate::page::Page;
use crate::tags::tag;

/// The file with the coordinates.
const INDEX: &str = "NDTiff.index";

/// Axes of a picture, and bytes of their names and values, beyond which an index is not believed.
const MAX_AXES: usize = 32;
const MAX_TEXT: u32 = 1 << 16;

/// `true` for a file of a data set that has an index.
pub(crate) fn is_ndtiff(tiff: &Tiff<'_>, first: &Page) -> bool {
    first.ifd.entry(tag::MICRO_MANAGER).is_some() && ndtiff_version(tiff).is_some_and(|version| version >= 2)
}

/// Where one picture is.
#[derive(Debug, PartialEq)]
struct Frame {
    /// Coordinates by the names of their axes, in the order in which the file has them.
    place: Vec<(String, Value)>,
    file: String,
    offset: u64,
    width: u64,
    height: u64,
    kind: u64,
    compression: u64,
}

/// The array of a data set; `None` if there is no index, or the file does not fit it.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    first: &Page,
    own: &Path,
    set: &mut Set,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let path = own.with_file_name(INDEX);
    let Ok(about) = std::fs::metadata(&path) else { return Ok(None) };
    if tiff.max_metadata.is_some_and(|most| about.len() > most) {
        return Err(Error::limit(format!("an index of {} bytes", about.len()))
            .with("file", path.display())
            .with_hint("raise Limits::max_metadata if the file is trusted"));
    }
    let frames = index(&std::fs::read(&path)?);
    let name = own.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let found = array(tiff, first, &frames, name, set, notes);
    if found.is_none() {
        notes.push(format!("{INDEX} does not fit the pages of the file"));
    }
    Ok(found.map(|series| vec![series]))
}

/// `own` is the name of the file itself.
fn array(
    tiff: &Tiff<'_>,
    first: &Page,
    frames: &[Frame],
    own: &str,
    set: &mut Set,
    notes: &mut Vec<String>,
) -> Option<Series> {
    let layout = &first.layout;
    let names: Vec<String> = frames.first()?.place.iter().map(|(name, _)| name.clone()).collect();
    // Words are numbered in the order in which they occur.
    let mut words: BTreeMap<(usize, String), i64> = BTreeMap::new();
    let mut counts = vec![0i64; names.len()];
    let mut places: Vec<Vec<i64>> = Vec::with_capacity(frames.len());
    for frame in frames {
        let mut place = Vec::with_capacity(names.len());
        for (k, name) in names.iter().enumerate() {
            let value = &frame.place.iter().find(|(n, _)| n == name)?.1;
            place.push(match value {
                Value::Str(word) => *words
                    .entry((k, word.clone()))
                    .or_insert_with(|| counts.get_mut(k).map_or(0, |count| std::mem::replace(count, *count + 1))),
                number => number.as_i64().filter(|n| n.unsigned_abs() < 1 << 31)?,
            });
        }
        places.push(place);
    }
    let dtype = layout.dtype().ok()?;
    let fits = |frame: &Frame| {
        let bytes = match frame.kind {
            0 | 2 => 1,
            1 | 3..=6 => 2,
            _ => return false,
        };
        (frame.height, frame.width) == (layout.length as u64, layout.width as u64)
            && frame.compression == 0
            && dtype.size() == bytes
    };
    if layout.compression != 1 || !frames.iter().all(fits) {
        return None;
    }
    // The axis that varies most from picture to picture is the last.
    let varies = |k: usize| {
        let one = |place: &Vec<i64>| place.get(k).copied().unwrap_or(0);
        places.windows(2).map(|pair| pair.first().map_or(0, one).abs_diff(pair.last().map_or(0, one))).sum::<u64>()
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|k| varies(*k));
    let along = |k: usize| places.iter().filter_map(move |place| place.get(k).copied());
    let least: Vec<i64> = order.iter().filter_map(|k| along(*k).min()).collect();
    let most: Vec<i64> = order.iter().filter_map(|k| along(*k).max()).collect();
    let mut shape: Vec<usize> = least.iter().zip(&most).map(|(a, b)| (b - a) as usize + 1).collect();
    // A picture here and one far away are no reason to take memory for all that could lie between them.
    let count = product(&shape).filter(|n| *n <= frames.len().saturating_mul(64).saturating_add(1024))?;
    let mut pages = vec![None; count];
    let mut numbers: BTreeMap<&str, Option<usize>> = BTreeMap::from([(own, Some(0))]);
    let size = tiff.source.size();
    for (frame, place) in frames.iter().zip(&places) {
        let file = *numbers.entry(&frame.file).or_insert_with(|| set.find(&frame.file, notes));
        let at = order
            .iter()
            .zip(&shape)
            .zip(&least)
            .try_fold(0usize, |sum, ((k, n), least)| Some(sum * n + usize::try_from(place.get(*k)? - least).ok()?));
        // What the end of the file cuts off is missing.
        let inside = file != Some(0) || size.is_none_or(|size| frame.offset < size);
        if let Some(slot) = at.and_then(|at| pages.get_mut(at)) {
            *slot = file.filter(|_| inside).map(|file| Place { file, offset: frame.offset });
        }
    }
    let mut axes: String = order.iter().filter_map(|k| names.get(*k)).map(|name| letter(name)).collect();
    let (page_shape, page_axes) = layout.shape();
    shape.extend(page_shape);
    axes.push_str(&page_axes);
    Some(Series::squeezed("ndtiff", "", (shape, axes), first.clone(), Pages::Planes(pages)))
}

/// tifffile's letter for an axis.
fn letter(name: &str) -> char {
    match name.to_lowercase().as_str() {
        "z" | "depth" => 'Z',
        "time" => 'T',
        "channel" => 'C',
        "position" | "tile" => 'R',
        "row" => 'K',
        "column" => 'J',
        "angle" => 'A',
        "phase" => 'P',
        "lifetime" => 'H',
        "lambda" => 'E',
        "exposure" => 'L',
        "event" => 'V',
        "mosaic" => 'M',
        "sequence" => 'I',
        _ => 'Q',
    }
}

/// The entries of an index, as far as they can be understood: coordinates as JSON, the name of a file, and eight numbers.
fn index(bytes: &[u8]) -> Vec<Frame> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while let Some(frame) = entry(&mut rest) {
        frames.push(frame);
    }
    frames
}

fn entry(rest: &mut &[u8]) -> Option<Frame> {
    let mut take = |n: usize| {
        let (part, after) = rest.split_at_checked(n)?;
        *rest = after;
        Some(part)
    };
    let number = |bytes: &[u8]| bytes.first_chunk().map(|b| u32::from_le_bytes(*b));
    let n = number(take(4)?).filter(|n| *n <= MAX_TEXT)?;
    let text = std::str::from_utf8(take(n as usize)?).ok()?;
    let place = coordinates(text)?;
    let n = number(take(4)?)?;
    let file = String::from_utf8_lossy(take(n as usize)?).into_owned();
    let fields: Vec<u64> = take(32)?.chunks_exact(4).filter_map(|b| number(b).map(u64::from)).collect();
    let &[offset, width, height, kind, compression, ..] = fields.as_slice() else { return None };
    Some(Frame { place, file, offset, width, height, kind, compression })
}

/// A flat JSON object in its own order, which says what varies first where nothing else does.
fn coordinates(text: &str) -> Option<Vec<(String, Value)>> {
    let Value::Map(map) = crate::json::parse(text)? else { return None };
    if map.len() > MAX_AXES {
        return None;
    }
    let mut found: Vec<(String, Value)> = map.into_iter().collect();
    found.sort_by_cached_key(|(name, _)| text.find(&crate::json::quote(name)));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str, file: &str, numbers: [u32; 8]) -> Vec<u8> {
        let part = |s: &str| [&(s.len() as u32).to_le_bytes(), s.as_bytes()].concat();
        [part(text), part(file), numbers.iter().flat_map(|n| n.to_le_bytes()).collect()].concat()
    }

    #[test]
    fn entries_are_read_as_far_as_they_go() {
        let one = packed(r#"{"z": 3, "channel": "DAPI"}"#, "a.tif", [100, 24, 16, 1, 0, 9, 9, 0]);
        let frames = index(&[one.clone(), one.clone(), b"\x40\0\0\0{".to_vec()].concat());
        assert_eq!((frames.len(), frames[0] == frames[1]), (2, true));
        let frame = &frames[0];
        assert_eq!(frame.place, [("z".to_owned(), Value::Int(3)), ("channel".to_owned(), Value::from("DAPI"))]);
        assert_eq!((frame.file.as_str(), frame.offset, frame.width, frame.height), ("a.tif", 100, 24, 16));
        assert!(index(&one[..one.len() - 1]).is_empty() && index(b"").is_empty());
        // More axes than pictures have would be looked for in each other without end.
        let many: Vec<String> = (0..=MAX_AXES).map(|k| format!("\"a{k}\": 0")).collect();
        assert!(index(&packed(&format!("{{{}}}", many.join(",")), "a.tif", [0; 8])).is_empty());
    }
}
