use crate::error::Error;

/// What the first ten bytes of a key frame say.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Width in pixels, 1 to 16383.
    pub width: u16,
    /// Height in pixels, 1 to 16383.
    pub height: u16,
    /// Length of the partition that holds the frame header and the prediction modes.
    pub(crate) first_partition: usize,
}

impl Header {
    /// Bytes that [`parse`](Self::parse) looks at.
    pub const LEN: usize = 10;

    /// Reads the header of the key frame that `data` begins with.
    ///
    /// # Errors
    /// [`Error::Truncated`] for fewer than ten bytes, [`Error::Unsupported`] for a frame that needs another one to
    /// be decoded, [`Error::Invalid`] for anything that is not VP8.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let Some([t0, t1, t2, m0, m1, m2, w0, w1, h0, h1]) = data.first_chunk::<10>() else {
            return Err(Error::Truncated("frame tag"));
        };
        let tag = u32::from_le_bytes([*t0, *t1, *t2, 0]);
        if tag & 1 != 0 {
            return Err(Error::Unsupported("a frame that refers to an earlier one (no key frame)"));
        }
        if [*m0, *m1, *m2] != [0x9d, 0x01, 0x2a] {
            return Err(Error::Invalid("the start code of a VP8 key frame is missing"));
        }
        if (tag >> 1) & 7 > 3 {
            return Err(Error::Unsupported("a VP8 profile beyond 3"));
        }
        let size = |a: u8, b: u8| u16::from_le_bytes([a, b]) & 0x3fff;
        let (width, height) = (size(*w0, *w1), size(*h0, *h1));
        if width == 0 || height == 0 {
            return Err(Error::Invalid("a VP8 frame without pixels"));
        }
        Ok(Header { width, height, first_partition: (tag >> 5) as usize })
    }
}
