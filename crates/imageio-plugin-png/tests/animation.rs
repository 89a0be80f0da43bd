//! Animations, read and written.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::time::Duration;

use imageio_core::ndarray::{Array4, Axis, Slice};
use imageio_core::{Batch, ErrorKind, Index, Metadata, NdImage, ReadOptions, Reader, Value, WriteOptions, v3 as iio};
use imageio_plugin_png as _;

const MOVING: &[u8] = include_bytes!("../../../tests/corpus/png/moving.png");
const WITH_STILL: &[u8] = include_bytes!("../../../tests/corpus/png/with_still.apng");

fn apng() -> WriteOptions {
    WriteOptions::new().extension("apng")
}

/// Frames in which a little changes.
fn film(n: usize) -> Array4<u8> {
    Array4::from_shape_fn((n, 20, 30, 4), |(k, y, x, c)| {
        let inside = (5..9).contains(&y) && (4 + k..10 + k).contains(&x);
        // Translucent and empty pixels keep their colours.
        [if inside { 200 } else { 10 }, (x * 3) as u8, (y * 5) as u8, [255, 0, 77][(x + y) % 3]][c]
    })
}

fn durations(bytes: &[u8]) -> Vec<f64> {
    let mut reader = Reader::open(bytes).unwrap();
    let n = reader.count().unwrap().unwrap();
    (0..n).map(|k| reader.metadata(k).unwrap().get("duration").unwrap().as_f64().unwrap()).collect()
}

#[test]
fn random_access_is_sequential_access() {
    let mut reader = Reader::open(MOVING).unwrap();
    let all: Vec<NdImage> = reader.frames().map(Result::unwrap).collect();
    assert_eq!(all.len(), 6);
    for k in [5, 0, 3, 3, 1, 4, 2, 5, 4, 0, 2] {
        assert_eq!(reader.read(k).unwrap(), all[k], "frame {k}");
    }
    assert_eq!(reader.read(-1).unwrap(), all[5]);
    assert_eq!(reader.read(6).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
    assert_eq!(reader.properties(Index::All).unwrap().shape, [6, 8, 10, 4]);
}

#[test]
fn times_and_loops_are_told() {
    let meta = iio::immeta(MOVING).unwrap();
    assert_eq!(meta.get("loop_count").unwrap().as_u64(), Some(3));
    let times: Vec<f64> = meta.get("duration").unwrap().as_list().unwrap().iter().filter_map(Value::as_f64).collect();
    // A denominator of 0 counts as 100.
    assert_eq!(times, [100.0, 200.0, 300.0, 1001.0 / 30.0, 0.0, 1250.0]);
    assert_eq!(durations(MOVING), times);
    let mut reader = Reader::open_with(MOVING, &ReadOptions::new().exclude_applied(false)).unwrap();
    let meta = reader.metadata(2).unwrap();
    assert_eq!(meta.get("bbox").unwrap().to_string(), "[3, 2, 7, 7]");
    assert_eq!(meta.get("disposal").unwrap().as_str(), Some("previous"));
    assert_eq!(meta.get("blend").unwrap().as_str(), Some("over"));
}

#[test]
fn a_still_in_front_is_image_0() {
    let mut reader = Reader::open(WITH_STILL).unwrap();
    assert_eq!(reader.count().unwrap(), Some(3));
    assert_eq!(reader.metadata(0).unwrap().get("default_image").unwrap().as_bool(), Some(true));
    assert!(reader.metadata(0).unwrap().get("duration").is_none());
    assert_eq!(reader.metadata(2).unwrap().get("duration").unwrap().as_f64(), Some(200.0));
    // The list has a place for each image, so that it can be written again with all of them.
    let whole = iio::immeta(WITH_STILL).unwrap();
    let times = whole.get("duration").unwrap().as_list().unwrap().iter().filter_map(Value::as_f64);
    assert_eq!(times.collect::<Vec<_>>(), [0.0, 100.0, 200.0]);
}

#[test]
fn pillows_way_can_be_had() {
    let pillow = ReadOptions::new().set("compose", "pillow");
    let (standard, other) = (iio::imread(MOVING).unwrap(), iio::imread_with(MOVING, &pillow).unwrap());
    assert_eq!(standard.index_first(0), other.index_first(0));
    assert_ne!(standard.index_first(1), other.index_first(1));
    // One reader gives both.
    let mut reader = Reader::open(MOVING).unwrap();
    let again = reader.read_with(1, imageio_core::Options::new().set("compose", "pillow")).unwrap();
    assert_eq!(Some(again), other.index_first(1));
    assert_eq!(Some(reader.read(1).unwrap()), standard.index_first(1));
}

#[test]
fn frames_come_back_exactly() {
    let film = film(6);
    for channels in 1..=4 {
        let part = film.slice_axis(Axis(3), Slice::from(..channels)).to_owned();
        let frames = match channels {
            1 => NdImage::from(part.index_axis_move(Axis(3), 0)),
            _ => part.into(),
        };
        let deep = NdImage::from(frames.cast::<u16>(imageio_core::Cast::Scale).unwrap());
        for frames in [frames, deep] {
            for interlace in [false, true] {
                let options = apng().set("interlace", interlace);
                let bytes = iio::imwrite_with("<bytes>", Batch(&frames), &options).unwrap().unwrap();
                assert_eq!(iio::imread(&bytes[..]).unwrap(), frames, "{frames:?}");
            }
        }
    }
    let bits = NdImage::from(film.index_axis(Axis(3), 0).mapv(|v| v > 100));
    let bytes = iio::imwrite_with("<bytes>", Batch(&bits), &apng()).unwrap().unwrap();
    assert_eq!(iio::imread(&bytes[..]).unwrap(), bits);
}

#[test]
fn only_what_changed_is_stored() {
    let film = film(6);
    let bytes = iio::imwrite_with("<bytes>", Batch(&film), &apng()).unwrap().unwrap();
    let mut reader = Reader::open_with(&bytes[..], &ReadOptions::new().exclude_applied(false)).unwrap();
    assert_eq!(reader.metadata(1).unwrap().get("bbox").unwrap().to_string(), "[4, 5, 11, 9]");
    let still = Array4::<u8>::zeros((3, 5, 5, 3));
    let bytes = iio::imwrite_with("<bytes>", Batch(&still), &apng()).unwrap().unwrap();
    assert_eq!(iio::imread(&bytes[..]).unwrap(), NdImage::from(still));
}

#[test]
fn several_images_need_a_word() {
    let film = film(2);
    let png = WriteOptions::new().extension("png");
    let e = iio::imwrite_with("<bytes>", Batch(&film), &png).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("`animation`"), "{e}");
    let mut writer = iio::imopen("<bytes>", &png).unwrap();
    writer.write(&film.index_axis(Axis(0), 0)).unwrap();
    assert_eq!(writer.write(&film.index_axis(Axis(0), 1)).unwrap_err().kind(), ErrorKind::Mismatch);
    let bytes = iio::imwrite_with("<bytes>", Batch(&film), &png.set("animation", true)).unwrap().unwrap();
    assert_eq!(iio::imread(&bytes[..]).unwrap(), NdImage::from(film.clone()));
    // One image is a still, even under the other name.
    let one = film.index_axis(Axis(0), 0);
    let bytes = iio::imwrite_with("<bytes>", &one, &apng()).unwrap().unwrap();
    assert_eq!(iio::imread(&bytes[..]).unwrap(), NdImage::from(one.to_owned()));
}

#[test]
fn times_are_those_asked_for() {
    let film = film(3);
    let times = |options: WriteOptions| {
        let bytes = iio::imwrite_with("<bytes>", Batch(&film), &options).unwrap().unwrap();
        let plays = iio::immeta(&bytes[..]).unwrap().get("loop_count").unwrap().as_u64().unwrap();
        (durations(&bytes), plays)
    };
    assert_eq!(times(apng()), (vec![100.0; 3], 0));
    assert_eq!(times(apng().set("duration", 40).set("loop_count", 2)), (vec![40.0; 3], 2));
    assert_eq!(times(apng().set("fps", Value::Rational(30_000, 1001))).0, [1001.0 / 30.0; 3]);
    let list = imageio_plugin_png::WriteOptions::new().duration([10, 2000, 0].map(Duration::from_millis));
    assert_eq!(times(apng().with(list)).0, [10.0, 2000.0, 0.0]);
    let mut meta = Metadata::new();
    meta.insert("duration", vec![Value::from(1.5), Value::from(7), Value::from(9)]);
    meta.insert("loop_count", 5);
    assert_eq!(times(apng().metadata(&meta)), (vec![1.5, 7.0, 9.0], 5));

    let short = apng().set("duration", vec![Value::from(1), Value::from(2)]);
    let e = iio::imwrite_with("<bytes>", Batch(&film), &short).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

#[test]
fn metadata_of_an_animation_comes_back() {
    let meta = iio::immeta(MOVING).unwrap();
    let frames = iio::imread(MOVING).unwrap();
    let bytes = iio::imwrite_with("<bytes>", Batch(&frames), &apng().metadata(&meta)).unwrap().unwrap();
    assert_eq!(iio::imread(&bytes[..]).unwrap(), frames);
    assert_eq!(iio::immeta(&bytes[..]).unwrap(), meta);
}

#[test]
fn the_number_of_frames_may_be_found_out_late() {
    let film = film(4);
    let mut writer = iio::imopen("<bytes>", &apng()).unwrap();
    for (k, frame) in film.outer_iter().enumerate() {
        let mut meta = Metadata::new();
        meta.insert("duration", 10.0 * (k + 1) as f64);
        writer.set_metadata(&meta);
        writer.write(&frame).unwrap();
    }
    let bytes = writer.finish().unwrap().unwrap();
    assert_eq!(iio::imread(&bytes[..]).unwrap(), NdImage::from(film));
    assert_eq!(durations(&bytes), [10.0, 20.0, 30.0, 40.0]);
}

#[test]
fn frames_must_be_alike() {
    let film = film(1);
    let mut writer = iio::imopen("<bytes>", &apng()).unwrap();
    writer.write(&film.index_axis(Axis(0), 0)).unwrap();
    let e = writer.write(imageio_core::ndarray::Array3::<u8>::zeros((20, 30, 3))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
}

#[test]
fn a_damaged_frame_spoils_no_other() {
    let mut bytes = MOVING.to_vec();
    // In the data of the third frame.
    let at: Vec<usize> = (0..bytes.len() - 4).filter(|at| &bytes[*at..at + 4] == b"fcTL").collect();
    bytes[at[2] + 60] ^= 0x55;
    let mut reader = Reader::open(&bytes[..]).unwrap();
    let good: Vec<NdImage> = Reader::open(MOVING).unwrap().frames().map(Result::unwrap).collect();
    assert_eq!(reader.read(1).unwrap(), good[1]);
    assert_eq!(reader.read(2).unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(reader.read(3).unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(reader.read(1).unwrap(), good[1]);
    // The fifth frame covers everything.
    assert_eq!(reader.read(5).unwrap(), good[5]);
}
