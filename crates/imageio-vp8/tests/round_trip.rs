//! Encoding and decoding again, and decoding what is damaged.
#![allow(clippy::unwrap_used)]

use imageio_vp8::{EncodeOptions, Error, Header, decode, encode};

/// A picture with slopes, edges and some noise.
fn picture(width: usize, height: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut out = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 24) as i32 % 9 - 4;
            let edge = if (x / 23 + y / 17) % 2 == 0 { 40 } else { 0 };
            for c in 0..3 {
                let slope = (x * (2 + c) + y * (4 - c)) as i32 / 5 % 200;
                out.push((slope + edge + noise).clamp(0, 255) as u8);
            }
        }
    }
    out
}

fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0f64.powi(2) * a.len() as f64 / sum.max(1e-9)).log10()
}

fn options(quality: f32, effort: u8) -> EncodeOptions {
    let mut options = EncodeOptions::default();
    (options.quality, options.effort) = (quality, effort);
    options
}

fn there_and_back(pixels: &[u8], width: usize, height: usize, options: &EncodeOptions) -> (usize, Vec<u8>) {
    let data = encode(pixels, width, height, 3, options).unwrap();
    let header = Header::parse(&data).unwrap();
    assert_eq!((usize::from(header.width), usize::from(header.height)), (width, height));
    let mut back = vec![0; width * height * 3];
    decode(&data, &mut back, 3).unwrap();
    (data.len(), back)
}

#[test]
fn quality_and_effort_do_what_they_say() {
    let (width, height) = (200, 120);
    let source = picture(width, height);
    let mut last = (0, 0.0);
    for quality in [5.0, 30.0, 60.0, 80.0, 95.0, 100.0] {
        let (size, back) = there_and_back(&source, width, height, &options(quality, 4));
        let psnr = psnr(&source, &back);
        assert!(size > last.0 && psnr > last.1, "quality {quality}: {size} bytes, {psnr:.1} dB after {last:?}");
        last = (size, psnr);
    }
    // Colour is stored at half resolution, which limits what any quality can do.
    assert!(last.1 > 35.0, "{last:?}");
    let by_effort: Vec<f64> = (0..=6)
        .map(|effort| {
            let (size, back) = there_and_back(&source, width, height, &options(70.0, effort));
            // Six decibels are worth about one bit a pixel.
            psnr(&source, &back) - size as f64 * 8.0 / (width * height) as f64 * 6.0
        })
        .collect();
    assert!(by_effort[6] > by_effort[2] && by_effort[2] > by_effort[0], "{by_effort:?}");
}

#[test]
fn every_size() {
    for (width, height) in [(1, 1), (2, 1), (1, 2), (15, 16), (16, 16), (17, 33), (48, 15), (130, 129), (300, 7)] {
        let source = picture(width, height);
        for effort in [0, 4] {
            let (_, back) = there_and_back(&source, width, height, &options(90.0, effort));
            assert!(psnr(&source, &back) > 26.0, "{width} x {height}: {:.1} dB", psnr(&source, &back));
        }
    }
}

#[test]
fn flat_pictures_take_next_to_nothing() {
    let source = [200, 100, 50].repeat(640 * 480);
    let (size, back) = there_and_back(&source, 640, 480, &EncodeOptions::default());
    // Between three and four bits a macroblock for its modes.
    assert!(size < 640, "{size}");
    assert!(back.chunks_exact(3).all(|p| p.iter().zip([200u8, 100, 50]).all(|(a, b)| a.abs_diff(b) <= 3)));
}

#[test]
fn channels_and_alpha() {
    let grey: Vec<u8> = (0..64 * 64).map(|i| (i % 64 * 4) as u8).collect();
    let data = encode(&grey, 64, 64, 1, &options(90.0, 4)).unwrap();
    let mut rgba = vec![7; 64 * 64 * 4];
    decode(&data, &mut rgba, 4).unwrap();
    let green: Vec<u8> = rgba.chunks_exact(4).map(|p| p[1]).collect();
    assert!(psnr(&grey, &green) > 35.0, "{}", psnr(&grey, &green));
    assert!(rgba.chunks_exact(4).all(|p| p[0].abs_diff(p[1]) < 3 && p[2].abs_diff(p[1]) < 3 && p[3] == 255));
    let mut source = rgba.clone();
    source.chunks_exact_mut(4).for_each(|p| p[3] = 0);
    let rgb: Vec<u8> = source.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let same = options(50.0, 4);
    assert_eq!(encode(&source, 64, 64, 4, &same).unwrap(), encode(&rgb, 64, 64, 3, &same).unwrap());
}

#[test]
fn threads_change_nothing() {
    for (width, height) in [(256, 250), (1040, 600)] {
        let source = picture(width, height);
        let mut alone = options(75.0, 3);
        alone.threads = false;
        let together = options(75.0, 3);
        assert_eq!(
            encode(&source, width, height, 3, &alone).unwrap(),
            encode(&source, width, height, 3, &together).unwrap()
        );
    }
}

#[test]
fn wrong_sizes_are_told() {
    let e = encode(&[0; 10], 2, 2, 3, &EncodeOptions::default()).unwrap_err();
    assert_eq!(e, Error::Size { expected: 12, given: 10 });
    assert!(matches!(encode(&[], 0, 5, 3, &EncodeOptions::default()), Err(Error::Unsupported(_))));
    assert!(matches!(encode(&[], 16_384, 1, 3, &EncodeOptions::default()), Err(Error::Unsupported(_))));
    let data = encode(&[9; 12], 2, 2, 3, &EncodeOptions::default()).unwrap();
    assert_eq!(decode(&data, &mut [0; 11], 3), Err(Error::Size { expected: 12, given: 11 }));
    assert!(matches!(decode(&data, &mut [0; 8], 2), Err(Error::Unsupported(_))));
}

#[test]
fn damage_is_an_error_or_a_picture() {
    let (width, height) = (150, 140);
    let data = encode(&picture(width, height), width, height, 3, &options(60.0, 4)).unwrap();
    let mut pixels = vec![0; width * height * 3];
    for end in (0..data.len() - 2).step_by(29) {
        assert!(decode(&data[..end], &mut pixels, 3).is_err(), "cut at {end} of {}", data.len());
    }
    let mut state = 99u32;
    for _ in 0..200 {
        let mut data = data.clone();
        for _ in 0..4 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The sides stay, so that the buffer fits.
            let at = 10 + state as usize % (data.len() - 10);
            data[at] ^= 1 << (state >> 29);
        }
        let _ = decode(&data, &mut pixels, 3);
    }
    assert!(matches!(Header::parse(&[1; 10]), Err(Error::Unsupported(_))));
    assert!(matches!(Header::parse(&[0; 10]), Err(Error::Invalid(_))));
    assert!(matches!(Header::parse(&[0; 9]), Err(Error::Truncated(_))));
}
