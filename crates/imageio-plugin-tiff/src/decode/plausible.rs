//! Whether a strip or tile can be as large as its directory says, before memory is taken for it.

use imageio_core::{Error, Result};

use super::chunk::{Context, Spot};
use super::codec::Codec;
use crate::blame::Blame;
use crate::ifd::Tiff;

/// Strips and tiles may have so many bytes whatever is stored.
const SMALL: u64 = 1 << 16;
/// The same where missing data are no error.
const SMALL_IF_TRUNCATED: u64 = 128 << 20;

impl Context {
    /// Refuses a strip or tile of which `inside` (planes, rows, columns) is wanted, where no stream of the bytes that
    /// the file has for it holds so much, and what is larger than the limit of memory.
    pub fn plausible(&self, tiff: &Tiff<'_>, spot: &Spot, [planes, rows, _]: [usize; 3]) -> Result<()> {
        let [_, _, width] = self.layout.chunk_size();
        let row = (width as u64).saturating_mul(self.layout.bits_per_pixel() as u64) / 8;
        let need = row.saturating_mul(rows as u64).saturating_mul(planes as u64);
        let small = if tiff.allow_truncated { SMALL_IF_TRUNCATED } else { SMALL };
        if spot.count == 0 || spot.offset == 0 || need <= SMALL {
            return Ok(());
        }
        if let Some(max) = tiff.max_alloc.filter(|max| need > (*max).max(small) && self.takes_memory()) {
            return Err(
                Error::limit(format!("a strip or tile of {need} bytes")).with("limit", format!("max_alloc = {max}"))
            );
        }
        let left = tiff.source.size().map_or(u64::MAX, |size| size.saturating_sub(spot.offset));
        let stored = self.codec.held().unwrap_or(spot.count.min(left));
        if need > stored.saturating_mul(most(&self.codec)).saturating_add(small) {
            if stored < spot.count {
                return Err(crate::source::ends_early(spot.offset, spot.count, tiff.source.size()));
            }
            let what = format!("a strip or tile of {need} bytes can't come from {stored}");
            return Err(Error::malformed(what).tag(self.layout.counts_tag()));
        }
        Ok(())
    }

    /// `true` if strips or tiles are decoded beside the array.
    fn takes_memory(&self) -> bool {
        self.layout.tile.is_some() || !matches!(self.codec, Codec::None)
    }
}

/// Most bytes that one stored byte can become.
fn most(codec: &Codec) -> u64 {
    match codec {
        // Strips without a length of their own may be cut short.
        Codec::None => 4,
        Codec::PackBits | Codec::Thunder => 64,
        Codec::Lzw => 4096,
        Codec::Deflate | Codec::PixarLog => 1100,
        Codec::SgiLog(_) => 200,
        // Blocks of one value, blank rows.
        _ => 1 << 16,
    }
}
