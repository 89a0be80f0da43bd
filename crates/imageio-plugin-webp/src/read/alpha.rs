//! The alpha of lossy pictures, which lies in a chunk of its own.

use imageio_core::{Error, Result};

use super::image;
use crate::container::{Source, Span};

/// Reads the alpha of a `width` x `height` picture. `workspace` holds four bytes a pixel and is overwritten.
pub(super) fn read(
    source: &mut Source<'_>,
    span: Span,
    (width, height): (u32, u32),
    workspace: &mut [u8],
) -> Result<Vec<u8>> {
    let wrong = |message: String| Error::malformed(message).with("offset", span.start);
    if span.len == 0 {
        return Err(wrong("an empty chunk of alpha".to_owned()));
    }
    let [head] = source.bytes(span.start)?;
    let (method, filter, preprocessing) = (head & 3, (head >> 2) & 3, (head >> 4) & 3);
    if method > 1 || preprocessing > 1 || head >> 6 > 1 {
        return Err(wrong(format!("alpha of an unknown kind ({head:#04x})")));
    }
    let size = width as usize * height as usize;
    let body = Span { start: span.start + 1, len: span.len - 1 };
    let mut alpha = Vec::new();
    if method == 0 {
        if (body.len as usize) < size {
            return Err(wrong(format!("{} bytes of alpha for {size} pixels", body.len)));
        }
        source.chunk(Span { len: size as u32, ..body }, &mut alpha)?;
    } else {
        // The stream has no header of its own: one is put before it. Alpha lies in the green channel.
        image::lossless(source, body, 0, (width, height), workspace)?;
        alpha.try_reserve_exact(size).map_err(|_| Error::limit(format!("no memory for {size} bytes of alpha")))?;
        alpha.extend(workspace.chunks_exact(4).map(|pixel| pixel[1]));
    }
    unfilter(&mut alpha, width as usize, filter);
    Ok(alpha)
}

fn unfilter(alpha: &mut [u8], width: usize, filter: u8) {
    if filter == 0 || width == 0 {
        return;
    }
    let mut above: &mut [u8] = &mut [];
    for row in alpha.chunks_exact_mut(width) {
        if above.is_empty() || filter == 1 {
            let mut left = above.first().copied().unwrap_or(0);
            for value in row.iter_mut() {
                *value = value.wrapping_add(left);
                left = *value;
            }
        } else if filter == 2 {
            for (value, above) in row.iter_mut().zip(above.iter()) {
                *value = value.wrapping_add(*above);
            }
        } else {
            let (mut left, mut corner) = (above[0], above[0]);
            for (value, above) in row.iter_mut().zip(above.iter()) {
                let gradient = i16::from(left) + i16::from(*above) - i16::from(corner);
                *value = value.wrapping_add(gradient.clamp(0, 255) as u8);
                (left, corner) = (*value, *above);
            }
        }
        above = row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_undone() {
        let rows = [
            (0, [1, 2, 3, 4, 5, 6]),
            (1, [1, 3, 6, 5, 10, 16]),
            (2, [1, 3, 6, 5, 8, 12]),
            // left + above - corner: row 2 begins with what is above.
            (3, [1, 3, 6, 5, 12, 21]),
        ];
        for (filter, expected) in rows {
            let mut alpha = [1, 2, 3, 4, 5, 6];
            unfilter(&mut alpha, 3, filter);
            assert_eq!(alpha, expected, "filter {filter}");
        }
    }
}
