#![doc = include_str!("../README.md")]

mod capture;
mod find;
mod install;
mod options;
mod pixel_format;
mod plugin;
mod probe;
mod process;
mod read;
mod watch;
mod write;

use imageio_core::{Capabilities, Dtype, PluginDescriptor, WriteShape};

pub use self::capture::{Camera, cameras};
pub use self::install::{NO_INTERNET, install_ffmpeg};
pub use self::options::OpenOptions;
pub use self::read::{Chroma, Conversion, Count, ReadOptions, SourceOptions};
pub use self::write::{Bitrate, ColorRange, ColorSpace, OddSize, WriteOptions};

/// What there is to know about this plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("ffmpeg", &plugin::Ffmpeg)
    .name("Video, through ffmpeg")
    .extensions(&[
        "webm", "mp4", "m4v", "mov", "mkv", "avi", "mpg", "mpeg", "ts", "mts", "m2ts", "wmv", "asf", "flv", "f4v",
        "ogv", "3gp", "3g2", "mxf", "nut", "vob", "dv", "y4m", "ivf", "h264", "264", "hevc", "h265", "265", "mjpeg",
        "mjpg",
    ])
    .capabilities(
        Capabilities::READ
            .write()
            .multi()
            .generic()
            .and(Capabilities::NEEDS_PATH)
            .and(Capabilities::PROCEDURAL)
            .and(Capabilities::VIDEO),
    )
    .writes(&[Dtype::U8], &[WriteShape::Rgb])
    // Grey, alpha, 16 bits, booleans and floats are written by the rules of the page, and read as RGB by default.
    .converts(&[Dtype::Bool, Dtype::U16, Dtype::F16, Dtype::F32, Dtype::F64])
    .options(&[OpenOptions::SPECS, SourceOptions::SPECS, ReadOptions::SPECS, WriteOptions::SPECS]);

imageio_core::submit_plugin!(DESCRIPTOR);

/// Registers the plugin by hand, where linking alone does not.
pub fn register() {
    imageio_core::Registry::global().register(&DESCRIPTOR);
}
