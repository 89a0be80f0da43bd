//! What goes in comes out.
#![allow(clippy::unwrap_used)]

use imageio_libwebp::{Error, Settings, decode, encode, version};

const LOSSLESS: Settings = Settings { quality: 75.0, lossless: true, effort: 3, exact: true };

fn picture(width: usize, height: usize, channels: usize) -> Vec<u8> {
    (0..width * height * channels).map(|i| (i * 7 % 251) as u8).collect()
}

#[test]
fn lossless() {
    assert!(version() >= (1, 3, 2));
    for (width, height, channels) in [(1, 1, 3), (17, 5, 3), (33, 40, 4)] {
        let pixels = picture(width, height, channels);
        let file = encode(&pixels, width, height, channels, &LOSSLESS).unwrap();
        let mut back = vec![0; pixels.len()];
        decode(&file, &mut back, channels).unwrap();
        assert_eq!(back, pixels);
    }
}

#[test]
fn lossy_gets_better_with_quality() {
    let pixels: Vec<u8> = (0..64 * 64 * 3).map(|i| (i / 3 % 64 * 3 + i / 192) as u8).collect();
    let wrong = |quality: f32| {
        let settings = Settings { quality, lossless: false, ..LOSSLESS };
        let file = encode(&pixels, 64, 64, 3, &settings).unwrap();
        let mut back = vec![0; pixels.len()];
        decode(&file, &mut back, 3).unwrap();
        let sum: u64 = pixels.iter().zip(&back).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
        (sum, file.len())
    };
    let (bad, good) = (wrong(10.0), wrong(95.0));
    assert!(bad.0 > good.0 && bad.1 < good.1, "{bad:?} {good:?}");
}

#[test]
fn refusals() {
    let pixels = picture(4, 4, 3);
    assert_eq!(encode(&pixels, 4, 5, 3, &LOSSLESS), Err(Error::Size { expected: 60, given: 48 }));
    assert!(matches!(encode(&[], 0, 5, 3, &LOSSLESS), Err(Error::Unsupported(_))));
    assert!(matches!(encode(&pixels, 4, 4, 1, &LOSSLESS), Err(Error::Unsupported(_))));
    let wild = Settings { quality: 500.0, ..LOSSLESS };
    assert!(matches!(encode(&pixels, 4, 4, 3, &wild), Err(Error::Unsupported(_))));
    let file = encode(&pixels, 4, 4, 3, &LOSSLESS).unwrap();
    assert_eq!(decode(&file, &mut [0; 47], 3), Err(Error::Size { expected: 48, given: 47 }));
    assert!(matches!(decode(&file, &mut [0; 32], 2), Err(Error::Unsupported(_))));
    assert!(matches!(decode(&file[..file.len() - 8], &mut [0; 48], 3), Err(Error::Malformed(_))));
    assert!(matches!(decode(b"not a WebP file at all", &mut [0; 48], 3), Err(Error::Malformed(_))));
}
