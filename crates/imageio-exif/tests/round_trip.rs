//! Blocks of either byte order, with every sort of value, there and back; and damage.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::{ErrorKind, Metadata, Value};
use imageio_exif::{orientation, parse, set_orientation, write};

/// A big-endian block as a camera might write it, made by hand: IFD0 (Make, Orientation, XResolution, Exif, GPS), Exif
/// (ExposureTime, UserComment in UTF-16, 0x9999), GPS (GPSVersionID, GPSLatitude), IFD1 with a JPEG thumbnail.
fn camera() -> Vec<u8> {
    let mut b = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    let entry = |b: &mut Vec<u8>, tag: u16, field: u16, count: u32, value: u32| {
        b.extend(tag.to_be_bytes());
        b.extend(field.to_be_bytes());
        b.extend(count.to_be_bytes());
        b.extend(value.to_be_bytes());
    };
    b.extend(5u16.to_be_bytes()); // at 8, to 74
    entry(&mut b, 0x010F, 2, 6, 74);
    entry(&mut b, 0x0112, 3, 1, 6 << 16);
    entry(&mut b, 0x011A, 3, 1, 72 << 16);
    entry(&mut b, 0x8769, 4, 1, 80);
    entry(&mut b, 0x8825, 4, 1, 146);
    b.extend(210u32.to_be_bytes());
    b.extend(b"Maker\0"); // at 74
    b.extend(3u16.to_be_bytes()); // at 80, to 122
    entry(&mut b, 0x829A, 5, 1, 122);
    entry(&mut b, 0x9286, 7, 12, 130);
    entry(&mut b, 0x9999, 9, 1, (-5i32) as u32);
    b.extend(0u32.to_be_bytes());
    b.extend([0, 0, 0, 10, 0, 0, 9, 0xC4]); // at 122
    b.extend(b"UNICODE\0\x00\xE4\x27\x13"); // at 130
    b.extend([0; 4]);
    b.extend(2u16.to_be_bytes()); // at 146, to 176
    entry(&mut b, 0, 1, 4, 0x0203_0000);
    entry(&mut b, 2, 5, 3, 176);
    b.extend(0u32.to_be_bytes());
    for part in [48u32, 1, 8, 1, 3599, 100] {
        b.extend(part.to_be_bytes()); // at 176
    }
    b.extend([0; 10]);
    b.extend(3u16.to_be_bytes()); // at 210, to 252
    entry(&mut b, 0x0103, 3, 1, 6 << 16);
    entry(&mut b, 0x0201, 4, 1, 252);
    entry(&mut b, 0x0202, 4, 1, 4);
    b.extend(0u32.to_be_bytes());
    b.extend([0xFF, 0xD8, 0xFF, 0xD9]);
    b
}

fn get<'m>(meta: &'m Metadata, path: &str) -> &'m Value {
    meta.get(path).unwrap_or_else(|| panic!("no {path} in\n{meta}"))
}

#[test]
fn a_big_endian_block_is_read() {
    let meta = parse(&camera()).unwrap();
    assert_eq!(get(&meta, "Make"), &Value::from("Maker"));
    assert_eq!(get(&meta, "Orientation"), &Value::UInt(6));
    assert_eq!(get(&meta, "XResolution"), &Value::Rational(72, 1));
    assert_eq!(get(&meta, "ExposureTime"), &Value::Rational(10, 2500));
    assert_eq!(get(&meta, "UserComment"), &Value::from("ä✓"));
    assert_eq!(get(&meta, "0x9999"), &Value::Int(-5));
    assert_eq!(get(&meta, "GPS/GPSVersionID").to_string(), "[2, 3, 0, 0]");
    assert_eq!(get(&meta, "GPS/GPSLatitude").to_string(), "[48/1, 8/1, 3599/100]");
    assert_eq!(get(&meta, "Thumbnail/Compression"), &Value::UInt(6));
    assert_eq!(get(&meta, "Thumbnail/Image").as_bytes(), Some(&[0xFF, 0xD8, 0xFF, 0xD9][..]));
    assert_eq!(meta.leaves().len(), 10);
}

#[test]
fn writing_gives_the_same_tree() {
    let meta = parse(&camera()).unwrap();
    let block = write(&meta).unwrap();
    assert!(block.starts_with(b"II*\0"));
    assert_eq!(parse(&block).unwrap(), meta);
    assert_eq!(write(&parse(&block).unwrap()).unwrap(), block);
}

#[test]
fn every_sort_of_value_survives() {
    let mut meta = Metadata::new();
    meta.insert("0x0F00", Value::UInt(7));
    meta.insert("0x0F01", Value::UInt(70_000));
    meta.insert("0x0F02", Value::Int(7));
    meta.insert("0x0F03", Value::Float(0.1));
    meta.insert("0x0F04", Value::Rational(-1, 3));
    meta.insert("0x0F05", Value::Rational(4_000_000_000, 3));
    meta.insert("0x0F06", "text ä");
    meta.insert("0x0F07", vec![1u8]);
    meta.insert("0x0F08", vec![1u8, 2, 3, 4, 5]);
    meta.insert("0x0F09", Value::List(vec![Value::UInt(1), Value::UInt(2)]));
    meta.insert("0x0F0A", Value::List(vec![Value::Int(-1), Value::Int(2)]));
    meta.insert("0x0F0B", Value::List(vec![Value::Float(1.5), Value::Float(-2.5)]));
    meta.insert("0x0F0C", Value::List(vec![Value::Rational(1, 2), Value::Rational(0, 0)]));
    meta.insert("XPTitle", "Ünïcode");
    meta.insert("ExifVersion", "0232");
    meta.insert("ComponentsConfiguration", Value::List([1u8, 2, 3, 0].map(Value::from).to_vec()));
    meta.insert("MakerNote", vec![9u8; 33]);
    meta.insert("UserComment", "a comment");
    meta.insert("FileSource", Value::UInt(3));
    meta.insert("0xA999", "private");
    meta.section("GPS").insert("GPSAltitudeRef", Value::UInt(1));
    meta.section("Interop").insert("InteropIndex", "R98");
    meta.section("Interop").insert("InteropVersion", "0100");
    let thumbnail = meta.section("Thumbnail");
    thumbnail.insert("ImageWidth", Value::UInt(2));
    thumbnail.insert("ImageLength", Value::UInt(1));
    thumbnail.insert("Compression", Value::UInt(1));
    thumbnail.insert("Image", vec![1u8, 2, 3, 4, 5, 6]);
    let block = write(&meta).unwrap();
    let back = parse(&block).unwrap();
    assert_eq!(back.to_string(), meta.to_string());
    assert_eq!(back, meta);
}

#[test]
fn what_people_write_takes_the_standard_form() {
    let mut meta = Metadata::new();
    meta.insert("XResolution", 72);
    meta.insert("FNumber", 2.8);
    meta.insert("ISO", 400);
    meta.insert("Orientation", 3i64);
    meta.insert("PixelXDimension", 640);
    meta.section("Exif").insert("ExposureBiasValue", -0.5);
    meta.insert("Artist", Value::Null);
    let back = parse(&write(&meta).unwrap()).unwrap();
    assert_eq!(get(&back, "XResolution"), &Value::Rational(72, 1));
    assert_eq!(get(&back, "FNumber"), &Value::Rational(14, 5));
    assert_eq!(get(&back, "ISOSpeedRatings"), &Value::UInt(400));
    assert_eq!(get(&back, "Orientation"), &Value::UInt(3));
    assert_eq!(get(&back, "ExifImageWidth"), &Value::UInt(640));
    assert_eq!(get(&back, "ExposureBiasValue"), &Value::Rational(-1, 2));
    assert_eq!(back.len(), 6);
}

#[test]
fn what_exif_can_not_hold_is_refused() {
    let mut meta = Metadata::new();
    meta.insert("Makes", "x");
    let e = write(&meta).unwrap_err();
    assert_eq!((e.kind(), e.hint()), (ErrorKind::Mismatch, Some("did you mean `Make`?")));
    let mut meta = Metadata::new();
    meta.insert("0x0F00", u64::MAX);
    assert_eq!(write(&meta).unwrap_err().kind(), ErrorKind::Mismatch);
    let mut meta = Metadata::new();
    meta.section("Nothing").insert("a", 1);
    assert_eq!(write(&meta).unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn an_empty_tree_is_a_block_too() {
    let block = write(&Metadata::new()).unwrap();
    assert_eq!((block.len(), parse(&block).unwrap().len()), (14, 0));
    let mut meta = Metadata::new();
    meta.section("Thumbnail").insert("Image", vec![0xFFu8, 0xD8]);
    assert_eq!(parse(&write(&meta).unwrap()).unwrap(), meta);
}

#[test]
fn orientation_is_found_and_changed() {
    let mut block = camera();
    assert_eq!(orientation(&block), Some(6));
    assert!(set_orientation(&mut block, 1));
    assert_eq!(orientation(&block), Some(1));
    assert_eq!(parse(&block).unwrap().get("Orientation"), Some(&Value::UInt(1)));
    let mut none = write(&Metadata::new()).unwrap();
    assert_eq!((orientation(&none), set_orientation(&mut none, 1)), (None, false));
    assert_eq!(orientation(b"nonsense"), None);
}

#[test]
fn damage_leaves_what_is_readable() {
    assert_eq!(parse(b"").unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(parse(b"Exif\0\0II").unwrap_err().kind(), ErrorKind::Malformed);
    let whole = camera();
    for end in 10..whole.len() {
        let _ = parse(&whole[..end]).unwrap();
    }
    // Cut behind the first directory: its inline values are still there.
    let cut = parse(&whole[..80]).unwrap();
    assert_eq!(get(&cut, "Orientation"), &Value::UInt(6));
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut block = whole.clone();
            block[at] ^= flip;
            if let Ok(meta) = parse(&block) {
                let _ = write(&meta);
            }
            let _ = orientation(&block);
            let _ = set_orientation(&mut block, 1);
        }
    }
}

#[test]
fn circles_and_bombs_end() {
    // Every pointer leads back to the first directory, which is the next one of itself as well.
    let mut b = b"II*\0\x08\0\0\0\x03\0".to_vec();
    for tag in [0x8769u16, 0x8825, 0xA005] {
        b.extend(tag.to_le_bytes());
        b.extend([4, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
    }
    b.extend(8u32.to_le_bytes());
    assert!(parse(&b).unwrap().is_empty());
    // 60 000 entries that each claim the whole block.
    let mut b = b"II*\0\x08\0\0\0".to_vec();
    b.extend(60_000u16.to_le_bytes());
    for tag in 0..60_000u16 {
        b.extend(tag.to_le_bytes());
        b.extend(7u16.to_le_bytes());
        b.extend(700_000u32.to_le_bytes());
        b.extend(8u32.to_le_bytes());
    }
    assert!(parse(&b).unwrap().leaves().len() < 10);
}

/// A block with `Make` in the first directory and in the Exif directory.
fn two_makers(first: &[u8; 4], second: &[u8; 4]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let head = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        [head.as_slice(), &count.to_le_bytes(), &value].concat()
    };
    let mut block = b"II*\0\x08\0\0\0\x02\0".to_vec();
    block.extend(entry(0x010F, 2, 4, *first));
    block.extend(entry(0x8769, 4, 1, 38u32.to_le_bytes()));
    block.extend([0; 4]);
    block.extend([1, 0]);
    block.extend(entry(0x010F, 2, 4, *second));
    block.extend([0; 4]);
    block
}

#[test]
fn an_empty_text_gives_way_to_the_other_directory() {
    for (first, second, expected) in
        [(b"abc\0", b"xyz\0", "abc"), (b"\0\0\0\0", b"xyz\0", "xyz"), (b"abc\0", b"\0\0\0\0", "abc")]
    {
        let tree = parse(&two_makers(first, second)).unwrap();
        assert_eq!(tree.get("Make").and_then(Value::as_str), Some(expected));
    }
}

#[test]
fn the_number_behind_the_byte_order_may_be_turned_round() {
    let whole = parse(&camera()).unwrap();
    let mut turned = camera();
    turned[8..10].copy_from_slice(b"*\0");
    assert_eq!(parse(&turned).unwrap().leaves(), whole.leaves());
    turned[8..10].copy_from_slice(b"+\0");
    assert!(parse(&turned).is_err());
}
