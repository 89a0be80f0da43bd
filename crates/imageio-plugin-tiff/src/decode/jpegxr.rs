//! JPEG XR within TIFF: containers whose samples, and alpha beside them, are streams of their own (ISO/IEC 29199-2,
//! annex A).

use imageio_core::{Error, Result};
use openreadout_jpegxr::Image;

use super::chunk::{Context, resize};
use super::image::{Found, check};

/// Most memory for a decoded strip or tile.
const MOST: usize = 1 << 30;

/// Decodes into `plain`.
pub(super) fn decode(context: &Context, data: &[u8], plain: &mut Vec<u8>) -> Result<Found> {
    let image = match alpha(data) {
        None => one(context, data)?,
        Some([colours, alpha]) => {
            let (colours, alpha) = (one(context, colours)?, one(context, alpha)?);
            join(&colours, &alpha, plain)?
        }
    };
    let size = image.sample.bytes();
    *plain = image.data;
    if image.bgr {
        for pixel in plain.chunks_exact_mut(size * image.channels as usize) {
            let (first, rest) = pixel.split_at_mut(size);
            if let Some(third) = rest.get_mut(size..2 * size) {
                first.swap_with_slice(third);
            }
        }
    }
    if cfg!(target_endian = "big") {
        super::unpack::swap(plain, size);
    }
    Ok(Found {
        planes: 1,
        width: image.width as usize,
        height: image.height as usize,
        components: image.channels as usize,
        size,
    })
}

/// A stream or a container without alpha.
fn one(context: &Context, data: &[u8]) -> Result<Image> {
    let bad = |e: openreadout_jpegxr::Error| match e {
        openreadout_jpegxr::Error::Unsupported(what) => Error::unsupported(format!("JPEG XR: {what}")),
        other => Error::malformed(other.to_string()),
    };
    let info = openreadout_jpegxr::probe(data).map_err(bad)?;
    check(context, info.width as usize, info.height as usize)?;
    openreadout_jpegxr::decode(data, MOST).map_err(bad)
}

/// Colours and alpha side by side; `buffer` is used for them.
fn join(colours: &Image, alpha: &Image, buffer: &mut Vec<u8>) -> Result<Image> {
    let alike = (colours.width, colours.height, colours.sample) == (alpha.width, alpha.height, alpha.sample);
    if !alike || alpha.channels != 1 {
        return Err(Error::malformed("JPEG XR: alpha is no plane of the image"));
    }
    let (size, channels) = (colours.sample.bytes(), colours.channels as usize + 1);
    let count = colours.width as usize * colours.height as usize;
    let out = resize(buffer, count * channels * size)?;
    let pixels = colours.data.chunks_exact((channels - 1) * size).zip(alpha.data.chunks_exact(size));
    for (to, (colour, alpha)) in out.chunks_exact_mut(channels * size).zip(pixels) {
        let (to_colour, to_alpha) = to.split_at_mut((channels - 1) * size);
        to_colour.copy_from_slice(colour);
        to_alpha.copy_from_slice(alpha);
    }
    Ok(Image { channels: channels as u32, data: std::mem::take(buffer), ..*colours })
}

/// The last byte of formats whose samples are colours and alpha, and the beginning that these formats share. Those that
/// give blue first are decoded from the same streams, which say themselves what comes first in them.
const ALPHA: [u8; 7] = [0x0f, 0x10, 0x16, 0x17, 0x19, 0x1a, 0x3a];
const FORMATS: [u8; 15] = [0x24, 0xc3, 0xdd, 0x6f, 0x03, 0x4e, 0xfe, 0x4b, 0xb1, 0x85, 0x3d, 0x77, 0x76, 0x8d, 0xc9];
/// 32 bits a pixel, with alpha as it is, and multiplied with.
const RGBA: [[u8; 16]; 2] = [
    [0x2d, 0xad, 0xc7, 0xf5, 0x8d, 0x6a, 0xdd, 0x43, 0xa7, 0xa8, 0xa2, 0x99, 0x35, 0x26, 0x1a, 0xe9],
    [0xe8, 0x61, 0xa4, 0x3c, 0x48, 0x2e, 0x62, 0x41, 0xb9, 0x0b, 0x3d, 0x10, 0xce, 0xe8, 0x0e, 0x3c],
];

/// The two streams of a container with alpha; `None` for any other.
fn alpha(data: &[u8]) -> Option<[&[u8]; 2]> {
    let number = |at: usize, size: usize| {
        let bytes = data.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    data.starts_with(b"II\xbc").then_some(())?;
    let directory = number(4, 4)?;
    let value = |wanted: usize| {
        let mut entries = (0..number(directory, 2)?).map(|k| directory + 2 + 12 * k);
        number(entries.find(|at| number(*at, 2) == Some(wanted))? + 8, 4)
    };
    let format = data.get(value(0xbc01)?..)?.first_chunk::<16>()?;
    let [first @ .., last] = format;
    let known = RGBA.contains(format) || (*first == FORMATS && ALPHA.contains(last));
    known.then_some(())?;
    // Turned images are for the decoder to refuse.
    if value(0xbc02).is_some_and(|turn| turn != 0) {
        return None;
    }
    let stream = |place: usize, length: usize| {
        let rest = data.get(value(place)?..)?;
        // Some writers count from the beginning of the file.
        Some(value(length).and_then(|n| rest.get(..n)).unwrap_or(rest))
    };
    Some([stream(0xbcc0, 0xbcc1)?, stream(0xbcc2, 0xbcc3)?])
}
