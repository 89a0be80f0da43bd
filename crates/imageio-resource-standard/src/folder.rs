//! The standard images of Python's imageio, out of a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imageio_core::resource::{Bytes, ImageResource, PathResource};
use imageio_core::{Error, ErrorKind, ReadSeek, Result};

/// The environment variable that names the folder.
pub const FOLDER_VARIABLE: &str = "IMAGEIO_STANDARD_IMAGES";

/// The image of this name, where the folder has it.
pub(crate) fn find(name: &str) -> Result<Arc<dyn ImageResource>> {
    let folder = std::env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let Some(folder) = folder else {
        return Err(Error::new(ErrorKind::NotFound, format!("the standard image `{name}` is not on this machine"))
            .with_hint(format!("set {FOLDER_VARIABLE} to the folder that holds the standard images")));
    };
    let path = folder.join(name);
    if !path.is_file() {
        return Err(Error::new(ErrorKind::NotFound, format!("the standard image `{name}` is not in its folder"))
            .with("folder", folder.display())
            .with_hint(format!("the folder is what {FOLDER_VARIABLE} says")));
    }
    Ok(Arc::new(InFolder { file: Arc::new(PathResource::new(path)), name: format!("imageio:{name}") }))
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
