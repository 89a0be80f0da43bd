#![doc = include_str!("../README.md")]

mod ahead;
mod archive;
mod content;
mod lock;
mod member;
mod name;
mod opener;
mod write;

use imageio_core::resource::scheme::{self, MountDescriptor, SchemeDescriptor};

pub use self::archive::Archive;
pub use self::member::Member;
pub use self::write::{Method, NewMember};

/// Paths into archives: `a.zip/inner/name.png`.
pub static MOUNT: MountDescriptor =
    MountDescriptor::new("zip", &opener::Zip).suffix(".zip").doc("Members of ZIP archives, by path.");

/// The scheme: `zip://a.zip#inner/name.png`.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("zip", &opener::Zip)
    .schemes(&["zip"])
    .doc("Members of ZIP archives with any suffix: `zip:book.cbz#001.png`.");

imageio_core::submit_mount!(MOUNT);
imageio_core::submit_scheme!(SCHEME);

/// Registers both by hand, where linking alone does not.
pub fn register() {
    scheme::register_mount(&MOUNT);
    scheme::register_scheme(&SCHEME);
}
