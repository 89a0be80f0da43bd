//! Arrays of Olympus's SIS, of electron event representations, of NIH Image, and of gel scanners.

use imageio_core::{Result, Value};

use super::{Pages, Series, product};
use crate::chain::Chain;
use crate::flavour;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;
use crate::value::lenient;

/// Olympus: a text in INI form has the sizes of all axes; without it pages are a sequence.
pub(crate) fn sis(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Series>>> {
    let Some(about) = flavour::sis(tiff, window, first) else { return Ok(None) };
    let pages = chain.all(tiff, window)?.to_vec();
    let (page_shape, page_axes) = first.layout.shape();
    // Overviews and the like beside the picture are told apart by their layout.
    for offset in [pages.get(1), pages.last()].into_iter().flatten() {
        if Page::read(tiff, *offset, window)?.layout.shape().0 != page_shape {
            return Ok(None);
        }
    }
    let mut shape: Vec<usize> = Vec::new();
    let mut axes = String::new();
    for (name, size) in about.get("Dimension").map(sizes).unwrap_or_default() {
        axes.push(match name.as_str() {
            "Band" => 'C',
            other => other.chars().next().map_or('Q', |c| c.to_ascii_uppercase()),
        });
        shape.push(size);
    }
    if product(&shape) != Some(pages.len()) {
        if !shape.is_empty() {
            notes.push(format!(
                "the dimensions {shape:?} of the SIS description are not those of {} pages",
                pages.len()
            ));
        }
        (shape, axes) = (vec![pages.len()], "I".to_owned());
    }
    shape.extend(page_shape);
    axes.push_str(&page_axes);
    Ok(Some(vec![Series::squeezed("sis", "", (shape, axes), first.clone(), Pages::here(pages))]))
}

/// Axes with more than one position, in the order of the text.
fn sizes(dimension: &Value) -> Vec<(String, usize)> {
    let Value::List(list) = dimension else { return Vec::new() };
    let pair = |one: &Value| {
        let [name, size] = one.as_list()? else { return None };
        let size = size.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (2..1 << 31).contains(n))?;
        Some((name.as_str()?.to_owned(), size))
    };
    list.iter().filter_map(pair).collect()
}

/// Electron events: frames of one bit a pixel, before which their sum may stand.
pub(crate) fn eer(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
) -> Result<Option<Vec<Series>>> {
    if !flavour::is_eer(tiff, window, first) {
        return Ok(None);
    }
    let pages = chain.all(tiff, window)?.to_vec();
    let mut out = Vec::new();
    let mut key = first.clone();
    let mut frames = pages.as_slice();
    if first.layout.compression == 1 {
        let [_, rest @ ..] = frames else { return Ok(None) };
        let Some(offset) = rest.first() else { return Ok(None) };
        out.push(Series::squeezed(
            "eer",
            "integrated",
            first.layout.shape(),
            first.clone(),
            Pages::here([first.ifd.offset]),
        ));
        key = Page::read(tiff, *offset, window)?;
        frames = rest;
    }
    if !matches!(key.layout.compression, 65_000..=65_002) {
        return Ok(None);
    }
    let (mut shape, axes) = key.layout.shape();
    shape.insert(0, frames.len());
    let frames = Pages::here(frames.iter().copied());
    out.insert(0, Series::squeezed("eer", "frames", (shape, format!("I{axes}")), key, frames));
    Ok(Some(out))
}

/// NIH Image: pages of one layout are its stack.
pub(crate) fn nih(first: &Page, series: &mut [Series]) {
    if first.ifd.entry(tag::NIH_IMAGE).is_some() {
        series.iter_mut().for_each(|one| one.kind = "nih");
    }
}

/// What the samples of a scanned gel stand for: intensities that were scaled, and whose square root may have been
/// taken, to fit into integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gel {
    squared: bool,
    scale: f32,
}

impl Gel {
    /// Turns the native samples of `size` bytes at the end of `dest` into the intensities that fill it.
    pub fn apply(self, size: usize, dest: &mut [u8]) {
        let count = dest.len() / 4;
        let start = dest.len() - count * size;
        // Intensities are never written beyond the samples that were read: they catch up with them at the end.
        for k in 0..count {
            let value = match dest.get(start + k * size..start + (k + 1) * size) {
                Some(&[one]) => f32::from(one),
                Some(&[a, b]) => f32::from(u16::from_ne_bytes([a, b])),
                Some(&[a, b, c, d]) => u32::from_ne_bytes([a, b, c, d]) as f32,
                _ => 0.0,
            };
            let value = if self.squared { value * value * self.scale } else { value * self.scale };
            if let Some(to) = dest.get_mut(4 * k..4 * k + 4) {
                to.copy_from_slice(&value.to_ne_bytes());
            }
        }
    }
}

/// Molecular Dynamics: the tags of the scanner, which may be those of a second page, say how intensities were stored.
pub(crate) fn gel(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    first: &Page,
    series: &mut Vec<Series>,
) -> Result<()> {
    let second = match flavour::is_mdgel(first) {
        true => None,
        false => match chain.get(tiff, 1, window)? {
            Some(offset) => lenient(Page::read(tiff, offset, window))?,
            None => None,
        },
    };
    let Some(page) = [Some(first), second.as_ref()].into_iter().flatten().find(|page| flavour::is_mdgel(page)) else {
        return Ok(());
    };
    let about = flavour::mdgel(tiff, window, page).unwrap_or_default();
    let scale = about.get("ScalePixel").and_then(Value::as_f64).unwrap_or(1.0) as f32;
    let (shape, axes) = first.layout.shape();
    let mut one = Series::squeezed("mdgel", "", (shape, axes), first.clone(), Pages::here([first.ifd.offset]));
    let integers = first.layout.format == 1 && matches!(first.layout.bits.as_slice(), [8 | 16 | 32]);
    one.gel = match about.get("FileTag").and_then(Value::as_u64) {
        Some(2) if integers => Some(Gel { squared: true, scale }),
        Some(128) if integers => Some(Gel { squared: false, scale }),
        _ => None,
    };
    *series = vec![one];
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensities_in_place() {
        let mut dest = [0; 12];
        dest[6..].copy_from_slice(bytemuck::cast_slice(&[1u16, 300, 65_535]));
        Gel { squared: true, scale: 0.5 }.apply(2, &mut dest);
        assert_eq!(bytemuck::pod_collect_to_vec::<u8, f32>(&dest), [0.5, 45_000.0, 65_535.0f32 * 65_535.0 * 0.5]);
        let mut dest = [9, 9, 9, 9, 9, 9, 7, 8];
        Gel { squared: false, scale: 2.0 }.apply(1, &mut dest);
        assert_eq!(bytemuck::pod_collect_to_vec::<u8, f32>(&dest), [14.0, 16.0]);
    }
}
