//! What is encoded is read by another decoder as it was.
#![allow(clippy::unwrap_used)]

use imageio_vp8l::{Error, encode};
use std::io::Cursor;

fn decode(chunk: &[u8]) -> (u32, u32, bool, Vec<u8>) {
    let mut file = b"RIFF\0\0\0\0WEBPVP8L".to_vec();
    file.extend((chunk.len() as u32).to_le_bytes());
    file.extend(chunk);
    let len = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&len.to_le_bytes());
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    let (width, height) = decoder.dimensions();
    (width, height, decoder.has_alpha(), pixels)
}

fn check(pixels: &[u8], width: usize, height: usize, channels: usize, effort: impl Into<Option<u8>>) -> usize {
    let effort = effort.into();
    sized(pixels, width, height, channels, effort)
}

fn sized(pixels: &[u8], width: usize, height: usize, channels: usize, effort: Option<u8>) -> usize {
    let chunk = encode(pixels, width, height, channels, effort).unwrap();
    let (w, h, alpha, back) = decode(&chunk);
    assert_eq!((w as usize, h as usize, alpha), (width, height, channels == 4));
    let expected: Vec<u8> = match channels {
        1 => pixels.iter().flat_map(|v| [*v; 3]).collect(),
        _ => pixels.to_vec(),
    };
    assert!(back == expected, "{width} x {height} x {channels}, effort {effort:?}");
    chunk.len()
}

fn noise(state: &mut u32) -> u8 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 24) as u8
}

fn photo(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let mut state = 3;
    (0..width * height * channels)
        .map(|i| {
            let (c, x, y) = (i % channels, i / channels % width, i / channels / width);
            let slope = 128.0 + 70.0 * (x as f64 / 19.0).sin() + 40.0 * (y as f64 / 11.0 + c as f64).cos();
            (slope as u8).saturating_add(noise(&mut state) / 32)
        })
        .collect()
}

#[test]
fn every_kind_of_picture() {
    for effort in [Some(0), Some(1), Some(2), Some(4), Some(6), None] {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (17, 33), (64, 64), (200, 121)] {
            for channels in [1, 3, 4] {
                check(&photo(width, height, channels), width, height, channels, effort);
                check(&vec![7; width * height * channels], width, height, channels, effort);
                let mut state = 9;
                let wild: Vec<u8> = (0..width * height * channels).map(|_| noise(&mut state)).collect();
                check(&wild, width, height, channels, effort);
                for colors in [2, 3, 7, 16, 17, 200] {
                    let few: Vec<u8> = (0..width * height)
                        .flat_map(|i| vec![((i * 7 / 5 % colors) * 255 / colors) as u8; channels])
                        .collect();
                    check(&few, width, height, channels, effort);
                }
            }
        }
    }
}

#[test]
fn repeating_patterns_take_next_to_nothing() {
    let tile = photo(16, 16, 3);
    let (width, height) = (320, 320);
    let pixels: Vec<u8> =
        (0..width * height).flat_map(|i| tile[3 * (i / width % 16 * 16 + i % width % 16)..][..3].to_vec()).collect();
    let size = check(&pixels, width, height, 3, 4);
    assert!(size < 3000, "{size}");
}

#[test]
fn effort_makes_smaller() {
    let pixels = photo(256, 200, 3);
    let sizes: Vec<usize> = [0, 1, 4].map(|effort| check(&pixels, 256, 200, 3, effort)).to_vec();
    assert!(sizes[2] < sizes[1] && sizes[1] <= sizes[0], "{sizes:?}");
}

/// Words in a window over a slope of colours, with soft edges.
fn screenshot(width: usize, height: usize) -> Vec<u8> {
    let soft = [0u8, 90, 200, 255, 180, 60];
    (0..width * height)
        .flat_map(|i| {
            let (x, y) = (i % width, i / width);
            if x < 20 || y < 15 {
                return [(x / 3) as u8, (y / 2) as u8, 90];
            }
            // One of a few letters in each cell.
            let letter = (x / 8 * 7 + y / 12 * 5) % 11;
            let ink = if y % 12 < 9 { soft[(x % 8 * (letter + 2) + y % 12 * 3) % 6] } else { 0 };
            [255 - ink, 255 - ink / 2, 250 - ink / 4 * 3]
        })
        .collect()
}

#[test]
fn without_effort_the_picture_decides() {
    let pixels = photo(256, 200, 3);
    let [quick, by_kind] = [Some(0), None].map(|effort| encode(&pixels, 256, 200, 3, effort).unwrap());
    assert_eq!(quick, by_kind);
    let pixels = screenshot(400, 300);
    let [quick, more, by_kind] = [Some(0), Some(3), None].map(|effort| check(&pixels, 400, 300, 3, effort));
    assert!(by_kind == more && by_kind * 5 < quick, "{quick} {more} {by_kind}");
    // Photographs that are put together out of pieces.
    let tile = photo(50, 50, 3);
    let pixels: Vec<u8> = (0..300).flat_map(|y| tile[y % 50 * 150..][..150].repeat(6)).collect();
    let [quick, by_kind] = [Some(0), None].map(|effort| check(&pixels, 300, 300, 3, effort));
    assert!(by_kind * 5 < quick, "{quick} {by_kind}");
}

#[test]
fn larger_than_a_thread() {
    check(&photo(700, 500, 4), 700, 500, 4, 4);
    for effort in [Some(0), Some(1), None] {
        for channels in [1, 3, 4] {
            let mut pixels = photo(333, 250, channels);
            check(&pixels, 333, 250, channels, effort);
            // Long repetitions, which end in every place there is, and parts that differ much.
            let flat = pixels.len() / 3;
            pixels[flat..2 * flat + 7].fill(90);
            pixels[9..1000].fill(3);
            check(&pixels, 333, 250, channels, effort);
        }
    }
}

#[test]
fn refusals() {
    assert_eq!(encode(&[0; 5], 2, 1, 3, None), Err(Error::Size { expected: 6, given: 5 }));
    assert!(matches!(encode(&[], 0, 1, 3, None), Err(Error::Unsupported(_))));
    assert!(matches!(encode(&[], 1, 1, 2, None), Err(Error::Unsupported(_))));
}
