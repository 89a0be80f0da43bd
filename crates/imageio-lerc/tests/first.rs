//! `CntZImage`: blobs that the test writes itself, as no encoder of today does.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod support;

use imageio_lerc::{Format, Header};
use support::{Case, check_other, decode};

const WIDTH: usize = 21;
const HEIGHT: usize = 13;

fn start(error: f64) -> Vec<u8> {
    let mut blob = b"CntZImage ".to_vec();
    for number in [11, 8, HEIGHT as i32, WIDTH as i32] {
        blob.extend(number.to_le_bytes());
    }
    blob.extend(error.to_le_bytes());
    blob
}

fn part(blob: &mut Vec<u8>, grid: [u32; 2], max: f32, data: &[u8]) {
    for number in [grid[0], grid[1], data.len() as u32] {
        blob.extend(number.to_le_bytes());
    }
    blob.extend(max.to_le_bytes());
    blob.extend(data);
}

/// Integers in words, from the highest bit down, the last word cut to its needed bytes.
fn stuff(values: &[u32], bits: usize) -> Vec<u8> {
    let mut words = vec![0_u32; (values.len() * bits).div_ceil(32)];
    for (k, value) in values.iter().enumerate() {
        for bit in 0..bits {
            if value >> (bits - 1 - bit) & 1 == 1 {
                words[(k * bits + bit) / 32] |= 0x8000_0000 >> ((k * bits + bit) % 32);
            }
        }
    }
    let bytes = (values.len() * bits).div_ceil(8);
    let needed = bytes - bytes.saturating_sub(1) / 4 * 4;
    let last = words.len() - 1;
    words[last] >>= 8 * (4 - needed);
    let mut packed = vec![0x80 | bits as u8, values.len() as u8];
    packed.extend(words.iter().flat_map(|word| word.to_le_bytes()).take(bytes));
    packed
}

/// The mask as runs, and which pixels are valid.
fn mask() -> (Vec<u8>, Vec<bool>) {
    let bits: Vec<u8> =
        (0..(WIDTH * HEIGHT).div_ceil(8)).map(|k| if k < 20 { 0xff } else { (k as u8).wrapping_mul(37) | 1 }).collect();
    let mut runs = (-20_i16).to_le_bytes().to_vec();
    runs.push(0xff);
    runs.extend((bits.len() as i16 - 20).to_le_bytes());
    runs.extend(&bits[20..]);
    runs.extend(i16::MIN.to_le_bytes());
    (runs, (0..WIDTH * HEIGHT).map(|k| bits[k / 8] >> (7 - k % 8) & 1 == 1).collect())
}

/// Blocks of every kind in turn, in a grid that does not divide the raster; and what they hold.
fn values(valid: &[bool], more: f32, sign: f32) -> (Vec<u8>, Vec<f32>) {
    let (mut data, mut want) = (Vec::new(), vec![0.0; WIDTH * HEIGHT]);
    let spans = |size: usize, count: usize| {
        let step = size / count;
        let mut spans: Vec<_> = (0..count).map(|k| k * step..(k + 1) * step).collect();
        spans.push(count * step..size);
        spans.into_iter().filter(|span| !span.is_empty()).collect::<Vec<_>>()
    };
    let mut kind = 0;
    for rows in spans(HEIGHT, 3) {
        for columns in spans(WIDTH, 4) {
            let places: Vec<usize> = rows
                .clone()
                .flat_map(|y| columns.clone().map(move |x| y * WIDTH + x))
                .filter(|at| valid[*at])
                .collect();
            match kind % 5 {
                0 => {
                    data.push(0);
                    for (k, at) in places.iter().enumerate() {
                        want[*at] = k as f32 * 0.37 + more;
                        data.extend(want[*at].to_le_bytes());
                    }
                }
                1 => data.push(2),
                2 => {
                    data.extend([0x80 | 3, (5.0 * sign) as i8 as u8]);
                    places.iter().for_each(|at| want[*at] = 5.0 * sign);
                }
                3 if !places.is_empty() => {
                    let quanta: Vec<u32> = (0..places.len() as u32).map(|k| k * 7 % 32).collect();
                    data.push(0x40 | 1);
                    data.extend(((300.0 * sign) as i16).to_le_bytes());
                    data.extend(stuff(&quanta, 5));
                    for (at, quantum) in places.iter().zip(quanta) {
                        want[*at] = ((f64::from(300.0 * sign) + f64::from(quantum) * 2.0 * 0.05) as f32)
                            .min(300.0 * sign + 2.5);
                    }
                }
                _ => {
                    data.push(3);
                    data.extend((-321.25_f32 - more).to_le_bytes());
                    places.iter().for_each(|at| want[*at] = -321.25 - more);
                }
            }
            kind += 1;
        }
    }
    (data, want)
}

#[test]
fn blocks_and_masks_of_the_first_format_are_read() {
    let all = vec![true; WIDTH * HEIGHT];
    let (runs, some) = mask();
    for (runs, valid, sign) in [(&[][..], &all, 1.0), (&runs, &some, 1.0), (&runs, &some, -1.0)] {
        let (data, want) = values(valid, 0.0, sign);
        let mut blob = start(0.05);
        part(&mut blob, [0, 0], 1.0, runs);
        part(&mut blob, [3, 4], 300.0 * sign + 2.5, &data);
        let header = Header::read(&blob).unwrap();
        assert_eq!((header.format, header.width, header.height), (Format::Lerc1, WIDTH, HEIGHT));
        let bands = decode::<f32>(&blob, -1.0).unwrap();
        let [(band, mask)] = &bands[..] else { panic!() };
        for (at, (value, want)) in band.iter().zip(&want).enumerate() {
            // The highest value holds for what is packed only.
            assert_eq!(*value, if valid[at] { *want } else { -1.0 }, "{at}");
        }
        assert!(mask.as_ref().is_none_or(|mask| mask == valid));
        assert_eq!(mask.is_some(), !runs.is_empty());
        let case = Case { label: String::new(), kind: String::new(), blob, pixels: Vec::new(), mask: Vec::new() };
        // The other decoder takes short offsets for unsigned ones.
        assert!(sign < 0.0 || check_other::<f32>(&case));
    }
}

#[test]
fn later_bands_have_the_mask_of_the_first() {
    let (runs, valid) = mask();
    let mut blob = start(0.05);
    let (data, first) = values(&valid, 0.0, -1.0);
    part(&mut blob, [0, 0], 1.0, &runs);
    part(&mut blob, [3, 4], -297.5, &data);
    blob.extend(start(0.05));
    let (data, second) = values(&valid, 2.0, -1.0);
    part(&mut blob, [3, 4], -297.5, &data);
    let bands = decode::<f32>(&blob, 0.0).unwrap();
    assert_eq!(bands.len(), 2);
    assert_eq!((&bands[0].0, &bands[1].0), (&first, &second));
    assert_eq!(bands[1].1.as_ref(), Some(&valid));
}

#[test]
fn validity_in_blocks_is_read() {
    let mut counts = vec![4, 2, 3, 0];
    // Three blocks across and one below each: 7 x 6 pixels, and a row that is left.
    let raw: Vec<f32> = (0..42).map(|k| (k % 3) as f32 - 1.0).collect();
    counts.extend(raw.iter().flat_map(|v| v.to_le_bytes()));
    let quanta: Vec<u32> = (0..42).map(|k| k % 4).collect();
    counts.extend([0x80 | 1, -2_i8 as u8]);
    counts.extend(stuff(&quanta, 2));
    counts.extend([4, 2, 4, 2]);
    let mut blob = start(0.0);
    part(&mut blob, [2, 3], 1.0, &counts);
    let mut data = vec![];
    for _ in 0..9 {
        data.extend([0x80 | 3, 9]);
    }
    part(&mut blob, [2, 3], 9.0, &data);
    let bands = decode::<f32>(&blob, -1.0).unwrap();
    let at = |y: usize, x: usize| bands[0].0[y * WIDTH + x];
    assert_eq!([at(0, 0), at(5, 6), at(0, 7), at(0, 14), at(5, 20)], [9.0, 9.0, -1.0, -1.0, -1.0]);
    for (k, count) in raw.iter().enumerate() {
        assert_eq!(at(6 + k / 7, k % 7) == 9.0, *count > 0.0);
    }
    for (k, quantum) in quanta.iter().enumerate() {
        assert_eq!(at(6 + k / 7, 7 + k % 7) == 9.0, *quantum > 2);
    }
    assert_eq!([at(11, 14), at(12, 0), at(12, 8), at(12, 20)], [9.0, -1.0, 9.0, -1.0]);
}
