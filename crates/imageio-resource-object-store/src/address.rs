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
        if let Some((front, _)) = rest.split_once('?').filter(|(_, query)| is_signature(query)) {
            let what = "not a usable address: it carries a signature, which belongs to a web address";
            return Err(Error::new(ErrorKind::NotFound, what)
                .with("resource", format!("{scheme}://{front}?***"))
                .with_hint("give the signed address as it was made, which begins with https:"));
        }
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

    /// All of it, with what may be a secret.
    pub fn uri(&self) -> String {
        format!("{}://{}/{}", self.scheme, self.bucket, self.key)
    }

    pub fn file_name(&self) -> Option<&str> {
        self.key.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

/// Whether what follows a `?` is what the clouds sign addresses with: then it is a key to the object, and no part of its
/// name. Any other `?` is a letter of the name, as for the clouds' own programs.
fn is_signature(query: &str) -> bool {
    let names = ["x-amz-signature", "x-amz-credential", "x-goog-signature", "x-goog-credential", "signature", "sig"];
    query.split(['&', '?']).filter_map(|part| part.split_once('=')).any(|(name, _)| {
        let name = String::from_utf8_lossy(&uri::percent_decode(name)).to_ascii_lowercase();
        names.contains(&name.as_str())
    })
}

/// For messages: what looks like a secret in the name is not shown.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&uri::redacted(&self.uri()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_addresses_are_refused_and_not_shown() {
        let secret = "hunter2";
        let signed = [
            "s3://b/scans/a.tif?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=hunter2%2F20260101&X-Amz-Signature=hunter2",
            "s3://b/a.tif?AWSAccessKeyId=hunter2&Expires=1&Signature=hunter2",
            "s3://b/a.tif?versionId=3?x-amz-%73ignature=hunter2",
            "gs://b/a.tif?X-Goog-Signature=hunter2#x",
            "az://b/a.tif?sv=2024-01-01&se=2026-01-01&sr=b&sp=r&sig=hunter2%3D",
        ];
        for text in signed {
            let e = Address::parse(text).unwrap_err();
            assert!(e.message().contains("signature"), "{text}: {e}");
            assert!(e.context_value("resource").is_some_and(|shown| shown.ends_with("a.tif?***")), "{text}: {e}");
            assert!(e.hint().is_some_and(|hint| hint.contains("https:")), "{text}: {e:?}");
            assert!(!format!("{e} {e:?}").contains(secret), "{text}: {e:?}");
        }
        // A letter of the name, and even then not shown where it looks like a secret.
        let a = Address::parse("s3://b/what?.tif").unwrap();
        assert_eq!((a.key.as_str(), a.to_string().as_str()), ("what?.tif", "s3://b/what?.tif"));
        let a = Address::parse("s3://b/a?token=hunter2").unwrap();
        assert_eq!((a.key.as_str(), a.to_string().as_str()), ("a?token=hunter2", "s3://b/a?token=***"));
        assert!(!format!("{:?}", crate::ObjectResource::new("s3://b/a?token=hunter2").unwrap()).contains(secret));
    }

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
