use std::io::Write;

use imageio_core::{ImageWriter, Result, Sink, WriteCx};
use imageio_raster::{Picture, unkept};

use crate::encode;
use crate::header;
use crate::options::WriteOptions;

/// A picture being written.
pub(crate) struct HdrWriter {
    sink: Sink,
    notes: Vec<String>,
}

impl HdrWriter {
    pub fn new(sink: Sink) -> Self {
        HdrWriter { sink, notes: Vec::new() }
    }
}

/// Scanlines that are encoded before they are written.
const BATCH: usize = 64;
/// Scanlines that one thread encodes at a time.
const PART: usize = 8;

impl ImageWriter for HdrWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let picture = Picture::bounded(cx.image(), &[3], i32::MAX as usize)?;
        let pixels = cx.elements::<f32>()?;
        self.notes.extend(unkept(cx.metadata(), "Radiance HDR", header::KEPT));
        if pixels.iter().any(|v| *v < 0.0 || v.is_nan()) {
            self.notes.push("values below 0 and those that are no numbers were stored as 0".to_owned());
        }
        let mut head = header::write(cx.metadata());
        head.push_str(&format!("-Y {} +X {}\n", picture.height, picture.width));
        self.sink.write_all(head.as_bytes())?;
        let row = picture.row();
        for batch in pixels.chunks(row * BATCH) {
            cx.check_cancelled()?;
            let parts = batch.chunks(row * PART).collect();
            for part in imageio_parallel::map(parts, true, |part| encode_rows(part, row, options.rle)) {
                self.sink.write_all(&part)?;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

fn encode_rows(rows: &[f32], row: usize, rle: bool) -> Vec<u8> {
    let mut out = Vec::new();
    rows.chunks(row).for_each(|row| encode::scanline(row, rle, &mut out));
    out
}
