//! MetaMorph stacks: one directory, planes one after the other, their number in a private tag.

use imageio_core::{Error, Result};

use super::{Pages, Series, product};
use crate::chain::Chain;
use crate::ifd::{Endian, Entry, Tiff, Window};
use crate::page::Page;
use crate::value::lenient;

const UIC1: u16 = 33628;
const UIC2: u16 = 33629;

/// The number of planes is the number of values of a private tag.
pub(crate) fn planes(page: &Page) -> Option<usize> {
    page.ifd.entry(UIC1)?;
    usize::try_from(page.ifd.entry(UIC2)?.count).ok().filter(|n| *n > 0)
}

/// The one series of a stack.
pub(crate) fn group(tiff: &Tiff<'_>, _: &mut Chain, window: &mut Window, first: &Page) -> Result<Option<Vec<Series>>> {
    let Some(count) = planes(first) else { return Ok(None) };
    // The strips of the first plane are located; those of the others follow it at the same distances.
    let chunks = first.chunks(tiff, window)?;
    let Some(offset) = chunks.first().map(|c| c.0).filter(|_| first.layout.compression == 1 && count > 1) else {
        return Ok(None);
    };
    let (mut shape, page_axes) = first.layout.shape();
    shape.insert(0, count);
    if product(&shape).is_none() {
        return Err(Error::malformed(format!("a stack of {count} planes")));
    }
    let axes = format!("{}{page_axes}", axis(tiff, window, first, count)?);
    Ok(Some(vec![Series::squeezed("stk", "", (shape, axes), first.clone(), Pages::Stored(offset))]))
}

/// What the planes differ in: their distances, their times, or something else.
fn axis(tiff: &Tiff<'_>, window: &mut Window, page: &Page, count: usize) -> Result<char> {
    let Some(entry) = page.ifd.entry(UIC2) else { return Ok('I') };
    // Six integers for each plane: distance as a fraction, date and time of creation and of modification.
    let whole = Entry { kind: 4, count: 6 * count as u64, ..*entry };
    let Some(bytes) = lenient(tiff.bytes(&whole, window))? else { return Ok('I') };
    let endian: Endian = tiff.header.endian;
    let values: Vec<u64> = bytes.chunks_exact(4).map(|b| endian.uint(b)).collect();
    let rows = || values.chunks_exact(6);
    if rows().all(|r| r.first() != Some(&0)) {
        return Ok('Z');
    }
    let times: Vec<Option<u64>> = rows().map(|r| r.get(3).copied()).collect();
    Ok(if times.windows(2).all(|pair| pair.first() != pair.get(1)) { 'T' } else { 'I' })
}
