//! Every option against the same one of rawpy, on files of the external corpus and on files made here.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::{Path, PathBuf};

use imageio_core::v3;
use imageio_plugin_raw::{self as raw, Demosaic, Highlight, OutputColor};

use self::common::{corpus, difference, python, rawpy_all, read, samples, scene, written};

/// An option here, the same in rawpy's words, and the largest mean difference on a scale of 255.
struct Case {
    options: raw::ReadOptions,
    words: String,
    most: f64,
}

/// What a file says, for options that are given in its own units.
struct Levels {
    black: u32,
    white: u32,
    /// Filters until the pattern begins anew.
    pattern: usize,
}

fn cases(levels: &Levels) -> Vec<Case> {
    let Levels { black, white, pattern } = *levels;
    let mut out = Vec::new();
    // What is not asked about stands as in the first of these, so that one difference is looked at at a time.
    let mut add = |change: &dyn Fn(raw::ReadOptions) -> raw::ReadOptions, words: &str, most: f64| {
        // For six by six filters LibRaw has one method, whatever is asked for.
        let method = if pattern == 36 { Demosaic::XTrans } else { Demosaic::Bilinear };
        let options = raw::ReadOptions::new().no_auto_bright(true).demosaic(method);
        let mut all = vec!["no_auto_bright=True", "demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR"];
        // A word that is said again replaces the first.
        all.retain(|one| words.split_once('=').is_none_or(|(name, _)| !one.starts_with(name)));
        all.push(words);
        all.retain(|word| !word.is_empty());
        out.push(Case { options: change(options), words: all.join(", "), most });
    };
    add(&|o| o, "", 0.5);
    add(&|o| o.output_bps(16), "output_bps=16", 0.5);
    for (color, word) in [
        (OutputColor::Raw, "raw"),
        (OutputColor::Srgb, "sRGB"),
        (OutputColor::Adobe, "Adobe"),
        (OutputColor::Wide, "Wide"),
        (OutputColor::ProPhoto, "ProPhoto"),
        (OutputColor::Xyz, "XYZ"),
    ] {
        add(&|o| o.output_color(color), &format!("output_color=rawpy.ColorSpace.{word}"), 0.5);
    }
    for gamma in [[1.0, 1.0], [2.4, 12.92], [1.8, 0.0]] {
        add(&|o| o.gamma(gamma.to_vec()), &format!("gamma=({}, {})", gamma[0], gamma[1]), 2.0);
    }
    add(&|o| o.no_auto_bright(false), "no_auto_bright=False", 0.5);
    add(&|o| o.no_auto_bright(false).auto_bright_thr(0.1), "no_auto_bright=False, auto_bright_thr=0.1", 0.5);
    for bright in [0.5, 2.0] {
        add(&|o| o.bright(bright), &format!("bright={bright}"), 0.5);
    }
    for shift in [0.25, 0.7, 2.0, 8.0] {
        add(&|o| o.exp_shift(shift), &format!("exp_shift={shift}"), 0.5);
    }
    add(&|o| o.use_camera_wb(true), "use_camera_wb=True", 0.5);
    add(&|o| o.use_auto_wb(true), "use_auto_wb=True", 0.5);
    for wb in [vec![1.5, 1.0, 2.0, 1.0], vec![1.0, 0.5, 0.8, 0.0]] {
        add(&|o| o.user_wb(wb.clone()), &format!("user_wb={wb:?}"), 0.5);
    }
    if pattern == 4 {
        add(&|o| o.half_size(true), "half_size=True", 0.5);
        add(&|o| o.four_color_rgb(true), "four_color_rgb=True", 0.5);
        add(&|o| o.demosaic(Demosaic::Ppg), "demosaic_algorithm=rawpy.DemosaicAlgorithm.PPG", 0.5);
        add(&|o| o.demosaic(Demosaic::Ahd), "demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD", 0.5);
        let linear = "demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD, output_bps=16, gamma=(1, 1)";
        add(&|o| o.demosaic(Demosaic::Ahd).output_bps(16).gamma(vec![1.0, 1.0]), linear, 0.5);
    }
    for (mode, word) in [
        (Highlight::Clip, "Clip"),
        (Highlight::Unclip, "Ignore"),
        (Highlight::Blend, "Blend"),
        // An estimate, and not LibRaw's.
        (Highlight::Reconstruct, "ReconstructDefault"),
    ] {
        let most = if mode == Highlight::Reconstruct { 2.0 } else { 0.5 };
        add(&|o| o.highlight(mode), &format!("highlight_mode=rawpy.HighlightMode.{word}"), most);
    }
    for level in [0, black + white / 50] {
        add(&|o| o.user_black(level), &format!("user_black={level}"), 0.5);
    }
    // LibRaw counts this level from black, whatever its documentation says; here it counts as samples do.
    let level = white - white / 4;
    add(&|o| o.user_sat(level), &format!("user_sat={}", level - black), 2.0);
    add(&|o| o.adjust_maximum_thr(0.0), "adjust_maximum_thr=0.0", 0.5);
    for passes in [1u32, 3] {
        add(&|o| o.median_filter_passes(passes), &format!("median_filter_passes={passes}"), 0.5);
    }
    out
}

fn compare(python: &str, file: &Path) -> usize {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let options = imageio_core::ReadOptions::new().plugin(&raw::DESCRIPTOR).with(raw::ReadOptions::new().mosaic(true));
    let meta = v3::immeta_with(file, &options).unwrap();
    let number = |key: &str| meta.get(key).and_then(|v| v.as_f64()).unwrap();
    let black = meta.get("raw/black_level").and_then(|v| v.as_list()).and_then(|v| v[0].as_f64()).unwrap();
    let pattern = meta.get("raw/cfa_pattern").and_then(|v| v.as_str()).unwrap_or_default();
    let cases = cases(&Levels { black: black as u32, white: number("raw/white_level") as u32, pattern: pattern.len() });
    let words: Vec<String> = cases.iter().map(|case| case.words.clone()).collect();
    let mut wrong = Vec::new();
    for (case, theirs) in cases.iter().zip(rawpy_all(python, file, &words)) {
        let mine = samples(read(file, case.options.clone()));
        let full = if case.words.contains("output_bps=16") { 65535.0 } else { 255.0 };
        if mine.len() != theirs.len() {
            wrong.push(format!("{}: {} samples, not {}", case.words, mine.len(), theirs.len()));
            continue;
        }
        let (mean, psnr) = difference(&mine, &theirs, full);
        let said = format!("{mean:6.3} {psnr:6.1} dB  {}", case.words);
        println!("{name}: {said}");
        if mean > case.most {
            wrong.push(said);
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    cases.len()
}

#[test]
fn files_of_the_corpus() {
    let (Some(python), Some(files)) = (python(), corpus()) else {
        println!("skipped: IMAGEIO_PEERS or IMAGEIO_CORPUS is not set");
        return;
    };
    let met: Vec<usize> = files.iter().map(|file| compare(&python, file)).collect();
    assert!(met.len() >= 5 && met.iter().all(|n| *n >= 30), "{met:?}");
}

const XTRANS: &str = "GGRGGBGGBGGRBRGRBGGGBGGRGGRGGBRBGBRG";

/// Files with a dark and an overexposed picture, and one of another pattern.
fn own_files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for (letters, light) in [("RGGB", 1.0), ("GBRG", 3.0), (XTRANS, 1.0)] {
        let file = folder.join(format!("{}.dng", &letters[..4]));
        let options = written(letters);
        let mosaic = scene(letters, 300, 402, light);
        v3::imwrite_with(file.as_path(), &mosaic, &imageio_core::WriteOptions::new().with(options)).unwrap();
        out.push(file);
    }
    out
}

#[test]
fn files_made_here() {
    let Some(python) = python() else {
        println!("skipped: IMAGEIO_PEERS names no Python with rawpy");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-raw-options-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let met: Vec<usize> = own_files(&folder).iter().map(|file| compare(&python, file)).collect();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(met.len(), 3);
}
