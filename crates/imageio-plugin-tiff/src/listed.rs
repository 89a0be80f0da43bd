//! Pages whose directories are known, decoded one after the other.

use imageio_core::{Error, Result};

use crate::blame::Blame;
use crate::decode::{self, Cell};
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::series::Place;
use crate::target::Target;

/// Decodes pages of one file, or the same part of each.
pub(crate) fn decode_all<T: Cell>(
    tiff: &Tiff<'_>,
    key: &Page,
    own: bool,
    list: &[Option<Place>],
    target: &Target,
    elements: usize,
    dest: &mut [T],
) -> Result<()> {
    let mut window = Window::default();
    let mut pages = list.iter().map(move |place| match place {
        None => Ok(None),
        Some(place) if own && place.offset == key.ifd.offset => Ok(Some(key.clone())),
        Some(place) => {
            let page = Page::read(tiff, place.offset, &mut window)?;
            same(key, &page)?;
            Ok(Some(page))
        }
    });
    if target.region.is_none() {
        return decode::pages(tiff, pages, elements, dest);
    }
    for part in dest.chunks_exact_mut(elements.max(1)) {
        match pages.next().transpose()?.flatten() {
            None => part.fill(T::default()),
            Some(page) => decode::region(tiff, &page, None, target.region.as_ref(), part)?,
        }
    }
    Ok(())
}

/// Refuses a page that does not fit the others of its array.
pub(crate) fn same(key: &Page, page: &Page) -> Result<()> {
    let (a, b) = (&key.layout, &page.layout);
    let (wanted, found) = (a.dtype()?, b.dtype()?);
    if a.shape() != b.shape() || wanted != found {
        return Err(Error::malformed(format!(
            "a page of {found} and shape {:?} in an array of pages of {wanted} and shape {:?}",
            b.shape().0,
            a.shape().0
        ))
        .ifd(page.ifd.offset)
        .with_hint("read the pages one by one with the option `pages`"));
    }
    Ok(())
}
