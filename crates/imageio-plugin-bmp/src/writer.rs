use std::io::Write;

use imageio_core::{Dtype, Error, ErrorKind, ImageWriter, Metadata, Result, Sink, Value, WriteCx};
use imageio_raster::dib::{Body, Layout};
use imageio_raster::{Picture, unkept};

use crate::metadata;
use crate::options::WriteOptions;

/// A bitmap file being written.
pub(crate) struct BmpWriter {
    sink: Sink,
    /// Without the file header.
    bare: bool,
    notes: Vec<String>,
}

impl BmpWriter {
    pub fn new(sink: Sink, bare: bool) -> Self {
        BmpWriter { sink, bare, notes: Vec::new() }
    }

    fn write(&mut self, layout: &Layout<'_>, body: &Body<'_>) -> Result<()> {
        if !self.bare {
            let total = 14 + layout.total_bytes(body);
            let Ok(total) = u32::try_from(total) else {
                return Err(Error::mismatch(format!("a bitmap of {total} bytes: the format ends at 4 GiB")));
            };
            let mut head = b"BM".to_vec();
            head.extend(total.to_le_bytes());
            head.extend([0; 4]);
            head.extend((14 + layout.head_bytes(body) as u32).to_le_bytes());
            self.sink.write_all(&head)?;
        }
        layout.write(&mut self.sink, body)
    }
}

impl ImageWriter for BmpWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let dpi = match options.dpi {
            Some(dpi) => Some(metadata::per_metre(&Value::Float(dpi)).ok_or_else(|| {
                Error::new(ErrorKind::InvalidOption, format!("option `dpi` is {dpi}"))
                    .with_hint("the resolution is above 0, and below ten million dots per inch")
            })?),
            None => {
                let said = cx.metadata().and_then(|m| m.get("dpi"));
                let dpi = said.and_then(metadata::per_metre);
                if let (Some(said), None) = (said, dpi) {
                    self.notes.push(format!("metadata `dpi` is {said}, which a bitmap can't hold: left out"));
                }
                dpi
            }
        };
        self.notes.extend(unkept(cx.metadata(), "a bitmap", KEPT));
        let icc = cx.metadata().and_then(|m| m.get("icc")).and_then(Value::as_bytes);
        let bits = cx.image().dtype() == Dtype::Bool;
        let channels: &[usize] = if bits { &[1] } else { &[1, 3, 4] };
        let picture = Picture::bounded(cx.image(), channels, i32::MAX as usize)?;
        // Grey levels are stored as colours of a palette.
        let unfit = icc.and_then(|icc| Metadata::profile_unfit(icc, 3));
        let icc = icc.filter(|_| unfit.is_none());
        self.notes.extend(unfit);
        let layout = Layout {
            width: picture.width,
            height: picture.height,
            top_down: options.top_down,
            per_metre: dpi.unwrap_or_default(),
            icc,
            icon: false,
        };
        if bits {
            return self.write(&layout, &Body::Bool(&cx.elements()?));
        }
        let pixels = cx.elements::<u8>()?;
        match picture.channels {
            1 => self.write(&layout, &Body::Gray(&pixels)),
            3 => self.write(&layout, &Body::Rgb(&pixels)),
            _ => self.write(&layout, &Body::Rgba(&pixels)),
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Written, or made anew.
const KEPT: &[&str] = &["dpi", "icc", "header_size", "color_space", "rendering_intent"];
