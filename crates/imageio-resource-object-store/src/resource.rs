//! The resource and its builder.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use imageio_core::resource::{Ahead, Atomic, ImageResource, IntoResource, IntoTarget, ReadSeek, Target, Transaction};
use imageio_core::{Error, Result};
use imageio_ranged::{Ranged, Remote};
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};

use crate::address::Address;
use crate::object::{Object, path};
use crate::runtime::wait;
use crate::store::{failure, store};

/// What is longer than this is sent in parts.
const PART: usize = 8 << 20;
/// Parts on the way at the same time.
const AT_ONCE: usize = 4;

/// An object in a bucket, or what lies below a prefix.
///
/// ```no_run
/// # use imageio_resource_object_store::ObjectResource;
/// # use imageio_core::resource::IntoResource;
/// let scan = ObjectResource::new("s3://bucket/scans/a.tif")?
///     .option("aws_endpoint", "http://localhost:9000")
///     .option("aws_allow_http", "true")
///     .into_resource()?;
/// # Ok::<(), imageio_core::Error>(())
/// ```
pub struct ObjectResource {
    address: Address,
    options: Vec<(String, String)>,
    asking: Mutex<()>,
    found: OnceLock<Arc<Ranged<Object>>>,
}

impl ObjectResource {
    /// The object at `s3://bucket/key`, `gs://bucket/key` or `az://container/key`; with a key that ends with `/`, or
    /// without one, what lies below it.
    ///
    /// # Errors
    /// [`NotFound`](imageio_core::ErrorKind::NotFound) for what is no such address.
    pub fn new(uri: &str) -> Result<Self> {
        Ok(ObjectResource {
            address: Address::parse(uri)?,
            options: Vec::new(),
            asking: Mutex::new(()),
            found: OnceLock::new(),
        })
    }

    /// Sets one of the options of the crate `object_store` (`aws_endpoint`, `google_service_account`,
    /// `azure_storage_account_name` …); what is not set comes from the environment.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    fn store(&self) -> Result<Arc<dyn ObjectStore>> {
        store(&self.address, &self.options).map_err(|e| e.with("resource", &self.address))
    }

    fn found(&self) -> Result<&Arc<Ranged<Object>>> {
        // Several readers ask once.
        let _asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        if self.address.is_prefix() {
            return Err(Error::unsupported("this is what lies below a prefix, not an object")
                .with("resource", &self.address)
                .with_hint("name an object below it, or all its pictures with `sequence:` in front"));
        }
        let found = Arc::new(Object::find(&self.store()?, &self.address)?);
        Ok(self.found.get_or_init(|| found))
    }
}

/// Without the options, which may be credentials.
impl fmt::Debug for ObjectResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectResource").field("address", &self.address.to_string()).finish_non_exhaustive()
    }
}

impl ImageResource for ObjectResource {
    fn name(&self) -> Cow<'_, str> {
        self.address.to_string().into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Ok(Box::new(self.found()?.open()))
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.address.file_name().map(Cow::Borrowed)
    }

    fn size_hint(&self) -> Option<u64> {
        self.found.get().map(|found| found.remote().size())
    }

    fn shared(&self) -> Result<Option<Arc<dyn ImageResource>>> {
        Ok(Some(self.found()?.handle(self.address.to_string())))
    }

    fn ahead(&self) -> Ahead {
        self.found.get().map(|found| found.ahead()).unwrap_or_default()
    }

    /// The names below a prefix, without those below their own prefixes, which end with `/`.
    fn entries(&self) -> Result<Option<Vec<String>>> {
        if !self.address.is_prefix() {
            return Ok(None);
        }
        let (store, prefix) = (self.store()?, path(&self.address)?);
        let list = wait(async move { store.list_with_delimiter(Some(&prefix)).await })?;
        let list = list.map_err(|e| failure(&self.address, e))?;
        let name = |path: &object_store::path::Path| path.filename().map(str::to_owned);
        let folders = list.common_prefixes.iter().filter_map(|path| name(path).map(|name| name + "/"));
        let mut names: Vec<String> = list.objects.iter().filter_map(|o| name(&o.location)).chain(folders).collect();
        names.sort_by(|a, b| imageio_core::resource::natural_order(a, b));
        Ok(Some(names))
    }

    fn entry<'r>(self: Arc<Self>, name: &str) -> Result<Arc<dyn ImageResource + 'r>>
    where
        Self: 'r,
    {
        if !self.address.is_prefix() {
            return Err(Error::unsupported("there is nothing inside an object").with("resource", self.name()));
        }
        let inside =
            ObjectResource { options: self.options.clone(), ..Self::new(&format!("{}{name}", self.address.uri()))? };
        Ok(Arc::new(inside))
    }

    /// Nothing of an object is to be seen before all of it was sent, whatever `how` says.
    fn begin_write(&self, _how: Atomic) -> Result<Transaction> {
        if self.address.is_prefix() {
            return Err(Error::unsupported("this is what lies below a prefix, not an object")
                .with("resource", &self.address)
                .with_hint("name an object below it"));
        }
        let (store, address, path) = (self.store()?, self.address.clone(), path(&self.address)?);
        let send = move |bytes: Vec<u8>| {
            let sent = wait(async move {
                if bytes.len() <= PART {
                    return store.put(&path, bytes.into()).await.map(drop);
                }
                let mut upload = WriteMultipart::new_with_chunk_size(store.put_multipart(&path).await?, PART);
                for part in bytes.chunks(PART) {
                    if let Err(e) = upload.wait_for_capacity(AT_ONCE).await {
                        // Parts of what never gets complete would be kept, and paid for.
                        let _ = upload.abort().await;
                        return Err(e);
                    }
                    upload.write(part);
                }
                upload.finish().await.map(drop)
            })?;
            sent.map_err(|e| failure(&address, e))
        };
        Ok(Transaction::in_memory(Some(Box::new(send))).named(self.name()))
    }
}

impl<'a> IntoResource<'a> for ObjectResource {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}

impl<'a> IntoTarget<'a> for ObjectResource {
    fn into_target(self) -> Result<Target<'a>> {
        let resource: Arc<dyn ImageResource> = Arc::new(self);
        resource.into_target()
    }
}
