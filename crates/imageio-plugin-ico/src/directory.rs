//! The list of pictures at the start of a file.

use imageio_core::{Error, ReadSeek, Result};
use imageio_raster::rows::read_exact;

/// One entry of the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    /// Columns and rows as the list says; the picture itself may say otherwise.
    pub width: usize,
    pub height: usize,
    /// Colours in the palette, 0 for 256 and more.
    pub colors: u8,
    /// Planes, or the column of a cursor's hot spot.
    pub planes: u16,
    /// Bits of a pixel, or the row of a cursor's hot spot.
    pub bits: u16,
    pub size: u32,
    pub offset: u32,
}

/// Whether a file starts like an icon or a cursor: `Some(true)` if its first entry makes sense, too.
pub(crate) fn plausible(head: &[u8]) -> Option<bool> {
    if !(head.starts_with(b"\0\0\x01\0") || head.starts_with(b"\0\0\x02\0")) {
        return None;
    }
    let Some(raw) = head.get(6..22) else { return Some(false) };
    let count = u32::from(u16::from_le_bytes([head[4], head[5]]));
    let entry = Entry::parse(raw);
    Some(count > 0 && entry.offset >= 6 + 16 * count.min(1) && entry.size >= 12 && matches!(raw[3], 0 | 255))
}

impl Entry {
    fn parse(raw: &[u8]) -> Self {
        let byte = |at: usize| raw.get(at).copied().unwrap_or(0);
        let side = |at: usize| if byte(at) == 0 { 256 } else { usize::from(byte(at)) };
        let u16_at = |at: usize| u16::from_le_bytes([byte(at), byte(at + 1)]);
        let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
        Entry {
            width: side(0),
            height: side(1),
            colors: byte(2),
            planes: u16_at(4),
            bits: u16_at(6),
            size: u32_at(8),
            offset: u32_at(12),
        }
    }

    /// Bits of a pixel as Pillow guesses them to order entries of one size.
    fn depth(&self) -> u32 {
        match (self.bits, self.colors) {
            (0, 0) => 256,
            (0, n) => u32::from(n).next_power_of_two().trailing_zeros(),
            (bits, _) => bits.into(),
        }
    }
}

/// Reads the list; also tells whether it is one of cursors.
pub(crate) fn read(stream: &mut dyn ReadSeek) -> Result<(Vec<Entry>, bool)> {
    let mut head = [0; 6];
    read_exact(stream, &mut head, 0)?;
    let count = u16::from_le_bytes([head[4], head[5]]);
    if count == 0 {
        return Err(Error::malformed("a list without a picture").with("offset", 4));
    }
    let mut raw = vec![0; usize::from(count) * 16];
    read_exact(stream, &mut raw, 6)?;
    Ok((raw.chunks_exact(16).map(Entry::parse).collect(), head[2] == 2))
}

/// The entry that a default read takes: the largest; of equals, in icons the one of fewest colours, as Pillow does.
pub(crate) fn default_entry(entries: &[Entry], cursor: bool) -> usize {
    let area = |e: &Entry| e.width * e.height;
    let mut best = 0;
    for (k, entry) in entries.iter().enumerate().skip(1) {
        let Some(chosen) = entries.get(best) else { break };
        let better = if cursor {
            entry.width > chosen.width && entry.height > chosen.height
        } else {
            (area(entry), std::cmp::Reverse(entry.depth())) > (area(chosen), std::cmp::Reverse(chosen.depth()))
        };
        if better {
            best = k;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(width: usize, bits: u16) -> Entry {
        Entry { width, height: width, colors: 0, planes: 1, bits, size: 0, offset: 0 }
    }

    #[test]
    fn largest_then_fewest_colors() {
        let entries = [entry(16, 32), entry(48, 32), entry(48, 8), entry(48, 8), entry(32, 4)];
        assert_eq!(default_entry(&entries, false), 2);
        assert_eq!(default_entry(&entries, true), 1);
        assert_eq!(default_entry(&entries[..1], false), 0);
        assert_eq!(entry(16, 0).depth(), 256);
        assert_eq!(Entry { colors: 16, ..entry(16, 0) }.depth(), 4);
    }

    #[test]
    fn heads() {
        let mut head = b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0".to_vec();
        assert_eq!(plausible(&head), Some(true));
        head[18] = 3;
        assert_eq!(plausible(&head), Some(false));
        assert_eq!(plausible(&head[..4]), Some(false));
        assert_eq!(plausible(b"\0\0\0\x18ftypisom"), None);
    }
}
