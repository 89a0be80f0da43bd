//! What programs and instruments say about their images, each in a way of its own, as trees of typed values.
//!
//! Nothing here is an error: what is not understood is left out.

mod binary;
mod text;
mod xml;

use std::collections::BTreeMap;

use imageio_core::{Metadata, Value};

pub(crate) use self::binary::{fluoview_dimensions, fluoview_scale, lsm, micromanager_index, micromanager_summary};
pub(crate) use self::text::{pilatus, svs};
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// The entries of a tree by name.
pub(crate) type Tree = BTreeMap<String, Value>;

/// Names of what [`add`] puts beside the tags, which says how a file came about and is not written back.
pub(crate) const SECTIONS: [&str; 16] = [
    "ome_tree",
    "lsm",
    "stk",
    "fluoview",
    "micromanager",
    "scanimage",
    "fei",
    "sem",
    "svs",
    "scn",
    "philips",
    "ndpi",
    "pilatus",
    "metaseries",
    "gdal",
    "qpi",
];

/// Adds a section for each program that is recognised.
pub(crate) fn add(out: &mut Metadata, tiff: &Tiff<'_>, window: &mut Window, page: &Page, texts: &[String]) {
    let text = texts.first().map_or("", String::as_str);
    let end = text.trim_end_matches(['\0', ' ', '\n', '\r', '\t']);
    let mut put = |key: &str, tree: Option<Tree>| {
        if let Some(tree) = tree.filter(|t| !t.is_empty()) {
            out.insert(key, Value::Map(tree));
        }
    };
    let has = |tag: u16| page.ifd.entry(tag).is_some();
    if end.ends_with("OME>") {
        put("ome_tree", xml::tree(text));
    } else if end.ends_with("</scn>") {
        put("scn", xml::tree(text));
    } else if end.ends_with("</DataObject>") {
        put("philips", xml::tree(text));
    } else if text.starts_with("<MetaData>") {
        put("metaseries", xml::tree(text));
    } else if end.ends_with("QPI-ImageDescription>") {
        put("qpi", xml::tree(text));
    } else if text.starts_with("Aperio ") {
        put("svs", Some(text::svs(text)));
    } else if text.starts_with("# ") {
        put("pilatus", Some(text::pilatus(text)));
    }
    put("gdal", field(tiff, window, page, tag::GDAL_METADATA).and_then(|text| xml::gdal(&text)));
    put("fei", fei(tiff, window, page));
    put("sem", sem(tiff, window, page));
    if has(tag::NDPI_VERSION) {
        let entries = page.ifd.entries.iter().filter(|e| (65420..65500).contains(&e.tag));
        let named = entries.filter_map(|e| Some((crate::ndpi::name(e.tag)?, tiff.value(e, window).ok()?)));
        put("ndpi", Some(named.map(|(name, value)| (name.to_owned(), value)).collect()));
    }
    put("lsm", lsm(tiff, window, page));
    put("stk", binary::stk(tiff, window, page));
    put("fluoview", binary::fluoview(tiff, window, page, text));
    put("micromanager", binary::micromanager(tiff, window, page));
    put("scanimage", scanimage(tiff, window, page, texts));
}

/// A tag's text.
fn field(tiff: &Tiff<'_>, window: &mut Window, page: &Page, tag: u16) -> Option<String> {
    let bytes = page.ifd.entry(tag).and_then(|e| tiff.bytes(e, window).ok())?;
    Some(crate::value::text(&bytes))
}

/// What FEI's electron microscopes say.
pub(crate) fn fei(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let text = field(tiff, window, page, tag::FEI_SFEG).or_else(|| field(tiff, window, page, tag::FEI_HELIOS))?;
    Some(text::sections(&text))
}

/// What Zeiss's electron microscopes say.
pub(crate) fn sem(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    Some(text::sem(&field(tiff, window, page, tag::CZ_SEM)?))
}

/// What ScanImage says of its frames: behind the header of newer files, in texts of older ones.
pub(crate) fn scanimage(tiff: &Tiff<'_>, window: &mut Window, page: &Page, texts: &[String]) -> Option<Tree> {
    let software = page.ifd.entry(tag::SOFTWARE).and_then(|e| tiff.bytes(e, window).ok());
    let software = crate::value::text(&software.unwrap_or_default());
    let described = texts.first().map_or("", String::as_str);
    let is = |text: &str| text.starts_with("SI.") || text.starts_with("state.") || text.starts_with("scanimage.SI");
    if !is(&software) && !is(described) {
        return None;
    }
    let stored = binary::scanimage_header(tiff);
    let text = stored.as_deref().unwrap_or(if is(&software) { &software } else { described });
    Some(text::matlab(text))
}

/// A word as what it looks like: an integer, a number, or text.
pub(crate) fn typed(text: &str) -> Value {
    let text = text.trim();
    if let Ok(i) = text.parse::<i64>() {
        return Value::Int(i);
    }
    match text.parse::<f64>() {
        // `nan` and `inf` are words.
        Ok(f) if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) => Value::Float(f),
        _ => Value::Str(text.to_owned()),
    }
}
