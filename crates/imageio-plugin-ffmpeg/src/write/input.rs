//! Arrays as ffmpeg's raw video.

use std::borrow::Cow;

use imageio_core::{Dtype, Error, NdImageView, Result, half::f16};

use crate::pixel_format::{Layout, PixelFormat};

/// What the arrays of one video are: the first decides, the others have to be like it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Input {
    pub width: usize,
    pub height: usize,
    /// The format that ffmpeg is told.
    pub format: PixelFormat,
    /// The samples have no colour.
    pub gray: bool,
    pub alpha: bool,
    /// The samples have more than 8 bits.
    pub deep: bool,
    /// The samples are luma and chroma already.
    pub yuv: bool,
    shape: Vec<usize>,
    dtype: Dtype,
    /// Columns and rows that are added, repeating the last ones.
    pub pad: (usize, usize),
}

impl Input {
    /// Looks at the first image.
    pub fn new(image: &NdImageView<'_>, format: Option<&str>) -> Result<Self> {
        let (shape, dtype) = (image.shape(), image.dtype());
        let (format, height, width) = match format {
            Some(name) => {
                let format = PixelFormat::parse(name).map_err(|e| e.with("option", "in_pixel_format"))?;
                let (height, width) = size_of(&format, shape, dtype)?;
                (format, height, width)
            }
            None => by_shape(shape, dtype)?,
        };
        if width == 0 || height == 0 {
            return Err(Error::mismatch(format!("an image of shape {shape:?} has no pixels")));
        }
        let letters = match format.layout {
            Layout::Packed(letters) | Layout::Planar(letters) => letters,
            Layout::Subsampled { alpha: true, .. } => "YUVA",
            Layout::Subsampled { .. } => "YUV",
        };
        let bayer = format.ffmpeg_name().starts_with("bayer");
        Ok(Input {
            width,
            height,
            format,
            gray: matches!(letters, "L" | "LA") && !bayer,
            alpha: letters.contains('A'),
            deep: format.dtype != Dtype::U8,
            yuv: letters.contains('Y') && letters != "XYZ" || letters.contains('C'),
            shape: shape.to_vec(),
            dtype,
            pad: (0, 0),
        })
    }

    /// `true` if rows and columns can be added by repeating pixels.
    pub fn is_packed(&self) -> bool {
        matches!(self.format.layout, Layout::Packed(letters) if !letters.contains('C'))
    }

    /// Refuses an image that is not like the first.
    pub fn check(&self, image: &NdImageView<'_>) -> Result<()> {
        if image.shape() == self.shape && image.dtype() == self.dtype {
            return Ok(());
        }
        Err(Error::mismatch(format!("a frame of shape {:?} and dtype {}", image.shape(), image.dtype())).with_hint(
            format!("the frames before it are {:?}, {}: a video has one size", self.shape, self.dtype.name()),
        ))
    }

    /// The bytes that ffmpeg gets: the caller's own memory wherever it holds them as they are.
    pub fn bytes<'b>(&self, image: &'b NdImageView<'_>) -> Result<Cow<'b, [u8]>> {
        let bytes = match self.dtype {
            Dtype::F16 | Dtype::F32 | Dtype::F64 if self.format.dtype == Dtype::U16 => Cow::Owned(scaled(image)?),
            Dtype::Bool => {
                let values = image.elements::<bool>().unwrap_or_default();
                Cow::Owned(values.iter().map(|v| if *v { 255 } else { 0 }).collect())
            }
            _ => match image.as_bytes() {
                Some(bytes) => Cow::Borrowed(bytes),
                None => Cow::Owned(image.to_owned().as_bytes().map(<[u8]>::to_vec).unwrap_or_default()),
            },
        };
        Ok(if self.pad == (0, 0) { bytes } else { Cow::Owned(self.padded(&bytes)) })
    }

    fn padded(&self, bytes: &[u8]) -> Vec<u8> {
        let pixel = bytes.len() / (self.width * self.height).max(1);
        let row = pixel * self.width;
        let (columns, rows) = self.pad;
        let mut out = Vec::with_capacity((self.width + columns) * (self.height + rows) * pixel);
        for line in bytes.chunks_exact(row.max(1)) {
            out.extend_from_slice(line);
            for _ in 0..columns {
                out.extend_from_slice(&line[row - pixel..]);
            }
        }
        let row = row + columns * pixel;
        for _ in 0..rows {
            let last = out.len().saturating_sub(row);
            out.extend_from_within(last..);
        }
        out
    }
}

/// The format that an array's shape and dtype stand for.
fn by_shape(shape: &[usize], dtype: Dtype) -> Result<(PixelFormat, usize, usize)> {
    let (height, width, channels) = match *shape {
        [height, width] => (height, width, 1),
        [height, width, channels @ 1..=4] => (height, width, channels),
        _ => {
            let batch = if shape.len() == 4 { "several frames in one array are a `Batch(&array)`; " } else { "" };
            return Err(Error::mismatch(format!("an image of shape {shape:?} is no frame of a video")).with_hint(
                format!("{batch}a frame is (height, width), or (height, width, channels) with 1 to 4 channels; planar and subsampled ones need option `in_pixel_format`"),
            ));
        }
    };
    let deep = match dtype {
        Dtype::U8 | Dtype::Bool => false,
        Dtype::U16 | Dtype::F16 | Dtype::F32 | Dtype::F64 => true,
        _ => {
            return Err(Error::mismatch(format!("{dtype} samples in a video"))
                .with_hint("convert them to uint8 or uint16, with NdImage::cast"));
        }
    };
    let name = match (channels, deep) {
        (1, false) => "gray",
        (2, false) => "ya8",
        (3, false) => "rgb24",
        (_, false) => "rgba",
        (1, true) => "gray16",
        (2, true) => "ya16",
        (3, true) => "rgb48",
        (_, true) => "rgba64",
    };
    Ok((PixelFormat::parse(name)?, height, width))
}

/// Height and width of a picture whose array of this format has this shape.
fn size_of(format: &PixelFormat, shape: &[usize], dtype: Dtype) -> Result<(usize, usize)> {
    let name = format.ffmpeg_name();
    if dtype != format.dtype {
        return Err(Error::mismatch(format!("{name} samples are {}, not {dtype}", format.dtype)));
    }
    let size = match (format.layout, shape) {
        (Layout::Packed(letters), [h, w]) if letters.len() == 1 => Some((*h, *w)),
        (Layout::Packed(letters), [h, w, c]) if letters.len() == *c => Some((*h, *w)),
        (Layout::Planar(letters), [c, h, w]) if letters.len() == *c => Some((*h, *w)),
        (Layout::Subsampled { .. }, [rows, w]) => {
            // The number of rows grows with the height, so that one height at most fits.
            let (mut low, mut high) = (1, *rows);
            while low < high {
                let middle = low + (high - low) / 2;
                let there = format.shape(middle, *w).map_or(usize::MAX, |s| s.iter().product::<usize>());
                if there < rows * w { low = middle + 1 } else { high = middle }
            }
            (format.shape(low, *w).as_deref() == Some(shape)).then_some((low, *w))
        }
        _ => None,
    };
    size.ok_or_else(|| {
        let example = format.shape(48, 64).unwrap_or_default();
        Error::mismatch(format!("an array of shape {shape:?} is no {name} picture"))
            .with_hint(format!("one of 64 by 48 pixels has shape {example:?}"))
    })
}

/// Less than half a step of 8 bits beside the range is what arithmetic leaves, and is clipped.
const SLACK: f64 = 1.0 / 512.0;

/// Floats from 0 to 1 as 16 bits. What is far outside is an error: it would come out black or white.
fn scaled(image: &NdImageView<'_>) -> Result<Vec<u8>> {
    let mut worst = 0.5;
    let mut out = Vec::new();
    let mut take = |v: f64| {
        // NaN is no colour; it becomes black.
        let v = if v.is_nan() { 0.0 } else { v };
        if (v - 0.5).abs() > f64::abs(worst - 0.5) {
            worst = v;
        }
        out.extend_from_slice(&((v.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16).to_ne_bytes());
    };
    match image.dtype() {
        Dtype::F16 => image.elements::<f16>().unwrap_or_default().iter().for_each(|v| take(v.to_f64())),
        Dtype::F32 => image.elements::<f32>().unwrap_or_default().iter().for_each(|v| take(f64::from(*v))),
        _ => image.elements::<f64>().unwrap_or_default().iter().for_each(|v| take(*v)),
    }
    if !(-SLACK..=1.0 + SLACK).contains(&worst) {
        return Err(Error::mismatch(format!("a sample of {worst} in a {} frame", image.dtype()))
            .with_hint("floats stand for black at 0 and white at 1: scale them, or convert to uint8 or uint16"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use imageio_core::ndarray::{Array2, Array3, Axis, Slice};

    use super::*;

    #[test]
    fn shapes_and_sizes() {
        let rows: [(&[usize], Dtype, Option<&str>, &str, (usize, usize)); 9] = [
            (&[13, 17], Dtype::U8, None, "gray", (17, 13)),
            (&[13, 17, 1], Dtype::Bool, None, "gray", (17, 13)),
            (&[13, 17, 2], Dtype::U16, None, "ya16le", (17, 13)),
            (&[13, 17, 4], Dtype::F32, None, "rgba64le", (17, 13)),
            (&[13, 17, 3], Dtype::U8, Some("bgr24"), "bgr24", (17, 13)),
            (&[3, 13, 17], Dtype::U8, Some("gbrp"), "gbrp", (17, 13)),
            (&[72, 64], Dtype::U8, Some("yuv420p"), "yuv420p", (64, 48)),
            (&[72, 64], Dtype::U8, Some("nv12"), "nv12", (64, 48)),
            (&[96, 64], Dtype::U16, Some("yuv422p10"), "yuv422p10le", (64, 48)),
        ];
        for (shape, dtype, format, name, (width, height)) in rows {
            let image = imageio_core::NdImage::zeros(dtype, shape).unwrap();
            let input = Input::new(&image.view(), format).unwrap();
            assert_eq!((input.width, input.height), (width, height), "{shape:?} {format:?}");
            if cfg!(target_endian = "little") {
                assert_eq!(input.format.ffmpeg_name(), name);
            }
        }
        let wrong: [(&[usize], Dtype, Option<&str>, &str); 6] = [
            (&[2, 13, 17, 3], Dtype::U8, None, "Batch"),
            (&[13], Dtype::U8, None, "no frame"),
            (&[13, 17, 3], Dtype::I32, None, "cast"),
            (&[0, 17, 3], Dtype::U8, None, "no pixels"),
            (&[70, 64], Dtype::U8, Some("yuv420p"), "[72, 64]"),
            (&[72, 64], Dtype::U16, Some("yuv420p"), "uint8"),
        ];
        for (shape, dtype, format, part) in wrong {
            let image = imageio_core::NdImage::zeros(dtype, shape).unwrap();
            let e = Input::new(&image.view(), format).unwrap_err();
            assert_eq!(e.kind(), imageio_core::ErrorKind::Mismatch);
            assert!(e.to_string().contains(part), "{e}");
        }
    }

    #[test]
    fn bytes_are_the_callers_own() {
        let array = Array3::from_shape_fn((4, 6, 3), |(y, x, c)| (y * 40 + x * 3 + c) as u8);
        let view = NdImageView::from(&array);
        let input = Input::new(&view, None).unwrap();
        let bytes = input.bytes(&view).unwrap();
        assert_eq!(bytes.as_ptr(), array.as_ptr());
        // Strided memory is put in order.
        let strided = array.slice_axis(Axis(1), Slice::from(..).step_by(2));
        let view = NdImageView::from(&strided);
        let input = Input::new(&view, None).unwrap();
        assert_eq!(input.bytes(&view).unwrap().to_vec(), strided.iter().copied().collect::<Vec<_>>());
    }

    #[test]
    fn floats_and_booleans() {
        let array = Array2::from_shape_vec((1, 4), vec![0.0f32, 1.001, f32::NAN, 0.5]).unwrap();
        let view = NdImageView::from(&array);
        let bytes = Input::new(&view, None).unwrap().bytes(&view).unwrap().into_owned();
        let words: Vec<u16> = bytes.chunks(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect();
        assert_eq!(words, [0, 65_535, 0, 32_768]);
        let array = Array2::from_elem((1, 4), 37.0f64);
        let view = NdImageView::from(&array);
        let e = Input::new(&view, None).unwrap().bytes(&view).unwrap_err();
        assert!(e.to_string().contains("a sample of 37 in a float64 frame"), "{e}");
        let array = Array2::from_shape_fn((2, 2), |(y, x)| y == x);
        let view = NdImageView::from(&array);
        assert_eq!(Input::new(&view, None).unwrap().bytes(&view).unwrap().to_vec(), [255, 0, 0, 255]);
    }

    #[test]
    fn padding_repeats_the_edge() {
        let array = Array3::from_shape_fn((3, 5, 3), |(y, x, c)| (y * 50 + x * 3 + c) as u8);
        let view = NdImageView::from(&array);
        let mut input = Input::new(&view, None).unwrap();
        input.pad = (1, 1);
        let padded = Array3::from_shape_vec((4, 6, 3), input.bytes(&view).unwrap().into_owned()).unwrap();
        assert_eq!(padded.slice_each_axis(|axis| Slice::from(..[3, 5, 3][axis.axis.index()])), array);
        assert_eq!(padded.index_axis(Axis(1), 5).slice_axis(Axis(0), Slice::from(..3)), array.index_axis(Axis(1), 4));
        assert_eq!(padded.index_axis(Axis(0), 3), padded.index_axis(Axis(0), 2));
    }
}
