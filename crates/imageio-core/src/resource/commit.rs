//! Writes that replace their target whole or not at all: stage, flush, optionally fsync, close, rename.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Debug};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::durable::{sync_directory, sync_file};
pub use super::sink::Sink;
use super::sink::{Finished, Slot, Staging};
pub use super::spool::remove_stale_temporaries;
use super::spool::{self, LIVE, Live, LocalPath, TempFile};
use super::uri;
use crate::error::{Error, ErrorKind, Result};

/// How careful a write is.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Atomic {
    /// Write beside the target and rename: whoever looks sees the old content or the new, never a part.
    #[default]
    Auto,
    /// As `Auto`, and what is committed survives a power failure (fsync of the file and its directory).
    Durable,
    /// Write into the target itself. A failure leaves a part of the new content.
    Never,
}

/// Runs at the end of a transaction in memory, with all that was written.
pub type OnCommit = Box<dyn FnOnce(Vec<u8>) -> Result<()> + Send>;

/// A write that has begun: holds what is written until [`commit`](Self::commit) moves it to the target.
///
/// Dropped without a commit, it removes what it staged and the target keeps its old content.
pub struct Transaction {
    // Before `goal`: the file has to be closed before it can be removed everywhere.
    slot: Slot,
    goal: Goal,
    name: String,
    durable: bool,
    /// Set once a path was given out instead of a sink; holds the file if it has no other owner.
    by_path: Option<Lent>,
    live: &'static Live,
}

enum Goal {
    /// A temporary file beside `target`, which it will replace; `old` is what stood there.
    Replace {
        staged: TempFile,
        target: PathBuf,
        old: Option<Box<Metadata>>,
    },
    InPlace(InPlace),
    /// A device or FIFO: nothing to lose, so it is written at commit.
    Special(PathBuf),
    Memory(Option<OnCommit>),
}

struct Lent {
    path: PathBuf,
    temp: Option<TempFile>,
}

/// What a commit leaves: the bytes, where the target was memory.
#[derive(Default)]
pub struct Committed {
    bytes: Option<Vec<u8>>,
}

impl Committed {
    /// The bytes of a transaction in memory; `None` where they were moved to their place already.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        self.bytes
    }
}

impl Debug for Committed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committed").field("bytes", &self.bytes.as_ref().map(Vec::len)).finish()
    }
}

impl Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Transaction {
    fn new(staging: Staging, goal: Goal, name: String, live: &'static Live) -> Self {
        Transaction { slot: Slot::new(staging), goal, name, durable: false, by_path: None, live }
    }

    /// A transaction that collects in memory. At commit `on_commit` gets the bytes; without it they come back in
    /// [`Committed`]. This is what resources without files of their own begin their writes with.
    pub fn in_memory(on_commit: Option<OnCommit>) -> Self {
        Self::new(Staging::memory(), Goal::Memory(on_commit), "<bytes>".into(), &LIVE)
    }

    /// A transaction that creates or replaces a file.
    ///
    /// A symlink stays and what it points to is replaced; permission bits stay as they were. Devices and FIFOs
    /// are written at commit.
    pub fn at_path(path: &Path, how: Atomic) -> Result<Self> {
        Self::begin(path, how, &LIVE).map_err(|e| e.with("resource", path.display()))
    }

    /// As [`at_path`](Self::at_path), under another name in errors.
    pub(crate) fn at_path_shown(path: &Path, name: &str, how: Atomic) -> Result<Self> {
        Self::begin(path, how, &LIVE).map(|t| t.named(name)).map_err(|e| e.with("resource", name))
    }

    fn begin(path: &Path, how: Atomic, live: &'static Live) -> Result<Self> {
        let name = path.display().to_string();
        let (target, old) = match look_at(path)? {
            Found::Special => {
                return Ok(Self::new(Staging::memory(), Goal::Special(path.to_owned()), name, live));
            }
            Found::Nothing(target) => (target, None),
            Found::File(target, old) => (target, Some(old)),
        };
        if how == Atomic::Never {
            let (file, in_place) = InPlace::open(target, old.is_none())?;
            return Ok(Self::new(Staging::in_place(file), Goal::InPlace(in_place), name, live));
        }
        let (file, staged) = stage_beside(&target, "", old.as_deref(), live)?;
        let goal = Goal::Replace { staged, target, old };
        Ok(Transaction { durable: how == Atomic::Durable, ..Self::new(Staging::file(file), goal, name, live) })
    }

    /// Sets the name that errors carry as `resource`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Lends the staging to a plugin. One lease at a time; a second one goes on where the first stood.
    pub fn sink(&mut self) -> Result<Sink> {
        if self.by_path.is_some() {
            return Err(self.misuse("a sink was asked for after a local path"));
        }
        if let Goal::InPlace(file) = &mut self.goal {
            file.truncate()?;
        }
        self.slot.lease().ok_or_else(|| self.misuse("a second sink was asked for while the first is in use"))
    }

    /// A path for backends that can only write to one; it is what the commit moves to the target.
    ///
    /// The file exists already and is empty. `extension` comes without a dot and may be empty.
    pub fn local_path(&mut self, extension: &str) -> Result<LocalPath> {
        if let Some(lent) = &self.by_path {
            return Ok(LocalPath::in_place(&lent.path));
        }
        match self.slot.take() {
            Some(staging) if staging.is_used() => {
                return Err(self.misuse("a local path was asked for after a sink was written to"));
            }
            Some(_) => {}
            None => return Err(self.misuse("a local path was asked for while a sink is in use")),
        }
        let lent = match &mut self.goal {
            Goal::Replace { staged, target, old } => {
                let (_, with_extension) = stage_beside(target, extension, old.as_deref(), self.live)?;
                let path = with_extension.path().to_owned();
                *staged = with_extension;
                Lent { path, temp: None }
            }
            Goal::InPlace(file) => {
                file.emptied = true;
                Lent { path: file.path.clone(), temp: None }
            }
            Goal::Special(_) | Goal::Memory(_) => {
                let (_, temp) = TempFile::in_temp_dir(extension).map_err(spool::no_temp_file)?;
                Lent { path: temp.path().to_owned(), temp: Some(temp) }
            }
        };
        let path = LocalPath::in_place(&lent.path);
        self.by_path = Some(lent);
        Ok(path)
    }

    /// Forgets what was written so far, for another plugin's attempt. The sink must be back.
    pub fn reset(&mut self) -> Result<()> {
        let staging = match self.by_path.take() {
            Some(Lent { path, .. }) if matches!(self.goal, Goal::Replace { .. } | Goal::InPlace(_)) => {
                let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
                if matches!(self.goal, Goal::InPlace(_)) { Staging::in_place(file) } else { Staging::file(file) }
            }
            Some(_) => Staging::memory(),
            None => {
                let staging = self.slot.take();
                let mut staging = staging.ok_or_else(|| self.misuse("the sink is still in use"))?;
                if staging.is_used() {
                    staging.reset()?;
                }
                staging
            }
        };
        self.slot = Slot::new(staging);
        Ok(())
    }

    fn misuse(&self, message: &'static str) -> Error {
        Error::new(ErrorKind::Backend, message).with("resource", &self.name)
    }

    /// Moves what was written to the target.
    ///
    /// Fails, and leaves the target as it was, if the plugin still holds its sink or if any write failed.
    pub fn commit(self) -> Result<Committed> {
        let Transaction { slot, goal, name, durable, by_path, live } = self;
        finish(slot, goal, durable, by_path, live).map_err(|e| e.with("resource", name))
    }

    /// Gives up: the target keeps its old content. The same as dropping, in words.
    pub fn abandon(self) {}
}

fn finish(slot: Slot, goal: Goal, durable: bool, by_path: Option<Lent>, live: &Live) -> Result<Committed> {
    live.check()?;
    let finished = match &by_path {
        // An image file is never empty: backends that fail without saying so leave nothing or this.
        Some(lent) if fs::metadata(&lent.path).map_or(0, |m| m.len()) == 0 => {
            return Err(Error::new(ErrorKind::Backend, "the plugin left no file at the path it was given"));
        }
        Some(_) => None,
        None => {
            let kept = || Error::new(ErrorKind::Backend, "the plugin kept its sink after it had finished");
            Some(slot.take().ok_or_else(kept)?.finish()?)
        }
    };
    // Where memory is wanted and a path was lent, the file is read back.
    let bytes = |finished: Option<Finished>| match (finished, by_path) {
        (Some(Finished::Memory(bytes)), _) => Ok(bytes),
        (_, Some(Lent { path, temp })) => {
            let bytes = fs::read(path);
            drop(temp);
            bytes.map_err(Error::from)
        }
        _ => Err(Error::new(ErrorKind::Backend, "nothing was staged")),
    };
    match goal {
        Goal::Memory(None) => Ok(Committed { bytes: Some(bytes(finished)?) }),
        Goal::Memory(Some(on_commit)) => on_commit(bytes(finished)?).map(|()| Committed::default()),
        Goal::Special(path) => {
            write_special(&path, &bytes(finished)?)?;
            Ok(Committed::default())
        }
        Goal::InPlace(mut file) => {
            file.done = true;
            Ok(Committed::default())
        }
        Goal::Replace { staged, target, old } => {
            if let Some(old) = &old {
                keep_permissions(staged.path(), old)?;
            }
            if durable {
                match &finished {
                    Some(Finished::File(file)) => file.sync_all()?,
                    _ => sync_file(staged.path())?,
                }
            }
            // Closed before the rename, which some systems refuse for open files.
            drop(finished);
            staged.rename_to(&target)?;
            if durable {
                sync_directory(parent_of(&target))?;
            }
            Ok(Committed::default())
        }
    }
}

pub(super) enum Found {
    /// Nothing yet; the path with links followed.
    Nothing(PathBuf),
    File(PathBuf, Box<Metadata>),
    /// A device, a FIFO, a socket, standard output.
    Special,
}

/// What stands at `path`; what can't be written is an error. One system call where it is a file or nothing.
pub(super) fn look_at(path: &Path) -> Result<Found> {
    let last = path.as_os_str().as_encoded_bytes().last().copied();
    if last.is_none() {
        return Err(Error::new(ErrorKind::NotFound, "the path is empty"));
    }
    if is_stdout(path) {
        return Ok(Found::Special);
    }
    let directory = || Error::unsupported("the target is a directory").with_hint("name a file inside it");
    let linked = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // A path that ends so can only be a directory, whether it exists or not.
            let separator = last.is_some_and(|byte| std::path::is_separator(byte.into()));
            return if separator { Err(directory()) } else { Ok(Found::Nothing(path.to_owned())) };
        }
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Err(missing_parent(path, e)),
        Err(e) => return Err(e.into()),
    };
    let (link, found) = match linked.file_type().is_symlink() {
        false => (false, linked),
        true => match fs::metadata(path) {
            Ok(found) => (true, found),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing(follow(path)?)),
            Err(e) => return Err(e.into()),
        },
    };
    if found.is_dir() {
        return Err(directory());
    }
    if !found.is_file() {
        return Ok(Found::Special);
    }
    if found.permissions().readonly() {
        // A rename would replace it all the same, but that is not what its owner marked it for.
        return Err(Error::new(ErrorKind::ReadOnly, "the file is marked read-only"));
    }
    Ok(Found::File(if link { follow(path)? } else { path.to_owned() }, Box::new(found)))
}

/// Where a chain of links leads, also if nothing is there yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// Standard output may be redirected to a file, which a rename would cut off from its other writers.
fn is_stdout(path: &Path) -> bool {
    cfg!(unix) && ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

fn write_special(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_stdout(path) {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        return out.flush();
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(bytes)?;
    file.flush()
}

pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A new file `.<file>.<pid>.<n>.tmp` in the target's directory, where a rename is one step.
fn stage_beside(
    target: &Path,
    extension: &str,
    old: Option<&Metadata>,
    live: &'static Live,
) -> Result<(File, TempFile)> {
    let file = match target.file_name() {
        // Longer names would not leave room for the rest within the 255 bytes of most file systems.
        Some(name) if name.len() <= 180 => name,
        _ => OsStr::new("imageio"),
    };
    let mut tail = String::from(".tmp");
    if !extension.is_empty() {
        tail.push('.');
        tail.push_str(&spool::clean(extension));
    }
    let pid = std::process::id();
    let name = |n: u64| {
        let mut name = OsString::from(".");
        name.push(file);
        name.push(format!(".{pid}.{n}{tail}"));
        name
    };
    let parent = parent_of(target);
    TempFile::create(live, parent, old.and_then(private_mode), &name).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing_parent(target, e),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            let writable = old.is_some() && OpenOptions::new().write(true).open(target).is_ok();
            cannot_stage(e, parent, writable)
        }
        _ => e.into(),
    })
}

fn missing_parent(target: &Path, e: io::Error) -> Error {
    let parent = parent_of(target).to_string_lossy();
    let parent = uri::redacted(&parent);
    let message = match e.kind() {
        io::ErrorKind::NotADirectory => format!("`{parent}` is not a directory"),
        _ => format!("the directory `{parent}` does not exist"),
    };
    Error::new(ErrorKind::NotFound, message).with_source(e)
}

fn cannot_stage(e: io::Error, parent: &Path, target_is_writable: bool) -> Error {
    let message = format!("no file can be created in `{}`: {e}", parent.display());
    let error = Error::new(ErrorKind::ReadOnly, message).with_source(e);
    if target_is_writable {
        return error.with_hint(
            "the file itself is writable: with the option `atomic` set to `Atomic::Never` it is overwritten in place",
        );
    }
    error
}

#[cfg(unix)]
fn private_mode(old: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    // No wider than the old file at any moment; its owner's backends must be able to open it by path.
    Some(old.permissions().mode() & 0o777 | 0o600)
}

#[cfg(not(unix))]
fn private_mode(_old: &Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
pub(super) fn keep_permissions(staged: &Path, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    // Looking costs far less than changing, and mostly nothing has to be changed.
    let new = fs::symlink_metadata(staged)?;
    if (new.uid(), new.gid(), new.mode()) == (old.uid(), old.gid(), old.mode()) {
        return Ok(());
    }
    // Changing the owner is for root and the group for its members; others keep what they can.
    if chown(staged, Some(old.uid()), Some(old.gid())).is_err() {
        let _ = chown(staged, None, Some(old.gid()));
    }
    // After the owner, because changing that clears the set-user bits.
    fs::set_permissions(staged, old.permissions())
}

#[cfg(not(unix))]
pub(super) fn keep_permissions(_staged: &Path, _old: &Metadata) -> io::Result<()> {
    Ok(())
}

/// A target that is written directly. Emptied only when a plugin is about to write.
struct InPlace {
    path: PathBuf,
    created: bool,
    emptied: bool,
    done: bool,
}

impl InPlace {
    fn open(path: PathBuf, created: bool) -> Result<(File, Self)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let opened = options.open(&path).or_else(|e| match e.kind() {
            // Some files may be written and not read.
            io::ErrorKind::PermissionDenied => options.read(false).open(&path),
            _ => Err(e),
        });
        let file = opened.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing_parent(&path, e),
            io::ErrorKind::PermissionDenied => Error::new(ErrorKind::ReadOnly, "no permission to write").with_source(e),
            _ => e.into(),
        })?;
        Ok((file, InPlace { path, created, emptied: created, done: false }))
    }

    fn truncate(&mut self) -> io::Result<()> {
        if !self.emptied {
            OpenOptions::new().write(true).truncate(true).open(&self.path)?;
            self.emptied = true;
        }
        Ok(())
    }
}

impl Drop for InPlace {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if self.created {
            let _ = fs::remove_file(&self.path);
        } else if self.emptied {
            log::warn!("{} was being written in place and is incomplete now", self.path.display());
        }
    }
}

#[cfg(test)]
#[path = "commit_tests.rs"]
mod tests;
