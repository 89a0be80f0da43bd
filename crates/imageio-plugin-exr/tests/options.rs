//! What each option changes, and what survives a round trip.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::half::f16;
use imageio_core::ndarray::{Array2, Array3, Array4, Axis, Slice};
use imageio_core::{Dtype, ErrorKind, Index, Metadata, NdImage, ReadOptions, Reader, Value, WriteOptions, Writer, v3};
use imageio_plugin_exr as _;

fn picture(height: usize, width: usize, n: usize) -> Array3<f32> {
    Array3::from_shape_fn((height, width, n), |(y, x, c)| (y as f32 / 7.0).sin() + (x as f32 / 5.0).cos() + c as f32)
}

fn exr() -> WriteOptions {
    WriteOptions::new().extension(".exr")
}

fn write<'b>(image: impl imageio_core::IntoImages<'b>, options: &WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, options).unwrap().unwrap()
}

/// Whether the `exr` crate is in this build; a check that needs it is skipped aloud otherwise.
#[allow(clippy::print_stdout, reason = "a skipped check says so")]
fn codecs(name: &str) -> bool {
    if !cfg!(feature = "codecs") {
        println!("skipped: writing {name} needs the feature `codecs`");
    }
    cfg!(feature = "codecs")
}

#[test]
fn lossless_compressions_are_exact_and_differ_in_size() {
    let image = picture(70, 90, 3);
    let halves = image.mapv(f16::from_f32);
    let mut sizes = Vec::new();
    for name in ["none", "rle", "zips", "zip", "piz"] {
        if name == "piz" && !codecs("piz") {
            continue;
        }
        let bytes = write(&image, &exr().set("compression", name));
        assert_eq!(v3::imread_as::<f32>(bytes.as_slice()).unwrap(), image.clone().into_dyn(), "{name}");
        let meta = v3::immeta(bytes.as_slice()).unwrap();
        assert_eq!(meta.get("compression").and_then(Value::as_str), Some(name));
        let bytes = write(&halves, &exr().set("compression", name));
        assert_eq!(v3::imread_as::<f16>(bytes.as_slice()).unwrap(), halves.clone().into_dyn(), "{name}");
        sizes.push(bytes.len());
    }
    assert!(sizes[3] < sizes[0] && sizes[1] < sizes[0], "{sizes:?}");
}

#[test]
fn lossy_compressions_are_near() {
    // B44 orders samples by their bits, where a change of sign is far.
    let halves = picture(70, 90, 3).mapv(|v| f16::from_f32(v + 3.0));
    for name in ["pxr24", "b44", "b44a", "dwaa", "dwab"] {
        if !codecs(name) {
            let e = v3::imwrite_with("<bytes>", &halves, &exr().set("compression", name)).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Unsupported, "{e}");
            assert!(e.to_string().contains(name) && e.hint().is_some_and(|h| h.contains("exr-codecs")), "{e}");
            continue;
        }
        let bytes = write(&halves, &exr().set("compression", name));
        let back = v3::imread_as::<f16>(bytes.as_slice()).unwrap();
        let worst = back.iter().zip(&halves).map(|(a, b)| (a.to_f32() - b.to_f32()).abs()).fold(0.0, f32::max);
        assert!(worst < 0.05, "{name}: {worst}");
        assert!(name != "pxr24" || worst == 0.0);
    }
    if !codecs("dwaa") {
        return;
    }
    let size = |level: f64| write(&halves, &exr().set("compression", "dwaa").set("dwa_level", level)).len();
    assert!(size(400.0) < size(5.0));
}

#[test]
fn level_of_deflate() {
    let image = picture(200, 200, 1).remove_axis(Axis(2));
    let size = |level: i64| write(&image, &exr().set("level", level)).len();
    assert!(size(9) < size(1));
}

#[test]
fn strided_arrays_are_written_as_they_are_seen() {
    let image = picture(40, 50, 4);
    let part = image.slice_axis(Axis(0), Slice::new(3, None, 2));
    let part = part.slice_axis(Axis(1), Slice::new(0, None, -1));
    let part = part.slice_axis(Axis(2), Slice::from(1..));
    let bytes = write(&part, &exr());
    assert_eq!(v3::imread_as::<f32>(bytes.as_slice()).unwrap(), part.to_owned().into_dyn());
    assert_eq!(v3::improps(bytes.as_slice()).unwrap().shape, [19, 50, 3]);
}

#[test]
fn channels_by_name() {
    let image = picture(6, 5, 4);
    let names = ["N.x", "N.y", "N.z", "depth"].map(Value::from).to_vec();
    let bytes = write(&image, &exr().set("channels", names));
    let read =
        |names: Vec<Value>| v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("channels", names)).unwrap();
    assert_eq!(read(vec!["depth".into()]), image.index_axis(Axis(2), 3).to_owned().into());
    assert_eq!(read(vec!["N.z".into(), "N.x".into()]), image.select(Axis(2), &[2, 0]).into());
    let layer = v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("layer", "N")).unwrap();
    assert_eq!(layer, image.select(Axis(2), &[0, 1, 2]).into());
    let e = v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("channels", "Q")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
    assert!(e.to_string().contains("N.x, N.y, N.z, depth"), "{e}");
}

#[test]
fn several_images_are_parts() {
    let colour = picture(20, 30, 3);
    let depth = Array2::<u32>::from_shape_fn((7, 9), |(y, x)| (y * x) as u32);
    let images = [NdImage::from(colour.clone()), NdImage::from(depth.clone())];
    let names = ["beauty", "id"].map(Value::from).to_vec();
    let bytes = write(images.as_slice(), &exr().set("layers", names));
    let mut reader = Reader::open(bytes.as_slice()).unwrap();
    assert_eq!(reader.properties(0).unwrap().n_images, Some(2));
    assert_eq!(reader.read(1).unwrap(), NdImage::from(depth.clone()));
    assert_eq!(reader.read(0).unwrap(), NdImage::from(colour));
    assert_eq!(reader.metadata(Index::All).unwrap().get("layers").unwrap().to_string(), "[beauty, id]");
    let id = v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("layer", "id")).unwrap();
    assert_eq!(id, NdImage::from(depth));
    let e = v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("layer", "none")).unwrap_err();
    assert!(e.to_string().contains("beauty, id"), "{e}");
}

/// Readers refuse files whose parts differ in these (OpenEXR, "Multi-Part File Format", shared attributes).
#[test]
fn parts_share_what_all_have_in_common() {
    let images = [NdImage::from(picture(8, 9, 3)), NdImage::from(picture(12, 4, 3))];
    let mut first = Metadata::new();
    first.insert("pixelAspectRatio", 2.0);
    first.insert("owner", "one");
    let mut second = Metadata::new();
    second.insert("pixelAspectRatio", 0.5);
    second.insert("owner", "two");
    let mut writer = Writer::open_with("<bytes>", &exr()).unwrap();
    for (image, meta) in images.iter().zip([&first, &second]) {
        writer.set_metadata(meta);
        writer.write(image).unwrap();
    }
    let notes = writer.notes();
    assert!(notes.len() == 1 && notes[0].contains("pixelAspectRatio"), "{notes:?}");
    let bytes = writer.finish().unwrap().unwrap();
    let mut reader = Reader::open(bytes.as_slice()).unwrap();
    for (k, (owner, data)) in [("one", "[0, 0, 8, 7]"), ("two", "[0, 0, 3, 11]")].into_iter().enumerate() {
        let meta = reader.metadata(k).unwrap();
        let said = |name: &str| meta.get(name).unwrap().to_string();
        assert_eq!((said("owner").as_str(), said("dataWindow").as_str()), (owner, data));
        assert_eq!((said("displayWindow").as_str(), said("pixelAspectRatio").as_str()), ("[0, 0, 8, 11]", "2"));
        assert_eq!(reader.read(k).unwrap(), images[k]);
    }
}

#[test]
fn attributes_survive() {
    let mut meta = Metadata::new();
    meta.insert("owner", "somebody");
    meta.insert("expTime", 0.125);
    meta.insert("framesPerSecond", Value::Rational(24_000, 1001));
    meta.insert("xDensity", 254.0);
    meta.insert("answer", 42);
    meta.insert("icc", vec![1u8, 2, 3]);
    meta.insert("dataWindow", Value::List([-3, 4, 1, 9].map(Value::Int).to_vec()));
    meta.insert("displayWindow", Value::List([0, 0, 99, 99].map(Value::Int).to_vec()));
    for (name, point) in [("red", 0.64), ("green", 0.3), ("blue", 0.15), ("white", 0.3127)] {
        let point = f64::from(point as f32);
        meta.section("chromaticities").insert(name, Value::List(vec![Value::Float(point), Value::Float(point)]));
    }
    let image = picture(6, 5, 3);
    let mut writer = Writer::open_with("<bytes>", &exr().metadata(&meta)).unwrap();
    writer.write(&image).unwrap();
    assert!(writer.notes()[0].contains("icc"), "{:?}", writer.notes());
    let bytes = writer.finish().unwrap().unwrap();
    let back = v3::immeta(bytes.as_slice()).unwrap();
    for (path, value) in meta.leaves().into_iter().filter(|(path, _)| path != "icc") {
        assert_eq!(back.get(&path), Some(value), "{path}");
    }
    assert_eq!(v3::imread_as::<f32>(bytes.as_slice()).unwrap(), image.into_dyn());
    let spacing = v3::improps(bytes.as_slice()).unwrap().spacing.unwrap();
    assert!((spacing[1].value - 1.0 / 254.0).abs() < 1e-9);
    // A window of another size is not that of the image.
    let bytes = write(&picture(7, 5, 3), &exr().metadata(&meta));
    assert_eq!(v3::immeta(bytes.as_slice()).unwrap().get("dataWindow").unwrap().to_string(), "[0, 0, 4, 6]");
}

#[test]
fn what_openexr_can_not_hold_is_refused() {
    let refused =
        |image: NdImage| v3::imwrite_with("<bytes>", &image, &exr().set("is_batch", false)).unwrap_err().kind();
    assert_eq!(refused(NdImage::zeros(Dtype::U8, &[4, 5]).unwrap()), ErrorKind::Mismatch);
    assert_eq!(refused(NdImage::zeros(Dtype::F64, &[4, 5]).unwrap()), ErrorKind::Mismatch);
    assert_eq!(refused(Array4::<f32>::zeros((2, 3, 4, 3)).into()), ErrorKind::Mismatch);
    assert_eq!(refused(Array3::<f32>::zeros((2, 3, 1)).into()), ErrorKind::Mismatch);
    let names = vec![Value::from("R"), Value::from("R")];
    let e = v3::imwrite_with("<bytes>", &picture(3, 3, 2), &exr().set("channels", names)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn a_block_that_claims_more_than_its_bytes_can_hold_is_refused_before_there_is_memory_for_it() {
    for method in ["rle", "zips", "zip", "piz", "pxr24", "b44"] {
        if ["piz", "pxr24", "b44"].contains(&method) && !codecs(method) {
            continue;
        }
        let halves = picture(16, 32, 1).mapv(|v| f16::from_f32((v * 2.0).round()));
        let mut bytes = write(&halves.remove_axis(Axis(2)), &exr().set("compression", method));
        let at = bytes.windows(11).position(|w| w == b"dataWindow\0").unwrap() + 11 + 6 + 4;
        // 32 columns become 30 million.
        bytes[at + 8..at + 12].copy_from_slice(&29_999_999i32.to_le_bytes());
        let e = v3::imread(&bytes).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Malformed, "{method}: {e}");
        assert!(e.to_string().contains("cut off"), "{method}: {e}");
    }
}
