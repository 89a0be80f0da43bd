#![doc = include_str!("../README.md")]

mod attribute;
mod bytes;
mod codec;
mod decode;
mod encode;
mod header;
mod layout;
mod metadata;
mod options;
mod plugin;
mod reader;
mod select;
mod writer;

pub use self::options::{Compression, ExrOpenOptions, ExrReadOptions, ExrWriteOptions};

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("exr", &plugin::Exr)
    .name("OpenEXR")
    .extensions(&["exr", "sxr", "mxr"])
    .mime(&["image/x-exr", "image/aces"])
    .magic(&[Magic::new(0, &header::MAGIC)])
    .capabilities(Capabilities::READ.write().multi().lossless())
    .writes(
        &[Dtype::F16, Dtype::F32, Dtype::U32],
        &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba],
    )
    .options(&[ExrOpenOptions::SPECS, ExrReadOptions::SPECS, ExrWriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
