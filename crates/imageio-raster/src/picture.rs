//! The pictures that are written: height, width and number of channels of an array.

use imageio_core::{Error, NdImageView, Result};

/// An array taken as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Samples of one pixel; 1 for an array of two axes.
    pub channels: usize,
}

impl Picture {
    /// Takes an array of shape `(height, width)` or `(height, width, channels)`; `Mismatch` for any other, for an
    /// empty one, and for a number of channels that is not in `channels`.
    pub fn of(image: &NdImageView<'_>, channels: &[usize]) -> Result<Self> {
        let shape = image.shape();
        let picture = match *shape {
            [height, width] => Picture { height, width, channels: 1 },
            [height, width, channels] if channels != 1 => Picture { height, width, channels },
            _ => return Err(Self::refuse(image, channels)),
        };
        if !channels.contains(&picture.channels) {
            return Err(Self::refuse(image, channels));
        }
        if picture.height == 0 || picture.width == 0 {
            return Err(Error::mismatch(format!("a picture of shape {shape:?} has no pixels")));
        }
        Ok(picture)
    }

    /// As [`of`](Self::of), where the format stores height and width in numbers up to `max`.
    pub fn bounded(image: &NdImageView<'_>, channels: &[usize], max: usize) -> Result<Self> {
        let picture = Self::of(image, channels)?;
        if picture.height > max || picture.width > max {
            return Err(Error::mismatch(format!("a picture of shape {:?}: the format ends at {max}", image.shape())));
        }
        Ok(picture)
    }

    /// Samples of one row.
    pub fn row(&self) -> usize {
        self.width * self.channels
    }

    fn refuse(image: &NdImageView<'_>, channels: &[usize]) -> Error {
        let accepted: Vec<&str> = channels
            .iter()
            .map(|n| match n {
                1 => "(height, width)",
                2 => "(height, width, 2)",
                3 => "(height, width, 3)",
                4 => "(height, width, 4)",
                _ => "(height, width, channels)",
            })
            .collect();
        Error::mismatch(format!("a picture can't have the shape {:?} with {}", image.shape(), image.dtype()))
            .with_hint(format!("accepted: {}", accepted.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageio_core::{Dtype, ErrorKind, NdImage};

    #[test]
    fn shapes() {
        let rows: [(&[usize], Option<usize>); 7] = [
            (&[2, 3], Some(1)),
            (&[2, 3, 3], Some(3)),
            (&[2, 3, 4], None),
            (&[2, 3, 1], None),
            (&[2], None),
            (&[0, 3], None),
            (&[2, 70_000], None),
        ];
        for (shape, channels) in rows {
            let image = NdImage::zeros(Dtype::U8, shape).unwrap();
            let got = Picture::bounded(&image.view(), &[1, 3], 65_535);
            match channels {
                Some(n) => assert_eq!(got.unwrap().channels, n),
                None => assert_eq!(got.unwrap_err().kind(), ErrorKind::Mismatch, "{shape:?}"),
            }
        }
    }
}
