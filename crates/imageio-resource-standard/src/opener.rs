//! From a URI to one of our images.

use std::sync::Arc;

use imageio_core::known::STANDARD_IMAGES;
use imageio_core::resource::scheme::SchemeOpener;
use imageio_core::resource::{ImageResource, uri};
use imageio_core::{Error, ErrorKind, Result, nearest_name};

use crate::folder;
use crate::sample::{self, SAMPLES};

/// Opens `imageio:name` and `imageio://name`.
pub(crate) struct Standard;

impl SchemeOpener for Standard {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        let name = uri.split_once(':').map_or(uri, |(_, rest)| rest);
        let name = name.strip_prefix("//").unwrap_or(name).trim_end_matches('/');
        if let Some(sample) = sample::find(name) {
            return Ok(sample);
        }
        if STANDARD_IMAGES.contains(&name) {
            return folder::find(name);
        }
        Err(unknown(name))
    }

    fn create(&self, _uri: &str) -> Result<Arc<dyn ImageResource>> {
        Err(Error::new(ErrorKind::ReadOnly, "nothing can be written to `imageio:`, whose images are given")
            .with_hint("write to a file, or to \"<bytes>\""))
    }
}

fn unknown(name: &str) -> Error {
    let all = || SAMPLES.iter().chain(STANDARD_IMAGES).copied();
    let advice = nearest_name(name, all()).map_or_else(String::new, |near| format!("did you mean `imageio:{near}`? "));
    Error::new(ErrorKind::NotFound, format!("there is no standard image `{}`", uri::redacted(name))).with_hint(format!(
        "{advice}samples: {}; standard images: {}",
        SAMPLES.join(", "),
        STANDARD_IMAGES.join(", ")
    ))
}
