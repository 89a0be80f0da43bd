#![doc = include_str!("../README.md")]

mod animation;
mod batch;
mod coded;
mod compose;
mod draw;
mod encode;
mod extensions;
mod geometry;
mod input;
mod layout;
mod lzw;
mod metadata;
mod options;
mod palette;
mod pixels;
mod plugin;
mod quantize;
mod reader;
mod slots;
mod tables;
mod timing;
mod workers;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::{Compose, Dither, OpenOptions, Quantizer, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("gif", &plugin::Gif)
    .name("Graphics Interchange Format")
    .extensions(&["gif"])
    .mime(&["image/gif"])
    .magic(&[Magic::new(0, b"GIF87a"), Magic::new(0, b"GIF89a")])
    .capabilities(Capabilities::READ.write().multi())
    // RGBA is written as well, but alpha does not come back as it was unless it is all or nothing.
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::Rgb])
    .options(&[OpenOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
