//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_qoi as qoi;

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, Metadata, NdImage, Value, WriteOptions, v3};

fn write(image: &NdImage, options: WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &options.extension("qoi")).unwrap().unwrap()
}

#[test]
fn larger_than_any_buffer() {
    for channels in [3, 4] {
        let pixel = |(y, x, c): (usize, usize, usize)| ((x * x / 7 + y * 3) >> (c * 2)) as u8;
        let image: NdImage = Array3::from_shape_fn((500, 700, channels), pixel).into();
        let bytes = write(&image, WriteOptions::new());
        assert!(bytes.len() > 200_000 && bytes.ends_with(&[0, 0, 0, 0, 0, 0, 0, 1]));
        assert_eq!(v3::imread(&bytes).unwrap(), image);
        // The mark of the end may be missing; no code may.
        assert_eq!(v3::imread(&bytes[..bytes.len() - 8]).unwrap(), image);
        assert_eq!(v3::imread(&bytes[..bytes.len() - 9]).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

#[test]
fn color_space_by_option_and_metadata() {
    let image: NdImage = Array3::<u8>::zeros((2, 2, 3)).into();
    let space = |bytes: &Vec<u8>| v3::immeta(bytes).unwrap().get("color_space").cloned();
    assert_eq!(space(&write(&image, WriteOptions::new())), Some(Value::from("srgb")));
    let linear = write(&image, WriteOptions::new().with(qoi::WriteOptions::new().color_space(qoi::ColorSpace::Linear)));
    assert_eq!(space(&linear), Some(Value::from("linear")));
    let metadata: Metadata = v3::immeta(&linear).unwrap();
    assert_eq!(write(&image, WriteOptions::new().metadata(&metadata)), linear);
}

#[test]
fn what_does_not_fit_is_refused() {
    let rows: [NdImage; 2] = [Array2::<u8>::zeros((3, 3)).into(), Array3::<u16>::zeros((3, 3, 3)).into()];
    for image in rows {
        let e = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("qoi")).unwrap_err();
        assert_eq!((e.kind(), e.hint().is_some()), (ErrorKind::Mismatch, true));
    }
}
