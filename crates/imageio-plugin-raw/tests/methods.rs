//! Each way of demosaicing against rawpy's, to the very edges of the pictures: with the usual tone and in linear light,
//! in 8 and in 16 bits, on files of the external corpus and on mosaics made here.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::{Path, PathBuf};

use imageio_core::ndarray::Array2;
use imageio_core::v3;
use imageio_plugin_raw::{self as raw, Demosaic};

use self::common::{corpus, difference, more_files, python, rawpy_all, read, samples, scene, written};

/// Options here, and the same in rawpy's words.
fn cases() -> Vec<(raw::ReadOptions, String, f64)> {
    let mut out = Vec::new();
    for (method, word) in [(Demosaic::Bilinear, "LINEAR"), (Demosaic::Ppg, "PPG"), (Demosaic::Ahd, "AHD")] {
        for (gamma, tone) in [([2.222, 4.5], "(2.222, 4.5)"), ([1.0, 1.0], "(1, 1)")] {
            for (bits, full) in [(8u8, 255.0), (16, 65535.0)] {
                let options = raw::ReadOptions::new().no_auto_bright(true).demosaic(method);
                let words = format!(
                    "no_auto_bright=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.{word}, gamma={tone}, \
                     output_bps={bits}"
                );
                out.push((options.gamma(gamma.to_vec()).output_bps(bits), words, full));
            }
        }
    }
    out
}

/// The largest mean difference, of 255.
const MOST: f64 = 0.1;

/// The number of cases, each of which is within [`MOST`].
fn compare(python: &str, file: &Path) -> usize {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let cases = cases();
    let words: Vec<String> = cases.iter().map(|case| case.1.clone()).collect();
    let mut wrong = Vec::new();
    for ((options, words, full), theirs) in cases.iter().zip(rawpy_all(python, file, &words)) {
        let (mean, psnr) = difference(&samples(read(file, options.clone())), &theirs, *full);
        let short = words.replace("no_auto_bright=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.", "");
        let said = format!("{mean:6.3} of 255, {psnr:5.1} dB  {short}");
        println!("{name}: {said}");
        if mean > MOST {
            wrong.push(said);
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    cases.len()
}

#[test]
fn files_of_the_corpus() {
    let (Some(python), Some(mut files)) = (python(), corpus()) else {
        println!("skipped: IMAGEIO_PEERS or IMAGEIO_CORPUS is not set");
        return;
    };
    // Files that are cut off behind their headers say nothing of pictures.
    files.extend(more_files().into_iter().filter(|file| std::fs::metadata(file).is_ok_and(|m| m.len() > 1 << 20)));
    let options = imageio_core::ReadOptions::new().plugin(&raw::DESCRIPTOR).with(raw::ReadOptions::new().mosaic(true));
    let mut met = 0;
    for file in &files {
        let meta = v3::immeta_with(file.as_path(), &options).unwrap();
        if meta.get("raw/cfa_pattern").and_then(|v| v.as_str()).is_some_and(|letters| letters.len() > 4) {
            println!("skipped: {} is behind no Bayer pattern, for which LibRaw has another method", file.display());
            continue;
        }
        met += compare(&python, file) / 12;
    }
    assert!(met >= 5, "{met} files");
}

/// Numbers that look like chance and are the same each time.
fn chance(at: usize) -> u16 {
    let mut state = (at as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (state >> 48) as u16
}

#[test]
fn mosaics_made_here() {
    let Some(python) = python() else {
        println!("skipped: IMAGEIO_PEERS names no Python with rawpy");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-raw-methods-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut write = |name: &str, letters: &str, mosaic: Array2<u16>| {
        let file = folder.join(format!("{name}-{letters}.dng"));
        let options = imageio_core::WriteOptions::new().with(written(letters));
        v3::imwrite_with(file.as_path(), &mosaic, &options).unwrap();
        files.push(file);
    };
    for letters in ["RGGB", "BGGR", "GRBG", "GBRG"] {
        write("scene", letters, scene(letters, 150, 202, 1.0));
        // Edges of the picture are where methods differ: here are many of them, of even and odd length.
        write("small", letters, scene(letters, 31, 42, 1.0));
        write("tiny", letters, scene(letters, 22, 23, 2.0));
    }
    // Stripes as narrow as can be along rows, columns and diagonals, and one step in the middle.
    write("rows", "RGGB", Array2::from_shape_fn((90, 120), |(y, _)| 2000 + 5000 * (y / 2 % 2) as u16));
    write("columns", "GRBG", Array2::from_shape_fn((90, 121), |(_, x)| 2000 + 5000 * (x / 2 % 2) as u16));
    write("slope", "BGGR", Array2::from_shape_fn((91, 120), |(y, x)| 1500 + 4500 * ((x + y) / 3 % 2) as u16));
    write("step", "GBRG", Array2::from_shape_fn((90, 120), |(_, x)| if x < 61 { 1200 } else { 12000 }));
    // Nothing but noise, in which every choice of a direction is a close one.
    write("noise", "RGGB", Array2::from_shape_fn((200, 300), |(y, x)| 600 + chance(y * 300 + x) % 9000));
    let met: Vec<usize> = files.iter().map(|file| compare(&python, file)).collect();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(met, [12; 17]);
}
