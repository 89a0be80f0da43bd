//! By libzstd.

use imageio_core::{Error, Result};

/// What a thread keeps from one frame to the next.
#[derive(Default)]
pub(crate) struct Decoder(Option<zstd::stream::raw::Decoder<'static>>);

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
#[derive(Default)]
pub(crate) struct Encoder(Option<zstd::bulk::Compressor<'static>>);

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
