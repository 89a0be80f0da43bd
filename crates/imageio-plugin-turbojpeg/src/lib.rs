#![doc = include_str!("../README.md")]

mod plugin;
mod turbo;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, Registry, WriteShape};

pub use imageio_plugin_jpeg::{Damage, ReadOptions, Subsampling, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("turbojpeg", &plugin::TurboJpeg)
    .name("JPEG (libjpeg-turbo)")
    .extensions(&["jpg", "jpeg", "jpe", "jfif", "jif", "mpo"])
    .mime(&["image/jpeg"])
    .magic(&[Magic::new(0, b"\xFF\xD8\xFF")])
    .capabilities(Capabilities::READ.write().multi_read().native())
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::Rgb])
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS])
    // Above the plugin `jpeg`: whoever builds the C library in wants it used.
    .priority(10);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    Registry::global().register(&DESCRIPTOR);
}
