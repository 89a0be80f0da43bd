use std::fmt;

/// Why a stream could not be decoded, or a picture not encoded.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The data end before the picture is complete; what was being read.
    Truncated(&'static str),
    /// The data break a rule of RFC 6386.
    Invalid(&'static str),
    /// Valid, but no key frame of a still picture.
    Unsupported(&'static str),
    /// The memory that was handed over does not fit the picture.
    Size {
        /// Bytes that are needed.
        expected: usize,
        /// Bytes that were given.
        given: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Truncated(what) => write!(f, "the VP8 data end in the {what}"),
            Error::Invalid(what) => f.write_str(what),
            Error::Unsupported(what) => f.write_str(what),
            Error::Size { expected, given } => write!(f, "a buffer of {given} bytes where {expected} are needed"),
        }
    }
}

impl std::error::Error for Error {}
