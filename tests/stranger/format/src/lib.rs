//! A format by someone we have never heard of: it depends on imageio-core alone.

use std::io::Read;

use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, Magic, Plugin, PluginDescriptor, QueryCx, ReadCx, Request, Result,
};

pub static DESCRIPTOR: PluginDescriptor =
    PluginDescriptor::new("stranger", &Stranger).extensions(&["odd"]).magic(&[Magic::new(0, b"ODD!")]);

imageio_core::submit_plugin!(DESCRIPTOR);

struct Stranger;

impl Plugin for Stranger {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(b"ODD!") {
            return Err(Error::declined("no ODD! signature"));
        }
        let mut pixels = [0; 10];
        request.stream()?.read_exact(&mut pixels)?;
        Ok(Box::new(Odd { pixels }))
    }
}

struct Odd {
    pixels: [u8; 10],
}

impl ImageReader for Odd {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        match cx.index() {
            0 => Ok(ImageProperties::picture(Dtype::U8, 2, 3, "L").with_n_images(1)),
            k => Err(Error::index_out_of_range(k, Some(1))),
        }
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        self.properties(&cx.query())?;
        cx.sink().slice::<u8>(&[2, 3])?.copy_from_slice(&self.pixels[4..]);
        Ok(())
    }
}
