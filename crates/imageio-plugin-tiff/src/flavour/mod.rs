//! What programs and instruments say about their images, each in a way of its own, as trees of typed values.
//!
//! Nothing here is an error: what is not understood is left out.

mod binary;
mod cards;
mod fields;
mod records;
mod text;
mod xml;

use std::collections::BTreeMap;

use imageio_core::{Metadata, Value};

pub(crate) use self::binary::{
    fluoview_dimensions, fluoview_scale, lsm, micromanager_index, micromanager_summary, ndtiff_version,
};
pub(crate) use self::fields::{is_eer, is_mdgel, mdgel};
pub(crate) use self::records::{nih, sis, tvips};
pub(crate) use self::text::{pilatus, svs};
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// The entries of a tree by name.
pub(crate) type Tree = BTreeMap<String, Value>;

/// Names of what [`add`] puts beside the tags, which says how a file came about and is not written back.
pub(crate) const SECTIONS: [&str; 30] = [
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
    "sis",
    "nih",
    "tvips",
    "mdgel",
    "andor",
    "mediacy",
    "epics",
    "nuvu",
    "eer",
    "astrotiff",
    "streak",
    "avs",
    "indica",
    "bif",
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
    } else if text.starts_with("SIMPLE ") && end.ends_with("END") {
        put("astrotiff", Some(cards::fits(text)));
    } else if text.starts_with('[')
        && text.get(1..).is_some_and(|t| t.chars().take(31).collect::<String>().contains("],"))
    {
        put("streak", Some(cards::streak(text)));
    } else if is_indica(tiff, window, page) {
        put("indica", xml::tree(text));
    }
    put("avs", avs(tiff, window, page).and_then(|text| xml::tree(&text)));
    if let Some(text) = field(tiff, window, page, tag::XMP).filter(|text| text.contains("<iScan")) {
        put("bif", xml::tree(&text));
    }
    put("sis", sis(tiff, window, page));
    put("nih", nih(tiff, window, page));
    put("tvips", tvips(tiff, window, page));
    put("mdgel", mdgel(tiff, window, page));
    put("andor", fields::andor(tiff, window, page));
    put("mediacy", fields::mediacy(tiff, window, page));
    put("epics", fields::epics(tiff, window, page, texts));
    put("nuvu", fields::nuvu(tiff, window, page));
    put("eer", fields::eer(tiff, window, page));
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

/// `true` for a file of Indica Labs.
pub(crate) fn is_indica(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> bool {
    field(tiff, window, page, tag::SOFTWARE).is_some_and(|text| text.starts_with("IndicaLabsImageWriter"))
}

/// The XML of Argos's slide scanners.
pub(crate) fn avs(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<String> {
    page.ifd.entry(65_000).filter(|entry| matches!(entry.kind, 1 | 2 | 7))?;
    field(tiff, window, page, 65_000).filter(|text| text.starts_with("<Argos"))
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
    // Some versions put something else in front.
    let tail = described.len().saturating_sub(256);
    let tail = described.bytes().skip(tail).collect::<Vec<u8>>();
    let named = tail.windows(12).any(|w| w == b"scanimage.SI");
    if !is(&software) && !is(described) && !named {
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
