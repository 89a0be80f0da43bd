//! Writing and reading again through the functions that users call.
#![allow(clippy::unwrap_used)]

use imageio_core::ndarray::{Array2, Array3, Array4, ArrayD, Axis};
use imageio_core::{
    Batch, ErrorKind, Index, Metadata, NdImage, Options, ReadOptions, Reader, Value, WriteOptions, Writer, v3,
};
use imageio_plugin_webp as webp;
use std::time::Duration;

/// Slopes with an edge; alpha from clear to opaque.
fn picture(height: usize, width: usize, channels: usize, seed: usize) -> Array3<u8> {
    Array3::from_shape_fn((height, width, channels), |(y, x, c)| match c {
        3 => (x * 12).min(255) as u8,
        _ => wave(x * (3 + c) + y * (5 - c) + seed * 31) / 2 + if x > y { 90 } else { 20 },
    })
}

/// Up and down between 0 and 255.
fn wave(v: usize) -> u8 {
    let v = v % 510;
    v.min(510 - v) as u8
}

fn options() -> WriteOptions {
    WriteOptions::new().extension("webp")
}

fn with(options: impl Into<Options>) -> WriteOptions {
    self::options().with(options)
}

fn write(image: &Array3<u8>, how: &WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, how).unwrap().unwrap()
}

fn psnr(a: &Array3<u8>, b: &ArrayD<u8>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let sum: f64 = a.iter().zip(b.iter()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / sum.max(1e-9)).log10()
}

fn read(bytes: &[u8]) -> ArrayD<u8> {
    v3::imread_as::<u8>(bytes).unwrap()
}

fn channel(image: &ArrayD<u8>, c: usize) -> ArrayD<u8> {
    image.index_axis(Axis(2), c).to_owned()
}

#[test]
fn lossless_keeps_every_pixel() {
    for (height, width, channels) in [(1, 1, 3), (31, 45, 3), (31, 45, 4), (200, 3, 4)] {
        for effort in [0u8, 4, 6] {
            let image = picture(height, width, channels, 1);
            let bytes = write(&image, &with(webp::WriteOptions::new().lossless(true).effort(effort)));
            assert_eq!(read(&bytes), image.clone().into_dyn(), "{height} x {width} x {channels}, effort {effort}");
        }
    }
    // An opaque picture of four channels stays one.
    let mut image = picture(20, 20, 4, 2);
    image.index_axis_mut(Axis(2), 3).fill(255);
    for lossless in [true, false] {
        let bytes = write(&image, &with(webp::WriteOptions::new().lossless(lossless)));
        assert_eq!(v3::improps(&bytes).unwrap().shape, [20, 20, 4], "lossless {lossless}");
        assert!(channel(&read(&bytes), 3).iter().all(|a| *a == 255));
    }
}

#[test]
fn lossy_is_the_default_and_obeys_its_options() {
    let image = picture(120, 160, 3, 1);
    let default = write(&image, &options());
    assert_eq!(default, write(&image, &with(webp::WriteOptions::new().quality(80.0))));
    let best = write(&image, &options().set("quality", 100));
    let worst = write(&image, &options().set("quality", 0));
    assert!(best.len() > default.len() && default.len() > worst.len());
    assert!(psnr(&image, &read(&best)) > psnr(&image, &read(&default)));
    assert!(psnr(&image, &read(&default)) > 30.0);
    let fast = write(&image, &options().set("method", 0));
    let slow = write(&image, &options().set("effort", 6));
    assert!(fast != slow && slow.len() < fast.len(), "{} {}", fast.len(), slow.len());
}

#[test]
fn alpha_of_lossy_pictures_is_kept_exactly() {
    let image = picture(64, 70, 4, 3);
    let back = read(&write(&image, &options()));
    assert_eq!(channel(&back, 3), channel(&image.clone().into_dyn(), 3));
    assert!(psnr(&image, &back) > 28.0);
    // Noise does not compress: it is stored as it is.
    let noise = Array3::from_shape_fn((9, 9, 4), |(y, x, _)| (x * 97 + y * 57 * x + y * 31) as u8);
    let back = read(&write(&noise, &options()));
    assert_eq!(channel(&back, 3), channel(&noise.clone().into_dyn(), 3));
}

#[test]
fn hidden_colours() {
    let image = picture(40, 40, 4, 4);
    let kept = read(&write(&image, &options().set("lossless", true)));
    assert_eq!(kept, image.clone().into_dyn());
    let smaller = write(&image, &options().set("lossless", true).set("exact", false));
    let back = read(&smaller);
    assert_ne!(back, image.clone().into_dyn());
    for (a, b) in back.rows().into_iter().zip(image.rows()) {
        assert!(a[3] == b[3] && (a[3] == 0 || a == b.into_dyn().into_dimensionality().unwrap()));
    }
}

#[test]
fn grey_is_stored_in_colour_with_a_note() {
    let grey = Array2::from_shape_fn((15, 22), |(y, x)| (x * 11 + y) as u8);
    let mut writer = Writer::open_with("<bytes>", &options().set("lossless", true)).unwrap();
    writer.write(&grey).unwrap();
    assert!(writer.notes()[0].contains("no grey"), "{:?}", writer.notes());
    let back = read(&writer.finish().unwrap().unwrap());
    assert_eq!(back.shape(), [15, 22, 3]);
    assert!((0..3).all(|c| channel(&back, c) == grey.clone().into_dyn()));
    let pair = Array3::from_shape_fn((5, 6, 2), |(y, x, c)| (x * 40 + y * (c + 1)) as u8);
    let back = read(&write(&pair, &options().set("lossless", true)));
    assert_eq!(back.shape(), [5, 6, 4]);
    assert_eq!(channel(&back, 3), channel(&pair.clone().into_dyn(), 1));
    assert_eq!(channel(&back, 2), channel(&pair.clone().into_dyn(), 0));
}

/// Other decoders heed alpha only if the first chunk announces it.
#[test]
fn alpha_beside_grey_is_announced() {
    let announced = |bytes: &[u8]| bytes[12..16] == *b"VP8X" && bytes[20] & 0x10 != 0;
    let pair = Array3::from_shape_fn((9, 14, 2), |(y, x, c)| (x * 17 + y * (c + 5)) as u8);
    let bytes = write(&pair, &options());
    assert!(announced(&bytes));
    assert_eq!(channel(&read(&bytes), 3), pair.index_axis(Axis(2), 1).to_owned().into_dyn());
    let frames = Array4::from_shape_fn((2, 9, 14, 2), |(k, y, x, c)| (x * 17 + y * (c + 5) + k) as u8);
    for options in [options(), with(webp::WriteOptions::new().lossless(true))] {
        let bytes = v3::imwrite_with("<bytes>", Batch(&frames), &options).unwrap().unwrap();
        assert!(announced(&bytes));
        let back = v3::imread_with(&bytes, &ReadOptions::new().index(1)).unwrap().into_array::<u8>().unwrap();
        assert_eq!(channel(&back, 3), frames.index_axis(Axis(0), 1).index_axis(Axis(2), 1).to_owned().into_dyn());
    }
}

#[test]
fn animations() {
    let mut frames: Vec<Array3<u8>> = vec![picture(50, 60, 4, 0)];
    for k in 0..4 {
        let mut next = frames[k].clone();
        for ((y, x, _), value) in next.indexed_iter_mut() {
            if (10 + k..20 + 2 * k).contains(&y) && (7 * k..9 * k + 3).contains(&x) {
                *value = 40 * k as u8;
            }
        }
        frames.push(next);
    }
    // One that changes nothing.
    frames.push(frames[4].clone());
    let durations: Vec<Duration> = [10, 20, 30, 40, 50, 60].map(Duration::from_millis).to_vec();
    let how = webp::WriteOptions::new().lossless(true).duration(durations).loop_count(7u16);
    let bytes = v3::imwrite_with("<bytes>", &frames, &with(how)).unwrap().unwrap();
    let mut reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.count().unwrap(), Some(6));
    for k in [5, 0, 3, 3, 1, 4, 2] {
        assert_eq!(reader.read_as::<u8>(k).unwrap(), frames[k].clone().into_dyn(), "frame {k}");
        let metadata = reader.metadata(k).unwrap();
        assert_eq!(metadata.get("duration"), Some(&Value::UInt(10 * (k as u64 + 1))));
        assert_eq!(metadata.get("loop_count").and_then(Value::as_u64), Some(7));
    }
    let whole = reader.metadata(Index::All).unwrap();
    assert_eq!(whole.get("duration").and_then(Value::as_list).map(<[Value]>::len), Some(6));
    // The first image by default, as in Python.
    assert_eq!(v3::improps(&bytes).unwrap().shape, [50, 60, 4]);
    assert_eq!(v3::imread_with(&bytes, &ReadOptions::new().index(Index::All)).unwrap().shape(), [6, 50, 60, 4]);
    assert_eq!(v3::imiter(&bytes).unwrap().count(), 6);
    // Only what has changed is stored.
    let one = write(&frames[0], &options().set("lossless", true)).len();
    assert!(bytes.len() < 2 * one, "{} {one}", bytes.len());
}

#[test]
fn lossy_animations_and_batches() {
    let all = Array4::from_shape_fn((3, 40, 50, 3), |(k, y, x, c)| wave(x * 4 + y * 3 + k * 10 * c));
    let how = options().set("fps", 25).set("quality", 90);
    let bytes = v3::imwrite_with("<bytes>", Batch(&all), &how).unwrap().unwrap();
    let mut reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.metadata(2).unwrap().get("duration").and_then(Value::as_u64), Some(40));
    assert_eq!(reader.metadata(2).unwrap().get("loop_count").and_then(Value::as_u64), Some(0));
    let back = reader.read_as::<u8>(Index::All).unwrap();
    for k in 0..3 {
        let frame = all.index_axis(Axis(0), k).to_owned();
        assert!(psnr(&frame, &back.index_axis(Axis(0), k).to_owned()) > 28.0, "frame {k}");
    }
    // One image, of a number that was not known beforehand, is a still.
    let mut writer = Writer::open_with("<bytes>", &options()).unwrap();
    writer.write(picture(9, 9, 3, 0)).unwrap();
    let bytes = writer.finish().unwrap().unwrap();
    assert_eq!(&bytes[12..16], b"VP8 ");
    assert!(Reader::open(&bytes).unwrap().metadata(0).unwrap().get("duration").is_none());
}

#[test]
fn metadata_survives() {
    let mut metadata = Metadata::new();
    metadata.insert("icc", vec![7u8; 131]);
    metadata.insert("xmp", "<x:xmpmeta>grüße</x:xmpmeta>");
    metadata.section("exif").insert("Make", "Example");
    metadata.section("exif").insert("Orientation", 6);
    metadata.insert("gamma", 2.2);
    let image = picture(21, 33, 3, 0);
    for (images, n) in [(vec![image.clone()], 1), (vec![image.clone(), picture(21, 33, 3, 9)], 2)] {
        for lossless in [false, true] {
            let how = options().metadata(&metadata).set("lossless", lossless);
            let mut writer = Writer::open_with("<bytes>", &how).unwrap();
            writer.write(&images).unwrap();
            assert_eq!(writer.notes(), ["metadata `gamma` has no place in WebP and was left out"]);
            let bytes = writer.finish().unwrap().unwrap();
            let mut reader = Reader::open(&bytes).unwrap();
            assert_eq!(reader.count().unwrap(), Some(n));
            let back = reader.metadata(0).unwrap();
            for key in ["icc", "xmp", "exif/Make"] {
                assert_eq!(back.get(key), metadata.get(key), "{key}");
            }
            assert_eq!(back.get("exif/Orientation").and_then(Value::as_i64), Some(6));
            // As stored, and upright.
            assert_eq!(reader.properties(0).unwrap().shape, [21, 33, 3]);
            let turned = v3::imread_with(&bytes, &ReadOptions::new().set("rotate", true)).unwrap();
            assert_eq!(turned.shape(), [33, 21, 3]);
            // What was read can be written again.
            let again = write(&image, &options().metadata(&back).set("lossless", true));
            let again = v3::immeta(&again).unwrap();
            assert_eq!(again.get_section("exif"), back.get_section("exif"));
            assert_eq!(again.get("icc"), back.get("icc"));
        }
    }
}

#[test]
fn durations_come_from_metadata_too() {
    let frames = vec![picture(8, 8, 3, 0), picture(8, 8, 3, 1)];
    let mut metadata = Metadata::new();
    metadata.insert("duration", vec![Value::from(15), Value::from(25)]);
    metadata.insert("loop_count", 2);
    metadata.insert("background", vec![Value::from(1), Value::from(2), Value::from(3), Value::from(4)]);
    let bytes = v3::imwrite_with("<bytes>", &frames, &options().metadata(&metadata)).unwrap().unwrap();
    let back = Reader::open(&bytes).unwrap().metadata(Index::All).unwrap();
    assert_eq!(back.get("duration").map(Value::to_string), Some("[15, 25]".to_owned()));
    assert_eq!(back.get("loop_count").and_then(Value::as_u64), Some(2));
    assert_eq!(back.get("background").map(Value::to_string), Some("[1, 2, 3, 4]".to_owned()));
}

#[test]
fn refusals() {
    let kind = |image: NdImage, how: &WriteOptions| v3::imwrite_with("<bytes>", &image, how).unwrap_err().kind();
    assert_eq!(kind(Array2::<u16>::zeros((4, 4)).into(), &options()), ErrorKind::Mismatch);
    assert_eq!(kind(Array3::<u8>::zeros((4, 4, 5)).into(), &options()), ErrorKind::Mismatch);
    assert_eq!(kind(Array3::<u8>::zeros((4, 16_384, 3)).into(), &options()), ErrorKind::Mismatch);
    assert_eq!(kind(Array3::<u8>::zeros((0, 4, 3)).into(), &options()), ErrorKind::Mismatch);
    let image: NdImage = picture(4, 4, 3, 0).into();
    assert_eq!(kind(image.clone(), &options().set("quality", 101)), ErrorKind::InvalidOption);
    assert_eq!(kind(image.clone(), &options().set("effort", 7)), ErrorKind::InvalidOption);
    assert_eq!(kind(image, &options().set("speed", 1)), ErrorKind::UnknownOption);
    let frames = vec![picture(4, 4, 3, 0), picture(4, 5, 3, 0)];
    let e = v3::imwrite_with("<bytes>", &frames, &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("one shape"), "{e}");
    let frames = vec![picture(4, 4, 3, 0); 3];
    let two = webp::WriteOptions::new().duration(vec![Duration::from_millis(5); 2]);
    assert_eq!(v3::imwrite_with("<bytes>", &frames, &with(two)).unwrap_err().kind(), ErrorKind::InvalidOption);
}

#[test]
fn a_reader_stays_usable_after_a_failed_read() {
    let frames: Vec<Array3<u8>> = (0..3).map(|k| picture(40, 40, 3, k)).collect();
    let mut bytes = v3::imwrite_with("<bytes>", &frames, &options().set("lossless", true)).unwrap().unwrap();
    // Damage the last frame's pixels.
    let end = bytes.len();
    bytes[end - 200..].fill(0xff);
    let mut reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.read_as::<u8>(1).unwrap(), frames[1].clone().into_dyn());
    let _ = reader.read(2);
    assert_eq!(reader.read(3).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
    assert_eq!(reader.read_as::<u8>(0).unwrap(), frames[0].clone().into_dyn());
    assert_eq!(reader.read_as::<u8>(1).unwrap(), frames[1].clone().into_dyn());
}

#[test]
fn alpha_that_is_not_announced_does_not_count() {
    let mut bytes = include_bytes!("../../../tests/corpus/webp/lossy_alpha.webp").to_vec();
    let with_alpha = v3::imread(&bytes[..]).unwrap();
    assert_eq!((&bytes[12..16], bytes[20] & 0x10), (&b"VP8X"[..], 0x10));
    bytes[20] &= !0x10;
    let without = v3::imread(&bytes[..]).unwrap();
    assert_eq!(with_alpha.shape(), without.shape());
    let (a, b) = (with_alpha.into_array::<u8>().unwrap(), without.into_array::<u8>().unwrap());
    for (a, b) in a.as_slice().unwrap().chunks(4).zip(b.as_slice().unwrap().chunks(4)) {
        assert_eq!((&a[..3], 255), (&b[..3], b[3]));
    }
    assert!(Reader::open(&bytes[..]).unwrap().notes().iter().any(|note| note.contains("alpha")));
}

#[test]
fn profiles_of_other_colours_are_left_out() {
    let cases: &[(&[usize], &[u8; 4], bool)] = &[
        (&[4, 5], b"GRAY", false),
        (&[4, 5], b"RGB ", true),
        (&[4, 5, 4], b"RGB ", true),
        (&[4, 5, 4], b"CMYK", false),
    ];
    imageio_testkit::profiles::check("webp", cases).unwrap();
}

#[test]
fn a_canvas_that_only_a_small_file_claims_is_refused() {
    let frames = Array4::from_elem((2, 3, 3, 4), 99u8);
    let mut bytes =
        v3::imwrite_with("<bytes>", Batch(&frames), &with(webp::WriteOptions::new().lossless(true))).unwrap().unwrap();
    let at = bytes.windows(4).position(|w| w == b"VP8X").unwrap() + 12;
    bytes[at..at + 3].copy_from_slice(&16_383u32.to_le_bytes()[..3]);
    bytes[at + 3..at + 6].copy_from_slice(&9_999u32.to_le_bytes()[..3]);
    assert_eq!(v3::improps(&bytes).unwrap().shape[..2], [10_000, 16_384]);
    for index in [Index::At(0), Index::FromEnd(1), Index::All] {
        let e = v3::imread_with(&bytes, &ReadOptions::new().index(index)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
        assert!(e.to_string().contains("Limits::max_ratio"), "{e}");
    }
}
