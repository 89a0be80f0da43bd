//! Arrays that microscopes describe in tags of their own: Zeiss LSM, Olympus FluoView, Micro-Manager, ScanImage.

use imageio_core::{Result, Value};

use super::set::Set;
use super::{Pages, Place, Series, product};
use crate::chain::Chain;
use crate::flavour;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;
use crate::value::lenient;

/// Sizes beyond this are not believed.
const MAX_SIDE: u64 = 1 << 31;

/// `true` for a file of Zeiss's LSM microscopes.
pub(crate) fn is_lsm(page: &Page) -> bool {
    page.ifd.entry(tag::CZ_LSMINFO).is_some()
}

/// The array and its thumbnails, which take turns in the chain of directories.
pub(crate) fn lsm(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
) -> Result<Option<Vec<Series>>> {
    let Some(info) = flavour::lsm(tiff, window, first) else { return Ok(None) };
    let number = |key: &str| info.get(key).and_then(Value::as_u64).filter(|n| *n < MAX_SIDE).unwrap_or(0) as usize;
    let mut axes = String::from(match number("ScanType") {
        0 => "ZCYX",
        1 | 8 => "CZX",
        2 | 5 | 10 => "CTX",
        3 => "TCYX",
        4 | 9 => "TCZX",
        6 | 7 => "TZCYX",
        _ => return Ok(None),
    });
    if !first.layout.planar {
        axes = axes.replace('C', "").replace('X', "XC");
    }
    if number("DimensionP") > 0 {
        axes.insert(0, 'P');
    }
    if number("DimensionM") > 0 {
        axes.insert(0, 'M');
    }
    let size = |axis: char| match axis {
        'C' => number("DimensionChannels"),
        'T' => number("DimensionTime"),
        'P' => number("DimensionP"),
        'M' => number("DimensionM"),
        other => number(&format!("Dimension{other}")),
    };
    let shape: Vec<usize> = axes.chars().map(size).collect();
    let all = chain.all(tiff, window)?.to_vec();
    let second = match all.get(1) {
        Some(offset) => lenient(Page::read(tiff, *offset, window))?.filter(Page::is_reduced),
        None => None,
    };
    let every = if second.is_some() { 2 } else { 1 };
    let pages: Vec<u64> = all.iter().step_by(every).copied().collect();
    let wanted = product(&shape).unwrap_or(0);
    if wanted == 0 || first.layout.elements().and_then(|n| n.checked_mul(pages.len())) != Some(wanted) {
        return Ok(None);
    }
    if tiff.source.size().is_some_and(|size| size > u64::from(u32::MAX)) || first.layout.compression != 1 {
        lift(tiff, window, &all, (&shape, &axes))?;
    }
    let name = info.get("Name").and_then(Value::as_str).unwrap_or("").to_owned();
    let mut series =
        vec![Series::squeezed("lsm", &*name, (shape.clone(), axes.clone()), first.clone(), Pages::here(pages))];
    if let Some(small) = second {
        let pages: Vec<u64> = all.iter().skip(1).step_by(2).copied().collect();
        let (page_shape, page_axes) = small.layout.shape();
        let (mut shape_of_small, mut letters, mut count) = (Vec::new(), String::new(), 1usize);
        for (n, axis) in shape.iter().zip(axes.chars()).take(shape.len().saturating_sub(2)) {
            if count >= pages.len() {
                break;
            }
            count *= n;
            shape_of_small.push(*n);
            letters.push(axis);
        }
        if count == pages.len() {
            shape_of_small.extend(page_shape);
            letters.push_str(&page_axes);
            series.push(Series::squeezed("lsm", name, (shape_of_small, letters), small, Pages::here(pages)));
        }
    }
    Ok(Some(series))
}

/// Puts strips where they are: offsets of files with more than 4 GiB wrap, and byte counts of compressed strips are
/// those of what they hold.
fn lift(tiff: &Tiff<'_>, window: &mut Window, all: &[u64], (shape, axes): (&[usize], &str)) -> Result<()> {
    let mut places = Vec::with_capacity(all.len());
    let mut packed = false;
    for offset in all {
        let page = Page::read(tiff, *offset, window)?;
        packed |= page.layout.compression != 1;
        places.push((*offset, page.chunks(tiff, window)?));
    }
    // Pictures were written time after time, each with its thumbnail before or after it.
    let size = |letters: &str| {
        let sizes = axes.chars().zip(shape).filter(|(axis, _)| letters.contains(*axis)).map(|(_, n)| *n);
        sizes.product::<usize>().max(1)
    };
    let (positions, times) = (size("PM"), if axes.contains('T') { size("T") } else { 1 });
    let pairs = places.len().div_ceil(2);
    let rest = pairs / (positions * times).max(1);
    let mut order: Vec<usize> = (0..pairs).collect();
    if positions > 1 && positions.checked_mul(times).and_then(|n| n.checked_mul(rest)) == Some(pairs) {
        order.sort_by_key(|k| (k / rest.max(1) % times, k / (rest * times).max(1), k % rest.max(1)));
    }
    let first = |k: usize| places.get(k).and_then(|(_, list)| list.first()).map_or(0, |place| place.0);
    let turn = usize::from(first(0) > first(1) && places.len() > 1);
    let order: Vec<usize> = order.into_iter().flat_map(|k| [2 * k + turn, 2 * k + 1 - turn]).collect();
    if tiff.source.size().is_some_and(|size| size > u64::from(u32::MAX)) {
        let (mut base, mut last) = (0u64, 0u64);
        for k in &order {
            for place in places.get_mut(*k).map(|(_, list)| list).into_iter().flatten() {
                if place.0 < last {
                    base = base.saturating_add(1 << 32);
                }
                last = place.0;
                place.0 = place.0.saturating_add(base);
            }
        }
    }
    if packed {
        let mut starts: Vec<u64> = places.iter().flat_map(|(_, list)| list).map(|place| place.0).collect();
        starts.sort_unstable();
        let end = tiff.source.size().unwrap_or(u64::MAX);
        for place in places.iter_mut().flat_map(|(_, list)| list) {
            let next = starts.get(starts.partition_point(|start| *start <= place.0)).copied().unwrap_or(end);
            // Strips may become longer by compression, but hardly twice as long.
            place.1 = next.saturating_sub(place.0).min(place.1.saturating_mul(2));
        }
    }
    let _ = tiff.places.set(places.into_iter().collect());
    Ok(())
}

/// `true` for a file of Olympus's FluoView microscopes.
pub(crate) fn is_fluoview(page: &Page) -> bool {
    page.ifd.entry(tag::MM_STAMP).is_some()
}

/// One array of all pages, with the dimensions of the header.
pub(crate) fn fluoview(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
) -> Result<Option<Vec<Series>>> {
    let Some((name, dimensions)) = flavour::fluoview_dimensions(tiff, window, first) else { return Ok(None) };
    let mut shape = Vec::new();
    let mut axes = String::new();
    for (axis, size) in dimensions.iter().rev() {
        axes.push(match axis.to_uppercase().as_str() {
            "X" => 'X',
            "Y" => 'Y',
            "Z" => 'Z',
            "T" | "TIME" => 'T',
            "CH" | "WAVELENGTH" => 'C',
            "XY" => 'R',
            "EVENT" => 'V',
            "EXPOSURE" => 'L',
            _ => 'Q',
        });
        shape.push(*size);
    }
    let pages = chain.all(tiff, window)?.to_vec();
    let wanted = product(&shape).filter(|n| *n > 0);
    if wanted.is_none() || first.layout.elements().and_then(|n| n.checked_mul(pages.len())) != wanted {
        return Ok(None);
    }
    Ok(Some(vec![Series::squeezed("fluoview", name, (shape, axes), first.clone(), Pages::here(pages))]))
}

/// `true` for a file that may be one of several of a Micro-Manager stack.
pub(crate) fn is_micromanager(first: &Page) -> bool {
    first.ifd.entry(tag::MICRO_MANAGER).is_some()
}

/// The maps of the other files of a stack, by the numbers of the files: those beside this one whose names begin alike.
fn other_maps(
    path: &std::path::Path,
    prefix: &str,
    set: &mut Set,
    notes: &mut Vec<String>,
) -> Vec<(usize, Vec<[u32; 5]>)> {
    let name = |path: &std::path::Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let Some(own) = name(path).filter(|own| own.starts_with(prefix) && own.contains("_MMStack")) else {
        return Vec::new();
    };
    let begin = format!("{prefix}_MMStack");
    let listed = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let mut names: Vec<String> = listed.into_iter().flatten().flatten().filter_map(|e| name(&e.path())).collect();
    names.retain(|name| name.starts_with(&begin) && name.ends_with(".tif") && *name != own);
    names.sort();
    let map = |name: &String| {
        let number = set.find(name, notes)?;
        let map = flavour::micromanager_index(&Tiff::at(set.file(number)?).ok()?)?;
        Some((number, map))
    };
    names.iter().filter_map(map).collect()
}

/// The array of a Micro-Manager stack: a map in the header says which page is which channel, slice and time.
pub(crate) fn micromanager(
    tiff: &Tiff<'_>,
    first: &Page,
    path: Option<&std::path::Path>,
    set: &mut Set,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    if first.ifd.entry(tag::MICRO_MANAGER).is_none() {
        return Ok(None);
    }
    let Some(map) = flavour::micromanager_index(tiff) else { return Ok(None) };
    let Some(summary) = flavour::micromanager_summary(tiff) else { return Ok(None) };
    let flag = |key: &str| summary.get(key).and_then(Value::as_bool).unwrap_or(true);
    if !summary.contains_key("MicroManagerVersion") || !summary.contains_key("Frames") {
        return Ok(None);
    }
    let axes = [if flag("TimeFirst") { "TR" } else { "RT" }, if flag("SlicesFirst") { "ZC" } else { "CZ" }].concat();
    let of = |row: &[u32; 5], axis: char| match axis {
        'C' => row[0],
        'Z' => row[1],
        'T' => row[2],
        _ => row[3],
    } as usize;
    let said = |axis: char| {
        let key = match axis {
            'C' => "Channels",
            'Z' => "Slices",
            'T' => "Frames",
            _ => "Positions",
        };
        summary.get(key).and_then(Value::as_u64).filter(|n| *n < MAX_SIDE).map_or(1, |n| n as usize)
    };
    let least = |axis: char| map.iter().map(|row| of(row, axis)).min().unwrap_or(0);
    let most = |axis: char| map.iter().map(|row| of(row, axis)).max().unwrap_or(0).saturating_add(1);
    let mut shape: Vec<usize> = axes.chars().map(|a| most(a).max(said(a))).collect();
    let mut from = [0usize; 4];
    let mut maps = vec![(0, map.clone())];
    if let (Some(path), true) = (path, product(&shape).is_none_or(|n| n > map.len())) {
        let prefix = summary.get("Prefix").and_then(Value::as_str).map(str::to_owned);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let prefix = prefix.unwrap_or_else(|| name.split("_MMStack").next().unwrap_or_default().to_owned());
        maps.extend(other_maps(path, &prefix, set, notes));
    }
    // The rest was never taken, or is in files that are not there: what is here is the array.
    if maps.len() == 1 && product(&shape).is_none_or(|n| n > map.len()) {
        for ((n, start), axis) in shape.iter_mut().zip(&mut from).zip(axes.chars()) {
            *start = least(axis);
            *n = most(axis) - *start;
        }
    }
    let known: usize = maps.iter().map(|(_, map)| map.len()).sum();
    let Some(count) = product(&shape).filter(|n| *n <= known.saturating_mul(16)) else { return Ok(None) };
    let mut pages = vec![None; count];
    for (file, row) in maps.iter().flat_map(|(file, map)| map.iter().map(move |row| (*file, row))) {
        let at = axes.chars().zip(&shape).zip(from).try_fold(0usize, |sum, ((axis, n), start)| {
            Some(sum * n + of(row, axis).checked_sub(start).filter(|k| k < n)?)
        });
        if let Some(slot) = at.and_then(|at| pages.get_mut(at)).filter(|_| row[4] > 0) {
            *slot = Some(Place { file, offset: u64::from(row[4]) });
        }
    }
    let (page_shape, page_axes) = first.layout.shape();
    shape.extend(page_shape);
    let axes = axes + &page_axes;
    Ok(Some(vec![Series::squeezed("mmstack", "", (shape, axes), first.clone(), Pages::Listed(pages))]))
}

/// Gives the pages of a ScanImage file their axes: slices, frames, channels.
pub(crate) fn scanimage(tiff: &Tiff<'_>, window: &mut Window, first: &Page, texts: &[String], series: &mut [Series]) {
    let [one] = series else { return };
    let Some(frame) = flavour::scanimage(tiff, window, first, texts) else { return };
    one.kind = "scanimage";
    let Some(channels) = frame.get("SI.hChannels.channelSave") else { return };
    let channels = channels.as_list().map_or(1, <[Value]>::len).max(1);
    let pages = one.len();
    let (slices, frames) = match frame.get("SI.hStackManager.framesPerSlice").and_then(Value::as_u64) {
        Some(frames) if frames > 0 && frames < MAX_SIDE => {
            let frames = frames as usize;
            ((pages / (frames.saturating_mul(channels)).max(1)).max(1), frames)
        }
        _ => (1, pages / channels),
    };
    if slices.checked_mul(frames).and_then(|n| n.checked_mul(channels)) != Some(pages) {
        return;
    }
    let (page_shape, page_axes) = first.layout.shape();
    let mut shape = vec![slices, frames, channels];
    shape.extend(page_shape);
    let axes = format!("ZTC{page_axes}");
    let found = Series::squeezed("scanimage", "", (shape, axes), one.key.clone(), one.pages.clone());
    *one = found;
}
