#![doc = include_str!("../README.md")]

pub mod codec;
mod container;
mod error;
mod options;
mod plugin;
mod read;
mod write;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::WriteOptions;

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("webp", &plugin::Webp)
    .name("WebP")
    .extensions(&["webp"])
    .mime(&["image/webp"])
    .magic(&[MAGIC])
    .capabilities(Capabilities::READ.write().multi())
    .writes(&[Dtype::U8], &[WriteShape::Rgb, WriteShape::Rgba])
    .options(&[WriteOptions::SPECS]);

/// The signature of WebP files.
pub const MAGIC: Magic = Magic::masked(0, b"RIFF\0\0\0\0WEBP", b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff");

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
