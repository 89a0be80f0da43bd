//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_farbfeld as _;

use imageio_core::ndarray::Array3;
use imageio_core::{ErrorKind, NdImage, WriteOptions, v3};

#[test]
fn bytes_are_as_the_format_says() {
    let image: NdImage = Array3::from_shape_fn((2, 3, 4), |(y, x, c)| (y * 4096 + x * 257 + c) as u16).into();
    let bytes = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("ff")).unwrap().unwrap();
    assert_eq!(&bytes[..24], b"farbfeld\0\0\0\x03\0\0\0\x02\0\0\0\x01\0\x02\0\x03");
    assert_eq!(v3::imread(&bytes).unwrap(), image);
}

#[test]
fn large_pictures_are_read_in_parts() {
    let image: NdImage = Array3::from_shape_fn((700, 601, 4), |(y, x, c)| (y * 90 + x * 7 + c) as u16).into();
    let bytes = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("ff")).unwrap().unwrap();
    assert_eq!(v3::imread(&bytes).unwrap(), image);
}

#[test]
fn only_four_channels_of_sixteen_bits() {
    let rows: [NdImage; 2] = [Array3::<u8>::zeros((3, 3, 4)).into(), Array3::<u16>::zeros((3, 3, 3)).into()];
    for image in rows {
        let e = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("ff")).unwrap_err();
        assert_eq!((e.kind(), e.hint().is_some()), (ErrorKind::Mismatch, true));
    }
}
