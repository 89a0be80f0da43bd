//! From paths and URIs to members.

use std::sync::Arc;

use imageio_core::resource::scheme::{self, MountOpener, SchemeOpener};
use imageio_core::{Error, ErrorKind, ImageResource, Result};

use crate::member::Member;
use crate::write::Method;

/// Opens `a.zip/inner` and `zip:a.zip#inner`.
pub(crate) struct Zip;

impl MountOpener for Zip {
    fn open(&self, outer: Arc<dyn ImageResource>, inner: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(Member::new(outer, inner)?))
    }

    fn create(&self, outer: Arc<dyn ImageResource>, inner: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(Member::new(outer, inner)?.writable(Method::Auto)))
    }
}

impl SchemeOpener for Zip {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        let (archive, inner) = split(uri)?;
        MountOpener::open(self, scheme::open(&archive)?, &inner)
    }

    fn create(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        let (archive, inner) = split(uri)?;
        MountOpener::create(self, scheme::create(&archive)?, &inner)
    }
}

/// The archive as a text that names a place, and the member.
fn split(uri: &str) -> Result<(String, String)> {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    // A path may hold `#` as well, so the one behind `.zip` is looked for first.
    let lower = rest.to_ascii_lowercase();
    let at = lower.find(".zip#").map(|at| at + 4).or_else(|| rest.find('#')).unwrap_or(rest.len());
    let (archive, inner) = (&rest[..at], rest.get(at + 1..).unwrap_or_default());
    if archive.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "the URI names no archive").with_hint("zip://a.zip#inner/name.png"));
    }
    // `https://…` goes its own way; anything else is a path as in a `file:` URI.
    let archive = if archive.contains("://") { archive.to_owned() } else { format!("file:{archive}") };
    Ok((archive, percent_decoded(inner)))
}

/// `%41` becomes `A`; a percent sign that is not followed by two hex digits stays.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        let rows = [
            ("zip://a.zip#b/c.png", "file:a.zip", "b/c.png"),
            ("zip:///x/a.zip#b.png", "file:/x/a.zip", "b.png"),
            ("ZIP:book.cbz#001.png", "file:book.cbz", "001.png"),
            ("zip:odd#name.ZIP#b#c.png", "file:odd#name.ZIP", "b#c.png"),
            ("zip://a.zip", "file:a.zip", ""),
            ("zip:a.zip#b%20c%C3%A9%2.png", "file:a.zip", "b cé%2.png"),
            ("zip://C:\\x\\a.zip#in\\b.png", "file:C:\\x\\a.zip", "in\\b.png"),
            ("zip:///C:/x/a.zip#in/b.png", "file:/C:/x/a.zip", "in/b.png"),
            ("zip://\\\\server\\share\\a.zip#b.png", "file:\\\\server\\share\\a.zip", "b.png"),
            ("zip://https://h/a.zip#b.png", "https://h/a.zip", "b.png"),
        ];
        for (uri, archive, inner) in rows {
            assert_eq!(split(uri).unwrap(), (archive.into(), inner.into()), "{uri}");
        }
        assert_eq!(split("zip:#a").unwrap_err().kind(), ErrorKind::NotFound);
    }
}
