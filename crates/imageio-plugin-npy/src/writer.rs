use imageio_core::{Error, ImageWriter, Result, Sink, WriteCx};

/// Writes one array.
pub(crate) struct NpyWriter {
    sink: Sink,
    written: bool,
    lost: Vec<String>,
}

impl NpyWriter {
    pub(crate) fn new(sink: Sink) -> Self {
        NpyWriter { sink, written: false, lost: Vec::new() }
    }
}

impl ImageWriter for NpyWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        if self.written {
            return Err(Error::mismatch("an NPY file holds one array").with_hint("write several into an NPZ archive"));
        }
        self.written = true;
        self.lost.extend(cx.metadata().into_iter().flat_map(|m| m.lost(&[])).map(str::to_owned));
        imageio_npy::write(cx.image(), &mut self.sink)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        if self.lost.is_empty() {
            return Vec::new();
        }
        vec![format!("NPY has no place for metadata: {} were not kept", self.lost.join(", "))]
    }
}
