/// Why no picture could be made.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The colour filters are no pattern that can be interpolated.
    #[error("colour filters: {0}")]
    Pattern(String),
    /// Numbers that do not go together: sizes, levels.
    #[error("{0}")]
    Size(String),
    /// The method does not fit the pattern.
    #[error("{0}")]
    Method(String),
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// A result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
