//! Zstandard (RFC 8878): in Rust, or through libzstd with the feature `libzstd`.

use imageio_core::{Error, Result};
#[cfg(not(feature = "libzstd"))]
use zstd_rs::{CompressionConfig, Compressor, Decompressor, FrameHeader};

/// Most bytes of a block (RFC 8878, section 3.1.1.2.3).
#[cfg(not(feature = "libzstd"))]
const BLOCK: usize = 128 << 10;

/// What the decoder wants behind its output.
#[cfg(not(feature = "libzstd"))]
const SPARE: usize = 64;

/// What a thread keeps from one frame to the next.
#[cfg(not(feature = "libzstd"))]
#[derive(Default)]
pub(crate) struct Decoder {
    frames: Option<Decompressor>,
    /// The decoder appends to its output, whence it is copied to its place; strips and tiles are small enough for that to
    /// cost next to nothing.
    plain: Vec<u8>,
}

#[cfg(not(feature = "libzstd"))]
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

#[cfg(not(feature = "libzstd"))]
fn bad(e: zstd_rs::Error) -> Error {
    Error::malformed(format!("zstd: {e}"))
}

#[cfg(not(feature = "libzstd"))]
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let n = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..n), to.get_mut(..n)) {
        to.copy_from_slice(from);
    }
    n
}

/// Empties the buffer and makes room in it, so that the decoder, which would not get over its lack, finds memory there.
#[cfg(not(feature = "libzstd"))]
fn reserve(buffer: &mut Vec<u8>, len: usize) -> Result<()> {
    buffer.clear();
    buffer
        .try_reserve_exact(len.saturating_add(SPARE))
        .map_err(|_| Error::limit(format!("no memory for a strip or tile of {len} bytes")))
}

/// Decodes as much of a frame as there is room for. The decoder gives up at a frame that says it is longer, and at the
/// block that ends behind its limit; so the frame is given to it without its length, and with room for another block.
#[cfg(not(feature = "libzstd"))]
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
#[cfg(not(feature = "libzstd"))]
#[derive(Default)]
pub(crate) struct Encoder {
    frames: Option<Compressor>,
    /// Frames grow here, and what is handed on has their size.
    packed: Vec<u8>,
}

#[cfg(not(feature = "libzstd"))]
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

/// What a thread keeps from one frame to the next.
#[cfg(feature = "libzstd")]
#[derive(Default)]
pub(crate) struct Decoder(Option<zstd::stream::raw::Decoder<'static>>);

#[cfg(feature = "libzstd")]
impl Decoder {
    /// Decodes a frame into `to`; returns how many bytes there were.
    pub fn decode(&mut self, data: &[u8], to: &mut [u8]) -> Result<usize> {
        use zstd::stream::raw::Operation;
        let bad = |e: std::io::Error| Error::malformed(format!("zstd: {e}"));
        let decoder = match &mut self.0 {
            Some(decoder) => {
                decoder.reinit().map_err(bad)?;
                decoder
            }
            none => none.insert(zstd::stream::raw::Decoder::new()?),
        };
        let (mut taken, mut got, mut between) = (0, 0, false);
        while let (Some(rest @ [_, ..]), Some(room @ [_, ..])) = (data.get(taken..), to.get_mut(got..)) {
            let status = match decoder.run_on_buffers(rest, room) {
                Ok(status) => status,
                // What follows a frame need not be one.
                Err(_) if between && got > 0 => break,
                Err(e) => return Err(bad(e)),
            };
            taken += status.bytes_read;
            got += status.bytes_written;
            between = status.remaining == 0;
            if (status.bytes_read, status.bytes_written) == (0, 0) {
                break;
            }
        }
        Ok(got)
    }

    /// Nothing of a strip is kept.
    pub fn trim(&mut self, _: usize) {}
}

/// What a thread keeps from one frame to the next.
#[cfg(feature = "libzstd")]
#[derive(Default)]
pub(crate) struct Encoder(Option<zstd::bulk::Compressor<'static>>);

#[cfg(feature = "libzstd")]
impl Encoder {
    /// A frame of `data`, at the level that the first call of this encoder says.
    pub fn encode(&mut self, data: &[u8], level: i32) -> Result<Vec<u8>> {
        let encoder = match &mut self.0 {
            Some(encoder) => encoder,
            none => none.insert(zstd::bulk::Compressor::new(level)?),
        };
        Ok(encoder.compress(data)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let data: Vec<u8> = (0..100_000u32).map(|k| (k / 7 % 251) as u8).collect();
        let mut decoder = Decoder::default();
        for level in [-7, -1, 0, 1, 3, 9, 19, 22] {
            let mut encoder = Encoder::default();
            let packed = encoder.encode(&data, level).unwrap();
            assert!(packed.len() < if level < 0 { data.len() + 100 } else { data.len() / 4 }, "{level}");
            let mut out = vec![1; data.len() + 10];
            assert_eq!(decoder.decode(&packed, &mut out).unwrap(), data.len());
            assert_eq!(out.get(..data.len()), Some(data.as_slice()));
            // Of more than there is room for, what fits.
            assert_eq!(decoder.decode(&packed, &mut out[..1000]).unwrap(), 1000);
            assert_eq!(out.get(..1000), data.get(..1000));
            assert!(decoder.decode(&packed[..packed.len() / 2], &mut out).map_or(0, |n| n) < data.len());
            assert!(decoder.decode(b"no frame", &mut out).is_err());
            // What was encoded before, or failed to decode, leaves no trace.
            let few = Encoder::default().encode(&data[500..9000], level).unwrap();
            assert!(encoder.encode(&data[500..9000], level).unwrap() == few);
            assert!(encoder.encode(&data, level).unwrap() == packed);
            assert_eq!(decoder.decode(&packed, &mut out).unwrap(), data.len());
        }
    }

    /// A slope with a little noise has every byte value equally often, and still repeats itself.
    #[test]
    fn slopes_are_compressed() {
        let mut random = 1u32;
        let slope: Vec<u8> = (0..256u32 * 512)
            .map(|k| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (k % 512 * 3 + k / 512 * 5 + (random >> 30)) as u8
            })
            .collect();
        for (level, percent) in [(3, 90), (9, 70), (19, 65)] {
            let packed = Encoder::default().encode(&slope, level).unwrap();
            assert!(packed.len() < slope.len() / 100 * percent, "{} at level {level}", packed.len());
        }
    }

    /// Low half of the XXH64 of `abc`.
    const ABC: u32 = 0xAD77_0999;

    /// A raw block of three bytes in a frame with the low half of their XXH64, or with another number.
    fn abc(sum: u32) -> Vec<u8> {
        [b"\x28\xb5\x2f\xfd\x24\x03\x19\0\0abc".as_slice(), &sum.to_le_bytes()].concat()
    }

    #[test]
    fn checksums_are_held() {
        let mut out = [0; 3];
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(&abc(ABC), &mut out).unwrap(), 3);
        assert_eq!(&out, b"abc");
        assert!(decoder.decode(&abc(ABC ^ 1), &mut out).is_err());
    }

    #[test]
    fn frames_follow_each_other() {
        let skippable = b"\x5f\x2a\x4d\x18\x02\0\0\0xy".as_slice();
        let frames = [skippable, &abc(ABC), skippable, &abc(ABC)].concat();
        let mut decoder = Decoder::default();
        let mut out = [0; 8];
        assert_eq!(decoder.decode(&frames, &mut out).unwrap(), 6);
        assert_eq!(&out, b"abcabc\0\0");
        let mut few = [0; 5];
        assert_eq!(decoder.decode(&frames, &mut few).unwrap(), 5);
        assert_eq!(&few, b"abcab");
        // What follows and is no frame does not matter.
        for rest in [b"\0".as_slice(), b"\0\0\0\0\0", b"what else", &abc(ABC)[..9]] {
            let mut out = [0; 8];
            let got = decoder.decode(&[abc(ABC).as_slice(), rest].concat(), &mut out).unwrap();
            assert!(got >= 3 && out.starts_with(b"abc"), "{rest:?}");
        }
    }

    /// A frame may say that it is shorter or longer than it is.
    #[test]
    fn lengths_are_held() {
        let lie = |length: u8| [b"\x28\xb5\x2f\xfd\x20".as_slice(), &[length], b"\x19\0\0abc"].concat();
        let mut decoder = Decoder::default();
        let mut out = [0; 8];
        assert_eq!(decoder.decode(&lie(3), &mut out).unwrap(), 3);
        for length in [2, 4, 200] {
            assert!(decoder.decode(&lie(length), &mut out).map_or(0, |n| n) == 0, "{length}");
        }
    }
}
