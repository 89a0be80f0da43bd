//! Places to write to: resources, memory, and writers.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Debug};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::commit::Committed;
use super::path::PathResource;
use super::stream::Named;
use super::{Atomic, ImageResource, Transaction, scheme};
use crate::error::{Error, ErrorKind, Result};

/// What the writing functions accept: paths and URIs, `"<bytes>"`, `&mut Vec<u8>`, [`WriteTo`], `File`.
pub trait IntoTarget<'a> {
    /// Turns `self` into a target; nothing is created yet.
    fn into_target(self) -> Result<Target<'a>>;
}

/// A writer as a target. It gets everything at once when the image is complete, and nothing after a failure.
///
/// `WriteTo(&mut writer)` lends a writer; it is flushed and not closed.
#[derive(Debug)]
pub struct WriteTo<W>(pub W);

impl<W> WriteTo<W> {
    /// A writer with a file name, from which the extension is taken.
    pub fn named(writer: W, file_name: impl Into<String>) -> Named<Self> {
        Named { inner: WriteTo(writer), file_name: file_name.into() }
    }
}

/// A place that will be written.
pub struct Target<'a> {
    kind: Kind<'a>,
    file_name: Option<String>,
}

enum Kind<'a> {
    Resource(Arc<dyn ImageResource + 'a>),
    Bytes,
    Vec(&'a mut Vec<u8>),
    Writer(&'static str, Box<dyn Write + Send + 'a>),
}

impl<'a> Target<'a> {
    fn new(kind: Kind<'a>) -> Self {
        Target { kind, file_name: None }
    }

    /// Standard output, of this name.
    pub(super) fn stdout(file_name: Option<String>) -> Self {
        Target { kind: Kind::Writer("<stdout>", Box::new(std::io::stdout())), file_name }
    }

    /// For messages.
    pub fn name(&self) -> Cow<'_, str> {
        match &self.kind {
            Kind::Resource(resource) => resource.name(),
            Kind::Bytes | Kind::Vec(_) => "<bytes>".into(),
            Kind::Writer(name, _) => (*name).into(),
        }
    }

    /// The name from which the extension is taken; `None` where there is none.
    pub fn file_name(&self) -> Option<Cow<'_, str>> {
        match &self.kind {
            Kind::Resource(resource) => resource.file_name(),
            _ => self.file_name.as_deref().map(Cow::Borrowed),
        }
    }

    /// The path, only if this *is* a local file.
    pub fn local_path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Resource(resource) => resource.local_path(),
            _ => None,
        }
    }

    /// The resource, where the target is one.
    pub fn resource(&self) -> Option<&Arc<dyn ImageResource + 'a>> {
        match &self.kind {
            Kind::Resource(resource) => Some(resource),
            _ => None,
        }
    }

    /// `true` where [`deliver`](Self::deliver) will give the bytes back.
    pub fn is_bytes(&self) -> bool {
        matches!(self.kind, Kind::Bytes)
    }

    /// Begins a write; what makes the target impossible to write is reported here.
    pub fn begin(&self, how: Atomic) -> Result<Transaction> {
        match &self.kind {
            Kind::Resource(resource) => resource.begin_write(how).map_err(|e| e.with("resource", resource.name())),
            _ => Ok(Transaction::in_memory(None).named(self.name())),
        }
    }

    /// Hands a committed write to its receiver; gives the bytes back for `<bytes>`, and `None` for all others.
    pub fn deliver(self, committed: Committed) -> Result<Option<Vec<u8>>> {
        let name = match self.kind {
            Kind::Resource(_) => return Ok(None),
            Kind::Bytes | Kind::Vec(_) => "<bytes>",
            Kind::Writer(name, _) => name,
        };
        let missing = || Error::new(ErrorKind::Backend, "the write was committed elsewhere").with("resource", name);
        let bytes = committed.into_bytes().ok_or_else(missing)?;
        match self.kind {
            Kind::Resource(_) => Ok(None),
            Kind::Bytes => Ok(Some(bytes)),
            Kind::Vec(vec) => {
                *vec = bytes;
                Ok(None)
            }
            Kind::Writer(_, mut writer) => {
                let written = writer.write_all(&bytes).and_then(|()| writer.flush());
                written.map_err(|e| Error::from(e).with("resource", name))?;
                Ok(None)
            }
        }
    }
}

impl Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("name", &self.name()).finish_non_exhaustive()
    }
}

fn resource<'a>(resource: Arc<dyn ImageResource + 'a>) -> Target<'a> {
    Target::new(Kind::Resource(resource))
}

impl<'a> IntoTarget<'a> for Target<'a> {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(self)
    }
}

impl<'a> IntoTarget<'a> for Arc<dyn ImageResource + 'a> {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(resource(self))
    }
}

impl<'a> IntoTarget<'a> for PathResource {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(resource(Arc::new(self)))
    }
}

/// Text may be a path, a URI, a name inside an archive, or `<bytes>`.
impl<'a> IntoTarget<'a> for &str {
    fn into_target(self) -> Result<Target<'a>> {
        if scheme::is_bytes(self) {
            return Ok(Target::new(Kind::Bytes));
        }
        Ok(resource(scheme::create(self)?))
    }
}

impl<'a> IntoTarget<'a> for String {
    fn into_target(self) -> Result<Target<'a>> {
        self.as_str().into_target()
    }
}

impl<'a> IntoTarget<'a> for &String {
    fn into_target(self) -> Result<Target<'a>> {
        self.as_str().into_target()
    }
}

impl<'a> IntoTarget<'a> for &Path {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(resource(scheme::create_path(self)?))
    }
}

impl<'a> IntoTarget<'a> for PathBuf {
    fn into_target(self) -> Result<Target<'a>> {
        self.as_path().into_target()
    }
}

impl<'a> IntoTarget<'a> for &PathBuf {
    fn into_target(self) -> Result<Target<'a>> {
        self.as_path().into_target()
    }
}

impl<'a> IntoTarget<'a> for &OsStr {
    fn into_target(self) -> Result<Target<'a>> {
        Path::new(self).into_target()
    }
}

impl<'a> IntoTarget<'a> for OsString {
    fn into_target(self) -> Result<Target<'a>> {
        Path::new(&self).into_target()
    }
}

impl<'a> IntoTarget<'a> for &OsString {
    fn into_target(self) -> Result<Target<'a>> {
        Path::new(self).into_target()
    }
}

impl<'a> IntoTarget<'a> for &'a mut Vec<u8> {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target::new(Kind::Vec(self)))
    }
}

impl<'a, W: Write + Send + 'a> IntoTarget<'a> for WriteTo<W> {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target::new(Kind::Writer("<writer>", Box::new(self.0))))
    }
}

impl<'a, W: Write + Send + 'a> IntoTarget<'a> for Named<WriteTo<W>> {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target { file_name: Some(self.file_name), ..self.inner.into_target()? })
    }
}

/// Written from where it stands, when the image is complete.
impl<'a> IntoTarget<'a> for File {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target::new(Kind::Writer("<file>", Box::new(self))))
    }
}

impl<'a> IntoTarget<'a> for &'a mut File {
    fn into_target(self) -> Result<Target<'a>> {
        Ok(Target::new(Kind::Writer("<file>", Box::new(self))))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;

    use super::*;

    fn write(target: Target<'_>, content: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut transaction = target.begin(Atomic::Auto)?;
        transaction.sink()?.write_all(content)?;
        target.deliver(transaction.commit()?)
    }

    #[test]
    fn memory_targets() {
        let bytes = "<bytes>".into_target().unwrap();
        assert!(bytes.is_bytes());
        assert_eq!((bytes.name().as_ref(), bytes.file_name()), ("<bytes>", None));
        assert_eq!(write(bytes, b"one").unwrap().unwrap(), b"one");

        let mut vec = b"old".to_vec();
        let target = (&mut vec).into_target().unwrap();
        let mut transaction = target.begin(Atomic::Auto).unwrap();
        transaction.sink().unwrap().write_all(b"lost").unwrap();
        drop((transaction, target));
        assert_eq!(vec, b"old");
        assert_eq!(write((&mut vec).into_target().unwrap(), b"new").unwrap(), None);
        assert_eq!(vec, b"new");

        let mut out = Vec::new();
        let target = WriteTo::named(&mut out, "a.png").into_target().unwrap();
        assert_eq!((target.name().as_ref(), target.file_name().as_deref()), ("<writer>", Some("a.png")));
        assert_eq!(write(target, b"written").unwrap(), None);
        assert_eq!(out, b"written");
    }

    #[test]
    fn a_writer_that_fails_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let e = write(WriteTo(Full).into_target().unwrap(), b"x").unwrap_err();
        assert_eq!((e.kind(), e.context_value("resource")), (ErrorKind::Io, Some("<writer>")));
    }

    #[test]
    fn files_by_name_and_open() {
        let path = std::env::temp_dir().join(format!("imageio-target-{}.bin", std::process::id()));
        let text = path.to_str().unwrap().to_owned();
        type Make = fn(&PathBuf) -> Result<Target<'static>>;
        let rows: [(&str, Make); 7] = [
            ("&str", |p| p.to_str().unwrap().into_target()),
            ("URI", |p| format!("file://{}", p.to_str().unwrap()).into_target()),
            ("&Path", |p| p.as_path().into_target()),
            ("PathBuf", |p| p.clone().into_target()),
            ("OsString", |p| p.clone().into_os_string().into_target()),
            ("PathResource", |p| PathResource::new(p).into_target()),
            ("File", |p| File::create(p).unwrap().into_target()),
        ];
        for (label, make) in rows {
            let target = make(&path).unwrap();
            let (name, file_name) = match label {
                "File" => ("<file>", None),
                _ => (text.as_str(), path.file_name().and_then(OsStr::to_str)),
            };
            assert_eq!((target.name().as_ref(), target.file_name().as_deref()), (name, file_name), "{label}");
            assert_eq!(target.local_path(), (label != "File").then_some(path.as_path()), "{label}");
            assert_eq!(write(target, label.as_bytes()).unwrap(), None);
            assert_eq!(fs::read(&path).unwrap(), label.as_bytes(), "{label}");
        }
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn impossible_targets_fail_at_begin() {
        let rows = [
            (std::env::temp_dir().to_str().unwrap().to_owned(), ErrorKind::Unsupported, "directory"),
            (std::env::temp_dir().join("new/").to_str().unwrap().to_owned(), ErrorKind::Unsupported, "directory"),
            ("no-such-dir/sub/a.png".into(), ErrorKind::NotFound, "`no-such-dir/sub` does not exist"),
            ("<video0>".into(), ErrorKind::ReadOnly, "can't be written"),
            ("<clipboard>".into(), ErrorKind::ReadOnly, "can't be written"),
            (String::new(), ErrorKind::NotFound, "empty"),
        ];
        for (text, kind, message) in rows {
            let target = text.as_str().into_target().unwrap();
            for how in [Atomic::Auto, Atomic::Durable, Atomic::Never] {
                let e = target.begin(how).unwrap_err();
                assert_eq!(e.kind(), kind, "{text}");
                assert!(e.to_string().contains(message), "{e}");
                assert_eq!(e.context_value("resource"), Some(text.as_str()));
            }
        }
        let bytes: Arc<dyn ImageResource + '_> = Arc::new(super::super::bytes::MemoryResource::new(&b"x"[..]));
        assert_eq!(bytes.into_target().unwrap().begin(Atomic::Auto).unwrap_err().kind(), ErrorKind::ReadOnly);
    }
}
