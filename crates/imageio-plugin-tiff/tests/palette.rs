//! Indices of images with palettes, and their colours.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::path::PathBuf;

use imageio_core::{Dtype, ErrorKind, Index, ReadOptions, WriteOptions, v3};
use imageio_plugin_tiff as _;
use imageio_testkit::digest::sha256;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/tiff").join(name)
}

fn colours() -> ReadOptions {
    ReadOptions::new().set("palette", "apply")
}

/// What Pillow, tifffile and libtiff show of the files; printed by the script that makes them.
const SHOWN: [(&str, &[usize], Dtype, &str); 4] = [
    ("palette8.tif", &[13, 21, 3], Dtype::U8, "021a8a750b9b28e13abe9e6e4a633ea2b808429ec8a9ec662bda7928ff3ba4df"),
    (
        "palette16_pages.tif",
        &[2, 13, 21, 3],
        Dtype::U16,
        "0a1eb86e9dd04aaab96823eb04d3b40ad49201392bc2fd177d5c56feef40d421",
    ),
    ("palette4.tif", &[13, 21, 3], Dtype::U8, "e2c46ad3e8a167a82ba8881137184f85430be556a413532b8ba5e9767c896597"),
    ("palette1.tif", &[13, 21, 3], Dtype::U8, "511624116d973c3f1d4db97788ab8f5387369e8ae7c6f4000b5423ff460f5051"),
];

#[test]
fn colours_are_those_that_others_show() {
    for (name, shape, dtype, digest) in SHOWN {
        let image = v3::imread_with(file(name), &colours()).unwrap();
        assert_eq!((image.shape(), image.dtype()), (shape, dtype), "{name}");
        assert_eq!(sha256(&image), digest, "{name}");
        let props = v3::improps_with(file(name), &colours()).unwrap();
        assert_eq!(
            (props.shape.as_slice(), props.dtype, props.axes.map(|a| a.len())),
            (shape, dtype, Some(shape.len())),
            "{name}"
        );
        // By default they are indices.
        let raw = v3::imread(file(name)).unwrap();
        assert_eq!(raw.shape(), &shape[..shape.len() - 1], "{name}");
        let part = v3::imread_with(file(name), &colours().set("region", vec![2, 5, 3, 9])).unwrap();
        let (rows, columns) = (shape.len() - 3, shape.len() - 2);
        assert_eq!((part.shape()[rows], part.shape()[columns]), (3, 6), "{name}");
        // What was applied is not said again, so that colours are not written with the palette.
        let meta = v3::immeta_with(file(name), &colours()).unwrap();
        assert!(meta.get("tags/ColorMap").is_none() && v3::immeta(file(name)).unwrap().get("tags/ColorMap").is_some());
        let again = WriteOptions::new().metadata(&meta).extension("tif");
        let again = v3::imwrite_with("<bytes>", &image, &again).unwrap().unwrap();
        assert!(v3::imread_with(again, &colours()).unwrap() == image, "{name}");
    }
}

#[test]
fn pages_have_palettes_of_their_own() {
    let name = file("palette16_pages.tif");
    let both = v3::imread_with(&name, &colours()).unwrap().try_into_array::<u16>().unwrap();
    for k in 0..2 {
        let page = v3::imread_with(&name, &colours().set("page", k)).unwrap().try_into_array::<u16>().unwrap();
        assert_eq!(page, both.index_axis(imageio_core::ndarray::Axis(0), k));
        let page = v3::imread_with(&name, &colours().set("pages", true).index(k)).unwrap();
        assert_eq!(page.try_into_array::<u16>().unwrap(), both.index_axis(imageio_core::ndarray::Axis(0), k));
    }
    let all = v3::imread_with(&name, &colours().set("pages", true).index(Index::All)).unwrap();
    assert_eq!(all.try_into_array::<u16>().unwrap(), both);
}

#[test]
fn other_images_are_the_same() {
    for name in ["gray16_be_strips.tif", "rgb_lzw_pred_tiles.tif", "bool.tif"] {
        assert!(v3::imread_with(file(name), &colours()).unwrap() == v3::imread(file(name)).unwrap(), "{name}");
    }
}

#[test]
fn a_short_palette_is_an_error() {
    let mut bytes = std::fs::read(file("palette4.tif")).unwrap();
    // The last entry of the directory of ten is the palette; its count follows tag and type.
    bytes[10 + 9 * 12 + 4] -= 3;
    let error = v3::imread_with(bytes.clone(), &colours()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("ColorMap has 45 values, 48 are needed"), "{error}");
    assert!(v3::imread(bytes).is_ok());
}
