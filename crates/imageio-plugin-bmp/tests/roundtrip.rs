//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_bmp as _;

use imageio_core::ndarray::{Array2, Array3, Axis, Slice};
use imageio_core::{ErrorKind, Metadata, NdImage, ReadOptions, Reader, Value, WriteOptions, v3};

fn rgba() -> NdImage {
    Array3::from_shape_fn((7, 5, 4), |(y, x, c)| (y * 40 + x * 7 + c * 60) as u8).into()
}

fn write(image: &NdImage, options: WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &options.extension("bmp")).unwrap().unwrap()
}

#[test]
fn options_change_the_file_and_no_pixel() {
    let image = rgba();
    let plain = write(&image, WriteOptions::new());
    let options = imageio_plugin_bmp::WriteOptions::new().top_down(true).dpi(300.0);
    let other = write(&image, WriteOptions::new().with(options));
    assert_eq!(i32::from_le_bytes(plain[22..26].try_into().unwrap()), 7);
    assert_eq!(i32::from_le_bytes(other[22..26].try_into().unwrap()), -7);
    assert_eq!(v3::imread(&plain).unwrap(), image);
    assert_eq!(v3::imread(&other).unwrap(), image);
    let meta = v3::immeta(&other).unwrap();
    let dpi = meta.get("dpi").and_then(Value::as_list).unwrap()[0].as_f64().unwrap();
    assert!((dpi - 300.0).abs() < 0.01, "{dpi}");
    let spacing = v3::improps(&other).unwrap().spacing.unwrap();
    assert!((spacing[0].value - 0.0254 / 300.0).abs() < 1e-8);
    assert!(v3::immeta(&plain).unwrap().get("dpi").is_none());
}

#[test]
fn profile_and_resolution_survive() {
    let mut metadata = Metadata::new();
    metadata.insert("icc", vec![1u8, 2, 3, 4, 5]);
    metadata.insert("dpi", vec![Value::Float(72.0), Value::Float(144.0)]);
    metadata.insert("author", "lost");
    for image in [rgba(), Array2::from_elem((3, 3), 9u8).into()] {
        let bytes = write(&image, WriteOptions::new().metadata(&metadata));
        assert_eq!(v3::imread(&bytes).unwrap(), image);
        let meta = v3::immeta(&bytes).unwrap();
        assert_eq!(meta.get("icc").and_then(Value::as_bytes), Some(&[1u8, 2, 3, 4, 5][..]));
        let dpi = meta.get("dpi").and_then(Value::as_list).unwrap();
        assert!((dpi[1].as_f64().unwrap() - 144.0).abs() < 0.02);
        // A profile that was cut off is told, and the picture read all the same.
        let mut reader = Reader::open(&bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(reader.read(0).unwrap(), image);
        assert!(reader.metadata(0).unwrap().get("icc").is_none());
        assert!(reader.notes()[0].contains("ICC"));
    }
}

#[test]
fn palettes_are_applied() {
    let file = "../../tests/corpus/bmp/pal8.bmp";
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    assert!(v3::immeta(path.as_str()).unwrap().get("palette").is_none());
    let meta = v3::immeta_with(path.as_str(), &ReadOptions::new().exclude_applied(false)).unwrap();
    assert!(meta.get("palette").and_then(Value::as_bytes).is_some_and(|p| p.len() % 3 == 0));
}

#[test]
fn large_pictures_are_read_in_parts() {
    let image = Array3::from_shape_fn((1500, 2003, 4), |(y, x, c)| (y ^ x ^ (c << 5)) as u8);
    let images: [NdImage; 3] = [
        image.slice_axis(Axis(2), Slice::from(..3)).to_owned().into(),
        image.slice_axis(Axis(1), Slice::from(..1001)).to_owned().into(),
        image.index_axis(Axis(2), 0).to_owned().into(),
    ];
    for (image, top_down) in images.into_iter().flat_map(|image| [(image.clone(), false), (image, true)]) {
        let bytes = write(&image, WriteOptions::new().set("top_down", top_down));
        assert_eq!(v3::imread(&bytes).unwrap(), image);
        let path = std::env::temp_dir().join(format!("imageio-bmp-{}-{top_down}.bmp", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        let read = v3::imread(&path);
        let cut = v3::imread(&bytes[..bytes.len() - 5000]).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap(), image);
        assert_eq!(cut.kind(), ErrorKind::Malformed);
    }
}

/// Rows are read to where they belong and changed there: whatever their length, order, padding and place.
#[test]
fn every_width_into_memory_that_is_there() {
    let mut met = 0;
    for width in (1..40).chain([85, 333]) {
        for height in [1, 2, 9] {
            for channels in [1, 3, 4] {
                let pixel = |(y, x, c): (usize, usize, usize)| (y * 91 + x * 7 + c * 60 + 1) as u8;
                let image = Array3::from_shape_fn((height, width, channels), pixel);
                for top_down in [false, true] {
                    let stored = match channels {
                        1 => image.index_axis(Axis(2), 0).to_owned().into(),
                        _ => NdImage::from(image.clone()),
                    };
                    let bytes = write(&stored, WriteOptions::new().set("top_down", top_down));
                    let mut reader = Reader::open(&bytes).unwrap();
                    assert_eq!(reader.read(0).unwrap(), stored);
                    let mut around = Array3::from_elem((height + 2, width + 3, channels), 0xA5u8);
                    let mut inner = around.slice_axis_mut(Axis(0), Slice::from(1..height + 1));
                    let mut inner = inner.slice_axis_mut(Axis(1), Slice::from(2..width + 2));
                    let mut whole = Array3::from_elem((height, width, channels), 0xA5u8);
                    if channels == 1 {
                        reader.read_into(0, inner.index_axis_mut(Axis(2), 0)).unwrap();
                        reader.read_into(0, whole.index_axis_mut(Axis(2), 0)).unwrap();
                    } else {
                        reader.read_into(0, inner.view_mut()).unwrap();
                        reader.read_into(0, &mut whole).unwrap();
                    }
                    assert_eq!(inner, image, "{width} x {height} x {channels}, {top_down}");
                    assert_eq!(whole, image, "{width} x {height} x {channels}, {top_down}");
                    inner.fill(0xA5);
                    assert!(around.iter().all(|v| *v == 0xA5));
                    met += 1;
                }
            }
        }
    }
    assert_eq!(met, 41 * 3 * 3 * 2);
}

#[test]
fn dib_without_a_file_header() {
    let image = rgba();
    let bytes = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("dib")).unwrap().unwrap();
    assert_eq!(&bytes[..4], &[108, 0, 0, 0]);
    assert_eq!(v3::imread_with(&bytes, &ReadOptions::new().extension("dib")).unwrap(), image);
    assert_eq!(v3::imread(&bytes).unwrap(), image);
}

#[test]
fn what_does_not_fit_is_refused() {
    let rows: [NdImage; 3] = [
        Array3::<u8>::zeros((3, 3, 2)).into(),
        Array3::from_elem((3, 3, 3), true).into(),
        Array2::<u16>::zeros((3, 3)).into(),
    ];
    for image in rows {
        let e = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("bmp")).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch, "{image:?}");
        assert!(e.hint().is_some());
    }
}

#[test]
fn profiles_of_other_colours_are_left_out() {
    let cases: &[(&[usize], &[u8; 4], bool)] = &[
        (&[4, 5], b"GRAY", false),
        (&[4, 5], b"RGB ", true),
        (&[4, 5, 4], b"RGB ", true),
        (&[4, 5, 4], b"CMYK", false),
    ];
    imageio_testkit::profiles::check("bmp", cases).unwrap();
}

#[test]
fn resolutions_are_above_nothing() {
    let options = WriteOptions::new().extension("bmp").set("dpi", 0);
    let e = v3::imwrite_with("<bytes>", &Array2::<u8>::zeros((2, 3)), &options).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn a_canvas_that_only_a_small_file_of_runs_claims_is_refused() {
    // A BITMAPINFOHEADER of 8 bits and run lengths, a palette of one colour, and the end of the bitmap.
    let file = |side: i32| {
        let mut out = b"BM\0\0\0\0\0\0\0\0\x3a\0\0\0".to_vec();
        out.extend(40u32.to_le_bytes());
        out.extend([side.to_le_bytes(), side.to_le_bytes()].concat());
        out.extend([1, 0, 8, 0, 1, 0, 0, 0]);
        out.extend([0; 12]);
        out.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        out.extend([7, 8, 9, 0]);
        // More than can be skipped in so many bytes would be Malformed.
        out.extend([0, 2, 255, 255].repeat(2000));
        out.extend([0, 1]);
        out
    };
    assert_eq!(v3::imread(&file(100)).unwrap().shape()[..2], [100, 100]);
    let bytes = file(12_000);
    let pipe = imageio_core::resource::Pipe(bytes.as_slice());
    for e in [v3::imread(&bytes).unwrap_err(), v3::imread(pipe).unwrap_err()] {
        assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
        assert!(e.to_string().contains("Limits::max_ratio"), "{e}");
    }
}
