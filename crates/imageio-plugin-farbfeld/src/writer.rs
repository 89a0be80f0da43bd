use std::io::Write;

use imageio_core::{ImageWriter, Result, Sink, WriteCx};
use imageio_raster::rows::write_rows;
use imageio_raster::{Picture, swizzle, unkept};

use crate::plugin::MAGIC;

/// A farbfeld file being written.
pub(crate) struct FarbfeldWriter {
    sink: Sink,
    notes: Vec<String>,
}

impl FarbfeldWriter {
    pub fn new(sink: Sink) -> Self {
        FarbfeldWriter { sink, notes: Vec::new() }
    }
}

impl ImageWriter for FarbfeldWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let picture = Picture::bounded(cx.image(), &[4], u32::MAX as usize)?;
        let pixels = cx.elements::<u16>()?;
        self.notes.extend(unkept(cx.metadata(), "farbfeld", &[]));
        let mut head = MAGIC.to_vec();
        head.extend((picture.width as u32).to_be_bytes());
        head.extend((picture.height as u32).to_be_bytes());
        self.sink.write_all(&head)?;
        let row = picture.row();
        write_rows(&mut self.sink, &pixels, row, row * 2, false, swizzle::u16_to_be)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
