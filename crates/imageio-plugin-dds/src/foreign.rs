//! What the `dds` crate does here: the rarer pixel formats, block formats on their way into a file, smaller copies.

use dds::header::{DxgiFormat, FourCC, Header};
use dds::{Channels, ColorFormat, CompressionQuality, Format, ImageView, PixelInfo, Precision};
use imageio_core::{Dtype, Error, ErrorKind, ReadSeek, Result, Sink};
use imageio_raster::Picture;

use crate::error;
use crate::options::{Effort, PixelFormat, WriteOptions};

/// A pixel format that only the crate reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign(Format);

impl Foreign {
    pub fn by_dxgi(n: u8) -> Option<Self> {
        Format::from_dxgi(DxgiFormat::try_from(u32::from(n)).ok()?).map(Foreign)
    }

    pub fn by_four_cc(four_cc: u32) -> Option<Self> {
        Format::from_four_cc(FourCC(four_cc)).map(Foreign)
    }

    pub fn channels(self) -> usize {
        match self.0.color().channels {
            Channels::Grayscale | Channels::Alpha => 1,
            Channels::Rgb => 3,
            Channels::Rgba => 4,
        }
    }

    pub fn dtype(self) -> Dtype {
        match self.0.color().precision {
            Precision::U16 => Dtype::U16,
            Precision::F32 => Dtype::F32,
            _ => Dtype::U8,
        }
    }

    pub fn bytes(self, width: u32, height: u32) -> Option<u64> {
        PixelInfo::from(self.0).surface_bytes(dds::Size::new(width, height))
    }

    pub fn name(self) -> String {
        format!("{:?}", self.0).to_ascii_lowercase()
    }

    pub fn read(self, mut stream: &mut dyn ReadSeek, out: &mut [u8], width: u32, height: u32) -> Result<()> {
        let Some(view) = dds::ImageViewMut::new(out, dds::Size::new(width, height), self.0.color()) else {
            return Err(Error::new(ErrorKind::Backend, "the memory does not fit the picture"));
        };
        dds::decode(&mut stream, view, self.0, &dds::DecodeOptions::default()).map_err(error::decoding)
    }
}

/// Writes a picture, whose shape and dtype `format` was chosen for, with all that the options ask for.
pub(crate) fn write(
    sink: &mut Sink,
    picture: &Picture,
    dtype: Dtype,
    bytes: &[u8],
    options: &WriteOptions,
) -> Result<()> {
    let (format, color) = choose(dtype, picture.channels, options.pixel_format)?;
    let mut header = Header::new_image(picture.width as u32, picture.height as u32, format);
    // The older header where it will do, since more programs read it.
    if let Some(older) = header.to_dx9() {
        header = older.into();
    }
    if options.mipmaps {
        header = header.with_mipmaps();
    }
    let mut encoder = dds::Encoder::new(sink, format, &header).map_err(error::encoding)?;
    encoder.encoding.quality = match options.effort {
        Effort::Fast => CompressionQuality::Fast,
        Effort::Normal => CompressionQuality::Normal,
        Effort::High => CompressionQuality::High,
    };
    encoder.mipmaps.generate = options.mipmaps;
    let size = dds::Size::new(picture.width as u32, picture.height as u32);
    let view = ImageView::new(bytes, size, color).ok_or_else(|| Error::mismatch("the picture is too large"))?;
    encoder.write_surface(view).map_err(error::encoding)?;
    encoder.finish().map_err(error::encoding)
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
        _ => return Err(Error::unsupported("smaller copies of grey and alpha")),
    };
    let format = match (wanted, dtype, channels) {
        (PixelFormat::Bc1, ..) => Format::BC1_UNORM,
        (PixelFormat::Bc3, ..) => Format::BC3_UNORM,
        (PixelFormat::Bc4, ..) => Format::BC4_UNORM,
        (PixelFormat::Bc5, ..) => Format::BC5_UNORM,
        (PixelFormat::Bc7, ..) => Format::BC7_UNORM,
        (PixelFormat::Uncompressed, Dtype::U8, 1) => Format::R8_UNORM,
        (PixelFormat::Uncompressed, Dtype::U8, 3) => Format::B8G8R8_UNORM,
        (PixelFormat::Uncompressed, Dtype::U8, _) => Format::B8G8R8A8_UNORM,
        (PixelFormat::Uncompressed, Dtype::U16, 1) => Format::R16_UNORM,
        (PixelFormat::Uncompressed, Dtype::U16, _) => Format::R16G16B16A16_UNORM,
        (PixelFormat::Uncompressed, _, 1) => Format::R32_FLOAT,
        (PixelFormat::Uncompressed, _, 3) => Format::R32G32B32_FLOAT,
        (PixelFormat::Uncompressed, ..) => Format::R32G32B32A32_FLOAT,
    };
    Ok((format, color))
}
