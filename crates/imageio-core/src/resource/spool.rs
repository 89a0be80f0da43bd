//! Temporary files: lent as [`LocalPath`] to backends that need a path, and staged beside targets by
//! [`commit`](super::commit).

use std::ffi::OsString;
use std::fmt::{self, Debug};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};

/// A path on the local disk that stays valid as long as this lives; dereferences to [`Path`].
///
/// It is either the resource itself or a temporary copy, which is removed when this is dropped.
pub struct LocalPath {
    path: PathBuf,
    temp: Option<TempFile>,
}

impl LocalPath {
    /// A path that is not ours to remove.
    pub fn in_place(path: impl Into<PathBuf>) -> Self {
        LocalPath { path: path.into(), temp: None }
    }

    /// `true` if this is a copy that vanishes when it is dropped.
    pub fn is_temporary(&self) -> bool {
        self.temp.is_some()
    }
}

impl Deref for LocalPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for LocalPath {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl Debug for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPath").field("path", &self.path).field("temporary", &self.is_temporary()).finish()
    }
}

/// Copies `from` into a temporary file that only this user can read; more than `max` bytes is
/// [`LimitExceeded`](ErrorKind::LimitExceeded).
///
/// `extension` comes without a dot and may be empty; backends that need a path often go by it.
pub fn spool(from: &mut dyn Read, extension: &str, max: Option<u64>) -> Result<LocalPath> {
    let (mut file, temp) = TempFile::in_temp_dir(extension).map_err(no_temp_file)?;
    let max = max.unwrap_or(u64::MAX);
    // One byte more than allowed tells "just fits" from "too long".
    let copied = io::copy(&mut from.take(max.saturating_add(1)), &mut file)?;
    if copied > max {
        return Err(Error::limit(format!("the content is longer than the {max} bytes that may be copied to disk")));
    }
    Ok(LocalPath { path: temp.path().to_owned(), temp: Some(temp) })
}

pub(super) fn no_temp_file(e: io::Error) -> Error {
    Error::new(ErrorKind::Io, "no temporary file could be made")
        .with("directory", std::env::temp_dir().display())
        .with_source(e)
}

/// Removes every temporary file that this process has, now, and makes later commits fail.
///
/// For the end of a program that is interrupted (Ctrl-C), when destructors do not run. Targets keep their old
/// content. Call it from an ordinary thread, not from inside a signal handler.
pub fn remove_stale_temporaries() {
    LIVE.stop();
}

/// The temporary files that exist now. A type of its own, because tests must not stop the whole process.
#[derive(Debug)]
pub(super) struct Live {
    stopped: AtomicBool,
    next: AtomicU64,
    paths: Mutex<Vec<PathBuf>>,
}

pub(super) static LIVE: Live = Live::new();

impl Live {
    pub(super) const fn new() -> Self {
        Live { stopped: AtomicBool::new(false), next: AtomicU64::new(0), paths: Mutex::new(Vec::new()) }
    }

    fn paths(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.paths().retain(|path| {
            // It may be renamed into place this very moment; both outcomes leave the target whole.
            let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            // A folder in which a file was made just then is for the next call.
            removed.is_err() && path.is_dir()
        });
    }

    /// Runs what must not be stopped in the middle, unless it was stopped before.
    pub(super) fn uninterrupted<T>(&self, run: impl FnOnce() -> T) -> io::Result<T> {
        let _paths = self.paths();
        self.check()?;
        Ok(run())
    }

    /// An error once [`stop`](Self::stop) was called.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.stopped.load(Ordering::SeqCst) {
            let e = Error::new(ErrorKind::Cancelled, "the program is stopping; the target keeps its old content");
            return Err(io::Error::other(e));
        }
        Ok(())
    }

    fn add(&self, path: &Path) -> io::Result<()> {
        self.paths().push(path.to_owned());
        // Looked at after the entry is in, so that either `stop` or this sees the other.
        self.check()
    }

    fn forget(&self, path: &Path) {
        let mut paths = self.paths();
        if let Some(i) = paths.iter().position(|p| p == path) {
            paths.swap_remove(i);
        }
    }
}

/// A temporary file, removed when this is dropped unless it was renamed into place.
#[derive(Debug)]
pub(super) struct TempFile {
    path: PathBuf,
    armed: bool,
    live: &'static Live,
}

impl TempFile {
    /// Makes a new file in `dir`; `name` is asked again with another number as long as one exists already.
    ///
    /// `mode` are the permission bits on Unix, before the umask; `None` for the usual ones.
    pub(super) fn create(
        live: &'static Live,
        dir: &Path,
        mode: Option<u32>,
        name: &dyn Fn(u64) -> OsString,
    ) -> io::Result<(File, Self)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        if let Some(mode) = mode {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        }
        #[cfg(not(unix))]
        let _ = mode;
        loop {
            let path = dir.join(name(live.next.fetch_add(1, Ordering::Relaxed)));
            match options.open(&path) {
                Ok(file) => {
                    let temp = TempFile { path, armed: true, live };
                    live.add(&temp.path)?;
                    return Ok((file, temp));
                }
                // Left by a process with the same id that was killed: in containers ids repeat.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// A file in the system's directory for temporary files that only this user can read.
    pub(super) fn in_temp_dir(extension: &str) -> io::Result<(File, Self)> {
        let pid = std::process::id();
        let dot = if extension.is_empty() { "" } else { "." };
        let extension = clean(extension);
        Self::create(&LIVE, &std::env::temp_dir(), Some(0o600), &|n| {
            format!("imageio-{pid}-{n}{dot}{extension}").into()
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the file to `target`, replacing what is there in one step.
    pub(super) fn rename_to(mut self, target: &Path) -> io::Result<()> {
        self.live.check()?;
        fs::rename(&self.path, target)?;
        self.armed = false;
        Ok(())
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        self.live.forget(&self.path);
        if self.armed
            && let Err(e) = fs::remove_file(&self.path)
            && e.kind() != io::ErrorKind::NotFound
        {
            log::warn!("temporary file {} could not be removed: {e}", self.path.display());
        }
    }
}

/// A temporary folder, removed with what is in it when this is dropped.
#[derive(Debug)]
pub(super) struct TempFolder {
    path: PathBuf,
    live: &'static Live,
}

impl TempFolder {
    /// Makes a new hidden folder in `dir`.
    pub(super) fn create(live: &'static Live, dir: &Path) -> io::Result<Self> {
        loop {
            let n = live.next.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!(".imageio.{}.{n}.tmp", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => {
                    let folder = TempFolder { path, live };
                    live.add(&folder.path)?;
                    return Ok(folder);
                }
                // Left by a process with the same id that was killed.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        self.live.forget(&self.path);
        if let Err(e) = fs::remove_dir_all(&self.path)
            && e.kind() != io::ErrorKind::NotFound
        {
            log::warn!("temporary folder {} could not be removed: {e}", self.path.display());
        }
    }
}

/// Extensions come from names in archives and from users, and must not lead to another directory.
pub(super) fn clean(extension: &str) -> String {
    let allowed = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    extension.trim_start_matches('.').chars().filter(allowed).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spooled_content_vanishes_with_the_guard() {
        let rows: [(&str, &str); 5] =
            [("png", ".png"), (".nii.gz", ".nii.gz"), ("", ""), ("../../etc/x", ".etcx"), ("日本", ".日本")];
        for (extension, expected) in rows {
            let local = spool(&mut &b"content"[..], extension, None).unwrap();
            let name = local.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.starts_with(&format!("imageio-{}-", std::process::id())), "{name}");
            assert!(name.ends_with(expected), "{name}");
            assert_eq!(local.parent(), Some(std::env::temp_dir().as_path()));
            assert_eq!(fs::read(&local).unwrap(), b"content");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(fs::metadata(&local).unwrap().permissions().mode() & 0o777, 0o600);
            }
            assert!(local.is_temporary());
            let path = local.to_owned();
            drop(local);
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_limit_holds() {
        for (max, fits) in [(None, true), (Some(7), true), (Some(6), false), (Some(0), false), (Some(u64::MAX), true)] {
            let got = spool(&mut &b"content"[..], "bin", max);
            assert_eq!(got.is_ok(), fits, "{max:?}");
            if let Err(e) = got {
                assert_eq!(e.kind(), ErrorKind::LimitExceeded);
            }
        }
    }

    #[test]
    fn a_path_in_place_stays() {
        let (_file, temp) = TempFile::in_temp_dir("keep").unwrap();
        let local = LocalPath::in_place(temp.path());
        assert!(!local.is_temporary());
        drop(local);
        assert!(temp.path().exists());
    }

    #[test]
    fn names_in_use_are_passed_over() {
        let live: &'static Live = Box::leak(Box::new(Live::new()));
        let dir = std::env::temp_dir();
        let pid = std::process::id();
        let name = move |n: u64| OsString::from(format!("imageio-test-{pid}-{n}.x"));
        let (_f, a) = TempFile::create(live, &dir, None, &name).unwrap();
        live.next.store(0, Ordering::Relaxed);
        let (_f, b) = TempFile::create(live, &dir, None, &name).unwrap();
        assert_ne!(a.path(), b.path());
    }

    #[test]
    fn stopping_removes_and_refuses() {
        let live: &'static Live = Box::leak(Box::new(Live::new()));
        let dir = std::env::temp_dir();
        let pid = std::process::id();
        let name = move |n: u64| OsString::from(format!("imageio-stop-{pid}-{n}.x"));
        let (_f, a) = TempFile::create(live, &dir, None, &name).unwrap();
        let (_f, gone) = TempFile::create(live, &dir, None, &name).unwrap();
        drop(gone);
        assert_eq!(live.paths().len(), 1);
        let path = a.path().to_owned();
        live.stop();
        assert!(!path.exists());
        let e = Error::from(a.rename_to(&dir.join(name(99))).unwrap_err());
        assert_eq!(e.kind(), ErrorKind::Cancelled);
        let before = live.next.load(Ordering::Relaxed);
        assert!(TempFile::create(live, &dir, None, &name).is_err());
        assert!(!dir.join(name(before)).exists());
    }
}
