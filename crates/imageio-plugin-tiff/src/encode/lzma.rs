//! LZMA, as XZ streams.

use imageio_core::{Error, Result};

/// Encodes with a dictionary no larger than the data, which would only cost memory.
#[cfg(feature = "lzma-write")]
pub(crate) fn encode(data: &[u8], level: u8) -> Result<Vec<u8>> {
    use std::io::Write;
    let bad =
        |e: std::io::Error| Error::mismatch(format!("LZMA fails on a strip or tile of {} bytes: {e}", data.len()));
    let mut options = lzma_rust2::XzOptions::with_preset(u32::from(level.min(9)));
    let size = u32::try_from(data.len()).unwrap_or(u32::MAX).max(4096);
    options.lzma_options.dict_size = options.lzma_options.dict_size.min(size);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).map_err(bad)?;
    writer.write_all(data).map_err(bad)?;
    writer.finish().map_err(bad)
}

#[cfg(not(feature = "lzma-write"))]
pub(crate) fn encode(_: &[u8], _: u8) -> Result<Vec<u8>> {
    Err(Error::unsupported("writing compression lzma")
        .with_hint("enable the feature `lzma-write` of imageio-plugin-tiff, or `tiff-codecs` of imageio-rs"))
}
