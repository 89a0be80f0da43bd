//! Whether a strip or tile can be as large as its directory says, before memory is taken for it.

use imageio_core::{Error, Result};

use super::chunk::Context;
use super::codec::Codec;
use crate::blame::Blame;

impl Context {
    /// Refuses a strip or tile of `count` stored bytes of which `inside` (planes, rows, columns) is wanted, where no
    /// stream of that length holds so much.
    pub fn plausible(&self, count: u64, [planes, rows, _]: [usize; 3]) -> Result<()> {
        let [_, _, width] = self.layout.chunk_size();
        let row = (width as u64).saturating_mul(self.layout.bits_per_pixel() as u64) / 8;
        let need = row.saturating_mul(rows as u64).saturating_mul(planes as u64);
        if count > 0 && need > count.saturating_mul(most(&self.codec)).saturating_add(1 << 16) {
            let what = format!("a strip or tile of {need} bytes can't come from {count}");
            return Err(Error::malformed(what).tag(self.layout.counts_tag()));
        }
        Ok(())
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
