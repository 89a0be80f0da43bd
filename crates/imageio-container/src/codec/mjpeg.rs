//! Motion JPEG: the header of a frame (ISO/IEC 10918-1 annex B).

use super::{Coded, Sampling};
use crate::{Doubt, Result};

/// Reads the headers before the first scan of a picture.
pub fn frame(bytes: &[u8]) -> Result<Coded> {
    parse(bytes).ok_or(Doubt("the first picture is a JPEG that is not plain"))
}

fn parse(bytes: &[u8]) -> Option<Coded> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    let mut pixel_aspect = None;
    loop {
        let (head, tail) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]])).checked_sub(2)?;
        let content = tail.get(..length)?;
        rest = &tail[length..];
        if head[0] != 0xff {
            return None;
        }
        match head[1] {
            // JFIF, with the shape of a pixel.
            0xe0 if content.starts_with(b"JFIF\0") => {
                let number = |at: usize| content.get(at..at + 2).map(|b| u32::from(b[0]) << 8 | u32::from(b[1]));
                pixel_aspect = Some((number(8)?, number(10)?)).filter(|(x, y)| *x > 0 && *y > 0);
            }
            // What some writers say here changes how pictures are read.
            0xfe if content.starts_with(b"Lavc") => {}
            0xdb | 0xc4 | 0xdd => {}
            0xc0 => return picture(content, pixel_aspect),
            _ => return None,
        }
    }
}

/// The header of a picture of the baseline, with 8 bits.
fn picture(content: &[u8], pixel_aspect: Option<(u32, u32)>) -> Option<Coded> {
    let (head, components) = content.split_first_chunk::<6>()?;
    let side = |at: usize| u32::from(head[at]) << 8 | u32::from(head[at + 1]);
    let component = |at: usize| components.get(3 * at..3 * at + 2).map(|c| (c[0], c[1]));
    // Factors of 4:2:0, 4:2:2 and 4:4:4, the last two also as some writers put them.
    let sampling = match (head[5], component(0)?, component(1), component(2)) {
        (1, (_, 0x11), None, None) => Sampling::Gray,
        (3, (1, first), Some((2, second)), Some((3, third))) if second == third => match (first, second) {
            (0x22, 0x11) => Sampling::Both,
            (0x21, 0x11) | (0x22, 0x12) => Sampling::Horizontal,
            (0x11, 0x11) | (0x12, 0x12) => Sampling::Full,
            _ => return None,
        },
        _ => return None,
    };
    if head[0] != 8 || side(1) == 0 || side(3) == 0 {
        return None;
    }
    Some(Coded {
        width: side(3),
        height: side(1),
        profile: 0,
        constraints: 0,
        level: 0,
        sampling,
        depth: 8,
        full_range: Some(true),
        colour: None,
        chroma_location: Some(1),
        pixel_aspect,
        is_progressive: true,
    })
}
