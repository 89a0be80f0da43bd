#![doc = include_str!("../README.md")]

mod address;
mod object;
mod resource;
mod runtime;
mod store;

use std::sync::Arc;

use imageio_core::Result;
use imageio_core::resource::ImageResource;
use imageio_core::resource::scheme::{self, SchemeDescriptor, SchemeOpener};

pub use self::resource::ObjectResource;

struct Buckets;

impl SchemeOpener for Buckets {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(ObjectResource::new(uri)?))
    }
}

/// What there is to know about the schemes.
pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("object-store", &Buckets)
    .schemes(&["s3", "gs", "az"])
    .doc("Buckets of Amazon S3 and what speaks its language, Google Cloud Storage, Azure Blob Storage.")
    .archives();

imageio_core::submit_scheme!(SCHEME);

/// Registers the schemes by hand, where linking alone does not.
pub fn register() {
    scheme::register_scheme(&SCHEME);
}
