use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};

/// The factory of readers and writers.
pub(crate) struct Ffmpeg;

impl Plugin for Ffmpeg {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        crate::read::open(request)
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        crate::write::open(request)
    }
}
