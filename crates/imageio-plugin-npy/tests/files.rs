//! Bytes as numpy writes them, notes, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::ndarray::{Array2, Axis, Slice, arr1, arr2};
use imageio_core::{ErrorKind, Metadata, NdImage, Reader, WriteOptions, Writer, v3};
use imageio_plugin_npy as _;

fn npy() -> WriteOptions {
    WriteOptions::new().extension(".npy")
}

#[test]
fn byte_for_byte_as_numpy() {
    // The file of the folder was written by numpy.save.
    for name in ["u16.npy", "f16.npy", "bool_3d.npy", "scalar.npy", "empty.npy"] {
        let path = format!("{}/../../tests/corpus/npy/{name}", env!("CARGO_MANIFEST_DIR"));
        let image = v3::imread(path.as_str()).unwrap();
        let bytes = v3::imwrite_with("<bytes>", &image, &npy().set("is_batch", false)).unwrap().unwrap();
        assert_eq!(bytes, std::fs::read(&path).unwrap(), "{name}");
    }
}

#[test]
fn strided_views_are_written_as_they_are_seen() {
    let array = Array2::<i32>::from_shape_fn((6, 8), |(y, x)| (10 * y + x) as i32);
    let view = array.slice_axis(Axis(1), Slice::new(1, None, -3));
    let bytes = v3::imwrite_with("<bytes>", &view, &npy()).unwrap().unwrap();
    assert_eq!(v3::imread_as::<i32>(bytes.as_slice()).unwrap(), view.to_owned().into_dyn());
}

#[test]
fn what_follows_the_array_is_noted() {
    let mut bytes = v3::imwrite_with("<bytes>", &arr1(&[1u8, 2, 3]), &npy()).unwrap().unwrap();
    bytes.extend(b"tail");
    let mut reader = Reader::open(bytes.as_slice()).unwrap();
    assert_eq!(reader.read(0).unwrap(), arr1(&[1u8, 2, 3]).into());
    assert_eq!(reader.notes(), ["4 bytes after the array are not looked at"]);
    assert_eq!(reader.read(1).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
}

#[test]
fn one_array_without_metadata() {
    let mut meta = Metadata::new();
    meta.insert("comment", "lost");
    meta.insert("descr", "<f8");
    let mut writer = Writer::open_with("<bytes>", &npy().metadata(&meta)).unwrap();
    writer.write(&arr2(&[[1.5f64]])).unwrap();
    assert_eq!(writer.notes(), ["NPY has no place for metadata: comment were not kept"]);
    assert!(writer.write(&arr2(&[[1.5f64]])).is_err());
    let images = [NdImage::from(arr1(&[1u8])), NdImage::from(arr1(&[2u8]))];
    assert!(v3::imwrite_with("<bytes>", images.as_slice(), &npy()).is_err());
}

#[test]
fn large_arrays_are_read_in_parts() {
    // More than is worth a second thread, with a rest that is no whole part; and just whole parts.
    for n in [700_001usize, 3 << 18, 1 << 19] {
        let array = NdImage::from(ndarray_of(n));
        let little = v3::imwrite_with("<bytes>", &array, &npy().set("is_batch", false)).unwrap().unwrap();
        let header = little.len() - 4 * n;
        let mut big = little.clone();
        let sign = big[..header].iter().position(|b| *b == b'<').unwrap();
        big[sign] = b'>';
        big[header..].as_chunks_mut::<4>().0.iter_mut().for_each(|element| element.reverse());
        let path = std::env::temp_dir().join(format!("imageio-npy-parts-{}-{n}.npy", std::process::id()));
        for bytes in [&little, &big] {
            assert!(v3::imread(bytes.as_slice()).unwrap() == array, "{n}");
            std::fs::write(&path, bytes).unwrap();
            assert!(v3::imread(&path).unwrap() == array, "{n}");
            std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            assert_eq!(v3::imread(&path).unwrap_err().kind(), ErrorKind::Malformed);
        }
        std::fs::remove_file(&path).unwrap();
    }
}

fn ndarray_of(n: usize) -> imageio_core::ndarray::Array1<u32> {
    (0..n as u32).map(|i| i.wrapping_mul(0x9e37_79b1)).collect()
}
