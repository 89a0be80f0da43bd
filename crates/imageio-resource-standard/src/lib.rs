#![doc = include_str!("../README.md")]

#[cfg(feature = "download")]
mod download;
mod encode;
mod folder;
#[cfg(feature = "download")]
mod hashes;
mod opener;
mod paint;
mod places;
mod sample;

use imageio_core::resource::scheme::{self, SchemeDescriptor};

pub use imageio_core::known::STANDARD_IMAGES;

#[cfg(feature = "download")]
pub use self::download::{NO_INTERNET_VARIABLE, URL_VARIABLE, on_download};
pub use self::places::{FOLDER_VARIABLE, USER_FOLDER_VARIABLE, cache_folder};
pub use self::sample::SAMPLES;

/// What there is to know about the scheme.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("standard", &opener::Standard)
    .schemes(&["imageio"])
    .doc("Sample images made in memory, and the standard images of imageio: from a folder, a cache, or the network.")
    .archives();

imageio_core::submit_scheme!(SCHEME);

/// Registers the scheme by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
