#![doc = include_str!("../README.md")]

mod decode;
mod encode;
mod header;
mod options;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::WriteOptions;

/// What there is to know about this plugin without opening a file. Not lossless: three floats share one exponent.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("hdr", &plugin::Hdr)
    .name("Radiance HDR")
    .extensions(&["hdr", "rgbe", "pic"])
    .mime(&["image/vnd.radiance"])
    .magic(&[Magic::new(0, b"#?RADIANCE"), Magic::new(0, b"#?RGBE")])
    .capabilities(Capabilities::READ.write())
    .writes(&[Dtype::F32], &[WriteShape::Rgb])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
