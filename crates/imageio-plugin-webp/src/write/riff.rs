//! Chunks on their way into a file.

use std::io::{Seek, SeekFrom, Write};

use imageio_core::{Error, Result, Sink};

use crate::codec::Encoded;
use crate::container::flag;

/// The sink of a file, with what has to be put in once everything is written.
pub(super) struct RiffFile {
    sink: Sink,
    /// Bytes behind the length field of the file.
    written: u64,
}

/// Where the length of the file stands.
const LENGTH_AT: u64 = 4;
/// Where the flags of a `VP8X` chunk stand, which is always the first.
const FLAGS_AT: u64 = 20;

impl RiffFile {
    pub(super) fn new(mut sink: Sink) -> Result<Self> {
        sink.write_all(b"RIFF\0\0\0\0WEBP")?;
        Ok(RiffFile { sink, written: 4 })
    }

    /// Appends a chunk made of several pieces.
    pub(super) fn chunk(&mut self, name: &[u8; 4], pieces: &[&[u8]]) -> Result<()> {
        let len: usize = pieces.iter().map(|p| p.len()).sum();
        let padded = len as u64 + (len as u64 & 1);
        let total = self.written + 8 + padded;
        let (Ok(len), true) = (u32::try_from(len), total <= u64::from(u32::MAX - 1)) else {
            return Err(Error::unsupported("a WebP file ends at 4 GiB"));
        };
        self.sink.write_all(name)?;
        self.sink.write_all(&len.to_le_bytes())?;
        for piece in pieces {
            self.sink.write_all(piece)?;
        }
        if len & 1 == 1 {
            self.sink.write_all(&[0])?;
        }
        self.written = total;
        Ok(())
    }

    /// Appends the `VP8X` chunk, which has to be the first.
    pub(super) fn extended(&mut self, flags: u8, (width, height): (u32, u32)) -> Result<()> {
        let [w0, w1, w2, _] = (width - 1).to_le_bytes();
        let [h0, h1, h2, _] = (height - 1).to_le_bytes();
        self.chunk(b"VP8X", &[&[flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]])
    }

    /// Puts in the length, and the flags if there are any.
    pub(super) fn finish(mut self, flags: Option<u8>) -> Result<()> {
        let len = u32::try_from(self.written).map_err(|_| Error::unsupported("a WebP file ends at 4 GiB"))?;
        self.sink.seek(SeekFrom::Start(LENGTH_AT))?;
        self.sink.write_all(&len.to_le_bytes())?;
        if let Some(flags) = flags {
            self.sink.seek(SeekFrom::Start(FLAGS_AT))?;
            self.sink.write_all(&[flags])?;
        }
        Ok(())
    }
}

/// Name of the image chunk.
pub(super) fn image_name(lossless: bool) -> &'static [u8; 4] {
    if lossless { b"VP8L" } else { b"VP8 " }
}

/// One chunk as bytes, padded.
fn nested(name: &[u8; 4], content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    out.extend_from_slice(content);
    if content.len() & 1 == 1 {
        out.push(0);
    }
}

/// The content of an `ANMF` chunk. The frame takes the place of what was there and stays.
pub(super) fn animation_frame(
    (x, y, width, height): (u32, u32, u32, u32),
    duration: u32,
    image: &Encoded,
    lossless: bool,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(image.image.len() + image.alpha.as_ref().map_or(0, Vec::len) + 40);
    for value in [x / 2, y / 2, width - 1, height - 1, duration] {
        out.extend_from_slice(&value.to_le_bytes()[..3]);
    }
    const DO_NOT_BLEND: u8 = 2;
    out.push(DO_NOT_BLEND);
    if let Some(alpha) = &image.alpha {
        nested(b"ALPH", alpha, &mut out);
    }
    nested(image_name(lossless), &image.image, &mut out);
    out
}

/// The flags that metadata set.
pub(super) fn metadata_flags(icc: bool, exif: bool, xmp: bool) -> u8 {
    let set = |on: bool, flag: u8| if on { flag } else { 0 };
    set(icc, flag::ICC) | set(exif, flag::EXIF) | set(xmp, flag::XMP)
}
