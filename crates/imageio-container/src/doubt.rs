use std::fmt::{self, Display};

/// Why this crate gives no answer: what it found is damaged, unusual, or not its business.
///
/// It is no verdict on the file. A reader that knows more may well make sense of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt(pub &'static str);

impl Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Doubt {}

/// An answer, or why there is none.
pub type Result<T> = std::result::Result<T, Doubt>;
