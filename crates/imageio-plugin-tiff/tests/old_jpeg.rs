//! Old-style JPEG (TIFF 6.0 section 22) in the ways in which its headers were spread over files.
#![cfg(feature = "jpeg")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "what was checked is said in the output")]

mod support;

use imageio_core::{ErrorKind, Limits, ReadOptions, Reader, Result, v3};
use imageio_jpeg::stream::{Color, Encoding, Stream, encode};
use imageio_plugin_tiff::{TiffReader, register};

use self::support::{File, Tag, split, tables};

const WIDTH: usize = 520;
const HEIGHT: usize = 168;
const ROWS: usize = 16;

fn pixels(rows: std::ops::Range<usize>) -> Vec<u8> {
    let value =
        |y: usize, x: usize, c: usize| (128.0 + 55.0 * (x as f64 / 9.0 + c as f64).sin() + y as f64 / 4.0) as u8;
    rows.flat_map(|y| (0..WIDTH).flat_map(move |x| (0..3).map(move |c| value(y, x, c)))).collect()
}

/// Streams of the strips of the picture; all have the same tables.
fn streams(rows: usize) -> Vec<Vec<u8>> {
    let starts = (0..HEIGHT).step_by(rows);
    let encoding = || Encoding::new(90).subsampling(Some((2, 1)));
    let strip = |y: usize| encode(&pixels(y..(y + rows).min(HEIGHT)), ((HEIGHT - y).min(rows), WIDTH, 3), encoding());
    starts.map(|y| strip(y).unwrap()).collect()
}

fn decoded(stream: &[u8], color: Color) -> Vec<u8> {
    let stream = Stream::parse(stream).unwrap();
    let (height, width, n) = stream.shape();
    let mut out = vec![0; height * width * n];
    stream.decode_u8(color, &mut out).unwrap();
    out
}

fn image() -> Vec<Tag> {
    vec![
        (256, 3, vec![WIDTH as u32]),
        (257, 3, vec![HEIGHT as u32]),
        (258, 3, vec![8, 8, 8]),
        (259, 3, vec![6]),
        (262, 3, vec![6]),
        (277, 3, vec![3]),
        (530, 3, vec![2, 1]),
    ]
}

fn strips(file: &mut File, data: &[Vec<u8>]) -> Vec<Tag> {
    let offsets = data.iter().map(|d| file.put(d)).collect();
    vec![(273, 4, offsets), (279, 4, data.iter().map(|d| d.len() as u32).collect()), (278, 3, vec![ROWS as u32])]
}

fn worst(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn headers_in_an_interchange_stream_and_data_in_strips() {
    register();
    let streams = streams(ROWS);
    let expected: Vec<u8> = streams.iter().flat_map(|s| decoded(s, Color::Rgb)).collect();
    let parts: Vec<_> = streams.iter().map(|s| split(s)).collect();
    let mut segments = parts[0].0.clone();
    // The frame is that of the whole.
    for (_, segment) in segments.iter_mut().filter(|(m, _)| *m == 0xc0) {
        segment[5..7].copy_from_slice(&(HEIGHT as u16).to_be_bytes());
    }
    let scan = segments.iter().position(|(m, _)| *m == 0xda).unwrap();
    for scan_in_strip in [true, false] {
        let mut file = File::new();
        let taken = if scan_in_strip { &segments[..scan] } else { &segments[..] };
        let head = [vec![0xff, 0xd8], taken.iter().flat_map(|(_, s)| s.clone()).collect()].concat();
        let at = file.put(&head);
        // What lies between is no part of the stream.
        file.put(b"between the two");
        let mut data: Vec<Vec<u8>> = parts.iter().map(|(_, data)| data.clone()).collect();
        if scan_in_strip {
            data[0] = [segments[scan].1.clone(), data[0].clone()].concat();
        }
        let mut tags = image();
        tags.extend(strips(&mut file, &data));
        tags.extend([(513, 4, vec![at]), (514, 4, vec![head.len() as u32])]);
        let first = file.directory(&tags);
        let image = v3::imread(file.finish(first)).unwrap();
        assert_eq!(image.shape(), [HEIGHT, WIDTH, 3]);
        assert_eq!(image.as_bytes().unwrap(), expected, "scan in strip: {scan_in_strip}");
    }
}

#[test]
fn tables_in_tags_and_the_range_of_video() {
    register();
    for strip in [ROWS, HEIGHT] {
        let streams = streams(strip);
        let parts: Vec<_> = streams.iter().map(|s| split(s)).collect();
        let stored: Vec<u8> = streams.iter().flat_map(|s| decoded(s, Color::Stored)).collect();
        let plain: Vec<u8> = streams.iter().flat_map(|s| decoded(s, Color::Rgb)).collect();
        for range in [None, Some([16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1])] {
            let mut file = File::new();
            let mut tags = image();
            tags.extend(tables(&mut file, &parts[0].0));
            tags.extend(strips(&mut file, &parts.iter().map(|(_, data)| data.clone()).collect::<Vec<_>>()));
            tags.retain(|(tag, _, _)| *tag != 278);
            tags.push((278, 3, vec![strip as u32]));
            tags.extend(range.map(|r| (532, 5, r.to_vec())));
            let first = file.directory(&tags);
            let bytes = file.finish(first);
            let image = v3::imread(bytes.clone()).unwrap();
            let found = image.as_bytes().unwrap();
            if range.is_none() {
                assert_eq!(found, plain);
                continue;
            }
            let expected: Vec<u8> = stored
                .chunks_exact(3)
                .flat_map(|p| {
                    let y = (f64::from(p[0]) - 16.0) * 255.0 / 219.0;
                    let [cb, cr] = [p[1], p[2]].map(|c| (f64::from(c) - 128.0) * 127.0 / 112.0);
                    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
                })
                .map(|v| v.clamp(0.0, 255.0) as u8)
                .collect();
            assert!(worst(found, &expected) <= 3, "{}", worst(found, &expected));
            assert!(worst(found, &plain) > 10);
            if let (true, Some(difference)) = (strip == HEIGHT, against_libtiff(&bytes, found)) {
                // Chroma is interpolated here and repeated there.
                assert!(difference < 2.0, "{difference}");
            }
        }
    }
}

/// The mean difference from what libtiff makes of it, through Pillow.
fn against_libtiff(file: &[u8], found: &[u8]) -> Option<f64> {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return None;
    };
    let folder = std::env::temp_dir().join(format!("imageio-tiff-ojpeg-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.tif");
    std::fs::write(&path, file).unwrap();
    let script = "import sys, numpy as np; from PIL import Image; sys.stdout.buffer.write(np.asarray(Image.open(sys.argv[1]).convert('RGB')).tobytes())";
    let output = std::process::Command::new(python).args(["-c", script]).arg(&path).output().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.len(), found.len());
    let sum: u64 = output.stdout.iter().zip(found).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    Some(sum as f64 / found.len() as f64)
}

#[test]
fn a_tile_larger_than_the_image() {
    register();
    let (tile, side) = (176, 576);
    let padded: Vec<u8> = (0..tile * side * 3).map(|k| (k / 3 % side + k / 3 / side) as u8).collect();
    let stream = encode(&padded, (tile, side, 3), Encoding::new(90).subsampling(Some((2, 1)))).unwrap();
    let expected = decoded(&stream, Color::Rgb);
    let (segments, data) = split(&stream);
    let mut file = File::new();
    let mut tags = image();
    tags.extend(tables(&mut file, &segments));
    let at = file.put(&data);
    tags.extend([
        (322, 3, vec![side as u32]),
        (323, 3, vec![tile as u32]),
        (324, 4, vec![at]),
        (325, 4, vec![data.len() as u32]),
    ]);
    let first = file.directory(&tags);
    let image = v3::imread(file.finish(first)).unwrap();
    let rows = expected.chunks_exact(side * 3).take(HEIGHT).flat_map(|row| row[..WIDTH * 3].to_vec());
    assert_eq!(image.as_bytes().unwrap(), rows.collect::<Vec<u8>>());
}

/// Cameras store thumbnails so; tifffile makes a series of them as well.
#[test]
fn a_directory_of_nothing_but_a_stream() {
    register();
    let stream = encode(&pixels(0..HEIGHT), (HEIGHT, WIDTH, 3), Encoding::new(90)).unwrap();
    let mut file = File::new();
    let at = file.put(&stream);
    let pixel = file.put(&[7, 8, 9]);
    let below = file.directory(&[(513, 4, vec![at]), (514, 4, vec![stream.len() as u32])]);
    let one = |tag: u16, value: u32| (tag, 4, vec![value]);
    let tags = [
        (258, 3, vec![8, 8, 8]),
        one(256, 1),
        one(257, 1),
        one(259, 1),
        one(262, 2),
        one(273, pixel),
        one(277, 3),
        one(279, 3),
        one(330, below),
    ];
    let first = file.directory(&tags);
    let mut reader = Reader::open(file.finish(first)).unwrap();
    let series = reader.downcast_mut::<TiffReader>().unwrap().series().unwrap();
    let shapes: Vec<Vec<usize>> = series.iter().map(|s| s.shape.clone()).collect();
    assert_eq!(shapes, [vec![1, 1, 3], vec![HEIGHT, WIDTH, 3]]);
    assert_eq!(reader.read(1).unwrap().as_bytes().unwrap(), decoded(&stream, Color::Rgb));
}

#[test]
fn what_lacks_is_named() {
    register();
    let (_, data) = split(&streams(HEIGHT)[0]);
    let mut file = File::new();
    let mut tags = image();
    tags.extend(strips(&mut file, &[data]));
    tags.retain(|(tag, _, _)| *tag != 278);
    let first = file.directory(&tags);
    let error = v3::imread(file.finish(first)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("quantisation tables"), "{error}");
}

/// A part of a page needs the whole page, for which there is memory only if the stream can fill it.
#[test]
fn a_part_of_a_page_that_is_one_stream() {
    register();
    let picture = |width: usize, height: usize| {
        let streams = streams(HEIGHT);
        let (segments, data) = split(&streams[0]);
        let mut file = File::new();
        let mut tags = image();
        tags[0] = (256, 4, vec![width as u32]);
        tags[1] = (257, 4, vec![height as u32]);
        tags.extend(tables(&mut file, &segments));
        tags.extend(strips(&mut file, &[data]));
        tags.retain(|(tag, _, _)| *tag != 278);
        tags.push((278, 4, vec![height as u32]));
        let first = file.directory(&tags);
        file.finish(first)
    };
    let part = |bytes: Vec<u8>, limits: Limits| -> Result<Vec<u8>> {
        let mut reader = Reader::open_with(bytes, &ReadOptions::new().limits(limits))?;
        let image = reader.downcast_mut::<TiffReader>().unwrap().read_region(100..130, 400..420)?;
        assert_eq!(image.shape(), [30, 20, 3]);
        Ok(image.as_bytes().unwrap().to_vec())
    };
    let whole = v3::imread(picture(WIDTH, HEIGHT)).unwrap();
    let rows = whole.as_bytes().unwrap().chunks_exact(WIDTH * 3).skip(100).take(30);
    let expected: Vec<u8> = rows.flat_map(|row| row[400 * 3..420 * 3].to_vec()).collect();
    assert_eq!(part(picture(WIDTH, HEIGHT), Limits::default()).unwrap(), expected);

    let error = part(picture(WIDTH, HEIGHT), Limits::default().max_alloc(100_000)).map(|part| part.len()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert_eq!(error.context_value("limit"), Some("max_alloc = 100000"), "{error}");
    let error = part(picture(65_535, 65_535), Limits::default().max_alloc(None)).unwrap_err();
    assert_eq!((error.kind(), error.context_value("page")), (ErrorKind::Malformed, Some("0")), "{error}");
    assert!(error.to_string().contains("can't come from"), "{error}");
}
