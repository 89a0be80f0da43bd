#![doc = include_str!("../README.md")]

mod address;
mod parts;
mod resource;
mod session;
mod whole;

use std::sync::Arc;

use imageio_core::Result;
use imageio_core::resource::ImageResource;
use imageio_core::resource::scheme::{self, SchemeDescriptor, SchemeOpener};

pub use self::resource::FtpResource;

struct Ftp;

impl SchemeOpener for Ftp {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(FtpResource::new(uri)?))
    }
}

/// What there is to know about the schemes.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("ftp", &Ftp)
    .schemes(&["ftp", "ftps"])
    .doc("FTP servers, plain or by TLS: reads, in parts where the server can start in the middle.")
    .archives();

imageio_core::submit_scheme!(SCHEME);

/// Registers the schemes by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
