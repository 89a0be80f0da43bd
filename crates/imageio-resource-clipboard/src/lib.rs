#![doc = include_str!("../README.md")]

mod board;
mod hold;
mod plugin;
mod resource;

use imageio_core::resource::scheme::{self, SchemeDescriptor};
use imageio_core::{Capabilities, Dtype, PluginDescriptor, WriteShape};

pub use self::hold::{held_by, hold};

/// The place: `<clipboard>`.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("clipboard", &resource::Opener)
    .schemes(&["<clipboard"])
    .doc("The picture in the clipboard: `<clipboard>`.");

/// What reads and writes the clipboard. It is not registered: the place brings it along.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("clipboard", &plugin::ClipboardPlugin)
    .name("Clipboard")
    .capabilities(Capabilities::READ.write().lossless().and(Capabilities::PROCEDURAL))
    .writes(&[Dtype::U8], &[WriteShape::Gray, WriteShape::GrayAlpha, WriteShape::Rgb, WriteShape::Rgba]);

imageio_core::submit_scheme!(SCHEME);

/// Registers the place by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
