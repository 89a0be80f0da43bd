//! Files of a data set that lie side by side.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Place;
use crate::chain::Chain;
use crate::ifd::{Tiff, Window};

/// The other files of a data set, found by their names.
pub(super) struct Set {
    folder: Option<PathBuf>,
    /// Files that were opened, with the offsets of their directories.
    found: Vec<(PathBuf, Vec<u64>)>,
    /// Number of a file by its name, from 1; `None` if it can't be read.
    by_name: HashMap<String, Option<usize>>,
}

/// Sets of more files are taken for damage.
const MAX_FILES: usize = 1 << 16;

impl Set {
    /// A set whose files are in `folder`; without one there are none.
    pub fn new(folder: Option<&Path>) -> Self {
        Set { folder: folder.map(Path::to_owned), found: Vec::new(), by_name: HashMap::new() }
    }

    pub fn into_files(self) -> Vec<PathBuf> {
        self.found.into_iter().map(|(path, _)| path).collect()
    }

    /// A file of the set. What it is called is never taken for a path: files lie side by side.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let name = name.rsplit(['/', '\\']).next().filter(|n| !matches!(*n, "" | "." | ".."))?;
        Some(self.folder.as_ref()?.join(name))
    }

    /// Number of a file, from 1, whose directories will be asked for; `None`, with a note, if it can't be read.
    pub fn open(&mut self, name: &str, notes: &mut Vec<String>) -> Option<usize> {
        self.add(name, notes, |tiff| {
            Some(Chain::new(tiff.header.first).all(tiff, &mut Window::default()).ok()?.to_vec())
        })
    }

    /// The same where places of pixels are known, so that its directories are of no interest.
    pub fn find(&mut self, name: &str, notes: &mut Vec<String>) -> Option<usize> {
        self.add(name, notes, |_| Some(Vec::new()))
    }

    fn add(
        &mut self,
        name: &str,
        notes: &mut Vec<String>,
        pages: impl FnOnce(&Tiff<'_>) -> Option<Vec<u64>>,
    ) -> Option<usize> {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let offsets = self.path(name).filter(|_| self.by_name.len() < MAX_FILES).and_then(|path| {
            let tiff = Tiff::at(&path).ok()?;
            let pages = pages(&tiff)?;
            Some((path, pages))
        });
        let number = match offsets {
            Some(found) => {
                self.found.push(found);
                Some(self.found.len())
            }
            None => {
                notes.push(format!("the file {name:?} of the data set can't be read: its planes are 0"));
                None
            }
        };
        self.by_name.insert(name.to_owned(), number);
        number
    }

    /// Where a page of a file is; `own` are the directories of file 0.
    pub fn offset(&self, own: &[u64], (file, page): (usize, usize)) -> Option<Place> {
        let offsets = match file {
            0 => own,
            k => &self.found.get(k - 1)?.1,
        };
        Some(Place { file, offset: *offsets.get(page)? })
    }

    /// Path of file `number`; `None` for file 0.
    pub fn file(&self, number: usize) -> Option<&Path> {
        number.checked_sub(1).and_then(|k| self.found.get(k)).map(|(path, _)| path.as_path())
    }

    /// Number of pages of a file; `own` is that of file 0.
    pub fn count(&self, own: usize, file: usize) -> usize {
        file.checked_sub(1).map_or(own, |k| self.found.get(k).map_or(0, |f| f.1.len()))
    }
}
