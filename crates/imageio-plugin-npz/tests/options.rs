//! What each option changes, names, and order.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::ndarray::{Array1, Array2, arr2};
use imageio_core::{ErrorKind, Index, Metadata, NdImage, ReadOptions, Reader, Value, WriteOptions, Writer, v3};
use imageio_plugin_npz as _;

fn npz() -> WriteOptions {
    WriteOptions::new().extension(".npz")
}

fn names(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| Value::from(*name)).collect()
}

fn written(options: &WriteOptions) -> Vec<u8> {
    let images = [NdImage::from(Array2::<f32>::ones((40, 50))), NdImage::from(Array1::<u8>::zeros(9))];
    v3::imwrite_with("<bytes>", images.as_slice(), options).unwrap().unwrap()
}

fn all_names(bytes: &[u8]) -> String {
    Reader::open(bytes).unwrap().metadata(Index::All).unwrap().get("names").unwrap().to_string()
}

#[test]
fn compression_and_level() {
    let stored = written(&npz().set("compression", "stored"));
    let deflated = written(&npz());
    assert!(stored.len() > 8000 && deflated.len() < 1000, "{} {}", stored.len(), deflated.len());
    assert_eq!(v3::imread(stored.as_slice()).unwrap(), v3::imread(deflated.as_slice()).unwrap());
    let noisy = Array2::<u32>::from_shape_fn((100, 100), |(y, x)| (y * 7919 + x * x * 31) as u32 & 0xFFFF);
    let size = |level: i64| v3::imwrite_with("<bytes>", &noisy, &npz().set("level", level)).unwrap().unwrap().len();
    assert!(size(9) < size(1));
}

#[test]
fn names_come_from_options_then_metadata_then_numbers() {
    assert_eq!(all_names(&written(&npz())), "[arr_0, arr_1]");
    assert_eq!(all_names(&written(&npz().set("names", names(&["a"])))), "[a, arr_1]");
    let mut meta = Metadata::new();
    meta.insert("name", "one");
    assert_eq!(all_names(&written(&npz().metadata(&meta))), "[one, arr_1]");
    let mut meta = Metadata::new();
    meta.insert("names", Value::List(names(&["x/y", "größe"])));
    let bytes = written(&npz().metadata(&meta));
    assert_eq!(v3::immeta(bytes.as_slice()).unwrap().get("name").unwrap().as_str(), Some("x/y"));
    let e = v3::imwrite_with(
        "<bytes>",
        [NdImage::from(arr2(&[[1u8]])), NdImage::from(arr2(&[[2u8]]))].as_slice(),
        &npz().set("names", names(&["a", "a"])),
    );
    assert_eq!(e.unwrap_err().kind(), ErrorKind::InvalidOption);
}

#[test]
fn one_array_by_name() {
    let bytes = written(&npz().set("names", names(&["left", "right"])));
    let options = ReadOptions::new().set("name", "right");
    let mut reader = Reader::open_with(bytes.as_slice(), &options).unwrap();
    assert_eq!(reader.properties(0).unwrap().n_images, Some(1));
    assert_eq!(reader.read(0).unwrap().shape(), [9]);
    let e = v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("name", "middle")).unwrap_err();
    assert!(e.to_string().contains("left, right"), "{e}");
}

#[test]
fn arrays_are_appended_one_by_one() {
    let mut writer = Writer::open_with("<bytes>", &npz()).unwrap();
    for n in 0..300u16 {
        writer.write(&arr2(&[[n, n + 1]])).unwrap();
    }
    let bytes = writer.finish().unwrap().unwrap();
    let mut reader = Reader::open(bytes.as_slice()).unwrap();
    assert_eq!(reader.properties(0).unwrap().n_images, Some(300));
    assert_eq!(reader.read(299).unwrap(), arr2(&[[299u16, 300]]).into());
    assert_eq!(reader.read(10).unwrap(), arr2(&[[10u16, 11]]).into());
}

#[test]
fn other_zip_archives_are_left_alone() {
    // The empty archive, which numpy.savez without arrays writes.
    let empty = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    let mut reader = Reader::open_with(empty.as_slice(), &ReadOptions::new().extension(".npz")).unwrap();
    assert_eq!(reader.read(0).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
    assert_eq!(v3::imread(empty.as_slice()).unwrap_err().kind(), ErrorKind::Unrecognized);
}
