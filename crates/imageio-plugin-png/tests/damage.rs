//! Chunks whose contents contradict each other, with checksums that are right.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::{ErrorKind, NdImage, Reader, v3 as iio};
use imageio_plugin_png as _;

const MOVING: &[u8] = include_bytes!("../../../tests/corpus/png/moving.png");
const WITH_STILL: &[u8] = include_bytes!("../../../tests/corpus/png/with_still.apng");

type Chunk = ([u8; 4], Vec<u8>);

fn chunks(file: &[u8]) -> Vec<Chunk> {
    let mut rest = &file[8..];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let len = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        found.push((rest[4..8].try_into().unwrap(), rest[8..8 + len].to_vec()));
        rest = &rest[12 + len..];
    }
    found
}

fn file(chunks: &[Chunk]) -> Vec<u8> {
    let mut out = MOVING[..8].to_vec();
    for (kind, data) in chunks {
        out.extend((data.len() as u32).to_be_bytes());
        let named = [kind.as_slice(), data].concat();
        out.extend(&named);
        out.extend(crc32fast::hash(&named).to_be_bytes());
    }
    out
}

fn places(chunks: &[Chunk], kind: &[u8; 4]) -> Vec<usize> {
    (0..chunks.len()).filter(|at| chunks[*at].0 == *kind).collect()
}

#[test]
fn the_helper_changes_nothing() {
    assert_eq!(file(&chunks(MOVING)), MOVING);
    assert_eq!(file(&chunks(WITH_STILL)), WITH_STILL);
}

#[test]
fn frames_behind_a_gap_in_the_sequence_are_missing() {
    let good: Vec<NdImage> = Reader::open(MOVING).unwrap().frames().map(Result::unwrap).collect();
    let whole = chunks(MOVING);
    for kind in [b"fcTL", b"fdAT"] {
        let mut altered = whole.clone();
        let at = places(&whole, kind)[2];
        altered[at].1[3] += 1;
        let bytes = file(&altered);
        let e = iio::imread(&bytes[..]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Malformed);
        assert!(e.to_string().contains("sequence number"), "{e}");
        assert_eq!(iio::imread_with(&bytes[..], &imageio_core::ReadOptions::new().index(1)).unwrap(), good[1]);
    }
    // Two chunks that changed places.
    let mut altered = whole.clone();
    let (a, b) = (places(&whole, b"fcTL")[3], places(&whole, b"fcTL")[4]);
    altered.swap(a, b);
    assert_eq!(iio::imread(&file(&altered)[..]).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn pieces_of_the_last_frame_are_counted() {
    let whole = chunks(MOVING);
    let last = places(&whole, b"fdAT").pop().unwrap();
    for (step, fine) in [(1u32, true), (2, false)] {
        let mut altered = whole.clone();
        let piece = altered[last].1.split_off(10);
        let number = u32::from_be_bytes(altered[last].1[..4].try_into().unwrap());
        altered.insert(last + 1, (*b"fdAT", [&(number + step).to_be_bytes()[..], &piece].concat()));
        let read = iio::imread(&file(&altered)[..]);
        assert_eq!(read.is_ok(), fine);
        if fine {
            assert_eq!(read.unwrap(), iio::imread(MOVING).unwrap());
        }
    }
}

#[test]
fn two_animation_chunks_are_none() {
    let mut altered = chunks(WITH_STILL);
    let at = places(&altered, b"acTL")[0];
    altered.insert(at, altered[at].clone());
    let bytes = file(&altered);
    let mut reader = Reader::open(&bytes[..]).unwrap();
    assert_eq!(reader.count().unwrap(), Some(1));
    assert_eq!(reader.read(0).unwrap(), Reader::open(WITH_STILL).unwrap().read(0).unwrap());
}

#[test]
fn the_checksum_of_the_pixels_counts() {
    let picture = imageio_core::ndarray::Array3::from_shape_fn((40, 50, 3), |(y, x, c)| (y * 5 + x * 3 + c * 70) as u8);
    for interlaced in [false, true] {
        let options = imageio_core::WriteOptions::new().extension("png").set("interlace", interlaced);
        let bytes = iio::imwrite_with("<bytes>", &picture, &options).unwrap().unwrap();
        let mut altered = chunks(&bytes);
        let last = places(&altered, b"IDAT").pop().unwrap();
        // The last four bytes are the Adler-32 of all rows.
        *altered[last].1.last_mut().unwrap() ^= 1;
        let e = iio::imread(&file(&altered)[..]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Malformed, "{e}");
    }
}

#[test]
fn bits_that_no_sample_has_make_no_other_colour_transparent() {
    let all: Vec<u8> = (0..4).collect();
    for (depth, row, stored) in [(1u8, 0b0100_0000u8, 0x00FFu16), (2, 0b0001_1011, 0xFFF1), (8, 1, 0x7701)] {
        let n: u32 = [2, 4, 0, 1][depth.ilog2() as usize];
        let header = [n.to_be_bytes().as_slice(), &[0, 0, 0, 1, depth, 0, 0, 0, 0]].concat();
        let pixels = miniature_zlib(&[0, row]);
        let bytes = file(&[
            (*b"IHDR", header),
            (*b"tRNS", stored.to_be_bytes().to_vec()),
            (*b"IDAT", pixels),
            (*b"IEND", Vec::new()),
        ]);
        let picture = iio::imread(&bytes[..]).unwrap().into_array::<u8>().unwrap();
        assert_eq!(picture.shape(), [1, n as usize, 2]);
        let alpha: Vec<u8> = picture.iter().skip(1).step_by(2).copied().collect();
        let expected: Vec<u8> = match depth {
            8 => vec![0],
            _ => all[..n as usize].iter().map(|v| if *v == 1 { 0 } else { 255 }).collect(),
        };
        assert_eq!(alpha, expected, "{depth} bits");
    }
}

/// A zlib stream of one stored block.
fn miniature_zlib(data: &[u8]) -> Vec<u8> {
    let len = data.len() as u16;
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), v| {
        let a = (a + u32::from(*v)) % 65_521;
        (a, (b + a) % 65_521)
    });
    [&[0x78, 1, 1][..], &len.to_le_bytes(), &(!len).to_le_bytes(), data, &(b << 16 | a).to_be_bytes()].concat()
}

/// Gives out a byte at a time.
struct Drops<'a>(&'a [u8]);

impl std::io::Read for Drops<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = out.len().min(1);
        self.0.read(&mut out[..n])
    }
}

#[test]
fn the_checksum_of_pixels_counts_however_the_file_comes() {
    let image = imageio_core::ndarray::Array2::from_shape_fn((60, 50), |(y, x)| (y * x) as u8);
    let write = imageio_core::WriteOptions::new().extension("png");
    let good = iio::imwrite_with("<bytes>", &image, &write).unwrap().unwrap();
    let mut altered = chunks(&good);
    let at = places(&altered, b"IDAT").pop().unwrap();
    *altered[at].1.last_mut().unwrap() ^= 1;
    let bad = file(&altered);
    let of = |bytes: &[u8]| iio::imread(imageio_core::resource::Pipe(Drops(bytes))).map_err(|e| e.to_string());
    assert_eq!(of(&good).unwrap(), iio::imread(&good).unwrap());
    let (e, by_drops) = (iio::imread(&bad).unwrap_err(), of(&bad).unwrap_err());
    assert_eq!(e.kind(), ErrorKind::Malformed);
    assert_eq!(e.to_string().replace("<bytes>", "<pipe>"), by_drops);
}

#[test]
fn a_text_that_claims_more_than_the_file_has_is_left_out() {
    let mut altered = chunks(WITH_STILL);
    altered.insert(altered.len() - 1, (*b"tEXt", b"Title\0x".to_vec()));
    let mut bytes = file(&altered);
    let at = bytes.windows(4).position(|w| w == b"tEXt").unwrap();
    bytes[at - 4..at].copy_from_slice(&0x4000_0000u32.to_be_bytes());
    assert!(iio::imread(&bytes).is_ok());
    let mut reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.metadata(..).unwrap().get("text/Title"), None);
}

#[test]
fn a_canvas_that_only_a_small_file_claims_is_refused() {
    // The frames of an animation whose still is none of them draw on an empty canvas, however large it says it is.
    let mut altered = chunks(WITH_STILL);
    altered[0].1[..8].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x20, 0]);
    let e = iio::imread_with(&file(&altered), &imageio_core::ReadOptions::new().index(1)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
    assert!(e.to_string().contains("Limits::max_ratio"), "{e}");
}
