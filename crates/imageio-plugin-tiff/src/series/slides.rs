//! Scans of microscope slides: Aperio SVS, Leica SCN, Philips, PerkinElmer QPI, Ventana BIF, Hamamatsu NDPI. Each is a
//! pyramid with some pictures of the slide beside it.

use std::collections::BTreeMap;

use imageio_core::{Result, Spacing, Unit};

use super::ome::document;
use super::{Pages, Place, Series};
use crate::chain::Chain;
use crate::flavour;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// Series of a slide scanner's file; `None` if it is none.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
    texts: &[String],
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let text = texts.first().map_or("", String::as_str);
    let end = text.trim_end();
    let vendor = if text.starts_with("Aperio ") && first.layout.tile.is_some() {
        svs
    } else if end.ends_with("</scn>") {
        scn
    } else if end.ends_with("</DataObject>") && software(tiff, window, first).starts_with("Philips DP") {
        philips
    } else if is_bif(tiff, window, text, first) {
        bif
    } else if software(tiff, window, first).starts_with("PerkinElmer-QPI") {
        qpi
    } else {
        return Ok(None);
    };
    let mut pages = Vec::new();
    for offset in chain.all(tiff, window)?.to_vec() {
        pages.push(Page::read(tiff, offset, window)?);
    }
    let found = vendor(tiff, window, text, &pages);
    if found.is_none() {
        notes.push("the description of a slide does not fit the pages".to_owned());
    }
    Ok(found)
}

fn software(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> String {
    let bytes = page.ifd.entry(tag::SOFTWARE).and_then(|entry| tiff.bytes(entry, window).ok());
    crate::value::text(&bytes.unwrap_or_default())
}

/// One page as a series, or several of one layout along Z.
fn series(kind: &'static str, name: &str, pages: &[&Page]) -> Option<Series> {
    let key = (*pages.first()?).clone();
    let (mut shape, mut axes) = key.layout.shape();
    if pages.len() > 1 {
        shape.insert(0, pages.len());
        axes.insert(0, 'Z');
    }
    let offsets = pages.iter().map(|p| p.ifd.offset);
    Some(Series::squeezed(kind, name, (shape, axes), key, Pages::here(offsets)))
}

/// Aperio: the slide, a thumbnail, smaller versions in tiles, then label and macro picture.
fn svs(_: &Tiff<'_>, _: &mut Window, _: &str, pages: &[Page]) -> Option<Vec<Series>> {
    let (first, rest) = pages.split_first()?;
    let Some((thumbnail, rest)) = rest.split_first() else { return Some(vec![series("svs", "Baseline", &[first])?]) };
    let mut levels: Vec<Vec<&Page>> = vec![vec![first]];
    let is_level = |page: &&Page| page.layout.tile.is_some() && !page.is_reduced();
    let tiled = rest.iter().take_while(is_level).count();
    let (tiled, others) = rest.split_at(tiled);
    for page in tiled {
        let same = |level: &&mut Vec<&Page>| level.first().is_some_and(|p| p.layout.shape() == page.layout.shape());
        match levels.iter_mut().find(same) {
            Some(level) => level.push(page),
            None => levels.push(vec![page]),
        }
    }
    let depth = levels.first().map_or(1, Vec::len);
    if levels.iter().any(|level| level.len() != depth) {
        levels.iter_mut().for_each(|level| level.truncate(1));
    }
    let (top, below) = levels.split_first()?;
    let mut baseline = series("svs", "Baseline", top)?;
    baseline.levels = below.iter().filter_map(|level| series("svs", "Resolution", level)).collect();
    let mut out = vec![baseline, series("svs", "Thumbnail", &[thumbnail])?];
    for page in others.iter().take(2) {
        let name = if page.subfile_type == 9 { "Macro" } else { "Label" };
        out.push(series("svs", name, &[page])?);
    }
    Some(out)
}

/// Leica: XML says which page is which channel, slice and resolution of which picture.
fn scn(_: &Tiff<'_>, _: &mut Window, text: &str, pages: &[Page]) -> Option<Vec<Series>> {
    let document = document(text).ok()?;
    let mut out = Vec::new();
    let named = |name: &'static str| move |n: &roxmltree::Node<'_, '_>| n.tag_name().name() == name;
    for image in document.descendants().filter(named("image")) {
        let name = image.attribute("name").unwrap_or("Unknown");
        for pixels in image.children().filter(named("pixels")) {
            let mut levels: BTreeMap<usize, BTreeMap<(usize, usize), usize>> = BTreeMap::new();
            for dimension in pixels.children().filter(named("dimension")) {
                let number = |key: &str| dimension.attribute(key).map_or(Some(0), |v| v.trim().parse::<usize>().ok());
                dimension.attribute("ifd")?;
                let place = (number("c")?, number("z")?);
                levels.entry(number("r")?).or_default().insert(place, number("ifd")?);
            }
            let mut found: Vec<Series> = Vec::new();
            for places in levels.values() {
                let channels = places.keys().map(|(c, _)| *c).max()?.checked_add(1)?;
                let slices = places.keys().map(|(_, z)| *z).max()?.checked_add(1)?;
                // Every plane has a page, so there are no more planes than pages.
                let count = channels.checked_mul(slices).filter(|n| *n <= pages.len())?;
                let mut list = vec![None; count];
                for ((c, z), ifd) in places {
                    *list.get_mut(c * slices + z)? = Some(Place::here(pages.get(*ifd)?.ifd.offset));
                }
                let key = pages.get(*places.values().next()?)?;
                let (page_shape, page_axes) = key.layout.shape();
                let mut shape = vec![channels, slices];
                shape.extend(page_shape);
                let axes = format!("CZ{page_axes}");
                found.push(Series::squeezed("scn", name, (shape, axes), key.clone(), Pages::Listed(list)));
            }
            let mut found = found.into_iter();
            if let Some(mut top) = found.next() {
                top.levels = found.collect();
                out.push(top);
            }
        }
    }
    Some(out)
}

/// Philips: levels are padded to whole tiles; the spacing of their pixels says how large they are.
fn philips(_: &Tiff<'_>, _: &mut Window, text: &str, pages: &[Page]) -> Option<Vec<Series>> {
    let document = document(text).ok()?;
    let mut spacing: Vec<(f64, f64)> = Vec::new();
    for node in document.descendants().filter(|n| n.attribute("Name") == Some("DICOM_PIXEL_SPACING")) {
        let parent = node.parent_element().and_then(|p| p.attribute("ObjectType"));
        if parent != Some("PixelDataRepresentation") {
            continue;
        }
        let text = node.text()?.replace('"', " ");
        let mut numbers = text.split_whitespace().filter_map(|n| n.parse::<f64>().ok()).filter(|n| *n > 0.0);
        spacing.push((numbers.next()?, numbers.next()?));
    }
    // Beside the levels there are label and macro pictures, in strips.
    let levels: Vec<&Page> = pages.iter().filter(|p| p.layout.tile.is_some()).collect();
    if spacing.len() < 2 || levels.len() != spacing.len() {
        return None;
    }
    let (first, (height, width)) = (*levels.first()?, *spacing.first()?);
    let mut baseline = series("philips", "Baseline", &[first])?;
    for (k, (page, (h, w))) in levels.iter().zip(&spacing).enumerate().skip(1) {
        let mut page = (*page).clone();
        let [_, tile_length, tile_width] = page.layout.tile?;
        let reduced = |whole: usize, padded: usize, ratio: f64, tile: usize| {
            let real = whole / (ratio.round().max(1.0) as usize);
            if real > padded { padded } else { real.max((padded + 1).saturating_sub(tile)).max(1) }
        };
        page.layout.width = reduced(first.layout.width, page.layout.width, w / width, tile_width);
        page.layout.length = reduced(first.layout.length, page.layout.length, h / height, tile_length);
        baseline.levels.push(series("philips", &format!("Level{k}"), &[&page])?);
    }
    let millimetres = |value: f64| Spacing::new(value * 1000.0, Unit::Micrometre);
    baseline.scale = vec![('Y', millimetres(height)), ('X', millimetres(width))];
    let mut out = vec![baseline];
    for page in pages.iter().filter(|p| p.layout.tile.is_none()) {
        out.push(series("philips", "Other", &[page])?);
    }
    Some(out)
}

/// `true` for Ventana's files, whose first page is often the label.
fn is_bif(tiff: &Tiff<'_>, window: &mut Window, text: &str, first: &Page) -> bool {
    const LABELS: [&str; 3] = ["Label Image", "Label_Image", "Probability_Image"];
    if first.ifd.entry(tag::XMP).is_none() {
        return false;
    }
    let software = software(tiff, window, first);
    software.contains("Ventana") || software.starts_with("ScanOutputManager") || LABELS.contains(&text)
}

/// Ventana: descriptions say which page is which level; the others are pictures beside the slide.
fn bif(tiff: &Tiff<'_>, window: &mut Window, _: &str, pages: &[Page]) -> Option<Vec<Series>> {
    let (mut baseline, mut others): (Option<Series>, Vec<Series>) = (None, Vec::new());
    for page in pages {
        let texts = super::descriptions(tiff, page, window).ok()?;
        let text = texts.first().map_or("", String::as_str);
        let name = match text {
            _ if text.starts_with("Label") => "Label",
            _ if text == "Thumbnail" || text.starts_with("Probability") => "Thumbnail",
            _ if !text.contains("level") => "Unknown",
            _ => {
                match &mut baseline {
                    Some(top) => top.levels.push(series("bif", "Resolution", &[page])?),
                    none => *none = Some(series("bif", "Baseline", &[page])?),
                }
                continue;
            }
        };
        others.push(series("bif", name, &[page])?);
    }
    Some(baseline.into_iter().chain(others).collect())
}

/// PerkinElmer and Akoya: a page for each channel, a thumbnail, smaller versions, then macro picture and label.
fn qpi(_: &Tiff<'_>, _: &mut Window, _: &str, pages: &[Page]) -> Option<Vec<Series>> {
    let channels = |name, pages: &[Page]| {
        let key = pages.first()?.clone();
        let (mut shape, axes) = key.layout.shape();
        shape.insert(0, pages.len());
        let offsets = pages.iter().map(|p| p.ifd.offset);
        Some(Series::squeezed("qpi", name, (shape, format!("C{axes}")), key, Pages::here(offsets)))
    };
    let alike = |pages: &[Page], shape: &[usize]| pages.iter().take_while(|p| p.layout.shape().0 == shape).count();
    let first = pages.first()?;
    let (mut shape, _) = first.layout.shape();
    let count = alike(pages, &shape);
    let (top, mut rest) = pages.split_at(count);
    let mut baseline = channels("Baseline", top)?;
    let mut others = Vec::new();
    if let Some((thumbnail, after)) = rest.split_first() {
        others.push(series("qpi", "Thumbnail", &[thumbnail])?);
        rest = after;
    }
    while first.layout.tile.is_some() && !rest.is_empty() {
        shape.iter_mut().take(2).for_each(|n| *n /= 2);
        let (level, after) = rest.split_at(alike(rest, &shape));
        rest = after;
        if level.len() != count {
            break;
        }
        baseline.levels.push(channels("Resolution", level)?);
    }
    if !baseline.levels.is_empty() {
        for (page, name) in rest.iter().zip(["Macro", "Label"]) {
            others.push(series("qpi", name, &[page])?);
        }
    }
    Some(std::iter::once(baseline).chain(others).collect())
}

/// Gives names to pages that were grouped by layout: Hamamatsu, whose magnifications tell them apart, Argos, Indica Labs.
pub(crate) fn name(tiff: &Tiff<'_>, window: &mut Window, first: &Page, series: &mut [Series]) {
    if first.ifd.entry(tag::NDPI_VERSION).is_some() {
        for one in series {
            one.kind = "ndpi";
            sequence(one, "Z");
            let mut value = |number: u16| one.key.ifd.entry(number).and_then(|e| tiff.value(e, window).ok());
            let label = value(tag::NDPI_LABEL).and_then(|v| v.as_str().map(str::to_owned)).filter(|t| !t.is_empty());
            let name = match value(tag::NDPI_MAGNIFICATION).and_then(|v| v.as_f64()) {
                _ if !one.levels.is_empty() => label.unwrap_or_else(|| "Baseline".to_owned()),
                Some(-1.0) => "Macro".to_owned(),
                Some(-2.0) => "Map".to_owned(),
                _ => String::new(),
            };
            one.name = name;
        }
    } else if flavour::avs(tiff, window, first).is_some() {
        let named = series.len() == 3;
        for (one, name) in series.iter_mut().zip(["Baseline", "Map", "Macro"]).take(if named { 3 } else { 1 }) {
            one.kind = "avs";
            if name != "Baseline" || !one.levels.is_empty() {
                one.name = name.to_owned();
            }
        }
        if let Some(top) = series.first_mut() {
            sequence(top, "Z");
        }
    } else if let ([one], true) = (series, flavour::is_indica(tiff, window, first)) {
        one.kind = "indica";
        if !one.levels.is_empty() {
            one.name = "Baseline".to_owned();
        }
    }
}

/// Gives the pages of a series, which are a sequence, another letter.
fn sequence(series: &mut Series, letter: &str) {
    let Series { axes, full, .. } = series;
    for axes in std::iter::once(axes).chain(full.as_mut().map(|(_, axes)| axes)) {
        if axes.starts_with('I') {
            axes.replace_range(..1, letter);
        }
    }
}
