//! Zstandard (RFC 8878): in Rust, faster in Rust with the feature `fast-zstd`, or through libzstd with `libzstd`.

use imageio_core::{Error, Result};
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
use structured_zstd::{
    decoding::{ContentChecksum, FrameDecoder, StreamingDecoder, errors::FrameDecoderError},
    encoding::{CompressionLevel, CompressionParameters, FrameCompressor},
};

#[cfg(not(feature = "libzstd"))]
use crate::decode::fill;

/// What a thread keeps from one frame to the next.
#[cfg(not(any(feature = "libzstd", feature = "fast-zstd")))]
#[derive(Default)]
pub(crate) struct Decoder(Option<ruzstd::decoding::FrameDecoder>);

#[cfg(not(any(feature = "libzstd", feature = "fast-zstd")))]
impl Decoder {
    /// Decodes a frame into `to`; returns how many bytes there were.
    pub fn decode(&mut self, data: &[u8], to: &mut [u8]) -> Result<usize> {
        let decoder = self.0.take().unwrap_or_default();
        let mut stream = ruzstd::decoding::StreamingDecoder::new_with_decoder(data, decoder)
            .map_err(|e| Error::malformed(format!("zstd: {e}")))?;
        let got = fill(&mut stream, to, "zstd")?;
        self.0 = Some(stream.into_frame_decoder());
        Ok(got)
    }
}

/// What a thread keeps from one frame to the next.
#[cfg(not(any(feature = "libzstd", feature = "fast-zstd")))]
#[derive(Default)]
pub(crate) struct Encoder {}

#[cfg(not(any(feature = "libzstd", feature = "fast-zstd")))]
impl Encoder {
    /// A frame of `data`. There is one level.
    pub fn encode(&mut self, data: &[u8], _: i32) -> Result<Vec<u8>> {
        Ok(ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest))
    }
}

/// What a thread keeps from one frame to the next.
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
pub(crate) struct Decoder(FrameDecoder);

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
impl Default for Decoder {
    fn default() -> Self {
        Decoder(decoder())
    }
}

/// A decoder that holds frames to the checksum that some of them have, as libzstd does.
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
fn decoder() -> FrameDecoder {
    let mut decoder = FrameDecoder::new();
    decoder.set_content_checksum(ContentChecksum::Verify);
    decoder
}

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
impl Decoder {
    /// Decodes a frame into `to`; returns how many bytes there were.
    pub fn decode(&mut self, data: &[u8], to: &mut [u8]) -> Result<usize> {
        // Straight into its place, which needs no window.
        match self.0.decode_all(data, to) {
            Ok(got) => Ok(got),
            Err(e @ FrameDecoderError::ChecksumMismatch { .. }) => Err(Error::malformed(format!("zstd: {e}"))),
            // More than there is room for, or more behind it: what fits. The window of such a frame is not kept.
            Err(_) => fill(&mut StreamingDecoder::new_with_decoder(data, decoder()), to, "zstd"),
        }
    }
}

/// An encoder that looks for repeats in every block. By itself it stores what looks like noise in a small sample as it is,
/// which smooth pictures without a predictor do. The search over long distances keeps it from that; with the longest
/// matches in a table as small as can be that is all it does. Level 1 finds nothing in such blocks either.
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
fn compressor(level: i32) -> Result<FrameCompressor> {
    let level = CompressionLevel::from_level(level);
    let mut encoder = FrameCompressor::new(level);
    if level != CompressionLevel::Fastest {
        let parameters = CompressionParameters::builder(level)
            .ldm_min_match(4096)
            .ldm_hash_rate_log(24)
            .ldm_hash_log(6)
            .build()
            .map_err(|e| Error::unsupported(format!("zstd: {e}")))?;
        encoder.set_parameters(&parameters);
    }
    Ok(encoder)
}

/// What a thread keeps from one frame to the next.
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
#[derive(Default)]
pub(crate) struct Encoder(Option<FrameCompressor>);

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
impl Encoder {
    /// A frame of `data`, at the level that the first call of this encoder says.
    pub fn encode(&mut self, data: &[u8], level: i32) -> Result<Vec<u8>> {
        let encoder = match &mut self.0 {
            Some(encoder) => encoder,
            none => none.insert(compressor(level)?),
        };
        let mut out = Vec::new();
        encoder.compress_independent_frame_into(data, &mut out);
        Ok(out)
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
        let (mut taken, mut got) = (0, 0);
        while let (Some(rest @ [_, ..]), Some(room @ [_, ..])) = (data.get(taken..), to.get_mut(got..)) {
            let status = decoder.run_on_buffers(rest, room).map_err(bad)?;
            taken += status.bytes_read;
            got += status.bytes_written;
            if status.remaining == 0 || (status.bytes_read, status.bytes_written) == (0, 0) {
                break;
            }
        }
        Ok(got)
    }
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
    #[cfg(any(feature = "libzstd", feature = "fast-zstd"))]
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
    #[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
    const ABC: u32 = 0xAD77_0999;

    #[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
    #[test]
    fn checksums_are_held() {
        // A raw block of three bytes in a frame with the low half of their XXH64, and with another number.
        let frame = |sum: u32| [b"\x28\xb5\x2f\xfd\x24\x03\x19\0\0abc".as_slice(), &sum.to_le_bytes()].concat();
        let mut out = [0; 3];
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(&frame(ABC), &mut out).unwrap(), 3);
        assert_eq!(&out, b"abc");
        assert!(decoder.decode(&frame(ABC ^ 1), &mut out).is_err());
    }
}
