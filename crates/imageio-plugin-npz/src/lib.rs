#![doc = include_str!("../README.md")]

mod archive;
mod member;
mod options;
mod plugin;
mod reader;
mod writer;
mod zip;

pub use self::options::{Compression, NpzOpenOptions, NpzWriteOptions};

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("npz", &plugin::Npz)
    .name("NumPy archive")
    .extensions(&["npz"])
    .magic(&[Magic::new(0, &zip::LOCAL), Magic::new(0, &zip::END)])
    .capabilities(Capabilities::READ.write().multi().lossless())
    .writes(&Dtype::ALL, &[WriteShape::Any])
    .options(&[NpzOpenOptions::SPECS, NpzWriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
