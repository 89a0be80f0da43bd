#![doc = include_str!("../README.md")]

mod command;
mod plugin;
mod region;
mod resource;
#[cfg(all(unix, not(target_os = "macos"), not(target_os = "android")))]
mod x11;

use imageio_core::resource::scheme::{self, SchemeDescriptor};
use imageio_core::{Capabilities, PluginDescriptor};

/// The places: `<screen>`, `<screen1>`, `<screen:0,0,640x480>`.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("screen", &resource::Opener)
    .schemes(&["<screen"])
    .doc("The screen, one monitor, or a region: `<screen>`, `<screen1>`, `<screen:0,0,640x480>`.");

/// What reads the screen. It is not registered: the place brings it along.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("screen", &plugin::ScreenPlugin)
    .name("Screen")
    .capabilities(Capabilities::READ.multi().and(Capabilities::PROCEDURAL));

imageio_core::submit_scheme!(SCHEME);

/// Registers the places by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
