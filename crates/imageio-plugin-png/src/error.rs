//! The codec's errors as imageio's.

use imageio_core::{Error, ErrorKind};
use png::DecodingError;

/// What the decoder says, with the offset at which the pixel data begin.
pub(crate) fn decoding(e: DecodingError, at: u64) -> Error {
    let e = match e {
        DecodingError::IoError(e) => Error::from(e),
        DecodingError::Format(e) => Error::malformed(e.to_string().trim_end_matches('.').to_owned()),
        DecodingError::LimitsExceeded => Error::limit("a row of this image is too long to be held in memory"),
        DecodingError::Parameter(e) => Error::new(ErrorKind::Backend, e.to_string()),
    };
    e.with("offset", at)
}

/// A broken chunk: what is wrong, its name and where it is.
pub(crate) fn chunk(what: impl Into<std::borrow::Cow<'static, str>>, kind: [u8; 4], at: u64) -> Error {
    Error::malformed(what).with("chunk", kind.escape_ascii()).with("offset", at)
}
