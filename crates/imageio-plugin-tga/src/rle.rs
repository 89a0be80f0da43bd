//! Packets of equal and of different pixels.

use imageio_core::Result;
use imageio_raster::ByteSource;

/// Decodes rows of `N`-byte pixels and hands each to `row` with its position in the file. Packets may pass the end
/// of a row.
pub(crate) fn decode<const N: usize>(
    source: &mut ByteSource<'_>,
    width: usize,
    height: usize,
    mut row: impl FnMut(usize, &[u8]),
) -> Result<()> {
    let mut pixels = vec![[0u8; N]; width];
    let mut run: Option<[u8; N]> = None;
    let mut left = 0;
    for y in 0..height {
        let mut x = 0;
        while x < width {
            if left == 0 {
                let head = source.byte()?;
                left = usize::from(head & 127) + 1;
                run = if head & 128 != 0 { Some(source.array()?) } else { None };
            }
            let n = left.min(width - x);
            let to = &mut pixels[x..x + n];
            match run {
                Some(pixel) => to.fill(pixel),
                None => source.fill(to.as_flattened_mut())?,
            }
            x += n;
            left -= n;
        }
        row(y, pixels.as_flattened());
    }
    Ok(())
}

/// Appends a row of pixels of `size` bytes as packets.
pub(crate) fn encode(row: &[u8], size: usize, out: &mut Vec<u8>) {
    let pixels: Vec<&[u8]> = row.chunks_exact(size).collect();
    let run_at = |at: usize| pixels[at..].iter().take(128).take_while(|p| **p == pixels[at]).count();
    let mut at = 0;
    while at < pixels.len() {
        let run = run_at(at);
        if run > 1 {
            out.push(0x80 | (run - 1) as u8);
            out.extend_from_slice(pixels[at]);
            at += run;
            continue;
        }
        // Up to the next pair of equal pixels.
        let mut n = 1;
        while n < 128 && at + n < pixels.len() {
            let next = at + n;
            if next + 1 < pixels.len() && pixels[next] == pixels[next + 1] {
                break;
            }
            n += 1;
        }
        out.push((n - 1) as u8);
        out.extend_from_slice(&row[at * size..(at + n) * size]);
        at += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back() {
        let rows: [Vec<u8>; 5] = [
            vec![7; 300],
            (0..=255).collect(),
            vec![1, 1, 2, 2, 3, 4, 4, 4, 5],
            vec![9],
            (0..1000u32).map(|i| (i / 3 % 7) as u8).collect(),
        ];
        for row in rows {
            let mut packed = Vec::new();
            encode(&row, 1, &mut packed);
            let mut stream = packed.as_slice();
            let mut back = Vec::new();
            decode::<1>(&mut ByteSource::new(&mut stream, 0), row.len(), 1, |_, r| back.extend_from_slice(r)).unwrap();
            assert_eq!(back, row);
        }
    }

    #[test]
    fn packets_pass_the_end_of_a_row() {
        let mut stream = &[0x83, 5, 6, 0x01, 1, 2, 3, 4][..];
        let mut rows = Vec::new();
        decode::<2>(&mut ByteSource::new(&mut stream, 0), 3, 2, |y, r| rows.push((y, r.to_vec()))).unwrap();
        assert_eq!(rows, [(0, vec![5, 6, 5, 6, 5, 6]), (1, vec![5, 6, 1, 2, 3, 4])]);
        let mut stream = &[0x83, 5][..];
        assert!(decode::<2>(&mut ByteSource::new(&mut stream, 0), 3, 2, |_, _| {}).is_err());
    }
}
