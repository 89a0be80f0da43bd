//! The standard images of Python's imageio, where they lie on this machine.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use imageio_core::resource::{Bytes, ImageResource, PathResource};
use imageio_core::{Error, ErrorKind, ReadSeek, Result};

use crate::places::{self, FOLDER_VARIABLE};

/// The image of this name: from the folder that is named, from the cache, or to be downloaded when it is read.
pub(crate) fn find(name: &str) -> Result<Arc<dyn ImageResource>> {
    let given = places::given();
    let cached = places::cache_folder();
    if let Some(path) = [&given, &cached].into_iter().flatten().map(|folder| folder.join(name)).find(|p| p.is_file()) {
        return Ok(Arc::new(InFolder { file: Arc::new(PathResource::new(path)), name: format!("imageio:{name}") }));
    }
    #[cfg(feature = "download")]
    let why = match crate::download::resource(name, cached)? {
        Ok(resource) => return Ok(resource),
        Err(why) => why,
    };
    #[cfg(not(feature = "download"))]
    let why = "this build downloads nothing (feature `http`)";
    let error = Error::new(ErrorKind::NotFound, format!("the standard image `{name}` is not on this machine"));
    let error = match &given {
        Some(folder) => error.with("folder", folder.display()),
        None => error,
    };
    Err(error.with_hint(format!("{why}; {FOLDER_VARIABLE} names the folder that holds the standard images")))
}

/// A file under the name by which it was asked for. It can be read and not written.
#[derive(Debug)]
struct InFolder {
    file: Arc<PathResource>,
    name: String,
}

impl ImageResource for InFolder {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Arc::clone(&self.file).open_read()
    }

    fn in_memory<'r>(self: Arc<Self>) -> Option<Bytes<'r>>
    where
        Self: 'r,
    {
        Arc::clone(&self.file).in_memory()
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.file.file_name()
    }

    fn local_path(&self) -> Option<&Path> {
        self.file.local_path()
    }

    fn size_hint(&self) -> Option<u64> {
        self.file.size_hint()
    }
}
