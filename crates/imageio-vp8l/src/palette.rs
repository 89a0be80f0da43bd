//! Pictures of few colours.

/// Open addressing: four times as many slots as colours.
const SLOTS: usize = 1024;

/// The colours of a picture in order, if there are at most 256.
pub(crate) fn collect(argb: impl IntoIterator<Item = u32>) -> Option<Vec<u32>> {
    let mut colors: Vec<u32> = Vec::new();
    // Each with the index of a colour plus one.
    let mut slots = [0u16; SLOTS];
    let mut last = None;
    for color in argb {
        if last == Some(color) {
            continue;
        }
        last = Some(color);
        let mut at = slot(color);
        loop {
            match slots[at] {
                0 => {
                    if colors.len() == 256 {
                        return None;
                    }
                    colors.push(color);
                    slots[at] = colors.len() as u16;
                    break;
                }
                k if colors[usize::from(k) - 1] == color => break,
                _ => at = (at + 1) % SLOTS,
            }
        }
    }
    colors.sort_unstable();
    Some(colors)
}

fn slot(color: u32) -> usize {
    (color.wrapping_mul(0x9e37_79b1) >> 22) as usize
}

/// Each colour as the difference to the one before, channel by channel.
pub(crate) fn differences(colors: &[u32]) -> Vec<u32> {
    let mut last = 0u32;
    colors
        .iter()
        .map(|color| {
            let (a, b) = (color.to_be_bytes(), last.to_be_bytes());
            last = *color;
            u32::from_be_bytes(std::array::from_fn(|i| a[i].wrapping_sub(b[i])))
        })
        .collect()
}

/// Indices in the green channel, several to a pixel for small palettes; gives the new width as well.
pub(crate) fn pack(argb: &[u32], (width, height): (usize, usize), colors: &[u32]) -> (usize, Vec<u32>) {
    let per_pixel = match colors.len() {
        0..=2 => 8,
        3..=4 => 4,
        5..=16 => 2,
        _ => 1,
    };
    let bits = 8 / per_pixel;
    let mut slots = [(0u32, 0u16); SLOTS];
    for (color, k) in colors.iter().zip(1..) {
        let mut at = slot(*color);
        while slots[at].1 != 0 {
            at = (at + 1) % SLOTS;
        }
        slots[at] = (*color, k);
    }
    let index = |color: u32| {
        let mut at = slot(color);
        loop {
            match slots[at] {
                (_, 0) => return 0,
                (other, k) if other == color => return u32::from(k) - 1,
                _ => at = (at + 1) % SLOTS,
            }
        }
    };
    let packed_width = width.div_ceil(per_pixel);
    let mut out = Vec::with_capacity(packed_width * height);
    let mut last = (colors.first().copied().unwrap_or(0), 0);
    for row in argb.chunks_exact(width) {
        for group in row.chunks(per_pixel) {
            let mut green = 0;
            for (k, color) in group.iter().enumerate() {
                if *color != last.0 {
                    last = (*color, index(*color));
                }
                green |= last.1 << (bits * k);
            }
            out.push(0xff00_0000 | green << 8);
        }
    }
    (packed_width, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_are_packed() {
        let argb = [7, 3, 3, 7, 9, 3];
        let colors = collect(argb).unwrap();
        assert_eq!(colors, [3, 7, 9]);
        let (width, packed) = pack(&argb, (6, 1), &colors);
        assert_eq!((width, packed), (2, vec![0xff00_0000 | 0b0100_0001 << 8, 0xff00_0000 | 0b0010 << 8]));
        assert_eq!(differences(&[0x0102_0304, 0x0101_0404]), [0x0102_0304, 0x00ff_0100]);
        assert!(collect(0..257).is_none());
        assert_eq!(collect(0..256).unwrap().len(), 256);
    }
}
