//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used)]

use imageio_core::ndarray::{Array2, Array3, Array4, Axis, Slice};
use imageio_core::{Batch, ErrorKind, Metadata, NdImage, ReadOptions, Reader, Value, WriteOptions, Writer, v3 as iio};
use imageio_plugin_gif as _;

fn to() -> WriteOptions {
    WriteOptions::new().extension("gif")
}

fn write(frames: &Array4<u8>, options: &WriteOptions) -> Vec<u8> {
    iio::imwrite_with("<bytes>", Batch(frames), options).unwrap().unwrap()
}

fn read(bytes: &[u8]) -> NdImage {
    let all = iio::imread(bytes).unwrap();
    // One at a time, backwards and by properties it is the same.
    let mut reader = Reader::open(bytes).unwrap();
    for k in (0..all.shape()[0]).rev().chain(0..all.shape()[0]) {
        assert!(reader.read(k).unwrap() == all.index_first(k).unwrap(), "frame {k}");
    }
    assert_eq!(iio::improps(bytes).unwrap().shape, all.shape());
    all
}

/// The frames as an independent decoder shows them: RGBA, kept frames only, no disposal but to background.
fn other_decoder(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).unwrap();
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let mut canvas = vec![0; width * height * 4];
    let mut out = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let row_bytes = usize::from(frame.width) * 4;
        let at = |y: usize| ((y + usize::from(frame.top)) * width + usize::from(frame.left)) * 4;
        for (y, row) in frame.buffer.chunks(row_bytes).enumerate() {
            for (old, new) in canvas[at(y)..at(y) + row_bytes].chunks_mut(4).zip(row.chunks(4)) {
                if new[3] > 0 {
                    old.copy_from_slice(new);
                }
            }
        }
        out.push(canvas.clone());
        if frame.dispose == gif::DisposalMethod::Background {
            for y in 0..usize::from(frame.height) {
                canvas[at(y)..at(y) + row_bytes].fill(0);
            }
        }
    }
    out
}

/// A small picture of few colours that changes from frame to frame: `salt` chooses which.
fn frames(n: usize, height: usize, width: usize, channels: usize, salt: u32) -> Array4<u8> {
    let mut seed = salt;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as usize
    };
    let mut all = Array4::zeros((n, height, width, channels));
    let mut now = Array3::from_shape_fn((height, width, channels), |_| (random() % 3 * 100) as u8);
    for k in 0..n {
        let (y, x) = (random() % height, random() % width);
        let (y1, x1) = (y + 1 + random() % (height - y), x + 1 + random() % (width - x));
        let mut part = now.slice_axis_mut(Axis(0), Slice::from(y..y1));
        part.slice_axis_mut(Axis(1), Slice::from(x..x1)).mapv_inplace(|_| (random() % 3 * 100) as u8);
        if channels == 4 {
            now.index_axis_mut(Axis(2), 3).mapv_inplace(|_| if random() % 4 == 0 { 0 } else { 255 });
            for mut pixel in now.lanes_mut(Axis(2)) {
                if pixel[3] == 0 {
                    pixel.fill(0);
                }
            }
            if k % 2 == 0 {
                now.index_axis_mut(Axis(2), 3).slice_axis_mut(Axis(0), Slice::from(..y)).fill(255);
            }
        }
        all.index_axis_mut(Axis(0), k).assign(&now);
    }
    all
}

#[test]
fn few_colours_come_back_exactly() {
    for salt in 0..24 {
        for channels in [3, 4] {
            let images = frames(1 + salt % 5, 1 + salt * 3 % 11, 1 + salt * 7 % 13, channels, salt as u32);
            for options in
                [to(), to().set("optimize", false), to().set("interlace", true), to().set("global_palette", true)]
            {
                let bytes = write(&images, &options);
                assert!(read(&bytes) == images.clone().into(), "{salt} {channels} {:?}", options.options);
                for (shown, image) in other_decoder(&bytes).iter().zip(images.outer_iter()) {
                    let image: Vec<u8> = image.iter().copied().collect();
                    let same = shown.chunks(4).zip(image.chunks(channels)).all(|(a, b)| a[..channels] == *b);
                    assert!(same, "{salt} {channels} {:?}", options.options);
                }
            }
        }
    }
}

#[test]
fn grey_comes_back_as_grey() {
    let ramp = Array3::from_shape_fn((4, 16, 16), |(k, y, x)| (y * 16 + x + k * (y / 8)) as u8);
    let bytes = iio::imwrite_with("<bytes>", Batch(&ramp), &to()).unwrap().unwrap();
    assert!(read(&bytes) == ramp.into());
    // An RGB picture whose colours are a grey ramp stays RGB.
    let black_and_one = Array4::from_shape_fn((1, 2, 2, 3), |(_, y, x, _)| (y * 2 + x) as u8);
    assert!(read(&write(&black_and_one, &to())) == black_and_one.into());
    let ramp = Array4::from_shape_fn((2, 16, 16, 3), |(_, y, x, _)| (y * 16 + x) as u8);
    assert!(read(&write(&ramp, &to())) == ramp.into());
}

#[test]
fn a_still_keeps_256_colours() {
    let colours = Array3::from_shape_fn((16, 16, 4), |(y, x, c)| [(y * 16) as u8, (x * 16) as u8, 7, 255][c]);
    let bytes = iio::imwrite_with("<bytes>", &colours, &to()).unwrap().unwrap();
    let expected = colours.slice_axis(Axis(2), Slice::from(..3)).to_owned().insert_axis(Axis(0));
    assert!(iio::imread(&bytes).unwrap() == expected.into());
    let meta = iio::immeta(&bytes).unwrap();
    assert!(meta.get("loop_count").is_none() && meta.get("duration").is_none());
}

#[test]
fn many_colours_come_close() {
    let images = Array4::from_shape_fn((3, 64, 64, 3), |(k, y, x, c)| [x * 4, y * 4, (x + y + 20 * k) % 256][c] as u8);
    let error = |options: &WriteOptions| {
        let back: Array4<u8> = read(&write(&images, options)).try_into().unwrap();
        let sum: f64 = back.iter().zip(&images).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        sum / images.len() as f64
    };
    let best = error(&to());
    assert!(best < 70.0, "{best}");
    let wu = error(&to().set("quantizer", "wu"));
    assert!(wu >= best && wu < 1.3 * best, "{wu}");
    assert!(error(&to().set("colors", 16)) > 3.0 * best);
    assert!(error(&to().set("dither", "floyd-steinberg")) > best);
    assert!(error(&to().set("global_palette", true)) < 4.0 * best);
}

#[test]
fn colors_limit_the_palette() {
    let images = frames(3, 20, 20, 3, 5);
    let bytes = write(&images, &to().set("colors", 4));
    for k in 0..3 {
        let options = ReadOptions::new().index(k).exclude_applied(false);
        let meta = iio::immeta_with(&bytes, &options).unwrap();
        assert!(meta.get("palette").and_then(Value::as_bytes).unwrap().len() <= 3 * 8);
        let frame: Array3<u8> = iio::imread_with(&bytes, &options).unwrap().try_into().unwrap();
        let mut colours: Vec<Vec<u8>> = frame.lanes(Axis(2)).into_iter().map(|p| p.to_vec()).collect();
        colours.sort();
        colours.dedup();
        assert!(colours.len() <= 4);
    }
}

#[test]
fn optimisation_saves_space() {
    let images = Array4::from_shape_fn((10, 60, 80, 3), |(k, y, x, c)| match c {
        0 => (x * y % 7) as u8,
        1 if (10..20).contains(&y) && (5 * k..5 * k + 8).contains(&x) => 200,
        _ => 9,
    });
    let (small, large) = (write(&images, &to()), write(&images, &to().set("optimize", false)));
    assert!(small.len() * 4 < large.len(), "{} {}", small.len(), large.len());
    assert!(read(&small) == images.clone().into() && read(&large) == images.into());
}

#[test]
fn equal_frames_are_kept_unless_merged() {
    let mut images = Array4::<u8>::zeros((5, 3, 4, 3));
    images.index_axis_mut(Axis(0), 3).fill(90);
    let options = to().set("duration", vec![Value::from(10), Value::from(20), Value::from(30), 40.into(), 50.into()]);
    let bytes = write(&images, &options);
    assert!(read(&bytes) == images.clone().into());
    let durations = |bytes: &[u8]| iio::immeta(bytes).unwrap().get("durations").unwrap().to_string();
    assert_eq!(durations(&bytes), "[10, 20, 30, 40, 50]");
    let merged = write(&images, &options.set("merge_duplicates", true));
    assert_eq!(durations(&merged), "[60, 40, 50]");
    assert!(read(&merged) == images.slice_axis(Axis(0), Slice::from(2..)).to_owned().into());
}

#[test]
fn times_loops_and_texts_survive() {
    let images = frames(3, 5, 6, 3, 1);
    let bytes = write(&images, &to());
    let meta = iio::immeta(&bytes).unwrap();
    assert_eq!(meta.get("loop_count"), Some(&Value::UInt(0)));
    assert_eq!(meta.get("durations").unwrap().to_string(), "[100, 100, 100]");

    let mut wanted = Metadata::new();
    wanted.insert("loop_count", 5);
    wanted.insert("durations", vec![Value::from(30), Value::from(50), Value::from(1000)]);
    wanted.insert("comment", "größer".repeat(50));
    wanted.insert("xmp", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".repeat(20));
    wanted.insert("icc", vec![7u8; 700]);
    let bytes = write(&images, &to().metadata(&wanted));
    let meta = iio::immeta(&bytes).unwrap();
    for key in ["loop_count", "comment", "xmp", "icc"] {
        assert_eq!(meta.get(key).map(Value::to_string), wanted.get(key).map(Value::to_string), "{key}");
    }
    assert_eq!(meta.get("icc"), wanted.get("icc"));
    assert_eq!(meta.get("durations").unwrap().to_string(), "[30, 50, 1000]");
    // What was read is written again as it was.
    let again = write(&images, &to().metadata(&meta));
    assert!(again == bytes);
    let third = iio::immeta_with(&bytes, &ReadOptions::new().index(2)).unwrap();
    assert_eq!(third.get("duration").and_then(Value::as_f64), Some(1000.0));

    let bytes = write(&images, &to().set("fps", 30).set("loop_count", 2).set("comment", "c").metadata(&wanted));
    let meta = iio::immeta(&bytes).unwrap();
    assert_eq!(meta.get("durations").unwrap().to_string(), "[30, 40, 30]");
    assert_eq!(meta.get("loop_count"), Some(&Value::UInt(2)));
    assert_eq!(meta.get("comment").and_then(Value::as_str), Some("c"));
}

#[test]
fn frames_carry_their_own_duration() {
    let images = frames(3, 4, 4, 3, 2);
    let mut writer = Writer::open_with("<bytes>", &to()).unwrap();
    for (image, ms) in images.outer_iter().zip([20, 30, 5]) {
        let mut meta = Metadata::new();
        meta.insert("duration", ms);
        meta.insert("gamma", 2.2);
        writer.set_metadata(&meta);
        writer.write(&image).unwrap();
    }
    assert!(writer.notes().iter().any(|n| n.contains("gamma")), "{:?}", writer.notes());
    let bytes = writer.finish().unwrap().unwrap();
    // 5 ms end at 55 ms, which is rounded up.
    assert_eq!(iio::immeta(&bytes).unwrap().get("durations").unwrap().to_string(), "[20, 30, 10]");
}

#[test]
fn what_does_not_fit_is_refused() {
    let kind = |e: imageio_core::Error| e.kind();
    let two = Array3::<u8>::zeros((4, 4, 2));
    assert_eq!(kind(iio::imwrite_with("<bytes>", &two, &to()).unwrap_err()), ErrorKind::Mismatch);
    let wide = Array2::<u8>::zeros((1, 65_536));
    assert_eq!(kind(iio::imwrite_with("<bytes>", &wide, &to()).unwrap_err()), ErrorKind::Mismatch);
    let sizes = vec![Array2::<u8>::zeros((4, 4)), Array2::<u8>::zeros((4, 5))];
    assert_eq!(kind(iio::imwrite_with("<bytes>", &sizes, &to()).unwrap_err()), ErrorKind::Mismatch);
    let list = to().set("duration", vec![Value::from(10), Value::from(20)]);
    let frames = Array4::<u8>::zeros((3, 2, 2, 3));
    assert_eq!(kind(iio::imwrite_with("<bytes>", Batch(&frames), &list).unwrap_err()), ErrorKind::InvalidOption);
    let wide = to().set("colors", 300);
    assert_eq!(kind(iio::imwrite_with("<bytes>", &frames, &wide).unwrap_err()), ErrorKind::InvalidOption);
}

#[test]
fn alpha_is_all_or_nothing() {
    let image = Array3::from_shape_fn((1, 256, 4), |(_, x, c)| if c == 3 { x as u8 } else { 50 });
    for (threshold, first) in [(None, 128), (Some(1), 1), (Some(255), 255)] {
        let options = threshold.map_or_else(to, |t| to().set("alpha_threshold", t));
        let bytes = iio::imwrite_with("<bytes>", &image, &options).unwrap().unwrap();
        let back: Array4<u8> = iio::imread(&bytes).unwrap().try_into().unwrap();
        let opaque: Vec<usize> = (0..256).filter(|x| back[[0, 0, *x, 3]] == 255).collect();
        assert_eq!(opaque, (first..256).collect::<Vec<_>>());
    }
}

#[test]
fn a_global_palette_grows_until_it_is_full() {
    // More frames than are ever in flight, each with colours of its own.
    let images = Array4::from_shape_fn((50, 2, 3, 3), |(k, y, x, c)| [k as u8, (y * 3 + x) as u8, 0][c]);
    let bytes = write(&images, &to().set("global_palette", true));
    let back: Array4<u8> = read(&bytes).try_into().unwrap();
    let first = |a: &Array4<u8>| a.slice_axis(Axis(0), Slice::from(..30)).to_owned();
    assert_eq!(first(&back), first(&images));
    assert_ne!(back, images);
    let local =
        |k: usize| iio::immeta_with(&bytes, &ReadOptions::new().index(k)).unwrap().get("local_palette").cloned();
    assert!((0..50).all(|k| local(k) == Some(Value::Bool(false))));
}

#[test]
fn a_frame_without_pixels_does_not_enlarge_the_canvas() {
    let file = |left: u16, width: u16, height: u16| {
        let mut bytes = b"GIF89a\x02\0\x02\0\x80\0\0\xFF\0\0\0\0\xFF,".to_vec();
        for number in [left, 0, width, height] {
            bytes.extend(number.to_le_bytes());
        }
        // One pixel of index 1, then the end.
        bytes.extend([0, 2, 2, 0x4C, 1, 0, 0x3B]);
        bytes
    };
    assert_eq!(iio::improps(&file(40_000, 9000, 0)[..]).unwrap().shape, [1, 2, 2, 4]);
    assert_eq!(iio::imread(&file(40_000, 9000, 0)[..]).unwrap().shape(), [1, 2, 2, 4]);
    assert_eq!(iio::imread(&file(2, 1, 1)[..]).unwrap().shape(), [1, 2, 3, 4]);
}

/// The first frame's transparent index is a colour in the frames after it.
#[test]
fn later_frames_may_say_themselves_what_is_transparent() {
    let colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
    let frame = |indices: &[u8], transparent, palette: Option<&[u8]>| gif::Frame {
        width: indices.len() as u16,
        height: 1,
        transparent,
        palette: palette.map(<[u8]>::to_vec),
        buffer: indices.to_vec().into(),
        dispose: gif::DisposalMethod::Background,
        ..gif::Frame::default()
    };
    let file = |palette: Option<&[u8]>| {
        let mut bytes = Vec::new();
        let mut encoder = gif::Encoder::new(&mut bytes, 4, 1, &colours).unwrap();
        encoder.write_frame(&frame(&[0, 1, 2, 3], Some(0), None)).unwrap();
        encoder.write_frame(&frame(&[0, 0, 1, 1], None, palette)).unwrap();
        encoder.write_frame(&frame(&[2], Some(1), palette)).unwrap();
        drop(encoder);
        bytes
    };
    let alpha = |bytes: &[u8], options: &ReadOptions| -> Vec<u8> {
        let all = iio::imread_with(bytes, options).unwrap().into_array::<u8>().unwrap();
        assert_eq!(all.shape(), [3, 1, 4, 4]);
        all.iter().skip(3).step_by(4).copied().collect()
    };
    let (plain, standard) = (ReadOptions::new(), ReadOptions::new().set("compose", "standard"));
    let shared = file(None);
    assert_eq!(alpha(&shared, &plain), [0, 255, 255, 255, 0, 0, 255, 255, 255, 0, 0, 0]);
    assert_eq!(alpha(&shared, &standard), [0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0]);
    let own = file(Some(&colours));
    assert_eq!(alpha(&own, &plain), [0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert_eq!(alpha(&own, &standard), [0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0]);
    // One frame after the other, and any of them alone.
    for (k, expected) in alpha(&shared, &standard).chunks(4).enumerate() {
        let one = iio::imread_with(&shared, &standard.clone().index(k as i64)).unwrap().into_array::<u8>().unwrap();
        assert_eq!(one.iter().skip(3).step_by(4).copied().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn profiles_of_other_colours_are_left_out() {
    let cases: &[(&[usize], &[u8; 4], bool)] =
        &[(&[4, 5], b"GRAY", false), (&[4, 5, 3], b"RGB ", true), (&[4, 5, 3], b"CMYK", false)];
    imageio_testkit::profiles::check("gif", cases).unwrap();
}
