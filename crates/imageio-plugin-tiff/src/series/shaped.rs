//! Series that tifffile wrote, with the array's shape in the description as JSON.

use imageio_core::{Result, Value};

use super::axes::{fits, reshape};
use super::generic::pyramids;
use super::{Pages, Series, contiguous, descriptions, is_shaped, product, shaped_metadata};
use crate::chain::Chain;
use crate::ifd::{Tiff, Window};
use crate::page::Page;

/// Groups by descriptions; `None` if they don't cover the file.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let offsets = chain.all(tiff, window)?.to_vec();
    let mut series = Vec::new();
    if !detect(tiff, window, &offsets, false, &mut series, notes)? {
        notes.push("descriptions that give the shapes of arrays don't fit the pages".to_owned());
        return Ok(None);
    }
    pyramids(&mut series, true);
    Ok(Some(series))
}

fn detect(
    tiff: &Tiff<'_>,
    window: &mut Window,
    offsets: &[u64],
    is_sub: bool,
    series: &mut Vec<Series>,
    notes: &mut Vec<String>,
) -> Result<bool> {
    let mut index = 0;
    while let Some(&offset) = offsets.get(index) {
        let key = Page::read(tiff, offset, window)?;
        let texts = descriptions(tiff, &key, window)?;
        let Some(metadata) = texts.iter().find(|t| is_shaped(t)).and_then(|t| shaped_metadata(t)) else {
            return Ok(false);
        };
        let Some(shape) = metadata.get("shape").and_then(shape_of) else { return Ok(false) };
        let name = metadata.get("name").and_then(Value::as_str).unwrap_or("").to_owned();
        let mut truncated = match metadata.get("truncated").and_then(Value::as_bool) {
            None if key.sub_ifds.is_empty() => None,
            None => Some(false),
            told => told,
        };
        let axes = metadata.get("axes").and_then(Value::as_str).filter(|a| a.chars().count() == shape.len());
        let (Some(size), Some(page_size)) = (product(&shape), key.layout.elements()) else { return Ok(false) };
        if size % page_size.max(1) != 0 {
            return Ok(false);
        }
        let mut count = if size > 0 { size / page_size.max(1) } else { 1 };
        let stored = contiguous(tiff, &key, window)?;
        let mut list = vec![offset];
        if count > 1 && count <= offsets.len() - index {
            let bytes = key.layout.dtype().map_or(0, |d| d.size() as u64).saturating_mul(size as u64);
            if truncated == Some(true) {
                count = 1;
            } else {
                truncated = Some(false);
                let next = offsets.get(index + 1).copied().unwrap_or(0);
                let in_one_piece = stored.is_some() && key.sub_ifds.is_empty() && offset.saturating_add(bytes) < next;
                if !in_one_piece {
                    list = offsets.get(index..index + count).unwrap_or_default().to_vec();
                }
            }
        }
        let subs = (key.sub_ifds.clone(), list.clone());
        series.push(make(key, list, stored, shape, axes, name, truncated, is_sub, notes));
        index += count.max(1);
        if !is_sub && !below(tiff, window, subs, series, notes)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Series of the directories below those of a series.
fn below(
    tiff: &Tiff<'_>,
    window: &mut Window,
    (subs, list): (Vec<u64>, Vec<u64>),
    series: &mut Vec<Series>,
    notes: &mut Vec<String>,
) -> Result<bool> {
    for (i, first) in subs.iter().enumerate() {
        if *first < 8 {
            continue;
        }
        let mut offsets = vec![*first];
        for offset in list.iter().skip(1) {
            match Page::read(tiff, *offset, window)?.sub_ifds.get(i) {
                Some(sub) => offsets.push(*sub),
                None => return Ok(false),
            }
        }
        if !detect(tiff, window, &offsets, true, series, notes)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[allow(clippy::too_many_arguments)]
fn make(
    key: Page,
    list: Vec<u64>,
    stored: Option<u64>,
    new: Vec<usize>,
    axes: Option<&str>,
    name: String,
    truncated: Option<bool>,
    is_sub: bool,
    notes: &mut Vec<String>,
) -> Series {
    let (page_shape, page_axes) = key.layout.shape();
    let mut new = new;
    let failed = !fits(&page_shape, &new);
    if failed {
        notes.push(format!("pages of shape {page_shape:?} don't fit the described shape {new:?}"));
    }
    let (mut shape, mut letters) = match axes.filter(|_| !failed) {
        Some(axes) => (new.clone(), axes.to_owned()),
        None if list.len() > 1 => {
            let mut shape = page_shape;
            shape.insert(0, list.len());
            (shape, format!("Q{page_axes}"))
        }
        None => (page_shape, page_axes),
    };
    if failed {
        new.clone_from(&shape);
    }
    let (size, whole) = (product(&shape).unwrap_or(0), product(&new).unwrap_or(0));
    if stored.is_some() && size > 0 && whole > size && whole % size == 0 {
        shape.insert(0, whole / size);
        letters.insert(0, 'Q');
    }
    if let Some(found) = reshape(&letters, &shape, &new) {
        letters = found;
        shape = new;
    }
    let elements = product(&shape).unwrap_or(0);
    let page = key.layout.elements().unwrap_or(1).max(1);
    let pages = match stored {
        // One directory stands for all pages.
        Some(offset) if list.len() == 1 && (elements > page || truncated == Some(true)) => Pages::Stored(offset),
        _ => Pages::here(list),
    };
    Series {
        kind: "shaped",
        name,
        shape,
        axes: letters,
        full: None,
        key,
        pages,
        scale: Vec::new(),
        levels: Vec::new(),
        is_sub,
        gel: None,
    }
}

fn shape_of(value: &Value) -> Option<Vec<usize>> {
    value.as_list()?.iter().map(|n| n.as_u64().and_then(|n| usize::try_from(n).ok())).collect()
}
