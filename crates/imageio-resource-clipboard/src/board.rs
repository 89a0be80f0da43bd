//! The system's clipboard, held for as long as the program runs.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use arboard::{Clipboard, ImageData};
use imageio_core::{Error, ErrorKind, Result};

/// Kept, because under X11 what was written is there only while its writer is.
static BOARD: Mutex<Option<Clipboard>> = Mutex::new(None);

fn with<T>(f: impl FnOnce(&mut Clipboard) -> std::result::Result<T, arboard::Error>) -> Result<T> {
    let mut board = BOARD.lock().unwrap_or_else(PoisonError::into_inner);
    let opened = match board.take() {
        Some(open) => Ok(open),
        None => Clipboard::new(),
    };
    let mut open = opened.map_err(failed)?;
    let result = f(&mut open).map_err(failed);
    *board = Some(open);
    result
}

pub(crate) fn failed(e: arboard::Error) -> Error {
    let kind = match e {
        arboard::Error::ContentNotAvailable => {
            return Error::new(ErrorKind::NotFound, "the clipboard holds no picture");
        }
        arboard::Error::ClipboardNotSupported => ErrorKind::Unsupported,
        _ => ErrorKind::Backend,
    };
    Error::new(kind, format!("the clipboard: {e}")).with_source(e)
}

/// The picture in the clipboard: width, height and RGBA.
pub(crate) fn get() -> Result<ImageData<'static>> {
    let image = with(Clipboard::get_image)?;
    let whole = image.width.checked_mul(image.height).and_then(|n| n.checked_mul(4)) == Some(image.bytes.len());
    if !whole || image.bytes.is_empty() {
        return Err(Error::malformed("the picture in the clipboard is damaged"));
    }
    Ok(image)
}

/// Puts a picture there.
pub(crate) fn set(width: usize, height: usize, rgba: Vec<u8>) -> Result<()> {
    if crate::hold::hand_over(width, height, &rgba)? {
        return Ok(());
    }
    with(|board| board.set_image(ImageData { width, height, bytes: Cow::Owned(rgba) }))
}
