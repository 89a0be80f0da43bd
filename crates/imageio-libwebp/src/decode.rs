use libwebp_sys as sys;

use crate::error::Error;

/// Decodes `file`, a whole WebP file with one picture, into rows of RGB (`channels` 3) or RGBA (4), not premultiplied.
///
/// # Errors
/// [`Error::Size`] if `pixels` is not `width * height * channels` bytes long for the size in the file.
pub fn decode(file: &[u8], pixels: &mut [u8], channels: usize) -> Result<(), Error> {
    let mode = match channels {
        3 => sys::WEBP_CSP_MODE::MODE_RGB,
        4 => sys::WEBP_CSP_MODE::MODE_RGBA,
        _ => return Err(Error::Unsupported("a picture is decoded to 3 or 4 channels")),
    };
    let mut config = sys::WebPDecoderConfig::new().map_err(|()| Error::Unsupported("another version of libwebp"))?;
    // SAFETY: pointer and length are those of a slice, which is only read; `config.input` is a live structure.
    let status = unsafe { sys::WebPGetFeatures(file.as_ptr(), file.len(), &mut config.input) };
    check(status)?;
    if config.input.has_animation != 0 {
        return Err(Error::Unsupported("an animation where one picture is expected"));
    }
    let side = |n: i32| usize::try_from(n).unwrap_or(0);
    let (width, height) = (side(config.input.width), side(config.input.height));
    let stride = width * channels;
    let expected = stride * height;
    if pixels.len() != expected || expected == 0 {
        return Err(Error::Size { expected, given: pixels.len() });
    }
    config.options.use_threads = 1;
    config.output.colorspace = mode;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = sys::WebPRGBABuffer {
        rgba: pixels.as_mut_ptr(),
        stride: i32::try_from(stride).map_err(|_| Error::Unsupported("a picture that is too wide"))?,
        size: pixels.len(),
    };
    // SAFETY: the output is external memory: exactly the slice `pixels`, borrowed exclusively for this call, with the
    // stride and length that libwebp is told and checks against the size of the picture. Nothing of `config` is used
    // afterwards, and with external memory libwebp owns nothing that would have to be freed.
    let status = unsafe { sys::WebPDecode(file.as_ptr(), file.len(), &mut config) };
    check(status)
}

fn check(status: sys::VP8StatusCode) -> Result<(), Error> {
    use sys::VP8StatusCode as S;
    Err(match status {
        S::VP8_STATUS_OK => return Ok(()),
        S::VP8_STATUS_OUT_OF_MEMORY => Error::OutOfMemory,
        S::VP8_STATUS_NOT_ENOUGH_DATA => Error::Malformed("the data end early"),
        S::VP8_STATUS_BITSTREAM_ERROR => Error::Malformed("the data are damaged"),
        S::VP8_STATUS_UNSUPPORTED_FEATURE => Error::Unsupported("a feature that libwebp does not have"),
        _ => Error::Malformed("libwebp refused the data"),
    })
}
