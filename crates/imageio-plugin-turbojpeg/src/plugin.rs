use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};
use imageio_plugin_jpeg::backend;

use crate::turbo::Turbo;

/// The factory of readers and writers.
pub(crate) struct TurboJpeg;

impl Plugin for TurboJpeg {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        backend::open_reader(request, &Turbo)
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        backend::open_writer(request, &Turbo)
    }
}
