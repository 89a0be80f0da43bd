use std::path::Path;

use imageio_core::{Error, Result};
use serde::Deserialize;
use serde_json::Value as Json;

/// What is expected of a row's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// It must be read as the row says.
    Ok,
    /// Few can read it; reading it as the row says is a bonus.
    Improve,
    /// It must be refused.
    Error,
    /// It may be read or refused.
    NoCrash,
    /// Not for a check.
    #[serde(other)]
    Skip,
}

impl Expect {
    /// `true` for files that are there to be refused.
    pub fn is_bad(self) -> bool {
        matches!(self, Expect::Error | Expect::NoCrash)
    }
}

/// A tolerance: a figure in array units, or a relative one in words.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Tolerance {
    Absolute(f64),
    Words(String),
}

/// One line of an `expected.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    /// Path within the folder.
    pub file: String,
    /// Format family.
    #[serde(default)]
    pub format: String,
    /// What is expected.
    pub expect: Expect,
    /// A place inside the file, for archives.
    pub uri: Option<String>,
    /// Shape of a default read.
    pub shape: Option<Vec<usize>>,
    /// numpy's name of the dtype.
    pub dtype: Option<String>,
    /// Hash of the row-major little-endian bytes.
    pub sha256: Option<String>,
    /// The same after conversion to `float32`.
    pub sha256_f32: Option<String>,
    /// Mean over finite elements.
    pub mean: Option<f64>,
    /// The reading that counts instead, by its oracle's name.
    pub prefer: Option<String>,
    #[serde(default)]
    pub(crate) lossy: bool,
    pub(crate) tolerance: Option<Tolerance>,
    #[serde(default)]
    pub(crate) thumb: Option<Vec<Vec<Option<f64>>>>,
    #[serde(default)]
    pub(crate) frames: Option<Vec<Json>>,
    #[serde(default)]
    pub(crate) alt: Option<Vec<Alternative>>,
}

/// Another reading of the same file.
#[derive(Debug, Clone, Deserialize)]
pub struct Alternative {
    /// Who read it, and how.
    pub oracle: String,
    /// Shape of that reading.
    pub shape: Option<Vec<usize>>,
    /// dtype of that reading.
    pub dtype: Option<String>,
    /// Hash of that reading.
    pub sha256: Option<String>,
    /// Mean of that reading.
    pub mean: Option<f64>,
    /// Why there is none.
    pub error: Option<Json>,
    #[serde(default)]
    pub(crate) thumb: Option<Vec<Vec<Option<f64>>>>,
}

impl Alternative {
    /// Readings that count as well, because they keep more: alpha, colour, depth.
    pub(crate) fn counts(&self) -> bool {
        const KEEP_MORE: [&str; 5] = ["alpha kept", "colour kept", "native 16-bit", "native bit depth", "native dtype"];
        self.error.is_none()
            && (KEEP_MORE.iter().any(|words| self.oracle.contains(words))
                || self.oracle.ends_with("as RGB")
                || self.oracle.contains("imagecodecs.jpeg_decode"))
    }
}

/// The rows of a folder's `expected.jsonl`, in order.
pub fn rows(folder: &Path) -> Result<Vec<Row>> {
    let path = folder.join("expected.jsonl");
    let named = |e: Error| e.with("resource", path.display());
    let text = std::fs::read_to_string(&path).map_err(|e| named(e.into()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            serde_json::from_str(line).map_err(|e| named(Error::malformed(e.to_string()).with("line", n + 1)))
        })
        .collect()
}
