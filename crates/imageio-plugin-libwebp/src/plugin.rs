use imageio_core::{ImageReader, ImageWriter, Plugin, Request, Result};
use imageio_plugin_webp::codec;

use crate::codec::NativeCodec;

/// The factory of readers and writers.
pub(crate) struct Libwebp;

impl Plugin for Libwebp {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        codec::open_reader(request, &NativeCodec)
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        codec::open_writer(request, &NativeCodec)
    }
}
