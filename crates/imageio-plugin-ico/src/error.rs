use imageio_core::Error;

/// An error of the PNG codec.
pub(crate) fn decoding(e: png::DecodingError) -> Error {
    match e {
        png::DecodingError::IoError(e) => e.into(),
        png::DecodingError::LimitsExceeded => Error::limit("the PNG inside needs more memory than allowed"),
        e => Error::malformed(format!("the PNG inside: {e}")).with_source(e),
    }
}

/// An error of the PNG encoder.
pub(crate) fn encoding(e: png::EncodingError) -> Error {
    match e {
        png::EncodingError::IoError(e) => e.into(),
        e => Error::new(imageio_core::ErrorKind::Backend, format!("writing the PNG inside: {e}")).with_source(e),
    }
}
