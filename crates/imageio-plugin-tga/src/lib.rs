#![doc = include_str!("../README.md")]

mod extension;
mod header;
mod options;
mod pixels;
mod plugin;
mod reader;
mod rle;
mod writer;

use imageio_core::{Capabilities, Dtype, PluginDescriptor, WriteShape};

pub use self::options::WriteOptions;

/// What there is to know about this plugin without opening a file. Targa has no signature at the start, so there is
/// no magic: a header that makes sense has to do.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("tga", &plugin::Tga)
    .name("Truevision Targa")
    .extensions(&["tga", "icb", "vda", "vst"])
    .mime(&["image/x-tga", "image/x-targa"])
    .capabilities(Capabilities::READ.write().lossless())
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
