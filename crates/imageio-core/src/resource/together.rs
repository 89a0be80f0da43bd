//! Several files that come into their folder together, or not at all.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::commit::{Atomic, Found, keep_permissions, look_at, parent_of};
use super::durable::{sync_directory, sync_file};
use super::spool::{LIVE, Live, TempFolder};
use crate::error::{Error, ErrorKind, Result};

/// A hidden folder in the one that is written to, where files wait for the others of their set.
///
/// Dropped without a commit it vanishes with what is in it, and every file in the target folder is what it was; the
/// same where the program is stopped by [`remove_stale_temporaries`](super::spool::remove_stale_temporaries).
#[derive(Debug)]
pub struct StagedFolder {
    folder: TempFolder,
    target: PathBuf,
    durable: bool,
    live: &'static Live,
}

/// A file that waits, its place, and what stands there.
struct Waiting {
    staged: PathBuf,
    place: PathBuf,
    old: Option<Box<Metadata>>,
}

impl StagedFolder {
    /// A folder in `target`, which has to exist; an empty path stands for the current one.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if `target` is no folder, and what the system says if nothing can be made in
    /// it.
    pub fn new(target: &Path) -> Result<Self> {
        Self::begin(target, &LIVE)
    }

    fn begin(target: &Path, live: &'static Live) -> Result<Self> {
        let target = if target.as_os_str().is_empty() { Path::new(".") } else { target };
        if !target.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, format!("the folder `{}` does not exist", target.display())));
        }
        let made = TempFolder::create(live, target).and_then(|folder| {
            fs::create_dir(folder.path().join(NEW))?;
            fs::create_dir(folder.path().join(OLD))?;
            Ok(folder)
        });
        let folder = made.map_err(|e| Error::from(e).with("folder", target.display()))?;
        Ok(StagedFolder { folder, target: target.to_owned(), durable: false, live })
    }

    /// With [`Atomic::Durable`], what [`commit`](Self::commit) has put into place survives a power failure. Files of a
    /// set never go into their places one by one, whatever `how` says.
    #[must_use]
    pub fn careful(mut self, how: Atomic) -> Self {
        self.durable = how == Atomic::Durable;
        self
    }

    /// Where a file of that name, which has no folder of its own, is to be made.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(NEW).join(name)
    }

    /// Moves every file to its place. What can be known to fail is looked at before the first is moved; what fails
    /// later is taken back. Links stay and what they point to is replaced; permission bits stay as they were.
    ///
    /// # Errors
    /// With the file that could not be put into place; every file is what it was. Where the set is to be durable, an
    /// error that names the folder says that it is complete and may not survive a power failure.
    pub fn commit(self) -> Result<()> {
        let waiting = self.waiting()?;
        if self.durable {
            // Before the first is moved: a name never leads to content that a power failure can take away.
            for file in &waiting {
                sync_file(&file.staged).map_err(|e| Error::from(e).with("file", file.place.display()))?;
            }
        }
        // Whoever stops the program waits until the set is complete, or comes before its first file.
        self.live.uninterrupted(|| self.publish(&waiting))??;
        if self.durable { sync_folders(&waiting) } else { Ok(()) }
    }

    fn waiting(&self) -> Result<Vec<Waiting>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.path().join(NEW))? {
            names.push(entry?.file_name());
        }
        names.sort();
        let wait = |name: &std::ffi::OsString| {
            let place = self.target.join(name);
            let found = look_at(&place).map_err(|e| e.with("file", place.display()))?;
            let (place, old) = match found {
                Found::Nothing(place) => (place, None),
                Found::File(place, old) => (place, Some(old)),
                Found::Special => {
                    let error = Error::unsupported("what stands there is neither a file nor nothing");
                    return Err(error.with("file", place.display()));
                }
            };
            let staged = self.folder.path().join(NEW).join(name);
            if let Some(old) = &old {
                keep_permissions(&staged, old)?;
            }
            Ok(Waiting { staged, place, old })
        };
        names.iter().map(wait).collect()
    }

    fn publish(&self, waiting: &[Waiting]) -> Result<()> {
        let kept = |k: usize| self.folder.path().join(OLD).join(k.to_string());
        let fault = |e: io::Error, file: &Waiting| Error::from(e).with("file", file.place.display());
        for (k, file) in waiting.iter().enumerate().filter(|(_, file)| file.old.is_some()) {
            // A second name costs nothing; where there are none, a copy does.
            let linked = fs::hard_link(&file.place, kept(k));
            linked.or_else(|_| fs::copy(&file.place, kept(k)).map(drop)).map_err(|e| fault(e, file))?;
        }
        for (k, file) in waiting.iter().enumerate() {
            let Err(e) = fs::rename(&file.staged, &file.place) else { continue };
            for (k, file) in waiting.iter().enumerate().take(k) {
                let back = match file.old {
                    Some(_) => fs::rename(kept(k), &file.place),
                    None => fs::remove_file(&file.place),
                };
                if let Err(e) = back {
                    log::warn!("{} could not be put back: {e}", file.place.display());
                }
            }
            return Err(fault(e, file));
        }
        Ok(())
    }
}

/// The folders that have the files' names: mostly one, and more where links lead elsewhere.
fn sync_folders(waiting: &[Waiting]) -> Result<()> {
    let mut folders: Vec<&Path> = waiting.iter().map(|file| parent_of(&file.place)).collect();
    folders.sort_unstable();
    folders.dedup();
    let sync = |folder: &Path| sync_directory(folder).map_err(|e| Error::from(e).with("folder", folder.display()));
    folders.into_iter().try_for_each(sync)
}

const NEW: &str = "new";
const OLD: &str = "old";

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with two files of a set of three.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("imageio-together-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("1"), "old 1").unwrap();
            fs::write(path.join("2"), "old 2").unwrap();
            Folder(path)
        }

        fn content(&self) -> Vec<(String, String)> {
            let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap());
            let mut all: Vec<_> = entries
                .map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap_or_default()))
                .collect();
            all.sort();
            all
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn live() -> &'static Live {
        Box::leak(Box::new(Live::new()))
    }

    fn staged(folder: &Folder, live: &'static Live) -> StagedFolder {
        let staged = StagedFolder::begin(&folder.0, live).unwrap();
        for name in ["1", "2", "3"] {
            fs::write(staged.file(name), format!("new {name}")).unwrap();
        }
        staged
    }

    #[test]
    fn all_come_together() {
        let folder = Folder::new("all");
        staged(&folder, live()).commit().unwrap();
        let expected = ["1", "2", "3"].map(|name| (name.to_owned(), format!("new {name}")));
        assert_eq!(folder.content(), expected);
    }

    #[test]
    fn durable_sets_are_synchronised_before_and_after() {
        use super::super::durable::synced;
        let folder = Folder::new("durable");
        staged(&folder, live()).commit().unwrap();
        assert!(synced::take().is_empty());
        staged(&folder, live()).careful(Atomic::Durable).commit().unwrap();
        let all = synced::take();
        let names: Vec<_> = all.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names[..3], ["1", "2", "3"]);
        assert!(all[..3].iter().all(|path| path.parent().unwrap().ends_with(NEW)), "{all:?}");
        assert_eq!(all[3..], [folder.0.as_path()]);
    }

    #[test]
    fn or_none_do() {
        let folder = Folder::new("none");
        let before = folder.content();
        drop(staged(&folder, live()));
        assert_eq!(folder.content(), before);
        // Something in the way is seen before anything is moved.
        fs::create_dir(folder.0.join("3")).unwrap();
        let before = folder.content();
        let e = staged(&folder, live()).commit().unwrap_err();
        assert_eq!((e.kind(), folder.content()), (ErrorKind::Unsupported, before), "{e}");
        // Whoever stops the program removes what waits, and nothing comes after that.
        fs::remove_dir(folder.0.join("3")).unwrap();
        let before = folder.content();
        let live = live();
        let staged = staged(&folder, live);
        live.stop();
        assert_eq!(folder.content(), before);
        assert!(staged.commit().is_err());
        assert_eq!(folder.content(), before);
        assert_eq!(StagedFolder::new(&folder.0.join("no")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_in_the_middle_is_taken_back() {
        use std::os::unix::fs::MetadataExt;
        let folder = Folder::new("middle");
        // A link to where no rename leads: another file system.
        let other = Path::new("/dev/shm").join(format!("imageio-together-{}", std::process::id()));
        let device = |path: &Path| fs::metadata(path).map(|m| m.dev()).ok();
        if fs::write(&other, "old 3").is_err() || device(&other) == device(&folder.0) {
            eprintln!("skipped: there is no second file system");
            return;
        }
        std::os::unix::fs::symlink(&other, folder.0.join("3")).unwrap();
        fs::remove_file(folder.0.join("1")).unwrap();
        let before = folder.content();
        let e = staged(&folder, live()).commit().unwrap_err();
        assert_eq!(e.context_value("file"), other.to_str(), "{e}");
        assert_eq!(folder.content(), before);
        fs::remove_file(&other).unwrap();
    }
}
