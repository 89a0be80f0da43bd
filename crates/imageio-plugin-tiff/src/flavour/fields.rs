//! What cameras and programs say in tags of their own, one thing in each.

use super::{Tree, typed, xml};
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::{self, tag};

/// Tags of a gel scanner (Molecular Dynamics): 33445 to 33452.
const GEL: std::ops::RangeInclusive<u16> = 33_445..=33_452;

/// Values of the tags in a range, by what `name` makes of their numbers and names.
fn named(
    tiff: &Tiff<'_>,
    window: &mut Window,
    page: &Page,
    range: &std::ops::RangeInclusive<u16>,
    prefix: &str,
) -> Tree {
    let mut tree = Tree::new();
    for entry in page.ifd.entries.iter().filter(|e| range.contains(&e.tag)) {
        let name = tags::label(entry.tag);
        if let Ok(value) = tiff.value(entry, window) {
            tree.insert(name.strip_prefix(prefix).unwrap_or(&name).to_owned(), value);
        }
    }
    tree
}

/// `true` for a page with the tags of a gel scanner.
pub(crate) fn is_mdgel(page: &Page) -> bool {
    page.ifd.entry(tag::MD_FILE_TAG).is_some() && page.ifd.entry(tag::AGILENT).is_none()
}

/// What a gel scanner says.
pub(crate) fn mdgel(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    is_mdgel(page).then(|| named(tiff, window, page, &GEL, "MD"))
}

/// Andor's cameras: tags 4864 to 5030.
pub(crate) fn andor(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    page.ifd.entry(4864)?;
    Some(named(tiff, window, page, &(4864..=5030), "Andor"))
}

/// Media Cybernetics: tags 50288 to 50296.
pub(crate) fn mediacy(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let id = tiff.bytes(page.ifd.entry(50_288)?, window).ok()?;
    id.starts_with(b"MC TIFF").then(|| named(tiff, window, page, &(50_288..=50_296), "MC_"))
}

/// EPICS areaDetector: times in four tags, then texts `name:value`.
pub(crate) fn epics(tiff: &Tiff<'_>, window: &mut Window, page: &Page, texts: &[String]) -> Option<Tree> {
    const NAME: &str = "EPICS areaDetector";
    if texts.first().map(String::as_str) != Some(NAME) && super::field(tiff, window, page, tag::SOFTWARE)? != NAME {
        return None;
    }
    let mut tree = Tree::new();
    for entry in page.ifd.entries.iter().filter(|e| (65_000..65_500).contains(&e.tag)) {
        let Ok(value) = tiff.value(entry, window) else { continue };
        let name = match entry.tag {
            65_000 => "timeStamp",
            65_001 => "uniqueID",
            65_002 => "epicsTSSec",
            65_003 => "epicsTSNsec",
            _ => {
                if let Some((name, value)) = value.as_str().and_then(|text| text.split_once(':')) {
                    tree.insert(name.to_owned(), typed(value));
                }
                continue;
            }
        };
        tree.insert(name.to_owned(), value);
    }
    Some(tree)
}

/// Nüvü's cameras: texts such as `Field '65001' is 'Name'` give the names of other tags.
pub(crate) fn nuvu(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    let mut texts = Vec::new();
    for entry in page.ifd.entries.iter().filter(|e| e.tag >= 65_000 && e.kind == 2) {
        let bytes = tiff.bytes(entry, window).ok()?;
        texts.push((entry.tag, crate::value::text(&bytes)));
    }
    let (65_000, first) = texts.first()? else { return None };
    if !first.starts_with("Field '65001' is ") {
        return None;
    }
    let mut tree = Tree::new();
    let mut used = Vec::new();
    for (number, text) in &texts {
        let mut parts = text.split('\'');
        let (Some("Field "), Some(code), _, Some(name)) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Ok(code) = code.parse::<u16>() else { continue };
        if used.contains(number) {
            continue;
        }
        if let Some(value) = page.ifd.entry(code).and_then(|e| tiff.value(e, window).ok()) {
            tree.insert(name.to_owned(), value);
            used.push(code);
        }
    }
    Some(tree)
}

/// `true` for a file of electron events.
pub(crate) fn is_eer(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> bool {
    let entry = page.ifd.entry(tag::EER_METADATA).filter(|e| tiff.header.big && e.kind == 7);
    entry.and_then(|e| tiff.bytes(e, window).ok()).is_some_and(|bytes| bytes.starts_with(b"<metadata>"))
}

/// Electron events: items in several tags of XML.
pub(crate) fn eer(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<Tree> {
    if !is_eer(tiff, window, page) {
        return None;
    }
    let mut tree = Tree::new();
    for number in 65_001..=65_006 {
        let text = super::field(tiff, window, page, number);
        tree.extend(text.filter(|t| t.starts_with("<metadata>")).and_then(|t| xml::items(&t)).unwrap_or_default());
    }
    Some(tree)
}
