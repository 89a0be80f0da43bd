use imageio_core::{Confidence, Error, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

use crate::directory;
use crate::reader::IcoReader;
use crate::writer::IcoWriter;

/// The factory of readers and writers.
pub(crate) struct Ico;

impl Plugin for Ico {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let named = input.extension().is_some_and(|e| matches!(e, "ico" | "cur"));
        Some(match directory::plausible(input.head()) {
            // Four bytes, three of them 0, are a weak signature: the first entry has to make sense.
            Some(true) => Confidence::Magic,
            Some(false) if named => Confidence::Magic,
            None if named => Confidence::Extension,
            _ => Confidence::No,
        })
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if directory::plausible(request.head()).is_none() {
            return Err(Error::declined("no signature of an icon or a cursor"));
        }
        Ok(Box::new(IcoReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        let cursor = request.extension() == Some("cur");
        Ok(Box::new(IcoWriter::new(request.sink()?, cursor)))
    }
}
