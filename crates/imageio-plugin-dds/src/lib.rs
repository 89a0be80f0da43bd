#![doc = include_str!("../README.md")]

mod blocks;
#[cfg(feature = "codecs")]
mod error;
#[cfg(feature = "codecs")]
mod foreign;
mod format;
mod header;
mod options;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::{Effort, PixelFormat, ReadOptions, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("dds", &plugin::Dds)
    .name("DirectDraw Surface")
    .extensions(&["dds"])
    .mime(&["image/vnd-ms.dds", "image/x-dds"])
    .magic(&[Magic::new(0, b"DDS ")])
    .capabilities(Capabilities::READ.write().lossless().multi_read())
    .writes(
        &[Dtype::U8, Dtype::U16, Dtype::F32],
        &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba],
    )
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
