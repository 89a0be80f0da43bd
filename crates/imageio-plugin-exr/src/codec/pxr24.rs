//! PXR24: floats lose their last eight bits, then samples are replaced by differences and split into bytes.

use crate::header::{Part, PixelType};
use crate::layout::{Block, Lines};

/// Bytes that are kept of a sample.
fn packed_size(kind: PixelType) -> usize {
    match kind {
        PixelType::F16 => 2,
        PixelType::F32 => 3,
        PixelType::U32 => 4,
    }
}

/// Bytes of a block before they are deflated.
pub(crate) fn packed_len(part: &Part, block: &Block, layout: &Lines) -> usize {
    let mut total = 0;
    layout.visit(block.height, |channel, _, range| {
        if let Some(channel) = part.channels.get(channel) {
            total += range.len() / channel.kind.size() * packed_size(channel.kind);
        }
    });
    total
}

/// Undoes splitting and differences.
pub(crate) fn unpack(part: &Part, block: &Block, layout: &Lines, packed: &[u8], lines: &mut [u8]) {
    let mut packed = packed;
    layout.visit(block.height, |channel, _, range| {
        let Some((kind, line)) = part.channels.get(channel).map(|c| c.kind).zip(lines.get_mut(range)) else { return };
        let n = line.len() / kind.size();
        let Some((bytes, rest)) = packed.split_at_checked(n * packed_size(kind)) else { return };
        packed = rest;
        let plane = |k: usize| bytes[k * n..(k + 1) * n].iter().map(|b| u32::from(*b));
        let mut value = 0u32;
        match kind {
            PixelType::F16 => {
                for ((sample, high), low) in line.as_chunks_mut::<2>().0.iter_mut().zip(plane(0)).zip(plane(1)) {
                    value = value.wrapping_add(high << 8 | low);
                    *sample = (value as u16).to_le_bytes();
                }
            }
            PixelType::F32 => {
                let planes = plane(0).zip(plane(1)).zip(plane(2));
                for (sample, ((a, b), c)) in line.as_chunks_mut::<4>().0.iter_mut().zip(planes) {
                    value = value.wrapping_add(a << 24 | b << 16 | c << 8);
                    *sample = value.to_le_bytes();
                }
            }
            PixelType::U32 => {
                let planes = plane(0).zip(plane(1)).zip(plane(2)).zip(plane(3));
                for (sample, (((a, b), c), d)) in line.as_chunks_mut::<4>().0.iter_mut().zip(planes) {
                    value = value.wrapping_add(a << 24 | b << 16 | c << 8 | d);
                    *sample = value.to_le_bytes();
                }
            }
        }
    });
}
