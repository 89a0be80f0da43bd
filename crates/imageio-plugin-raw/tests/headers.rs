//! What headers tell is told without the samples, and previews are given as the file has them. The file is made here, as
//! a maker's camera would have made it: its samples are not held in memory by anyone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imageio_core::{Dtype, ReadOptions, Reader, Stream, Value};
use imageio_plugin_raw::{self as raw, RawReader, Thumbnail};

const WIDTH: usize = 5344;
const HEIGHT: usize = 4008;
/// Where samples begin: behind everything else.
const SAMPLES: u64 = 1 << 17;
const PREVIEW: usize = 1 << 13;

/// Headers, and then samples that are made when they are read; counts what is read.
struct File {
    head: Vec<u8>,
    at: u64,
    read: Arc<AtomicU64>,
}

impl File {
    fn size() -> u64 {
        SAMPLES + (WIDTH * HEIGHT * 12 / 8) as u64
    }

    fn byte(at: u64) -> u8 {
        (at % 251) as u8
    }
}

impl Read for File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = out.len().min((File::size() - self.at.min(File::size())) as usize);
        for (at, byte) in (self.at..).zip(&mut out[..n]) {
            *byte = self.head.get(at as usize).copied().unwrap_or_else(|| File::byte(at));
        }
        self.at += n as u64;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => File::size().wrapping_add_signed(by),
            SeekFrom::Current(by) => self.at.wrapping_add_signed(by),
        };
        Ok(self.at)
    }
}

/// A directory at `at`, whose values stand behind it.
fn directory(out: &mut Vec<u8>, at: usize, next: u32, fields: &[(u16, u16, Vec<u8>)]) {
    let mut values = at + 6 + fields.len() * 12;
    let mut put = |at: usize, bytes: &[u8]| {
        if out.len() < at + bytes.len() {
            out.resize(at + bytes.len(), 0);
        }
        out[at..at + bytes.len()].copy_from_slice(bytes);
    };
    put(at, &(fields.len() as u16).to_le_bytes());
    for (k, (tag, kind, bytes)) in fields.iter().enumerate() {
        let size = [0, 1, 1, 2, 4, 8][usize::from(*kind)];
        let entry = at + 2 + k * 12;
        put(entry, &[tag.to_le_bytes(), kind.to_le_bytes()].concat());
        put(entry + 4, &((bytes.len() / size) as u32).to_le_bytes());
        if bytes.len() <= 4 {
            put(entry + 8, bytes);
        } else {
            put(entry + 8, &(values as u32).to_le_bytes());
            put(values, bytes);
            values += bytes.len().next_multiple_of(2);
        }
    }
    put(at + 2 + fields.len() * 12, &next.to_le_bytes());
}

fn long(v: usize) -> Vec<u8> {
    (v as u32).to_le_bytes().to_vec()
}

fn short(v: u16) -> Vec<u8> {
    v.to_le_bytes().to_vec()
}

fn ratio(a: u32, b: u32) -> Vec<u8> {
    [a.to_le_bytes(), b.to_le_bytes()].concat()
}

/// The camera's file with a preview of these fields, whose bytes are at [`PREVIEW`].
fn file(preview: &[(u16, u16, Vec<u8>)], bytes: &[u8]) -> (File, Arc<AtomicU64>) {
    let mut head = b"II*\0\x08\0\0\0".to_vec();
    let length = WIDTH * HEIGHT * 12 / 8;
    let main = [
        (256, 4, long(WIDTH)),
        (257, 4, long(HEIGHT)),
        (258, 3, short(12)),
        (259, 3, short(1)),
        (262, 3, short(32803)),
        (271, 2, b"Mamiya-OP Co.,Ltd.\0".to_vec()),
        (272, 2, b"MAMIYA ZD\0".to_vec()),
        (273, 4, long(SAMPLES as usize)),
        (277, 3, short(1)),
        (278, 4, long(HEIGHT)),
        (279, 4, long(length)),
        (33421, 3, [short(2), short(2)].concat()),
        (33422, 1, vec![0, 1, 1, 2]),
        (34665, 4, long(1024)),
        (34853, 4, long(2048)),
    ];
    directory(&mut head, 8, 4096, &main);
    let exif = [
        (33434, 5, ratio(1, 250)),
        (33437, 5, ratio(56, 10)),
        (34855, 3, short(400)),
        (36867, 2, b"2024:05:06 07:08:09\0".to_vec()),
        (37386, 5, ratio(80, 1)),
        (42036, 2, b"Example 80mm\0".to_vec()),
    ];
    directory(&mut head, 1024, 0, &exif);
    let place = [(1, 2, b"N\0".to_vec()), (2, 5, [ratio(48, 1), ratio(30, 1), ratio(0, 1)].concat())];
    directory(&mut head, 2048, 0, &place);
    directory(&mut head, 4096, 0, preview);
    head.resize(PREVIEW, 0);
    head.extend(bytes);
    assert!(head.len() as u64 <= SAMPLES);
    head.resize(SAMPLES as usize, 0);
    let read = Arc::new(AtomicU64::new(0));
    (File { head, at: 0, read: Arc::clone(&read) }, read)
}

fn bitmap() -> ([(u16, u16, Vec<u8>); 8], Vec<u8>) {
    let (width, height) = (40, 30);
    let fields = [
        (254, 4, long(1)),
        (256, 4, long(width)),
        (257, 4, long(height)),
        (258, 3, short(8)),
        (262, 3, short(2)),
        (273, 4, long(PREVIEW)),
        (277, 3, short(3)),
        (279, 4, long(width * height * 3)),
    ];
    (fields, (0..width * height * 3).map(|i| (i % 256) as u8).collect())
}

fn options() -> ReadOptions {
    ReadOptions::new().plugin(&raw::DESCRIPTOR).extension("mef")
}

#[test]
fn headers_are_read_without_samples() {
    let (fields, pixels) = bitmap();
    let (file, read) = file(&fields, &pixels);
    let mut reader = Reader::open_with(Stream(file), &options()).unwrap();
    let props = reader.properties(0).unwrap();
    assert_eq!((&props.shape[..], props.dtype), (&[HEIGHT, WIDTH, 3][..], Dtype::U8));
    assert_eq!(props.n_images, Some(2));
    let meta = reader.metadata(0).unwrap();
    let text = |key: &str| meta.get(key).and_then(|v| v.as_str()).unwrap_or_else(|| panic!("{key}")).to_owned();
    assert_eq!((text("exif/Model"), text("raw/model")), ("MAMIYA ZD".to_owned(), "ZD".to_owned()));
    assert_eq!((text("exif/LensModel"), text("raw/lens")), ("Example 80mm".to_owned(), "Example 80mm".to_owned()));
    assert_eq!(text("exif/DateTimeOriginal"), "2024:05:06 07:08:09");
    assert_eq!(meta.get("exif/ExposureTime"), Some(&Value::Rational(1, 250)));
    assert_eq!(meta.get("exif/FNumber"), Some(&Value::Rational(56, 10)));
    assert_eq!(meta.get("exif/ISOSpeedRatings").and_then(Value::as_u64), Some(400));
    assert_eq!(meta.get("exif/FocalLength"), Some(&Value::Rational(80, 1)));
    assert_eq!(meta.get("exif/GPS/GPSLatitude").and_then(Value::as_list).map(<[Value]>::len), Some(3));
    // The beginning of the samples is part of it, which some cameras' decoders look at.
    let used = read.load(Ordering::Relaxed);
    assert!(used < 3 * SAMPLES, "{used} of {} bytes", File::size());
    // What the samples are is the same when all is read.
    let mosaic = reader.read_with(0, raw::ReadOptions::new().mosaic(true)).unwrap().try_into_array::<u16>().unwrap();
    assert_eq!(mosaic.shape(), [HEIGHT, WIDTH]);
    let at = |k: usize| u16::from(File::byte(SAMPLES + k as u64));
    let (last, bytes) = (WIDTH * HEIGHT - 1, WIDTH * HEIGHT * 3 / 2);
    assert_eq!(mosaic[[0, 0]], at(0) << 4 | at(1) >> 4);
    assert_eq!(mosaic[[last / WIDTH, last % WIDTH]], (at(bytes - 2) & 15) << 8 | at(bytes - 1));
}

#[test]
fn previews_are_given_as_they_are() {
    let (fields, pixels) = bitmap();
    let (with_bitmap, _) = file(&fields, &pixels);
    let mut reader = Reader::open_with(Stream(with_bitmap), &options()).unwrap();
    let decoded = reader.read(1).unwrap();
    assert_eq!(decoded.view().elements::<u8>().as_deref(), Some(&pixels[..]));
    let thumbnail = reader.downcast_mut::<RawReader>().unwrap().thumbnail().unwrap();
    assert_eq!(thumbnail, Some(Thumbnail::Bitmap(decoded)));

    let jpeg =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/jpeg/progressive.jpg")).unwrap();
    let fields = [(254, 4, long(1)), (513, 4, long(PREVIEW)), (514, 4, long(jpeg.len()))];
    let (with_jpeg, read) = file(&fields, &jpeg);
    let mut reader = Reader::open_with(Stream(with_jpeg), &options()).unwrap();
    let thumbnail = reader.downcast_mut::<RawReader>().unwrap().thumbnail().unwrap();
    assert_eq!(thumbnail, Some(Thumbnail::Jpeg(jpeg)));
    assert!(read.load(Ordering::Relaxed) < SAMPLES);
    assert_eq!(reader.properties(1).unwrap().shape, reader.read(1).unwrap().shape());

    let (without, _) = file(&[(254, 4, long(1))], b"");
    let mut reader = Reader::open_with(Stream(without), &options()).unwrap();
    assert_eq!(reader.downcast_mut::<RawReader>().unwrap().thumbnail().unwrap(), None);
    assert_eq!(reader.count().unwrap(), Some(1));
}

/// A file on disk that counts what is read.
struct Counted(std::fs::File, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(out)?;
        self.1.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn headers_of_cameras_own_files() {
    for path in common::more_files() {
        let name = path.display();
        let size = std::fs::metadata(&path).unwrap().len();
        let extension = path.extension().unwrap().to_str().unwrap().to_lowercase();
        let read = Arc::new(AtomicU64::new(0));
        let stream = Stream(Counted(std::fs::File::open(&path).unwrap(), Arc::clone(&read)));
        let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).extension(&extension);
        // Files that are cut off behind their headers have no more than these.
        if size < 1 << 20 {
            println!("skipped: {name} is small");
            continue;
        }
        let mosaic = raw::ReadOptions::new().mosaic(true);
        let mut reader = Reader::open_with(stream, &options.with(mosaic.clone())).unwrap();
        let (props, meta) = (reader.properties(0).unwrap(), reader.metadata(0).unwrap());
        let used = read.load(Ordering::Relaxed);
        println!("{name}: {used} of {size} bytes");
        assert!(used < size / 10, "{name}: {used} of {size} bytes");
        // Reading everything changes nothing of what the headers said.
        assert_eq!(reader.read_with(0, mosaic).unwrap().shape(), props.shape, "{name}");
        assert_eq!(reader.metadata(0).unwrap(), meta, "{name}");
    }
}

/// Run by the next one in a process of its own.
#[test]
#[ignore = "part of another test"]
fn samples_that_end_early() {
    let (file, _) = file(&[(254, 4, long(1))], b"");
    let mosaic = raw::ReadOptions::new().mosaic(true);
    let e = imageio_core::v3::imread_with(&file.head[..], &options().with(mosaic)).unwrap_err();
    assert!(!e.to_string().is_empty());
}

#[test]
fn a_decoders_threads_are_quiet() {
    let child = std::env::current_exe().unwrap();
    let child = std::process::Command::new(child)
        .args(["--exact", "samples_that_end_early", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(child.status.success() && String::from_utf8_lossy(&child.stdout).contains("1 passed"));
    assert_eq!(String::from_utf8_lossy(&child.stderr), "");
}
