//! What survives a power failure, and not only the end of the program.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file's content survive a power failure; its name needs [`sync_directory`].
pub(super) fn sync_file(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    synced::note(path);
    OpenOptions::new().write(true).open(path)?.sync_all()
}

/// Makes the names in a folder survive a power failure. Only Unix has a way to ask for that.
pub(super) fn sync_directory(folder: &Path) -> io::Result<()> {
    #[cfg(test)]
    synced::note(folder);
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// What this thread has synchronised, for tests.
#[cfg(test)]
pub(super) mod synced {
    use std::cell::RefCell;
    use std::path::{Path, PathBuf};

    thread_local!(static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) });

    pub fn note(path: &Path) {
        SYNCED.with_borrow_mut(|all| all.push(path.to_owned()));
    }

    pub fn take() -> Vec<PathBuf> {
        SYNCED.take()
    }
}
