//! The variable-length-code LZW of GIF89a, appendix F.

mod decode;
mod encode;

pub(crate) use self::decode::{Decoder, Outcome};
pub(crate) use self::encode::Encoder;

/// Codes have at most 12 bits.
const MAX_CODES: usize = 4096;
