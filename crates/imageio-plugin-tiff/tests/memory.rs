//! What reading and writing take: memory beside the array, and bytes of the file.
//!
//! The most that a process took is what the system says of it, so that each case is a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stdout, reason = "what was measured is said in the output")]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imageio_core::ndarray::Array3;
use imageio_core::{ErrorKind, Reader, Stream, Value, WriteOptions, Writer, v3};
use imageio_plugin_tiff::{TiffReader, register};

const MIB: u64 = 1 << 20;

/// The most that this process took so far.
fn most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("imageio-tiff-memory-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn options(settings: &[(&'static str, &str)]) -> WriteOptions {
    settings.iter().fold(WriteOptions::new().extension("tif"), |o, (name, value)| o.set(*name, Value::parse(value)))
}

/// Runs a case in a process of its own; returns the bytes that it took beyond those of its start.
fn child(case: &str, path: &Path) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "one_case", "--ignored", "--nocapture"])
        .env("IMAGEIO_MEMORY_CASE", case)
        .env("IMAGEIO_MEMORY_PATH", path)
        // Each thread would else have memory for itself.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{case}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let took = said.lines().find_map(|line| line.split_once("took ")?.1.parse().ok());
    took.unwrap_or_else(|| panic!("{case}: {said}"))
}

/// Pixels that compress, but not to nothing.
fn picture((height, width): (usize, usize)) -> Array3<u8> {
    Array3::from_shape_fn((height, width, 3), |(y, x, c)| (x / 3 + y / 5 + 50 * c + (x * y) % 7) as u8)
}

/// What the process of [`child`] does.
#[test]
#[ignore = "a part of other tests"]
fn one_case() {
    let Some(case) = std::env::var_os("IMAGEIO_MEMORY_CASE") else { return };
    let path = PathBuf::from(std::env::var_os("IMAGEIO_MEMORY_PATH").unwrap());
    register();
    // Threads and tables are there before anything is measured.
    let warm = v3::imwrite_with("<bytes>", &picture((600, 400)), &options(&[("compression", "deflate")])).unwrap();
    v3::imread(warm.unwrap()).unwrap();
    let start = most();
    match case.to_str().unwrap() {
        "read" => {
            v3::imread(&path).unwrap();
        }
        "region" => {
            let mut reader = Reader::open(&path).unwrap();
            let tiff = reader.downcast_mut::<TiffReader>().unwrap();
            let part = tiff.read_region(20_000..20_600, 39_000..39_600).unwrap();
            assert_eq!(part.shape(), [600, 600]);
        }
        "claim" => {
            let mut reader = Reader::open(&path).unwrap();
            let tiff = reader.downcast_mut::<TiffReader>().unwrap();
            let error = tiff.read_region(1..90, 2..7).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        }
        kind => {
            let options = options(&[("compression", kind), ("rows_per_strip", "64")]);
            let mut writer = Writer::open_with(&path, &options).unwrap();
            for k in 0..FRAMES {
                writer.write(&Array3::from_elem((1024, 1024, 3), k as u8)).unwrap();
            }
            writer.finish().unwrap();
        }
    }
    println!("took {}", most() - start);
}

const FRAMES: usize = 24;

#[test]
fn reading_takes_the_array_and_a_chunk_for_each_thread() {
    register();
    let folder = folder("read");
    let shape = (1500, 1000);
    let array = (3 * shape.0 * shape.1) as u64;
    let kinds: [&[(&str, &str)]; 5] = [
        &[("rows_per_strip", "64")],
        &[("compression", "deflate"), ("rows_per_strip", "64")],
        &[("compression", "lzw"), ("tile", "[128, 128]"), ("predictor", "true")],
        &[("compression", "zstd"), ("rows_per_strip", "64")],
        &[("compression", "packbits"), ("planar", "true"), ("byteorder", "big")],
    ];
    let picture = picture(shape);
    for (k, settings) in kinds.iter().enumerate() {
        let path = folder.join(format!("{k}.tif"));
        v3::imwrite_with(&path, &picture, &options(settings)).unwrap();
        let took = child("read", &path);
        println!("{settings:?}: {took} bytes for an array of {array}");
        // Strips of 64 rows and tiles of a row have 0.2 and 0.4 MB, each with its stored bytes, on two threads or more.
        assert!(took >= array * 9 / 10 && took < array + 4 * MIB, "{settings:?}: {took} for {array}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A directory may say that a strip is as large as the best compression could make it.
#[cfg(feature = "jpeg")]
#[test]
fn a_part_takes_what_is_decoded_not_what_is_claimed() {
    register();
    let path = folder("claim").join("a.tif");
    let settings = [("compression", "jpeg"), ("shaped", "false"), ("rows_per_strip", "96")];
    v3::imwrite_with(&path, &picture((96, 160)), &options(&settings)).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let first = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let entry = (first + 2..).step_by(12).find(|at| bytes[*at..at + 2] == 256u16.to_le_bytes()).unwrap();
    // 40 MB of a stream of less than a kilobyte.
    bytes[entry + 2..entry + 12].copy_from_slice(&[4, 0, 1, 0, 0, 0, 0xf0, 0x49, 0x02, 0]);
    std::fs::write(&path, bytes).unwrap();
    let took = child("claim", &path);
    println!("{took} bytes");
    assert!(took < 16 * MIB, "{took}");
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

/// Counts what is read of a file.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// A file of 40 000 by 40 000 pixels in tiles that it has as a hole, but for a mark in the tiles of a column.
fn sparse(path: &Path) {
    let (side, tile) = (40_000u32, 256u32);
    let across = side.div_ceil(tile);
    let count = across * across;
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 3, 1, tile),
        (323, 3, 1, tile),
        (324, 4, count, 256),
        (325, 4, count, 256 + 4 * count),
    ];
    let mut head = b"II*\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, kind, count, value) in entries {
        head.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        head.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    head.resize(256, 0);
    let data = 256 + 8 * count;
    head.extend((0..count).flat_map(|k| (data + k * tile * tile).to_le_bytes()));
    head.extend((0..count).flat_map(|_| (tile * tile).to_le_bytes()));
    let mut file = File::create(path).unwrap();
    file.write_all(&head).unwrap();
    for row in 0..across {
        file.seek(SeekFrom::Start(u64::from(data + (row * across + 152) * tile * tile))).unwrap();
        file.write_all(&[row as u8]).unwrap();
    }
    file.set_len(u64::from(data) + u64::from(count) * u64::from(tile * tile)).unwrap();
}

#[test]
fn a_part_of_a_large_image_takes_its_tiles() {
    register();
    let folder = folder("region");
    let path = folder.join("large.tif");
    sparse(&path);
    let took = child("region", &path);
    println!("a part of 360 000 bytes took {took}");
    assert!(took < 8 * MIB, "{took}");
    let read = Arc::new(AtomicU64::new(0));
    let stream = Stream(Counted { file: File::open(&path).unwrap(), read: Arc::clone(&read) });
    let mut reader = Reader::open(stream).unwrap();
    assert_eq!(reader.properties(0).unwrap().shape, [40_000, 40_000]);
    let properties = read.load(Ordering::Relaxed);
    println!("properties read {properties} bytes");
    assert!(properties < 64 << 10, "{properties}");
    let tiff = reader.downcast_mut::<TiffReader>().unwrap();
    // Four rows and columns of tiles, the first of which begins with the mark.
    let part = tiff.read_region(20_224..20_824, 38_912..39_512).unwrap();
    let bytes = part.as_bytes().unwrap();
    assert_eq!((part.shape(), bytes[0], bytes[256 * 600], bytes[1]), ([600, 600].as_slice(), 79, 80, 0));
    let all = read.load(Ordering::Relaxed) - properties;
    let tiles = 9 * 256 * 256u64;
    let tables = 8 * 157 * 157u64;
    println!("a part of 9 tiles read {all} bytes; tiles have {tiles}, their offsets and byte counts {tables}");
    assert!(all >= tiles && all < tiles + tables + (64 << 10), "{all}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn writing_frame_by_frame_holds_one_frame() {
    register();
    let folder = folder("write");
    for kind in ["none", "deflate", "lzw"] {
        let path = folder.join("stack.tif");
        let took = child(kind, &path);
        println!("{FRAMES} frames of 3 MiB, {kind}: {took} bytes");
        // The frame, what it is compressed to, and buffers for each thread.
        assert!(took < 12 * MIB, "{kind}: {took}");
        let read = Reader::open(&path).unwrap().read(FRAMES - 1).unwrap();
        assert!(read.as_bytes().unwrap().iter().all(|v| *v == (FRAMES - 1) as u8));
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}
