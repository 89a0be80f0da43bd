//! An archive's directory: which members there are, and where.

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::Arc;

use imageio_core::resource::natural_order;
use imageio_core::{Error, ErrorKind, ImageResource, IntoResource, Limits, ReadSeek, Result, nearest_name};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::member::Member;
use crate::name;

/// A ZIP archive in any resource, with its directory read once for all its members.
pub struct Archive<'a> {
    inner: Arc<Directory<'a>>,
}

/// What is known of a member without opening it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub name: String,
    /// The name as the archive has it.
    pub raw_name: Vec<u8>,
    pub crc: u32,
    pub compressed: u64,
    pub size: u64,
    /// Position of the local header.
    pub header_at: u64,
    /// Where the content has to end: no member reaches into the directory.
    pub end: u64,
    pub encrypted: bool,
    pub symlink: bool,
}

impl Entry {
    pub(crate) fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// The archive's resource and its entries.
pub(crate) struct Directory<'a> {
    pub outer: Arc<dyn ImageResource + 'a>,
    pub entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
}

impl<'a> Archive<'a> {
    /// Reads the directory of an archive: of a path, bytes, a stream, whatever else is a resource.
    ///
    /// # Errors
    /// `Malformed` if it is no ZIP archive, or its end was cut off, where the directory is.
    pub fn open(place: impl IntoResource<'a>) -> Result<Self> {
        let outer = place.into_resource()?;
        Ok(Archive { inner: Arc::new(Directory::read(outer, &Limits::default())?) })
    }

    /// The members' names in natural order, folders left out; those that lead out of the archive as well.
    pub fn names(&self) -> Vec<&str> {
        self.inner.names()
    }

    /// A member, to be read by any of the functions, any number of times.
    ///
    /// # Errors
    /// `NotFound` with the nearest name; `Unsupported` for names that lead out of the archive.
    pub fn member(&self, name: &str) -> Result<Member<'a>> {
        Member::of(Arc::clone(&self.inner), name)
    }
}

impl Debug for Archive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("resource", &self.inner.outer.name())
            .field("members", &self.inner.entries.len())
            .finish()
    }
}

impl<'a> Directory<'a> {
    pub(crate) fn read(outer: Arc<dyn ImageResource + 'a>, limits: &Limits) -> Result<Self> {
        let zip = open(&outer, limits)?;
        let mut entries = Vec::with_capacity(zip.len());
        let end = zip.central_directory_start();
        for k in 0..zip.len() {
            let entry = zip.by_index_data(k).map_err(|e| error(e, &outer.name()))?;
            // A name that is no text in the encoding it claims is shown as far as it goes.
            let shown = entry.name().unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw()));
            // A name that climbs must not become one that does not.
            let name = if name::is_safe(&shown) { name::normal(&shown) } else { shown.into_owned() };
            entries.push(Entry {
                name,
                raw_name: entry.name_raw().to_vec(),
                crc: entry.crc32(),
                compressed: entry.compressed_size(),
                size: entry.size(),
                header_at: entry.header_start(),
                end,
                encrypted: entry.encrypted(),
                symlink: entry.is_symlink(),
            });
        }
        // Of several members with one name the last counts, as everywhere.
        let by_name = entries.iter().enumerate().map(|(k, entry)| (entry.name.clone(), k)).collect();
        Ok(Directory { outer, entries, by_name })
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.get(*self.by_name.get(name)?)
    }

    /// Whether `name` (without `/` at its end) is a folder: an entry of its own, or the beginning of others.
    pub(crate) fn has_folder(&self, name: &str) -> bool {
        name.is_empty() || self.entries.iter().any(|e| e.name.strip_prefix(name).is_some_and(|r| r.starts_with('/')))
    }

    fn names(&self) -> Vec<&str> {
        let files = self.entries.iter().filter(|e| !e.is_folder() && name::is_safe(&e.name));
        let mut names: Vec<&str> = files.map(|e| e.name.as_str()).collect();
        names.sort_by(|a, b| natural_order(a, b));
        names.dedup();
        names
    }

    /// The files below a folder (`""` for all), named from there, in natural order.
    pub(crate) fn below(&self, folder: &str) -> Vec<String> {
        let inside = |name: &&str| folder.is_empty() || name.strip_prefix(folder).is_some_and(|r| r.starts_with('/'));
        let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
        self.names().into_iter().filter(inside).map(|name| name[skip..].to_owned()).collect()
    }

    pub(crate) fn missing(&self, name: &str) -> Error {
        let names = self.names();
        let missing = Error::new(ErrorKind::NotFound, format!("the archive has no member `{}`", name.escape_debug()));
        if names.is_empty() {
            return missing.with_hint("it holds no files");
        }
        let shown: Vec<&str> = names.iter().copied().take(8).collect();
        let more = if names.len() > shown.len() { ", …" } else { "" };
        let files = if names.len() == 1 { "file" } else { "files" };
        // Names differ in case more often than in letters. What leads into an archive is looked for without the rest.
        let lower = name.to_lowercase();
        let same = |near: &&str| {
            let near = near.to_lowercase();
            near == lower || near.ends_with(".zip") && lower.strip_prefix(&near).is_some_and(|r| r.starts_with('/'))
        };
        let near = names.iter().copied().find(same).or_else(|| nearest_name(name, names.iter().copied()));
        let advice = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        missing.with_hint(format!("{advice}it holds {} {files}: {}{more}", names.len(), shown.join(", ")))
    }
}

/// The archive as the `zip` crate sees it.
pub(crate) fn open<'a>(
    outer: &Arc<dyn ImageResource + 'a>,
    limits: &Limits,
) -> Result<ZipArchive<Box<dyn ReadSeek + 'a>>> {
    let stream = Arc::clone(outer).open_read_within(limits)?;
    ZipArchive::new(stream).map_err(|e| error(e, &outer.name()))
}

/// What the `zip` crate said, about the archive of this name.
pub(crate) fn error(e: ZipError, archive: &str) -> Error {
    let error = match e {
        ZipError::Io(e) => Error::from(e),
        ZipError::InvalidArchive(why) if why.contains("EOCD") => {
            Error::malformed("no whole ZIP archive: its directory, which is at the end, is missing")
        }
        ZipError::InvalidArchive(why) if why.to_ascii_lowercase().contains("multi-disk") => {
            Error::unsupported("the archive is split over several files")
                .with_hint("`zip -s 0 a.zip --out whole.zip` makes one of them")
        }
        ZipError::InvalidArchive(why) => Error::malformed(format!("no whole ZIP archive: {why}")),
        ZipError::UnsupportedArchive(why) => Error::unsupported(format!("ZIP archive: {why}")),
        other => Error::malformed(format!("ZIP archive: {other}")),
    };
    error.with("archive", archive)
}
