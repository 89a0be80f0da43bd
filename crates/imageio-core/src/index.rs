//! Which image of a resource is meant.

use std::ops::RangeFull;

/// Which ndimage of a resource a call is about: Python's `None`, an integer, or `...`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Index {
    /// The plugin's own default: the first image for stills, every frame for GIF, APNG and video.
    #[default]
    Auto,
    /// The image at this position, counted from 0.
    At(usize),
    /// Counted from the end: 1 is the last image.
    FromEnd(usize),
    /// Every image, stacked along a new first axis (a single image gets a first axis of 1).
    All,
}

impl From<usize> for Index {
    fn from(k: usize) -> Self {
        Index::At(k)
    }
}

impl From<i32> for Index {
    /// Negative numbers count from the end: -1 is the last image.
    fn from(k: i32) -> Self {
        Index::from(i64::from(k))
    }
}

impl From<i64> for Index {
    /// Negative numbers count from the end: -1 is the last image.
    fn from(k: i64) -> Self {
        let magnitude = usize::try_from(k.unsigned_abs()).unwrap_or(usize::MAX);
        if k < 0 { Index::FromEnd(magnitude) } else { Index::At(magnitude) }
    }
}

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Index::All
    }
}

impl std::str::FromStr for Index {
    type Err = crate::Error;

    /// `all` or `...`, `auto`, or an integer.
    fn from_str(text: &str) -> crate::Result<Self> {
        match text {
            "all" | "..." => Ok(Index::All),
            "auto" => Ok(Index::Auto),
            _ => text.parse::<i64>().map(Index::from).map_err(|_| {
                crate::Error::new(
                    crate::ErrorKind::InvalidOption,
                    format!("`{text}` is no index: give an integer, `all` or `auto`"),
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_forms() {
        assert_eq!(Index::from(3), Index::At(3));
        assert_eq!(Index::from(-1), Index::FromEnd(1));
        assert_eq!(Index::from(..), Index::All);
        assert_eq!("-2".parse::<Index>().unwrap(), Index::FromEnd(2));
        assert!("x".parse::<Index>().is_err());
    }
}
