//! The registry of places: URI schemes and path mounts, which other crates add to.
//!
//! A crate that adds a place declares a descriptor and submits it:
//!
//! ```
//! # use std::sync::Arc;
//! # use imageio_core::resource::scheme::{SchemeDescriptor, SchemeOpener};
//! # use imageio_core::resource::{ImageResource, MemoryResource};
//! struct Empty;
//!
//! impl SchemeOpener for Empty {
//!     fn open(&self, _uri: &str) -> imageio_core::Result<Arc<dyn ImageResource>> {
//!         Ok(Arc::new(MemoryResource::new(Vec::new())))
//!     }
//! }
//!
//! pub static SCHEME: SchemeDescriptor = SchemeDescriptor::new("empty", &Empty).schemes(&["empty"]);
//! imageio_core::submit_scheme!(crate::SCHEME);
//! # fn main() {}
//! ```

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::path::PathResource;
use super::uri::{self, Location, SchemeUse, Surroundings};
use super::{ImageResource, ReadSeek};
use crate::error::{Error, ErrorKind, Result};
use crate::options::nearest_name;

/// Opens URIs.
pub trait SchemeOpener: Send + Sync {
    /// The resource for reading. `uri` is the text as the user gave it.
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>>;

    /// The resource for writing, which may not exist yet. The same as [`open`](Self::open) unless overridden.
    fn create(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        self.open(uri)
    }
}

/// Opens what lies inside an archive.
pub trait MountOpener: Send + Sync {
    /// The resource `inner` of the archive `outer`, for reading. `inner` is empty for the archive as a whole.
    fn open(&self, outer: Arc<dyn ImageResource>, inner: &str) -> Result<Arc<dyn ImageResource>>;

    /// The same for writing; the archive may not exist yet. [`open`](Self::open) unless overridden.
    fn create(&self, outer: Arc<dyn ImageResource>, inner: &str) -> Result<Arc<dyn ImageResource>> {
        self.open(outer, inner)
    }
}

/// What a crate declares about the URI schemes it opens.
pub struct SchemeDescriptor {
    id: &'static str,
    opener: &'static dyn SchemeOpener,
    schemes: &'static [&'static str],
    doc: &'static str,
    archives: bool,
}

impl SchemeDescriptor {
    /// A descriptor under a unique id; it claims no scheme yet.
    pub const fn new(id: &'static str, opener: &'static dyn SchemeOpener) -> Self {
        SchemeDescriptor { id, opener, schemes: &[], doc: "", archives: false }
    }

    /// The schemes, in lower case and without colon. One that begins with `<` stands for the places without bytes
    /// whose names begin so: `<screen` for `<screen>` and `<screen1>`.
    #[must_use]
    pub const fn schemes(mut self, schemes: &'static [&'static str]) -> Self {
        self.schemes = schemes;
        self
    }

    /// One sentence for documents and listings.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// The scheme's names may lead into archives, as `imageio:chelsea.zip/chelsea.png` does.
    #[must_use]
    pub const fn archives(mut self) -> Self {
        self.archives = true;
        self
    }

    /// The unique id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The schemes that were declared.
    pub fn scheme_names(&self) -> &'static [&'static str] {
        self.schemes
    }

    /// The sentence for documents.
    pub fn description(&self) -> &'static str {
        self.doc
    }
}

impl Debug for SchemeDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemeDescriptor").field("id", &self.id).field("schemes", &self.schemes).finish()
    }
}

/// What a crate declares about a kind of archive that paths lead into.
pub struct MountDescriptor {
    id: &'static str,
    opener: &'static dyn MountOpener,
    suffix: &'static str,
    doc: &'static str,
}

impl MountDescriptor {
    /// A descriptor under a unique id; it mounts nothing before it has a suffix.
    pub const fn new(id: &'static str, opener: &'static dyn MountOpener) -> Self {
        MountDescriptor { id, opener, suffix: "", doc: "" }
    }

    /// How the archives' names end, with the dot and in lower case: `.zip`.
    #[must_use]
    pub const fn suffix(mut self, suffix: &'static str) -> Self {
        self.suffix = suffix;
        self
    }

    /// One sentence for documents and listings.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// The unique id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The suffix that was declared.
    pub fn file_suffix(&self) -> &'static str {
        self.suffix
    }

    /// The sentence for documents.
    pub fn description(&self) -> &'static str {
        self.doc
    }
}

impl Debug for MountDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MountDescriptor").field("id", &self.id).field("suffix", &self.suffix).finish()
    }
}

/// What [`submit_scheme!`](crate::submit_scheme) collects.
#[doc(hidden)]
pub struct SubmittedScheme(&'static SchemeDescriptor);

/// What [`submit_mount!`](crate::submit_mount) collects.
#[doc(hidden)]
pub struct SubmittedMount(&'static MountDescriptor);

impl SubmittedScheme {
    #[doc(hidden)]
    pub const fn new(descriptor: &'static SchemeDescriptor) -> Self {
        SubmittedScheme(descriptor)
    }
}

impl SubmittedMount {
    #[doc(hidden)]
    pub const fn new(descriptor: &'static MountDescriptor) -> Self {
        SubmittedMount(descriptor)
    }
}

inventory::collect!(SubmittedScheme);
inventory::collect!(SubmittedMount);

/// Adds a `static` [`SchemeDescriptor`] to every program that links the crate.
#[macro_export]
macro_rules! submit_scheme {
    ($descriptor:path) => {
        $crate::inventory::submit! { $crate::resource::scheme::SubmittedScheme::new(&$descriptor) }
    };
}

/// Adds a `static` [`MountDescriptor`](crate::resource::scheme::MountDescriptor) to every program that links
/// the crate.
#[macro_export]
macro_rules! submit_mount {
    ($descriptor:path) => {
        $crate::inventory::submit! { $crate::resource::scheme::SubmittedMount::new(&$descriptor) }
    };
}

static SCHEMES: RwLock<Vec<&'static SchemeDescriptor>> = RwLock::new(Vec::new());
static MOUNTS: RwLock<Vec<&'static MountDescriptor>> = RwLock::new(Vec::new());

/// The explicit entries, then the submitted ones by id, since those come in no order. The first of an id stays.
///
/// Nothing is kept between calls: a library that is loaded later submits later.
fn walk<D>(
    explicit: &RwLock<Vec<&'static D>>,
    submitted: impl Iterator<Item = &'static D>,
    id: impl Fn(&D) -> &'static str,
) -> Vec<&'static D> {
    let mut all = explicit.read().unwrap_or_else(PoisonError::into_inner).clone();
    let mut rest: Vec<_> = submitted.collect();
    rest.sort_by_key(|d| id(d));
    all.append(&mut rest);
    let mut seen: Vec<&'static str> = Vec::with_capacity(all.len());
    all.retain(|d| {
        let new = !seen.contains(&id(d));
        seen.push(id(d));
        new
    });
    all
}

fn add<D>(list: &RwLock<Vec<&'static D>>, descriptor: &'static D, id: impl Fn(&D) -> &'static str) {
    let mut list = list.write().unwrap_or_else(PoisonError::into_inner);
    if !list.iter().any(|d| id(d) == id(descriptor)) {
        list.push(descriptor);
    }
}

/// Registers a scheme by hand, where submitting is not possible. May be called again.
pub fn register_scheme(descriptor: &'static SchemeDescriptor) {
    add(&SCHEMES, descriptor, |d| d.id);
}

/// Registers a mount by hand, where submitting is not possible. May be called again.
pub fn register_mount(descriptor: &'static MountDescriptor) {
    add(&MOUNTS, descriptor, |d| d.id);
}

/// Every registered scheme.
pub fn schemes() -> Vec<&'static SchemeDescriptor> {
    walk(&SCHEMES, inventory::iter::<SubmittedScheme>.into_iter().map(|s| s.0), |d| d.id)
}

/// Every registered mount.
pub fn mounts() -> Vec<&'static MountDescriptor> {
    let mut all = walk(&MOUNTS, inventory::iter::<SubmittedMount>.into_iter().map(|s| s.0), |d| d.id);
    all.retain(|d| !d.suffix.is_empty());
    all
}

/// Schemes that have a resource somewhere in this project, and the feature that brings it.
const KNOWN_SCHEMES: &[(&str, Option<&str>)] = &[
    ("http", Some("http")),
    ("https", Some("http")),
    ("ftp", Some("ftp")),
    ("ftps", Some("ftp")),
    ("imageio", Some("standard")),
    ("s3", Some("object-store")),
    ("gs", Some("object-store")),
    ("az", Some("object-store")),
    ("zip", Some("zip")),
    ("sequence", Some("sequence")),
    // No resource opens these yet, but nobody means a file by them.
    ("data", None),
];

/// The same for archives: id, suffix, feature.
const KNOWN_MOUNTS: &[(&str, &str, &str)] = &[("zip", ".zip", "zip")];

fn find_scheme(scheme: &str) -> Option<&'static SchemeDescriptor> {
    schemes().into_iter().find(|d| d.schemes.contains(&scheme))
}

/// Who opens `<screen1>`: whoever declared the scheme `<screen`.
fn find_place(name: &str) -> Option<&'static SchemeDescriptor> {
    let claims = |prefix: &&str| prefix.starts_with('<') && name.starts_with(*prefix);
    schemes().into_iter().find(|d| d.schemes.iter().any(claims))
}

/// The world as it is: this process's registry, home and disk.
struct World;

impl Surroundings for World {
    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
    }

    fn scheme(&self, scheme: &str) -> SchemeUse {
        match find_scheme(scheme) {
            Some(descriptor) if descriptor.archives => SchemeUse::Archives,
            Some(_) => SchemeUse::Known,
            None if KNOWN_SCHEMES.iter().any(|(known, _)| *known == scheme) => SchemeUse::Known,
            None => SchemeUse::Unknown,
        }
    }

    fn mounts(&self) -> Vec<(&'static str, &'static str)> {
        let mut all: Vec<_> = mounts().into_iter().map(|d| (d.id, d.suffix)).collect();
        for (id, suffix, _) in KNOWN_MOUNTS {
            if !all.iter().any(|(_, registered)| registered == suffix) {
                all.push((id, suffix));
            }
        }
        all
    }

    fn can_mount(&self, mount: &'static str, outer: &Path) -> bool {
        if mounts().iter().any(|d| d.id == mount) {
            return !outer.is_dir();
        }
        // Not in this build: only where it is certain that no ordinary path was meant.
        outer.is_file()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Purpose {
    Read,
    Write,
}

/// The resource that a text names, for reading: a path, a URI, a name inside an archive, `<video0>`.
pub fn open(text: &str) -> Result<Arc<dyn ImageResource>> {
    resolve(located(text)?, Purpose::Read)
}

/// The same for writing; it may not exist yet. `<bytes>` is not a resource, see [`is_bytes`].
pub fn create(text: &str) -> Result<Arc<dyn ImageResource>> {
    resolve(located(text)?, Purpose::Write)
}

fn located(text: &str) -> Result<Location> {
    match uri::file_with_password(text, cfg!(windows)) {
        // Taken for a path, it would be told to whoever sees the error.
        Some(shown) => Err(Error::new(ErrorKind::NotFound, "a file: URI takes no user and no password")
            .with("resource", shown)
            .with_hint("for a file on a server: mount its share, or use the scheme that the server speaks")),
        None => Ok(uri::parse(text, &World)),
    }
}

/// The resource at a path, which is never taken for a URI; `~/` and names inside archives count.
pub fn open_path(path: &Path) -> Result<Arc<dyn ImageResource>> {
    resolve(uri::parse_path(path, &World), Purpose::Read)
}

/// The same for writing.
pub fn create_path(path: &Path) -> Result<Arc<dyn ImageResource>> {
    resolve(uri::parse_path(path, &World), Purpose::Write)
}

/// `true` for the text that stands for memory as a target.
pub fn is_bytes(text: &str) -> bool {
    text == "<bytes>"
}

fn resolve(location: Location, purpose: Purpose) -> Result<Arc<dyn ImageResource>> {
    match location {
        Location::Path(path) => Ok(Arc::new(PathResource::new(path))),
        Location::Procedural(name) => match find_place(&name) {
            Some(descriptor) => {
                let opened = match purpose {
                    Purpose::Read => descriptor.opener.open(&name),
                    Purpose::Write => descriptor.opener.create(&name),
                };
                opened.map_err(|e| e.with("resource", &name))
            }
            None => Ok(Arc::new(Procedural(name))),
        },
        Location::Bytes => Err(Error::unsupported("`<bytes>` names a target of writes, there is nothing to read")
            .with("resource", "<bytes>")
            .with_hint("to read bytes pass them: `&[u8]`, `Vec<u8>`")),
        Location::Scheme { scheme, uri, .. } => {
            let descriptor = find_scheme(&scheme).ok_or_else(|| no_scheme(&scheme, &uri))?;
            let opened = match purpose {
                Purpose::Read => descriptor.opener.open(&uri),
                Purpose::Write => descriptor.opener.create(&uri),
            };
            opened.map_err(|e| e.with("resource", uri::redacted(&uri)))
        }
        Location::Mount { mount, outer, inner } => {
            // An archive that is written gets rebuilt from what is in it.
            let outer = resolve(*outer, purpose)?;
            let Some(descriptor) = mounts().into_iter().find(|d| d.id == mount) else {
                return Err(no_mount(mount, &outer.name()));
            };
            let name = format!("{}/{inner}", outer.name());
            let opened = match purpose {
                Purpose::Read => descriptor.opener.open(outer, &inner),
                Purpose::Write => descriptor.opener.create(outer, &inner),
            };
            opened.map_err(|e| e.with("resource", name))
        }
    }
}

fn no_scheme(scheme: &str, uri: &str) -> Error {
    let shown = match uri.as_bytes().get(scheme.len() + 1..scheme.len() + 3) {
        Some(b"//") => format!("{scheme}://"),
        _ => format!("{scheme}:"),
    };
    let message = format!("no resource for scheme `{shown}` in this build");
    let known = KNOWN_SCHEMES.iter().find(|(known, _)| *known == scheme);
    let error = match known {
        Some((_, Some(feature))) => {
            Error::new(ErrorKind::PluginMissing, message).with_hint(format!("enable feature `{feature}`"))
        }
        _ => {
            let names: Vec<_> = schemes().iter().flat_map(|d| d.schemes).copied().collect();
            // A change of one letter in three is none that anybody types by mistake; the first letter is seldom wrong.
            let begins = |name: &&str| name.get(..1) == scheme.get(..1);
            let (first, others): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(begins);
            let near = nearest_name(scheme, first.into_iter().chain(others).filter(|_| scheme.len() > 3));
            let advice = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Error::unsupported(message).with_hint(format!("{advice}registered schemes: {names}"))
        }
    };
    error.with("resource", uri::redacted(uri))
}

fn no_mount(mount: &str, outer: &str) -> Error {
    let (suffix, feature) = KNOWN_MOUNTS
        .iter()
        .find(|(id, ..)| *id == mount)
        .map_or(("", mount), |(_, suffix, feature)| (*suffix, *feature));
    Error::new(ErrorKind::PluginMissing, format!("no resource for what is inside `{suffix}` files in this build"))
        .with("resource", outer)
        .with_hint(format!("enable feature `{feature}`"))
}

/// A place without bytes: a camera, the screen, the clipboard.
#[derive(Debug)]
struct Procedural(String);

impl ImageResource for Procedural {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Err(Error::unsupported("this place has no bytes; only plugins made for it can read it")
            .with("resource", &self.0))
    }

    fn is_procedural(&self) -> bool {
        true
    }
}

#[cfg(test)]
#[path = "scheme_tests.rs"]
mod tests;
