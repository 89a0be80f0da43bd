//! An object, read in parts of one version only.

use std::io::{self, Read};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use imageio_core::{Error, ErrorKind, Result};
use imageio_ranged::{FIRST, Ranged, Remote};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStoreExt};

use crate::address::Address;
use crate::runtime::wait;
use crate::store::{Store, failure};

pub(crate) struct Object {
    store: Store,
    address: Address,
    path: Path,
    meta: ObjectMeta,
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Object({})", self.address)
    }
}

impl Object {
    /// Asks for the first part, which tells the length and the version as well.
    pub fn find(store: &Store, address: &Address) -> Result<Ranged<Self>> {
        let path = path(address)?;
        let options = GetOptions { range: Some(GetRange::Bounded(0..FIRST)), ..GetOptions::default() };
        let (asked, at) = (Arc::clone(store), path.clone());
        let found = wait(async move {
            let answer = asked.get_opts(&at, options).await?;
            let meta = answer.meta.clone();
            answer.bytes().await.map(|bytes| (meta, bytes.to_vec()))
        })?;
        let (meta, first) = match found {
            Ok(found) => found,
            // Of an empty object no part can be had; of the others the reason is the one that counts.
            Err(e) => {
                let (asked, at) = (Arc::clone(store), path.clone());
                match wait(async move { asked.head(&at).await })? {
                    Ok(meta) if meta.size == 0 => (meta, Vec::new()),
                    _ => return Err(failure(address, e)),
                }
            }
        };
        if (first.len() as u64) < FIRST.min(meta.size) {
            return Err(
                Error::new(ErrorKind::Io, "the first part of the object came incomplete").with("resource", address)
            );
        }
        let object = Object { store: Arc::clone(store), address: address.clone(), path, meta };
        Ok(Ranged::new(object).with_first(first))
    }

    fn options(&self, range: GetRange) -> GetOptions {
        GetOptions { range: Some(range), if_match: self.meta.e_tag.clone(), ..GetOptions::default() }
    }

    fn unchanged(&self, meta: &ObjectMeta) -> Result<()> {
        if meta.size == self.meta.size && meta.e_tag == self.meta.e_tag {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Io, "the object changed while it was being read")
            .with("resource", &self.address)
            .with_hint("read it again"))
    }
}

pub(crate) fn path(address: &Address) -> Result<Path> {
    address.path().map_err(|e| Error::new(ErrorKind::NotFound, e.to_string()).with("resource", address))
}

impl Remote for Object {
    fn size(&self) -> u64 {
        self.meta.size
    }

    fn open(self: Arc<Self>, start: u64, end: u64) -> Result<Box<dyn Read + Send>> {
        let options = self.options(GetRange::Bounded(start..end));
        let (store, path) = (Arc::clone(&self.store), self.path.clone());
        let answer = wait(async move { store.get_opts(&path, options).await })?;
        let answer = answer.map_err(|e| failure(&self.address, e))?;
        self.unchanged(&answer.meta)?;
        Ok(Box::new(Run { object: self, stream: Some(answer.into_stream()), chunk: Chunk::new(), used: 0 }))
    }
}

/// What arrives at once.
type Chunk = Vec<u8>;

/// A long answer as it comes. The client below takes it up again where it breaks off.
struct Run {
    object: Arc<Object>,
    stream: Option<BoxStream<'static, object_store::Result<bytes::Bytes>>>,
    chunk: Chunk,
    used: usize,
}

impl Read for Run {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.used == self.chunk.len() {
            let Some(mut stream) = self.stream.take() else { return Ok(0) };
            let (next, stream) = wait(async move { (stream.next().await, stream) })?;
            match next {
                Some(Ok(chunk)) => {
                    (self.chunk, self.used) = (chunk.into(), 0);
                    self.stream = Some(stream);
                }
                Some(Err(e)) => return Err(failure(&self.object.address, e).into()),
                None => return Ok(0),
            }
        }
        let n = buf.len().min(self.chunk.len() - self.used);
        buf[..n].copy_from_slice(&self.chunk[self.used..self.used + n]);
        self.used += n;
        Ok(n)
    }
}
