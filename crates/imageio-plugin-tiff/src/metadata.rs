//! What tags say, as metadata and as properties.

use imageio_core::{Axis, Metadata, Result, Value};

use crate::decode::compression_name;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::series::{Series, descriptions, imagej_description, is_shaped, shaped_metadata};
use crate::tags::{self, tag};
use crate::{exif, flavour, geo, imagej_tag};

/// Tags that say where something is, which means nothing to anyone but this reader.
const POSITIONS: [u16; 13] = [
    tag::STRIP_OFFSETS,
    tag::STRIP_BYTE_COUNTS,
    tag::TILE_OFFSETS,
    tag::TILE_BYTE_COUNTS,
    tag::SUB_IFDS,
    tag::EXIF_IFD,
    tag::GPS_IFD,
    tag::JPEG_TABLES,
    tag::JPEG_INTERCHANGE_FORMAT,
    tag::ICC_PROFILE,
    tag::XMP,
    tag::IJ_METADATA,
    tag::IJ_METADATA_BYTE_COUNTS,
];

/// Lists longer than this are left out of the section of tags.
const MAX_LIST: u64 = 1 << 16;

/// Metadata of one image: of the first page of an array.
pub(crate) fn image(tiff: &Tiff<'_>, window: &mut Window, page: &Page, series: Option<&Series>) -> Result<Metadata> {
    let mut out = Metadata::new();
    let layout = &page.layout;
    if let Some(series) = series {
        let section = out.section("series");
        section.insert("kind", series.kind);
        section.insert("axes", series.axes.as_str());
        section.insert("pages", series.len());
        if !series.name.is_empty() {
            section.insert("name", series.name.as_str());
        }
        if !series.levels.is_empty() {
            let shapes = series.levels.iter().map(|l| Value::List(l.shape.iter().map(|n| Value::from(*n)).collect()));
            section.insert("levels", Value::List(shapes.collect()));
        }
    }
    match compression_name(layout.compression) {
        Some(name) => out.insert("compression", name),
        None => out.insert("compression", layout.compression),
    }
    out.insert("predictor", layout.predictor);
    match photometric_name(layout.photometric) {
        Some(name) => out.insert("photometric", name),
        None => out.insert("photometric", layout.photometric),
    }
    out.insert("planar", layout.planar);
    for (key, tag) in TEXTS {
        if let Some(entry) = page.ifd.entry(tag).filter(|e| e.kind == 2) {
            if let Ok(value) = tiff.value(entry, window) {
                out.insert(key, value);
            }
        }
    }
    let texts = descriptions(tiff, page, window)?;
    if let Some(second) = texts.get(1) {
        out.insert("description1", second.as_str());
    }
    if let Some(resolution) = resolution(tiff, window, page) {
        out.insert("resolution", Value::List(vec![resolution.x.into(), resolution.y.into()]));
        out.insert("resolution_unit", resolution.unit);
        let per_inch = match resolution.unit {
            2 => Some(1.0),
            3 => Some(2.54),
            _ => None,
        };
        if let Some(f) = per_inch {
            out.insert("dpi", Value::List(vec![(resolution.x * f).into(), (resolution.y * f).into()]));
        }
    }
    let orientation = page.ifd.entry(tag::ORIENTATION).and_then(|e| tiff.uint(e, window).ok());
    out.insert_opt("orientation", orientation);
    if let Some(bytes) = page.ifd.entry(tag::ICC_PROFILE).and_then(|e| tiff.bytes(e, window).ok()) {
        out.insert("icc", bytes);
    }
    if let Some(bytes) = page.ifd.entry(tag::XMP).and_then(|e| tiff.bytes(e, window).ok()) {
        out.insert("xmp", crate::value::text(&bytes));
    }
    if let Some(tree) = exif::read(tiff, page, window) {
        out.insert_section("exif", tree);
    }
    if let Some(section) = geo::read(tiff, page, window) {
        out.insert_section("geo", section);
    }
    if let Some(text) = page.ifd.entry(tag::GDAL_NODATA).and_then(|e| tiff.bytes(e, window).ok()) {
        let text = crate::value::text(&text);
        out.insert("nodata", Value::parse(&text));
    }
    flavours(&mut out, tiff, window, page, &texts);
    out.insert_section("tags", all_tags(tiff, window, page));
    Ok(out)
}

/// Metadata of the file as a whole.
pub(crate) fn file(
    tiff: &Tiff<'_>,
    window: &mut Window,
    page: &Page,
    kinds: &[&'static str],
    pages: usize,
) -> Result<Metadata> {
    let mut out = Metadata::new();
    out.insert("byteorder", tiff.header.endian.word());
    out.insert("bigtiff", tiff.header.big);
    out.insert("n_pages", pages);
    let texts = descriptions(tiff, page, window)?;
    let is = |kind: &str| kinds.contains(&kind);
    out.insert("is_shaped", texts.iter().any(|t| is_shaped(t)));
    out.insert("is_imagej", is("imagej") || texts.iter().any(|t| t.starts_with("ImageJ=")));
    out.insert("is_ome", is("ome"));
    out.insert("is_geotiff", page.ifd.entry(tag::GEO_KEY_DIRECTORY).is_some());
    let mut kinds = kinds.to_vec();
    kinds.dedup();
    out.insert("kinds", Value::List(kinds.into_iter().map(Value::from).collect()));
    flavours(&mut out, tiff, window, page, &texts);
    if let Some(section) = geo::read(tiff, page, window) {
        out.insert_section("geo", section);
    }
    Ok(out)
}

/// What programs put into descriptions.
fn flavours(out: &mut Metadata, tiff: &Tiff<'_>, window: &mut Window, page: &Page, texts: &[String]) {
    if let Some(map) = texts.iter().find(|t| is_shaped(t)).and_then(|t| shaped_metadata(t)) {
        let section = out.section("shaped");
        for (key, value) in map {
            section.insert(key, value);
        }
    }
    if let Some(text) = texts.iter().find(|t| t.starts_with("ImageJ=") || t.starts_with("SCIFIO=")) {
        let mut section = imagej_description(text);
        imagej_values(&mut section, tiff, window, page);
        out.insert_section("imagej", section);
    }
    if let Some(text) = texts.first().filter(|t| t.trim_end().ends_with("OME>")) {
        out.insert("ome", text.as_str());
    }
    flavour::add(out, tiff, window, page, texts);
}

/// ImageJ's own tag: labels, display ranges, palettes, notes.
fn imagej_values(section: &mut Metadata, tiff: &Tiff<'_>, window: &mut Window, page: &Page) {
    let (Some(data), Some(counts)) = (page.ifd.entry(tag::IJ_METADATA), page.ifd.entry(tag::IJ_METADATA_BYTE_COUNTS))
    else {
        return;
    };
    let (Ok(data), Ok(counts)) = (tiff.bytes(data, window), tiff.uints(counts, window)) else { return };
    let endian = tiff.header.endian;
    let header = counts.first().copied().unwrap_or(0) as usize;
    if !(12..=804).contains(&header) || !matches!(data.get(..4), Some(b"IJIJ" | b"JIJI")) {
        return;
    }
    let Some(types) = data.get(4..header) else { return };
    let mut at = header;
    let mut counts = counts.iter().skip(1);
    for one in types.chunks_exact(8) {
        let mut id: Vec<u8> = one.get(..4).unwrap_or_default().to_vec();
        if endian == crate::ifd::Endian::Little {
            id.reverse();
        }
        let n = endian.uint(one.get(4..).unwrap_or_default()) as usize;
        let mut values = Vec::new();
        for _ in 0..n {
            let Some(len) = counts.next().and_then(|n| usize::try_from(*n).ok()) else { return };
            let Some(part) = at.checked_add(len).and_then(|end| data.get(at..end)) else { return };
            at += len;
            values.push(match id.as_slice() {
                b"info" | b"labl" | b"prop" => {
                    let units: Vec<u16> = part.chunks_exact(2).map(|b| endian.uint(b) as u16).collect();
                    Value::Str(String::from_utf16_lossy(&units))
                }
                b"rang" => {
                    let real = part.chunks_exact(8).map(|b| Value::Float(f64::from_bits(endian.uint(b))));
                    Value::List(real.collect())
                }
                _ => Value::Bytes(part.to_vec()),
            });
        }
        let known = imagej_tag::KINDS.iter().find(|(_, kind)| kind.as_slice() == id.as_slice());
        let name = known.map_or_else(|| String::from_utf8_lossy(&id).trim().to_owned(), |(name, _)| (*name).to_owned());
        let single = values.len() == 1 && !matches!(id.as_slice(), b"labl" | b"luts" | b"over");
        match values.pop() {
            Some(value) if single => section.insert(name, value),
            Some(value) => {
                values.push(value);
                section.insert(name, Value::List(values));
            }
            None => {}
        }
    }
}

/// Every tag by name.
fn all_tags(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Metadata {
    let mut section = Metadata::new();
    for entry in &page.ifd.entries {
        if POSITIONS.contains(&entry.tag) || (entry.count > MAX_LIST && !matches!(entry.kind, 1 | 2 | 7)) {
            continue;
        }
        let Ok(value) = tiff.value(entry, window) else { continue };
        let name = tags::label(entry.tag);
        // Of descriptions that come twice, the first is the image's.
        if section.get(&name).is_none() {
            section.insert(name, value);
        }
    }
    section
}

/// Tags that are texts about the image, with the names that they have in the metadata.
pub(crate) const TEXTS: [(&str, u16); 10] = [
    ("description", tag::IMAGE_DESCRIPTION),
    ("software", tag::SOFTWARE),
    ("datetime", tag::DATE_TIME),
    ("artist", tag::ARTIST),
    ("copyright", tag::COPYRIGHT),
    ("make", tag::MAKE),
    ("model", tag::MODEL),
    ("host_computer", tag::HOST_COMPUTER),
    ("document_name", 269),
    ("page_name", 285),
];

/// A word for a photometric interpretation.
pub(crate) fn photometric_name(number: u16) -> Option<&'static str> {
    PHOTOMETRICS.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
}

/// Photometric interpretations by number.
pub(crate) const PHOTOMETRICS: [(u16, &str); 13] = [
    (0, "miniswhite"),
    (1, "minisblack"),
    (2, "rgb"),
    (3, "palette"),
    (4, "mask"),
    (5, "separated"),
    (6, "ycbcr"),
    (8, "cielab"),
    (9, "icclab"),
    (10, "itulab"),
    (32803, "cfa"),
    (32844, "logl"),
    (32845, "logluv"),
];

pub(crate) struct Resolution {
    pub x: f64,
    pub y: f64,
    pub unit: u64,
}

/// Pixels per unit, where both directions are given and make sense.
pub(crate) fn resolution(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Resolution> {
    let mut one = |tag: u16| {
        let value = tiff.value(page.ifd.entry(tag)?, window).ok()?.as_f64()?;
        (value.is_finite() && value > 0.0).then_some(value)
    };
    let (x, y) = (one(tag::X_RESOLUTION)?, one(tag::Y_RESOLUTION)?);
    let unit = match page.ifd.entry(tag::RESOLUTION_UNIT) {
        Some(entry) => tiff.uint(entry, window).unwrap_or(2),
        None => 2,
    };
    Some(Resolution { x, y, unit })
}

/// What the letters of axes mean.
pub(crate) fn axes(letters: &str, page: &Page) -> Vec<Axis> {
    let samples = page.layout.samples;
    let names = match (page.layout.photometric, samples) {
        (2, 3) => "RGB",
        (2, 4) => "RGBA",
        (0 | 1, 2) => "LA",
        // Samples of a palette are those of its colours.
        (3, 1) => "RGB",
        (5, 4) => "CMYK",
        // JPEG-compressed and subsampled YCbCr becomes RGB when it is read.
        (6, 3) if page.becomes_rgb() => "RGB",
        (6, 3) => "YCbCr",
        (32845, 3) => "XYZ",
        _ => "",
    };
    let each = letters.chars().map(|letter| match letter {
        'Y' => Axis::Y,
        'X' => Axis::X,
        'Z' => Axis::Z,
        'T' => Axis::Time,
        'S' => Axis::Channel(names.to_owned()),
        'C' => Axis::Other("channel".to_owned()),
        'I' => Axis::Other("sequence".to_owned()),
        'Q' => Axis::Other("other".to_owned()),
        other => Axis::Other(other.to_string()),
    });
    each.collect()
}
