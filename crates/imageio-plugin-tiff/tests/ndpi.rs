//! Hamamatsu's slides: values of 64 bits in classic TIFF, and streams that are read in parts.
#![cfg(feature = "jpeg")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "what was checked is said in the output")]

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use imageio_core::{ErrorKind, Reader, Value, WriteOptions, v3};
use imageio_jpeg::stream::{Color, Encoding, Stream, encode};
use imageio_plugin_tiff::{TiffReader, register};
use imageio_testkit::samples;

/// Rows and columns of a part: one row of units of 8 by 8, four of them across.
const PART: [usize; 2] = [8, 32];
const ACROSS: usize = 3;
const DOWN: usize = 5;
const WIDTH: usize = PART[1] * ACROSS;
const HEIGHT: usize = PART[0] * DOWN;

/// A stream with restart markers, the offsets of its parts, and its pixels.
fn stream() -> (Vec<u8>, Vec<u64>, Vec<u8>) {
    let value = |y: usize, x: usize, c: usize| (x * 2 + y * 3 + 60 * c) as u8;
    let mut pixels = vec![0; WIDTH * HEIGHT * 3];
    let (mut out, mut starts) = (Vec::new(), Vec::new());
    let scan = |stream: &[u8]| {
        let at = stream.windows(2).position(|w| w == b"\xff\xda").unwrap();
        (at, at + 2 + usize::from(u16::from_be_bytes([stream[at + 2], stream[at + 3]])))
    };
    for k in 0..ACROSS * DOWN {
        let (top, left) = (k / ACROSS * PART[0], k % ACROSS * PART[1]);
        let own: Vec<u8> =
            (0..PART[0] * PART[1] * 3).map(|n| value(top + n / 3 / PART[1], left + n / 3 % PART[1], n % 3)).collect();
        let encoding = Encoding::new(90).subsampling(Some((1, 1)));
        let one = encode(&own, (PART[0], PART[1], 3), encoding).unwrap();
        let mut decoded = vec![0; own.len()];
        Stream::parse(&one).unwrap().decode_u8(Color::Rgb, &mut decoded).unwrap();
        for (y, row) in decoded.chunks(PART[1] * 3).enumerate() {
            let at = ((top + y) * WIDTH + left) * 3;
            pixels[at..at + row.len()].copy_from_slice(row);
        }
        let (header, data) = scan(&one);
        if k == 0 {
            out.extend(&one[..header]);
            // The frame is that of the whole.
            let frame = out.windows(2).position(|w| w == b"\xff\xc0").unwrap();
            let sides = [HEIGHT as u16, WIDTH as u16].map(u16::to_be_bytes);
            out[frame + 5..frame + 9].copy_from_slice(&sides.concat());
            out.extend(b"\xff\xdd\0\x04\0\x04");
            out.extend(&one[header..data]);
        }
        starts.push(out.len() as u64);
        out.extend(one[data..].strip_suffix(b"\xff\xd9").unwrap());
        out.extend(if k + 1 == ACROSS * DOWN { [0xff, 0xd9] } else { [0xff, 0xd0 + (k % 8) as u8] });
    }
    (out, starts, pixels)
}

/// Writes a file of two pages, a slide and a label, of which everything but the header lies at `base`.
fn write(path: &Path, base: u64) -> Vec<u8> {
    let (stream, starts, pixels) = stream();
    let mut body: Vec<u8> = Vec::new();
    let mut put = |bytes: &[u8]| {
        body.resize(body.len().next_multiple_of(2), 0);
        let at = base + body.len() as u64;
        body.extend(bytes);
        at
    };
    let data = put(&stream);
    let bits = put(&[8, 0, 8, 0, 8, 0]);
    let make = put(b"Hamamatsu\0");
    let parts = put(&starts.iter().flat_map(|s| (*s as u32).to_le_bytes()).collect::<Vec<_>>());
    let label = put(&[1, 2, 3, 4, 5, 6]);
    let slide: Vec<(u16, u16, u32, u64)> = vec![
        (256, 4, 1, WIDTH as u64),
        (257, 4, 1, HEIGHT as u64),
        (258, 3, 3, bits),
        (259, 3, 1, 7),
        (262, 3, 1, 6),
        (271, 2, 10, make),
        (273, 4, 1, data),
        (277, 3, 1, 3),
        (278, 4, 1, HEIGHT as u64),
        (279, 4, 1, stream.len() as u64),
        (65420, 4, 1, 1),
        (65421, 11, 1, u64::from(20f32.to_bits())),
        (65426, 4, starts.len() as u32, parts),
    ];
    let mut below = vec![(256, 4, 1, 3), (257, 4, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)];
    below.extend([(273, 4, 1, label), (277, 3, 1, 1), (278, 4, 1, 2), (279, 4, 1, 6)]);
    below.push((65421, 11, 1, u64::from((-2f32).to_bits())));
    let directory = |entries: &[(u16, u16, u32, u64)], next: u64| {
        let mut out = (entries.len() as u16).to_le_bytes().to_vec();
        for (tag, kind, count, value) in entries {
            out.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            out.extend([count.to_le_bytes(), (*value as u32).to_le_bytes()].concat());
        }
        out.extend(next.to_le_bytes());
        out.extend(entries.iter().flat_map(|e| ((e.3 >> 32) as u32).to_le_bytes()));
        out
    };
    let second = put(&directory(&below, 0));
    let first = put(&directory(&slide, second));
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(b"II*\0").unwrap();
    file.write_all(&first.to_le_bytes()).unwrap();
    file.seek(SeekFrom::Start(base)).unwrap();
    file.write_all(&body).unwrap();
    pixels
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("imageio-tiff-ndpi-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn slides_of_more_than_four_gib() {
    register();
    let folder = folder("wide");
    for base in [64, 3 << 30, 5 << 30] {
        let path = folder.join("slide.ndpi");
        // The file has a hole before its content.
        let pixels = write(&path, base);
        let mut reader = Reader::open(&path).unwrap();
        assert_eq!(reader.count().unwrap(), Some(2), "{base}");
        let props = reader.properties(0).unwrap();
        assert_eq!(props.shape, [HEIGHT, WIDTH, 3]);
        assert_eq!(reader.read(0).unwrap().as_bytes().unwrap(), pixels, "{base}");
        assert_eq!(reader.read(1).unwrap().as_bytes().unwrap(), [1, 2, 3, 4, 5, 6]);
        let tiff = reader.downcast_mut::<TiffReader>().unwrap();
        let series = tiff.series().unwrap();
        assert_eq!((series[0].kind, series[1].name.as_str()), ("ndpi", "Map"));
        assert_eq!(tiff.pages().unwrap()[0].as_ref().unwrap().chunk, (PART[0], PART[1]));
        let part = tiff.read_region(10..20, 30..70).unwrap();
        let row = |y: usize| &pixels[(y * WIDTH + 30) * 3..(y * WIDTH + 70) * 3];
        assert_eq!(part.as_bytes().unwrap(), (10..20).flat_map(row).copied().collect::<Vec<u8>>());
        drop(reader);
        peers(&path, &pixels);
        let options = WriteOptions::new().extension("tif").set("append", true);
        let error = v3::imwrite_with(&path, &samples::picture(imageio_core::Dtype::U8, &[4, 5]), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// tifffile's reading of the same.
fn peers(path: &Path, pixels: &[u8]) {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return;
    };
    let script = "import sys, tifffile; t = tifffile.TiffFile(sys.argv[1])\n\
                  assert [s.name for s in t.series][1] == 'Map', t.series\n\
                  sys.stdout.buffer.write(t.asarray().tobytes())";
    let output = std::process::Command::new(python).args(["-c", script]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.len(), pixels.len());
    let worst = output.stdout.iter().zip(pixels).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(2), "{worst:?}");
}

/// A file of anybody that has Hamamatsu's tags is what its signature says.
#[test]
fn tags_alone_make_no_slide() {
    register();
    let tags = Value::List(vec![Value::from("65420:long:1"), Value::from("271:ascii:Anybody at all")]);
    let image = samples::picture(imageio_core::Dtype::U16, &[9, 11]);
    for description in
        ["short", "a text that stands behind the directory, where the upper halves would be: ÿÿÿÿÿÿÿÿÿÿÿ"]
    {
        let options = WriteOptions::new().extension("tif").set("description", description).set("shaped", false);
        let options = options.set("extra_tags", tags.clone());
        let bytes = v3::imwrite_with("<bytes>", &image, &options).unwrap().unwrap();
        let back = v3::imread(bytes).unwrap();
        assert_eq!(back.as_bytes(), image.as_bytes());
    }
}

/// ImageJ's form of more than 4 GiB: one directory, all planes in one piece.
#[test]
fn a_hyperstack_of_more_than_four_gib() {
    register();
    let folder = folder("imagej");
    let path = folder.join("stack.tif");
    let (side, planes) = (1 << 15, 5u64);
    let text = format!("ImageJ=1.53k\nimages={planes}\nslices={planes}\n\0");
    let mut head = b"MM\0*\0\0\0\x08\0\x09".to_vec();
    let data = 512u32;
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8 << 16),
        (259, 3, 1, 1 << 16),
        (262, 3, 1, 1 << 16),
        (270, 2, text.len() as u32, 200),
        (273, 4, 1, data),
        (278, 4, 1, side),
        (279, 4, 1, side * side),
    ];
    for (tag, kind, count, value) in entries {
        head.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
        head.extend([count.to_be_bytes(), value.to_be_bytes()].concat());
    }
    head.resize(200, 0);
    head.extend(text.as_bytes());
    let size = u64::from(side) * u64::from(side);
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&head).unwrap();
    let at = u64::from(data) + 4 * size + 7 * u64::from(side) + 3;
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[77]).unwrap();
    file.set_len(u64::from(data) + planes * size).unwrap();
    drop(file);
    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.properties(0).unwrap().shape, [5, side as usize, side as usize]);
    let tiff = reader.downcast_mut::<TiffReader>().unwrap();
    let part = tiff.read_region(6..9, 0..8).unwrap();
    let expected: Vec<u8> = (0..5 * 3 * 8).map(|k| if k == 4 * 24 + 8 + 3 { 77 } else { 0 }).collect();
    assert_eq!(part.as_bytes().unwrap(), expected);
    std::fs::remove_dir_all(folder).unwrap();
}
