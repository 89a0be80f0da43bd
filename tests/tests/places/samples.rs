//! The rows: one file of every extension of every format.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// A file of the corpus.
pub struct Sample {
    /// The format, which is the name of its folder.
    pub format: String,
    /// The file.
    pub path: PathBuf,
    /// Its name without folders.
    pub name: String,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

impl Sample {
    /// For messages.
    pub fn label(&self) -> String {
        format!("{}/{}", self.format, self.name)
    }
}

/// One file of every extension of every format, the largest of each: it is the least likely to fit into one read.
pub fn all() -> Vec<Sample> {
    let known: BTreeSet<String> = imageio::Registry::global().plugins().iter().map(|d| d.id().to_owned()).collect();
    let mut samples: Vec<Sample> = Vec::new();
    for format in known {
        let folder = imageio_tests::folder().join("corpus").join(&format);
        // Native plugins share the files of the format's own plugin, and have no folder.
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| !["py", "toml", "md"].iter().any(|no| e == *no)));
        let extensions: BTreeSet<_> = files.iter().filter_map(|path| path.extension()).collect();
        for extension in extensions {
            let of_it = files.iter().filter(|path| path.extension() == Some(extension));
            let Some(path) = of_it.max_by_key(|path| (path.metadata().map_or(0, |m| m.len()), path.as_path())) else {
                continue;
            };
            samples.push(Sample {
                format: format.clone(),
                path: path.clone(),
                name: path.file_name().unwrap().to_str().unwrap().to_owned(),
                bytes: std::fs::read(path).unwrap().into(),
            });
        }
    }
    let formats: BTreeSet<&str> = samples.iter().map(|s| s.format.as_str()).collect();
    assert!(formats.len() >= 16, "files of {} formats only", formats.len());
    samples
}
