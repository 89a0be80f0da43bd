#![doc = include_str!("../README.md")]

mod metadata;
mod options;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::WriteOptions;

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("bmp", &plugin::Bmp)
    .name("Windows bitmap")
    .extensions(&["bmp", "dib"])
    .mime(&["image/bmp", "image/x-ms-bmp"])
    .magic(&[Magic::new(0, b"BM"), Magic::new(0, b"BA")])
    .capabilities(Capabilities::READ.write().lossless().multi_read())
    .writes(&[Dtype::Bool, Dtype::U8], &[WriteShape::Gray, WriteShape::Rgb, WriteShape::Rgba])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
