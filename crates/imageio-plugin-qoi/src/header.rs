use imageio_core::{Dtype, Error, ImageProperties, Result};

/// The signature.
pub(crate) const MAGIC: &[u8; 4] = b"qoif";
/// Length of the header.
pub(crate) const LENGTH: u64 = 14;
/// What stands behind the pixels.
pub(crate) const END: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 1];

/// The first 14 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Header {
    pub width: u32,
    pub height: u32,
    pub channels: u8,
    pub linear: bool,
}

impl Header {
    pub fn parse(raw: &[u8; 14]) -> Result<Self> {
        let [_, _, _, _, a, b, c, d, e, f, g, h, channels, space] = *raw;
        let (width, height) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        if width == 0 || height == 0 {
            return Err(Error::malformed(format!("a picture of {width} × {height} pixels")).with("offset", 4));
        }
        if !matches!(channels, 3 | 4) {
            return Err(Error::malformed(format!("{channels} channels: 3 or 4 are allowed")).with("offset", 12));
        }
        if space > 1 {
            return Err(Error::malformed(format!("colour space {space}: 0 or 1 are allowed")).with("offset", 13));
        }
        Ok(Header { width, height, channels, linear: space == 1 })
    }

    pub fn to_bytes(self) -> Vec<u8> {
        let mut raw = MAGIC.to_vec();
        raw.extend(self.width.to_be_bytes());
        raw.extend(self.height.to_be_bytes());
        raw.extend([self.channels, u8::from(self.linear)]);
        raw
    }

    pub fn properties(&self) -> ImageProperties {
        let channels = if self.channels == 3 { "RGB" } else { "RGBA" };
        ImageProperties::picture(Dtype::U8, self.height as usize, self.width as usize, channels)
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}
