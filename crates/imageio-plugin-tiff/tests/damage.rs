//! Damaged files: errors that say where, and never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stdout, reason = "what was checked is said in the output")]

mod support;

use imageio_core::{ErrorKind, Index, Limits, NdImage, ReadOptions, Reader, Value, WriteOptions, v3};
use imageio_plugin_tiff::{DESCRIPTOR, TiffReader};
use imageio_testkit::fuzz::{Outcome, read_any};
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
    #[cfg(feature = "jpeg")]
    seeds.extend([support::old_jpeg(true), support::old_jpeg(false)]);
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
        "bool",
        "complex64",
        "group3",
        "group4",
        "hyperstack_imagej",
        "jpeg12",
        "jpeg_lossless16",
        "packed12",
        "pages_mixed",
        "planar_i16_packbits",
        "pyramid_subifds",
        "stack.ome",
        "stack_shaped",
        "f64_zstd_be",
        "ycbcr440_deflate",
        "palette4",
        "palette16_pages",
        "jpeg12_rgb_tiles",
    ] {
        seeds.push(std::fs::read(folder.join(format!("{name}.tif"))).unwrap());
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
    if k % 8 == 7 {
        // The loop of the fuzz targets, with room for larger pictures: properties agree with what is read.
        return match read_any(&DESCRIPTOR, &bytes) {
            Outcome::Refused(_) => false,
            Outcome::Read { first, panicked } => {
                assert!(!panicked, "file {k}");
                first.is_ok()
            }
        };
    }
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

/// Damages files and uses them; each number makes the same file every time.
fn mutate(numbers: std::ops::Range<usize>) {
    let seeds = seeds();
    let rounds = numbers.len();
    let mut read = 0;
    for k in numbers {
        let mut random = Random((k as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
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
        let start = std::time::Instant::now();
        read += usize::from(use_it(bytes, k));
        // The limit of memory is a mebibyte: nothing of that takes so long, even where other work goes on.
        assert!(start.elapsed().as_secs() < 20, "file {k} took {:?}", start.elapsed());
    }
    println!("{rounds} damaged files of {} kinds, {read} of them read", seeds.len());
    // Where the system tells: the most that any of them took, with the limits of `read_any`.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    println!("at most {most:?} KiB");
    assert!(most.is_none_or(|kib| kib < 400 << 10), "{most:?} KiB");
    assert!(read > rounds / 20 && read < rounds, "{read} of {rounds}");
}

#[test]
fn damaged_headers_are_errors() {
    mutate(0..4_000);
}

/// The same, a million times, or those that `IMAGEIO_DAMAGE` names, such as `0..100000`:
/// `cargo test --release -p imageio-plugin-tiff --test damage -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn a_million_damaged_headers() {
    let said = std::env::var("IMAGEIO_DAMAGE").unwrap_or_else(|_| "0..1000000".to_owned());
    let (start, end) = said.split_once("..").unwrap();
    mutate(start.parse().unwrap()..end.parse().unwrap());
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

/// A fault: what is done to a file, and the kind, words, tag and offset of the error.
struct Fault {
    name: &'static str,
    file: Vec<u8>,
    kind: ErrorKind,
    words: &'static [&'static str],
    tag: Option<&'static str>,
    offset: Option<u64>,
}

/// Offset of the entry of a tag in the first directory.
fn entry_at(bytes: &[u8], tag: u16) -> u64 {
    let ifd = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let at = (ifd + 2..).step_by(12).find(|at| bytes[*at..at + 2] == tag.to_le_bytes()).unwrap();
    at as u64
}

fn value_of(bytes: &[u8], tag: u16) -> u64 {
    let at = entry_at(bytes, tag) as usize + 8;
    u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()))
}

fn plain() -> Vec<u8> {
    write(&samples::picture(imageio_core::Dtype::U8, &[40, 50]), &[("shaped", "false")])
}

fn strips() -> Vec<u8> {
    let settings = [("shaped", "false"), ("rows_per_strip", "8"), ("compression", "deflate")];
    write(&samples::picture(imageio_core::Dtype::U8, &[40, 50]), &settings)
}

fn faults() -> Vec<Fault> {
    let changed = |mut bytes: Vec<u8>, changes: &[(u16, u32)]| {
        changes.iter().for_each(|(tag, value)| put(&mut bytes, *tag, *value));
        bytes
    };
    let at = |bytes: &[u8], tag: u16| Some(entry_at(bytes, tag));
    let mut faults = Vec::new();
    let mut add = |name, file, kind, words: &'static [&'static str], tag, offset| {
        faults.push(Fault { name, file, kind, words, tag, offset });
    };
    let b = changed(plain(), &[(273, 100_000)]);
    add("strip past the end", b, ErrorKind::Malformed, &["ends before"], Some("StripOffsets (273)"), Some(100_000));
    let mut b = strips();
    entry(&mut b, 279, |e| e[4..8].copy_from_slice(&0x3fff_ffffu32.to_le_bytes()));
    let offset = at(&b, 279);
    add("count past the end", b, ErrorKind::LimitExceeded, &["bytes"], Some("StripByteCounts (279)"), offset);
    let mut b = strips();
    entry(&mut b, 279, |e| e[8..12].copy_from_slice(&0x00ff_ffffu32.to_le_bytes()));
    let tag = Some("StripByteCounts (279)");
    add("values past the end", b, ErrorKind::Malformed, &["ends before"], tag, Some(0xff_ffff));
    let b = changed(plain(), &[(256, u32::MAX)]);
    let offset = at(&b, 256);
    add("2^32 pixels", b, ErrorKind::Malformed, &["ImageWidth is 4294967295"], Some("ImageWidth (256)"), offset);
    let b = changed(plain(), &[(256, 60_000), (257, 60_000), (278, 60_000)]);
    add("a large picture in a small file", b, ErrorKind::LimitExceeded, &[], None, None);
    let b = changed(plain(), &[(259, 4711)]);
    let offset = at(&b, 259);
    add("unknown compression", b, ErrorKind::Unsupported, &["compression 4711"], Some("Compression (259)"), offset);
    let settings = [("shaped", "false"), ("predictor", "true"), ("compression", "deflate")];
    let b = changed(write(&samples::picture(imageio_core::Dtype::U8, &[40, 50]), &settings), &[(317, 7)]);
    let offset = at(&b, 317);
    add("unknown predictor", b, ErrorKind::Unsupported, &["predictor 7"], Some("Predictor (317)"), offset);
    let mut b = plain();
    entry(&mut b, 273, |e| e[0..2].copy_from_slice(&60_000u16.to_le_bytes()));
    add("no strips", b, ErrorKind::Malformed, &["neither strip nor tile"], Some("StripOffsets (273)"), None);
    let b = changed(strips(), &[(278, 1)]);
    let offset = at(&b, 273);
    add("too few strips", b, ErrorKind::Malformed, &["5 strips", "40"], Some("StripOffsets (273)"), offset);
    let b = changed(strips(), &[(257, 80), (278, 16)]);
    let first = u64::from(u32::from_le_bytes(b[value_of(&b, 273) as usize..][..4].try_into().unwrap()));
    let words = &["holds 400 of 800 bytes", "strip 0 of 5"];
    add("wrong byte count", b, ErrorKind::Malformed, words, Some("StripByteCounts (279)"), Some(first));
    let mut b = plain();
    entry(&mut b, 258, |e| e[2..4].copy_from_slice(&77u16.to_le_bytes()));
    let (offset, words) = (at(&b, 258), &["unknown field type 77"]);
    add("unknown field type", b, ErrorKind::Unsupported, words, Some("BitsPerSample (258)"), offset);
    let b = changed(plain(), &[(258, 83)]);
    let (offset, words) = (at(&b, 258), &["samples of 83 bits"]);
    add("strange samples", b, ErrorKind::Unsupported, words, Some("BitsPerSample (258)"), offset);
    faults
}

#[test]
fn errors_say_where() {
    let faults = faults();
    let count = faults.len();
    for Fault { name, file, kind, words, tag, offset } in faults {
        let ifd = u32::from_le_bytes(file[4..8].try_into().unwrap()).to_string();
        let error = v3::imread(file).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        for word in words {
            assert!(error.to_string().contains(word), "{name}: {error}");
        }
        if kind == ErrorKind::LimitExceeded && tag.is_none() {
            // Not the file is at fault, but what it needs.
            continue;
        }
        assert_eq!(error.context_value("page"), Some("0"), "{name}: {error}");
        assert_eq!(error.context_value("ifd"), Some(ifd.as_str()), "{name}: {error}");
        assert_eq!(error.context_value("tag"), tag, "{name}: {error}");
        let said = error.context_value("offset").and_then(|n| n.parse::<u64>().ok());
        assert!(said.is_some() && (offset.is_none() || said == offset), "{name}: {error}");
    }
    assert_eq!(count, 12);
}

#[test]
fn a_directory_past_the_end() {
    let mut bytes = plain();
    bytes[4..8].copy_from_slice(&100_000u32.to_le_bytes());
    let error = v3::imread(bytes).unwrap_err();
    assert_eq!((error.kind(), error.context_value("ifd")), (ErrorKind::Malformed, Some("100000")), "{error}");
    // Of a later one, what comes before is read, and a note says so.
    let mut bytes = write(&samples::picture(imageio_core::Dtype::U8, &[3, 9, 11]), &[("shaped", "false")]);
    let first = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes(bytes[first..first + 2].try_into().unwrap()));
    bytes[first + 2 + 12 * count..][..4].copy_from_slice(&100_000u32.to_le_bytes());
    let mut reader = Reader::open(bytes).unwrap();
    assert_eq!(reader.read(0).unwrap().shape(), [9, 11]);
    assert!(reader.notes().iter().any(|n| n.contains("ifd: 100000")), "{:?}", reader.notes());
}

/// Writers share strips that are equal; libtiff and tifffile read them as they are.
#[test]
fn strips_may_overlap() {
    let mut bytes = strips();
    let at = value_of(&bytes, 273) as usize;
    let counts = value_of(&bytes, 279) as usize;
    let whole = v3::imread(bytes.clone()).unwrap();
    let (offset, count) = (bytes[at..at + 4].to_vec(), bytes[counts..counts + 4].to_vec());
    for k in 1..5 {
        bytes[at + 4 * k..at + 4 * k + 4].copy_from_slice(&offset);
        bytes[counts + 4 * k..counts + 4 * k + 4].copy_from_slice(&count);
    }
    let image = v3::imread(bytes).unwrap();
    let strip = &whole.as_bytes().unwrap()[..400];
    assert!(image.as_bytes().unwrap().chunks(400).all(|part| part == strip));
}

#[test]
fn plain_pixels_are_cut_off() {
    let mut bytes = write(&samples::picture(imageio_core::Dtype::U8, &[64, 64]), &[]);
    bytes.truncate(bytes.len() - 640);
    let error = v3::imread(&bytes).unwrap_err();
    let said = ["page", "tag"].map(|key| error.context_value(key));
    assert_eq!(said, [Some("0"), Some("StripOffsets (273)")], "{error}");
}

#[test]
fn the_last_strip_is_cut_off() {
    let settings = [("shaped", "false"), ("rows_per_strip", "8")];
    for compression in ["none", "deflate", "lzw"] {
        let settings = [settings[0], settings[1], ("compression", compression)];
        let whole = write(&samples::picture(imageio_core::Dtype::U8, &[40, 50]), &settings);
        let expected = v3::imread(whole.clone()).unwrap();
        let (offsets, counts) = (value_of(&whole, 273) as usize, value_of(&whole, 279) as usize);
        let last = |at: usize| u32::from_le_bytes(whole[at + 16..at + 20].try_into().unwrap()) as usize;
        let (at, half) = (last(offsets), last(counts) / 2);
        // The directory is moved to the front of a copy whose last strip ends the file.
        let mut bytes = whole.clone();
        let end = (bytes.len() + half) as u32;
        let tail = whole[at..at + half].to_vec();
        let start = bytes.len() as u32;
        bytes.extend(tail);
        bytes[offsets + 16..offsets + 20].copy_from_slice(&start.to_le_bytes());
        assert_eq!(bytes.len() as u32, end);
        let error = v3::imread(bytes.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(error.context_value("offset"), Some(start.to_string().as_str()), "{error}");
        assert_eq!(error.context_value("chunk"), Some("strip 4 of 5"), "{error}");
        assert_eq!(error.context_value("tag"), Some("StripOffsets (273)"), "{error}");
        let options = ReadOptions::new().set("allow_truncated", true);
        let image = v3::imread_with(bytes, &options).unwrap();
        let (found, expected) = (image.as_bytes().unwrap(), expected.as_bytes().unwrap());
        assert_eq!(found[..1600], expected[..1600], "{compression}");
        let same = found[1600..].iter().zip(&expected[1600..]).take_while(|(a, b)| a == b).count();
        // What is plain is there as far as it goes; the rest is zero.
        assert!(compression != "none" || same >= 200, "{compression} {same}");
        assert!(found[1600 + same..].iter().all(|v| *v == 0), "{compression} {same}");
    }
}

#[cfg(feature = "jpeg")]
#[test]
fn the_beginning_of_a_jpeg_strip_is_there() {
    let whole =
        write(&samples::picture(imageio_core::Dtype::U8, &[160, 96]), &[("compression", "jpeg"), ("shaped", "false")]);
    let expected = v3::imread(whole.clone()).unwrap();
    let (at, count) = (value_of(&whole, 273) as usize, value_of(&whole, 279) as usize);
    let mut bytes = whole.clone();
    let start = bytes.len() as u32;
    bytes.extend_from_slice(&whole[at..at + count / 2]);
    put(&mut bytes, 273, start);
    assert_eq!(v3::imread(bytes.clone()).unwrap_err().kind(), ErrorKind::Malformed);
    let image = v3::imread_with(bytes, &ReadOptions::new().set("allow_truncated", true)).unwrap();
    let (found, expected) = (image.as_bytes().unwrap(), expected.as_bytes().unwrap());
    let same = found.iter().zip(expected).take_while(|(a, b)| a == b).count();
    assert!(same >= 96 * 32 && found.len() == expected.len(), "{same}");
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
    let region = |bytes: Vec<u8>| {
        let mut reader = Reader::open(bytes).unwrap();
        reader.downcast_mut::<TiffReader>().unwrap().read_region(1..5, 2..7).unwrap_err()
    };
    let error = region(bytes);
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    assert!(error.to_string().contains("can't come from"), "{error}");
    // Nor does the claim of a byte count that the file has not.
    let settings = [("shaped", "false"), ("tile", "[16, 16]")];
    let mut bytes = write(&samples::picture(imageio_core::Dtype::U16, &[16, 16]), &settings);
    for (tag, value) in [(256, 900_000_000), (322, 900_000_000), (325, 0xb000_0000)] {
        put(&mut bytes, tag, value);
    }
    let error = region(bytes);
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    assert!(error.to_string().contains("ends before"), "{error}");
}
