//! Several frames that are decoded at a time: their LZW data do not depend on each other.

use imageio_core::{Limits, Result};

use crate::coded::Coded;
use crate::input::Input;
use crate::layout::{FrameInfo, Layout};
use crate::lzw::Decoder;

/// Frames held at a time, at most.
pub(crate) const MOST: usize = 16;
/// Pixels held at a time; only a single frame may have more.
const PIXELS: usize = 1 << 24;

/// A frame of the file and the decoder that works on it.
pub(crate) struct Slot {
    pub frame: FrameInfo,
    pub coded: Coded,
    decoder: Decoder,
    area: usize,
}

/// Loads frames in the order given, as many of them as may be held at a time.
pub(crate) fn load(
    input: &mut Input<'_>,
    layout: &mut Layout,
    frames: impl IntoIterator<Item = usize>,
    spare: &mut Vec<Slot>,
    limits: &Limits,
) -> Result<Vec<Slot>> {
    let mut slots: Vec<Slot> = Vec::new();
    let mut pixels = 0;
    for k in frames.into_iter().take(MOST) {
        let Some(frame) = layout.frames.get(k).cloned() else { break };
        pixels += frame.rect.area();
        if pixels > PIXELS && !slots.is_empty() {
            break;
        }
        let (mut coded, decoder) = match spare.pop() {
            Some(slot) => (slot.coded, slot.decoder),
            None => (Coded::new(), Decoder::new()),
        };
        coded.load(input, layout, k)?;
        let area = coded.check(layout, limits)?;
        slots.push(Slot { frame, coded, decoder, area });
    }
    Ok(slots)
}

/// Decodes frames side by side; the first error in their order, whichever thread is first to meet one.
pub(crate) fn decode(slots: &mut [Slot]) -> Result<()> {
    imageio_parallel::map(slots.iter_mut().collect(), true, Slot::decode).into_iter().collect()
}

impl Slot {
    fn decode(&mut self) -> Result<()> {
        self.coded.decode(&mut self.decoder, self.area)
    }
}
