//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_dds as dds;

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, NdImage, ReadOptions, Reader, Value, WriteOptions, v3};

fn picture(channels: usize) -> Array3<u8> {
    Array3::from_shape_fn((32, 44, channels), |(y, x, c)| (x * 5 + y * 3 + if c == 3 { 60 } else { c * 9 }) as u8)
}

fn write(image: &NdImage, options: dds::WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &WriteOptions::new().extension("dds").with(options)).unwrap().unwrap()
}

fn distance(a: &NdImage, b: &NdImage) -> f64 {
    let (a, b) = (a.as_bytes().unwrap(), b.as_bytes().unwrap());
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

/// Whether the `dds` crate is in this build; what needs it is an error that says so otherwise, and is skipped aloud.
#[allow(clippy::print_stdout, reason = "a skipped check says so")]
fn codecs(options: dds::WriteOptions) -> bool {
    if !cfg!(feature = "codecs") {
        println!("skipped: writing block formats and smaller copies needs the feature `codecs`");
        let image: NdImage = picture(4).into();
        let options = WriteOptions::new().extension("dds").with(options);
        let e = v3::imwrite_with("<bytes>", &image, &options).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unsupported, "{e}");
        assert!(e.hint().is_some_and(|h| h.contains("dds-codecs")), "{e}");
    }
    cfg!(feature = "codecs")
}

#[test]
fn block_formats_come_near() {
    if !codecs(dds::WriteOptions::new().pixel_format(dds::PixelFormat::Bc7)) {
        return;
    }
    let rgba: NdImage = picture(4).into();
    let gray: NdImage = Array2::from_shape_fn((32, 44), |(y, x)| (x * 5 + y) as u8).into();
    let rows = [
        (dds::PixelFormat::Bc3, &rgba, 12.0, 128 + 32 * 44),
        (dds::PixelFormat::Bc7, &rgba, 6.0, 148 + 32 * 44),
        (dds::PixelFormat::Bc4, &gray, 4.0, 128 + 32 * 44 / 2),
    ];
    for (format, image, most, size) in rows {
        for effort in [dds::Effort::Fast, dds::Effort::High] {
            let bytes = write(image, dds::WriteOptions::new().pixel_format(format).effort(effort));
            assert_eq!(bytes.len(), size, "{format:?}");
            let off = distance(image, &v3::imread(&bytes).unwrap());
            assert!(off <= most, "{format:?} {effort:?}: {off}");
        }
    }
    let opaque: NdImage = picture(3).into();
    let bytes = write(&opaque, dds::WriteOptions::new().pixel_format(dds::PixelFormat::Bc1));
    let back: Array3<u8> = v3::imread(&bytes).unwrap().try_into().unwrap();
    assert!(back.iter().skip(3).step_by(4).all(|a| *a == 255));
    let e = v3::imwrite_with("<bytes>", &gray, &WriteOptions::new().extension("dds").set("pixel_format", "bc7"));
    assert_eq!(e.unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn smaller_copies() {
    if !codecs(dds::WriteOptions::new().mipmaps(true)) {
        return;
    }
    let image: NdImage = picture(4).into();
    let bytes = write(&image, dds::WriteOptions::new().mipmaps(true));
    assert_eq!(v3::imread(&bytes).unwrap(), image);
    assert_eq!(v3::immeta(&bytes).unwrap().get("mip_levels").and_then(Value::as_i64), Some(6));
    for (level, shape) in [(1, [16, 22, 4]), (3, [4, 5, 4]), (5, [1, 1, 4])] {
        let options = ReadOptions::new().with(dds::ReadOptions::new().mip_level(level as u32));
        assert_eq!(v3::imread_with(&bytes, &options).unwrap().shape(), shape);
        assert_eq!(v3::improps_with(&bytes, &options).unwrap().shape, shape);
    }
    let e = v3::imread_with(&bytes, &ReadOptions::new().set("mip_level", 6)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn faces_slices_and_levels_lie_where_they_should() {
    let open =
        |name: &str| Reader::open(format!("{}/../../tests/corpus/dds/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let first = |image: NdImage| image.as_bytes().unwrap()[0];
    let mut cube = open("cube.dds");
    let small = dds::ReadOptions::new().mip_level(1u32);
    for k in 0..6 {
        assert_eq!(first(cube.read(k).unwrap()), 20 * k as u8);
        assert_eq!(first(cube.read_with(k, small.clone()).unwrap()), 200 + k as u8);
    }
    let meta = cube.metadata(3).unwrap();
    assert_eq!(meta.get("face").and_then(Value::as_str), Some("-y"));
    assert_eq!(cube.read(..).unwrap().shape(), [6, 2, 2, 4]);
    let mut volume = open("volume.dds");
    assert_eq!(volume.metadata(0).unwrap().get("kind").and_then(Value::as_str), Some("volume"));
    for k in 0..3 {
        assert_eq!(first(volume.read(k).unwrap()), 30 * k as u8);
    }
    assert_eq!(volume.read(3).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
}

#[test]
fn an_array_that_is_not_there() {
    // An array of 2³² − 1 textures in a file of one.
    let mut bytes = write(&Array3::from_elem((4, 4, 3), 7f32).into(), dds::WriteOptions::new());
    assert_eq!(&bytes[84..88], b"DX10");
    bytes[140..144].fill(0xFF);
    let mut reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.count().unwrap(), Some(1));
    assert!(reader.notes()[0].contains("room for 1"));
    assert_eq!(reader.read(0).unwrap().shape(), [4, 4, 3]);
}
