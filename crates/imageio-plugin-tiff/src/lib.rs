#![doc = include_str!("../README.md")]

mod append;
mod blame;
mod chain;
mod decode;
mod describe;
mod encode;
mod exif;
mod fields;
mod flavour;
mod geo;
mod handle;
mod ifd;
mod imagej_tag;
mod json;
mod layout;
mod listed;
mod metadata;
mod ndpi;
mod options;
mod page;
mod palette;
mod plugin;
mod reader;
mod series;
mod source;
mod spacing;
mod store;
mod tags;
mod target;
mod value;
mod writer;
#[cfg(feature = "zstd")]
mod zstd;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, Registry, WriteShape};

pub use self::handle::{PageInfo, Part, SeriesInfo, Tile, Tiles};
pub use self::options::{
    BigTiff, ByteOrder, Compression, OpenOptions, Palette, Predictor, ReadOptions, ResolutionUnit, WriteOptions,
};
pub use self::reader::TiffReader;

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("tiff", &plugin::Tiff)
    .name("Tagged Image File Format")
    .extensions(&["tif", "tiff", "ome.tif", "ome.tiff", "tf8", "btf", "ptif"])
    .mime(&["image/tiff"])
    .magic(&[
        Magic::new(0, b"II*\0"),
        Magic::new(0, b"MM\0*"),
        Magic::new(0, b"II+\0\x08\0\0\0"),
        Magic::new(0, b"MM\0+\0\x08\0\0"),
    ])
    .capabilities(Capabilities::READ.write().multi().lossless())
    .writes(&Dtype::ALL, &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba, WriteShape::Any])
    .options(&[OpenOptions::SPECS, ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    Registry::global().register(&DESCRIPTOR);
}
