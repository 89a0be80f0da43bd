//! What is written reads back, and every option changes what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::ndarray::{Array2, Array3, Array4, ArrayD, Axis, IxDyn, Slice};
use imageio_core::{Cast, ErrorKind, NdImage, Result, WriteOptions, v3 as iio};
use imageio_plugin_png as _;
use imageio_plugin_png::Filter;

fn png() -> WriteOptions {
    WriteOptions::new().extension("png")
}

fn write(image: &NdImage, options: &WriteOptions) -> Result<Vec<u8>> {
    Ok(iio::imwrite_with("<bytes>", image, options)?.unwrap())
}

/// A picture with gradients, flat parts and some noise.
fn picture(shape: &[usize]) -> ArrayD<u16> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let (y, x, c) = (at[0], at[1], if shape.len() > 2 { at[2] } else { 0 });
        let noise = (y * 7919 + x * 104_729 + c * 31).wrapping_mul(2_654_435_761) >> 7;
        match (y / 5 + x / 5) % 3 {
            0 => (y * 900 + x * 350 + c * 5000) as u16,
            1 => 12_345,
            _ => noise as u16,
        }
    })
}

fn samples() -> Vec<NdImage> {
    let mut all = Vec::new();
    for shape in [&[23, 31][..], &[23, 31, 2], &[23, 31, 3], &[23, 31, 4], &[1, 1], &[1, 9, 3], &[9, 1, 4]] {
        let deep = NdImage::from(picture(shape));
        all.push(NdImage::from(deep.cast::<u8>(Cast::Wrap).unwrap()));
        if shape.len() == 2 {
            all.push(NdImage::from(picture(shape).mapv(|v| v % 3 == 0)));
        }
        all.push(deep);
    }
    all
}

#[test]
fn every_dtype_and_shape_comes_back_under_every_setting() {
    let filters = Filter::WORDS;
    for image in samples() {
        for interlace in [false, true] {
            for filter in filters {
                let options = png().set("interlace", interlace).set("filter", *filter);
                let bytes = write(&image, &options).unwrap();
                assert_eq!(bytes[28], u8::from(interlace));
                assert_eq!(iio::imread(&bytes[..]).unwrap(), image, "{image:?} {filter} {interlace}");
            }
            for level in 0..=9 {
                let bytes = write(&image, &png().set("interlace", interlace).set("compression", level)).unwrap();
                assert_eq!(iio::imread(&bytes[..]).unwrap(), image, "{image:?} level {level}");
            }
        }
    }
}

#[test]
fn large_images_come_back() {
    // Several blocks, worked on at the same time.
    let image = NdImage::from(picture(&[900, 700, 3]));
    for level in [0, 1, 4] {
        let bytes = write(&image, &png().set("compression", level)).unwrap();
        assert!(iio::imread(&bytes[..]).unwrap() == image, "level {level}");
    }
}

#[test]
fn levels_trade_size() {
    let drawing = NdImage::from(Array3::<u8>::from_shape_fn((200, 300, 3), |(y, x, c)| {
        (if (x * x + y * y) % 1000 < 400 { 30 + c * 50 } else { (x % 23) * 5 + (y % 17) }) as u8
    }));
    let size = |level: i64| write(&drawing, &png().set("compress_level", level)).unwrap().len();
    assert!(size(0) > 200 * 300 * 3);
    assert!(size(1) < size(0) / 2);
    assert!(size(6) < size(1));
    assert!(size(9) <= size(2));
    assert_eq!(size(1), write(&drawing, &png()).unwrap().len());
    assert_eq!(write(&drawing, &png().set("compression", 10)).unwrap_err().kind(), ErrorKind::InvalidOption);
}

#[test]
fn filters_are_those_asked_for() {
    let image = NdImage::from(Array2::<u8>::from_shape_fn((4, 4), |(y, x)| (y * 40 + x * 3) as u8));
    for (filter, kind) in [("none", 0), ("sub", 1), ("up", 2), ("average", 3), ("avg", 3), ("paeth", 4)] {
        // Stored blocks would show the filter byte, but imply no filter; deflate it is.
        let bytes = write(&image, &png().set("filter", filter).set("compression", 6)).unwrap();
        let at = bytes.windows(4).position(|w| w == b"IDAT").unwrap();
        let data: Vec<u8> = idat(&bytes, at);
        let rows = fdeflate::decompress_to_vec(&data).unwrap();
        assert!(rows.chunks(5).all(|row| row[0] == kind), "{filter}");
    }
}

/// The data of all `IDAT` chunks.
fn idat(bytes: &[u8], first: usize) -> Vec<u8> {
    let (mut at, mut data) = (first - 4, Vec::new());
    while &bytes[at + 4..at + 8] == b"IDAT" {
        let len = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        data.extend_from_slice(&bytes[at + 8..at + 8 + len]);
        at += 12 + len;
    }
    data
}

#[test]
fn few_colours_make_a_palette() {
    let options = png().set("palette", true);
    for (channels, colors) in [(3, 2), (3, 4), (3, 16), (3, 200), (4, 5), (4, 256)] {
        let image = NdImage::from(Array3::<u8>::from_shape_fn((40, 50, channels), |(y, x, c)| {
            let color = if y == 0 { x * 6 } else { (y * 7919 + x * 104_729) / 13 + y * x } % colors;
            if c == 3 { if color == 1 { 255 } else { color as u8 } } else { (color * (c + 1)) as u8 }
        }));
        let bytes = write(&image, &options).unwrap();
        assert_eq!(bytes[25], 3, "{channels} {colors}");
        assert_eq!(iio::imread(&bytes[..]).unwrap(), image, "{channels} {colors}");
        assert!(bytes.len() < write(&image, &png()).unwrap().len(), "{channels} {colors}");
    }
    // An alpha channel that is opaque throughout stays.
    let opaque = NdImage::from(Array3::<u8>::from_elem((3, 3, 4), 255));
    assert_eq!(iio::imread(&write(&opaque, &options).unwrap()[..]).unwrap(), opaque);
    // Too many colours, or deep ones, are stored as they are.
    let many = NdImage::from(Array3::<u8>::from_shape_fn((20, 20, 3), |(y, x, _)| (y * 20 + x) as u8));
    let distinct = NdImage::from(Array3::<u8>::from_shape_fn((20, 20, 3), |(y, x, c)| [y, x, 0][c] as u8));
    assert_eq!(write(&many, &options).unwrap()[25], 3);
    assert_eq!(write(&distinct, &options).unwrap()[25], 2);
}

#[test]
fn what_png_can_not_hold_is_refused() {
    let rows: Vec<NdImage> = vec![
        Array2::<f32>::zeros((2, 2)).into(),
        Array2::<i16>::zeros((2, 2)).into(),
        Array3::<u8>::zeros((2, 2, 1)).into(),
        Array3::<u8>::zeros((2, 2, 5)).into(),
        Array3::<bool>::default((2, 2, 3)).into(),
        Array2::<u8>::zeros((0, 2)).into(),
        Array4::<u8>::zeros((2, 2, 2, 3)).into(),
    ];
    for image in rows {
        let e = write(&image, &png()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch, "{image:?}: {e}");
        assert!(e.hint().is_some(), "{e}");
    }
}

#[test]
fn strided_images_are_written() {
    let whole = picture(&[20, 30, 3]);
    let part = whole.slice_axis(Axis(0), Slice::new(0, None, 2));
    let part = part.slice_axis(Axis(1), Slice::new(3, Some(27), 3));
    let bytes = iio::imwrite_with("<bytes>", &part, &png()).unwrap().unwrap();
    assert_eq!(iio::imread_as::<u16>(&bytes[..]).unwrap(), part.to_owned().into_dyn());
}
