//! By structured-zstd: reads and writes faster, and takes long to build.

use imageio_core::{Error, Result};
use structured_zstd::{
    decoding::{ContentChecksum, FrameDecoder, StreamingDecoder, errors::FrameDecoderError},
    encoding::{CompressionLevel, CompressionParameters, FrameCompressor},
};

use crate::decode::fill;

/// What a thread keeps from one frame to the next.
pub(crate) struct Decoder(FrameDecoder);

impl Default for Decoder {
    fn default() -> Self {
        Decoder(decoder())
    }
}

/// A decoder that holds frames to the checksum that some of them have, as libzstd does.
fn decoder() -> FrameDecoder {
    let mut decoder = FrameDecoder::new();
    decoder.set_content_checksum(ContentChecksum::Verify);
    decoder
}

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

    /// Nothing of a strip is kept.
    pub fn trim(&mut self, _: usize) {}
}

/// An encoder that looks for repeats in every block. By itself it stores what looks like noise in a small sample as it is,
/// which smooth pictures without a predictor do. The search over long distances keeps it from that; with the longest
/// matches in a table as small as can be that is all it does. Level 1 finds nothing in such blocks either.
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
#[derive(Default)]
pub(crate) struct Encoder(Option<FrameCompressor>);

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
