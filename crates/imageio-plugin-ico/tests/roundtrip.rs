//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_ico as ico;

use imageio_core::ndarray::Array3;
use imageio_core::{ErrorKind, Index, NdImage, Reader, Value, WriteOptions, v3};

fn rgba(side: usize) -> NdImage {
    Array3::from_shape_fn((side, side, 4), |(y, x, c)| (y * 4 + x * 7 + c * 60) as u8).into()
}

fn write(images: &Vec<NdImage>, extension: &str, options: ico::WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", images, &WriteOptions::new().extension(extension).with(options)).unwrap().unwrap()
}

#[test]
fn several_sizes_keep_their_order() {
    let images = vec![rgba(16), rgba(256), rgba(48)];
    for format in [ico::BitmapFormat::Png, ico::BitmapFormat::Bmp] {
        let bytes = write(&images, "ico", ico::WriteOptions::new().bitmap_format(format));
        let mut reader = Reader::open(&bytes).unwrap();
        assert_eq!(reader.count().unwrap(), Some(3));
        for (k, image) in images.iter().enumerate() {
            assert_eq!(reader.read(k).unwrap(), *image);
        }
        // The largest is what a plain read gives.
        assert_eq!(reader.read(Index::Auto).unwrap(), images[1]);
        assert_eq!(reader.properties(Index::Auto).unwrap().shape, [256, 256, 4]);
        let meta = reader.metadata(0).unwrap();
        assert_eq!(meta.get("bitmap_format").and_then(Value::as_str), Some(format.word()));
        assert_eq!(meta.get("sizes").and_then(Value::as_list).map(<[Value]>::len), Some(3));
    }
}

#[test]
fn hot_spots_survive() {
    let images = vec![rgba(32)];
    let bytes = write(&images, "cur", ico::WriteOptions::new().hotspot([3, 4]));
    let meta = v3::immeta(&bytes).unwrap();
    assert_eq!(meta.get("hotspot"), Some(&Value::List(vec![Value::UInt(3), Value::UInt(4)])));
    assert_eq!(v3::imread(&bytes).unwrap(), images[0]);
    let options = WriteOptions::new().extension("cur").metadata(&meta);
    let again = v3::imwrite_with("<bytes>", &images, &options).unwrap().unwrap();
    assert_eq!(again, bytes);
}

#[test]
fn refusals() {
    let image = rgba(32);
    let rows = [
        ("ico", ico::WriteOptions::new().hotspot([1, 1]), ErrorKind::InvalidOption),
        ("cur", ico::WriteOptions::new().hotspot([1, 32]), ErrorKind::InvalidOption),
        ("cur", ico::WriteOptions::new().hotspot([1]), ErrorKind::InvalidOption),
    ];
    for (extension, options, kind) in rows {
        let options = WriteOptions::new().extension(extension).with(options);
        assert_eq!(v3::imwrite_with("<bytes>", &image, &options).unwrap_err().kind(), kind);
    }
    let large: NdImage = Array3::<u8>::zeros((257, 10, 4)).into();
    let e = v3::imwrite_with("<bytes>", &large, &WriteOptions::new().extension("ico")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    let rgb: NdImage = Array3::<u8>::zeros((10, 10, 3)).into();
    let e = v3::imwrite_with("<bytes>", &rgb, &WriteOptions::new().extension("cur")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
}

#[test]
fn a_missing_mask_is_told() {
    let images: Vec<NdImage> = vec![Array3::from_elem((6, 40, 3), 9u8).into()];
    let mut bytes = write(&images, "ico", ico::WriteOptions::new().bitmap_format(ico::BitmapFormat::Bmp));
    let pixels = 40 + 120 * 6u32;
    bytes[14..18].copy_from_slice(&pixels.to_le_bytes());
    let mut reader = Reader::open(&bytes).unwrap();
    let image: Array3<u8> = reader.read(0).unwrap().try_into().unwrap();
    assert!(image.iter().enumerate().all(|(i, v)| *v == if i % 4 == 3 { 255 } else { 9 }));
    assert!(reader.notes()[0].contains("no mask"));
}
