#![doc = include_str!("../README.md")]

mod boxes;
mod cameras;
mod decode;
mod develop;
mod dng;
mod facts;
mod headers;
mod ifd;
mod kodak;
mod ljpeg;
mod maker;
mod metadata;
mod named;
mod open;
mod options;
mod plugin;
mod preview;
mod reader;
mod sony;
mod source;
mod writer;

use imageio_core::Magic;

pub use self::cameras::Cameras;
pub use self::facts::{Area, Facts, MosaicOnly, Samples, as_shot};
pub use self::options::{Compression, Crop, Demosaic, Highlight, OutputColor, ReadOptions, WriteOptions};
pub use self::plugin::Raw;
pub use self::preview::Thumbnail;
pub use self::reader::RawReader;
pub use self::writer::Dng;

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
pub const SIGNATURES: &[Magic] = &{
    let mut all = [Magic::new(0, b"II*\0"); 12];
    all[1] = Magic::new(0, b"MM\0*");
    let mut i = 0;
    while i < MAGIC.len() {
        all[i + 2] = MAGIC[i];
        i += 1;
    }
    all
};

/// Extensions of raw files.
pub const EXTENSIONS: &[&str] = &[
    "dng", "3fr", "ari", "arw", "cr2", "cr3", "crw", "dcr", "dcs", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos",
    "mrw", "nef", "nrw", "orf", "pef", "ptx", "raf", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
];

/// First bytes that `probe` wants: the first directory of most files, to tell DNG from other TIFF whatever the name.
pub const PROBE_BYTES: usize = 4096;
