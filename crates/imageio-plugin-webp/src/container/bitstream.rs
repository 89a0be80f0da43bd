//! What the first bytes of an image chunk say.

use imageio_core::{Error, Result};

use super::{Codec, Source, Span};

/// Size and kind of a coded picture.
pub(super) struct Bitstream {
    pub width: u32,
    pub height: u32,
    pub alpha: bool,
}

/// Reads the header of the picture in `span`.
pub(super) fn read(source: &mut Source<'_>, codec: Codec, span: Span) -> Result<Bitstream> {
    let at = |e: Error| e.with("offset", span.start);
    match codec {
        Codec::Lossy => {
            let head: [u8; imageio_vp8::Header::LEN] = source.bytes(span.start)?;
            let header = imageio_vp8::Header::parse(&head).map_err(|e| at(crate::error::lossy(e)))?;
            Ok(Bitstream { width: header.width.into(), height: header.height.into(), alpha: false })
        }
        Codec::Lossless => {
            let [signature, a, b, c, d] = source.bytes(span.start)?;
            let bits = u32::from_le_bytes([a, b, c, d]);
            if signature != 0x2f {
                return Err(at(Error::malformed("the signature of lossless data is missing")));
            }
            if bits >> 29 != 0 {
                return Err(at(Error::unsupported(format!("version {} of lossless data", bits >> 29))));
            }
            Ok(Bitstream {
                width: (bits & 0x3fff) + 1,
                height: ((bits >> 14) & 0x3fff) + 1,
                alpha: bits & (1 << 28) != 0,
            })
        }
    }
}
