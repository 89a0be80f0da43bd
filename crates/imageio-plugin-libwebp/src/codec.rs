//! Chunks through libwebp, which takes and gives whole files of one picture.

use std::borrow::Cow;

use imageio_core::{Error, ErrorKind, Result};
use imageio_plugin_webp::codec::{Codec, Coded, Encoded, Pixels, Settings};

/// libwebp.
pub(crate) struct NativeCodec;

impl Codec for NativeCodec {
    fn decode(&self, coded: &Coded<'_>, pixels: &mut [u8], channels: usize) -> Result<()> {
        imageio_libwebp::decode(&file(coded, channels), pixels, channels).map_err(error)
    }

    fn encode(&self, pixels: &Pixels<'_>, settings: &Settings) -> Result<Encoded> {
        let (channels, bytes) = match pixels.channels {
            1 => (3, pixels.bytes.iter().flat_map(|v| [*v; 3]).collect()),
            n => (n, Cow::Borrowed(pixels.bytes)),
        };
        let native = imageio_libwebp::Settings {
            quality: settings.quality,
            lossless: settings.lossless,
            // libwebp's own default.
            effort: settings.effort.unwrap_or(4),
            exact: settings.exact,
        };
        let file = imageio_libwebp::encode(&bytes, pixels.width, pixels.height, channels, &native).map_err(error)?;
        let missing = || Error::new(ErrorKind::Backend, "libwebp wrote a file without an image");
        if !settings.lossless {
            let image = chunk(&file, b"VP8 ").ok_or_else(missing)?.to_vec();
            return Ok(Encoded { image, alpha: chunk(&file, b"ALPH").map(<[u8]>::to_vec) });
        }
        let mut image = chunk(&file, b"VP8L").ok_or_else(missing)?.to_vec();
        // libwebp clears this flag if everything is opaque, but what has four channels is to be read as such.
        if let (4, Some(flags)) = (channels, image.get_mut(4)) {
            *flags |= HAS_ALPHA;
        }
        Ok(Encoded { image, alpha: None })
    }
}

/// The bit in the fifth byte of lossless data that says that there is alpha.
const HAS_ALPHA: u8 = 0x10;

/// A file of one picture.
fn file(coded: &Coded<'_>, channels: usize) -> Vec<u8> {
    let alpha = coded.alpha.filter(|_| channels == 4 && !coded.lossless);
    let mut out = Vec::with_capacity(coded.data.len() + alpha.map_or(0, <[u8]>::len) + 64);
    out.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    if let Some(alpha) = alpha {
        let [w0, w1, w2, _] = (coded.width - 1).to_le_bytes();
        let [h0, h1, h2, _] = (coded.height - 1).to_le_bytes();
        put(b"VP8X", &[ALPHA_FLAG, 0, 0, 0, w0, w1, w2, h0, h1, h2], &mut out);
        put(b"ALPH", alpha, &mut out);
    }
    put(if coded.lossless { b"VP8L" } else { b"VP8 " }, coded.data, &mut out);
    let len = (out.len() - 8) as u32;
    out[4..8].copy_from_slice(&len.to_le_bytes());
    out
}

/// The flag in the `VP8X` chunk that says that there is alpha.
const ALPHA_FLAG: u8 = 0x10;

fn put(name: &[u8; 4], content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    out.extend_from_slice(content);
    if content.len() & 1 == 1 {
        out.push(0);
    }
}

/// The content of the first chunk of a name.
fn chunk<'f>(file: &'f [u8], name: &[u8; 4]) -> Option<&'f [u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let (found, behind) = rest.split_first_chunk::<4>()?;
        let (len, behind) = behind.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        if found == name {
            return behind.get(..len);
        }
        rest = behind.get(len + (len & 1)..)?;
    }
}

fn error(e: imageio_libwebp::Error) -> Error {
    use imageio_libwebp::Error as E;
    match e {
        E::Malformed(what) => Error::malformed(what),
        E::Unsupported(what) => Error::unsupported(what),
        E::OutOfMemory => Error::limit(e.to_string()),
        other => Error::new(ErrorKind::Backend, other.to_string()),
    }
}
