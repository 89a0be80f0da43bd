//! Colour filter arrays: which colour each sensor element sees.

use crate::{Error, Result};

/// A repeating pattern of colour filters: 0 red, 1 green, 2 blue, 3 the second green of four-colour sensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cfa {
    width: usize,
    height: usize,
    colors: Vec<u8>,
}

impl Cfa {
    /// A pattern of `width` × `height` colours in row order.
    pub fn new(width: usize, height: usize, colors: &[u8]) -> Result<Self> {
        let fits = width.checked_mul(height).is_some_and(|n| n == colors.len() && n > 0);
        if !fits || width > 48 || height > 48 {
            return Err(Error::Pattern(format!("{} colours for {width} × {height} filters", colors.len())));
        }
        if let Some(odd) = colors.iter().find(|c| **c > 3) {
            return Err(Error::Pattern(format!("colour {odd} is none of red, green, blue")));
        }
        if !(0..3).all(|c| colors.contains(&c)) {
            return Err(Error::Pattern("red, green and blue have to be there".to_owned()));
        }
        Ok(Cfa { width, height, colors: colors.to_vec() })
    }

    /// A pattern from its letters in row order, such as `RGGB`; 4 letters are 2 × 2, 36 are 6 × 6.
    pub fn from_letters(letters: &str) -> Result<Self> {
        let colors: Option<Vec<u8>> = letters.chars().map(|c| "RGBE".find(c).map(|at| at as u8)).collect();
        let (width, height) = match letters.len() {
            4 => (2, 2),
            36 => (6, 6),
            16 => (2, 8),
            144 => (12, 12),
            n => return Err(Error::Pattern(format!("{n} letters are no known pattern"))),
        };
        let colors = colors.ok_or_else(|| Error::Pattern(format!("`{letters}` has other letters than R, G, B, E")))?;
        Self::new(width, height, &colors)
    }

    /// Fujifilm's X-Trans pattern in its usual position.
    pub fn x_trans() -> Self {
        let colors = "GGRGGBGGBGGRBRGRBGGGBGGRGGRGGBRBGBRG".chars().map(|c| "RGB".find(c).unwrap_or(1) as u8);
        Cfa { width: 6, height: 6, colors: colors.collect() }
    }

    /// The colour at a place.
    pub fn at(&self, row: usize, column: usize) -> u8 {
        self.colors[row % self.height * self.width + column % self.width]
    }

    /// The pattern as seen from another origin.
    #[must_use]
    pub fn shifted(&self, rows: usize, columns: usize) -> Self {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (y, x)));
        let colors = places.map(|(y, x)| self.at(y + rows, x + columns)).collect();
        Cfa { width: self.width, height: self.height, colors }
    }

    /// Columns after which the pattern repeats.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows after which the pattern repeats.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The letters in row order.
    pub fn letters(&self) -> String {
        self.colors.iter().map(|c| char::from(b"RGBE"[usize::from(*c)])).collect()
    }

    /// `true` for two greens on a diagonal and red and blue on the other.
    pub fn is_bayer(&self) -> bool {
        let green = |c: u8| c == 1 || c == 3;
        let [a, b, c, d] = self.colors[..] else { return false };
        self.width == 2
            && (green(a) && green(d) && b + c == 2 && b != c || green(b) && green(c) && a + d == 2 && a != d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let rggb = Cfa::from_letters("RGGB").unwrap();
        assert!(rggb.is_bayer());
        assert_eq!(rggb.shifted(1, 0).letters(), "GBRG");
        assert_eq!((rggb.at(0, 0), rggb.at(3, 5)), (0, 2));
        assert!(!Cfa::x_trans().is_bayer());
        assert_eq!(Cfa::x_trans().letters().matches('G').count(), 20);
        assert!(Cfa::from_letters("RGG").is_err());
        assert!(Cfa::from_letters("RRGG").is_err());
        assert!(Cfa::from_letters("RGXB").is_err());
        assert!(Cfa::new(usize::MAX, 2, &[0]).is_err());
    }
}
