use std::io::Write;

use dds::header::Header;
use dds::{ColorFormat, CompressionQuality, Format, ImageView};
use imageio_core::{Dtype, Error, ImageWriter, Result, Sink, WriteCx};
use imageio_raster::{Picture, unkept};

use crate::error;
use crate::options::{Effort, PixelFormat, WriteOptions};

/// A texture being written.
pub(crate) struct DdsWriter {
    sink: Sink,
    notes: Vec<String>,
}

impl DdsWriter {
    pub fn new(sink: Sink) -> Self {
        DdsWriter { sink, notes: Vec::new() }
    }

    /// Luminance and alpha, which the codec does not write.
    fn write_luma_alpha(&mut self, picture: &Picture, pixels: &[u8]) -> Result<()> {
        let mut words = [0u32; 31];
        words[0] = 124;
        words[1] = 0x1 | 0x2 | 0x4 | 0x8 | 0x1000; // caps, height, width, pitch, pixel format
        words[2] = picture.height as u32;
        words[3] = picture.width as u32;
        words[4] = picture.row() as u32;
        words[18] = 32;
        words[19] = 0x2_0001; // luminance and alpha
        words[21] = 16;
        words[22..26].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF00]);
        words[26] = 0x1000; // a texture
        let mut head = b"DDS ".to_vec();
        head.extend(words.iter().flat_map(|w| w.to_le_bytes()));
        self.sink.write_all(&head)?;
        Ok(self.sink.write_all(pixels)?)
    }
}

/// The codec's format for a picture, and the colours that it is given in.
fn choose(dtype: Dtype, channels: usize, wanted: PixelFormat) -> Result<(Format, ColorFormat)> {
    let color = match (dtype, channels) {
        (Dtype::U8, 1) => ColorFormat::GRAYSCALE_U8,
        (Dtype::U8, 3) => ColorFormat::RGB_U8,
        (Dtype::U8, 4) => ColorFormat::RGBA_U8,
        (Dtype::U16, 1) => ColorFormat::GRAYSCALE_U16,
        (Dtype::U16, 4) => ColorFormat::RGBA_U16,
        (Dtype::F32, 1) => ColorFormat::GRAYSCALE_F32,
        (Dtype::F32, 3) => ColorFormat::RGB_F32,
        (Dtype::F32, 4) => ColorFormat::RGBA_F32,
        _ => {
            return Err(Error::mismatch(format!("DDS has no place for {dtype} with {channels} channels"))
                .with_hint("accepted: uint8 of 1 to 4 channels, uint16 of 1 or 4, float32 of 1, 3 or 4"));
        }
    };
    let format = match (wanted, dtype, channels) {
        (PixelFormat::Uncompressed, Dtype::U8, 1) => Format::R8_UNORM,
        (PixelFormat::Uncompressed, Dtype::U8, 3) => Format::B8G8R8_UNORM,
        (PixelFormat::Uncompressed, Dtype::U8, _) => Format::B8G8R8A8_UNORM,
        (PixelFormat::Uncompressed, Dtype::U16, 1) => Format::R16_UNORM,
        (PixelFormat::Uncompressed, Dtype::U16, _) => Format::R16G16B16A16_UNORM,
        (PixelFormat::Uncompressed, _, 1) => Format::R32_FLOAT,
        (PixelFormat::Uncompressed, _, 3) => Format::R32G32B32_FLOAT,
        (PixelFormat::Uncompressed, ..) => Format::R32G32B32A32_FLOAT,
        (PixelFormat::Bc1, Dtype::U8, 3 | 4) => Format::BC1_UNORM,
        (PixelFormat::Bc3, Dtype::U8, 3 | 4) => Format::BC3_UNORM,
        (PixelFormat::Bc7, Dtype::U8, 3 | 4) => Format::BC7_UNORM,
        (PixelFormat::Bc4, Dtype::U8, 1) => Format::BC4_UNORM,
        (PixelFormat::Bc5, Dtype::U8, 3) => Format::BC5_UNORM,
        (wanted, ..) => {
            let takes = match wanted {
                PixelFormat::Bc4 => "(height, width)",
                PixelFormat::Bc5 => "(height, width, 3)",
                _ => "(height, width, 3) and (height, width, 4)",
            };
            let message = format!("{} has no place for {dtype} with {channels} channels", wanted.word());
            return Err(Error::mismatch(message).with_hint(format!("it takes {takes} of uint8")));
        }
    };
    Ok((format, color))
}

impl ImageWriter for DdsWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let picture = Picture::bounded(cx.image(), &[1, 2, 3, 4], u32::MAX as usize)?;
        self.notes.extend(unkept(cx.metadata(), "DDS", KEPT));
        let dtype = cx.image().dtype();
        if dtype == Dtype::U8 && picture.channels == 2 && options.pixel_format == PixelFormat::Uncompressed {
            if options.mipmaps {
                return Err(Error::unsupported("smaller copies of grey and alpha"));
            }
            return self.write_luma_alpha(&picture, &cx.elements::<u8>()?);
        }
        let (format, color) = choose(dtype, picture.channels, options.pixel_format)?;
        let mut header = Header::new_image(picture.width as u32, picture.height as u32, format);
        // The older header where it will do, since more programs read it.
        if let Some(older) = header.to_dx9() {
            header = older.into();
        }
        if options.mipmaps {
            header = header.with_mipmaps();
        }
        let mut encoder = dds::Encoder::new(&mut self.sink, format, &header).map_err(error::encoding)?;
        encoder.encoding.quality = match options.effort {
            Effort::Fast => CompressionQuality::Fast,
            Effort::Normal => CompressionQuality::Normal,
            Effort::High => CompressionQuality::High,
        };
        encoder.mipmaps.generate = options.mipmaps;
        let owned;
        let bytes = match cx.image().as_bytes() {
            Some(bytes) => bytes,
            None => {
                owned = cx.image().to_owned();
                owned.as_bytes().unwrap_or(&[])
            }
        };
        let size = dds::Size::new(picture.width as u32, picture.height as u32);
        let view = ImageView::new(bytes, size, color).ok_or_else(|| Error::mismatch("the picture is too large"))?;
        encoder.write_surface(view).map_err(error::encoding)?;
        encoder.finish().map_err(error::encoding)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Made anew from pixels and options.
const KEPT: &[&str] = &["pixel_format", "mip_levels", "mip_level", "kind", "layers", "dxgi_format", "alpha"];
