use std::io::{Seek, Write};

use imageio_core::{Error, ImageWriter, Metadata, Result, Sink, Value, WriteCx};
use imageio_raster::rows::write_rows;
use imageio_raster::{Picture, swizzle, unkept};

use crate::extension::{self, Extension};
use crate::header::Header;
use crate::options::WriteOptions;
use crate::rle;

/// A Targa file being written.
pub(crate) struct TgaWriter {
    sink: Sink,
    notes: Vec<String>,
}

impl TgaWriter {
    pub fn new(sink: Sink) -> Self {
        TgaWriter { sink, notes: Vec::new() }
    }

    fn id(&mut self, metadata: Option<&Metadata>) -> Vec<u8> {
        let mut id = match metadata.and_then(|m| m.get("id_section")) {
            Some(Value::Bytes(bytes)) => bytes.clone(),
            Some(Value::Str(text)) => text.clone().into_bytes(),
            _ => Vec::new(),
        };
        if id.len() > 255 {
            self.notes.push(format!("id_section was cut from {} to 255 bytes", id.len()));
            id.truncate(255);
        }
        id
    }
}

fn swap(channels: usize, from: &[u8], to: &mut [u8]) {
    match channels {
        3 => swizzle::bgr_to_rgb(from, to),
        4 => swizzle::bgra_to_rgba(from, to),
        _ => to.copy_from_slice(from),
    }
}

impl ImageWriter for TgaWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let picture = Picture::bounded(cx.image(), &[1, 2, 3, 4], u16::MAX.into())?;
        self.notes.extend(unkept(cx.metadata(), "Targa", KEPT));
        let channels = picture.channels;
        let has_alpha = matches!(channels, 2 | 4);
        let id = self.id(cx.metadata());
        let header = Header {
            id_length: id.len() as u8,
            has_palette: 0,
            image_type: if channels < 3 { 3 } else { 2 } | if options.rle { 8 } else { 0 },
            palette_start: 0,
            palette_length: 0,
            palette_bits: 0,
            origin: [0; 2],
            width: picture.width as u16,
            height: picture.height as u16,
            bits: 8 * channels as u8,
            descriptor: if has_alpha { 8 } else { 0 } | if options.top_down { 0x20 } else { 0 },
        };
        let mut head = header.to_bytes().to_vec();
        head.extend(id);
        self.sink.write_all(&head)?;
        let pixels = cx.elements::<u8>()?;
        let row = picture.row();
        if options.rle {
            let mut packed = Vec::new();
            let mut swapped = vec![0; row];
            for y in 0..picture.height {
                let y = if options.top_down { y } else { picture.height - 1 - y };
                swap(channels, &pixels[y * row..(y + 1) * row], &mut swapped);
                rle::encode(&swapped, channels, &mut packed);
                if packed.len() > 128 * 1024 {
                    self.sink.write_all(&packed)?;
                    packed.clear();
                }
            }
            self.sink.write_all(&packed)?;
        } else {
            write_rows(&mut self.sink, &pixels, row, row, !options.top_down, |from, to| swap(channels, from, to))?;
        }
        let mut at = 0;
        if let Some(area) = Extension::write(cx.metadata(), has_alpha) {
            at = u32::try_from(self.sink.stream_position()?)
                .map_err(|_| Error::mismatch("metadata behind more than 4 GiB of pixels"))?;
            self.sink.write_all(&area)?;
        }
        self.sink.write_all(&extension::footer(at))?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Written, or made anew.
const KEPT: &[&str] = &["id_section", "author", "comment", "job", "software", "gamma", "origin", "alpha"];
