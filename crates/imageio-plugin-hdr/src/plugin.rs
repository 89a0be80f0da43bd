use imageio_core::{Confidence, Error, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

use crate::reader::HdrReader;
use crate::writer::HdrWriter;

/// The factory of readers and writers.
pub(crate) struct Hdr;

/// Radiance programs write `#?RADIANCE`; others their own name, and then the format line tells.
fn is_ours(head: &[u8]) -> bool {
    head.starts_with(b"#?RADIANCE")
        || head.starts_with(b"#?RGBE")
        || (head.starts_with(b"#?") && head.windows(14).any(|w| w == b"FORMAT=32-bit_"))
}

impl Plugin for Hdr {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        // `.hdr` and `.pic` are names of other formats, too: without the signature it is none of this.
        Some(if is_ours(input.head()) { Confidence::Magic } else { Confidence::No })
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !is_ours(request.head()) {
            return Err(Error::declined("no Radiance signature"));
        }
        Ok(Box::new(HdrReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(HdrWriter::new(request.sink()?)))
    }
}
