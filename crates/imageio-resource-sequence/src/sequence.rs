//! A sequence as a resource.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::path::Path;
use std::sync::Arc;

use imageio_core::resource::scheme::{self, SchemeOpener};
use imageio_core::resource::{PathResource, Transaction, uri};
use imageio_core::{
    Atomic, Error, ErrorKind, ImageResource, IntoResource, IntoTarget, PluginDescriptor, ReadSeek, Result, Target,
};

use crate::DESCRIPTOR;
use crate::listing::{self, Place};
use crate::pattern::Numbered;

/// Several files as one resource; see the [crate's page](crate).
///
/// ```no_run
/// # fn main() -> imageio_core::Result<()> {
/// use imageio_core::v3 as iio;
/// use imageio_resource_sequence::Sequence;
/// let stack = iio::imread(Sequence::glob("scans/*.tif"))?;
/// let other = iio::imread(Sequence::files(["second.png", "first.tif"]))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sequence {
    place: Place,
}

impl Sequence {
    /// Every picture in a folder, or in a folder of an archive.
    pub fn folder(place: impl Into<String>) -> Self {
        Sequence { place: Place::Folder(place.into()) }
    }

    /// The files that match a pattern with `*`, `?`, `[…]` and `**`.
    pub fn glob(pattern: impl Into<String>) -> Self {
        Sequence { place: Place::Glob(pattern.into()) }
    }

    /// Numbered files: `img_%04d.png` or `img_####.png`.
    ///
    /// # Errors
    /// `Unsupported` if the name has no place for a number, or several.
    pub fn numbered(pattern: impl Into<String>) -> Result<Self> {
        let pattern = pattern.into();
        let (folder, name) = listing::split(&pattern);
        let Some(numbered) = Numbered::parse(name) else {
            return Err(Error::unsupported("the name has no place for a number, or more than one")
                .with("resource", uri::redacted(&pattern))
                .with_hint("write it as img_%04d.png or img_####.png"));
        };
        Ok(Sequence { place: Place::Numbered(folder.to_owned(), name.to_owned(), numbered) })
    }

    /// These files in this order: paths, URIs, members of archives.
    pub fn files<S: Into<String>>(files: impl IntoIterator<Item = S>) -> Self {
        Sequence { place: Place::Files(files.into_iter().map(Into::into).collect()) }
    }

    /// What the text behind `sequence:` means: numbers, a pattern, or a folder.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (_, name) = listing::split(text);
        if Numbered::parse(name).is_some() {
            return Sequence::numbered(text);
        }
        if text.contains(['*', '?', '[']) {
            return Ok(Sequence::glob(text));
        }
        if text.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "the name of the folder is empty"));
        }
        Ok(Sequence::folder(text))
    }
}

impl Sequence {
    pub(crate) fn into_place(self) -> Place {
        self.place
    }
}

impl Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sequence").field(&uri::redacted(&self.place.text())).finish()
    }
}

impl ImageResource for Sequence {
    fn name(&self) -> Cow<'_, str> {
        // Only places on the disk are found again by this name, which have no secrets.
        format!("sequence:{}", uri::redacted(&self.place.text())).into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Err(Error::unsupported("a sequence is many files, which have no bytes as one").with("resource", self.name()))
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        match &self.place {
            Place::Numbered(_, name, _) => Some(Cow::Borrowed(name)),
            _ => None,
        }
    }

    fn is_procedural(&self) -> bool {
        true
    }

    fn plugin(&self) -> Option<&'static PluginDescriptor> {
        Some(&DESCRIPTOR)
    }

    /// The files, in order; each name is a place of its own.
    fn entries(&self) -> Result<Option<Vec<String>>> {
        self.place.list().map(Some).map_err(|e| e.with("resource", self.name()))
    }

    fn entry<'r>(self: Arc<Self>, name: &str) -> Result<Arc<dyn ImageResource + 'r>>
    where
        Self: 'r,
    {
        open(name)
    }

    /// Nothing is staged here: the plugin stages each file beside its place.
    fn begin_write(&self, _how: Atomic) -> Result<Transaction> {
        match &self.place {
            Place::Numbered(..) => Ok(Transaction::in_memory(None).named(self.name())),
            _ => Err(Error::new(ErrorKind::ReadOnly, "only numbered files can be written as a sequence")
                .with("resource", self.name())
                .with_hint("name them as sequence:img_%04d.png")),
        }
    }
}

/// One file of a sequence. A file on the disk whose name looks like a URI is a file all the same.
fn open(name: &str) -> Result<Arc<dyn ImageResource>> {
    let path = Path::new(name);
    if path.is_file() { Ok(Arc::new(PathResource::new(path))) } else { scheme::open(name) }
}

impl<'a> IntoResource<'a> for Sequence {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}

impl<'a> IntoTarget<'a> for Sequence {
    fn into_target(self) -> Result<Target<'a>> {
        let resource: Arc<dyn ImageResource + 'a> = Arc::new(self);
        resource.into_target()
    }
}

/// Opens `sequence:…` and `sequence://…`.
pub(crate) struct Opener;

impl SchemeOpener for Opener {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(Sequence::parse(text_of(uri))?))
    }
}

/// What follows the scheme.
pub(crate) fn text_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.strip_prefix("//").unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_mean() {
        let rows = [
            ("scans/", "folder"),
            ("scans", "folder"),
            ("a_*.tif", "glob"),
            ("**/x.png", "glob"),
            ("img_%04d.png", "numbered"),
            ("a*/img_####.png", "numbered"),
            ("50%/x", "folder"),
        ];
        for (text, expected) in rows {
            let kind = match Sequence::parse(text).unwrap().place {
                Place::Folder(_) => "folder",
                Place::Glob(_) => "glob",
                Place::Numbered(..) => "numbered",
                Place::Files(_) => "files",
            };
            assert_eq!(kind, expected, "{text}");
        }
        assert_eq!(text_of("sequence://a/b"), "a/b");
        assert_eq!(text_of("SEQUENCE:/a"), "/a");
        assert_eq!(Sequence::parse("").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(Sequence::numbered("a.png").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
