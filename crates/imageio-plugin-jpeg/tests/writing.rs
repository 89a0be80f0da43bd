//! What each option changes, and what survives a round trip.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use imageio_core::ndarray::{Array2, Array3, Axis, Slice};
use imageio_core::{ErrorKind, IntoImages, Metadata, ReadOptions, Value, WriteOptions, Writer, v3};
use imageio_plugin_jpeg as jpeg;

fn picture(height: usize, width: usize, channels: usize) -> Array3<u8> {
    Array3::from_shape_fn((height, width, channels), |(y, x, c)| {
        let value = (x as f32 / 9.0 + c as f32).sin() * (y as f32 / 7.0).cos();
        (128.0 + 110.0 * value) as u8
    })
}

fn options() -> WriteOptions {
    WriteOptions::new().extension("jpg")
}

fn write<'b>(image: impl IntoImages<'b>, options: &WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, options).unwrap().unwrap()
}

/// Peak signal-to-noise ratio of what is read back, in dB.
fn psnr(bytes: &[u8], image: &Array3<u8>) -> f64 {
    let back = v3::imread_as::<u8>(bytes).unwrap();
    assert_eq!(back.shape(), image.shape());
    let sum: f64 = back.iter().zip(image).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0f64.powi(2) * image.len() as f64 / sum.max(1e-9)).log10()
}

fn word(bytes: &[u8], key: &str) -> String {
    v3::immeta(bytes).unwrap().get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}

#[test]
fn quality_costs_bytes() {
    let image = picture(90, 110, 3);
    let sizes: Vec<(usize, f64)> = [10, 50, 75, 95, 100]
        .iter()
        .map(|q| write(&image, &options().set("quality", *q)))
        .map(|bytes| (bytes.len(), psnr(&bytes, &image)))
        .collect();
    assert!(sizes.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1), "{sizes:?}");
    assert!(sizes[4].1 > 38.0, "{sizes:?}");
    assert_eq!(write(&image, &options().set("quality", 75)), write(&image, &options()));
}

#[test]
fn every_subsampling_process_and_interval_reads_back_the_same() {
    // Large enough to be cut into bands.
    let image = picture(390, 350, 3);
    for sampling in jpeg::Subsampling::WORDS {
        let base = options().set("subsampling", *sampling).set("quality", 92);
        let plain = write(&image, &base);
        assert_eq!(word(&plain, "subsampling"), *sampling);
        assert_eq!(word(&plain, "process"), "baseline");
        let expected = v3::imread(plain.as_slice()).unwrap();
        assert!(psnr(&plain, &image) > 30.0);
        for (key, value) in [
            ("progressive", Value::Bool(true)),
            ("optimize", Value::Bool(true)),
            ("restart_interval", Value::Int(1)),
            ("restart_interval", Value::Int(7)),
            ("restart_interval", Value::Int(64)),
        ] {
            let other = write(&image, &base.clone().set(key, value));
            assert_ne!(other, plain);
            assert_eq!(v3::imread(other.as_slice()).unwrap(), expected, "{sampling} {key}");
            if key != "restart_interval" {
                assert!(other.len() < plain.len(), "{sampling} {key}");
            }
        }
        let progressive = write(&image, &base.clone().set("progressive", true));
        assert_eq!(word(&progressive, "process"), "progressive");
    }
}

#[test]
fn sizes_that_are_no_multiple_of_a_block() {
    for (height, width) in [(1, 1), (7, 9), (8, 8), (17, 16), (33, 31)] {
        let image = picture(height, width, 3);
        for sampling in jpeg::Subsampling::WORDS {
            for progressive in [false, true] {
                let bytes = write(
                    &image,
                    &options().set("subsampling", *sampling).set("quality", 98).set("progressive", progressive),
                );
                assert!(psnr(&bytes, &image) > 22.0, "{height}x{width} {sampling}");
            }
        }
    }
}

#[test]
fn grey_strided_and_typed_options() {
    let image = picture(40, 50, 1);
    let grey: Array2<u8> = image.index_axis(Axis(2), 0).to_owned();
    let bytes = write(&grey, &options().with(jpeg::WriteOptions::new().quality(95)));
    let back = v3::imread_as::<u8>(bytes.as_slice()).unwrap();
    assert_eq!(back.shape(), [40, 50]);
    assert!(back.iter().zip(&grey).all(|(a, b)| a.abs_diff(*b) < 12));
    let strided = grey.slice_axis(Axis(1), Slice::new(0, None, 2));
    let packed = strided.as_standard_layout().into_owned();
    assert_eq!(write(&strided, &options()), write(&packed, &options()));
}

#[test]
fn stored_rgb_and_cmyk() {
    let image = picture(30, 40, 3);
    let bytes = write(&image, &options().set("keep_rgb", true).set("quality", 100));
    assert_eq!(word(&bytes, "color_space"), "RGB");
    assert!(psnr(&bytes, &image) > 50.0);
    let image = picture(30, 40, 4);
    let bytes = write(&image, &options().set("cmyk", true).set("quality", 100));
    assert_eq!(word(&bytes, "color_space"), "CMYK");
    assert!(psnr(&bytes, &image) > 50.0);
}

#[test]
fn alpha_is_refused_or_laid_over_a_background() {
    let mut image = picture(16, 16, 4);
    image.index_axis_mut(Axis(2), 3).fill(0);
    let e = v3::imwrite_with("<bytes>", &image, &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.hint().unwrap().contains("background"), "{e}");
    let back = v3::imread_as::<u8>(
        write(&image, &options().set("background", Value::List(vec![250.into(), 20.into(), 30.into()]))).as_slice(),
    )
    .unwrap();
    let pixel: Vec<u8> = back.iter().take(3).copied().collect();
    assert!(pixel.iter().zip([250u8, 20, 30]).all(|(a, b)| a.abs_diff(b) < 4), "{pixel:?}");
    assert_eq!(back.shape(), [16, 16, 3]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let wide = Array2::<u16>::zeros((4, 4));
    let e = v3::imwrite_with("<bytes>", &wide, &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("uint16"), "{e}");
    let five = Array3::<u8>::zeros((4, 4, 5));
    assert_eq!(v3::imwrite_with("<bytes>", &five, &options()).unwrap_err().kind(), ErrorKind::Mismatch);
    let long = Array2::<u8>::zeros((1, 65_536));
    assert_eq!(v3::imwrite_with("<bytes>", &long, &options()).unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn metadata_survive() {
    let mut meta = Metadata::new();
    meta.section("exif").insert("Make", "Maker");
    meta.section("exif").insert("Orientation", 3);
    meta.insert("icc", (0..70_000u32).map(|i| i as u8).collect::<Vec<u8>>());
    let digest = "0123456789ABCDEF0123456789ABCDEF";
    meta.insert("xmp", format!("<rdf xmpNote:HasExtendedXMP=\"{digest}\"/>"));
    meta.insert("xmp_extended", "x".repeat(70_000));
    meta.insert("comment", "a word");
    meta.insert("iptc", vec![0x1C, 2, 5, 0, 1, b'A']);
    meta.section("photoshop").insert("0x03ED", vec![0, 72, 0, 0, 0]);
    meta.insert("dpi", Value::List(vec![Value::Float(96.0), Value::Float(120.0)]));
    let bytes = write(&picture(8, 8, 3), &options().metadata(&meta));
    let back = v3::immeta(bytes.as_slice()).unwrap();
    for key in
        ["exif/Make", "exif/Orientation", "icc", "xmp", "xmp_extended", "comment", "iptc", "photoshop/0x03ED", "dpi"]
    {
        let (a, b) = (back.get(key), meta.get(key));
        assert!(a.is_some(), "{key}");
        assert!(a == b || a.and_then(Value::as_i64) == b.and_then(Value::as_i64), "{key}: {a:?} {b:?}");
    }
    // What was read is written again, to the bit.
    let again = write(&picture(8, 8, 3), &options().metadata(&back));
    assert_eq!(again, bytes);
    let dpi = write(&picture(8, 8, 3), &options().metadata(&back).set("dpi", 300));
    let dpi = v3::immeta(dpi.as_slice()).unwrap();
    assert_eq!(dpi.get("dpi"), Some(&Value::List(vec![Value::Float(300.0), Value::Float(300.0)])));
}

#[test]
fn what_has_no_place_is_noted() {
    let mut meta = Metadata::new();
    meta.insert("gamma", 0.45);
    let mut writer = Writer::open_with("<bytes>", &options().metadata(&meta)).unwrap();
    writer.write(&picture(8, 8, 3)).unwrap();
    assert!(writer.notes().iter().any(|note| note.contains("gamma")), "{:?}", writer.notes());
}

#[test]
fn profiles_of_other_colours_are_left_out() {
    let cases: &[(&[usize], &[u8; 4], bool)] = &[
        (&[4, 5], b"GRAY", true),
        (&[4, 5], b"RGB ", false),
        (&[4, 5, 3], b"RGB ", true),
        (&[4, 5, 3], b"CMYK", false),
        (&[4, 5, 3], b"GRAY", false),
    ];
    imageio_testkit::profiles::check("jpg", cases).unwrap();
}

#[test]
fn what_was_turned_upright_says_so_everywhere() {
    let mut meta = Metadata::new();
    meta.section("exif").insert("Orientation", 6);
    meta.insert("xmp", "<x:xmpmeta xmlns:x='adobe:ns:meta/'><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>");
    meta.insert("dpi", Value::List(vec![Value::Int(300), Value::Int(150)]));
    let bytes = write(&picture(16, 24, 3), &options().metadata(&meta));
    let read = ReadOptions::new().set("rotate", true);
    assert_eq!(v3::imread_with(bytes.as_slice(), &read).unwrap().shape(), [24, 16, 3]);
    let turned = v3::immeta_with(bytes.as_slice(), &read).unwrap();
    assert_eq!(turned.get("exif/Orientation"), None);
    assert!(turned.get("xmp").and_then(Value::as_str).unwrap().contains("<tiff:Orientation>1<"));
    assert_eq!(turned.get("dpi").unwrap().to_string(), "[150, 300]");
    let stored = v3::immeta(bytes.as_slice()).unwrap();
    assert!(stored.get("xmp").and_then(Value::as_str).unwrap().contains("<tiff:Orientation>6<"));
}

#[test]
fn resolutions_that_jfif_can_not_hold() {
    for dpi in [0.0, -72.0, 65_536.0] {
        let e = v3::imwrite_with("<bytes>", &picture(8, 8, 3), &options().set("dpi", dpi)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidOption);
        assert!(e.hint().unwrap().contains("65535"), "{e}");
    }
}
