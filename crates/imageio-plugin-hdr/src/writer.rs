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
            self.sink.write_all(&encode_rows(batch, row, options.rle))?;
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

#[cfg(feature = "parallel")]
fn encode_rows(rows: &[f32], row: usize, rle: bool) -> Vec<u8> {
    use rayon::iter::ParallelIterator;
    use rayon::slice::ParallelSlice;
    let one = |mut out: Vec<u8>, row: &[f32]| {
        encode::scanline(row, rle, &mut out);
        out
    };
    // Parts come back in order, so that they only have to be put together.
    let parts: Vec<Vec<u8>> = rows.par_chunks(row).fold(Vec::new, one).collect();
    parts.concat()
}

#[cfg(not(feature = "parallel"))]
fn encode_rows(rows: &[f32], row: usize, rle: bool) -> Vec<u8> {
    let mut out = Vec::new();
    rows.chunks(row).for_each(|row| encode::scanline(row, rle, &mut out));
    out
}
