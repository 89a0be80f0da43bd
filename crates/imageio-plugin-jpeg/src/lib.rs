#![doc = include_str!("../README.md")]

pub mod backend;
mod markers;
mod metadata;
mod mpf;
mod options;
mod pixels;
mod plugin;
mod reader;
mod segments;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, Registry, WriteShape};

pub use self::options::{Damage, ReadOptions, Subsampling, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("jpeg", &plugin::Jpeg)
    .name("JPEG")
    .extensions(&["jpg", "jpeg", "jpe", "jfif", "jif", "mpo"])
    .mime(&["image/jpeg"])
    .magic(&[Magic::new(0, b"\xFF\xD8\xFF")])
    .capabilities(Capabilities::READ.write().multi_read())
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::Rgb])
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    Registry::global().register(&DESCRIPTOR);
}
