//! `s3://bucket/key`: which cloud, which bucket, which object.

use std::fmt;

use imageio_core::resource::uri;
use imageio_core::{Error, ErrorKind, Result};
use object_store::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cloud {
    Amazon,
    Google,
    Azure,
}

/// Where an object is. The key is taken as it is written, without decoding, as the clouds' own programs do.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub cloud: Cloud,
    pub scheme: &'static str,
    pub bucket: String,
    pub key: String,
}

impl Address {
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |what: &'static str| {
            Error::new(ErrorKind::NotFound, format!("not a usable address: {what}"))
                .with("resource", uri::redacted(text))
                .with_hint("the form is s3://bucket/key (gs:// and az:// alike)")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| fault("`://` is missing"))?;
        let (cloud, scheme) = match scheme.to_ascii_lowercase().as_str() {
            "s3" => (Cloud::Amazon, "s3"),
            "gs" => (Cloud::Google, "gs"),
            "az" => (Cloud::Azure, "az"),
            _ => return Err(fault("its scheme is not one of s3, gs, az")),
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if bucket.is_empty() || !bucket.chars().all(fits) {
            return Err(fault("the name of the bucket is missing, or none that a bucket can have"));
        }
        let address = Address { cloud, scheme, bucket: bucket.to_owned(), key: key.to_owned() };
        address.path().map_err(|_| fault("the key is none that an object can have"))?;
        Ok(address)
    }

    pub fn path(&self) -> Result<Path, object_store::path::Error> {
        Path::parse(self.key.trim_end_matches('/'))
    }

    /// Whether it names what lies below a prefix, and no object.
    pub fn is_prefix(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    pub fn file_name(&self) -> Option<&str> {
        self.key.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let a = Address::parse("S3://my-bucket/a b/ü%20.tif").unwrap();
        assert_eq!((a.cloud, a.bucket.as_str(), a.key.as_str()), (Cloud::Amazon, "my-bucket", "a b/ü%20.tif"));
        assert_eq!((a.file_name(), a.is_prefix()), (Some("ü%20.tif"), false));
        assert_eq!(a.to_string(), "s3://my-bucket/a b/ü%20.tif");
        for (text, file_name) in [("gs://b", None), ("az://b/", None), ("s3://b/scans/", None)] {
            let a = Address::parse(text).unwrap();
            assert_eq!((a.file_name(), a.is_prefix()), (file_name, true), "{text}");
        }
        for bad in ["s3:b/k", "s3://", "s3:///k", "s3://b@c/k", "s3://b/../k", "s3://b/a//k", "http://b/k"] {
            assert_eq!(Address::parse(bad).unwrap_err().kind(), ErrorKind::NotFound, "{bad}");
        }
    }
}
