//! A plugin around a decoder of the `image` crate, whole: farbfeld by `image::codecs::farbfeld`.
//!
//! `cargo run -p imageio-image-bridge --example farbfeld -- tests/corpus/farbfeld/picture.ff`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use std::io::SeekFrom;

use image::codecs::farbfeld::FarbfeldDecoder;
use imageio_core::{
    Capabilities, Error, ImageProperties, ImageReader, Magic, Metadata, Plugin, PluginDescriptor, QueryCx, ReadCx,
    ReadSeek, Request, Result,
};
use imageio_image_bridge as bridge;

/// What there is to know about the plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("farbfeld-image", &Farbfeld)
    .name("farbfeld, by the image crate")
    .extensions(&["ff"])
    .magic(&[Magic::new(0, b"farbfeld")])
    .capabilities(Capabilities::READ);

imageio_core::submit_plugin!(DESCRIPTOR);

struct Farbfeld;

impl Plugin for Farbfeld {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(b"farbfeld") {
            return Err(Error::declined("no farbfeld signature"));
        }
        let mut reader = Reader(request.stream()?);
        // What is wrong with the header is said now.
        bridge::properties(&reader.decoder()?)?;
        Ok(Box::new(reader))
    }
}

struct Reader<'r>(Box<dyn ReadSeek + 'r>);

impl<'r> Reader<'r> {
    /// A decoder at the beginning of the file: decoders of `image` read pixels once.
    fn decoder(&mut self) -> Result<FarbfeldDecoder<&mut (dyn ReadSeek + 'r)>> {
        self.0.seek(SeekFrom::Start(0))?;
        FarbfeldDecoder::new(&mut *self.0).map_err(bridge::map_error)
    }

    fn only(&mut self, index: usize) -> Result<FarbfeldDecoder<&mut (dyn ReadSeek + 'r)>> {
        if index == 0 { self.decoder() } else { Err(Error::index_out_of_range(index, Some(1))) }
    }
}

impl ImageReader for Reader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        Ok(bridge::properties(&self.only(cx.index())?)?.with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        bridge::pour(self.only(cx.index())?, cx.sink())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        bridge::metadata(&mut self.only(cx.index())?)
    }
}

fn main() -> Result<()> {
    let Some(file) = std::env::args_os().nth(1) else {
        println!("usage: farbfeld FILE.ff");
        return Ok(());
    };
    let image = imageio_core::v3::imread(std::path::Path::new(&file))?;
    println!("{:?} {}", image.shape(), image.dtype());
    Ok(())
}
