//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_hdr as _;

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, Metadata, NdImage, Value, WriteOptions, Writer, v3};

fn picture(height: usize, width: usize) -> Array3<f32> {
    Array3::from_shape_fn((height, width, 3), |(y, x, c)| {
        (x / 3 + 1) as f32 * 1.5f32.powi(y as i32 % 40 - 9) + c as f32
    })
}

fn write(image: &Array3<f32>, options: WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &options.extension("hdr")).unwrap().unwrap()
}

#[test]
fn as_near_as_one_exponent_allows() {
    for (height, width) in [(5, 7), (200, 8), (70, 333), (1, 1)] {
        let image = picture(height, width);
        for rle in [true, false] {
            let bytes = write(&image, WriteOptions::new().set("rle", rle));
            let back = v3::imread_as::<f32>(&bytes).unwrap();
            for (a, b) in image.as_slice().unwrap().chunks(3).zip(back.as_slice().unwrap().chunks(3)) {
                let largest = a.iter().fold(0f32, |m, v| m.max(*v));
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= largest / 256.0), "{a:?} {b:?}");
            }
            // What was read is written again without any further loss.
            let again =
                v3::imread_as::<f32>(&write(&back.into_dimensionality().unwrap(), WriteOptions::new())).unwrap();
            assert_eq!(again, v3::imread_as::<f32>(&bytes).unwrap());
        }
    }
    let flat = Array3::from_elem((9, 100, 3), 2.0);
    assert!(write(&flat, WriteOptions::new()).len() < write(&flat, WriteOptions::new().set("rle", false)).len() / 4);
}

#[test]
fn header_lines_survive() {
    let mut metadata = Metadata::new();
    metadata.insert("software", "a test");
    metadata.insert("exposure", 2.5);
    metadata.insert("gamma", 2.2);
    metadata.insert("comment", "first\nsecond");
    metadata.insert("primaries", (1..9).map(|i| Value::Float(f64::from(i) / 8.0)).collect::<Vec<_>>());
    metadata.section("text").insert("CAPDATE", "2020:01:01");
    let meta = v3::immeta(&write(&picture(3, 9), WriteOptions::new().metadata(&metadata))).unwrap();
    for (path, value) in metadata.leaves() {
        assert_eq!(meta.get(&path), Some(value), "{path}");
    }
}

#[test]
fn what_has_no_code_is_told() {
    let mut image = picture(3, 9);
    image[[1, 1, 1]] = -1.0;
    image[[2, 2, 2]] = f32::NAN;
    let mut out = Vec::new();
    let mut writer = Writer::open_with(&mut out, &WriteOptions::new().extension("hdr")).unwrap();
    writer.write(&image).unwrap();
    assert!(writer.notes()[0].contains("below 0"));
    writer.finish().unwrap();
    let back = v3::imread_as::<f32>(&out).unwrap();
    assert_eq!((back[[1, 1, 1]], back[[2, 2, 2]]), (0.0, 0.0));
    let gray: NdImage = Array2::<f32>::zeros((3, 3)).into();
    let e = v3::imwrite_with("<bytes>", &gray, &WriteOptions::new().extension("hdr")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
}
