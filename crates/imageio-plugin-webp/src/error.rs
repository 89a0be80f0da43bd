use imageio_core::{Error, ErrorKind};

/// What the lossless codec says, in the words of the project.
pub(crate) fn lossless(e: image_webp::DecodingError) -> Error {
    use image_webp::DecodingError as E;
    match e {
        E::IoError(e) => Error::from(e),
        E::UnsupportedFeature(what) => Error::unsupported(what),
        E::ImageTooLarge | E::MemoryLimitExceeded => Error::new(ErrorKind::LimitExceeded, e.to_string()),
        other => Error::malformed(format!("lossless data: {other}")),
    }
}

/// The same for the lossy codec.
pub(crate) fn lossy(e: imageio_vp8::Error) -> Error {
    match e {
        imageio_vp8::Error::Unsupported(what) => Error::unsupported(what),
        imageio_vp8::Error::Size { .. } => Error::new(ErrorKind::Backend, e.to_string()),
        other => Error::malformed(other.to_string()),
    }
}
