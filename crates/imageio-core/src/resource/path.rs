//! Files, directories and pipes by path; and text, which may name any place.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Debug};
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::stream::PipeResource;
use super::{Atomic, FileStream, ImageResource, IntoResource, ReadSeek, Transaction, scheme, uri};
use crate::error::{Error, ErrorKind, Result};
use crate::known;

/// A place on the local disk: a file, a directory, a FIFO or device.
pub struct PathResource {
    path: PathBuf,
    shown: Option<String>,
    /// What a FIFO or device delivered so far: it can't be opened a second time to start over.
    pipe: OnceLock<Arc<PipeResource<File>>>,
}

impl PathResource {
    /// The resource at exactly this path; nothing is looked up or expanded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        PathResource { path: path.into(), shown: None, pipe: OnceLock::new() }
    }

    /// Gives it another name in messages, as for a file that is made in one place and moved to another.
    #[must_use]
    pub fn shown_as(mut self, name: impl Into<String>) -> Self {
        self.shown = Some(name.into());
        self
    }

    fn error(&self, e: io::Error) -> Error {
        let empty = self.path.as_os_str().is_empty();
        let error = match e.kind() {
            io::ErrorKind::NotFound if empty => Error::new(ErrorKind::NotFound, "the path is empty"),
            // A part of the path is a file: what is asked for can't exist.
            io::ErrorKind::NotADirectory => {
                Error::new(ErrorKind::NotFound, "a part of the path is a file, not a directory").with_source(e)
            }
            _ => e.into(),
        };
        let error = error.with("resource", self.name());
        let name = self.path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        if known::STANDARD_IMAGES.contains(&name.as_str()) {
            return error.with_hint(format!("did you mean imageio:{name}"));
        }
        if name.contains(['*', '?', '#']) || name.contains("%0") {
            return error.with_hint(format!("several files as one are named sequence:{}", self.path.display()));
        }
        error
    }
}

impl Debug for PathResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PathResource").field(&self.path).finish()
    }
}

impl ImageResource for PathResource {
    /// What was meant as a URI, and is a path because of a slip, shows no password either.
    fn name(&self) -> Cow<'_, str> {
        if let Some(shown) = &self.shown {
            return Cow::Borrowed(shown);
        }
        let name = self.path.to_string_lossy();
        if name.contains(":/") { Cow::Owned(uri::redacted(&name).into_owned()) } else { name }
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        if let Some((file, len)) = self.open_file()? {
            return Ok(Box::new(FileStream::new(file, len)));
        }
        match self.pipe.get() {
            Some(pipe) => Arc::clone(pipe).open_read(),
            None => {
                Err(Error::new(ErrorKind::Backend, "neither a file nor a pipe").with("resource", self.path.display()))
            }
        }
    }

    fn open_file(&self) -> Result<Option<(File, u64)>> {
        if self.pipe.get().is_some() {
            return Ok(None);
        }
        let file = File::open(&self.path).map_err(|e| self.error(e))?;
        // Asked of the open file, so that nothing can change in between.
        let found = file.metadata().map_err(|e| self.error(e))?;
        if found.is_file() {
            return Ok(Some((file, found.len())));
        }
        if found.is_dir() {
            return Err(Error::unsupported("this is a directory").with("resource", self.name()).with_hint(format!(
                "name a file inside it, or all its pictures as sequence:{}, or a plugin that reads directories",
                self.path.display()
            )));
        }
        let new = || Arc::new(PipeResource::new(file, self.name().into_owned(), None));
        self.pipe.get_or_init(new);
        Ok(None)
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.path.file_name().map(OsStr::to_string_lossy)
    }

    fn local_path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn size_hint(&self) -> Option<u64> {
        fs::metadata(&self.path).ok().filter(fs::Metadata::is_file).map(|m| m.len())
    }

    /// The names in a directory in natural order (`a2` before `a10`); those of directories end with `/`.
    fn entries(&self) -> Result<Option<Vec<String>>> {
        // An error other than "not a directory" would come from asking for a listing, so ask the kind first.
        if !fs::metadata(&self.path).map_err(|e| self.error(e))?.is_dir() {
            return Ok(None);
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(|e| self.error(e))? {
            let entry = entry.map_err(|e| self.error(e))?;
            let mut name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                name.push('/');
            }
            names.push(name);
        }
        names.sort_by(|a, b| natural_order(a, b));
        Ok(Some(names))
    }

    fn entry<'r>(self: Arc<Self>, name: &str) -> Result<Arc<dyn ImageResource + 'r>>
    where
        Self: 'r,
    {
        // A listing may come from a file, as that of a DICOMDIR does, and must not lead out of its folder.
        if name.is_empty() || !Path::new(name).components().all(|c| matches!(c, Component::Normal(_))) {
            return Err(Error::new(ErrorKind::Unsupported, "the name leads out of its directory")
                .with("resource", self.name())
                .with("entry", name));
        }
        Ok(Arc::new(PathResource::new(self.path.join(name))))
    }

    fn begin_write(&self, how: Atomic) -> Result<Transaction> {
        match &self.shown {
            None => Transaction::at_path(&self.path, how),
            Some(shown) => Transaction::at_path_shown(&self.path, shown, how),
        }
    }
}

/// Orders names as people do: runs of digits by their value, so that `a2` comes before `a10`.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = (digits(left), digits(right));
        let order = if x.is_empty() || y.is_empty() {
            match (left.chars().next(), right.chars().next()) {
                (Some(l), Some(r)) => {
                    (left, right) = (&left[l.len_utf8()..], &right[r.len_utf8()..]);
                    l.cmp(&r)
                }
                // Names that differ only in zeros are told apart as text.
                (None, None) => return a.cmp(b),
                (l, r) => return l.cmp(&r),
            }
        } else {
            (left, right) = (&left[x.len()..], &right[y.len()..]);
            let (x, y) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

impl<'a> IntoResource<'a> for PathResource {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}

/// Text may be a path, a URI, a name inside an archive or a special name.
impl<'a> IntoResource<'a> for &str {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        scheme::open(self).map(lifetime)
    }
}

impl<'a> IntoResource<'a> for String {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        self.as_str().into_resource()
    }
}

impl<'a> IntoResource<'a> for &String {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        self.as_str().into_resource()
    }
}

impl<'a> IntoResource<'a> for &Path {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        scheme::open_path(self).map(lifetime)
    }
}

impl<'a> IntoResource<'a> for PathBuf {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        self.as_path().into_resource()
    }
}

impl<'a> IntoResource<'a> for &PathBuf {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        self.as_path().into_resource()
    }
}

impl<'a> IntoResource<'a> for &OsStr {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Path::new(self).into_resource()
    }
}

impl<'a> IntoResource<'a> for OsString {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Path::new(&self).into_resource()
    }
}

impl<'a> IntoResource<'a> for &OsString {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Path::new(self).into_resource()
    }
}

/// `map` needs the shortening of the lifetime spelled out.
fn lifetime<'a>(resource: Arc<dyn ImageResource>) -> Arc<dyn ImageResource + 'a> {
    resource
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, SeekFrom};

    use super::*;

    /// A directory of its own, removed at the end.
    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("imageio-path-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Dir(path)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn reads_by_every_kind_of_name() {
        let dir = Dir::new("read");
        let path = dir.0.join("a b.bin");
        fs::write(&path, b"0123456789").unwrap();
        let text = path.to_str().unwrap().to_owned();
        let uri = format!("file://{}", text.replace(' ', "%20"));
        let rows: Vec<(&str, Arc<dyn ImageResource>)> = vec![
            ("&str", text.as_str().into_resource().unwrap()),
            ("&String", (&text).into_resource().unwrap()),
            ("String", text.clone().into_resource().unwrap()),
            ("&Path", path.as_path().into_resource().unwrap()),
            ("&PathBuf", (&path).into_resource().unwrap()),
            ("PathBuf", path.clone().into_resource().unwrap()),
            ("&OsStr", path.as_os_str().into_resource().unwrap()),
            ("OsString", path.clone().into_os_string().into_resource().unwrap()),
            ("&OsString", (&path.clone().into_os_string()).into_resource().unwrap()),
            ("PathResource", PathResource::new(&path).into_resource().unwrap()),
            ("URI", uri.into_resource().unwrap()),
        ];
        for (label, resource) in rows {
            assert_eq!(resource.name(), text, "{label}");
            assert_eq!(resource.file_name().as_deref(), Some("a b.bin"), "{label}");
            assert_eq!(resource.local_path(), Some(path.as_path()), "{label}");
            assert_eq!(resource.size_hint(), Some(10), "{label}");
            assert_eq!(resource.entries().unwrap(), None, "{label}");
            assert!(resource.clone().in_memory().is_none(), "{label}");
            let mut first = resource.clone().open_read().unwrap();
            let mut second = resource.open_read().unwrap();
            first.seek(SeekFrom::End(-2)).unwrap();
            let (mut a, mut b) = (String::new(), String::new());
            first.read_to_string(&mut a).unwrap();
            second.read_to_string(&mut b).unwrap();
            assert_eq!((a.as_str(), b.as_str()), ("89", "0123456789"), "{label}");
        }
    }

    #[test]
    fn errors_say_what_and_what_helps() {
        let dir = Dir::new("errors");
        fs::write(dir.0.join("file"), b"x").unwrap();
        let rows = [
            (dir.0.join("none.png"), ErrorKind::NotFound, None),
            (dir.0.join("chelsea.png"), ErrorKind::NotFound, Some("did you mean imageio:chelsea.png")),
            (dir.0.join("Stent.NPZ"), ErrorKind::NotFound, Some("did you mean imageio:stent.npz")),
            (PathBuf::from("coins.png"), ErrorKind::NotFound, Some("did you mean imageio:coins.png")),
            (dir.0.join("file/inner.png"), ErrorKind::NotFound, None),
            (PathBuf::new(), ErrorKind::NotFound, None),
        ];
        for (path, kind, hint) in rows {
            let resource = path.as_path().into_resource().unwrap();
            assert_eq!(resource.size_hint(), None, "{path:?}");
            let e = resource.open_read().err().unwrap();
            assert_eq!((e.kind(), e.hint()), (kind, hint), "{path:?}");
            assert_eq!(e.context_value("resource"), Some(path.to_str().unwrap()), "{path:?}");
        }
    }

    #[test]
    fn several_files_are_asked_for_by_name() {
        let dir = Dir::new("several");
        let rows = [(dir.0.clone(), ErrorKind::Unsupported), (dir.0.join("scan_*.tif"), ErrorKind::NotFound)];
        for (path, kind) in rows {
            let e = PathResource::new(&path).into_resource().unwrap().open_read().err().unwrap();
            assert_eq!(e.kind(), kind, "{e}");
            assert!(e.hint().unwrap().contains(&format!("sequence:{}", path.display())), "{e}");
        }
    }

    #[test]
    fn directories_list_in_natural_order() {
        let dir = Dir::new("list");
        for name in ["b.png", "a10.png", "a2.png", "a02.png", "10.png", "9.png"] {
            fs::write(dir.0.join(name), b"").unwrap();
        }
        fs::create_dir(dir.0.join("a3")).unwrap();
        let resource = dir.0.as_path().into_resource().unwrap();
        let expected = ["9.png", "10.png", "a02.png", "a2.png", "a3/", "a10.png", "b.png"];
        assert_eq!(resource.entries().unwrap().unwrap(), expected);
        let inside = resource.clone().entry("a3/x.png").unwrap();
        assert_eq!(inside.local_path(), Some(dir.0.join("a3/x.png").as_path()));
        for name in ["", "..", "../x.png", "a3/../../x.png", "/etc/x.png"] {
            assert_eq!(resource.clone().entry(name).unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
        }
        assert_eq!(PathResource::new(dir.0.join("no")).entries().unwrap_err().kind(), ErrorKind::NotFound);
        let huge = ["x1", "x99999999999999999999999", "x100000000000000000000000"];
        assert!(huge.is_sorted_by(|a, b| natural_order(a, b).is_lt()));
        let mixed = ["", "1", "a", "a", "a1b2", "a1b10", "é1", "é2"];
        assert!(mixed.is_sorted_by(|a, b| natural_order(a, b).is_le()));
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_read_like_pipes() {
        let resource = "/dev/zero".into_resource().unwrap();
        let mut first = resource.clone().open_read().unwrap();
        let mut second = resource.clone().open_read().unwrap();
        let mut got = [1; 100];
        first.read_exact(&mut got).unwrap();
        first.seek(SeekFrom::Start(50_000)).unwrap();
        first.read_exact(&mut got).unwrap();
        second.read_exact(&mut got).unwrap();
        assert_eq!((got, resource.size_hint()), ([0; 100], None));
    }

    #[cfg(unix)]
    #[test]
    fn names_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let dir = Dir::new("odd");
        let path = dir.0.join(OsStr::from_bytes(b"a\xff.png"));
        fs::write(&path, b"odd").unwrap();
        let resource = path.as_path().into_resource().unwrap();
        assert_eq!(resource.file_name().as_deref(), Some("a\u{fffd}.png"));
        let mut got = String::new();
        resource.open_read().unwrap().read_to_string(&mut got).unwrap();
        assert_eq!(got, "odd");
    }
}
