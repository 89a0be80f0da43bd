use image::{ColorType, ImageDecoder};
use imageio_core::{Dtype, Error, FrameSink, ImageProperties, Limits, Metadata, Result};

use crate::map_error;

/// Element type and names of the channels of a colour type.
fn layout(color: ColorType) -> Result<(Dtype, &'static str)> {
    Ok(match color {
        ColorType::L8 => (Dtype::U8, "L"),
        ColorType::La8 => (Dtype::U8, "LA"),
        ColorType::Rgb8 => (Dtype::U8, "RGB"),
        ColorType::Rgba8 => (Dtype::U8, "RGBA"),
        ColorType::L16 => (Dtype::U16, "L"),
        ColorType::La16 => (Dtype::U16, "LA"),
        ColorType::Rgb16 => (Dtype::U16, "RGB"),
        ColorType::Rgba16 => (Dtype::U16, "RGBA"),
        ColorType::Rgb32F => (Dtype::F32, "RGB"),
        ColorType::Rgba32F => (Dtype::F32, "RGBA"),
        other => return Err(Error::unsupported(format!("the colour type {other:?}"))),
    })
}

/// Shape and dtype of what [`pour`] gives.
///
/// # Errors
/// A picture without pixels is malformed; a colour type that imageio has no dtype for is unsupported.
pub fn properties(decoder: &impl ImageDecoder) -> Result<ImageProperties> {
    let (dtype, channels) = layout(decoder.color_type())?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::malformed(format!("a picture of {width} × {height} pixels")));
    }
    Ok(ImageProperties::picture(dtype, height as usize, width as usize, channels))
}

/// Decodes into the memory of a frame: `(height, width)` or `(height, width, channels)`.
pub fn pour(decoder: impl ImageDecoder, sink: &mut FrameSink<'_>) -> Result<()> {
    let properties = properties(&decoder)?;
    let bytes = sink.bytes(properties.dtype, &properties.shape)?;
    decoder.read_image(bytes).map_err(map_error)
}

/// ICC profile, EXIF block and orientation, as far as a decoder has them: `icc` and `exif_raw` are bytes.
pub fn metadata(decoder: &mut impl ImageDecoder) -> Result<Metadata> {
    let mut metadata = Metadata::new();
    metadata.insert_opt("icc", decoder.icc_profile().map_err(map_error)?);
    metadata.insert_opt("exif_raw", decoder.exif_metadata().map_err(map_error)?);
    let orientation = decoder.orientation().map_err(map_error)?.to_exif();
    if orientation != 1 {
        metadata.insert("orientation", u64::from(orientation));
    }
    Ok(metadata)
}

/// The limits of a read as the `image` crate takes them.
pub fn limits(limits: &Limits) -> image::Limits {
    let dimension = limits.max_dimension.map(|max| u32::try_from(max).unwrap_or(u32::MAX));
    let mut out = image::Limits::no_limits();
    out.max_image_width = dimension;
    out.max_image_height = dimension;
    out.max_alloc = limits.max_frame_bytes;
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageResult;
    use imageio_core::ErrorKind;

    struct Solid(ColorType, u8);

    impl ImageDecoder for Solid {
        fn dimensions(&self) -> (u32, u32) {
            (3, 2)
        }
        fn color_type(&self) -> ColorType {
            self.0
        }
        fn read_image(self, buf: &mut [u8]) -> ImageResult<()> {
            buf.fill(self.1);
            Ok(())
        }
        fn read_image_boxed(self: Box<Self>, buf: &mut [u8]) -> ImageResult<()> {
            (*self).read_image(buf)
        }
    }

    #[test]
    fn every_color_type() {
        let rows: [(ColorType, &str, &[usize]); 5] = [
            (ColorType::L8, "uint8", &[2, 3]),
            (ColorType::La16, "uint16", &[2, 3, 2]),
            (ColorType::Rgb8, "uint8", &[2, 3, 3]),
            (ColorType::Rgba16, "uint16", &[2, 3, 4]),
            (ColorType::Rgb32F, "float32", &[2, 3, 3]),
        ];
        for (color, dtype, shape) in rows {
            let said = properties(&Solid(color, 1)).unwrap();
            let mut sink = FrameSink::fresh(&Limits::default());
            pour(Solid(color, 1), &mut sink).unwrap();
            let image = sink.finish().unwrap().unwrap();
            assert_eq!((image.dtype().name(), image.shape()), (dtype, shape));
            assert_eq!((said.dtype, said.shape.as_slice()), (image.dtype(), shape));
            assert!(image.as_bytes().unwrap().iter().all(|b| *b == 1));
        }
    }

    #[test]
    fn limits_hold_before_the_decoder_starts() {
        let mut sink = FrameSink::fresh(&Limits::default().max_frame_bytes(5));
        assert_eq!(pour(Solid(ColorType::L8, 1), &mut sink).unwrap_err().kind(), ErrorKind::LimitExceeded);
        let limits = limits(&Limits::default().max_dimension(9).max_frame_bytes(None));
        assert_eq!((limits.max_image_width, limits.max_alloc), (Some(9), None));
    }
}
