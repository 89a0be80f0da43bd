//! DNG of every kind of packing, made by tifffile and imagecodecs, against what went in and against rawpy; and DNG
//! written here with metadata, against what others read.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{Metadata, NdImage, Value, WriteOptions, v3};
use imageio_plugin_raw as raw;

use self::common::{difference, python, rawpy, rawpy_all, read, samples, scene};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("imageio-raw-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn mosaic(file: &Path) -> NdImage {
    read(file, raw::ReadOptions::new().mosaic(true))
}

#[test]
fn every_packing() {
    let Some(python) = python() else {
        println!("skipped: IMAGEIO_PEERS names no Python with rawpy and tifffile");
        return;
    };
    let folder = folder("kinds");
    let out = Command::new(&python).arg("-c").arg(include_str!("kinds.py")).arg(&folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut met = 0;
    for line in String::from_utf8(out.stdout).unwrap().lines() {
        met += 1;
        let (name, rest) = line.split_once(' ').unwrap();
        let file = folder.join(format!("{name}.dng"));
        let expected = std::fs::read(folder.join(format!("{name}.bin"))).unwrap();
        let mine = mosaic(&file);
        let shape: Vec<String> = mine.shape().iter().map(ToString::to_string).collect();
        assert_eq!(rest.rsplit_once(' ').unwrap().0, shape.join(" "), "{name}");
        if name == "lossy" {
            let (mean, psnr) = difference(&samples(mine), &rawpy(&python, &file, "mosaic"), 65535.0);
            println!("{name}: mosaic: mean {mean:.4}, {psnr:.1} dB");
            assert!(mean < 0.1, "{name}: {mean}");
        } else if rest.ends_with("f4") {
            let mine = mine.try_into_array::<f32>().unwrap().into_raw_vec_and_offset().0;
            let bytes: Vec<u8> = mine.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert!(bytes == expected, "{name}");
        } else {
            let mine = samples(mine);
            let bytes: Vec<u8> = mine.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert!(bytes == expected, "{name}");
            // LibRaw reads no integers that are packed by deflate.
            if !name.contains("deflate") {
                assert!(mine == rawpy(&python, &file, "mosaic"), "{name}");
            }
        }
        if name.contains("deflate") {
            continue;
        }
        let words = "no_auto_bright=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR";
        let options = raw::ReadOptions::new().no_auto_bright(true).demosaic(raw::Demosaic::Bilinear);
        let (mean, psnr) = difference(&samples(read(&file, options)), &rawpy(&python, &file, words), 255.0);
        println!("{name}: postprocess: mean {mean:.3}, {psnr:.1} dB");
        assert!(mean < 0.5, "{name}: {mean}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(met, 13);
}

/// What a camera says of a picture.
fn camera() -> Metadata {
    let mut meta = Metadata::new();
    let exif = meta.section("exif");
    exif.insert("Make", "Example");
    exif.insert("Model", "Synthetic");
    exif.insert("Orientation", 6);
    exif.insert("ExposureTime", Value::Rational(1, 250));
    exif.insert("FNumber", Value::Rational(56, 10));
    exif.insert("ISOSpeedRatings", 400);
    exif.insert("FocalLength", Value::Rational(80, 1));
    exif.insert("DateTimeOriginal", "2024:05:06 07:08:09");
    exif.insert("LensModel", "Example 80mm");
    let gps = exif.section("GPS");
    gps.insert("GPSLatitudeRef", "N");
    gps.insert("GPSLatitude", Value::List(vec![Value::Rational(48, 1), Value::Rational(30, 1), Value::Rational(0, 1)]));
    let sensor = meta.section("raw");
    sensor.insert("cfa_pattern", "GBRG");
    sensor.insert("black_level", Value::List([500.0, 510.0, 520.0, 530.0].map(Value::Float).to_vec()));
    sensor.insert("white_level", 16383);
    let matrix = [0.9, -0.25, -0.1, -0.4, 1.25, 0.15, -0.05, 0.2, 0.6];
    sensor.insert("color_matrix", Value::List(matrix.map(Value::Float).to_vec()));
    sensor.insert("camera_whitebalance", Value::List([1.8, 1.0, 1.4, 1.0].map(Value::Float).to_vec()));
    sensor.insert("raw_height", 150);
    sensor.insert("raw_width", 202);
    sensor.insert("visible_area", Value::List([4u64, 2, 144, 198].map(Value::from).to_vec()));
    sensor.insert("default_crop", Value::List([8u64, 6, 136, 190].map(Value::from).to_vec()));
    meta
}

#[test]
fn written_with_metadata() {
    let folder = folder("written");
    let array = scene("GBRG", 150, 202, 1.0);
    let python = python();
    let exiftool = Command::new("exiftool").arg("-ver").output().is_ok_and(|out| out.status.success());
    for compression in [raw::Compression::None, raw::Compression::Ljpeg] {
        let file = folder.join(format!("{}.dng", compression.word()));
        let options = raw::WriteOptions::new().compression(compression);
        let options = WriteOptions::new().with(options).metadata(&camera());
        v3::imwrite_with(file.as_path(), &array, &options).unwrap();
        // What went in comes out.
        assert_eq!(mosaic(&file).try_into_array::<u16>().unwrap(), array.clone().into_dyn());
        let options = imageio_core::ReadOptions::new().plugin(&raw::DESCRIPTOR);
        let meta = v3::immeta_with(&file, &options.with(raw::ReadOptions::new().mosaic(true))).unwrap();
        for key in
            ["exif/ExposureTime", "exif/LensModel", "exif/GPS/GPSLatitude", "raw/visible_area", "raw/default_crop"]
        {
            assert_eq!(meta.get(key), camera().get(key), "{key}");
        }
        if let Some(python) = &python {
            let all = rawpy_all(python, &file, &["mosaic".to_owned(), "visible".to_owned()]);
            assert!(all[0] == array.as_slice().unwrap(), "{}", file.display());
            assert_eq!(all[1].len(), 144 * 198);
            let script = "import sys, rawpy, tifffile\nr = rawpy.imread(sys.argv[1])\n\
                assert r.white_level == 16383 and r.sizes.flip == 6, (r.white_level, r.sizes)\n\
                assert max(r.black_level_per_channel) - min(r.black_level_per_channel) == 30, r.black_level_per_channel\n\
                assert abs(r.camera_whitebalance[0] / r.camera_whitebalance[1] - 1.8) < 1e-3, r.camera_whitebalance\n\
                p = tifffile.TiffFile(sys.argv[1]).pages[0]\n\
                assert p.tags['ExifTag'].value['ExposureTime'] == (1, 250) and p.asarray().shape == (150, 202)\n";
            let out = Command::new(python).arg("-c").arg(script).arg(&file).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        } else {
            println!("skipped: rawpy and tifffile");
        }
        if exiftool {
            let names = ["Make", "Model", "LensModel", "ExposureTime", "FNumber", "ISO", "GPSLatitude", "Orientation"];
            let words = names.map(|name| format!("-EXIF:{name}"));
            let out = Command::new("exiftool").args(["-T", "-n", "-validate"]).args(words).arg(&file).output().unwrap();
            let said = String::from_utf8(out.stdout).unwrap();
            println!("{said}");
            let values: Vec<&str> = said.trim().split('\t').collect();
            assert_eq!(values[1..], ["Example", "Synthetic", "Example 80mm", "0.004", "5.6", "400", "48.5", "6"]);
        } else {
            println!("skipped: exiftool");
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
