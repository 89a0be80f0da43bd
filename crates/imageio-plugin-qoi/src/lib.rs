#![doc = include_str!("../README.md")]

mod decode;
mod encode;
mod header;
mod options;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::{ColorSpace, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("qoi", &plugin::Qoi)
    .name("Quite OK Image")
    .extensions(&["qoi"])
    .mime(&["image/qoi", "image/x-qoi"])
    .magic(&[Magic::new(0, header::MAGIC)])
    .capabilities(Capabilities::READ.write().lossless())
    .writes(&[Dtype::U8], &[WriteShape::Rgb, WriteShape::Rgba])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
