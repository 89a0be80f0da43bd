//! What a read is about: a series, a level of it, some of its pages, a part of their rows and columns.

use std::ops::Range;

use imageio_core::{Dtype, Error, Result, Spacing, Value};

use crate::options::ReadOptions;
use crate::page::Page;
use crate::palette::Palette;
use crate::series::{Gel, Pages, Place, Series};

/// Rows and columns of every page that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

/// Pages to be decoded, and the array that they make up.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What the pages were grouped by; `None` for pages of the chain.
    pub series: Option<Series>,
    pub shape: Vec<usize>,
    /// A letter for each axis of `shape`.
    pub axes: String,
    /// The page that says how all are stored.
    pub key: Page,
    pub pages: Pages,
    pub region: Option<Region>,
    /// The colours that take the place of indices.
    pub palette: Option<Palette>,
    /// The intensities that samples stand for.
    pub gel: Option<Gel>,
    /// Distances between neighbours that the description of the array has.
    pub scale: Vec<(char, Spacing)>,
    /// How many times larger pixels are than those of the full size, along Y and X.
    pub reduced: (f64, f64),
}

impl Target {
    /// One page of the chain.
    pub fn page(page: Page) -> Self {
        let (shape, axes) = page.layout.shape();
        let pages = Pages::here([page.ifd.offset]);
        Target {
            series: None,
            shape,
            axes,
            key: page,
            pages,
            region: None,
            palette: None,
            gel: None,
            scale: Vec::new(),
            reduced: (1.0, 1.0),
        }
    }

    /// A whole series.
    pub fn series(series: &Series, squeeze: bool) -> Self {
        let (shape, axes) = match series.full.clone().filter(|_| !squeeze) {
            Some(full) => full,
            None => (series.shape.clone(), series.axes.clone()),
        };
        let (key, pages, scale) = (series.key.clone(), series.pages.clone(), series.scale.clone());
        Target {
            series: Some(series.clone()),
            shape,
            axes,
            key,
            pages,
            region: None,
            palette: None,
            gel: series.gel,
            scale,
            reduced: (1.0, 1.0),
        }
    }

    /// What options choose of an image.
    pub fn choose(found: &Series, index: usize, options: &ReadOptions) -> Result<Self> {
        let chosen = match (options.page, &options.key) {
            (Some(_), Some(_)) => return Err(Error::mismatch("options `page` and `key` exclude each other")),
            (None, None) => None,
            (Some(k), None) => Some((vec![k], false)),
            (None, Some(key)) => Some(self::key(key, found.len())?),
        };
        let mut target = match chosen {
            None => Target::series(found, options.squeeze),
            Some((list, stacked)) => {
                let count = found.len();
                if let Some(k) = list.iter().find(|k| **k >= count) {
                    return Err(Error::mismatch(format!("image {index} has {count} pages, there is no page {k}")));
                }
                let (mut shape, mut axes) = found.key.layout.shape();
                if stacked {
                    shape.insert(0, list.len());
                    axes.insert(0, 'I');
                }
                let pages = match &found.pages {
                    Pages::Listed(all) => Pages::Listed(list.iter().map(|k| all.get(*k).copied().flatten()).collect()),
                    Pages::Planes(all) => Pages::Planes(list.iter().map(|k| all.get(*k).copied().flatten()).collect()),
                    Pages::Stored(first) => {
                        let size = found.key.layout.bytes().unwrap_or(0) as u64;
                        let at = |k: &usize| Some(Place::here(first.saturating_add(size.saturating_mul(*k as u64))));
                        Pages::Planes(list.iter().map(at).collect())
                    }
                };
                if let (Pages::Listed(one), false) = (&pages, stacked) {
                    if one.first().is_some_and(Option::is_none) {
                        return Err(Error::malformed(format!("page {} is missing", list.first().unwrap_or(&0))));
                    }
                }
                let (series, key, scale) = (Some(found.clone()), found.key.clone(), found.scale.clone());
                let (palette, gel, reduced) = (None, found.gel, (1.0, 1.0));
                Target { series, shape, axes, key, pages, region: None, palette, gel, scale, reduced }
            }
        };
        target.crop(&options.region)?;
        Ok(target)
    }

    /// Puts colours in the place of indices; comes after everything that looks at the shape.
    pub fn colour(&mut self, palette: Palette) {
        self.shape.push(3);
        self.axes.push('S');
        self.palette = Some(palette);
    }

    /// Elements of the array.
    pub fn dtype(&self) -> Result<Dtype> {
        match (&self.palette, self.gel) {
            (Some(palette), _) => Ok(palette.dtype()),
            (None, Some(_)) => Ok(Dtype::F32),
            (None, None) => self.key.layout.dtype(),
        }
    }

    /// Keeps a part of rows and columns: top, bottom, left, right, where bottom and right are beyond the part.
    pub fn crop(&mut self, region: &[usize]) -> Result<()> {
        match *region {
            [] => Ok(()),
            [top, bottom, left, right] => self.crop_to(Region { rows: top..bottom, columns: left..right }),
            _ => Err(Error::mismatch(format!("option `region` is {region:?}"))
                .with_hint("it is top, bottom, left and right; bottom and right are beyond the part")),
        }
    }

    /// Keeps a part of rows and columns.
    pub fn crop_to(&mut self, region: Region) -> Result<()> {
        let layout = &self.key.layout;
        let within = |part: &Range<usize>, size: usize| part.start < part.end && part.end <= size;
        if !within(&region.rows, layout.length) || !within(&region.columns, layout.width) {
            return Err(Error::mismatch(format!(
                "rows {:?} and columns {:?} are no part of a page of {}x{} pixels",
                region.rows, region.columns, layout.length, layout.width
            )));
        }
        let at = |axis: char| self.axes.chars().position(|c| c == axis);
        let fits = |at: Option<usize>, size: usize| at.filter(|k| self.shape.get(*k) == Some(&size));
        let (Some(y), Some(x)) = (fits(at('Y'), layout.length), fits(at('X'), layout.width)) else {
            return Err(Error::mismatch(format!(
                "an array of axes {} and shape {:?} has no rows and columns that are those of its pages",
                self.axes, self.shape
            )));
        };
        for (k, n) in [(y, region.rows.len()), (x, region.columns.len())] {
            if let Some(slot) = self.shape.get_mut(k) {
                *slot = n;
            }
        }
        self.region = Some(region);
        Ok(())
    }

    /// How many pages are decoded.
    pub fn n_pages(&self) -> usize {
        match &self.pages {
            Pages::Listed(list) => list.len(),
            Pages::Planes(list) => list.len(),
            Pages::Stored(_) => 1,
        }
    }

    /// The first directory that is there.
    pub fn first(&self) -> Option<Place> {
        match &self.pages {
            Pages::Listed(list) => list.iter().flatten().next().copied(),
            _ => None,
        }
    }
}

/// Numbers of pages, and whether they are stacked: one number, a list of numbers, or a slice `start:stop:step` as
/// Python has it.
fn key(value: &Value, count: usize) -> Result<(Vec<usize>, bool)> {
    let bad = || {
        Error::mismatch(format!("option `key` is `{value}`"))
            .with_hint("a page's number, a list of numbers, or a slice such as `2:10:2` or `::-1`")
    };
    let one = |value: &Value| -> Result<usize> {
        let k = value.as_i64().ok_or_else(bad)?;
        let k = if k < 0 { k + count as i64 } else { k };
        usize::try_from(k).map_err(|_| bad())
    };
    if value.as_i64().is_some() {
        return Ok((vec![one(value)?], false));
    }
    if let Some(list) = value.as_list() {
        let list = list.iter().map(one).collect::<Result<Vec<usize>>>()?;
        return if list.is_empty() { Err(bad()) } else { Ok((list, true)) };
    }
    let text = value.as_str().ok_or_else(bad)?;
    let parts = text.split(':').map(|part| match part.trim() {
        "" => Ok(None),
        number => number.parse::<i64>().map(Some).map_err(|_| bad()),
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    let (start, stop, step) = match *parts.as_slice() {
        [start, stop] => (start, stop, 1),
        [start, stop, step] => (start, stop, step.unwrap_or(1)),
        _ => return Err(bad()),
    };
    let n = count as i64;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let place = |given: Option<i64>, default: i64| match given {
        None => default,
        Some(k) if k < 0 => (k + n).clamp(low, high),
        Some(k) => k.clamp(low, high),
    };
    let mut list = Vec::new();
    if step == 0 {
        return Err(bad());
    }
    let (mut k, end) =
        if step > 0 { (place(start, 0), place(stop, n)) } else { (place(start, n - 1), place(stop, -1)) };
    while (step > 0 && k < end) || (step < 0 && k > end) {
        list.push(k as usize);
        k = k.saturating_add(step);
    }
    if list.is_empty() { Err(bad().with("pages", count)) } else { Ok((list, true)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_python() {
        let rows: [(Value, &[usize]); 10] = [
            (Value::from("2:6:2"), &[2, 4]),
            (Value::from(":"), &[0, 1, 2, 3, 4, 5, 6]),
            (Value::from("::3"), &[0, 3, 6]),
            (Value::from("-2:"), &[5, 6]),
            (Value::from("::-3"), &[6, 3, 0]),
            (Value::from("4:1:-1"), &[4, 3, 2]),
            (Value::from(":100"), &[0, 1, 2, 3, 4, 5, 6]),
            (Value::from(vec![Value::from(1), Value::from(-1)]), &[1, 6]),
            (Value::from(3), &[3]),
            (Value::from(-1), &[6]),
        ];
        for (value, list) in rows {
            let (found, stacked) = key(&value, 7).unwrap();
            assert_eq!((found.as_slice(), stacked), (list, value.as_i64().is_none()), "{value}");
        }
        for bad in ["", "x", "1:2:0", "5:2", "1:2:3:4"] {
            assert!(key(&Value::from(bad), 7).is_err(), "{bad}");
        }
    }
}
