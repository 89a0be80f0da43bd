//! Damaged files: errors that say where, and never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stdout, reason = "what was checked is said in the output")]

use imageio_core::{ErrorKind, Index, Limits, NdImage, ReadOptions, Reader, Value, WriteOptions, v3};
use imageio_plugin_tiff::TiffReader;
use imageio_testkit::samples;

fn write(image: &NdImage, settings: &[(&'static str, &str)]) -> Vec<u8> {
    let mut options = WriteOptions::new().extension("tif");
    for (name, value) in settings {
        options = options.set(*name, Value::parse(value));
    }
    v3::imwrite_with("<bytes>", image, &options).unwrap().unwrap()
}

/// Small files of different kinds.
fn seeds() -> Vec<Vec<u8>> {
    use imageio_core::Dtype::{Bool, F32, U8, U16};
    let mut seeds = vec![
        write(&samples::picture(U8, &[9, 11]), &[]),
        write(&samples::picture(U16, &[3, 9, 11]), &[("byteorder", "big"), ("rows_per_strip", "4")]),
        write(
            &samples::picture(U8, &[20, 21, 3]),
            &[("tile", "[16, 16]"), ("compression", "lzw"), ("predictor", "true")],
        ),
        write(
            &samples::picture(F32, &[9, 11]),
            &[("bigtiff", "always"), ("compression", "deflate"), ("predictor", "float")],
        ),
        write(&samples::picture(U8, &[2, 3, 9, 11]), &[("imagej", "true")]),
        write(&samples::picture(U16, &[2, 40, 50]), &[("ome", "true"), ("pyramid", "2"), ("tile", "[16, 16]")]),
        write(&samples::picture(Bool, &[9, 11]), &[("compression", "packbits")]),
        write(&samples::picture(U8, &[9, 11, 4]), &[("compression", "zstd")]),
        write(&samples::picture(U8, &[3, 9, 11]), &[("planar", "true"), ("pyramid", "1")]),
        write(&samples::picture(U8, &[20, 21, 3]), &[("compression", "jpeg"), ("tile", "[16, 16]")]),
    ];
    // Of compressions that are read only.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/tiff");
    for name in [
        "ycbcr420",
        "ycbcr411_tiles",
        "ycbcr_range",
        "pixarlog8",
        "pixarlog16_rgb",
        "pixarlog_f32",
        "logl",
        "logluv32_be",
        "logluv24_tiles",
        "thunderscan",
        "palette4",
        "palette16_pages",
        "jpeg12_rgb_tiles",
    ] {
        seeds.push(std::fs::read(folder.join(name).with_extension("tif")).unwrap());
    }
    seeds
}

/// The same numbers in the same order, every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// Opens, asks and reads with everything; what comes of it does not matter, but a panic does.
fn use_it(bytes: Vec<u8>, k: usize) -> bool {
    let limits = Limits::default().max_alloc(1 << 20).max_frame_bytes(1 << 20);
    let mut options = ReadOptions::new().limits(limits);
    match k % 5 {
        4 => options = options.set("palette", "apply"),
        1 => options = options.set("pages", true),
        2 => options = options.set("allow_truncated", true),
        3 => options = options.set("squeeze", false),
        _ => {}
    }
    let Ok(mut reader) = Reader::open_with(bytes, &options) else { return false };
    let panicked = |e: &imageio_core::Error| assert!(!e.to_string().contains("panic"), "{e}");
    let _ = reader.properties(0).map_err(|e| panicked(&e));
    let _ = reader.metadata(0).map_err(|e| panicked(&e));
    let _ = reader.metadata(Index::All).map_err(|e| panicked(&e));
    let read = reader.read(0).map_err(|e| panicked(&e));
    if let Some(tiff) = reader.downcast_mut::<TiffReader>() {
        let _ = tiff.series();
        let _ = tiff.pages();
        let _ = tiff.read_region(1..5, 2..7);
    }
    read.is_ok()
}

fn mutate(rounds: usize) {
    let seeds = seeds();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for k in 0..rounds {
        let mut bytes = seeds[k % seeds.len()].clone();
        // Headers and directories rather than pixels: the first bytes, and wherever tags are.
        for _ in 0..1 + random.below(4) {
            let at = match random.below(3) {
                0 => random.below(bytes.len().min(64)),
                _ => random.below(bytes.len()),
            };
            match random.below(4) {
                0 => bytes[at] = random.below(256) as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => {
                    let values = [0u32, 1, 2, 8, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000];
                    let value = values[random.below(values.len())].to_le_bytes();
                    for (to, from) in bytes.iter_mut().skip(at).zip(value) {
                        *to = from;
                    }
                }
                _ => bytes.truncate(at.max(8)),
            }
        }
        read += usize::from(use_it(bytes, k));
    }
    println!("{rounds} damaged files, {read} of them read");
    assert!(read > rounds / 20 && read < rounds, "{read} of {rounds}");
}

#[test]
fn damaged_headers_are_errors() {
    mutate(1_500);
}

/// The same, a million times: `cargo test --release -p imageio-plugin-tiff --test damage -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn a_million_damaged_headers() {
    mutate(1_000_000);
}

fn put(bytes: &mut [u8], tag: u16, value: u32) {
    entry(bytes, tag, |entry| entry[8..12].copy_from_slice(&value.to_le_bytes()));
}

/// Changes a tag of the first directory of a little-endian file.
fn entry(bytes: &mut [u8], tag: u16, change: impl Fn(&mut [u8])) {
    let ifd = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes(bytes[ifd..ifd + 2].try_into().unwrap()));
    for k in 0..count {
        let at = ifd + 2 + 12 * k;
        if bytes[at..at + 2] == tag.to_le_bytes() {
            return change(&mut bytes[at..at + 12]);
        }
    }
    panic!("no tag {tag}");
}

#[test]
fn errors_say_where() {
    let plain = || write(&samples::picture(imageio_core::Dtype::U8, &[40, 50]), &[("shaped", "false")]);
    let strips = || {
        let settings = [("shaped", "false"), ("rows_per_strip", "8"), ("compression", "deflate")];
        write(&samples::picture(imageio_core::Dtype::U8, &[40, 50]), &settings)
    };
    let rows: Vec<(&str, Vec<u8>, ErrorKind, &[&str])> = vec![
        (
            "strip past the end",
            {
                let mut b = plain();
                put(&mut b, 273, 100_000);
                b
            },
            ErrorKind::Malformed,
            &["100000", "ends before"],
        ),
        (
            "byte count far too large",
            {
                let mut b = strips();
                entry(&mut b, 279, |e| e[4..8].copy_from_slice(&0x3fff_ffffu32.to_le_bytes()));
                b
            },
            ErrorKind::LimitExceeded,
            &["279"],
        ),
        (
            "2^32 pixels",
            {
                let mut b = plain();
                put(&mut b, 256, u32::MAX);
                b
            },
            ErrorKind::Malformed,
            &["ImageWidth", "4294967295"],
        ),
        (
            "a large picture in a small file",
            {
                let mut b = plain();
                put(&mut b, 256, 60_000);
                put(&mut b, 257, 60_000);
                put(&mut b, 278, 60_000);
                b
            },
            ErrorKind::LimitExceeded,
            &[],
        ),
        (
            "unknown compression",
            {
                let mut b = plain();
                put(&mut b, 259, 4711);
                b
            },
            ErrorKind::Unsupported,
            &["compression 4711"],
        ),
        (
            "no strips",
            {
                let mut b = plain();
                entry(&mut b, 273, |e| e[0..2].copy_from_slice(&60_000u16.to_le_bytes()));
                b
            },
            ErrorKind::Malformed,
            &["offsets", "offset"],
        ),
        (
            "too few strips",
            {
                let mut b = strips();
                put(&mut b, 278, 1);
                b
            },
            ErrorKind::Malformed,
            &["5 strips", "40"],
        ),
        (
            "wrong byte count",
            {
                let mut b = strips();
                put(&mut b, 257, 80);
                put(&mut b, 278, 16);
                b
            },
            ErrorKind::Malformed,
            &["holds", "byte"],
        ),
    ];
    let count = rows.len();
    for (name, bytes, kind, words) in rows {
        let error = v3::imread(bytes).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        for word in words {
            assert!(error.to_string().contains(word), "{name}: {error}");
        }
    }
    assert_eq!(count, 8);
}

#[test]
fn loops_end() {
    let mut bytes = write(&samples::picture(imageio_core::Dtype::U8, &[3, 9, 11]), &[("shaped", "false")]);
    // The last directory's link back to the first.
    let first = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
    let mut at = first as usize;
    loop {
        let count = usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
        let link = at + 2 + 12 * count;
        let next = u32::from_le_bytes(bytes[link..link + 4].try_into().unwrap());
        if next == 0 {
            bytes[link..link + 4].copy_from_slice(&first.to_le_bytes());
            break;
        }
        at = next as usize;
    }
    let mut reader = Reader::open(bytes).unwrap();
    assert_eq!(reader.read(0).unwrap().shape(), [3, 9, 11]);
    assert!(reader.notes().iter().any(|n| n.contains("leads back")), "{:?}", reader.notes());
}

#[test]
fn a_part_of_what_no_strip_holds_takes_no_memory() {
    let settings = [("shaped", "false"), ("compression", "zstd")];
    let mut bytes = write(&samples::picture(imageio_core::Dtype::U8, &[9, 11, 4]), &settings);
    put(&mut bytes, 256, 900_000_000);
    let mut reader = Reader::open(bytes).unwrap();
    let error = reader.downcast_mut::<TiffReader>().unwrap().read_region(1..5, 2..7).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    assert!(error.to_string().contains("can't come from"), "{error}");
}
