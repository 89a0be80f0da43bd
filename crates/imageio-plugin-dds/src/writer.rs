use std::io::Write;

use imageio_core::{Dtype, Error, ImageWriter, Result, Sink, WriteCx};
use imageio_raster::rows::write_rows;
use imageio_raster::swizzle::{bgr_to_rgb, bgra_to_rgba};
use imageio_raster::{Picture, unkept};

use crate::options::{PixelFormat, WriteOptions};

/// A texture being written.
pub(crate) struct DdsWriter {
    sink: Sink,
    notes: Vec<String>,
}

impl DdsWriter {
    pub fn new(sink: Sink) -> Self {
        DdsWriter { sink, notes: Vec::new() }
    }

    /// Every sample as it is.
    fn write_plain(&mut self, cx: &WriteCx<'_>, picture: &Picture) -> Result<()> {
        let dtype = cx.image().dtype();
        self.sink.write_all(&header(picture, dtype))?;
        let row = picture.row();
        match dtype {
            Dtype::U8 => {
                let pixels = cx.elements::<u8>()?;
                // Swapping red and blue is its own inverse.
                match picture.channels {
                    3 => write_rows(&mut self.sink, &pixels, row, row, false, bgr_to_rgb),
                    4 => write_rows(&mut self.sink, &pixels, row, row, false, bgra_to_rgba),
                    _ => Ok(self.sink.write_all(&pixels)?),
                }
            }
            Dtype::U16 => write_rows(&mut self.sink, &cx.elements::<u16>()?, row, 2 * row, false, |from, to| {
                to.as_chunks_mut().0.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_le_bytes());
            }),
            _ => write_rows(&mut self.sink, &cx.elements::<f32>()?, row, 4 * row, false, |from, to| {
                to.as_chunks_mut().0.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_le_bytes());
            }),
        }
    }
}

/// The header of one texture without smaller copies: the older one where it will do, since more programs read it.
fn header(picture: &Picture, dtype: Dtype) -> Vec<u8> {
    const FOUR_CC: u32 = 0x4;
    const RGB: u32 = 0x40;
    const RGBA: u32 = 0x41;
    const LUMINANCE: u32 = 0x2_0000;
    const LUMINANCE_ALPHA: u32 = 0x2_0001;
    let dx10 = u32::from_le_bytes(*b"DX10");
    // Flags, four letters, bits, masks of red, green, blue, alpha.
    let format = match (dtype, picture.channels) {
        (Dtype::U8, 1) => [LUMINANCE, 0, 8, 0xFF, 0, 0, 0],
        (Dtype::U8, 2) => [LUMINANCE_ALPHA, 0, 16, 0xFF, 0xFF, 0xFF, 0xFF00],
        (Dtype::U8, 3) => [RGB, 0, 24, 0xFF_0000, 0xFF00, 0xFF, 0],
        (Dtype::U8, _) => [RGBA, 0, 32, 0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000],
        (Dtype::U16, 1) => [LUMINANCE, 0, 16, 0xFFFF, 0, 0, 0],
        (Dtype::U16, _) => [FOUR_CC, 36, 0, 0, 0, 0, 0],
        (_, 1) => [FOUR_CC, 114, 0, 0, 0, 0, 0],
        (_, 3) => [FOUR_CC, dx10, 0, 0, 0, 0, 0],
        _ => [FOUR_CC, 116, 0, 0, 0, 0, 0],
    };
    let mut words = [0u32; 31];
    words[0] = 124;
    words[1] = 0x1 | 0x2 | 0x4 | 0x8 | 0x1000; // caps, height, width, pitch, pixel format
    words[2] = picture.height as u32;
    words[3] = picture.width as u32;
    words[4] = u32::try_from(picture.row() * dtype.size()).unwrap_or(u32::MAX);
    words[18] = 32;
    words[19..26].copy_from_slice(&format);
    words[26] = 0x1000; // a texture
    let mut head = b"DDS ".to_vec();
    head.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    if format[1] == dx10 {
        // R32G32B32_FLOAT, two dimensions, no cube, one texture, straight alpha.
        head.extend([6u32, 3, 0, 1, 1].iter().flat_map(|w| w.to_le_bytes()));
    }
    head
}

/// `Mismatch` if a texture cannot hold this.
fn check(dtype: Dtype, channels: usize, wanted: PixelFormat) -> Result<()> {
    if !matches!((dtype, channels), (Dtype::U8, 1..=4) | (Dtype::U16, 1 | 4) | (Dtype::F32, 1 | 3 | 4)) {
        return Err(Error::mismatch(format!("DDS has no place for {dtype} with {channels} channels"))
            .with_hint("accepted: uint8 of 1 to 4 channels, uint16 of 1 or 4, float32 of 1, 3 or 4"));
    }
    let (fits, takes) = match wanted {
        PixelFormat::Uncompressed => return Ok(()),
        PixelFormat::Bc4 => (channels == 1, "(height, width)"),
        PixelFormat::Bc5 => (channels == 3, "(height, width, 3)"),
        _ => (channels >= 3, "(height, width, 3) and (height, width, 4)"),
    };
    if dtype == Dtype::U8 && fits {
        return Ok(());
    }
    let message = format!("{} has no place for {dtype} with {channels} channels", wanted.word());
    Err(Error::mismatch(message).with_hint(format!("it takes {takes} of uint8")))
}

impl ImageWriter for DdsWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let picture = Picture::bounded(cx.image(), &[1, 2, 3, 4], u32::MAX as usize)?;
        self.notes.extend(unkept(cx.metadata(), "DDS", KEPT));
        check(cx.image().dtype(), picture.channels, options.pixel_format)?;
        if options.pixel_format == PixelFormat::Uncompressed && !options.mipmaps {
            return self.write_plain(cx, &picture);
        }
        self.write_by_codec(cx, &picture, &options)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

impl DdsWriter {
    #[cfg(feature = "codecs")]
    fn write_by_codec(&mut self, cx: &WriteCx<'_>, picture: &Picture, options: &WriteOptions) -> Result<()> {
        let owned;
        let bytes = match cx.image().as_bytes() {
            Some(bytes) => bytes,
            None => {
                owned = cx.image().to_owned();
                owned.as_bytes().unwrap_or(&[])
            }
        };
        crate::foreign::write(&mut self.sink, picture, cx.image().dtype(), bytes, options)
    }

    #[cfg(not(feature = "codecs"))]
    fn write_by_codec(&mut self, _: &WriteCx<'_>, _: &Picture, options: &WriteOptions) -> Result<()> {
        let what = if options.mipmaps { "making smaller copies" } else { options.pixel_format.word() };
        Err(Error::unsupported(format!("writing: {what} is not in this build"))
            .with_hint("enable the feature `dds-codecs` of imageio-rs (`codecs` of imageio-plugin-dds)"))
    }
}

/// Made anew from pixels and options.
const KEPT: &[&str] = &["pixel_format", "mip_levels", "mip_level", "kind", "layers", "dxgi_format", "alpha"];
