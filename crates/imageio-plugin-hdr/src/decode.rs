//! Scanlines of four bytes a pixel, three of colour and one exponent, to `f32`.

use imageio_core::{Error, Result};
use imageio_parallel as par;
use imageio_raster::ByteSource;

use crate::header::Header;

/// Bytes of scanlines that are decoded before they are converted.
const BATCH: usize = 1 << 20;

/// Scanlines as bytes: each its four planes one after the other, or its pixels.
struct Batch {
    bytes: Vec<u8>,
    planar: Vec<bool>,
}

/// What each exponent multiplies a colour by: 2 to the power of e − 136; 0 stands for black.
fn factors() -> [f32; 256] {
    std::array::from_fn(|e| if e == 0 { 0.0 } else { 2.0f64.powi(e as i32 - 136) as f32 })
}

pub(crate) fn decode(source: &mut ByteSource<'_>, header: &Header, out: &mut [f32]) -> Result<()> {
    let (count, length) = header.scanlines();
    let factors = factors();
    let per_batch = (BATCH / (4 * length)).clamp(1, count);
    let new = || Batch { bytes: vec![0; 4 * length * per_batch], planar: vec![false; per_batch] };
    let (mut now, mut next) = (new(), new());
    let mut done = 0;
    let mut ready = per_batch.min(count);
    read_batch(source, &mut now, ready, length)?;
    while ready > 0 {
        let coming = per_batch.min(count - done - ready);
        let (read, ()) = par::join(
            true,
            || read_batch(source, &mut next, coming, length),
            || place(&now, done, ready, header, &factors, out),
        );
        read?;
        std::mem::swap(&mut now, &mut next);
        done += ready;
        ready = coming;
    }
    Ok(())
}

fn read_batch(source: &mut ByteSource<'_>, batch: &mut Batch, n: usize, length: usize) -> Result<()> {
    for (scanline, planar) in batch.bytes.chunks_exact_mut(4 * length).zip(&mut batch.planar).take(n) {
        *planar = read_scanline(source, scanline, length)?;
    }
    Ok(())
}

/// Decodes one scanline; `true` if its planes are apart.
fn read_scanline(source: &mut ByteSource<'_>, to: &mut [u8], length: usize) -> Result<bool> {
    let start = source.offset();
    let first = source.array::<4>()?;
    let adaptive = (8..=0x7FFF).contains(&length) && first[0] == 2 && first[1] == 2 && first[2] < 128;
    if !adaptive {
        pixels(source, first, to)?;
        return Ok(false);
    }
    if usize::from(u16::from_be_bytes([first[2], first[3]])) != length {
        let message = format!("a scanline of {} pixels, not {length}", u16::from_be_bytes([first[2], first[3]]));
        return Err(Error::malformed(message).with("offset", start));
    }
    for plane in to.chunks_exact_mut(length) {
        let mut at = 0;
        while at < length {
            let code = usize::from(source.byte()?);
            let n = if code > 128 { code - 128 } else { code };
            let Some(run) = plane.get_mut(at..at + n).filter(|_| n > 0) else {
                let message = format!("a run of {n} bytes where {} are left", length - at);
                return Err(Error::malformed(message).with("offset", source.offset() - 1));
            };
            if code > 128 {
                run.fill(source.byte()?);
            } else {
                source.fill(run)?;
            }
            at += n;
        }
    }
    Ok(true)
}

/// Plain pixels, among them the older kind of runs: a pixel of 1, 1, 1, n repeats the one before.
fn pixels(source: &mut ByteSource<'_>, first: [u8; 4], to: &mut [u8]) -> Result<()> {
    let to = to.as_chunks_mut::<4>().0;
    let (mut at, mut shift) = (0usize, 0);
    let mut pixel = first;
    loop {
        if pixel[..3] == [1, 1, 1] && at > 0 {
            let n = usize::from(pixel[3]).checked_shl(shift).unwrap_or(usize::MAX);
            let Some(end) = at.checked_add(n).filter(|end| *end <= to.len()) else {
                let message = format!("a run of {n} pixels where {} are left", to.len() - at);
                return Err(Error::malformed(message).with("offset", source.offset() - 4));
            };
            let before = to[at - 1];
            to[at..end].fill(before);
            at = end;
            // Runs that follow each other are the digits of one long run.
            shift = (shift + 8).min(usize::BITS);
        } else {
            to[at] = pixel;
            at += 1;
            shift = 0;
        }
        if at == to.len() {
            return Ok(());
        }
        pixel = source.array()?;
    }
}

/// Converts scanlines `from` to `from + n` of the file to where they belong in the picture.
fn place(batch: &Batch, from: usize, n: usize, header: &Header, factors: &[f32; 256], out: &mut [f32]) {
    let (_, length) = header.scanlines();
    let scanlines = batch.bytes.chunks_exact(4 * length).zip(&batch.planar).take(n);
    if header.by_column {
        let mut column = vec![0.0; length * 3];
        for (k, (scanline, planar)) in scanlines.enumerate() {
            convert(scanline, *planar, factors, &mut column);
            let x = if header.mirrored { header.width - 1 - from - k } else { from + k };
            for (i, pixel) in column.as_chunks::<3>().0.iter().enumerate() {
                let y = if header.bottom_up { header.height - 1 - i } else { i };
                let to = (y * header.width + x) * 3;
                out[to..to + 3].copy_from_slice(pixel);
            }
        }
        return;
    }
    let row = length * 3;
    let first = if header.bottom_up { header.height - from - n } else { from };
    let out = &mut out[first * row..(first + n) * row];
    let one = |k: usize, to: &mut [f32]| {
        let k = if header.bottom_up { n - 1 - k } else { k };
        convert(&batch.bytes[k * 4 * length..(k + 1) * 4 * length], batch.planar[k], factors, to);
        if header.mirrored {
            to.as_chunks_mut::<3>().0.reverse();
        }
    };
    let together = (64 * 1024 / row).max(1);
    par::each(out.chunks_mut(row * together).enumerate().collect(), true, |(part, rows)| {
        (part * together..).zip(rows.chunks_exact_mut(row)).for_each(|(k, to)| one(k, to));
    });
}

fn convert(from: &[u8], planar: bool, factors: &[f32; 256], to: &mut [f32]) {
    let to = to.as_chunks_mut::<3>().0;
    if !planar {
        for (to, [r, g, b, e]) in to.iter_mut().zip(from.as_chunks::<4>().0) {
            let f = factors[usize::from(*e)];
            *to = [f32::from(*r) * f, f32::from(*g) * f, f32::from(*b) * f];
        }
        return;
    }
    let length = from.len() / 4;
    let (r, rest) = from.split_at(length);
    let (g, rest) = rest.split_at(length);
    let (b, e) = rest.split_at(length);
    for ((((to, r), g), b), e) in to.iter_mut().zip(r).zip(g).zip(b).zip(e) {
        let f = factors[usize::from(*e)];
        *to = [f32::from(*r) * f, f32::from(*g) * f, f32::from(*b) * f];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(resolution: &str, data: &[u8]) -> Result<Vec<f32>> {
        let mut content = format!("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n{resolution}\n").into_bytes();
        content.extend(data);
        let mut stream = content.as_slice();
        let mut source = ByteSource::new(&mut stream, 0);
        let header = Header::parse(&mut source)?;
        let mut out = vec![-1.0; header.height * header.width * 3];
        decode(&mut source, &header, &mut out)?;
        Ok(out)
    }

    #[test]
    fn exponents() {
        let got = read("-Y 1 +X 3", &[128, 64, 255, 129, 200, 0, 1, 136, 9, 9, 9, 0]).unwrap();
        assert_eq!(got, [1.0, 0.5, 255.0 / 128.0, 200.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn runs_old_and_new() {
        let got = read("-Y 1 +X 5", &[1, 2, 3, 136, 1, 1, 1, 3, 9, 8, 7, 136]).unwrap();
        assert_eq!(got, [1., 2., 3., 1., 2., 3., 1., 2., 3., 1., 2., 3., 9., 8., 7.]);
        let got = read("-Y 1 +X 8", &[2, 2, 0, 8, 136, 5, 136, 6, 8, 1, 2, 3, 4, 5, 6, 7, 8, 136, 136]).unwrap();
        assert_eq!(&got[21..], [5.0, 6.0, 8.0]);
        for bad in [&[2u8, 2, 0, 9][..], &[2, 2, 0, 8, 137, 5], &[2, 2, 0, 8, 0], &[2, 2, 0, 8, 136]] {
            assert!(read("-Y 1 +X 8", bad).is_err());
        }
        assert!(read("-Y 1 +X 2", &[1, 2, 3, 136, 1, 1, 1, 9]).is_err());
    }

    #[test]
    fn directions() {
        let data = [1, 0, 0, 136, 2, 0, 0, 136, 3, 0, 0, 136, 4, 0, 0, 136, 5, 0, 0, 136, 6, 0, 0, 136];
        let rows = [
            ("-Y 2 +X 3", [1., 2., 3., 4., 5., 6.]),
            ("+Y 2 +X 3", [4., 5., 6., 1., 2., 3.]),
            ("-Y 2 -X 3", [3., 2., 1., 6., 5., 4.]),
            ("+X 3 -Y 2", [1., 3., 5., 2., 4., 6.]),
            ("-X 3 +Y 2", [6., 4., 2., 5., 3., 1.]),
        ];
        for (resolution, expected) in rows {
            let red: Vec<f32> = read(resolution, &data).unwrap().chunks(3).map(|p| p[0]).collect();
            assert_eq!(red, expected, "{resolution}");
        }
    }
}
