//! An array as pixels that JPEG can hold.

use std::borrow::Cow;

use imageio_core::{Dtype, Error, Result, WriteCx};

use crate::options::WriteOptions;

/// Row-major samples and what they are.
pub(crate) struct Pixels<'a> {
    pub(crate) samples: Cow<'a, [u8]>,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1, 3 or 4.
    pub(crate) channels: usize,
}

impl<'a> Pixels<'a> {
    /// The pixels of an image; a `Mismatch` says what is accepted.
    pub(crate) fn of(cx: &WriteCx<'a>, options: &WriteOptions) -> Result<Self> {
        let shape = cx.image().shape().to_vec();
        if cx.image().dtype() != Dtype::U8 {
            return Err(Error::mismatch(format!("JPEG holds uint8, the image is {}", cx.image().dtype()))
                .with_hint("convert it, for example with NdImage::cast::<u8>, or write PNG or TIFF"));
        }
        let (height, width, channels) = match *shape.as_slice() {
            [height, width] => (height, width, 1),
            [height, width, channels @ 2..=4] => (height, width, channels),
            _ => {
                return Err(Error::mismatch(format!("an image of shape {shape:?}"))
                    .with_hint("JPEG holds (height, width) and (height, width, 3)"));
            }
        };
        if width == 0 || height == 0 || width > 65_535 || height > 65_535 {
            return Err(Error::mismatch(format!("{width} by {height} pixels: JPEG holds 1 to 65535 of each")));
        }
        if options.cmyk && channels != 4 {
            return Err(Error::mismatch(format!("an image of shape {shape:?} with option cmyk"))
                .with_hint("with cmyk the shape is (height, width, 4)"));
        }
        let samples = cx.elements::<u8>()?;
        let alpha = channels == 2 || (channels == 4 && !options.cmyk);
        if !alpha {
            return Ok(Pixels { samples, width, height, channels });
        }
        let colors = channels - 1;
        let background: Vec<u8> = match *options.background.as_slice() {
            [] => {
                return Err(Error::mismatch(format!("JPEG has no alpha, the image has shape {shape:?}")).with_hint(
                    "drop the alpha channel, set option `background` to a colour to lay under it, or `cmyk` if the \
                     channels are cyan, magenta, yellow and black",
                ));
            }
            [grey] => vec![grey; colors],
            [r, g, b] if colors == 3 => vec![r, g, b],
            _ => {
                return Err(Error::mismatch(format!(
                    "option `background` has {} values, the image {colors} channels beside alpha",
                    options.background.len()
                )));
            }
        };
        let mut flat = Vec::with_capacity(width * height * colors);
        for pixel in samples.chunks_exact(channels) {
            let alpha = pixel.last().copied().map_or(255, u32::from);
            flat.extend(pixel.iter().zip(&background).map(|(over, under)| {
                ((u32::from(*over) * alpha + u32::from(*under) * (255 - alpha) + 127) / 255) as u8
            }));
        }
        Ok(Pixels { samples: flat.into(), width, height, channels: colors })
    }
}
