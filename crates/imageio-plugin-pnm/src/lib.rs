#![doc = include_str!("../README.md")]

mod header;
mod options;
mod plain;
mod plugin;
mod reader;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, WriteShape};

pub use self::options::{ReadOptions, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("pnm", &plugin::Pnm)
    .name("Netpbm: PBM, PGM, PPM, PAM and PFM")
    .extensions(&["pnm", "pbm", "pgm", "ppm", "pam", "pfm"])
    .mime(&[
        "image/x-portable-anymap",
        "image/x-portable-bitmap",
        "image/x-portable-graymap",
        "image/x-portable-pixmap",
    ])
    .magic(&[
        Magic::new(0, b"P1"),
        Magic::new(0, b"P2"),
        Magic::new(0, b"P3"),
        Magic::new(0, b"P4"),
        Magic::new(0, b"P5"),
        Magic::new(0, b"P6"),
        Magic::new(0, b"P7"),
        Magic::new(0, b"PF"),
        Magic::new(0, b"Pf"),
    ])
    .capabilities(Capabilities::READ.write().lossless().multi())
    .writes(
        &[Dtype::Bool, Dtype::U8, Dtype::U16, Dtype::F32],
        &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba],
    )
    .options(&[ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
