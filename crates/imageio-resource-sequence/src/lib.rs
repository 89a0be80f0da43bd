#![doc = include_str!("../README.md")]

mod listing;
mod pattern;
mod plugin;
mod reader;
mod sequence;
mod writer;

use imageio_core::resource::scheme::{self, SchemeDescriptor};
use imageio_core::{Capabilities, PluginDescriptor};

pub use self::sequence::Sequence;

/// The scheme: `sequence:scan_*.tif`.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("sequence", &sequence::Opener)
    .schemes(&["sequence"])
    .doc("A folder, a pattern or numbered files as one resource: `sequence:img_%04d.png`.");

/// What reads and writes sequences. It is not registered: sequences bring it along. Named in
/// [`ReadOptions::plugin`](imageio_core::ReadOptions::plugin), it reads any directory.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("sequence", &plugin::SequencePlugin)
    .name("Sequence of files")
    .capabilities(Capabilities::READ.write().multi().and(Capabilities::PROCEDURAL).and(Capabilities::FORWARDS));

imageio_core::submit_scheme!(SCHEME);

/// Registers the scheme by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
