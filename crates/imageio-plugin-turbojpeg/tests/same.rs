//! Both codecs give the same pixels and the same files.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use imageio_core::ndarray::Array3;
use imageio_core::{ReadOptions, Value, WriteOptions, v3};
use imageio_plugin_turbojpeg as turbojpeg;

fn picture(height: usize, width: usize) -> Array3<u8> {
    Array3::from_shape_fn((height, width, 3), |(y, x, c)| {
        let value = (x as f32 / 9.0 + c as f32).sin() * (y as f32 / 7.0).cos();
        (128.0 + 110.0 * value) as u8 ^ ((x * y) & 3) as u8
    })
}

#[test]
fn files_are_equal_byte_for_byte() {
    for (height, width) in [(1, 1), (17, 31), (390, 350)] {
        let image = picture(height, width);
        for sampling in turbojpeg::Subsampling::WORDS {
            for (key, value) in [
                ("quality", Value::Int(0)),
                ("quality", Value::Int(75)),
                ("quality", Value::Int(100)),
                ("optimize", Value::Bool(true)),
                ("progressive", Value::Bool(true)),
            ] {
                let options = WriteOptions::new().extension("jpg").set("subsampling", *sampling).set(key, value);
                let write = |plugin: &'static str| {
                    v3::imwrite_with("<bytes>", &image, &options.clone().plugin(plugin)).unwrap().unwrap()
                };
                let bytes = write("turbojpeg");
                assert!(bytes == write("jpeg"), "{height}x{width} {sampling} {key}");
                let read = |plugin: &'static str| {
                    v3::imread_with(bytes.as_slice(), &ReadOptions::new().plugin(plugin)).unwrap()
                };
                assert!(read("turbojpeg") == read("jpeg"), "{height}x{width} {sampling} {key}");
            }
        }
    }
}

#[test]
fn metadata_are_written_all_the_same() {
    let mut meta = imageio_core::Metadata::new();
    meta.insert("comment", "a word");
    meta.insert("dpi", 300);
    let options = WriteOptions::new().plugin("turbojpeg").extension("jpg").metadata(&meta);
    let bytes = v3::imwrite_with("<bytes>", &picture(8, 8), &options).unwrap().unwrap();
    let back = v3::immeta(bytes.as_slice()).unwrap();
    assert_eq!(back.get("comment").and_then(Value::as_str), Some("a word"));
    assert_eq!(back.get("dpi"), Some(&Value::List(vec![Value::Float(300.0), Value::Float(300.0)])));
}
