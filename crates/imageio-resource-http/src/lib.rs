#![doc = include_str!("../README.md")]

mod attempts;
mod body;
mod client;
mod content;
mod failure;
mod forward;
mod hook;
mod opener;
mod proxy;
mod ranged;
mod remote;
mod resource;
mod settings;
mod url;
mod whole;

use imageio_core::resource::scheme::{self, SchemeDescriptor};

pub use self::hook::on_transfer;
pub use self::resource::HttpResource;
pub use imageio_ranged::TIMEOUT_VARIABLE;

/// What there is to know about the schemes.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("http", &opener::Http)
    .schemes(&["http", "https"])
    .doc("Web servers: only the parts that are needed where they serve ranges, the whole file otherwise.")
    .archives();

imageio_core::submit_scheme!(SCHEME);

/// Registers the schemes by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
