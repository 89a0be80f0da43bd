use imageio_core::{Confidence, Error, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

use crate::header::Header;
use crate::reader::TgaReader;
use crate::writer::TgaWriter;

/// The factory of readers and writers.
pub(crate) struct Tga;

fn named(extension: Option<&str>) -> bool {
    extension.is_some_and(|e| matches!(e, "tga" | "icb" | "vda" | "vst"))
}

impl Plugin for Tga {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let header = Header::parse(input.head());
        Some(match (header, named(input.extension())) {
            (Some(header), true) if header.refusal().is_none() => Confidence::Magic,
            (_, true) => Confidence::Extension,
            (Some(header), false) if header.is_tidy() => Confidence::Weak,
            _ => Confidence::No,
        })
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let Some(header) = Header::parse(request.head()) else {
            return Err(Error::malformed("a Targa header has 18 bytes").with("offset", request.head().len()));
        };
        if let Some(why) = header.refusal() {
            return Err(Error::declined(format!("no Targa header: {why}")));
        }
        Ok(Box::new(TgaReader::open(request, header)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(TgaWriter::new(request.sink()?)))
    }
}
