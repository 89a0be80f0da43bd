#![doc = include_str!("../README.md")]

mod decode;
mod develop;
mod dng;
mod facts;
mod ifd;
mod kodak;
mod ljpeg;
mod metadata;
mod open;
mod options;
mod plugin;
mod preview;
mod reader;
mod source;
mod writer;

use imageio_core::{Capabilities, Dtype, Magic, PluginDescriptor, Registry, WriteShape};

pub use self::options::{Compression, Crop, Demosaic, Highlight, OutputColor, ReadOptions, WriteOptions};

/// Signatures of files that are not built like TIFF, or not quite.
pub(crate) const MAGIC: &[Magic] = &[
    Magic::new(0, b"FUJIFILMCCD-RAW"),
    Magic::new(0, b"II\x1a\0\0\0HEAPCCDR"),
    Magic::new(0, b"\0MRM"),
    Magic::new(0, b"FOVb"),
    Magic::new(0, b"ARRI"),
    Magic::new(4, b"ftypcrx "),
    Magic::new(0, b"IIRO"),
    Magic::new(0, b"IIRS"),
    Magic::new(0, b"MMOR"),
    Magic::new(0, b"IIU\0"),
];

/// All signatures: those of TIFF as well, of which `probe` leaves to others what is no raw file.
const SIGNATURES: &[Magic] = &{
    let mut all = [Magic::new(0, b"II*\0"); 12];
    all[1] = Magic::new(0, b"MM\0*");
    let mut i = 0;
    while i < MAGIC.len() {
        all[i + 2] = MAGIC[i];
        i += 1;
    }
    all
};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("raw", &plugin::Raw)
    .name("Camera raw")
    .extensions(&[
        "dng", "3fr", "ari", "arw", "cr2", "cr3", "crw", "dcr", "dcs", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos",
        "mrw", "nef", "nrw", "orf", "pef", "ptx", "raf", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
    ])
    .mime(&["image/x-adobe-dng"])
    .magic(SIGNATURES)
    .capabilities(Capabilities::READ.multi_read())
    .options(&[ReadOptions::SPECS])
    // The first directory of most files, to tell DNG from other TIFF whatever the name.
    .probe_bytes(4096);

/// The writer of DNG. It has an id of its own, since what it writes, a mosaic, is not what a read gives by default.
pub static DNG: PluginDescriptor = PluginDescriptor::new("dng", &writer::Dng)
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
