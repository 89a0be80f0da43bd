#![doc = include_str!("../README.md")]

mod beyond;
mod loader;

use imageio_core::{Capabilities, PluginDescriptor, Registry};

pub use imageio_rawfile::{Crop, Demosaic, Highlight, OutputColor, RawReader, ReadOptions, Thumbnail};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("rawler", &imageio_rawfile::Raw(&loader::Rawler))
    .name("Camera raw, through rawler")
    .extensions(imageio_rawfile::EXTENSIONS)
    .mime(&["image/x-adobe-dng"])
    .magic(imageio_rawfile::SIGNATURES)
    .capabilities(Capabilities::READ.multi_read())
    .options(&[ReadOptions::SPECS])
    .probe_bytes(imageio_rawfile::PROBE_BYTES)
    // The plugin `raw` is asked first, whose decoder is small, and passes on what it does not know.
    .priority(-1);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    Registry::global().register(&DESCRIPTOR);
}
