use std::io::Write;

use imageio_core::{Error, ImageWriter, Result, Sink, WriteCx};

use crate::header::Header;
use crate::options::WriteOptions;

/// A toy file being written to a place that core has staged.
pub(crate) struct ToyWriter {
    pub sink: Sink,
}

impl ImageWriter for ToyWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let (height, width, rgb) = match *cx.image().shape() {
            [height, width] => (height, width, false),
            [height, width, 3] => (height, width, true),
            ref other => {
                return Err(Error::mismatch(format!("a toy file holds (h, w) or (h, w, 3), not {other:?}")));
            }
        };
        let side = |n: usize| match u32::try_from(n) {
            Ok(n) if (1..=i32::MAX as u32).contains(&n) => Ok(n),
            _ => Err(Error::mismatch(format!("a toy file has sides of 1 to {}, not {n}", i32::MAX))),
        };
        Header { width: side(width)?, height: side(height)?, rgb }.write(&mut self.sink)?;
        let pixels = cx.elements::<u8>()?;
        if options.invert {
            let inverted: Vec<u8> = pixels.iter().map(|v| 255 - v).collect();
            self.sink.write_all(&inverted)?;
        } else {
            self.sink.write_all(&pixels)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        // Core flushes, closes and puts the file in place once the sink is dropped.
        Ok(())
    }
}
