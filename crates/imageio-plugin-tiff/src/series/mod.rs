//! Pages grouped into the arrays that they make up, as tifffile groups them.

mod axes;
mod generic;
mod imagej;
mod microscopes;
mod modulo;
mod ndtiff;
mod ome;
mod private;
mod set;
mod shaped;
mod slides;
mod stk;

use imageio_core::{Dtype, Error, ErrorKind, Result, Spacing, Value};

pub(crate) use self::imagej::{description as imagej_description, is_imagej};
pub(crate) use self::microscopes::Gel;
pub(crate) use self::ome::{document as ome_document, is_ome};
pub(crate) use self::private::{is_lsm, is_micromanager};
use crate::blame::Blame;
use crate::chain::Chain;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;
use crate::value::lenient;

/// Where a directory or the pixels of a page are: in which file of a set, and at which offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// 0 is the file itself; the others are those of [`Grouped::files`], counted from 1.
    pub file: usize,
    pub offset: u64,
}

impl Place {
    /// In the file itself.
    pub fn here(offset: u64) -> Self {
        Place { file: 0, offset }
    }
}

/// Where the pages of a series are.
#[derive(Debug, Clone)]
pub(crate) enum Pages {
    /// Their directories in order; `None` for pages that are nowhere to be found.
    Listed(Vec<Option<Place>>),
    /// All pixels lie in one piece at this offset, whether or not there are directories for them.
    Stored(u64),
    /// The pixels of each page lie in one piece of their own, which begins there; `None` for pages that are nowhere to
    /// be found.
    Planes(Vec<Option<Place>>),
}

impl Pages {
    /// Directories of the file itself.
    pub fn here(offsets: impl IntoIterator<Item = u64>) -> Self {
        Pages::Listed(offsets.into_iter().map(|offset| Some(Place::here(offset))).collect())
    }
}

/// An array of pages of one layout.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// What grouped the pages: `generic`, `shaped`, `imagej`, `ome`, `stk`, `lsm`, `svs` …
    pub kind: &'static str,
    pub name: String,
    pub shape: Vec<usize>,
    /// A letter for each axis of `shape`.
    pub axes: String,
    /// Shape and axes with those of length 1, where they were left out of the above.
    pub full: Option<(Vec<usize>, String)>,
    /// The first page, which says how all are stored.
    pub key: Page,
    pub pages: Pages,
    /// Distances between neighbours along some axes, where the description of the array has them.
    pub scale: Vec<(char, Spacing)>,
    /// Smaller versions, the largest first.
    pub levels: Vec<Series>,
    /// The pages hang below others.
    pub is_sub: bool,
    /// Intensities that the samples stand for.
    pub gel: Option<Gel>,
}

impl Series {
    /// A series of `shape`, from which axes of length 1 are left out.
    pub fn squeezed(
        kind: &'static str,
        name: impl Into<String>,
        (shape, axes): (Vec<usize>, String),
        key: Page,
        pages: Pages,
    ) -> Self {
        let (short, letters) = axes::squeeze(&shape, &axes);
        let full = Some((shape, axes));
        let name = name.into();
        Series {
            kind,
            name,
            shape: short,
            axes: letters,
            full,
            key,
            pages,
            scale: Vec::new(),
            levels: Vec::new(),
            is_sub: false,
            gel: None,
        }
    }

    /// Element type of the array.
    pub fn dtype(&self) -> Result<Dtype> {
        match self.gel {
            Some(_) => Ok(Dtype::F32),
            None => self.key.layout.dtype(),
        }
    }

    /// Number of pages.
    pub fn len(&self) -> usize {
        match &self.pages {
            Pages::Listed(list) => list.len(),
            Pages::Planes(list) => list.len(),
            Pages::Stored(_) => {
                let whole: usize = self.shape.iter().product();
                whole / self.key.layout.elements().unwrap_or(1).max(1)
            }
        }
    }
}

/// What grouping came to.
pub(crate) struct Grouped {
    pub series: Vec<Series>,
    pub notes: Vec<String>,
    /// Other files that hold pages of the series.
    pub files: Vec<std::path::PathBuf>,
}

/// Groups the pages of a file; beside `path` are others of its set.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    path: Option<&std::path::Path>,
) -> Result<Grouped> {
    let mut notes = Vec::new();
    let mut set = set::Set::new(path.and_then(std::path::Path::parent));
    let Some(first) = chain.get(tiff, 0, window)? else {
        return Err(Error::malformed("the file holds no page").at(tiff.header.first));
    };
    let first = Page::read(tiff, first, window)?;
    let texts = descriptions(tiff, &first, window)?;
    let about = About { path, first: &first, texts: &texts };
    let series = match described(tiff, chain, window, &about, &mut set, &mut notes) {
        // A description that does not fit the pages is no reason not to read them.
        Err(e) if matches!(e.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) => {
            notes.push(format!("pages are grouped by their layout: {e}"));
            None
        }
        found => found?,
    };
    let series = match series.filter(|s| !s.is_empty()) {
        Some(series) => series,
        None => {
            let mut series = generic::group(tiff, chain, window, &mut notes)?;
            slides::name(tiff, window, &first, &mut series);
            private::scanimage(tiff, window, &first, &texts, &mut series);
            microscopes::nih(&first, &mut series);
            microscopes::gel(tiff, chain, window, &first, &mut series)?;
            series
        }
    };
    notes.extend(chain.note.clone());
    Ok(Grouped { series, notes, files: set.into_files() })
}

/// What says how pages belong together: the first of them with its descriptions, and the path of the file.
struct About<'a> {
    path: Option<&'a std::path::Path>,
    first: &'a Page,
    texts: &'a [String],
}

/// The series that a program or an instrument describes; `None` if none does.
fn described(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    &About { path, first, texts }: &About<'_>,
    set: &mut set::Set,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let mut series = None;
    if texts.iter().any(|t| is_shaped(t)) {
        series = shaped::group(tiff, chain, window, notes)?;
    } else if private::is_lsm(first) {
        series = private::lsm(tiff, chain, window, first)?;
    } else if let Some(found) = private::micromanager(tiff, first, path, set, notes)? {
        series = Some(found);
    } else if texts.first().is_some_and(|t| is_ome(t)) {
        series = ome::group(tiff, chain, window, texts.first().map_or("", String::as_str), set, notes)?;
    } else if let (true, Some(path)) = (ndtiff::is_ndtiff(tiff, first), path) {
        series = ndtiff::group(tiff, first, path, set, notes)?;
    } else if private::is_fluoview(first) {
        series = private::fluoview(tiff, chain, window, first)?;
    } else if stk::planes(first).is_some() {
        series = stk::group(tiff, chain, window, first)?;
    } else if let Some(found) = microscopes::sis(tiff, chain, window, first, notes)? {
        series = Some(found);
    } else if let Some(found) = slides::group(tiff, chain, window, first, texts, notes)? {
        series = Some(found);
    } else if let Some(found) = microscopes::eer(tiff, chain, window, first)? {
        series = Some(found);
    }
    if series.is_none() {
        if let Some(text) = texts.iter().find(|t| is_imagej(t)) {
            series = imagej::group(tiff, chain, window, first, text, notes)?;
        }
    }
    Ok(series)
}

/// `true` for a MetaMorph stack, whose planes are one page.
pub(crate) fn is_stk(first: &Page) -> bool {
    stk::planes(first).is_some()
}

/// The texts of a page's description tags.
pub(crate) fn descriptions(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Vec<String>> {
    let entries = page.ifd.entries.iter().filter(|e| e.tag == tag::IMAGE_DESCRIPTION && matches!(e.kind, 1 | 2 | 7));
    let mut texts = Vec::new();
    for entry in entries.take(4) {
        texts.extend(lenient(tiff.bytes(entry, window))?.map(|b| crate::value::text(&b)));
    }
    Ok(texts)
}

/// `true` for the description that tifffile writes.
pub(crate) fn is_shaped(text: &str) -> bool {
    !text.contains("\"mibi.") && (text.starts_with('{') && text.contains("\"shape\":") || text.starts_with("shape="))
}

/// The entries of such a description.
pub(crate) fn shaped_metadata(text: &str) -> Option<std::collections::BTreeMap<String, Value>> {
    if let Some(list) = text.strip_prefix("shape=") {
        let list = list.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
        let shape: Option<Vec<Value>> =
            list.split(',').filter(|n| !n.trim().is_empty()).map(|n| n.trim().parse().ok().map(Value::Int)).collect();
        return Some([("shape".to_owned(), Value::List(shape?))].into());
    }
    match crate::json::parse(text)? {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// Where the pixels of a page begin, if they lie in one piece.
fn contiguous(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Option<u64>> {
    if page.layout.compression != 1 || page.layout.bytes().is_none() {
        return Ok(None);
    }
    Ok(page.contiguous(&page.chunks(tiff, window)?))
}

/// Product of a shape, if it is a number.
fn product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, m| n.checked_mul(*m))
}
