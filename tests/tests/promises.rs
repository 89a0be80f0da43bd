//! Promises that concern several plugins at once, with the flaws of Python's imageio that they mend.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::time::Duration;

use imageio::ndarray::{Array2, Array3, Array4};
use imageio::{Batch, ErrorKind, FrameIter, Index, Metadata, NdImage, ReadOptions, WriteOptions, v3 as iio};
use imageio_testkit::samples;

fn bytes(images: &NdImage, options: &WriteOptions) -> Vec<u8> {
    iio::imwrite_with("<bytes>", images, options).unwrap().unwrap()
}

fn as_(extension: &str) -> WriteOptions {
    WriteOptions::new().extension(extension)
}

/// F2: an unknown extension is an error that lists what is possible.
#[test]
fn unknown_extension() {
    let e = iio::imwrite("a.xyz", &Array2::<u8>::zeros((2, 2))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unrecognized);
    for extension in [".png", ".tif", ".gif", ".npy"] {
        assert!(e.to_string().contains(extension), "{e}");
    }
}

/// F11: several images into `.png` are an animation only if that is said.
#[test]
fn animated_png_is_asked_for() {
    let frames = Array4::<u8>::zeros((3, 8, 8, 4));
    let e = iio::imwrite_with("<bytes>", Batch(&frames), &as_("png")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    for options in [as_("apng"), as_("png").set("animation", true)] {
        let file = iio::imwrite_with("<bytes>", Batch(&frames), &options).unwrap().unwrap();
        assert_eq!(iio::improps(&file).unwrap().shape, [3, 8, 8, 4]);
    }
    assert_eq!(iio::imwrite("<bytes>", &Array2::<u8>::zeros((2, 2))).unwrap_err().kind(), ErrorKind::Unrecognized);
}

/// 16 bits stay 16 bits, in every format that has them.
#[test]
fn sixteen_bits() {
    let rgb = samples::picture(imageio::Dtype::U16, &[9, 11, 3]);
    for extension in ["png", "tif", "ppm", "npy"] {
        let back = iio::imread(&bytes(&rgb, &as_(extension))).unwrap();
        assert!(back == rgb, "{extension}: {back:?}");
    }
}

/// F10: every frame has its own duration, whatever the format, and it comes back.
#[test]
fn durations_of_frames() {
    let frames: Vec<Array3<u8>> = (0..3).map(|k| Array3::from_elem((8, 8, 4), 60 * k + 40)).collect();
    for extension in ["gif", "apng", "webp"] {
        let options = as_(extension).set("duration", imageio::Value::parse("[40, 100, 250]")).set("lossless", true);
        let options = if extension == "webp" {
            options
        } else {
            as_(extension).set("duration", imageio::Value::parse("[40, 100, 250]"))
        };
        let file = iio::imwrite_with("<bytes>", &frames, &options).unwrap().unwrap();
        let mut reader = iio::imopen(&file, iio::Read).unwrap();
        assert_eq!(reader.count().unwrap(), Some(3), "{extension}");
        let durations: Vec<f64> =
            (0..3).map(|k| reader.metadata(k).unwrap().get("duration").unwrap().as_f64().unwrap()).collect();
        assert_eq!(durations, [40.0, 100.0, 250.0], "{extension}");
    }
    let options = as_("gif").with(imageio::Options::new().set("duration", Duration::from_millis(70)));
    let file = iio::imwrite_with("<bytes>", &frames, &options).unwrap().unwrap();
    assert_eq!(
        iio::immeta_with(&file, &ReadOptions::new().index(1)).unwrap().get("duration").unwrap().as_f64(),
        Some(70.0)
    );
}

/// Metadata is written as it is read, across formats that hold the same kind.
#[test]
fn metadata_travels() {
    let picture = samples::picture(imageio::Dtype::U8, &[9, 11, 3]);
    let mut metadata = Metadata::new();
    metadata.insert("icc", b"not a real profile, but bytes".to_vec());
    let exif = metadata.section("exif");
    exif.insert("Make", "Us");
    exif.insert("Orientation", 6);
    let mut file = bytes(&picture, &as_("png").metadata(&metadata));
    for extension in ["jpg", "webp", "png"] {
        let read = iio::immeta(&file).unwrap();
        assert_eq!(read.get("exif/Make").and_then(|v| v.as_str()), Some("Us"), "{extension}: {read}");
        assert_eq!(read.get("icc").and_then(|v| v.as_bytes()), metadata.get("icc").and_then(|v| v.as_bytes()));
        file = bytes(&picture, &as_(extension).metadata(&read));
    }
    // F21: the orientation is hidden exactly when it was applied.
    assert_eq!(iio::immeta(&file).unwrap().get("exif/Orientation").and_then(|v| v.as_i64()), Some(6));
    let rotate = ReadOptions::new().set("rotate", true);
    assert_eq!(iio::immeta_with(&file, &rotate).unwrap().get("exif/Orientation"), None);
    assert_eq!(iio::imread_with(&file, &rotate).unwrap().shape(), [11, 9, 3]);
    assert_eq!(iio::improps_with(&file, &rotate).unwrap().shape, [11, 9, 3]);
}

/// Frames go from one animation into another without all being held.
#[test]
fn one_animation_into_another() {
    let gif = iio::imread("imageio:animation.gif").unwrap();
    let file = iio::imwrite_with("<bytes>", FrameIter(iio::imiter("imageio:animation.gif").unwrap()), &as_("apng"));
    let back = iio::imread(&file.unwrap().unwrap()).unwrap();
    let rgba = iio::imread_with("imageio:animation.gif", &ReadOptions::new().set("mode", "RGBA"));
    assert!(back == gif || rgba.is_ok_and(|rgba| rgba == back));
}

/// F6, F14: a palette with transparency has alpha, and properties said so before.
#[test]
fn embedded_pictures() {
    for (name, shape) in [("test-card.png", 3), ("gray16.png", 2), ("rgba.png", 3), ("animation.gif", 4)] {
        let place = format!("imageio:{name}");
        let (props, image) = (iio::improps(&place).unwrap(), iio::imread(&place).unwrap());
        assert_eq!((props.shape.as_slice(), props.dtype), (image.shape(), image.dtype()), "{name}");
        assert_eq!(image.ndim(), shape, "{name}");
    }
}

/// F1: a write that can't work leaves the target alone, whatever the format.
#[test]
fn targets_survive() {
    let scratch = imageio_tests::Scratch::new();
    imageio::install();
    let mut met = 0;
    for plugin in imageio::Registry::global().plugins().into_iter().filter(|p| p.can_write()) {
        let target = scratch.path(&format!("{}.{}", plugin.id(), plugin.extension_list()[0]));
        std::fs::write(&target, "what the user had").unwrap();
        let wrong = samples::picture(imageio::Dtype::U8, &[2, 2, 2, 2, 2]);
        let refused = iio::imwrite_with(&target, &wrong, &WriteOptions::new().set("no_such_option", 1)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::UnknownOption, "{}", plugin.id());
        assert_eq!(std::fs::read(&target).unwrap(), b"what the user had", "{}", plugin.id());
        met += 1;
    }
    assert!(met >= 14, "{met} writers");
}

/// The same picture out of every lossless format, and the index rules alike.
#[test]
fn formats_agree() {
    let rgb = samples::picture(imageio::Dtype::U8, &[13, 17, 3]);
    let mut met = 0;
    for extension in ["png", "tif", "bmp", "ppm", "tga", "qoi", "npy", "npz", "ico", "dds"] {
        let Ok(Some(file)) = iio::imwrite_with("<bytes>", &rgb, &as_(extension)) else { continue };
        let options = ReadOptions::new().extension(extension);
        let back = iio::imread_with(&file, &options.clone().set("mode", "RGB"));
        let back = back.or_else(|_| iio::imread_with(&file, &options)).unwrap();
        assert!(back == rgb, "{extension}: {back:?}");
        let mut reader = iio::imopen(&file, &options).unwrap();
        assert_eq!(reader.read(-1).unwrap(), reader.read(0).unwrap(), "{extension}");
        assert_eq!(reader.read(1).unwrap_err().kind(), ErrorKind::IndexOutOfRange, "{extension}");
        assert_eq!(reader.read(Index::All).unwrap().shape()[0], 1, "{extension}");
        met += 1;
    }
    assert!(met >= 8, "{met} formats");
}
