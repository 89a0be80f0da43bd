//! By zstd-rs: small, without `unsafe`, quick to build.

use imageio_core::{Error, Result};
use zstd_rs::{CompressionConfig, Compressor, Decompressor, FrameHeader};

/// Most bytes of a block (RFC 8878, section 3.1.1.2.3).
const BLOCK: usize = 128 << 10;

/// What the decoder wants behind its output.
const SPARE: usize = 64;

/// What a thread keeps from one frame to the next.
#[derive(Default)]
pub(crate) struct Decoder {
    frames: Option<Decompressor>,
    /// The decoder appends to its output, whence it is copied to its place; strips and tiles are small enough for that to
    /// cost next to nothing.
    plain: Vec<u8>,
}

impl Decoder {
    /// Decodes one frame, and those that follow as long as there is room, into `to`; returns how many bytes there were.
    pub fn decode(&mut self, data: &[u8], to: &mut [u8]) -> Result<usize> {
        use zstd_rs::Error as Cause;
        let frames = self.frames.get_or_insert_default();
        let (mut taken, mut got) = (0, 0);
        while let (Some(rest @ [_, ..]), Some(room @ [_, ..])) = (data.get(taken..), to.get_mut(got..)) {
            reserve(&mut self.plain, room.len())?;
            match frames.decompress_frame(rest, None, room.len(), &mut self.plain) {
                Ok(n) => taken += n,
                Err(Cause::OutputLimit) => return Ok(got + beginning(frames, rest, room, &mut self.plain)?),
                // What follows a frame need not be one.
                Err(Cause::BadMagic | Cause::Truncated) if got > 0 && self.plain.is_empty() => break,
                Err(e) => {
                    // Blocks that came before are where whoever takes what there is looks for them.
                    copy(&self.plain, room);
                    return Err(bad(e));
                }
            }
            got += copy(&self.plain, room);
        }
        Ok(got)
    }

    /// Gives back what an unusually large strip took.
    pub fn trim(&mut self, keep: usize) {
        if self.plain.capacity() > keep {
            self.plain = Vec::new();
        }
    }
}

fn bad(e: zstd_rs::Error) -> Error {
    Error::malformed(format!("zstd: {e}"))
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let n = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..n), to.get_mut(..n)) {
        to.copy_from_slice(from);
    }
    n
}

/// Empties the buffer and makes room in it, so that the decoder, which would not get over its lack, finds memory there.
fn reserve(buffer: &mut Vec<u8>, len: usize) -> Result<()> {
    buffer.clear();
    buffer
        .try_reserve_exact(len.saturating_add(SPARE))
        .map_err(|_| Error::limit(format!("no memory for a strip or tile of {len} bytes")))
}

/// Decodes as much of a frame as there is room for. The decoder gives up at a frame that says it is longer, and at the
/// block that ends behind its limit; so the frame is given to it without its length, and with room for another block.
fn beginning(frames: &mut Decompressor, data: &[u8], room: &mut [u8], plain: &mut Vec<u8>) -> Result<usize> {
    let header = FrameHeader::parse(data).map_err(bad)?;
    if header.content_size.is_some_and(|len| len <= room.len() as u64) {
        return Err(bad(zstd_rs::Error::ContentSize));
    }
    let window = header.window_size.clamp(1 << 10, 1 << 31).next_power_of_two().trailing_zeros();
    let mut frame = Vec::new();
    FrameHeader { content_size: None, single_segment: false, checksum: false, ..header }.write(window, &mut frame);
    frame.extend_from_slice(data.get(header.header_len..).unwrap_or(&[]));
    reserve(plain, room.len().saturating_add(BLOCK))?;
    let result = frames.decompress_frame(&frame, None, room.len().saturating_add(BLOCK), plain);
    let got = copy(plain, room);
    match result {
        Ok(_) if header.content_size.is_some_and(|len| len != plain.len() as u64) => {
            Err(bad(zstd_rs::Error::ContentSize))
        }
        Err(e) if got < room.len() => Err(bad(e)),
        _ => Ok(got),
    }
}

/// What a thread keeps from one frame to the next.
#[derive(Default)]
pub(crate) struct Encoder {
    frames: Option<Compressor>,
    /// Frames grow here, and what is handed on has their size.
    packed: Vec<u8>,
}

impl Encoder {
    /// A frame of `data`, at the level that the first call of this encoder says.
    pub fn encode(&mut self, data: &[u8], level: i32) -> Result<Vec<u8>> {
        let unsupported = |e: zstd_rs::Error| Error::unsupported(format!("zstd: {e}"));
        let frames = match &mut self.frames {
            Some(frames) => frames,
            none => {
                let usual = CompressionConfig::DEFAULT;
                // As in libzstd, level 0 is the usual one.
                let level = if level == 0 { usual.level } else { level };
                none.insert(Compressor::new(CompressionConfig { level, ..usual }).map_err(unsupported)?)
            }
        };
        self.packed.clear();
        frames
            .compress(data, None, &mut self.packed)
            .map_err(|e| unsupported(e).with_hint("a strip or tile may have 1 GiB: set `rows_per_strip` or `tile`"))?;
        const KEEP: usize = 1 << 20;
        Ok(if self.packed.len() > KEEP { std::mem::take(&mut self.packed) } else { self.packed.clone() })
    }
}
