//! OME-TIFF: the Open Microscopy Environment's XML in the first description says which pages make up which array.

use imageio_core::{Error, ErrorKind, Result};
use roxmltree::{Document, Node, ParsingOptions};

use super::axes::squeeze;
use super::{Pages, Series, product};
use crate::chain::Chain;
use crate::ifd::{Tiff, Window};
use crate::page::Page;

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
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let document = match document(text) {
        Ok(document) => document,
        Err(e) => {
            notes.push(format!("the OME description is no XML: {e}"));
            return Ok(None);
        }
    };
    let offsets = chain.all(tiff, window)?.to_vec();
    let mut series = Vec::new();
    for image in elements(document.root_element(), "Image") {
        for pixels in elements(image, "Pixels") {
            match plan(document.root_element(), pixels, offsets.len()) {
                Ok(Some(plan)) => {
                    let name = image.attribute("Name").unwrap_or("").to_owned();
                    if let Some(found) = build(tiff, window, &offsets, plan, name, notes)? {
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

fn elements<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// Which pages an array is made of.
struct Plan {
    shape: Vec<usize>,
    axes: String,
    samples: usize,
    pages: Vec<Option<usize>>,
}

fn number(node: Node<'_, '_>, name: &str) -> Option<usize> {
    node.attribute(name).and_then(|v| v.trim().parse().ok())
}

fn plan(root: Node<'_, '_>, pixels: Node<'_, '_>, n_pages: usize) -> Result<Option<Plan>> {
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
    let own = root.attribute("UUID");
    let mut pages: Vec<Option<usize>> = Vec::new();
    for data in elements(pixels, "TiffData") {
        let first = number(data, "IFD").unwrap_or(0);
        let count = number(data, "NumPlanes").unwrap_or(usize::from(data.attribute("IFD").is_some()));
        let count = number(data, "PlaneCount").unwrap_or(count);
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
        if let Some(uuid) = elements(data, "UUID").next() {
            if own.is_some_and(|own| uuid.text().is_some_and(|t| t.trim() != own)) {
                return Err(bad("its pages are spread over several files"));
            }
        }
        let count = count.min(planes.saturating_sub(index));
        if pages.len() < index + count {
            pages.resize(index + count, None);
        }
        for (k, slot) in pages.iter_mut().skip(index).take(count).enumerate() {
            if first + k < n_pages {
                *slot = Some(first + k);
            }
        }
    }
    if pages.iter().all(Option::is_none) {
        return Ok(None);
    }
    Ok(Some(Plan { shape, axes, samples, pages }))
}

fn build(
    tiff: &Tiff<'_>,
    window: &mut Window,
    offsets: &[u64],
    plan: Plan,
    name: String,
    notes: &mut Vec<String>,
) -> Result<Option<Series>> {
    let Plan { mut shape, mut axes, samples, mut pages } = plan;
    let Some(first) = pages.iter().flatten().next().and_then(|k| offsets.get(*k)) else { return Ok(None) };
    let key = Page::read(tiff, *first, window)?;
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
        pages.resize(wanted, None);
    }
    let (shape, axes) = squeeze(&shape, &axes);
    let (page_shape, page_axes) = key.layout.shape();
    let (page_shape, _) = squeeze(&page_shape, &page_axes);
    if !shape.ends_with(&page_shape) {
        notes.push(format!("pages of shape {page_shape:?} don't fit the array {name:?} of shape {shape:?}"));
        return Ok(None);
    }
    let mut levels = Vec::new();
    let list: Vec<Option<u64>> = pages.iter().map(|k| k.and_then(|k| offsets.get(k).copied())).collect();
    for level in 0..key.sub_ifds.len() {
        match reduced(tiff, window, &list, level, &shape, &axes) {
            Ok(Some(found)) => levels.push(found),
            Err(e) if e.kind() == ErrorKind::Io => return Err(e),
            _ => break,
        }
    }
    Ok(Some(Series { kind: "ome", name, shape, axes, key, pages: Pages::Listed(list), levels, is_sub: false }))
}

/// The smaller version of number `level`, whose pages hang below those of the array.
fn reduced(
    tiff: &Tiff<'_>,
    window: &mut Window,
    list: &[Option<u64>],
    level: usize,
    shape: &[usize],
    axes: &str,
) -> Result<Option<Series>> {
    let mut below = Vec::with_capacity(list.len());
    for offset in list {
        below.push(match offset {
            Some(offset) => Page::read(tiff, *offset, window)?.sub_ifds.get(level).copied(),
            None => None,
        });
    }
    let Some(first) = below.iter().flatten().next() else { return Ok(None) };
    let key = Page::read(tiff, *first, window)?;
    let shape = axes.chars().zip(shape).map(|(axis, n)| match axis {
        'X' => key.layout.width,
        'Y' => key.layout.length,
        _ => *n,
    });
    Ok(Some(Series {
        kind: "ome",
        name: format!("Level {}", level + 1),
        shape: shape.collect(),
        axes: axes.to_owned(),
        key,
        pages: Pages::Listed(below),
        levels: Vec::new(),
        is_sub: true,
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
        let plan = plan(root, pixels, 6).unwrap().unwrap();
        assert_eq!((plan.axes.as_str(), plan.shape), ("TZCYX", vec![1, 3, 2, 16, 18]));
        assert_eq!(plan.pages, (0..6).map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn other_files_are_not_guessed() {
        let text = XML.replace(
            "<TiffData IFD=\"0\" PlaneCount=\"6\"/>",
            "<TiffData><UUID FileName=\"b.tif\">urn:uuid:2</UUID></TiffData>",
        );
        let document = document(&text).unwrap();
        let root = document.root_element();
        let pixels = root.descendants().find(|n| n.tag_name().name() == "Pixels").unwrap();
        assert!(plan(root, pixels, 6).is_err());
    }
}
