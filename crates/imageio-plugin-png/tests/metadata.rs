//! Metadata is read as it is stored, and written as it is read.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{Metadata, ReadOptions, Reader, Unit, Value, WriteOptions, v3 as iio};
use imageio_plugin_png as _;

const TOLD: &[u8] = include_bytes!("../../../tests/corpus/png/told.png");

fn written(metadata: &Metadata) -> (Vec<u8>, Metadata) {
    let image = Array3::<u8>::from_shape_fn((5, 6, 4), |(y, x, c)| (y * 50 + x * 9 + c) as u8);
    let options = WriteOptions::new().extension("png").metadata(metadata);
    let bytes = iio::imwrite_with("<bytes>", &image, &options).unwrap().unwrap();
    let back = iio::immeta(&bytes[..]).unwrap();
    (bytes, back)
}

#[test]
fn every_chunk_is_told() {
    let meta = iio::immeta(TOLD).unwrap();
    let rows = [
        ("mode", "RGBA"),
        ("bit_depth", "8"),
        ("gamma", "0.45455"),
        ("chromaticity", "[0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06]"),
        ("srgb", "1"),
        ("icc_name", "small"),
        ("cicp/color_primaries", "1"),
        ("cicp/transfer_function", "13"),
        ("cicp/full_range", "true"),
        ("significant_bits", "[5, 6, 5, 8]"),
        ("background", "[1, 2, 3]"),
        ("dpi", "[99.9998, 199.9996]"),
        ("time", "2024-05-06T07:08:09Z"),
        ("exif/Orientation", "6"),
        ("text/Author", "Grün"),
        ("text/Note", "packed"),
        ("text/Title", "日本"),
        ("text_info/Title/language", "ja"),
        ("text_info/Title/translated_keyword", "Titel"),
        ("xmp", "<x:xmpmeta/>"),
    ];
    for (key, value) in rows {
        assert_eq!(meta.get(key).map(Value::to_string).as_deref(), Some(value), "{key}");
    }
    assert_eq!(meta.get("icc").unwrap().as_bytes(), Some(&b"not really a profile"[..]));
    assert_eq!(meta.get("chunks/vpAg").unwrap().as_bytes(), Some(&b"private"[..]));
}

#[test]
fn what_was_read_is_written() {
    let meta = iio::immeta(TOLD).unwrap();
    let (_, back) = written(&meta);
    for (path, value) in meta.leaves() {
        assert_eq!(back.get(&path), Some(value), "{path}");
    }
    assert_eq!(meta.leaves().len(), back.leaves().len());
}

#[test]
fn what_has_no_place_is_noted() {
    let mut meta = Metadata::new();
    meta.insert("flash", true);
    meta.insert("significant_bits", vec![Value::from(5)]);
    meta.section("text").insert("k".repeat(80), "x");
    meta.section("chunks").insert("hIST", vec![0u8, 1]);
    let mut writer = iio::imopen("<bytes>", &WriteOptions::new().extension("png").metadata(&meta)).unwrap();
    writer.write(&Array3::<u8>::zeros((2, 2, 3))).unwrap();
    let notes = writer.notes().join("\n");
    for word in ["`flash`", "`significant_bits`", "79 characters", "`hIST`"] {
        assert!(notes.contains(word), "{word} in {notes}");
    }
    let bytes = writer.finish().unwrap().unwrap();
    assert_eq!(iio::immeta(&bytes[..]).unwrap().leaves().len(), 3);
}

#[test]
fn density_is_spacing() {
    let props = iio::improps(TOLD).unwrap();
    let spacing = props.spacing.unwrap();
    assert_eq!(spacing.len(), 3);
    assert_eq!((spacing[0].value, spacing[0].unit), (1.0 / 7874.0, Unit::Metre));
    assert_eq!((spacing[1].value, spacing[1].unit), (1.0 / 3937.0, Unit::Metre));
    let mut meta = Metadata::new();
    meta.insert("aspect", vec![Value::from(2), Value::from(1)]);
    let (bytes, back) = written(&meta);
    assert_eq!(back.get("aspect").unwrap().to_string(), "[2, 1]");
    let spacing = iio::improps(&bytes[..]).unwrap().spacing.unwrap();
    assert_eq!((spacing[0].value, spacing[1].value, spacing[0].unit), (1.0, 0.5, Unit::None));
}

#[test]
fn orientation_is_left_to_the_caller() {
    let upright = ReadOptions::new().set("rotate", true);
    assert_eq!(iio::improps(TOLD).unwrap().shape, [9, 14, 4]);
    assert_eq!(iio::improps_with(TOLD, &upright).unwrap().shape, [14, 9, 4]);
    let (plain, turned) = (iio::imread(TOLD).unwrap(), iio::imread_with(TOLD, &upright).unwrap());
    let (plain, turned) = (plain.as_array::<u8>().unwrap(), turned.as_array::<u8>().unwrap());
    assert_eq!(turned[[0, 8, 1]], plain[[0, 0, 1]]);
}

#[test]
fn applied_metadata_is_hidden() {
    let bytes = include_bytes!("../../../tests/corpus/png/palette4_alpha.png");
    assert!(iio::immeta(&bytes[..]).unwrap().get("palette").is_none());
    let all = iio::immeta_with(&bytes[..], &ReadOptions::new().exclude_applied(false)).unwrap();
    assert_eq!(all.get("palette").unwrap().as_bytes().unwrap().len(), 15);
    assert_eq!(all.get("transparency").unwrap().as_bytes(), Some(&[0, 128][..]));
}

#[test]
fn gamma_keeps_the_type() {
    let options = ReadOptions::new().set("apply_gamma", true);
    let (plain, bright) = (iio::imread(TOLD).unwrap(), iio::imread_with(TOLD, &options).unwrap());
    let (plain, bright) = (plain.as_array::<u8>().unwrap(), bright.as_array::<u8>().unwrap());
    for (p, b) in plain.rows().into_iter().zip(bright.rows()) {
        for c in 0..3 {
            assert_eq!(b[c], ((f64::from(p[c]) / 255.0).powf(0.45455) * 255.0).round() as u8);
        }
        assert_eq!(b[3], p[3]);
    }
    assert!(iio::immeta_with(TOLD, &options).unwrap().get("gamma").is_none());

    let deep = Array2::<u16>::from_elem((1, 1), 16_384);
    let bytes = iio::imwrite_with("<bytes>", &deep, &WriteOptions::new().extension("png")).unwrap().unwrap();
    let read =
        |options: &ReadOptions| iio::imread_with(&bytes[..], options).unwrap().into_array::<u16>().unwrap()[[0, 0]];
    assert_eq!(read(&options), 16_384);
    assert_eq!(read(&ReadOptions::new().set("apply_gamma", 0.5)), 32_768);
    assert!(iio::imread_with(&bytes[..], &ReadOptions::new().set("apply_gamma", -1.0)).is_err());
}

#[test]
fn damaged_ancillary_chunks_are_noted() {
    let mut bytes = TOLD.to_vec();
    let at = bytes.windows(4).position(|w| w == b"tIME").unwrap();
    bytes[at + 5] ^= 1;
    let mut reader = Reader::open(&bytes[..]).unwrap();
    let meta = reader.metadata(0).unwrap();
    assert!(meta.get("time").is_none());
    assert!(meta.get("xmp").is_some());
    assert!(reader.notes().iter().any(|n| n.contains("tIME")), "{:?}", reader.notes());
    assert_eq!(reader.read(0).unwrap(), iio::imread(TOLD).unwrap());
}

#[test]
fn pixels_may_be_the_last_thing() {
    let end = TOLD.windows(4).position(|w| w == b"IDAT").unwrap();
    let len = u32::from_be_bytes(TOLD[end - 4..end].try_into().unwrap()) as usize;
    let mut reader = Reader::open(&TOLD[..end + 8 + len]).unwrap();
    assert_eq!(reader.read(0).unwrap(), iio::imread(TOLD).unwrap());
    assert!(reader.notes().iter().any(|n| n.contains("IEND")));
}

#[test]
fn profiles_of_other_colours_are_left_out() {
    let cases: &[(&[usize], &[u8; 4], bool)] = &[
        (&[4, 5], b"GRAY", true),
        (&[4, 5], b"RGB ", false),
        (&[4, 5, 2], b"RGB ", false),
        (&[4, 5, 3], b"RGB ", true),
        (&[4, 5, 4], b"CMYK", false),
        (&[4, 5, 3], b"GRAY", false),
    ];
    imageio_testkit::profiles::check("png", cases).unwrap();
}

/// A picture with a raw profile of ImageMagick's kind in a `tEXt` chunk.
fn with_profile(name: &str, profile: &[u8]) -> Vec<u8> {
    let hex: String = profile.iter().map(|b| format!("{b:02x}")).collect();
    let text = format!("tEXtRaw profile type {name}\0\n{name}\n{:8}\n{hex}\n", profile.len()).into_bytes();
    let image = Array2::<u8>::zeros((2, 3));
    let mut bytes = iio::imwrite_with("<bytes>", &image, &WriteOptions::new().extension("png")).unwrap().unwrap();
    let end = bytes.split_off(bytes.len() - 12);
    bytes.extend((text.len() as u32 - 4).to_be_bytes());
    bytes.extend(&text);
    bytes.extend(crc32fast::hash(&text).to_be_bytes());
    bytes.extend(end);
    bytes
}

#[test]
fn raw_profiles_say_what_they_are() {
    let mut tree = Metadata::new();
    tree.insert("Software", "a camera");
    let exif = imageio_exif::write(&tree).unwrap();
    let prefixed = [imageio_exif::PREFIX.as_slice(), &exif].concat();
    for (name, profile) in [("exif", &exif), ("exif", &prefixed), ("app1", &exif), ("APP1", &prefixed)] {
        let meta = iio::immeta(with_profile(name, profile)).unwrap();
        assert_eq!(meta.get("exif/Software").and_then(Value::as_str), Some("a camera"), "{name}");
        assert_eq!(meta.get("xmp"), None, "{name}");
    }
    let packet = b"<x:xmpmeta/>".to_vec();
    let named = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &packet].concat();
    for (name, profile) in [("xmp", &packet), ("app1", &packet), ("app1", &named)] {
        let meta = iio::immeta(with_profile(name, profile)).unwrap();
        assert_eq!(meta.get("xmp").and_then(Value::as_str), Some("<x:xmpmeta/>"), "{name}");
    }
    let records = b"\x1c\x02\x05\0\x03abc".as_slice();
    let resources = [b"8BIM\x04\x25\0\0\0\0\0\x01x\08BIM\x04\x04\0\0\0\0\0\x08".as_slice(), records].concat();
    for (name, profile) in [("iptc", records), ("iptc", &resources), ("8bim", &resources)] {
        let meta = iio::immeta(with_profile(name, profile)).unwrap();
        assert_eq!(meta.get("iptc").and_then(Value::as_bytes), Some(records), "{name}");
    }
    // What is nothing of that kind stays text.
    let meta = iio::immeta(with_profile("app1", b"something else")).unwrap();
    assert!(meta.get("text/Raw profile type app1").is_some() && meta.get("xmp").is_none());
}
