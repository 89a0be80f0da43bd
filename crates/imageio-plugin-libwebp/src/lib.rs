#![doc = include_str!("../README.md")]

mod codec;
mod plugin;

use imageio_core::{Capabilities, Dtype, PluginDescriptor, WriteShape};

pub use imageio_plugin_webp::WriteOptions;

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("libwebp", &plugin::Libwebp)
    .name("WebP (libwebp)")
    .extensions(&["webp"])
    .mime(&["image/webp"])
    .magic(&[imageio_plugin_webp::MAGIC])
    .capabilities(Capabilities::READ.write().multi().native())
    .writes(&[Dtype::U8], &[WriteShape::Rgb, WriteShape::Rgba])
    .options(&[WriteOptions::SPECS])
    // Before the plugin in pure Rust: whoever links C code on purpose wants it to be used.
    .priority(10);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
