use std::io::Write;

use imageio_core::{Error, ErrorKind, ImageWriter, Result, Sink, Value, WriteCx};
use imageio_raster::dib::{Body, Layout};
use imageio_raster::{Picture, unkept};

use crate::error;
use crate::options::{BitmapFormat, WriteOptions};

/// Largest side of a picture: a list entry stores it in one byte.
const LARGEST: usize = 256;

/// An icon or a cursor being written; its list stands before the pictures, so these are kept until the end.
pub(crate) struct IcoWriter {
    sink: Sink,
    cursor: bool,
    pictures: Vec<Stored>,
    notes: Vec<String>,
}

struct Stored {
    picture: Picture,
    /// Planes and bits of a pixel, or the hot spot.
    fields: [u16; 2],
    colors: u8,
    data: Vec<u8>,
}

impl IcoWriter {
    pub fn new(sink: Sink, cursor: bool) -> Self {
        IcoWriter { sink, cursor, pictures: Vec::new(), notes: Vec::new() }
    }

    fn hotspot(options: &WriteOptions, cx: &WriteCx<'_>, picture: &Picture) -> Result<[u16; 2]> {
        let said = match options.hotspot.as_slice() {
            [] => match cx.metadata().and_then(|m| m.get("hotspot")).and_then(Value::as_list) {
                Some([x, y]) => [x, y].map(|v| v.as_u64().and_then(|v| u16::try_from(v).ok()).unwrap_or(0)),
                _ => [0, 0],
            },
            [x, y] => [*x, *y],
            other => {
                let message = format!("option `hotspot` takes [x, y], not {} numbers", other.len());
                return Err(Error::new(ErrorKind::InvalidOption, message));
            }
        };
        if usize::from(said[0]) >= picture.width || usize::from(said[1]) >= picture.height {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!("the hot spot {said:?} lies outside of {} × {} pixels", picture.width, picture.height),
            ));
        }
        Ok(said)
    }
}

impl ImageWriter for IcoWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let default = if self.cursor { BitmapFormat::Bmp } else { BitmapFormat::Png };
        let format = options.bitmap_format.unwrap_or(default);
        if !self.cursor && !options.hotspot.is_empty() {
            return Err(Error::new(ErrorKind::InvalidOption, "option `hotspot` is for cursors (.cur)"));
        }
        let channels: &[usize] = match (format, self.cursor) {
            (BitmapFormat::Png, _) => &[1, 2, 3, 4],
            (BitmapFormat::Bmp, false) => &[1, 3, 4],
            (BitmapFormat::Bmp, true) => &[4],
        };
        let picture = Picture::bounded(cx.image(), channels, LARGEST)?;
        if self.pictures.len() == usize::from(u16::MAX) {
            return Err(Error::mismatch(format!("an icon holds up to {} pictures", u16::MAX)));
        }
        if cx.index() == 0 {
            self.notes.extend(unkept(cx.metadata(), "an icon", &["hotspot", "bitmap_format"]));
        }
        let pixels = cx.elements::<u8>()?;
        let mut data = Vec::new();
        let (mut bits, mut colors) = (32, 0);
        match format {
            BitmapFormat::Png => encode_png(&mut data, &picture, &pixels)?,
            BitmapFormat::Bmp => {
                let body = match picture.channels {
                    1 => Body::Gray(&pixels),
                    3 => Body::Rgb(&pixels),
                    _ => Body::Rgba(&pixels),
                };
                bits = body.bits();
                colors = 0;
                let layout = Layout {
                    width: picture.width,
                    height: picture.height,
                    top_down: false,
                    per_metre: [0; 2],
                    icc: None,
                    icon: true,
                };
                layout.write(&mut data, &body)?;
            }
        }
        let fields = if self.cursor { Self::hotspot(&options, cx, &picture)? } else { [1, bits] };
        self.pictures.push(Stored { picture, fields, colors, data });
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let mut head = vec![0, 0, if self.cursor { 2 } else { 1 }, 0];
        head.extend((self.pictures.len() as u16).to_le_bytes());
        let mut offset = 6 + 16 * self.pictures.len();
        for stored in &self.pictures {
            // 256 is stored as 0.
            head.extend([stored.picture.width as u8, stored.picture.height as u8, stored.colors, 0]);
            stored.fields.iter().for_each(|v| head.extend(v.to_le_bytes()));
            let place = [stored.data.len(), offset].map(u32::try_from);
            for number in place {
                let number = number.map_err(|_| Error::mismatch("an icon of more than 4 GiB"))?;
                head.extend(number.to_le_bytes());
            }
            offset += stored.data.len();
        }
        self.sink.write_all(&head)?;
        for stored in &self.pictures {
            self.sink.write_all(&stored.data)?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

fn encode_png(out: &mut Vec<u8>, picture: &Picture, pixels: &[u8]) -> Result<()> {
    let mut encoder = png::Encoder::new(out, picture.width as u32, picture.height as u32);
    encoder.set_color(match picture.channels {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(error::encoding)?;
    writer.write_image_data(pixels).map_err(error::encoding)?;
    writer.finish().map_err(error::encoding)
}
