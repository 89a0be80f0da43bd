//! Damaged blobs: errors or other pixels, but no panic, no hang, and no memory that the raster does not need.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod support;

use imageio_lerc::{Decoder, Element, Header};
use support::{Case, fixture};

/// Damaged blobs by case.
const ROUNDS: usize = 5000;

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % below.max(1)
    }
}

/// Fletcher's checksum, so that damage reaches what lies behind it.
fn sum(blob: &mut [u8]) {
    let Ok(header) = Header::read(blob) else { return };
    let (mut first, mut second) = (0xffff_u32, 0xffff_u32);
    let Some(data) = blob.get(14..header.length) else { return };
    let (words, last) = data.split_at(data.len() & !1);
    for span in words.chunks(718) {
        for word in span.chunks(2) {
            first += u32::from(word[0]) << 8 | u32::from(word[1]);
            second += first;
        }
        first = (first & 0xffff) + (first >> 16);
        second = (second & 0xffff) + (second >> 16);
    }
    for byte in last {
        first += u32::from(*byte) << 8;
        second += first;
    }
    first = (first & 0xffff) + (first >> 16);
    second = (second & 0xffff) + (second >> 16);
    blob[10..14].copy_from_slice(&(second << 16 | first & 0xffff).to_le_bytes());
}

/// Decodes as a careful caller does, and says how many bands came out.
fn read<T: Element>(mut data: &[u8]) -> usize {
    let (mut decoder, mut bands) = (Decoder::new(), 0);
    while let Ok(header) = Header::read(data) {
        if header.elements() > 100_000 {
            let error = decoder.decode(data, &mut [T::default(); 8], T::default());
            assert!(error.is_err());
            break;
        }
        let mut out = vec![T::default(); header.elements() as usize];
        let Ok(header) = decoder.decode(data, &mut out, T::default()) else { break };
        data = &data[header.length.max(1)..];
        bands += 1;
    }
    bands
}

fn damage(case: &Case, random: &mut Random, whole: &[Case]) -> Vec<u8> {
    let mut blob = case.blob.clone();
    match random.next(8) {
        0 => blob.truncate(random.next(blob.len())),
        1 => {
            // A shorter blob that says so.
            let length = 80 + random.next(blob.len().saturating_sub(80));
            blob.truncate(length);
            let at = if blob[6] >= 4 { 34 } else { 30 } - if blob[6] < 3 { 4 } else { 0 };
            if let Some(to) = blob.get_mut(at..at + 4) {
                to.copy_from_slice(&(length as u32).to_le_bytes());
            }
        }
        2 => {
            let other = &whole[random.next(whole.len())].blob;
            let (from, to) = (random.next(other.len()), random.next(blob.len()));
            let count = random.next(64).min(other.len() - from).min(blob.len() - to);
            blob[to..to + count].copy_from_slice(&other[from..from + count]);
        }
        _ => {
            for _ in 0..1 + random.next(4) {
                // Most of what steers is at the start.
                let below = if random.next(2) == 0 { blob.len() } else { blob.len().min(170) };
                let at = random.next(below);
                blob[at] = match random.next(4) {
                    0 => blob[at] ^ 1 << random.next(8),
                    1 => 0xff,
                    2 => 0,
                    _ => random.next(256) as u8,
                };
            }
        }
    }
    sum(&mut blob);
    blob
}

#[test]
fn damaged_blobs_end_in_errors_or_other_pixels() {
    let cases = fixture();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut read_all, mut tried) = (0, 0);
    for case in &cases {
        for _ in 0..ROUNDS {
            let blob = damage(case, &mut random, &cases);
            read_all += usize::from(with_type!(case.kind.as_str(), read(&blob)) > 0);
            tried += 1;
        }
    }
    assert_eq!(tried, 43 * ROUNDS);
    // The damage has to get past headers and checksums.
    assert!(read_all > tried / 5, "{read_all} of {tried}");
}
