use imageio_core::{Confidence, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

/// The factory of readers and writers.
pub(crate) struct Ffmpeg;

impl Plugin for Ffmpeg {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        crate::probe::confidence(input)
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        crate::read::open(request)
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        crate::write::open(request)
    }
}
