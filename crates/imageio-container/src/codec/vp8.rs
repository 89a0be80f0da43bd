//! VP8: the header of a key frame (RFC 6386 section 9.1).

use super::{Coded, Sampling};
use crate::{Doubt, Result};

/// Reads the header of a frame, which has to be a key frame.
pub fn key_frame(frame: &[u8]) -> Result<Coded> {
    parse(frame).ok_or(Doubt("the first frame of VP8 is no key frame that can be understood"))
}

/// Whether a frame is decoded by itself, and whether it is shown; `None` for an empty one.
pub fn is_key_and_shown(frame: &[u8]) -> Option<(bool, bool)> {
    frame.first().map(|first| (first & 1 == 0, first & 0x10 != 0))
}

fn parse(frame: &[u8]) -> Option<Coded> {
    let (head, _) = frame.split_first_chunk::<10>()?;
    let version = u32::from(head[0] >> 1 & 7);
    if head[0] & 1 != 0 || version > 3 || head[3..6] != [0x9d, 1, 0x2a] {
        return None;
    }
    // Two bits of each say how much larger it is to be shown, which decoders leave to others.
    let side = |at: usize| u32::from(u16::from_le_bytes([head[at], head[at + 1]]) & 0x3fff);
    Some(Coded {
        width: side(6),
        height: side(8),
        profile: version,
        constraints: 0,
        level: 0,
        sampling: Sampling::Both,
        depth: 8,
        full_range: None,
        colour: None,
        chroma_location: None,
        pixel_aspect: None,
        is_progressive: true,
    })
}
