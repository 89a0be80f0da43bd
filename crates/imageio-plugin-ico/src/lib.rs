#![doc = include_str!("../README.md")]

mod directory;
mod error;
mod options;
mod payload;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::{BitmapFormat, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("ico", &plugin::Ico)
    .name("Windows icon and cursor")
    .extensions(&["ico", "cur"])
    .mime(&["image/vnd.microsoft.icon", "image/x-icon"])
    .magic(&[Magic::new(0, b"\0\0\x01\0"), Magic::new(0, b"\0\0\x02\0")])
    .capabilities(Capabilities::READ.write().lossless().multi())
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
