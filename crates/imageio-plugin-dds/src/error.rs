use imageio_core::{Error, ErrorKind};

/// An error of the decoder.
pub(crate) fn decoding(e: dds::DecodingError) -> Error {
    match e {
        dds::DecodingError::Io(e) => e.into(),
        dds::DecodingError::MemoryLimitExceeded => Error::limit("decoding needs more memory than allowed"),
        dds::DecodingError::Format(e) => Error::unsupported(e.to_string()).with_source(e),
        e => Error::malformed(e.to_string()).with_source(e),
    }
}

/// An error of the encoder.
pub(crate) fn encoding(e: dds::EncodingError) -> Error {
    match e {
        dds::EncodingError::Io(e) => e.into(),
        dds::EncodingError::Cancelled => Error::new(ErrorKind::Cancelled, "the caller asked to stop"),
        e @ (dds::EncodingError::InvalidSize(..) | dds::EncodingError::Layout(_)) => {
            Error::mismatch(e.to_string()).with_source(e)
        }
        e => Error::new(ErrorKind::Backend, e.to_string()).with_source(e),
    }
}
