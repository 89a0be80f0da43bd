#![doc = include_str!("../README.md")]

mod encode;
mod folder;
mod opener;
mod paint;
mod sample;

use imageio_core::resource::scheme::{self, SchemeDescriptor};

pub use imageio_core::known::STANDARD_IMAGES;

pub use self::folder::FOLDER_VARIABLE;
pub use self::sample::SAMPLES;

/// What there is to know about the scheme.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("standard", &opener::Standard)
    .schemes(&["imageio"])
    .doc("Sample images made in memory, and the standard images of imageio out of a folder.")
    .archives();

imageio_core::submit_scheme!(SCHEME);

/// Registers the scheme by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
