//! The sample images as resources: made once, kept for the process, read without a copy.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::{Arc, OnceLock};

use imageio_core::resource::{Bytes, ImageResource};
use imageio_core::{ReadSeek, Result};

use crate::paint;

/// The names of the sample images.
pub const SAMPLES: &[&str] = &["test-card.png", "gray16.png", "rgba.png", "animation.gif", "float.npy", "volume.npy"];

static TEST_CARD: OnceLock<Vec<u8>> = OnceLock::new();
static GRAY16: OnceLock<Vec<u8>> = OnceLock::new();
static RGBA: OnceLock<Vec<u8>> = OnceLock::new();
static ANIMATION: OnceLock<Vec<u8>> = OnceLock::new();
static FLOAT: OnceLock<Vec<u8>> = OnceLock::new();
static VOLUME: OnceLock<Vec<u8>> = OnceLock::new();

/// The sample of this name.
pub(crate) fn find(name: &str) -> Option<Arc<dyn ImageResource>> {
    let (file_name, bytes) = match name {
        "test-card.png" => ("test-card.png", TEST_CARD.get_or_init(paint::test_card)),
        "gray16.png" => ("gray16.png", GRAY16.get_or_init(paint::gray16)),
        "rgba.png" => ("rgba.png", RGBA.get_or_init(paint::rgba)),
        "animation.gif" => ("animation.gif", ANIMATION.get_or_init(paint::animation)),
        "float.npy" => ("float.npy", FLOAT.get_or_init(paint::float)),
        "volume.npy" => ("volume.npy", VOLUME.get_or_init(paint::volume)),
        _ => return None,
    };
    Some(Arc::new(Sample { file_name, bytes }))
}

#[derive(Debug)]
struct Sample {
    file_name: &'static str,
    bytes: &'static [u8],
}

impl ImageResource for Sample {
    fn name(&self) -> Cow<'_, str> {
        format!("imageio:{}", self.file_name).into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Ok(Box::new(Cursor::new(self.bytes)))
    }

    fn in_memory<'r>(self: Arc<Self>) -> Option<Bytes<'r>>
    where
        Self: 'r,
    {
        Some(Bytes::Borrowed(self.bytes))
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.file_name))
    }

    fn size_hint(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }
}
