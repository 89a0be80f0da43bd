use std::io::Write;

use imageio_core::{Error, ImageWriter, Metadata, Request, Result, Sink, WriteCx};
use imageio_jpeg::{Density, Model, Picture, Settings};

use crate::backend::{Backend, ToCode};
use crate::options::WriteOptions;
use crate::pixels::Pixels;
use crate::segments::{Segments, density};

/// A file to be.
pub(crate) struct JpegWriter {
    sink: Sink,
    metadata: Option<Metadata>,
    written: bool,
    notes: Vec<String>,
    backend: Option<&'static dyn Backend>,
}

impl JpegWriter {
    /// Takes the metadata of the file; all else comes with the image.
    pub(crate) fn open(request: &mut dyn Request<'_>, backend: Option<&'static dyn Backend>) -> Result<Self> {
        let metadata = request.metadata().cloned();
        Ok(JpegWriter { sink: request.sink()?, metadata, written: false, notes: Vec::new(), backend })
    }

    /// The file as the other codec makes it, with our segments.
    fn foreign(
        &self,
        pixels: &Pixels<'_>,
        options: &WriteOptions,
        density: Density,
        segments: &[u8],
    ) -> Option<Vec<u8>> {
        let Pixels { ref samples, width, height, channels } = *pixels;
        let image = ToCode { samples, width, height, channels, options };
        let file = self.backend.filter(|_| channels < 4)?.encode(&image)?;
        let jfif = file.strip_prefix(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0")?.get(9..)?;
        let mut out = Vec::with_capacity(file.len() + segments.len());
        out.extend_from_slice(&[0xFF, 0xD8]);
        density.put(&mut out);
        out.extend_from_slice(segments);
        out.extend_from_slice(jfif);
        Some(out)
    }
}

impl ImageWriter for JpegWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        if self.written {
            return Err(Error::mismatch("a JPEG file holds one image"));
        }
        cx.check_cancelled()?;
        let options = WriteOptions::parse(cx.options())?;
        let pixels = Pixels::of(cx, &options)?;
        let metadata = cx.metadata().or(self.metadata.as_ref());
        let segments = metadata.map(|metadata| Segments::new(metadata, pixels.channels));
        let model = match pixels.channels {
            1 => Model::Gray,
            3 if options.keep_rgb => Model::Rgb,
            3 => Model::YCbCr,
            _ => Model::InvertedCmyk,
        };
        let settings = Settings {
            quality: options.quality,
            subsampling: options.subsampling.factors(),
            progressive: options.progressive,
            optimize: options.optimize,
            restart_interval: options.restart_interval,
        };
        let density = density(&options.dpi, metadata)?;
        let bytes: &[u8] = segments.as_ref().map_or(&[], |s| &s.bytes);
        let file = match self.foreign(&pixels, &options, density, bytes) {
            Some(file) => file,
            None => Picture::new(&pixels.samples, pixels.width, pixels.height, model, settings)?.encode(density, bytes),
        };
        self.notes.extend(segments.into_iter().flat_map(|s| s.notes));
        self.sink.write_all(&file)?;
        self.written = true;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if !self.written {
            return Err(Error::mismatch("a JPEG file holds one image, none was written"));
        }
        self.sink.flush()?;
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
