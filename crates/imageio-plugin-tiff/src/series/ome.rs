//! OME-TIFF: the Open Microscopy Environment's XML in the first description says which pages make up which array.

use std::path::Path;

use imageio_core::{Error, ErrorKind, Result, Spacing};
use roxmltree::{Document, Node, ParsingOptions};

use super::axes::squeeze;
use super::modulo::{self, Split};
use super::set::Set;
use super::{Pages, Place, Series, product};
use crate::chain::Chain;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::spacing::spacing;

/// More planes than this are not believed.
const MAX_PLANES: usize = 1 << 24;

/// `true` for an OME description.
pub(crate) fn is_ome(text: &str) -> bool {
    let text = text.trim_end_matches(['\0', ' ', '\n', '\r', '\t']);
    text.ends_with("OME>")
}

/// The XML of a description.
pub(crate) fn document(text: &str) -> std::result::Result<Document<'_>, roxmltree::Error> {
    let options = ParsingOptions { nodes_limit: 4_000_000, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start_matches('\u{feff}').trim_end_matches('\0').trim(), options)
}

/// The series that the XML describes; `None` if it can't be followed.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    text: &str,
    set: &mut Set,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let own = match document(text) {
        Ok(document) => document,
        Err(e) => {
            notes.push(format!("the OME description is no XML: {e}"));
            return Ok(None);
        }
    };
    let uuid = own.root_element().attribute("UUID").map(str::to_owned);
    // The XML of the whole set may be in a file of its own.
    let companion;
    let only = elements(own.root_element(), "BinaryOnly").next();
    let only = only.map(|only| only.attribute("MetadataFile").unwrap_or("").to_owned());
    let document = match only {
        None => own,
        Some(name) => {
            let read = set.path(&name).map(|path| read_companion(&path));
            let Some(Ok(text)) = read else {
                notes.push(format!("the OME description is in {name:?}, which can't be read"));
                return Ok(None);
            };
            companion = text;
            match self::document(&companion) {
                Ok(document) => document,
                Err(e) => {
                    notes.push(format!("the OME description in {name:?} is no XML: {e}"));
                    return Ok(None);
                }
            }
        }
    };
    let mut uuid = uuid.or_else(|| document.root_element().attribute("UUID").map(str::to_owned));
    let offsets = chain.all(tiff, window)?.to_vec();
    let mut series = Vec::new();
    let annotations = modulo::annotations(document.root_element());
    for image in elements(document.root_element(), "Image") {
        let splits = modulo::of(image, &annotations);
        for pixels in elements(image, "Pixels") {
            match plan(&mut uuid, pixels, offsets.len(), set, notes) {
                Ok(Some(mut plan)) => {
                    plan.splits.clone_from(&splits);
                    let name = image.attribute("Name").unwrap_or("").to_owned();
                    if let Some(mut found) = build(tiff, window, &offsets, plan, name, set, notes)? {
                        found.scale = scale(pixels);
                        series.push(found);
                    }
                }
                Ok(None) => {}
                Err(why) => {
                    notes.push(format!("the OME description can't be followed: {}", why.message()));
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some(series))
}

/// The children of a name.
pub(super) fn elements<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// Physical sizes and the time between frames.
fn scale(pixels: Node<'_, '_>) -> Vec<(char, Spacing)> {
    let real = |name: &str| pixels.attribute(name).and_then(|v| v.trim().parse::<f64>().ok()).filter(|v| *v > 0.0);
    let mut out = Vec::new();
    for (axis, size, unit, default) in [
        ('X', "PhysicalSizeX", "PhysicalSizeXUnit", "µm"),
        ('Y', "PhysicalSizeY", "PhysicalSizeYUnit", "µm"),
        ('Z', "PhysicalSizeZ", "PhysicalSizeZUnit", "µm"),
        ('T', "TimeIncrement", "TimeIncrementUnit", "s"),
    ] {
        if let Some(value) = real(size) {
            out.push((axis, spacing(value, pixels.attribute(unit).unwrap_or(default))));
        }
    }
    out
}

/// The XML in a file beside the image; a description of more than 256 MiB is none.
fn read_companion(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?.take(256 << 20).read_to_string(&mut text)?;
    Ok(text)
}

/// Which pages an array is made of.
struct Plan {
    shape: Vec<usize>,
    axes: String,
    samples: usize,
    /// Number of the file and of the page in it.
    pages: Vec<Option<(usize, usize)>>,
    /// Axes within others.
    splits: Vec<Split>,
}

fn number(node: Node<'_, '_>, name: &str) -> Option<usize> {
    node.attribute(name).and_then(|v| v.trim().parse().ok())
}

fn plan(
    own: &mut Option<String>,
    pixels: Node<'_, '_>,
    own_pages: usize,
    set: &mut Set,
    notes: &mut Vec<String>,
) -> Result<Option<Plan>> {
    let bad = |what: &str| Error::malformed(what.to_owned());
    let order = pixels.attribute("DimensionOrder").ok_or_else(|| bad("no DimensionOrder"))?;
    let axes: String = order.chars().rev().collect();
    if axes.chars().count() < 2 || !axes.ends_with("YX") {
        return Err(bad("an unknown DimensionOrder"));
    }
    let mut shape = Vec::new();
    for axis in axes.chars() {
        let size = number(pixels, &format!("Size{axis}")).filter(|n| *n > 0);
        shape.push(size.ok_or_else(|| bad("a size is missing"))?);
    }
    let mut samples = None;
    for channel in elements(pixels, "Channel") {
        let here = number(channel, "SamplesPerPixel").unwrap_or(1).max(1);
        if *samples.get_or_insert(here) != here {
            return Err(bad("channels of different numbers of samples"));
        }
    }
    let samples = samples.unwrap_or(1);
    if samples > 1 {
        for (n, axis) in shape.iter_mut().zip(axes.chars()) {
            if axis == 'C' {
                *n = (*n / samples).max(1);
            }
        }
    }
    let outer = shape.get(..shape.len() - 2).unwrap_or_default();
    let planes = product(outer).filter(|n| *n <= MAX_PLANES).ok_or_else(|| bad("too many planes"))?;
    let mut pages: Vec<Option<(usize, usize)>> = Vec::new();
    for data in elements(pixels, "TiffData") {
        let first = number(data, "IFD").unwrap_or(0);
        let count = number(data, "NumPlanes").unwrap_or(usize::from(data.attribute("IFD").is_some()));
        let count = number(data, "PlaneCount").unwrap_or(count);
        let mut file = 0;
        if let Some(element) = elements(data, "UUID").next() {
            let uuid = element.text().map_or("", str::trim);
            // A file that does not say which it is, is the first that is mentioned.
            let own = own.get_or_insert_with(|| uuid.to_owned());
            if own != uuid {
                let Some(found) = element.attribute("FileName").and_then(|name| set.open(name, notes)) else {
                    continue;
                };
                file = found;
            }
        }
        let n_pages = set.count(own_pages, file);
        let count = if count == 0 { n_pages } else { count };
        let mut index = 0usize;
        for (axis, n) in axes.chars().zip(outer) {
            let at = number(data, &format!("First{axis}")).unwrap_or(0);
            if at >= *n {
                index = usize::MAX;
                break;
            }
            index = index * n + at;
        }
        if index == usize::MAX {
            continue;
        }
        let count = count.min(planes.saturating_sub(index));
        if pages.len() < index + count {
            pages.resize(index + count, None);
        }
        for (k, slot) in pages.iter_mut().skip(index).take(count).enumerate() {
            if first + k < n_pages {
                *slot = Some((file, first + k));
            }
        }
    }
    if pages.iter().all(Option::is_none) {
        return Ok(None);
    }
    Ok(Some(Plan { shape, axes, samples, pages, splits: Vec::new() }))
}

fn build(
    tiff: &Tiff<'_>,
    window: &mut Window,
    offsets: &[u64],
    plan: Plan,
    name: String,
    set: &Set,
    notes: &mut Vec<String>,
) -> Result<Option<Series>> {
    let Plan { mut shape, mut axes, samples, pages, splits } = plan;
    let mut list: Vec<Option<Place>> = pages.iter().map(|at| at.and_then(|at| set.offset(offsets, at))).collect();
    // The key is a page of this file where there is one: what all pages have in common is read from it.
    let first = list.iter().flatten().find(|at| at.file == 0).or_else(|| list.iter().flatten().next());
    let Some(first) = first.copied() else { return Ok(None) };
    let key = match set.file(first.file) {
        Some(path) => Page::read(&Tiff::at(path)?, first.offset, &mut Window::default())?,
        None => Page::read(tiff, first.offset, window)?,
    };
    if samples > 1 {
        if key.layout.planar {
            let at = shape.len() - 2;
            shape.insert(at, samples);
            axes.insert(at, 'S');
        } else {
            shape.push(samples);
            axes.push('S');
        }
    }
    let elements = key.layout.elements().unwrap_or(1).max(1);
    let wanted = (product(&shape).unwrap_or(0) / elements).max(1);
    if wanted != pages.len() {
        notes.push(format!(
            "the OME description has {wanted} planes of the array {name:?}, {} are located",
            pages.len()
        ));
    }
    list.resize(wanted, None);
    modulo::apply(&splits, &mut shape, &mut axes);
    let full = (shape.clone(), axes.clone());
    let (shape, axes) = squeeze(&shape, &axes);
    let (page_shape, page_axes) = key.layout.shape();
    let (page_shape, _) = squeeze(&page_shape, &page_axes);
    if !shape.ends_with(&page_shape) {
        notes.push(format!("pages of shape {page_shape:?} don't fit the array {name:?} of shape {shape:?}"));
        return Ok(None);
    }
    let mut levels = Vec::new();
    let whole = list.iter().flatten().all(|at| at.file == 0);
    for level in 0..if whole { key.sub_ifds.len() } else { 0 } {
        match reduced(tiff, window, &list, level, &shape, &axes) {
            Ok(Some(found)) => levels.push(found),
            Err(e) if e.kind() == ErrorKind::Io => return Err(e),
            _ => break,
        }
    }
    let pages = Pages::Listed(list);
    let full = Some(full);
    Ok(Some(Series {
        kind: "ome",
        name,
        shape,
        axes,
        full,
        key,
        pages,
        scale: Vec::new(),
        levels,
        is_sub: false,
        gel: None,
    }))
}

/// The smaller version of number `level`, whose pages hang below those of the array.
fn reduced(
    tiff: &Tiff<'_>,
    window: &mut Window,
    list: &[Option<Place>],
    level: usize,
    shape: &[usize],
    axes: &str,
) -> Result<Option<Series>> {
    let mut below = Vec::with_capacity(list.len());
    for offset in list {
        below.push(match offset {
            Some(at) => {
                let page = Page::read(tiff, at.offset, window)?;
                // Some writers leave 0 where there is no smaller version.
                page.sub_ifds.get(level).filter(|offset| **offset >= 8).map(|offset| Place::here(*offset))
            }
            None => None,
        });
    }
    let Some(first) = below.iter().flatten().next() else { return Ok(None) };
    let key = Page::read(tiff, first.offset, window)?;
    let shape = axes.chars().zip(shape).map(|(axis, n)| match axis {
        'X' => key.layout.width,
        'Y' => key.layout.length,
        'S' => key.layout.samples,
        _ => *n,
    });
    Ok(Some(Series {
        kind: "ome",
        name: format!("Level {}", level + 1),
        shape: shape.collect(),
        axes: axes.to_owned(),
        full: None,
        scale: Vec::new(),
        key,
        pages: Pages::Listed(below),
        levels: Vec::new(),
        is_sub: true,
        gel: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">
<Image ID="Image:0" Name="a"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="18" SizeY="16" SizeC="2"
SizeZ="3" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="6"/></Pixels></Image></OME>"#;

    #[test]
    fn planes_are_found() {
        assert!(is_ome(XML));
        let document = document(XML).unwrap();
        let root = document.root_element();
        let pixels = root.descendants().find(|n| n.tag_name().name() == "Pixels").unwrap();
        let mut own = root.attribute("UUID").map(str::to_owned);
        let plan = plan(&mut own, pixels, 6, &mut Set::new(None), &mut Vec::new()).unwrap().unwrap();
        assert_eq!((plan.axes.as_str(), plan.shape), ("TZCYX", vec![1, 3, 2, 16, 18]));
        assert_eq!(plan.pages, (0..6).map(|k| Some((0, k))).collect::<Vec<_>>());
    }

    #[test]
    fn files_that_are_missing_are_said() {
        let text = XML.replace(
            "<TiffData IFD=\"0\" PlaneCount=\"6\"/>",
            "<TiffData><UUID FileName=\"b.tif\">urn:uuid:2</UUID></TiffData>",
        );
        let document = document(&text).unwrap();
        let root = document.root_element();
        let pixels = root.descendants().find(|n| n.tag_name().name() == "Pixels").unwrap();
        let (mut own, mut notes) = (root.attribute("UUID").map(str::to_owned), Vec::new());
        assert!(plan(&mut own, pixels, 6, &mut Set::new(None), &mut notes).unwrap().is_none());
        assert!(notes[0].contains("b.tif"), "{notes:?}");
    }
}
