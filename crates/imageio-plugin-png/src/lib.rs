#![doc = include_str!("../README.md")]

mod canvas;
mod chunk;
mod compress;
mod decode;
mod delay;
mod error;
mod feed;
mod file;
mod filter;
mod frames;
mod gamma;
mod header;
mod metadata;
mod options;
mod palette;
mod plugin;
mod raster;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::{ApplyGamma, Compose, Filter, ReadOptions, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("png", &plugin::Png)
    .name("Portable Network Graphics, with APNG")
    .extensions(&["png", "apng"])
    .mime(&["image/png", "image/apng"])
    .magic(&[Magic::new(0, &chunk::SIGNATURE)])
    .capabilities(Capabilities::READ.write().multi().lossless())
    .writes(
        &[Dtype::Bool, Dtype::U8, Dtype::U16],
        &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba],
    )
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
