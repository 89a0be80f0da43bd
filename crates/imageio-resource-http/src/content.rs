//! What the headers of an answer say about the file: its name, its version, the part that was sent.

use ureq::http::HeaderMap;

/// Extensions by media type.
const TYPES: &[(&str, &str)] = &[
    ("image/png", "png"),
    ("image/apng", "apng"),
    ("image/jpeg", "jpg"),
    ("image/jpg", "jpg"),
    ("image/gif", "gif"),
    ("image/tiff", "tif"),
    ("image/webp", "webp"),
    ("image/bmp", "bmp"),
    ("image/x-ms-bmp", "bmp"),
    ("image/x-icon", "ico"),
    ("image/vnd.microsoft.icon", "ico"),
    ("image/x-portable-anymap", "pnm"),
    ("image/x-portable-bitmap", "pbm"),
    ("image/x-portable-graymap", "pgm"),
    ("image/x-portable-pixmap", "ppm"),
    ("image/x-tga", "tga"),
    ("image/x-targa", "tga"),
    ("image/vnd.radiance", "hdr"),
    ("image/x-exr", "exr"),
    ("image/vnd.ms-dds", "dds"),
    ("image/qoi", "qoi"),
    ("image/avif", "avif"),
    ("image/heic", "heic"),
    ("image/heif", "heif"),
    ("image/jxl", "jxl"),
    ("image/jp2", "jp2"),
    ("image/svg+xml", "svg"),
    ("image/vnd.adobe.photoshop", "psd"),
    ("image/fits", "fits"),
    ("image/x-adobe-dng", "dng"),
    ("image/x-canon-cr2", "cr2"),
    ("image/x-nikon-nef", "nef"),
    ("application/fits", "fits"),
    ("application/dicom", "dcm"),
    ("application/zip", "zip"),
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
    ("video/x-matroska", "mkv"),
    ("video/x-msvideo", "avi"),
    ("video/mpeg", "mpg"),
];

/// The extension for a `Content-Type`.
pub(crate) fn extension(content_type: &str) -> Option<&'static str> {
    let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
    TYPES.iter().find(|(name, _)| *name == essence).map(|(_, extension)| *extension)
}

/// The media type for an extension, for uploads.
pub(crate) fn media_type(extension: &str) -> Option<&'static str> {
    let alias = match extension {
        "jpeg" => "jpg",
        "tiff" => "tif",
        other => other,
    };
    TYPES.iter().find(|(_, known)| *known == alias).map(|(name, _)| *name)
}

/// The file name in a `Content-Disposition`, without any folder in front of it (RFC 6266).
pub(crate) fn disposition(text: &str) -> Option<String> {
    let mut plain = None;
    for part in parameters(text) {
        let Some((name, value)) = part.split_once('=') else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            // The charset is in front of two quotes; what is no UTF-8 comes out as replacement characters.
            "filename*" => {
                let encoded = value.rsplit('\'').next()?;
                return last_part(&crate::url::decode(encoded));
            }
            "filename" => {
                let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
                plain = last_part(&inner.replace("\\\"", "\""));
            }
            _ => {}
        }
    }
    plain
}

/// Split at semicolons outside quotes.
fn parameters(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn last_part(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// `bytes 0-99/1234`: first byte, last byte, length of the whole; or `bytes */1234`, which has no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub span: Option<(u64, u64)>,
    pub total: Option<u64>,
}

impl Range {
    pub fn parse(text: &str) -> Option<Self> {
        let (span, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
        let total = match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        let span = match span.trim() {
            "*" => None,
            span => {
                let (first, last) = span.split_once('-')?;
                let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first <= last && total.is_none_or(|total| last < total)).then_some(Some((first, last)))?
            }
        };
        Some(Range { span, total })
    }
}

/// What tells one version of a file from the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Version {
    etag: Option<String>,
    modified: Option<String>,
}

impl Version {
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Version { etag: text("etag"), modified: text("last-modified") }
    }

    pub fn is_known(&self) -> bool {
        self.etag.is_some() || self.modified.is_some()
    }

    /// The validator for `If-Range`, which a weak tag may not be (RFC 9110 13.1.5).
    pub fn if_range(&self) -> Option<&str> {
        match self.etag.as_deref() {
            Some(tag) => Some(tag).filter(|tag| !tag.starts_with("W/")),
            None => self.modified.as_deref(),
        }
    }

    /// `false` if what is known of both differs.
    pub fn may_be(&self, other: &Self) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a != b);
        match (&self.etag, &other.etag) {
            (Some(a), Some(b)) => a.trim_start_matches("W/") == b.trim_start_matches("W/"),
            _ => !differ(&self.modified, &other.modified),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let rows = [
            ("attachment; filename=\"a b.png\"", Some("a b.png")),
            ("attachment; filename=a.png; size=3", Some("a.png")),
            ("inline; filename=\"x;y.png\"", Some("x;y.png")),
            ("attachment; filename=\"plain.png\"; filename*=UTF-8''%E2%82%AC.png", Some("€.png")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"C:\\x\\y.tif\"", Some("y.tif")),
            ("attachment; filename*=UTF-8''..%2F..%2Fz.png", Some("z.png")),
            ("inline", None),
            ("attachment; filename=\"\"", None),
        ];
        for (text, expected) in rows {
            assert_eq!(disposition(text).as_deref(), expected, "{text}");
        }
        assert_eq!(extension("Image/PNG; charset=binary"), Some("png"));
        assert_eq!(extension("text/html"), None);
        assert_eq!(
            (media_type("jpeg"), media_type("png"), media_type("xyz")),
            (Some("image/jpeg"), Some("image/png"), None)
        );
    }

    #[test]
    fn ranges() {
        let rows = [
            ("bytes 0-99/1234", Some((Some((0, 99)), Some(1234)))),
            ("bytes 5-5/*", Some((Some((5, 5)), None))),
            ("bytes */0", Some((None, Some(0)))),
            ("bytes 9-5/100", None),
            ("bytes 0-100/100", None),
            ("items 0-1/2", None),
            ("bytes 0-99", None),
            ("bytes -1-99/100", None),
            ("bytes 0-99999999999999999999/5", None),
        ];
        for (text, expected) in rows {
            assert_eq!(Range::parse(text).map(|r| (r.span, r.total)), expected, "{text}");
        }
    }

    #[test]
    fn versions() {
        let version = |etag: Option<&str>, modified: Option<&str>| Version {
            etag: etag.map(str::to_owned),
            modified: modified.map(str::to_owned),
        };
        let rows = [
            (version(Some("\"a\""), None), version(Some("\"a\""), Some("x")), true),
            (version(Some("\"a\""), Some("x")), version(Some("\"b\""), Some("x")), false),
            (version(None, Some("x")), version(None, Some("y")), false),
            (version(None, None), version(Some("\"b\""), None), true),
            (version(Some("W/\"a\""), None), version(Some("\"a\""), None), true),
        ];
        for (a, b, same) in rows {
            assert_eq!(a.may_be(&b), same, "{a:?} {b:?}");
        }
        assert_eq!(version(Some("W/\"a\""), Some("x")).if_range(), None);
        assert_eq!(version(None, Some("x")).if_range(), Some("x"));
    }
}
