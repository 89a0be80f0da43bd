//! Blocks of a file as bytes.

use std::io::Write;

use imageio_core::Result;

use crate::geometry::{Rect, interlaced_row};
use crate::layout::Disposal;
use crate::lzw::Encoder;

/// Bits of the smallest colour table for `n` entries; GIF knows tables of 2 to 256.
pub(crate) fn table_bits(n: usize) -> u8 {
    (1..8).find(|bits| 1 << bits >= n).unwrap_or(8)
}

/// What stands before the first frame.
pub(crate) struct Head<'h> {
    pub width: usize,
    pub height: usize,
    pub background: u8,
    pub palette: &'h [[u8; 3]],
    /// `Some(0)` is for ever.
    pub loop_count: Option<u16>,
    pub comment: Option<&'h str>,
    pub xmp: Option<&'h str>,
    pub icc: Option<&'h [u8]>,
}

/// Offset of the global colour table.
pub(crate) const PALETTE_AT: u64 = 13;

impl Head<'_> {
    pub fn write(&self, to: &mut impl Write) -> Result<()> {
        let bits = table_bits(self.palette.len());
        to.write_all(b"GIF89a")?;
        to.write_all(&(self.width as u16).to_le_bytes())?;
        to.write_all(&(self.height as u16).to_le_bytes())?;
        to.write_all(&[0xF0 | (bits - 1), self.background, 0])?;
        write_palette(to, self.palette, bits)?;
        if let Some(count) = self.loop_count {
            let [low, high] = count.to_le_bytes();
            to.write_all(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01")?;
            to.write_all(&[low, high, 0])?;
        }
        if let Some(profile) = self.icc {
            to.write_all(b"\x21\xFF\x0BICCRGBG1012")?;
            write_blocks(to, profile)?;
        }
        if let Some(xmp) = self.xmp {
            // The text lies there bare; the trailer brings readers of blocks to the end (XMP part 3, 1.1.2).
            to.write_all(b"\x21\xFF\x0BXMP DataXMP")?;
            to.write_all(xmp.as_bytes())?;
            let mut trailer = vec![1];
            trailer.extend((0..=255u8).rev());
            trailer.push(0);
            to.write_all(&trailer)?;
        }
        if let Some(comment) = self.comment {
            to.write_all(b"\x21\xFE")?;
            write_blocks(to, comment.as_bytes())?;
        }
        Ok(())
    }
}

/// Writes a colour table, filled up with black.
pub(crate) fn write_palette(to: &mut impl Write, palette: &[[u8; 3]], bits: u8) -> Result<()> {
    let mut table = palette.concat();
    table.resize(3 << bits, 0);
    to.write_all(&table)?;
    Ok(())
}

fn write_blocks(to: &mut impl Write, content: &[u8]) -> Result<()> {
    for block in content.chunks(255) {
        to.write_all(&[block.len() as u8])?;
        to.write_all(block)?;
    }
    to.write_all(&[0])?;
    Ok(())
}

/// A graphic control extension; `delay` is in hundredths of a second.
pub(crate) fn write_control(
    to: &mut impl Write,
    disposal: Disposal,
    delay: u16,
    transparent: Option<u8>,
) -> Result<()> {
    let disposal = match disposal {
        Disposal::Keep => 1u8,
        Disposal::Background => 2,
        Disposal::Previous => 3,
    };
    let [low, high] = delay.to_le_bytes();
    let flags = disposal << 2 | u8::from(transparent.is_some());
    to.write_all(&[0x21, 0xF9, 4, flags, low, high, transparent.unwrap_or(0), 0])?;
    Ok(())
}

/// An image descriptor, a local palette if there is one, and image data.
pub(crate) fn image(
    encoder: &mut Encoder,
    rect: &Rect,
    local: Option<&[[u8; 3]]>,
    code_bits: u8,
    interlace: bool,
    indices: &[u8],
) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(indices.len() / 2 + 1024);
    out.push(0x2C);
    for n in [rect.left, rect.top, rect.width, rect.height] {
        out.extend_from_slice(&(n as u16).to_le_bytes());
    }
    let local_bits = local.map(|palette| table_bits(palette.len()));
    out.push(local_bits.map_or(0, |bits| 0x80 | (bits - 1)) | if interlace { 0x40 } else { 0 });
    if let (Some(palette), Some(bits)) = (local, local_bits) {
        write_palette(&mut out, palette, bits)?;
    }
    let bits = local_bits.unwrap_or(code_bits);
    if interlace && rect.width > 0 {
        let mut rows = vec![0; indices.len()];
        for (y, row) in indices.chunks_exact(rect.width).enumerate() {
            let at = interlaced_row(y, rect.height) * rect.width;
            if let Some(to) = rows.get_mut(at..at + rect.width) {
                to.copy_from_slice(row);
            }
        }
        encoder.encode(bits, &rows, &mut out);
    } else {
        encoder.encode(bits, indices, &mut out);
    }
    Ok(out)
}
