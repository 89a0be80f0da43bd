//! How an array becomes pages of rows, columns and samples.

use imageio_core::{Error, Result};

/// An array seen as pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrangement {
    /// Axes that count pages.
    pub outer: usize,
    pub pages: usize,
    pub length: usize,
    pub width: usize,
    /// Samples of a pixel.
    pub samples: usize,
    /// Samples are planes of their own.
    pub planar: bool,
    /// Letters that the user gave to the axes.
    pub axes: Option<String>,
}

impl Arrangement {
    /// An array of `shape`; see the option `axes` for what the letters mean.
    pub fn new(shape: &[usize], axes: Option<&str>, planar: bool) -> Result<Self> {
        if shape.contains(&0) {
            return Err(Error::mismatch(format!("an array of shape {shape:?} has no pixel")));
        }
        if shape.is_empty() {
            return Err(Error::mismatch("a single number is no image"));
        }
        let mut planar = planar;
        let inner = match axes {
            Some(axes) => {
                let (inner, is_planar) = by_letters(shape, axes)?;
                planar |= is_planar;
                inner
            }
            None => match shape.len() {
                0..=2 => shape.len(),
                _ if planar => 3,
                _ if shape.last().is_some_and(|n| *n <= 4) => 3,
                _ => 2,
            },
        };
        let (outer, inner) = shape.split_at(shape.len() - inner);
        let (samples, length, width) = match (inner, planar) {
            ([width], _) => (1, 1, *width),
            ([length, width], _) => (1, *length, *width),
            ([samples, length, width], true) => (*samples, *length, *width),
            ([length, width, samples], _) => (*samples, *length, *width),
            _ => return Err(Error::mismatch(format!("an array of shape {shape:?} is no image"))),
        };
        let pages = outer.iter().try_fold(1usize, |n, m| n.checked_mul(*m));
        let pages = pages.ok_or_else(|| Error::mismatch("more pages than can be counted"))?;
        let most = i32::MAX as usize;
        if length > most || width > most || samples > 65_535 {
            return Err(Error::mismatch(format!("a page of {length}x{width} pixels with {samples} samples")));
        }
        planar &= samples > 1;
        Ok(Arrangement { outer: outer.len(), pages, length, width, samples, planar, axes: axes.map(str::to_owned) })
    }

    /// Samples side by side in a row.
    pub fn contig(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Planes of a page.
    pub fn planes(&self) -> usize {
        if self.planar { self.samples } else { 1 }
    }
}

/// How many of the last axes belong to a page, and whether its samples come first.
fn by_letters(shape: &[usize], axes: &str) -> Result<(usize, bool)> {
    let letters: Vec<char> = axes.chars().map(|c| c.to_ascii_uppercase()).collect();
    let bad = |why: &str| {
        Err(Error::mismatch(format!("option `axes` is `{axes}` for an array of shape {shape:?}: {why}"))
            .with_hint("rows and columns are YX, samples of a pixel S: YX, ZYX, YXS, TZYXS, SYX"))
    };
    if letters.len() != shape.len() {
        return bad("one letter is needed for each axis");
    }
    match letters.as_slice() {
        [.., 'Y', 'X', 'S' | 'C'] => Ok((3, false)),
        [.., 'S', 'Y', 'X'] => Ok((3, true)),
        [.., 'Y', 'X'] => Ok((2, false)),
        _ => bad("Y and X have to come last, but for samples"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_become_pages() {
        let rows: [(&[usize], Option<&str>, bool, [usize; 4], bool); 13] = [
            (&[5, 7], None, false, [1, 5, 7, 1], false),
            (&[5, 7, 3], None, false, [1, 5, 7, 3], false),
            (&[5, 7, 2], None, false, [1, 5, 7, 2], false),
            (&[5, 7, 1], None, false, [1, 5, 7, 1], false),
            (&[9, 5, 7], None, false, [9, 5, 7, 1], false),
            (&[2, 9, 5, 7], None, false, [18, 5, 7, 1], false),
            (&[2, 5, 7, 4], None, false, [2, 5, 7, 4], false),
            (&[5, 7, 9], Some("YXS"), false, [1, 5, 7, 9], false),
            (&[5, 7, 3], Some("ZYX"), false, [5, 7, 3, 1], false),
            (&[3, 5, 7], Some("SYX"), false, [1, 5, 7, 3], true),
            (&[6, 3, 5, 7], None, true, [6, 5, 7, 3], true),
            (&[7], None, false, [1, 1, 7, 1], false),
            (&[2, 1, 1], None, false, [1, 2, 1, 1], false),
        ];
        for (shape, axes, planar, [pages, length, width, samples], is_planar) in rows {
            let a = Arrangement::new(shape, axes, planar).unwrap();
            assert_eq!(
                (a.pages, a.length, a.width, a.samples, a.planar),
                (pages, length, width, samples, is_planar),
                "{shape:?}"
            );
        }
        for (shape, axes) in [(&[5, 7][..], Some("XY")), (&[5, 7], Some("YXS")), (&[0, 7], None), (&[], None)] {
            assert!(Arrangement::new(shape, axes, false).is_err());
        }
    }
}
