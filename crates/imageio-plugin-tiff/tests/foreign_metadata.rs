//! Metadata that were read from files of other formats.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use imageio_core::{Dtype, Metadata, NdImage, Value, WriteOptions, Writer, v3};
use imageio_plugin_tiff as _;

mod support;

fn write(image: &NdImage, options: &WriteOptions) -> (Vec<u8>, Vec<String>) {
    let mut writer = Writer::open_with("<bytes>", &options.clone().extension("tif")).unwrap();
    writer.write(image).unwrap();
    let notes = writer.notes();
    (writer.finish().unwrap().unwrap(), notes)
}

#[test]
fn what_has_no_place_is_told() {
    let mut metadata = Metadata::new();
    metadata.section("text").insert("Title", "x");
    metadata.insert("gamma", 0.45);
    metadata.section("exif").insert("Make", "y");
    metadata.section("exif").section("Thumbnail").insert("Compression", 6);
    let image = NdImage::zeros(Dtype::U8, &[4, 5, 3]).unwrap();
    let (bytes, notes) = write(&image, &WriteOptions::new().metadata(&metadata));
    for word in ["`text`", "`gamma`", "thumbnail"] {
        assert_eq!(notes.iter().filter(|note| note.contains(word)).count(), 1, "{word}: {notes:?}");
    }
    let back = v3::immeta(bytes.as_slice()).unwrap();
    assert_eq!(back.get("make").and_then(Value::as_str), Some("y"));
}

#[test]
fn profiles_of_other_colours_are_left_out() {
    let cases: [(&[usize], &[u8; 4], Option<&str>, bool); 6] = [
        (&[4, 5], b"GRAY", None, true),
        (&[4, 5], b"RGB ", None, false),
        (&[4, 5, 3], b"RGB ", None, true),
        (&[4, 5, 4], b"CMYK", None, false),
        (&[4, 5, 4], b"CMYK", Some("separated"), true),
        (&[4, 5, 6], b"CMYK", None, true),
    ];
    for (shape, space, photometric, fits) in cases {
        // The header of an ICC profile (ICC.1, section 7.2).
        let mut profile = vec![0; 132];
        profile[16..20].copy_from_slice(space);
        profile[36..40].copy_from_slice(b"acsp");
        let mut metadata = Metadata::new();
        metadata.insert("icc", profile);
        let mut options = WriteOptions::new().metadata(&metadata);
        if let Some(photometric) = photometric {
            options = options.set("photometric", photometric);
        }
        let (bytes, notes) = write(&NdImage::zeros(Dtype::U8, shape).unwrap(), &options);
        let kept = v3::immeta(bytes.as_slice()).unwrap().get("icc").is_some();
        let told = notes.iter().any(|note| note.contains("ICC profile is for"));
        assert_eq!((kept, told), (fits, !fits), "{shape:?} {space:?} {notes:?}");
    }
}

/// A picture of one pixel with a sample beyond its colours, and a tag of EXIF in its own directory.
fn with_extra_sample(meaning: u32) -> Vec<u8> {
    let mut file = support::File::new();
    let pixel = file.put(&[10, 20, 30, 40]);
    let first = file.directory(&[
        (256, 3, vec![1]),
        (257, 3, vec![1]),
        (258, 3, vec![8; 4]),
        (259, 3, vec![1]),
        (262, 3, vec![2]),
        (273, 4, vec![pixel]),
        (277, 3, vec![4]),
        (279, 4, vec![4]),
        (338, 3, vec![meaning]),
        (34855, 3, vec![400]),
        (65000, 3, vec![5]),
    ]);
    file.finish(first)
}

#[test]
fn what_a_sample_beyond_the_colours_means_is_kept() {
    for meaning in [0, 1, 2] {
        let bytes = with_extra_sample(meaning);
        let (image, meta) = (v3::imread(&bytes).unwrap(), v3::immeta(&bytes).unwrap());
        assert_eq!(meta.get("tags/ISOSpeedRatings").and_then(Value::as_u64), Some(400));
        assert_eq!(meta.get("tags/65000").and_then(Value::as_u64), Some(5));
        let options = WriteOptions::new().extension("tif").metadata(&meta);
        let copy = v3::imwrite_with("<bytes>", &image, &options).unwrap().unwrap();
        let back = v3::immeta(&copy).unwrap();
        assert_eq!(back.get("tags/ExtraSamples").and_then(Value::as_u64), Some(u64::from(meaning)));
        assert_eq!(v3::imread(&copy).unwrap(), image);
        // Colours alone have none.
        let other = imageio_core::ndarray::Array3::<u8>::zeros((2, 2, 3));
        let copy = v3::imwrite_with("<bytes>", &other, &options).unwrap().unwrap();
        assert_eq!(v3::immeta(&copy).unwrap().get("tags/ExtraSamples"), None);
    }
}
