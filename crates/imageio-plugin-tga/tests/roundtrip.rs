//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_tga as tga;

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, Metadata, NdImage, ReadOptions, Value, WriteOptions, v3};

fn images() -> Vec<NdImage> {
    let image = |channels: usize| {
        NdImage::from(Array3::from_shape_fn((9, 300, channels), |(y, x, c)| (x / 5 * 3 + y * 20 + c * 50) as u8))
    };
    vec![Array2::from_shape_fn((9, 300), |(y, x)| (x / 70 + y) as u8).into(), image(2), image(3), image(4)]
}

fn write(image: &NdImage, options: WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &options.extension("tga")).unwrap().unwrap()
}

#[test]
fn every_option_and_shape() {
    for image in images() {
        let plain = write(&image, WriteOptions::new());
        for (rle, top_down) in [(false, true), (true, false), (true, true)] {
            let options = tga::WriteOptions::new().rle(rle).top_down(top_down);
            let other = write(&image, WriteOptions::new().with(options));
            assert_eq!(v3::imread_with(&other, &ReadOptions::new().extension("tga")).unwrap(), image);
            assert_eq!((other[2] & 8 != 0, other[17] & 0x20 != 0), (rle, top_down));
            assert_eq!(other.len() < plain.len(), rle);
        }
    }
}

#[test]
fn every_width() {
    for width in 1..40 {
        for channels in [1, 2, 3, 4] {
            let image = Array3::from_shape_fn((3, width, channels), |(y, x, c)| (y * 91 + x * 7 + c * 60 + 1) as u8);
            let image: NdImage = match channels {
                1 => image.into_shape_with_order((3, width)).unwrap().into(),
                _ => image.into(),
            };
            for top_down in [false, true] {
                let bytes = write(&image, WriteOptions::new().set("top_down", top_down));
                assert_eq!(v3::imread_with(&bytes, &ReadOptions::new().extension("tga")).unwrap(), image, "{width}");
            }
        }
    }
}

#[test]
fn metadata_survive() {
    let mut metadata = Metadata::new();
    metadata.insert("id_section", b"hello".as_slice());
    metadata.insert("author", "nobody");
    metadata.insert("comment", "first line\nsecond");
    metadata.insert("software", "a test");
    metadata.insert("gamma", 2.2);
    for image in images() {
        let bytes = write(&image, WriteOptions::new().metadata(&metadata));
        assert_eq!(v3::imread_with(&bytes, &ReadOptions::new().extension("tga")).unwrap(), image);
        let meta = v3::immeta_with(&bytes, &ReadOptions::new().extension("tga")).unwrap();
        for (key, _, _) in metadata.iter() {
            assert_eq!(meta.get(key), metadata.get(key), "{key}");
        }
        let alpha = if image.shape().get(2).is_some_and(|n| n % 2 == 0) { "straight" } else { "none" };
        assert_eq!(meta.get("alpha").and_then(Value::as_str), Some(alpha));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let rows: [NdImage; 3] = [
        Array3::<u8>::zeros((3, 3, 5)).into(),
        Array2::<u16>::zeros((3, 3)).into(),
        Array2::<u8>::zeros((1, 65_536)).into(),
    ];
    for image in rows {
        let e = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("tga")).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch, "{image:?}");
    }
}
