//! What is written is read back: every dtype, shape and option, and metadata.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_plugin_tiff as _;

use imageio_core::ndarray::{Array2, Array3, Array4, ArrayD, IxDyn};
use imageio_core::{Dtype, ErrorKind, Index, Metadata, NdImage, ReadOptions, Reader, Unit, Value, WriteOptions, v3};

/// Bytes that differ from place to place, as an array of any dtype.
fn sample(dtype: Dtype, shape: &[usize]) -> NdImage {
    let mut n = 0u32;
    let mut next = || {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(n >> 20)
    };
    macro_rules! make {
        ($ty:ty, $f:expr) => {{
            let f: fn(f64) -> $ty = $f;
            ArrayD::from_shape_fn(IxDyn(shape), |_| f(next())).into()
        }};
    }
    match dtype {
        Dtype::Bool => make!(bool, |v| v as u32 % 3 == 0),
        Dtype::U8 => make!(u8, |v| v as u32 as u8),
        Dtype::I8 => make!(i8, |v| v as u32 as i8),
        Dtype::U16 => make!(u16, |v| (v * 15.0) as u16),
        Dtype::I16 => make!(i16, |v| (v * 15.0 - 30000.0) as i16),
        Dtype::U32 => make!(u32, |v| (v * 1e6) as u32),
        Dtype::I32 => make!(i32, |v| (v * 1e6 - 2e9) as i32),
        Dtype::U64 => make!(u64, |v| (v * 1e15) as u64),
        Dtype::I64 => make!(i64, |v| (v * 1e15 - 2e18) as i64),
        Dtype::F16 => make!(imageio_core::half::f16, |v| imageio_core::half::f16::from_f64(v - 2000.0)),
        Dtype::F32 => make!(f32, |v| (v / 7.0 - 300.0) as f32),
        Dtype::F64 => make!(f64, |v| v / 7.0 - 300.0),
        Dtype::C64 => make!(imageio_core::C64, |v| imageio_core::C64::new(v as f32, -v as f32 / 3.0)),
        Dtype::C128 => make!(imageio_core::C128, |v| imageio_core::C128::new(v, -v / 3.0)),
    }
}

fn write(image: &NdImage, options: &WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &options.clone().extension("tif")).unwrap().unwrap()
}

fn there_and_back(image: &NdImage, options: &WriteOptions) {
    let bytes = write(image, options);
    let back = v3::imread(bytes).unwrap();
    assert!(back == *image, "{:?} {} came back as {:?} {}", image.shape(), image.dtype(), back.shape(), back.dtype());
}

#[test]
fn every_dtype_and_shape() {
    let shapes: [&[usize]; 11] = [
        &[13, 17],
        &[1, 1],
        &[13, 17, 2],
        &[13, 17, 3],
        &[13, 17, 4],
        &[13, 17, 1],
        &[5, 13, 17],
        &[2, 3, 13, 17],
        &[2, 3, 13, 17, 3],
        &[1, 1, 13, 17],
        &[19],
    ];
    for dtype in Dtype::ALL {
        for shape in shapes {
            there_and_back(&sample(dtype, shape), &WriteOptions::new());
        }
    }
}

#[test]
fn every_way_of_storing() {
    for compression in ["none", "lzw", "deflate", "packbits", "zstd"] {
        for (byteorder, bigtiff) in [("little", "auto"), ("big", "always")] {
            for dtype in Dtype::ALL {
                let base = WriteOptions::new()
                    .set("compression", compression)
                    .set("byteorder", byteorder)
                    .set("bigtiff", bigtiff);
                let predictor = match dtype {
                    _ if matches!(compression, "none" | "packbits") => "none",
                    d if d.is_integer() => "horizontal",
                    d if d.is_float() => "float",
                    _ => "none",
                };
                let ways = [
                    base.clone(),
                    base.clone().set("rows_per_strip", 4),
                    base.clone().set("predictor", predictor).set("rows_per_strip", 5),
                    base.clone().set("tile", vec![Value::Int(16), Value::Int(32)]).set("predictor", predictor),
                ];
                for options in ways {
                    there_and_back(&sample(dtype, &[21, 37]), &options);
                    there_and_back(&sample(dtype, &[21, 37, 3]), &options);
                    there_and_back(&sample(dtype, &[3, 21, 37]), &options);
                    there_and_back(&sample(dtype, &[2, 3, 21, 37]), &options.clone().set("planar", true));
                }
            }
        }
    }
}

#[test]
fn strided_arrays_are_written_as_they_look() {
    let whole = Array3::from_shape_fn((6, 8, 10), |(z, y, x)| (z * 100 + y * 10 + x) as u16);
    let turned = whole.view().permuted_axes([2, 0, 1]);
    let bytes = v3::imwrite_with("<bytes>", &turned, &WriteOptions::new().extension("tif")).unwrap().unwrap();
    let back: Array3<u16> = v3::imread(bytes).unwrap().try_into().unwrap();
    assert_eq!(back, turned);
}

#[test]
fn several_images_stay_apart() {
    let images: Vec<NdImage> = vec![
        sample(Dtype::U8, &[5, 6]),
        sample(Dtype::U8, &[5, 6]),
        sample(Dtype::F32, &[2, 7, 8]),
        sample(Dtype::U8, &[5, 6, 3]),
    ];
    for compression in ["none", "lzw"] {
        let options = WriteOptions::new().set("compression", compression).extension("tif");
        let bytes = v3::imwrite_with("<bytes>", &images, &options).unwrap().unwrap();
        let mut reader = Reader::open(bytes.clone()).unwrap();
        assert_eq!(reader.count().unwrap(), Some(4));
        for k in [3, 0, 2, 1] {
            assert!(reader.read(k).unwrap() == images[k]);
            assert_eq!(reader.properties(k).unwrap().shape, images[k].shape());
        }
        assert_eq!(reader.read(4).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
        // Page by page: 1 + 1 + 2 + 1.
        let mut pages = Reader::open_with(bytes, &ReadOptions::new().set("pages", true)).unwrap();
        assert_eq!(pages.count().unwrap(), Some(5));
        assert!(pages.read(3).unwrap() == images[2].index_first(1).unwrap());
        assert_eq!(pages.properties(4).unwrap().shape, [5, 6, 3]);
    }
}

#[test]
fn pages_of_a_stack() {
    let stack = sample(Dtype::I32, &[7, 9, 11]);
    for compression in ["none", "deflate"] {
        let bytes = write(&stack, &WriteOptions::new().set("compression", compression));
        let one = v3::imread_with(bytes.clone(), &ReadOptions::new().set("page", 4)).unwrap();
        assert!(one == stack.index_first(4).unwrap());
        let e = v3::imread_with(bytes.clone(), &ReadOptions::new().set("page", 7)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch, "{e}");
        let all = v3::imread_with(bytes.clone(), &ReadOptions::new().set("pages", true).index(Index::All)).unwrap();
        assert!(all == stack);
        let props = v3::improps(bytes.clone()).unwrap();
        assert_eq!((props.shape, props.n_images), (vec![7, 9, 11], Some(1)));
        let props = v3::improps_with(bytes, &ReadOptions::new().set("pages", true).index(Index::All)).unwrap();
        assert_eq!((props.shape, props.n_images), (vec![7, 9, 11], Some(7)));
    }
}

#[test]
fn axes_say_what_the_array_is() {
    let image = sample(Dtype::U8, &[5, 6, 7]);
    let meta = |axes: &str| {
        let bytes = write(&image, &WriteOptions::new().set("axes", axes));
        assert!(v3::imread(bytes.clone()).unwrap() == image);
        let meta = v3::immeta(bytes).unwrap();
        let get = |key: &str| meta.get(key).and_then(Value::as_u64).unwrap();
        (get("tags/SamplesPerPixel"), get("series/pages"), meta.get("series/axes").unwrap().to_string())
    };
    assert_eq!(meta("YXS"), (7, 1, "YXS".into()));
    assert_eq!(meta("ZYX"), (1, 5, "ZYX".into()));
    assert_eq!(meta("SYX"), (5, 1, "SYX".into()));
    let e = v3::imwrite_with("<bytes>", &image, &WriteOptions::new().set("axes", "XYZ").extension("tif")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
}

#[test]
fn a_resolution_has_its_unit() {
    let image = sample(Dtype::U8, &[4, 5]);
    let rows = [
        (WriteOptions::new().set("resolution", 100), 2, 1.0 / 100.0, Unit::Inch),
        (WriteOptions::new().set("resolution", 100).set("resolution_unit", "cm"), 3, 10.0 / 100.0, Unit::Millimetre),
        (WriteOptions::new().set("resolution", 4).set("resolution_unit", "none"), 1, 1.0 / 4.0, Unit::None),
    ];
    for (options, tag, distance, unit) in rows {
        let file = write(&image, &options);
        let meta = v3::immeta(&file).unwrap();
        assert_eq!(meta.get("resolution_unit").and_then(Value::as_u64), Some(tag));
        let spacing = v3::improps(&file).unwrap().spacing.unwrap();
        assert_eq!(spacing.iter().map(|s| (s.value, s.unit)).collect::<Vec<_>>(), [(distance, unit); 2]);
    }
}

#[test]
fn options_reach_their_tags() {
    let image = sample(Dtype::U8, &[40, 50]);
    let tags = |options: WriteOptions| v3::immeta(write(&image, &options)).unwrap();
    let plain = tags(WriteOptions::new());
    assert_eq!(plain.get("compression").and_then(Value::as_str), Some("none"));
    assert_eq!(plain.get("tags/RowsPerStrip").and_then(Value::as_u64), Some(40));
    let m = tags(WriteOptions::new().set("compression", "zlib").set("predictor", true).set("rows_per_strip", 8));
    assert_eq!(m.get("compression").and_then(Value::as_str), Some("adobe_deflate"));
    assert_eq!(m.get("predictor").and_then(Value::as_u64), Some(2));
    assert_eq!(m.get("tags/RowsPerStrip").and_then(Value::as_u64), Some(8));
    let m = tags(WriteOptions::new().set("tile", 16));
    assert_eq!((m.get("tags/TileWidth"), m.get("tags/TileLength")), (Some(&Value::UInt(16)), Some(&Value::UInt(16))));
    let m = tags(WriteOptions::new().set("resolution", 300).set("software", "me").set("description", "a cat"));
    assert_eq!(m.get("dpi").unwrap().to_string(), "[300, 300]");
    assert_eq!(m.get("software").and_then(Value::as_str), Some("me"));
    assert_eq!(m.get("description").and_then(Value::as_str), Some("a cat"));
    let m = tags(WriteOptions::new().set("photometric", "miniswhite").set("datetime", "2026:01:02 03:04:05"));
    assert_eq!(m.get("photometric").and_then(Value::as_str), Some("miniswhite"));
    assert_eq!(m.get("datetime").and_then(Value::as_str), Some("2026:01:02 03:04:05"));
    assert!(tags(WriteOptions::new().set("shaped", false)).get("description").is_none());
    let small =
        write(&sample(Dtype::U64, &[40, 50, 3]), &WriteOptions::new().set("compression", "deflate").set("level", 9));
    let large =
        write(&sample(Dtype::U64, &[40, 50, 3]), &WriteOptions::new().set("compression", "deflate").set("level", 0));
    assert!(small.len() < large.len());
    let big = write(&image, &WriteOptions::new().set("bigtiff", "always").set("byteorder", "big"));
    assert!(big.starts_with(b"MM\0+\0\x08\0\0"));
    let refused =
        [("tile", "17"), ("predictor", "float"), ("compression", "rle"), ("photometric", "rgb"), ("level", "12")];
    for (name, value) in refused {
        let options = WriteOptions::new().set(name, Value::parse(value)).extension("tif");
        let e = v3::imwrite_with("<bytes>", &image, &options).unwrap_err();
        assert!(matches!(e.kind(), ErrorKind::Mismatch | ErrorKind::InvalidOption), "{name}: {e}");
    }
    let options = WriteOptions::new().set("imagej", true).set("pyramid", 2).extension("tif");
    let e = v3::imwrite_with("<bytes>", &image, &options).unwrap_err();
    assert!(e.kind() == ErrorKind::Mismatch && e.hint().is_some_and(|hint| hint.contains("`ome`")), "{e}");
    for (compression, level, right) in [("deflate", 9, true), ("deflate", 10, false), ("lzw", -1, false)]
        .into_iter()
        .chain(if cfg!(feature = "zstd") {
            vec![("zstd", -7, true), ("zstd", 22, true), ("zstd", 23, false)]
        } else {
            vec![]
        })
    {
        let options = WriteOptions::new().set("compression", compression).set("level", level).extension("tif");
        let written = v3::imwrite_with("<bytes>", &image, &options);
        assert_eq!(written.is_ok(), right, "{compression} {level}");
        if let Err(e) = written {
            assert_eq!(e.kind(), ErrorKind::InvalidOption);
        }
    }
}

#[test]
fn metadata_survive() {
    let image = sample(Dtype::U16, &[20, 30, 3]);
    let mut meta = Metadata::new();
    meta.insert("description", "A view, µm");
    meta.insert("artist", "somebody");
    meta.insert("dpi", Value::List(vec![Value::Float(150.0), Value::Float(75.5)]));
    meta.insert("icc", vec![7u8; 300]);
    meta.insert("xmp", "<x:xmpmeta/>");
    meta.insert("orientation", 6);
    meta.insert("nodata", -9999);
    let exif = meta.section("exif");
    exif.insert("Make", "Maker");
    exif.insert("ExposureTime", Value::Rational(1, 250));
    exif.insert("UserComment", "hello");
    exif.section("GPS").insert("GPSAltitude", Value::Rational(1520, 1));
    exif.section("Interop").insert("InteropIndex", "R98");
    meta.section("tags")
        .insert("ModelPixelScaleTag", Value::List(vec![Value::Float(0.5), Value::Float(0.5), Value::Float(0.0)]));
    meta.section("tags")
        .insert("GeoKeyDirectoryTag", Value::List([1, 1, 0, 1, 1024, 0, 1, 2].map(Value::Int).to_vec()));
    for byteorder in ["little", "big"] {
        let options = WriteOptions::new().set("byteorder", byteorder).metadata(&meta);
        let bytes = write(&image, &options);
        assert!(v3::imread(bytes.clone()).unwrap() == image);
        let back = v3::immeta(bytes.clone()).unwrap();
        let text = |key: &str| back.get(key).map(ToString::to_string).unwrap_or_default();
        assert_eq!(text("description"), "A view, µm");
        assert_eq!(text("artist"), "somebody");
        assert_eq!(text("dpi"), "[150, 75.5]");
        assert_eq!(back.get("icc").and_then(Value::as_bytes), Some(&[7u8; 300][..]));
        assert_eq!(text("xmp"), "<x:xmpmeta/>");
        assert_eq!(text("orientation"), "6");
        assert_eq!(text("nodata"), "-9999");
        assert_eq!(text("exif/Make"), "Maker");
        assert_eq!(text("exif/ExposureTime"), "1/250");
        assert_eq!(text("exif/UserComment"), "hello");
        assert_eq!(text("exif/GPS/GPSAltitude"), "1520/1");
        assert_eq!(text("exif/Interop/InteropIndex"), "R98");
        assert_eq!(text("exif/Orientation"), "6");
        assert_eq!(text("geo/GTModelTypeGeoKey"), "2");
        assert_eq!(text("geo/ModelPixelScale"), "[0.5, 0.5, 0]");
        let spacing = v3::improps(bytes.clone()).unwrap().spacing.unwrap();
        // A map's pixels have their size on the ground, whatever the resolution for printing says.
        assert_eq!((spacing[1].value, spacing[1].unit), (0.5, Unit::Degree));
        // The second trip changes nothing more.
        let again =
            v3::immeta(write(&image, &WriteOptions::new().set("byteorder", byteorder).metadata(&back))).unwrap();
        assert_eq!(again, back);
        let turned = v3::imread_with(bytes, &ReadOptions::new().set("rotate", true)).unwrap();
        assert_eq!(turned.shape(), [30, 20, 3]);
    }
}

#[test]
fn pyramids_have_levels() {
    let bytes =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/tiff/pyramid_subifds.tif")).unwrap();
    let full: Array2<u8> = v3::imread(bytes.clone()).unwrap().try_into().unwrap();
    for (level, step) in [(1, 2), (2, 4)] {
        let small: Array2<u8> =
            v3::imread_with(bytes.clone(), &ReadOptions::new().set("level", level)).unwrap().try_into().unwrap();
        assert!(small.indexed_iter().all(|((y, x), v)| *v == full[[y * step, x * step]]));
    }
    assert_eq!(v3::imread_with(bytes, &ReadOptions::new().set("level", 3)).unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn what_imagej_says_of_slices_and_channels_goes_back() {
    let stack = Array4::<u16>::from_shape_fn((3, 2, 8, 9), |(z, c, y, x)| (z * 900 + c * 300 + y * 9 + x) as u16);
    let mut metadata = Metadata::new();
    let texts = |list: &[&str]| Value::List(list.iter().map(|t| Value::from(*t)).collect());
    let lut = |k: u8| Value::Bytes((0..768u32).map(|v| (v as u8).wrapping_mul(k)).collect());
    let section = metadata.section("imagej");
    section.insert("Info", "a note µ");
    section.insert("Labels", texts(&["a", "b", "", "d", "e", "f"]));
    section.insert("Ranges", Value::List([0.0, 100.5, -5.0, 600.0].map(Value::Float).to_vec()));
    section.insert("LUTs", Value::List(vec![lut(1), lut(255)]));
    section.insert("ROI", Value::Bytes(b"Iout\0\xe4abc".to_vec()));
    section.insert("Overlays", Value::List(vec![Value::Bytes(b"Iout1".to_vec()), Value::Bytes(b"Iout22".to_vec())]));
    section.insert("Properties", texts(&["key", "value"]));
    section.insert("mode", "composite");
    let write = |image: &NdImage, order: &str, metadata: &Metadata| {
        let options = WriteOptions::new().set("imagej", true).set("byteorder", order).metadata(metadata);
        v3::imwrite_with("<bytes>", image, &options.set("axes", "ZCYX").extension("tif")).unwrap().unwrap()
    };
    for order in ["little", "big"] {
        let bytes = write(&stack.clone().into(), order, &metadata);
        let found = v3::immeta(bytes.clone()).unwrap();
        let section = metadata.get_section("imagej").unwrap();
        for key in ["Info", "Labels", "Ranges", "LUTs", "ROI", "Overlays", "Properties", "mode"] {
            assert_eq!(found.get(&format!("imagej/{key}")), section.get(key), "{order} {key}");
        }
        assert_eq!(v3::imread(bytes).unwrap(), NdImage::from(stack.clone()));
        // Of fewer slices and channels, others are spoken of.
        let part: NdImage = Array4::<u16>::zeros((2, 1, 8, 9)).into();
        let found = v3::immeta(write(&part, order, &found)).unwrap();
        assert!(found.get("imagej/Info").is_some() && found.get("imagej/Labels").is_none(), "{order}");
        assert!(found.get("imagej/LUTs").is_none() && found.get("imagej/Ranges").is_none(), "{order}");
    }
}

#[test]
fn levels_of_a_volume_have_all_slices() {
    let volume = Array4::<u16>::from_shape_fn((2, 3, 64, 96), |(t, z, y, x)| (t * 9000 + z * 3000 + y * 40 + x) as u16);
    let options = WriteOptions::new().set("axes", "TZYX").set("pyramid", 2).set("tile", Value::parse("[16, 16]"));
    let bytes = v3::imwrite_with("<bytes>", &volume, &options.extension("tif")).unwrap().unwrap();
    assert_eq!(v3::improps(bytes.clone()).unwrap().n_images, Some(1));
    for (level, shape) in [(0, [2, 3, 64, 96]), (1, [2, 3, 32, 48]), (2, [2, 3, 16, 24])] {
        let found = v3::imread_with(bytes.clone(), &ReadOptions::new().set("level", level)).unwrap();
        assert_eq!(found.shape(), shape);
    }
}

#[test]
fn wholes_of_the_file() {
    let stack = Array4::<u8>::zeros((2, 3, 8, 9));
    let bytes = v3::imwrite_with("<bytes>", &stack, &WriteOptions::new().extension("tif")).unwrap().unwrap();
    let meta = v3::immeta_with(bytes, &ReadOptions::new().index(Index::All)).unwrap();
    assert_eq!(meta.get("byteorder").and_then(Value::as_str), Some("little"));
    assert_eq!(meta.get("is_shaped").and_then(Value::as_bool), Some(true));
    assert_eq!(meta.get("n_pages").and_then(Value::as_u64), Some(6));
    assert_eq!(meta.get("shaped/shape").unwrap().to_string(), "[2, 3, 8, 9]");
}
