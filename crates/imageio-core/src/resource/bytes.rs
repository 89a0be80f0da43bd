//! Bytes in memory as a place to read from, without a copy.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::io::Cursor;
use std::ops::Deref;
use std::sync::Arc;

use super::{Atomic, ImageResource, IntoResource, ReadSeek, Transaction};
use crate::error::{Error, ErrorKind, Result};

/// Bytes, whoever owns them; dereferences to `[u8]`.
#[non_exhaustive]
#[derive(Clone)]
pub enum Bytes<'r> {
    /// The caller's own.
    Borrowed(&'r [u8]),
    /// Shared with others.
    Shared(Arc<[u8]>),
    /// A vector that several streams read; making an `Arc<[u8]>` of it would copy it.
    SharedVec(Arc<Vec<u8>>),
    /// Read for this one purpose.
    Owned(Vec<u8>),
}

impl Bytes<'_> {
    /// The bytes as a vector; copies only what others hold as well.
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Bytes::Borrowed(bytes) => bytes.to_vec(),
            Bytes::Shared(bytes) => bytes.to_vec(),
            Bytes::SharedVec(bytes) => Arc::try_unwrap(bytes).unwrap_or_else(|shared| shared.to_vec()),
            Bytes::Owned(bytes) => bytes,
        }
    }

    /// The bytes as a shared slice; copies unless they are one already.
    pub fn into_shared(self) -> Arc<[u8]> {
        match self {
            Bytes::Shared(bytes) => bytes,
            other => other.into_vec().into(),
        }
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::Shared(bytes) => bytes,
            Bytes::SharedVec(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Bytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes)", self.len())
    }
}

impl<'r> From<&'r [u8]> for Bytes<'r> {
    fn from(bytes: &'r [u8]) -> Self {
        Bytes::Borrowed(bytes)
    }
}

impl From<Vec<u8>> for Bytes<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::Owned(bytes)
    }
}

impl From<Box<[u8]>> for Bytes<'_> {
    fn from(bytes: Box<[u8]>) -> Self {
        Bytes::Owned(bytes.into_vec())
    }
}

impl From<Arc<[u8]>> for Bytes<'_> {
    fn from(bytes: Arc<[u8]>) -> Self {
        Bytes::Shared(bytes)
    }
}

impl From<Arc<Vec<u8>>> for Bytes<'_> {
    fn from(bytes: Arc<Vec<u8>>) -> Self {
        Bytes::SharedVec(bytes)
    }
}

impl<'r> From<Cow<'r, [u8]>> for Bytes<'r> {
    fn from(bytes: Cow<'r, [u8]>) -> Self {
        match bytes {
            Cow::Borrowed(bytes) => Bytes::Borrowed(bytes),
            Cow::Owned(bytes) => Bytes::Owned(bytes),
        }
    }
}

/// Bytes in memory as a resource: named `<bytes>`, read without a copy.
#[derive(Debug, Clone)]
pub struct MemoryResource<'a> {
    // Never `Owned`: every clone for a stream has to be cheap.
    bytes: Bytes<'a>,
    name: Option<String>,
}

impl<'a> MemoryResource<'a> {
    /// A resource over `bytes`.
    pub fn new(bytes: impl Into<Bytes<'a>>) -> Self {
        let bytes = match bytes.into() {
            Bytes::Owned(bytes) => Bytes::SharedVec(Arc::new(bytes)),
            other => other,
        };
        MemoryResource { bytes, name: None }
    }

    /// Gives the bytes a file name, from which the extension is taken.
    #[must_use]
    pub fn named(mut self, file_name: impl Into<String>) -> Self {
        self.name = Some(file_name.into());
        self
    }
}

impl ImageResource for MemoryResource<'_> {
    fn name(&self) -> Cow<'_, str> {
        "<bytes>".into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Ok(Box::new(Cursor::new(self.bytes.clone())))
    }

    fn in_memory<'r>(self: Arc<Self>) -> Option<Bytes<'r>>
    where
        Self: 'r,
    {
        Some(self.bytes.clone())
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.name.as_deref().map(Cow::Borrowed)
    }

    fn size_hint(&self) -> Option<u64> {
        u64::try_from(self.bytes.len()).ok()
    }

    fn begin_write(&self, _how: Atomic) -> Result<Transaction> {
        Err(Error::new(ErrorKind::ReadOnly, "bytes that were handed over for reading can't be written")
            .with("resource", self.name())
            .with_hint("write to \"<bytes>\" or to a `&mut Vec<u8>`"))
    }
}

impl<'a> IntoResource<'a> for MemoryResource<'a> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}

impl<'a> IntoResource<'a> for Bytes<'a> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

impl<'a> IntoResource<'a> for &'a [u8] {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

impl<'a, const N: usize> IntoResource<'a> for &'a [u8; N] {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        self.as_slice().into_resource()
    }
}

impl<'a> IntoResource<'a> for &'a Vec<u8> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        self.as_slice().into_resource()
    }
}

impl<'a> IntoResource<'a> for Vec<u8> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

impl<'a> IntoResource<'a> for Box<[u8]> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

impl<'a> IntoResource<'a> for Arc<[u8]> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

impl<'a> IntoResource<'a> for Arc<Vec<u8>> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

impl<'a> IntoResource<'a> for Cow<'a, [u8]> {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        MemoryResource::new(self).into_resource()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, SeekFrom};

    use super::*;

    fn check(label: &str, resource: Arc<dyn ImageResource + '_>) {
        assert_eq!(resource.name(), "<bytes>", "{label}");
        assert_eq!(resource.size_hint(), Some(4), "{label}");
        assert_eq!(resource.file_name(), None, "{label}");
        let mut first = resource.clone().open_read().unwrap();
        let mut second = resource.clone().open_read().unwrap();
        let (mut a, mut b) = ([0; 2], Vec::new());
        first.read_exact(&mut a).unwrap();
        second.read_to_end(&mut b).unwrap();
        assert_eq!((&a, b.as_slice()), (b"ab", &b"abcd"[..]), "{label}");
        assert_eq!(first.seek(SeekFrom::End(-1)).unwrap(), 3, "{label}");
        assert_eq!(resource.clone().in_memory().unwrap().as_ref(), b"abcd", "{label}");
        assert_eq!(resource.begin_write(Atomic::Auto).unwrap_err().kind(), ErrorKind::ReadOnly, "{label}");
    }

    #[test]
    fn every_owner_of_bytes_reads_alike() {
        let vector = b"abcd".to_vec();
        let rows: Vec<(&str, Arc<dyn ImageResource + '_>)> = vec![
            ("slice", vector.as_slice().into_resource().unwrap()),
            ("array", b"abcd".into_resource().unwrap()),
            ("&Vec", (&vector).into_resource().unwrap()),
            ("Vec", vector.clone().into_resource().unwrap()),
            ("Box", vector.clone().into_boxed_slice().into_resource().unwrap()),
            ("Arc<[u8]>", Arc::<[u8]>::from(vector.as_slice()).into_resource().unwrap()),
            ("Arc<Vec>", Arc::new(vector.clone()).into_resource().unwrap()),
            ("Cow borrowed", Cow::Borrowed(vector.as_slice()).into_resource().unwrap()),
            ("Cow owned", Cow::<[u8]>::Owned(vector.clone()).into_resource().unwrap()),
            ("Bytes", Bytes::Owned(vector.clone()).into_resource().unwrap()),
        ];
        for (label, resource) in rows {
            check(label, resource);
        }
    }

    #[test]
    fn nothing_is_copied() {
        let vector = vec![7; 9];
        let at = vector.as_ptr();
        let borrowed = vector.as_slice().into_resource().unwrap();
        assert_eq!(borrowed.in_memory().unwrap().as_ptr(), at);
        let owned = vector.into_resource().unwrap();
        assert_eq!(owned.clone().in_memory().unwrap().as_ptr(), at);
        let taken = owned.in_memory().unwrap();
        let vector = taken.into_vec();
        assert_eq!(vector.as_ptr(), at);
    }

    #[test]
    fn conversions_and_debug() {
        let shared: Arc<[u8]> = Arc::from(&b"xyz"[..]);
        let same = Bytes::from(shared.clone()).into_shared();
        assert!(Arc::ptr_eq(&shared, &same));
        assert_eq!(&*Bytes::from(&b"xyz"[..]).into_shared(), b"xyz");
        assert_eq!(Bytes::from(shared).into_vec(), b"xyz");
        assert_eq!(format!("{:?}", Bytes::Owned(vec![0; 12])), "Bytes(12 bytes)");
        let named = MemoryResource::new(vec![1]).named("a.png");
        assert_eq!(named.file_name().as_deref(), Some("a.png"));
    }
}
