//! The rules, group by group.

mod damage;
mod descriptor;
mod open;
mod read;
mod sources;
mod write;

use imageio_core::{Error, IntoResource, ReadOptions, Reader};
use libtest_mimic::Failed;

use crate::manifest::Good;
use crate::suite::{FileRule, PluginRule, Suite};

pub(crate) fn plugin_rules() -> Vec<PluginRule> {
    [descriptor::RULES, open::RULES, write::RULES].concat()
}

pub(crate) fn file_rules() -> Vec<FileRule> {
    [open::FILE_RULES, read::RULES, sources::RULES, damage::RULES].concat()
}

pub(crate) use self::damage::bad;

impl Suite {
    /// Options that let nobody but the plugin under test choose.
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions::new().registry(self.registry)
    }

    pub(crate) fn open<'a>(&self, resource: impl IntoResource<'a>) -> Result<Reader<'a>, Failed> {
        Reader::open_with(resource, &self.options()).map_err(fail)
    }

    /// As [`open`](Self::open), for sources that have no name to go by.
    pub(crate) fn open_as<'a>(&self, resource: impl IntoResource<'a>) -> Result<Reader<'a>, Failed> {
        Reader::open_with(resource, &self.options().plugin(self.descriptor)).map_err(fail)
    }
}

pub(crate) fn fail(e: Error) -> Failed {
    Failed::from(e.to_string())
}

pub(crate) fn io(e: std::io::Error) -> Failed {
    Failed::from(e.to_string())
}

/// An assertion that ends the rule with a message.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        {
            // Named, so that a negated comparison of floats reads as what it is.
            let holds: bool = $condition;
            if !holds {
                return Err(libtest_mimic::Failed::from(format!($($message)+)));
            }
        }
    };
}
pub(crate) use ensure;

/// A scratch folder that vanishes.
pub(crate) struct Scratch(pub std::path::PathBuf);

impl Scratch {
    pub fn new() -> Result<Self, Failed> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("imageio-testkit-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(io)?;
        Ok(Scratch(path))
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }

    pub fn names(&self) -> Result<Vec<String>, Failed> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.0).map_err(io)? {
            names.push(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads a good file's bytes.
pub(crate) fn content(file: &Good) -> Result<Vec<u8>, Failed> {
    std::fs::read(&file.path).map_err(io)
}
