//! Blobs that the reference encoder made, without it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod support;

use imageio_lerc::{Decoder, Error, Format, Header, Kind};
use support::{check, check_other, fixture};

#[test]
fn blobs_are_what_the_reference_makes_of_them() {
    let cases = fixture();
    assert_eq!(cases.len(), 43);
    let others = cases.iter().filter(|case| with_type!(case.kind.as_str(), check_other(case))).count();
    for case in &cases {
        with_type!(case.kind.as_str(), check(case));
    }
    // All but planes of bytes.
    assert_eq!(others, 39);
}

#[test]
fn the_first_version_is_the_second_without_huffman_codes() {
    for mut case in fixture().into_iter().filter(|case| case.label.contains("v2") && !case.label.contains("huffman")) {
        case.blob[6] = 1;
        assert_eq!(with_type!(case.kind.as_str(), check(&case)), Format::Lerc2(1));
    }
}

fn one(label: &str) -> Vec<u8> {
    fixture().into_iter().find(|case| case.label == label).unwrap().blob
}

#[test]
fn headers_tell_without_decoding() {
    let header = Header::read(&one("float32 v6 masked")).unwrap();
    assert_eq!((header.format, header.kind), (Format::Lerc2(6), Kind::F32));
    assert_eq!((header.width, header.height, header.depth, header.valid), (17, 12, 1, 174));
    assert!(header.mask_bytes > 20 && header.max_error == 0.01 && header.no_data.is_none());
    assert_eq!(header.elements(), 17 * 12);
    let bands = one("int16 masks");
    let first = Header::read(&bands).unwrap();
    assert_eq!((first.more, first.max_error), (2, 0.5));
    assert_eq!(Header::read(&bands[first.length..]).unwrap().more, 1);
    assert_eq!(Header::read(&one("float32 no data")).unwrap().no_data, Some(-9999.0));
    let whole = one("int16 deep");
    let header = Header::read(&whole).unwrap();
    assert_eq!((header.depth, header.range, header.length), (3, [-272.0, 633.0], whole.len()));
}

#[test]
fn what_does_not_fit_is_refused() {
    let blob = one("int16 v4 wave");
    let mut decoder = Decoder::new();
    let size = decoder.decode(&blob, &mut [0_i16; 203], 0).unwrap_err();
    assert_eq!(size, Error::Size { expected: 204, given: 203 });
    let kind = decoder.decode(&blob, &mut [0_u16; 204], 0).unwrap_err();
    assert_eq!(kind.to_string(), "an array of u16 for a blob of i16");
    let mut damaged = blob.clone();
    damaged[100] ^= 1;
    assert!(matches!(decoder.decode(&damaged, &mut [0_i16; 204], 0), Err(Error::Checksum { .. })));
    let cut = Decoder::new().decode(&blob[..blob.len() - 1], &mut [0_i16; 204], 0).unwrap_err();
    assert_eq!(cut, Error::Truncated { what: "the blob", at: 0, needed: blob.len(), left: blob.len() - 1 });
    assert_eq!(Header::read(b"Lerc3 and more"), Err(Error::NotLerc));
    damaged[6] = 7;
    assert_eq!(Header::read(&damaged).unwrap_err().to_string(), "LERC version 7 is not known");
    // Without the band that has the mask, a later one can't be read.
    let bands = one("int16 bands");
    let second = &bands[Header::read(&bands).unwrap().length..];
    assert!(matches!(Decoder::new().decode(second, &mut [0_i16; 204], 0), Err(Error::Malformed { .. })));
}

#[test]
fn a_header_can_not_ask_for_memory() {
    let mut blob = one("int16 v2 wave");
    blob[10..14].copy_from_slice(&i32::MAX.to_le_bytes());
    blob[14..18].copy_from_slice(&i32::MAX.to_le_bytes());
    let error = Decoder::new().decode(&blob, &mut [0_i16; 204], 0).unwrap_err();
    assert_eq!(error, Error::Size { expected: (i32::MAX as u64).pow(2), given: 204 });
}

/// Codes longer than what is looked up at once, and errors within them.
#[test]
fn long_codes_are_met() {
    for label in ["uint8 skewed", "int8 skewed"] {
        let blob = one(label);
        // Header, mask's length and ranges, then the layout: no plain pixels, but codes.
        let start = if label.starts_with('u') { 90 + 4 + 2 } else { 66 + 4 + 2 };
        assert_eq!((blob[start], blob[start + 1]), (0, 2), "{label}");
        // After version, size and range of the codes, their lengths in as few bits as the longest needs.
        assert_eq!(blob[start + 2 + 16] & 31, 4, "{label}: lengths of 8 to 15");
    }
}
