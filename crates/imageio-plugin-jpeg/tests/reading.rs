//! Metadata, orientation, several images and damage.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use imageio_core::{ErrorKind, Index, Metadata, NdImage, ReadOptions, Reader, Unit, Value, v3};
use imageio_plugin_jpeg as _;

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/jpeg/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn text<'m>(meta: &'m Metadata, path: &str) -> &'m str {
    meta.get(path).and_then(Value::as_str).unwrap()
}

#[test]
fn all_metadata_are_found() {
    let bytes = file("metadata.jpg");
    let meta = v3::immeta(bytes.as_slice()).unwrap();
    assert_eq!(meta.get("exif/Orientation").and_then(Value::as_i64), Some(6));
    assert_eq!(text(&meta, "exif/Make"), "Maker");
    assert_eq!(meta.get("icc").and_then(Value::as_bytes).map(<[u8]>::len), Some(552));
    assert_eq!(text(&meta, "xmp"), "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>");
    assert_eq!(text(&meta, "comment"), "café");
    assert_eq!(meta.get("dpi"), Some(&Value::List(vec![Value::Float(300.0), Value::Float(150.0)])));
    assert_eq!((text(&meta, "process"), text(&meta, "subsampling")), ("baseline", "4:2:0"));
    assert_eq!(text(&meta, "color_space"), "YCbCr");
    let props = v3::improps(bytes.as_slice()).unwrap();
    let spacing = props.spacing.unwrap();
    assert_eq!((spacing[0].value, spacing[0].unit), (1.0 / 150.0, Unit::Inch));
    assert_eq!(spacing[1].value, 1.0 / 300.0);
}

#[test]
fn turned_upright_on_request() {
    let bytes = file("metadata.jpg");
    let upright = ReadOptions::new().set("rotate", true);
    let turned = v3::imread_with(bytes.as_slice(), &upright).unwrap();
    assert_eq!(v3::imread(bytes.as_slice()).unwrap().shape(), [29, 37, 3]);
    assert_eq!(turned.shape(), [37, 29, 3]);
}

#[test]
fn ink_becomes_light_on_request() {
    let bytes = file("cmyk.jpg");
    let ink = v3::imread_as::<u8>(bytes.as_slice()).unwrap();
    let rgb = v3::imread_with(bytes.as_slice(), &ReadOptions::new().set("mode", "RGB")).unwrap();
    assert_eq!((ink.shape(), rgb.shape()), (&[20, 17, 4][..], &[20, 17, 3][..]));
    let (ink, rgb) = (ink.as_slice().unwrap(), rgb.as_bytes().unwrap());
    let light = f64::from(255 - ink[3]);
    assert_eq!(rgb[0], (light - (f64::from(ink[0]) * light / 255.0).round()) as u8);
}

#[test]
fn images_of_a_multi_picture_file() {
    let bytes = file("two.mpo");
    assert_eq!(v3::improps(bytes.as_slice()).unwrap().n_images, Some(2));
    assert_eq!(v3::imread(bytes.as_slice()).unwrap().shape(), [29, 37, 3]);
    let second = v3::imread_with(bytes.as_slice(), &ReadOptions::new().index(Index::At(1))).unwrap();
    assert_eq!(second.shape(), [16, 24, 3]);
    let third = v3::imread_with(bytes.as_slice(), &ReadOptions::new().index(Index::At(2)));
    assert_eq!(third.unwrap_err().kind(), ErrorKind::IndexOutOfRange);
}

fn mean(image: &NdImage) -> f64 {
    let bytes = image.as_bytes().unwrap();
    bytes.iter().map(|b| f64::from(*b)).sum::<f64>() / bytes.len() as f64
}

#[test]
fn damage_is_refused_concealed_or_salvaged() {
    let whole = file("rgb420.jpg");
    let cut = &whole[..whole.len() - 80];
    let how = |word: &'static str| ReadOptions::new().set("damage", word);
    for word in ["refuse", "conceal"] {
        let e = v3::imread_with(cut, &how(word)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Malformed);
        assert!(e.to_string().contains("salvage"), "{e}");
    }
    let mut reader = Reader::open_with(cut, &how("salvage")).unwrap();
    let part = reader.read(0).unwrap();
    assert!((mean(&part) - mean(&v3::imread(whole.as_slice()).unwrap())).abs() < 30.0);
    assert!(reader.notes().iter().any(|note| note.contains("no data")), "{:?}", reader.notes());

    // A restart marker of the wrong number.
    let mut lost = file("restart440.jpg");
    let at = lost.windows(2).position(|w| w == [0xFF, 0xD1]).unwrap();
    lost[at + 1] = 0xD5;
    assert_eq!(v3::imread_with(lost.as_slice(), &how("refuse")).unwrap_err().kind(), ErrorKind::Malformed);
    let mut reader = Reader::open(lost.as_slice()).unwrap();
    reader.read(0).unwrap();
    assert!(!reader.notes().is_empty());
}

#[test]
fn junk_is_passed_over() {
    let whole = file("rgb420.jpg");
    let expected = v3::imread(whole.as_slice()).unwrap();
    let mut trailing = whole.clone();
    trailing.extend_from_slice(b"something behind the end");
    assert_eq!(v3::imread(trailing.as_slice()).unwrap(), expected);
    let without_end = &whole[..whole.len() - 2];
    assert_eq!(v3::imread(without_end).unwrap(), expected);
    // Between the segments.
    let mut between = whole.clone();
    between.splice(20..20, [1, 2, 3]);
    let mut reader = Reader::open(between.as_slice()).unwrap();
    assert_eq!(reader.read(0).unwrap(), expected);
    assert!(reader.notes()[0].contains("belong to no segment"), "{:?}", reader.notes());
}

#[test]
fn a_small_picture_may_have_very_many_scans() {
    let bytes = file("progressive.jpg");
    let starts: Vec<usize> = (0..bytes.len() - 1).filter(|at| bytes[*at..at + 2] == [0xFF, 0xDA]).collect();
    // The first scan of coefficients beyond the mean values, which says the same however often it comes.
    let first = (0..starts.len()).find(|k| bytes[starts[*k] + 7] != 0).unwrap();
    let end = starts[first]
        + (2..).find(|i| bytes[starts[first] + i] == 0xFF && !matches!(bytes[starts[first] + i + 1], 0)).unwrap();
    let mut many = bytes[..end].to_vec();
    for _ in 0..1500 {
        many.extend(&bytes[starts[first]..end]);
    }
    many.extend(&bytes[end..]);
    assert_eq!(v3::imread(many.as_slice()).unwrap(), v3::imread(bytes.as_slice()).unwrap());
}

#[test]
fn arithmetic_data_that_are_cut_off_are_no_picture() {
    // Zeros that an encoder left out and zeros for what is not there look alike, but for the marker behind them.
    for name in ["arithmetic.jpg", "arithmetic_progressive.jpg"] {
        let bytes = file(name);
        let whole = v3::imread(bytes.as_slice()).unwrap();
        let scan = bytes.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
        for end in scan..bytes.len() - 2 {
            match v3::imread(&bytes[..end]) {
                Err(e) => assert_eq!(e.kind(), ErrorKind::Malformed, "{name} up to {end}: {e}"),
                Ok(image) => assert!(image == whole || end + 8 > bytes.len(), "{name} up to {end}"),
            }
        }
    }
}

#[test]
fn scans_beyond_reason_are_refused_before_they_take_long() {
    let seg = |marker: u8, payload: &[u8]| {
        let length = (payload.len() as u16 + 2).to_be_bytes();
        [&[0xFF, marker], length.as_slice(), payload].concat()
    };
    let side = 2000u16.to_be_bytes();
    let mut out = vec![0xFF, 0xD8];
    out.extend(seg(0xDB, &[[0].as_slice(), &[1; 64]].concat()));
    out.extend(seg(0xC2, &[8, side[0], side[1], side[0], side[1], 1, 1, 0x11, 0]));
    let one_code = |class: u8, symbol: u8| {
        let mut table = vec![0; 18];
        (table[0], table[1], table[17]) = (class, 1, symbol);
        seg(0xC4, &table)
    };
    // Runs of 2^14 blocks without coefficients: a scan of 62 500 blocks is a handful of bytes.
    out.extend([one_code(0, 0), one_code(0x10, 0xE0)].concat());
    out.extend(seg(0xDA, &[1, 1, 0, 0, 0, 0]));
    out.extend([0; 62_500 / 8 + 1]);
    for _ in 0..1200 {
        out.extend(seg(0xDA, &[1, 1, 0, 1, 63, 0]));
        out.extend([0; 8]);
    }
    out.extend([0xFF, 0xD9]);
    let e = v3::imread(out.as_slice()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
    assert!(e.to_string().contains("scans over 62500 blocks"), "{e}");
}
