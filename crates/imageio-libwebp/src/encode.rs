use std::ffi::c_int;

use libwebp_sys as sys;

use crate::error::Error;

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// 0 to 100: fidelity for lossy pictures; for lossless ones, how hard to search.
    pub quality: f32,
    /// Keep every pixel.
    pub lossless: bool,
    /// 0 (fastest) to 6 (smallest): libwebp's `method`.
    pub effort: u8,
    /// Keep the colours of fully transparent pixels.
    pub exact: bool,
}

/// Largest width and height.
const MAX_SIDE: usize = 16_383;

/// Encodes rows of RGB (`channels` 3) or RGBA (4) as a whole WebP file.
///
/// # Errors
/// [`Error::Size`] if `pixels` is not `width * height * channels` bytes long, [`Error::Unsupported`] for sides of 0 or
/// beyond 16383 and for settings that libwebp does not know.
pub fn encode(
    pixels: &[u8],
    width: usize,
    height: usize,
    channels: usize,
    settings: &Settings,
) -> Result<Vec<u8>, Error> {
    if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
        return Err(Error::Unsupported("a WebP picture has sides of 1 to 16383 pixels"));
    }
    if !(3..=4).contains(&channels) {
        return Err(Error::Unsupported("a picture to be encoded has 3 or 4 channels"));
    }
    let expected = width * height * channels;
    if pixels.len() != expected {
        return Err(Error::Size { expected, given: pixels.len() });
    }
    let other_version = |()| Error::Unsupported("another version of libwebp");
    let mut config = sys::WebPConfig::new().map_err(other_version)?;
    config.quality = settings.quality;
    config.lossless = c_int::from(settings.lossless);
    config.method = c_int::from(settings.effort);
    config.exact = c_int::from(settings.exact);
    config.thread_level = 1;
    // SAFETY: `config` is initialised and only read.
    if unsafe { sys::WebPValidateConfig(&config) } == 0 {
        return Err(Error::Unsupported("settings that libwebp does not accept"));
    }
    let mut out = Vec::<u8>::new();
    let mut picture = Picture(sys::WebPPicture::new().map_err(other_version)?);
    picture.0.use_argb = c_int::from(settings.lossless);
    picture.0.width = width as c_int;
    picture.0.height = height as c_int;
    let stride = (width * channels) as c_int;
    // SAFETY: `picture` is initialised, with the size that the length of `pixels` was checked against above; libwebp
    // copies what it needs of it.
    let imported = unsafe {
        match channels {
            3 => sys::WebPPictureImportRGB(&mut picture.0, pixels.as_ptr(), stride),
            _ => sys::WebPPictureImportRGBA(&mut picture.0, pixels.as_ptr(), stride),
        }
    };
    if imported == 0 {
        return Err(Error::OutOfMemory);
    }
    picture.0.writer = Some(append);
    picture.0.custom_ptr = (&raw mut out).cast();
    // SAFETY: both structures are initialised. `append` is called during this call only, on this thread, and finds
    // behind `custom_ptr` the vector that lives until the end of this function and is not touched otherwise.
    let done = unsafe { sys::WebPEncode(&config, &mut picture.0) };
    if done == 0 {
        return Err(refusal(picture.0.error_code));
    }
    drop(picture);
    Ok(out)
}

/// A picture that libwebp has allocated memory for.
struct Picture(sys::WebPPicture);

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the structure was initialised by libwebp, is freed once, and holds no memory that is not libwebp's.
        unsafe { sys::WebPPictureFree(&mut self.0) }
    }
}

/// Appends what libwebp has encoded to the vector behind `custom_ptr`; 0 where there is no memory.
unsafe extern "C" fn append(data: *const u8, size: usize, picture: *const sys::WebPPicture) -> c_int {
    if size == 0 {
        return 1;
    }
    // SAFETY: libwebp passes the picture that it was called with, whose `custom_ptr` was set to a live vector that
    // nobody else uses meanwhile, and `size` readable bytes at `data`.
    let (out, data) =
        unsafe { (&mut *(*picture).custom_ptr.cast::<Vec<u8>>(), std::slice::from_raw_parts(data, size)) };
    // A panic must not cross into C: memory is asked for in the way that can fail.
    if out.try_reserve(size).is_err() {
        return 0;
    }
    out.extend_from_slice(data);
    1
}

fn refusal(code: sys::WebPEncodingError) -> Error {
    use sys::WebPEncodingError as E;
    match code {
        E::VP8_ENC_ERROR_OUT_OF_MEMORY | E::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY | E::VP8_ENC_ERROR_BAD_WRITE => {
            Error::OutOfMemory
        }
        E::VP8_ENC_ERROR_BAD_DIMENSION => Error::Unsupported("a picture of this size"),
        E::VP8_ENC_ERROR_PARTITION0_OVERFLOW | E::VP8_ENC_ERROR_PARTITION_OVERFLOW | E::VP8_ENC_ERROR_FILE_TOO_BIG => {
            Error::Unsupported("a picture that becomes too large for the format")
        }
        _ => Error::Unsupported("libwebp refused to encode"),
    }
}
