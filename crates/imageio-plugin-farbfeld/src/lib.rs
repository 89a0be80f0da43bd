#![doc = include_str!("../README.md")]

mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("farbfeld", &plugin::Farbfeld)
    .name("farbfeld")
    .extensions(&["ff", "farbfeld"])
    .mime(&["image/x-farbfeld"])
    .magic(&[Magic::new(0, plugin::MAGIC)])
    .capabilities(Capabilities::READ.write().lossless())
    .writes(&[Dtype::U16], &[WriteShape::Rgba]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
