use image::ImageError;
use image::error::{LimitErrorKind, UnsupportedErrorKind};
use imageio_core::{Error, ErrorKind};

/// An error of the `image` crate in imageio's terms; an early end of the data counts as damage.
pub fn map_error(e: ImageError) -> Error {
    match e {
        ImageError::Decoding(e) => Error::malformed(e.to_string()).with_source(e),
        ImageError::Encoding(e) => Error::new(ErrorKind::Backend, e.to_string()).with_source(e),
        ImageError::Parameter(e) => Error::mismatch(e.to_string()).with_source(e),
        ImageError::Limits(e) => {
            let kind = match e.kind() {
                LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory => ErrorKind::LimitExceeded,
                _ => ErrorKind::Unsupported,
            };
            Error::new(kind, e.to_string()).with_source(e)
        }
        ImageError::Unsupported(e) => {
            let kind = match e.kind() {
                // So says `image` of a picture that has more bytes than can be counted.
                UnsupportedErrorKind::GenericFeature(what) if what.starts_with("Image dimensions") => {
                    ErrorKind::LimitExceeded
                }
                _ => ErrorKind::Unsupported,
            };
            Error::new(kind, e.to_string()).with_source(e)
        }
        ImageError::IoError(e) => e.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::error::{DecodingError, ImageFormatHint, LimitError};
    use std::io;

    #[test]
    fn kinds() {
        let rows = [
            (ImageError::Decoding(DecodingError::new(ImageFormatHint::Unknown, "bad")), ErrorKind::Malformed),
            (ImageError::IoError(io::ErrorKind::UnexpectedEof.into()), ErrorKind::Malformed),
            (ImageError::IoError(io::ErrorKind::PermissionDenied.into()), ErrorKind::Io),
            (ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory)), ErrorKind::LimitExceeded),
        ];
        for (e, kind) in rows {
            assert_eq!(map_error(e).kind(), kind);
        }
    }
}
