#![doc = include_str!("../README.md")]

mod header;
mod options;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, Registry, WriteShape};

pub use self::options::WriteOptions;

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("toy", &plugin::Toy)
    .name("Toy format")
    .extensions(&["toy"])
    .magic(&[Magic::new(0, b"TOY1")])
    .capabilities(Capabilities::READ.write().lossless())
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::Rgb])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    Registry::global().register(&DESCRIPTOR);
}
