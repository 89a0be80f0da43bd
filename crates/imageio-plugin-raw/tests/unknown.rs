//! Cameras that nobody knows, and files that are damaged: real files with some bytes changed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::Path;

use imageio_core::{Error, ErrorKind, NdImage, ReadOptions, Result, v3};
use imageio_plugin_raw as raw;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/raw").join(name)).unwrap()
}

/// Changes the entry of a tag in the first directory of a little-endian file: its number, or its value.
fn patch(bytes: &mut [u8], tag: u16, change: impl FnOnce(&mut [u8])) {
    let first = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes([bytes[first], bytes[first + 1]]));
    let entry = bytes[first + 2..].chunks_exact_mut(12).take(count).find(|e| e[..2] == tag.to_le_bytes()).unwrap();
    change(entry);
}

/// As a maker's own file would be: without the version that says DNG.
fn not_dng(name: &str) -> Vec<u8> {
    let mut bytes = file(name);
    patch(&mut bytes, 50706, |entry| entry[..2].copy_from_slice(&50000u16.to_le_bytes()));
    bytes
}

fn read(bytes: &[u8], mosaic: bool) -> Result<NdImage> {
    let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).extension("nef");
    v3::imread_with(bytes, &options.with(raw::ReadOptions::new().mosaic(mosaic)))
}

fn said(e: &Error) -> String {
    format!("{e} {}", e.hint().unwrap_or_default())
}

#[test]
fn an_unknown_camera_is_named_and_its_mosaic_can_be_read() {
    let bytes = not_dng("bayer16.dng");
    let meta = v3::immeta_with(&bytes[..], &ReadOptions::new().plugin(&raw::DESCRIPTOR).extension("nef")).unwrap();
    let name = |key: &str| meta.get(key).and_then(|v| v.as_str()).unwrap().to_owned();
    let e = read(&bytes, false).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    for word in [&name("raw/make"), &name("raw/model"), "mosaic = true", "feature `rawler`"] {
        assert!(said(&e).contains(word), "{word}: {}", said(&e));
    }
    assert_eq!(read(&bytes, true).unwrap(), read(&file("bayer16.dng"), true).unwrap());
}

#[test]
fn a_mosaic_that_can_not_be_read_is_an_error_that_says_so() {
    let mut bytes = not_dng("bayer16.dng");
    patch(&mut bytes, 259, |entry| entry[8..10].copy_from_slice(&34713u16.to_le_bytes()));
    for mosaic in [false, true] {
        let e = read(&bytes, mosaic).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unsupported);
        for word in ["its mosaic can't either", "feature `rawler`", "DNG"] {
            assert!(said(&e).contains(word), "{word}: {}", said(&e));
        }
    }
}

#[test]
fn canons_cr3_names_the_feature_that_reads_it() {
    let e = read(b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom\0\0\0\0", false).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(said(&e).contains("feature `rawler`"), "{}", said(&e));
}

#[test]
fn truncated_files_and_absurd_sizes_are_errors() {
    let mut met = 0;
    for name in ["bayer16.dng", "float32_deflate.dng", "xtrans.dng", "linear_rgb.dng", "curve8.dng"] {
        let whole = file(name);
        for part in 1..16 {
            let cut = &whole[..whole.len() * part / 16];
            let e = read(cut, true).err().unwrap_or_else(|| panic!("{name}: {part} sixteenths are read"));
            assert!(!matches!(e.kind(), ErrorKind::Backend), "{name}: {part}: {e}");
            met += 1;
        }
        for (tag, size) in [(256, u32::MAX), (257, u32::MAX), (256, 1 << 23), (257, 1 << 23), (256, 0)] {
            let mut bytes = whole.clone();
            patch(&mut bytes, tag, |entry| {
                entry[2..4].copy_from_slice(&4u16.to_le_bytes());
                entry[8..12].copy_from_slice(&size.to_le_bytes());
            });
            for mosaic in [false, true] {
                let e = read(&bytes, mosaic).err().unwrap_or_else(|| panic!("{name}: tag {tag} of {size} is read"));
                assert!(!matches!(e.kind(), ErrorKind::Backend), "{name}: {tag} {size}: {e}");
                met += 1;
            }
        }
    }
    println!("{met} damaged files");
    assert_eq!(met, 5 * (15 + 10));
}

/// Bytes that differ from file to file, but not from run to run.
fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    // Headers are at the beginning, and every other file is cut off.
    let headers = bytes.len().min(8192);
    for _ in 0..1 + next() % 6 {
        let at = next() % if next() % 4 == 0 { bytes.len() } else { headers };
        bytes[at] = [0, 0xff, 0x7f, next() as u8][next() % 4];
    }
    if next() % 2 == 0 {
        bytes.truncate(1 + next() % bytes.len());
    }
    bytes
}

#[test]
fn damage_to_cameras_own_files_is_no_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/raw");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.extend(common::more_files());
    files.retain(|path| path.metadata().unwrap().len() < 100_000);
    let (mut met, mut failed) = (0, 0);
    for path in &files {
        let whole = std::fs::read(path).unwrap();
        for seed in 0..60 {
            let bytes = damaged(&whole, seed);
            let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).extension("nef");
            let with = |mosaic| options.clone().with(raw::ReadOptions::new().mosaic(mosaic));
            let results = [
                v3::immeta_with(&bytes[..], &with(true)).map(|_| ()),
                v3::improps_with(&bytes[..], &with(false)).map(|_| ()),
                v3::imread_with(&bytes[..], &with(true)).map(|_| ()),
                v3::imread_with(&bytes[..], &with(false)).map(|_| ()),
                v3::imread_with(&bytes[..], &with(false).index(1)).map(|_| ()),
            ];
            for e in results.into_iter().filter_map(Result::err) {
                assert!(!e.to_string().contains("panicked"), "{}: {seed}: {e}", path.display());
                failed += 1;
            }
            met += 1;
        }
    }
    println!("{met} damaged files, {failed} errors");
    assert!(met >= 8 * 60 && failed > met, "{met} {failed}");
}
