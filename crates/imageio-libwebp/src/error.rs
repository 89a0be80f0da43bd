use std::fmt;

/// What libwebp refused.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The data are damaged or end early.
    Malformed(&'static str),
    /// The data or the picture are valid, but not for this.
    Unsupported(&'static str),
    /// There is no memory for it.
    OutOfMemory,
    /// Memory of the wrong length was handed over.
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
            Error::Malformed(what) | Error::Unsupported(what) => f.write_str(what),
            Error::OutOfMemory => f.write_str("libwebp found no memory"),
            Error::Size { expected, given } => write!(f, "a buffer of {given} bytes where {expected} are needed"),
        }
    }
}

impl std::error::Error for Error {}
