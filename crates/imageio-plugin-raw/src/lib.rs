#![doc = include_str!("../README.md")]

mod loader;

use imageio_core::{Capabilities, Dtype, PluginDescriptor, Registry, WriteShape};

pub use imageio_rawfile::{
    Compression, Crop, Demosaic, Highlight, OutputColor, RawReader, ReadOptions, Thumbnail, WriteOptions,
};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("raw", &imageio_rawfile::Raw(&loader::Loader))
    .name("Camera raw")
    .extensions(imageio_rawfile::EXTENSIONS)
    .mime(&["image/x-adobe-dng"])
    .magic(imageio_rawfile::SIGNATURES)
    .capabilities(Capabilities::READ.multi_read())
    .options(&[ReadOptions::SPECS])
    .probe_bytes(imageio_rawfile::PROBE_BYTES);

/// The writer of DNG. It has an id of its own, since what it writes, a mosaic, is not what a read gives by default.
pub static DNG: PluginDescriptor = PluginDescriptor::new("dng", &imageio_rawfile::Dng)
    .name("Adobe Digital Negative, written from a mosaic")
    .extensions(&["dng"])
    .mime(&["image/x-adobe-dng"])
    .capabilities(Capabilities::NONE.write())
    .writes(&[Dtype::U16, Dtype::F32], &[WriteShape::Gray, WriteShape::Rgb])
    .options(&[WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);
imageio_core::submit_plugin!(DNG);

/// Registers the plugin and the writer by hand, where linking alone does not.
pub fn register() {
    Registry::global().register(&DESCRIPTOR);
    Registry::global().register(&DNG);
}
