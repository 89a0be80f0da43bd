use std::io::Write;

use imageio_core::{ImageWriter, Result, Sink, Value, WriteCx};
use imageio_raster::{Picture, unkept};

use crate::encode::Encoder;
use crate::header::{END, Header};
use crate::options::{ColorSpace, WriteOptions};

/// A QOI file being written.
pub(crate) struct QoiWriter {
    sink: Sink,
    notes: Vec<String>,
}

/// Pixels that are encoded before they are written.
const BATCH: usize = 32 * 1024;

impl QoiWriter {
    pub fn new(sink: Sink) -> Self {
        QoiWriter { sink, notes: Vec::new() }
    }

    fn encode<const N: usize>(&mut self, pixels: &[[u8; N]]) -> Result<()> {
        let mut encoder = Encoder::new();
        let mut out = Vec::new();
        for batch in pixels.chunks(BATCH) {
            encoder.pixels(batch, &mut out);
            self.sink.write_all(&out)?;
            out.clear();
        }
        encoder.finish(&mut out);
        out.extend(END);
        Ok(self.sink.write_all(&out)?)
    }
}

impl ImageWriter for QoiWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let picture = Picture::bounded(cx.image(), &[3, 4], u32::MAX as usize)?;
        let pixels = cx.elements::<u8>()?;
        self.notes.extend(unkept(cx.metadata(), "QOI", &["color_space"]));
        let said = cx.metadata().and_then(|m| m.get("color_space")).and_then(Value::as_str);
        let linear = match options.color_space {
            Some(space) => space == ColorSpace::Linear,
            None => said == Some("linear"),
        };
        let header = Header {
            width: picture.width as u32,
            height: picture.height as u32,
            channels: picture.channels as u8,
            linear,
        };
        self.sink.write_all(&header.to_bytes())?;
        match picture.channels {
            3 => self.encode(pixels.as_chunks::<3>().0),
            _ => self.encode(pixels.as_chunks::<4>().0),
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
