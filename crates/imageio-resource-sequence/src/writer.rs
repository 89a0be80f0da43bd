//! Writing numbered files: each beside its place, all moved there at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use imageio_core::resource::scheme;
use imageio_core::{Error, ErrorKind, ImageWriter, Result, WriteCx, WriteOptions, Writer};

use crate::listing;
use crate::pattern::Numbered;

pub(crate) struct SequenceWriter {
    folder: String,
    numbered: Numbered,
    staging: Option<Staging>,
    written: u64,
    notes: Vec<String>,
}

impl SequenceWriter {
    /// Numbered files in `folder`, which is empty for the current one and must exist.
    pub(crate) fn new(folder: String, numbered: Numbered) -> Result<Self> {
        let place = scheme::create(if folder.is_empty() { "." } else { &folder })?;
        let Some(path) = place.local_path() else {
            return Err(Error::unsupported("sequences are written into folders on the disk alone")
                .with("folder", place.name())
                .with_hint("write the files first, and pack them then"));
        };
        let staging = Some(Staging::new(path)?);
        Ok(SequenceWriter { folder, numbered, staging, written: 0, notes: Vec::new() })
    }

    fn staging(&self) -> Result<&Staging> {
        self.staging.as_ref().ok_or_else(|| Error::new(ErrorKind::Backend, "the sequence is finished"))
    }
}

impl ImageWriter for SequenceWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let name = self.numbered.name(self.written);
        let mut options = WriteOptions::new().with(cx.options().clone());
        if let Some(metadata) = cx.metadata() {
            options = options.metadata(metadata);
        }
        let staged = self.staging()?.folder.join(&name);
        // What is wrong with it is told under the name that it will have.
        let named = |e: Error| e.with("file", format!("{}{name}", self.folder));
        let mut writer = Writer::open_with(staged, &options).map_err(named)?;
        writer.write(cx.image().reborrow()).map_err(named)?;
        let notes = writer.notes();
        writer.finish().map_err(named)?;
        self.notes.extend(notes);
        self.notes.sort();
        self.notes.dedup();
        self.written += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let Some(staging) = self.staging.take() else { return Ok(()) };
        staging.publish()?;
        // An earlier, longer sequence would go on behind this one.
        let later = listing::numbers(&self.folder, &self.numbered)?;
        let stale = later.iter().filter(|(n, _)| *n >= self.written).count();
        if stale > 0 {
            log::warn!("{stale} files of an earlier sequence stay behind the {} that were written", self.written);
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// A hidden folder in the one that is written to, where files wait for the others; removed with what is still in it.
struct Staging {
    folder: PathBuf,
    target: PathBuf,
}

impl Staging {
    fn new(target: &Path) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let target = if target.as_os_str().is_empty() { Path::new(".") } else { target };
        if !target.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, format!("the folder `{}` does not exist", target.display())));
        }
        loop {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = target.join(format!(".sequence.{}.{n}.tmp", std::process::id()));
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(Staging { folder, target: target.to_owned() }),
                // Left by a process with the same id that was killed.
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(Error::from(e).with("folder", target.display())),
            }
        }
    }

    /// Moves every file to its place. What can be known to fail is looked at before the first is moved.
    fn publish(&self) -> Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            names.push(entry?.file_name());
        }
        for name in &names {
            let place = self.target.join(name);
            let Ok(old) = fs::metadata(&place) else { continue };
            if old.is_dir() {
                return Err(Error::unsupported("a directory is in the way").with("file", place.display()));
            }
            if old.permissions().readonly() {
                return Err(
                    Error::new(ErrorKind::ReadOnly, "the file is marked read-only").with("file", place.display())
                );
            }
            fs::set_permissions(self.folder.join(name), old.permissions())?;
        }
        for name in &names {
            let place = self.target.join(name);
            fs::rename(self.folder.join(name), &place).map_err(|e| Error::from(e).with("file", place.display()))?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(e) = fs::remove_dir_all(&self.folder) {
            log::warn!("temporary folder {} could not be removed: {e}", self.folder.display());
        }
    }
}
