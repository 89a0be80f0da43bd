//! What core does to decoded frames when asked: turn them upright, convert their colour mode.

use ndarray::ArrayD;

use crate::error::{Error, ErrorKind, Result};

use crate::image::{Element, NdImage, try_zeros};
use crate::options::{OptionValue, Options};
use crate::properties::{Axis, ImageProperties, Orientation};

crate::option_enum! {
    /// Colour modes that core converts to, by Pillow's names.
    pub enum ColorMode {
        /// Grey: `(height, width)`.
        L = "L" | "l",
        /// Grey and alpha: `(height, width, 2)`.
        La = "LA" | "la",
        /// Red, green, blue: `(height, width, 3)`.
        Rgb = "RGB" | "rgb",
        /// Red, green, blue, alpha: `(height, width, 4)`.
        Rgba = "RGBA" | "rgba",
    }
}

impl ColorMode {
    fn channels(self) -> usize {
        match self {
            ColorMode::L => 1,
            ColorMode::La => 2,
            ColorMode::Rgb => 3,
            ColorMode::Rgba => 4,
        }
    }
}

/// What to do to each frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Transform {
    pub rotate: bool,
    pub mode: Option<ColorMode>,
}

impl Transform {
    pub fn parse(options: &Options) -> Result<Self> {
        if options.is_empty() {
            return Ok(Self::default());
        }
        let wrong = |name: &str, why: String| Error::new(ErrorKind::InvalidOption, format!("option `{name}`: {why}"));
        let rotate = match options.get("rotate") {
            Some(value) => bool::from_value(value).map_err(|why| wrong("rotate", why))?,
            None => false,
        };
        let mode = match options.get("mode") {
            Some(value) => Option::<ColorMode>::from_value(value).map_err(|why| wrong("mode", why))?,
            None => None,
        };
        Ok(Transform { rotate, mode })
    }

    pub fn is_identity(self) -> bool {
        self == Self::default()
    }

    /// What the properties become; the counterpart of [`apply`](Self::apply).
    pub fn apply_to_properties(self, mut props: ImageProperties, turn: Orientation) -> Result<ImageProperties> {
        if self.rotate
            && turn.swaps_axes()
            && let [_, _, ..] = props.shape[..]
        {
            props.shape.swap(0, 1);
            if let Some(spacing) = &mut props.spacing {
                spacing.swap(0, 1);
            }
        }
        if let Some(mode) = self.mode {
            let (height, width, _) = picture(&props.shape)?;
            let letters = mode.word();
            let changed = ImageProperties::picture(props.dtype, height, width, letters);
            if let (Some(spacing), true) = (&mut props.spacing, props.shape.len() >= 2) {
                spacing.resize(changed.shape.len(), crate::properties::Spacing::none());
            }
            props.shape = changed.shape;
            props.axes = Some(match mode {
                ColorMode::L => vec![Axis::Y, Axis::X],
                _ => vec![Axis::Y, Axis::X, Axis::Channel(letters.to_owned())],
            });
        }
        Ok(props)
    }

    pub fn apply(self, image: NdImage, turn: Orientation) -> Result<NdImage> {
        let image = match self.rotate && turn != Orientation::Normal && image.ndim() >= 2 {
            true => {
                let turn = Turn::new(image.shape(), turn);
                rotate(&image, &turn)?
            }
            false => image,
        };
        match self.mode {
            None => Ok(image),
            Some(mode) => convert(image, mode),
        }
    }
}

/// Height, width and channels of something that is a picture.
fn picture(shape: &[usize]) -> Result<(usize, usize, usize)> {
    match *shape {
        [height, width] => Ok((height, width, 1)),
        [height, width, channels @ 1..=4] => Ok((height, width, channels)),
        _ => Err(Error::mismatch(format!("an image of shape {shape:?} has no colour mode to convert from"))
            .with_hint("leave option `mode` out")),
    }
}

/// Where the pixels of a turned picture come from.
struct Turn {
    shape: Vec<usize>,
    /// Elements of a pixel, whatever axes follow rows and columns.
    inner: usize,
    /// Place of the first pixel of the result, in pixels.
    start: isize,
    /// How far the next one to the right and the next one below are from a pixel.
    right: isize,
    down: isize,
}

impl Turn {
    fn new(shape: &[usize], turn: Orientation) -> Self {
        let width = shape[1] as isize;
        let inner = shape[2..].iter().product();
        let mut shape = shape.to_vec();
        let (mut right, mut down) = (1, width);
        if turn.swaps_axes() {
            shape.swap(0, 1);
            (right, down) = (down, right);
        }
        let (flip_rows, flip_columns) = match turn {
            Orientation::Normal | Orientation::Transpose => (false, false),
            Orientation::FlipHorizontal | Orientation::Rotate90 => (false, true),
            Orientation::FlipVertical | Orientation::Rotate270 => (true, false),
            Orientation::Rotate180 | Orientation::Transverse => (true, true),
        };
        let mut start = 0;
        if flip_rows {
            start += down * shape[0].saturating_sub(1) as isize;
            down = -down;
        }
        if flip_columns {
            start += right * shape[1].saturating_sub(1) as isize;
            right = -right;
        }
        Turn { shape, inner, start, right, down }
    }

    /// Copies pixels to their new places; an element of the image is `size` elements here.
    fn copy<T: Copy>(&self, from: &[T], to: &mut [T], size: usize) {
        let inner = self.inner * size;
        if from.is_empty() {
            return;
        }
        for (y, line) in to.chunks_exact_mut(self.shape[1] * inner).enumerate() {
            let mut at = self.start + y as isize * self.down;
            for pixel in line.chunks_exact_mut(inner) {
                let place = at.unsigned_abs() * inner;
                pixel.copy_from_slice(&from[place..place + inner]);
                at += self.right;
            }
        }
    }
}

/// Rows and columns in another order.
fn rotate(image: &NdImage, turn: &Turn) -> Result<NdImage> {
    let mut turned = NdImage::zeros(image.dtype(), &turn.shape)?;
    // Pixels are moved as bytes, whatever they hold; not every byte is a `bool`.
    match (bool::peek(image), bool::peek_mut(&mut turned)) {
        (Some(from), Some(to)) => turn.copy(rows_in_order(from)?, to.as_slice_mut().unwrap_or_default(), 1),
        _ => {
            let from = image.as_bytes().ok_or_else(not_in_order)?;
            turn.copy(from, turned.as_bytes_mut().unwrap_or_default(), image.dtype().size());
        }
    }
    Ok(turned)
}

/// The elements of what a decoder has filled, which is in row-major order.
fn rows_in_order<T: Element>(array: &ArrayD<T>) -> Result<&[T]> {
    array.as_slice().ok_or_else(not_in_order)
}

fn not_in_order() -> Error {
    Error::new(ErrorKind::Backend, "the frame is not in row-major order")
}

/// Pillow's weights of ITU-R BT.601, in 1/65536, rounded.
fn luma(r: f64, g: f64, b: f64, exact: bool) -> f64 {
    if exact {
        return ((r * 19595.0 + g * 38470.0 + b * 7471.0 + 32768.0) / 65536.0).floor();
    }
    (r * 19595.0 + g * 38470.0 + b * 7471.0) / 65536.0
}

fn convert(image: NdImage, mode: ColorMode) -> Result<NdImage> {
    let dtype = image.dtype();
    if !(dtype.is_integer() || dtype.is_float()) {
        return Err(Error::mismatch(format!("{dtype} images have no colour mode to convert from")));
    }
    let (height, width, from) = picture(image.shape())?;
    if from == mode.channels() && (from > 1 || image.ndim() == 2) {
        return Ok(image);
    }
    let mut shape = vec![height, width];
    if mode != ColorMode::L {
        shape.push(mode.channels());
    }
    crate::dispatch!(dtype, T => recolor::<T>(image, from, mode, &shape))
}

fn recolor<T: Element>(image: NdImage, from: usize, mode: ColorMode, shape: &[usize]) -> Result<NdImage> {
    let source: ArrayD<T> = image.try_into_array()?;
    let mut out = try_zeros::<T>(shape)?;
    let pixels = rows_in_order(&source)?.chunks_exact(from);
    let opaque = full::<T>();
    for (to, pixel) in out.as_slice_mut().unwrap_or_default().chunks_exact_mut(mode.channels()).zip(pixels) {
        let alpha = if matches!(from, 2 | 4) { pixel[from - 1] } else { opaque };
        let gray = if matches!(mode, ColorMode::L | ColorMode::La) && from > 2 {
            let (r, g, b) = (pixel[0].to_c128().re, pixel[1].to_c128().re, pixel[2].to_c128().re);
            T::from_f64(luma(r, g, b, T::DTYPE.is_integer()))
        } else {
            pixel[0]
        };
        let color = if from > 2 { [pixel[0], pixel[1], pixel[2]] } else { [gray; 3] };
        match to {
            [l] => *l = gray,
            [l, a] => [*l, *a] = [gray, alpha],
            [r, g, b, rest @ ..] => {
                [*r, *g, *b] = color;
                rest.fill(alpha);
            }
            [] => {}
        }
    }
    Ok(T::wrap(out))
}

/// Cyan, magenta, yellow and black to red, green and blue, as Pillow does: without colour management.
pub(crate) fn ink_to_rgb(image: NdImage) -> Result<NdImage> {
    crate::dispatch!(image.dtype(), T => unink::<T>(image))
}

fn unink<T: Element>(image: NdImage) -> Result<NdImage> {
    let ink: ArrayD<T> = image.try_into_array()?;
    let full = full::<T>().to_c128().re;
    let mut out = try_zeros::<T>(&[ink.shape()[0], ink.shape()[1], 3])?;
    let to = out.as_slice_mut().unwrap_or_default().as_chunks_mut::<3>().0;
    for (to, from) in to.iter_mut().zip(rows_in_order(&ink)?.as_chunks::<4>().0) {
        let light = full - from[3].to_c128().re;
        for (to, from) in to.iter_mut().zip(from) {
            let dark = from.to_c128().re * light / full;
            *to = T::from_f64(light - if T::DTYPE.is_integer() { dark.round() } else { dark });
        }
    }
    Ok(T::wrap(out))
}

/// The value of full opacity.
fn full<T: Element>() -> T {
    if T::DTYPE.is_float() {
        return T::from_f64(1.0);
    }
    // The conversion saturates at the type's largest value.
    T::from_f64(f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};

    fn turned(turn: Orientation) -> Vec<u8> {
        let image = NdImage::from(arr2(&[[1u8, 2, 3], [4, 5, 6]]));
        let done = Transform { rotate: true, mode: None }.apply(image, turn).unwrap();
        let mut out: Vec<u8> = done.shape().iter().map(|n| *n as u8 * 10).collect();
        out.extend(done.as_bytes().unwrap());
        out
    }

    #[test]
    fn all_eight_turns() {
        // What `PIL.ImageOps.exif_transpose` makes of the same picture.
        let rows: [(u64, [u8; 8]); 8] = [
            (1, [20, 30, 1, 2, 3, 4, 5, 6]),
            (2, [20, 30, 3, 2, 1, 6, 5, 4]),
            (3, [20, 30, 6, 5, 4, 3, 2, 1]),
            (4, [20, 30, 4, 5, 6, 1, 2, 3]),
            (5, [30, 20, 1, 4, 2, 5, 3, 6]),
            (6, [30, 20, 4, 1, 5, 2, 6, 3]),
            (7, [30, 20, 6, 3, 5, 2, 4, 1]),
            (8, [30, 20, 3, 6, 2, 5, 1, 4]),
        ];
        for (tag, expected) in rows {
            assert_eq!(turned(Orientation::from_exif(tag)), expected, "orientation {tag}");
        }
    }

    #[test]
    fn colour_modes() {
        let rgb = NdImage::from(arr3(&[[[255u8, 0, 0], [0, 255, 0], [10, 20, 30]]]));
        let to = |mode| Transform { rotate: false, mode: Some(mode) }.apply(rgb.clone(), Orientation::Normal).unwrap();
        assert_eq!(to(ColorMode::L).as_bytes().unwrap(), [76, 150, 18]);
        assert_eq!(to(ColorMode::Rgba).shape(), [1, 3, 4]);
        assert_eq!(to(ColorMode::Rgba).as_bytes().unwrap()[..4], [255, 0, 0, 255]);
        let gray = NdImage::from(arr2(&[[1000u16, 65535]]));
        let la = Transform { rotate: false, mode: Some(ColorMode::La) }.apply(gray, Orientation::Normal).unwrap();
        assert_eq!(la.into_array::<u16>().unwrap().into_raw_vec_and_offset().0, [1000, 65535, 65535, 65535]);
    }

    #[test]
    fn ink() {
        // What `PIL.Image.convert` makes of CMYK.
        let cmyk = NdImage::from(arr3(&[[[0u8, 255, 255, 0], [10, 20, 30, 40], [255, 0, 7, 255]]]));
        assert_eq!(ink_to_rgb(cmyk).unwrap().as_bytes().unwrap(), [255, 0, 0, 207, 198, 190, 0, 0, 0]);
    }

    #[test]
    fn properties_follow() {
        let props = ImageProperties::picture(crate::Dtype::U8, 2, 3, "RGB");
        let transform = Transform { rotate: true, mode: Some(ColorMode::L) };
        let after = transform.apply_to_properties(props, Orientation::Rotate90).unwrap();
        assert_eq!(after.shape, [3, 2]);
    }
}
