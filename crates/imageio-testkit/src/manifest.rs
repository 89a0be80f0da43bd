//! Folders of test files with their manifests.

use std::path::{Path, PathBuf};

use imageio_core::{Dtype, Error, ErrorKind, Result};
use serde::Deserialize;

/// A good file and what a default read of it gives.
#[derive(Debug, Clone, Deserialize)]
pub struct Good {
    /// File name within the folder.
    pub name: String,
    /// Shape of a default read.
    pub shape: Vec<usize>,
    /// numpy's name of the dtype.
    pub dtype: String,
    /// SHA-256 of the row-major little-endian bytes; absent for lossy files.
    pub sha256: Option<String>,
    /// Number of images.
    pub n_images: Option<usize>,
    /// Why the file is there.
    pub why: String,
    /// The program that made it.
    #[serde(default)]
    pub made_by: String,
    /// Full path, filled in by [`good`].
    #[serde(skip)]
    pub path: PathBuf,
}

impl Good {
    /// The dtype, if its name is one.
    pub fn dtype(&self) -> Option<Dtype> {
        Dtype::from_name(&self.dtype)
    }
}

/// A file that must be refused.
#[derive(Debug, Clone, Deserialize)]
pub struct Bad {
    /// File name within the folder.
    pub name: String,
    /// Name of the expected [`ErrorKind`], or several with `|` between.
    pub kind: String,
    /// What is wrong with it.
    pub why: String,
    /// Full path, filled in by [`bad`].
    #[serde(skip)]
    pub path: PathBuf,
}

impl Bad {
    /// `true` if `kind` is one of those expected.
    pub fn accepts(&self, kind: ErrorKind) -> bool {
        let name = format!("{kind:?}");
        self.kind.split('|').any(|k| k.trim() == name)
    }
}

#[derive(Deserialize)]
struct File<T> {
    #[serde(default = "Vec::new")]
    file: Vec<T>,
}

/// The good files of a folder.
pub fn good(folder: &Path) -> Result<Vec<Good>> {
    let mut files: Vec<Good> = read(folder)?;
    for file in &mut files {
        file.path = folder.join(&file.name);
    }
    Ok(files)
}

/// The bad files of a folder.
pub fn bad(folder: &Path) -> Result<Vec<Bad>> {
    let mut files: Vec<Bad> = read(folder)?;
    for file in &mut files {
        file.path = folder.join(&file.name);
    }
    Ok(files)
}

fn read<T: for<'de> Deserialize<'de>>(folder: &Path) -> Result<Vec<T>> {
    let path = folder.join("manifest.toml");
    let named = |e: Error| e.with("resource", path.display());
    let text = std::fs::read_to_string(&path).map_err(|e| named(e.into()))?;
    let file: File<T> = toml::from_str(&text).map_err(|e| named(Error::malformed(e.to_string())))?;
    Ok(file.file)
}
