//! ZIP, ZIPS and RLE: bytes are split into even and odd ones and replaced by differences before they are packed.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use imageio_core::{Error, ErrorKind, Result};

use super::{cut_off, huffman};

/// A zlib decoder that is used again and again.
#[derive(Default)]
pub(crate) struct Inflater(Option<Decompress>);

impl Inflater {
    /// Fills all of `out`.
    pub(crate) fn inflate(&mut self, data: &[u8], out: &mut [u8]) -> Result<()> {
        let inflater = self.0.get_or_insert_with(|| Decompress::new(true));
        inflater.reset(true);
        match inflater.decompress(data, out, FlushDecompress::Finish) {
            Ok(Status::StreamEnd) if inflater.total_out() == out.len() as u64 => Ok(()),
            Ok(_) if inflater.total_out() == out.len() as u64 => {
                Err(Error::malformed("the compressed data of a block give more than its pixels"))
            }
            Ok(_) => Err(cut_off()),
            Err(e) => Err(Error::malformed("the compressed data of a block are damaged").with_source(e)),
        }
    }
}

pub(crate) fn unpack_rle(data: &[u8], out: &mut [u8]) -> Result<()> {
    let mut data = data;
    let mut out = out;
    while !out.is_empty() {
        let (count, rest) = data.split_first().ok_or_else(cut_off)?;
        let count = *count as i8;
        let n = if count < 0 { usize::from(count.unsigned_abs()) } else { count as usize + 1 };
        if n > out.len() {
            return Err(Error::malformed("a run of bytes goes beyond its block"));
        }
        let (place, left) = std::mem::take(&mut out).split_at_mut(n);
        if count < 0 {
            let (literal, rest) = rest.split_at_checked(n).ok_or_else(cut_off)?;
            place.copy_from_slice(literal);
            data = rest;
        } else {
            let (value, rest) = rest.split_first().ok_or_else(cut_off)?;
            place.fill(*value);
            data = rest;
        }
        out = left;
    }
    Ok(())
}

/// Differences back to values, in place, and the two halves back into one row of bytes.
pub(crate) fn undo_filter(packed: &mut [u8], out: &mut [u8]) {
    add_up(packed);
    let (even, odd) = packed.split_at(packed.len().div_ceil(2));
    let (pairs, rest) = out.as_chunks_mut::<2>();
    for ((pair, even), odd) in pairs.iter_mut().zip(even).zip(odd) {
        *pair = [*even, *odd];
    }
    if let ([last], Some(even)) = (rest, even.last()) {
        *last = *even;
    }
}

/// The lines in runs, as [`unpack_rle`] takes them; `None` if that would not be shorter.
pub(crate) fn pack_rle(lines: &[u8]) -> Option<Vec<u8>> {
    let mut filtered = vec![0; lines.len()];
    filter(lines, &mut filtered);
    let mut out = Vec::with_capacity(lines.len());
    let mut rest = filtered.as_slice();
    while !rest.is_empty() && out.len() < lines.len() {
        let run = run_of(rest);
        if run >= 3 {
            out.extend([(run - 1) as u8, rest[0]]);
            rest = &rest[run..];
            continue;
        }
        // Literal bytes go on until the next run that is worth a count of its own.
        let n = (1..rest.len().min(127)).find(|at| run_of(&rest[*at..]) >= 3).unwrap_or(rest.len().min(127));
        out.push((n as i8).wrapping_neg() as u8);
        out.extend_from_slice(&rest[..n]);
        rest = &rest[n..];
    }
    (out.len() < lines.len()).then_some(out)
}

/// How many bytes at the start are equal, up to the 128 that a count can say.
fn run_of(bytes: &[u8]) -> usize {
    bytes.iter().take(128).take_while(|b| bytes.first() == Some(*b)).count()
}

/// Each byte becomes the sum of itself and all before it, less 128 for each step.
fn add_up(bytes: &mut [u8]) {
    // Eight bytes are summed side by side in one word, so that only one addition in eight waits for the last.
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const ODD: u64 = 0x8000_8000_8000_8000;
    let add = |a: u64, b: u64| ((a & !HIGH) + (b & !HIGH)) ^ ((a ^ b) & HIGH);
    let Some((first, rest)) = bytes.split_first_mut() else { return };
    let mut last = *first;
    let (words, tail) = rest.as_chunks_mut::<8>();
    for word in words {
        // Subtracting 128 flips the high bit; after an even number of steps nothing is left of it.
        let mut sums = u64::from_le_bytes(*word);
        sums = add(sums, sums << 8);
        sums = add(sums, sums << 16);
        sums = add(sums, sums << 32);
        sums ^= ODD >> 8;
        sums = add(sums, u64::from(last).wrapping_mul(0x0101_0101_0101_0101));
        *word = sums.to_le_bytes();
        last = word[7];
    }
    for byte in tail {
        last = last.wrapping_add(*byte).wrapping_sub(128);
        *byte = last;
    }
}

/// What [`undo_filter`] undoes.
fn filter(bytes: &[u8], out: &mut [u8]) {
    let (even, odd) = out.split_at_mut(bytes.len().div_ceil(2));
    let (pairs, rest) = bytes.as_chunks::<2>();
    for ((pair, even), odd) in pairs.iter().zip(even.iter_mut()).zip(odd.iter_mut()) {
        [*even, *odd] = *pair;
    }
    if let ([last], Some(even)) = (rest, even.last_mut()) {
        *even = *last;
    }
    let mut last = 128;
    for byte in out {
        let value = *byte;
        *byte = value.wrapping_sub(last).wrapping_add(128);
        last = value;
    }
}

/// A zlib encoder that is used again and again.
pub(crate) struct Deflater {
    compress: Compress,
    filtered: Vec<u8>,
    /// Below the levels that are asked for to have the smallest file.
    quick: bool,
}

impl Deflater {
    pub(crate) fn new(level: u8) -> Self {
        let compress = Compress::new(Compression::new(u32::from(level)), true);
        Deflater { compress, filtered: Vec::new(), quick: level < 6 }
    }

    /// The packed bytes; `None` if they would not be fewer.
    pub(crate) fn deflate(&mut self, lines: &[u8]) -> Result<Option<Vec<u8>>> {
        self.filtered.resize(lines.len(), 0);
        filter(lines, &mut self.filtered);
        if self.quick && !huffman::repeats(&self.filtered) {
            return Ok(huffman::compress(&self.filtered));
        }
        let mut out = vec![0; lines.len()];
        self.compress.reset();
        let status = self.compress.compress(&self.filtered, &mut out, FlushCompress::Finish);
        match status.map_err(|e| Error::new(ErrorKind::Backend, "a block could not be compressed").with_source(e))? {
            Status::StreamEnd => {
                out.truncate(usize::try_from(self.compress.total_out()).unwrap_or(usize::MAX));
                Ok((out.len() < lines.len()).then_some(out))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_inverse() {
        for n in [0usize, 1, 2, 3, 7, 8, 9, 16, 17, 100, 1001] {
            let bytes: Vec<u8> = (0..n).map(|i| (i * i * 31 + i / 3) as u8).collect();
            let mut packed = vec![0; n];
            filter(&bytes, &mut packed);
            let mut naive = packed.clone();
            for i in 1..n {
                naive[i] = naive[i].wrapping_add(naive[i - 1]).wrapping_sub(128);
            }
            let mut out = vec![0; n];
            undo_filter(&mut packed, &mut out);
            assert_eq!(packed, naive);
            assert_eq!(out, bytes, "{n}");
        }
    }

    #[test]
    fn runs() {
        let mut out = [0; 7];
        unpack_rle(&[2, 9, (-3i8) as u8, 1, 2, 3, 0, 5], &mut out).unwrap();
        assert_eq!(out, [9, 9, 9, 1, 2, 3, 5]);
        assert!(unpack_rle(&[2, 9], &mut out).is_err());
        assert!(unpack_rle(&[100, 9], &mut out).is_err());
        assert!(unpack_rle(&[(-7i8) as u8, 9], &mut out).is_err());
    }

    #[test]
    fn runs_there_and_back() {
        for n in [1usize, 2, 3, 127, 128, 129, 300, 5000] {
            let lines: Vec<u8> = (0..n).map(|i| if i % 700 < 400 { 7 } else { (i * i) as u8 }).collect();
            let Some(packed) = pack_rle(&lines) else {
                assert!(n < 8, "{n} bytes were not packed");
                continue;
            };
            assert!(packed.len() < n);
            let (mut tmp, mut out) = (vec![0; n], vec![0; n]);
            unpack_rle(&packed, &mut tmp).unwrap();
            undo_filter(&mut tmp, &mut out);
            assert_eq!(out, lines, "{n}");
        }
        let noise: Vec<u8> = (0..1000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(pack_rle(&noise), None);
    }

    #[test]
    fn zlib_there_and_back() {
        let lines: Vec<u8> = (0..10_000u32).map(|i| (i / 100) as u8).collect();
        let packed = Deflater::new(4).deflate(&lines).unwrap().unwrap();
        let (mut tmp, mut out) = (vec![0; lines.len()], vec![0; lines.len()]);
        let mut inflater = Inflater::default();
        for _ in 0..2 {
            inflater.inflate(&packed, &mut tmp).unwrap();
            undo_filter(&mut tmp, &mut out);
            assert_eq!(out, lines);
        }
        assert!(inflater.inflate(&packed[..packed.len() / 2], &mut tmp).is_err());
        assert!(inflater.inflate(&packed, &mut [0; 12]).is_err());
        assert!(inflater.inflate(&packed, &mut vec![0; 20_000]).is_err());
    }
}
