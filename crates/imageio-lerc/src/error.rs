//! What can be wrong with a blob.

use crate::element::Kind;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a blob can't be read. Places are bytes from the blob's start.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Neither `Lerc2 ` nor `CntZImage ` stand at the start.
    #[error("neither Lerc2 nor CntZImage stands at the start")]
    NotLerc,
    /// A version or element type that this crate does not know.
    #[error("{what} {number} is not known")]
    Unsupported {
        /// What is unknown.
        what: &'static str,
        /// The number that stands for it.
        number: i64,
    },
    /// The blob ends within something.
    #[error("{what} at byte {at} needs {needed} bytes, {left} are left")]
    Truncated {
        /// What is cut off.
        what: &'static str,
        /// Where it starts.
        at: usize,
        /// Bytes that it takes.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Something contradicts the format or itself.
    #[error("{what} at byte {at}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// Where, or the nearest place that is known.
        at: usize,
    },
    /// The blob is not what was written.
    #[error("the checksum is {stored:08x}, the data's {computed:08x}")]
    Checksum {
        /// As the header has it.
        stored: u32,
        /// Of what follows.
        computed: u32,
    },
    /// The caller's array has another size than the blob's.
    #[error("an array of {given} elements for a blob of {expected}")]
    Size {
        /// Elements of the blob: its width, height and depth multiplied.
        expected: u64,
        /// Elements of the array.
        given: usize,
    },
    /// The caller's array has another type than the blob's.
    #[error("an array of {given} for a blob of {stored}")]
    Type {
        /// The blob's element type.
        stored: Kind,
        /// The array's element type.
        given: Kind,
    },
}
