//! Pages of one layout make up a series; smaller versions become levels of the larger ones.

use std::collections::HashMap;

use imageio_core::{ErrorKind, Result};

use super::axes::reduction;
use super::{Pages, Series};
use crate::chain::Chain;
use crate::ifd::{Ifd, Tiff, Window};
use crate::layout::Layout;
use crate::page::Page;

/// Groups by layout, in the order in which layouts first occur.
pub(crate) fn group(
    tiff: &Tiff<'_>,
    chain: &mut Chain,
    window: &mut Window,
    notes: &mut Vec<String>,
) -> Result<Vec<Series>> {
    let mut found = Found::default();
    let mut k = 0;
    // Each directory is read right after the link behind it, while it is still at hand.
    while let Some(offset) = chain.get(tiff, k, window)? {
        k += 1;
        if let Some((last, at)) = &found.last {
            let ifd = match tiff.read_ifd(offset, window) {
                Ok(ifd) if last.same_layout(&ifd) => ifd,
                _ => Ifd { offset: 0, entries: Vec::new(), next: 0 },
            };
            if let (false, Some((_, list, _))) = (ifd.entries.is_empty(), found.series.get_mut(*at)) {
                list.push(offset);
                continue;
            }
        }
        let k = k - 1;
        let page = match Page::read(tiff, offset, window) {
            Ok(page) => page,
            Err(e) if k == 0 || e.kind() == ErrorKind::Io => return Err(e),
            Err(e) => {
                notes.push(format!("page {k} is left out: {e}"));
                continue;
            }
        };
        let subs = page.sub_ifds.clone();
        let ifd = page.ifd.clone();
        let at = found.add(page, false);
        found.last = subs.is_empty().then_some((ifd, at));
        for offset in subs {
            if offset < 8 {
                continue;
            }
            match Page::read(tiff, offset, window) {
                Ok(page) => {
                    found.add(page, true);
                }
                Err(e) if e.kind() == ErrorKind::Io => return Err(e),
                Err(e) => notes.push(format!("a directory below page {k} is left out: {e}")),
            }
        }
    }
    let mut series: Vec<Series> = found.series.into_iter().map(finish).collect();
    pyramids(&mut series, false);
    Ok(series)
}

#[derive(Default)]
struct Found {
    by_layout: HashMap<Layout, usize>,
    series: Vec<(Page, Vec<u64>, bool)>,
    /// The last directory without others below it, and its series.
    last: Option<(Ifd, usize)>,
}

impl Found {
    fn add(&mut self, page: Page, is_sub: bool) -> usize {
        let offset = page.ifd.offset;
        if let Some(&at) = self.by_layout.get(&page.layout) {
            if let Some((_, list, _)) = self.series.get_mut(at) {
                // Sub-directories may point to pages of the chain.
                if list.last() != Some(&offset) && (!is_sub || !list.contains(&offset)) {
                    list.push(offset);
                }
            }
            return at;
        }
        let at = self.series.len();
        self.by_layout.insert(page.layout.clone(), at);
        self.series.push((page, vec![offset], is_sub));
        at
    }
}

fn finish((key, list, is_sub): (Page, Vec<u64>, bool)) -> Series {
    let (mut shape, mut axes) = key.layout.shape();
    shape.insert(0, list.len());
    axes.insert(0, 'I');
    let mut series = Series::squeezed("generic", "", (shape, axes), key, Pages::here(list));
    series.is_sub = is_sub;
    series
}

/// Moves series that are smaller versions of others below those. With `marked`, only those that say so themselves.
pub(crate) fn pyramids(series: &mut Vec<Series>, marked: bool) {
    let mut i = 0;
    while i < series.len() {
        let mut step = None;
        let mut j = i + 1;
        while j < series.len() {
            let (Some(top), Some(candidate)) = (series.get(i), series.get(j)) else { break };
            if top.is_sub {
                break;
            }
            let last = top.levels.last().unwrap_or(top);
            let same = last.key.layout.dtype().ok() == candidate.key.layout.dtype().ok();
            // What hangs below the pages of a volume and says that it is smaller need not have fewer slices.
            let flat = candidate.is_sub && candidate.key.is_reduced();
            let fits = |step: &usize| {
                reduction((&last.shape, &last.axes), (&candidate.shape, &candidate.axes), *step, flat) == Some(1)
            };
            let found = match step {
                _ if !same || (marked && !candidate.key.is_reduced()) => None,
                Some(step) => Some(step).filter(fits),
                None => [2, 3, 4].into_iter().find(fits),
            };
            match found {
                Some(found) => {
                    step = Some(found);
                    let level = series.remove(j);
                    if let Some(top) = series.get_mut(i) {
                        top.levels.push(level);
                    }
                }
                None => j += 1,
            }
        }
        i += 1;
    }
}
