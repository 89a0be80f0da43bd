use std::io::{Read, Write};

use imageio_core::{Error, Result};

pub(crate) const MAGIC: &[u8; 4] = b"TOY1";
/// Length of the header in bytes.
pub(crate) const LENGTH: u64 = 12;
const RGB: u32 = 1 << 31;

/// What stands before the pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Header {
    pub width: u32,
    pub height: u32,
    pub rgb: bool,
}

impl Header {
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let mut bytes = [0u8; LENGTH as usize];
        from.read_exact(&mut bytes)?;
        let [_, _, _, _, w0, w1, w2, w3, h0, h1, h2, h3] = bytes;
        let (width, height) = (u32::from_le_bytes([w0, w1, w2, w3]), u32::from_le_bytes([h0, h1, h2, h3]));
        let header = Header { width, height: height & !RGB, rgb: height & RGB != 0 };
        if header.width == 0 || header.height == 0 {
            return Err(Error::malformed("width or height is 0").with("offset", 4));
        }
        Ok(header)
    }

    pub fn write(&self, to: &mut impl Write) -> Result<()> {
        to.write_all(MAGIC)?;
        to.write_all(&self.width.to_le_bytes())?;
        to.write_all(&(self.height | if self.rgb { RGB } else { 0 }).to_le_bytes())?;
        Ok(())
    }

    pub fn shape(&self) -> Vec<usize> {
        let mut shape = vec![self.height as usize, self.width as usize];
        if self.rgb {
            shape.push(3);
        }
        shape
    }

    pub fn channels(&self) -> &'static str {
        if self.rgb { "RGB" } else { "L" }
    }
}
