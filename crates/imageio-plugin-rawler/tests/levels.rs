//! Levels and pictures of cameras' own files against rawpy's: those of the folder that `IMAGEIO_RAW_FILES` names.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

use std::process::Command;

use imageio_core::{ReadOptions, v3};
use imageio_plugin_rawler as rawler;

const SCRIPT: &str = "import sys, rawpy
with rawpy.imread(sys.argv[1]) as r:
    print(r.white_level, *r.black_level_per_channel)
    p = r.postprocess(no_auto_bright=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR)
    open(sys.argv[2], 'wb').write(p.tobytes())
";

#[test]
fn of_sony_are_those_of_rawpy() {
    let (Ok(python), Ok(folder)) = (std::env::var("IMAGEIO_PEERS"), std::env::var("IMAGEIO_RAW_FILES")) else {
        println!("skipped: IMAGEIO_PEERS or IMAGEIO_RAW_FILES is not set");
        return;
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Files that are cut off behind their headers say nothing of pictures.
    let files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|e| e.eq_ignore_ascii_case("arw")))
        .filter(|file| file.metadata().is_ok_and(|m| m.len() > 1 << 20))
        .collect();
    let picture = std::env::temp_dir().join(format!("imageio-rawler-levels-{}", std::process::id()));
    for file in &files {
        let out = Command::new(&python).arg("-c").arg(SCRIPT).arg(file).arg(&picture).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let theirs: Vec<f64> =
            String::from_utf8(out.stdout).unwrap().split_whitespace().map(|v| v.parse().unwrap()).collect();
        let wanted = rawler::ReadOptions::new().no_auto_bright(true).demosaic(rawler::Demosaic::Bilinear);
        let options = ReadOptions::new().plugin(&rawler::DESCRIPTOR).with(wanted);
        let mosaic = rawler::ReadOptions::new().mosaic(true);
        let meta = ReadOptions::new().plugin(&rawler::DESCRIPTOR).with(mosaic);
        let meta = v3::immeta_with(file.as_path(), &meta).unwrap();
        let white = meta.get("raw/white_level").and_then(|v| v.as_f64()).unwrap();
        let black = meta.get("raw/black_level").and_then(|v| v.as_list()).unwrap();
        let black: Vec<f64> = black.iter().map(|v| v.as_f64().unwrap()).collect();
        println!("{}: white {white}, black {black:?}; rawpy {theirs:?}", file.display());
        assert_eq!((white, &black[..]), (theirs[0], &theirs[1..]), "{}", file.display());
        let mine = v3::imread_with(file.as_path(), &options).unwrap();
        let mine = mine.view().elements::<u8>().unwrap().into_owned();
        let other = std::fs::read(&picture).unwrap();
        assert_eq!(mine.len(), other.len());
        let sum: u64 = mine.iter().zip(&other).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = sum as f64 / mine.len() as f64;
        println!("{}: mean {mean:.3} of 255", file.display());
        assert!(mean < 0.5, "{}: {mean}", file.display());
    }
    let _ = std::fs::remove_file(&picture);
    println!("{} files", files.len());
}
