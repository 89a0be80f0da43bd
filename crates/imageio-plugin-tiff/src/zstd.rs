//! Zstandard (RFC 8878): in Rust, faster in Rust with the feature `fast-zstd`, or through libzstd with `libzstd`.

use imageio_core::Result;

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
            .map_err(|e| imageio_core::Error::malformed(format!("zstd: {e}")))?;
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
    pub fn encode(&mut self, data: &[u8], _: Option<u8>) -> Result<Vec<u8>> {
        Ok(ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest))
    }
}

/// What a thread keeps from one frame to the next.
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
#[derive(Default)]
pub(crate) struct Decoder(Option<structured_zstd::decoding::FrameDecoder>);

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
impl Decoder {
    /// Decodes a frame into `to`; returns how many bytes there were.
    pub fn decode(&mut self, data: &[u8], to: &mut [u8]) -> Result<usize> {
        // Straight into its place; a decoder that failed is not used again.
        let mut decoder = self.0.take().unwrap_or_default();
        if let Ok(got) = decoder.decode_all(data, to) {
            self.0 = Some(decoder);
            return Ok(got);
        }
        // More than there is room for, or more behind it: what fits.
        fill(&mut structured_zstd::decoding::StreamingDecoder::new(data), to, "zstd")
    }
}

/// What a thread keeps from one frame to the next.
#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
#[derive(Default)]
pub(crate) struct Encoder {}

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
impl Encoder {
    /// A frame of `data`, at the level of that number or at 3.
    pub fn encode(&mut self, data: &[u8], level: Option<u8>) -> Result<Vec<u8>> {
        use structured_zstd::encoding::{CompressionLevel, compress_to_vec};
        let level = level.map_or(3, |level| i32::from(level.max(1)));
        Ok(compress_to_vec(data, CompressionLevel::from_level(level)))
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
        let bad = |e: std::io::Error| imageio_core::Error::malformed(format!("zstd: {e}"));
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
    /// A frame of `data`, at libzstd's level of that number or its own choice.
    pub fn encode(&mut self, data: &[u8], level: Option<u8>) -> Result<Vec<u8>> {
        let encoder = match &mut self.0 {
            Some(encoder) => encoder,
            none => none.insert(zstd::bulk::Compressor::new(level.map_or(3, |level| i32::from(level.max(1))))?),
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
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for level in [None, Some(0), Some(9)] {
            let packed = encoder.encode(&data, level).unwrap();
            assert!(packed.len() < data.len() / 4);
            let mut out = vec![1; data.len() + 10];
            assert_eq!(decoder.decode(&packed, &mut out).unwrap(), data.len());
            assert_eq!(out.get(..data.len()), Some(data.as_slice()));
            // Of more than there is room for, what fits.
            assert_eq!(decoder.decode(&packed, &mut out[..1000]).unwrap(), 1000);
            assert!(decoder.decode(&packed[..packed.len() / 2], &mut out).map_or(0, |n| n) < data.len());
            assert!(decoder.decode(b"no frame", &mut out).is_err());
        }
    }
}
