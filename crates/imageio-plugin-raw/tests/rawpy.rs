//! Mosaics and pictures against those of rawpy (LibRaw), on files of the external corpus and on files made here.
//! `IMAGEIO_PEERS` names a Python that has rawpy and tifffile; without it the checks are skipped.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{NdImage, ReadOptions, v3};
use imageio_plugin_raw as raw;

/// What rawpy gives for one file: `mosaic`, `visible`, or a call of `postprocess`.
const SCRIPT: &str = r#"
import sys, numpy as np, rawpy
with rawpy.imread(sys.argv[1]) as r:
    what = sys.argv[2]
    if what in ('mosaic', 'visible'):
        a = r.raw_image if what == 'mosaic' else r.raw_image_visible
        a = a[..., :3] if a.ndim == 3 else a
    else:
        a = eval('r.postprocess(' + what + ')', dict(r=r, rawpy=rawpy))
    sys.stdout.buffer.write(np.ascontiguousarray(a).astype('<u2').tobytes())
"#;

fn python() -> Option<String> {
    let python = std::env::var("IMAGEIO_PEERS").ok()?;
    let probe = Command::new(&python).args(["-c", "import rawpy, tifffile"]).output().ok()?;
    probe.status.success().then_some(python)
}

fn rawpy(python: &str, file: &Path, what: &str) -> Vec<u16> {
    let out = Command::new(python).arg("-c").arg(SCRIPT).arg(file).arg(what).output().unwrap();
    assert!(out.status.success(), "{} {what}: {}", file.display(), String::from_utf8_lossy(&out.stderr));
    out.stdout.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()
}

fn read(file: &Path, options: raw::ReadOptions) -> NdImage {
    let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).with(options);
    v3::imread_with(file, &options).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Samples as 16-bit integers, whichever they are.
fn samples(image: NdImage) -> Vec<u16> {
    match image.view().elements::<u8>() {
        Some(bytes) => bytes.iter().map(|v| u16::from(*v)).collect(),
        None => image.try_into_array::<u16>().unwrap().into_raw_vec_and_offset().0,
    }
}

/// Mean absolute difference on a scale of 255, and the ratio of peak to noise in dB.
fn difference(a: &[u16], b: &[u16], full: f64) -> (f64, f64) {
    assert_eq!(a.len(), b.len());
    let n = a.len() as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let d = f64::from(*a) - f64::from(*b);
        sum += d.abs();
        squares += d * d;
    }
    (sum / n * 255.0 / full, 10.0 * (full * full / (squares / n).max(1e-12)).log10())
}

/// Options here and the same in rawpy's words.
fn cases() -> Vec<(raw::ReadOptions, &'static str, f64)> {
    let plain = || raw::ReadOptions::new().no_auto_bright(true);
    let linear = "demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR, no_auto_bright=True";
    vec![
        (plain(), "no_auto_bright=True", 255.0),
        (plain().demosaic(raw::Demosaic::Bilinear), linear, 255.0),
        (plain().use_camera_wb(true), "no_auto_bright=True, use_camera_wb=True", 255.0),
        (raw::ReadOptions::new(), "", 255.0),
        (
            plain().output_bps(16).gamma(vec![1.0, 1.0]).demosaic(raw::Demosaic::Bilinear),
            "demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR, no_auto_bright=True, output_bps=16, gamma=(1, 1)",
            65535.0,
        ),
    ]
}

fn compare(python: &str, files: &[PathBuf]) {
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (crop, what) in [(raw::Crop::Sensor, "mosaic"), (raw::Crop::Visible, "visible")] {
            let mine = samples(read(file, raw::ReadOptions::new().mosaic(true).crop(crop)));
            let other = rawpy(python, file, what);
            assert_eq!(mine.len(), other.len(), "{name}: {what}");
            let wrong = mine.iter().zip(&other).filter(|(a, b)| a != b).count();
            println!("{name}: {what}: {wrong} of {} samples differ", mine.len());
            assert_eq!(wrong, 0, "{name}: {what}");
        }
        for (options, words, full) in cases() {
            let (mean, psnr) = difference(&samples(read(file, options)), &rawpy(python, file, words), full);
            println!("{name}: postprocess({words}): mean {mean:.3}, {psnr:.1} dB");
            assert!(mean < 2.0, "{name}: {words}: {mean}");
        }
    }
}

#[test]
fn corpus() {
    let (Some(python), Ok(folder)) = (python(), std::env::var("IMAGEIO_CORPUS")) else {
        println!("skipped: IMAGEIO_PEERS or IMAGEIO_CORPUS is not set");
        return;
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(Path::new(&folder).join("open/raw")).unwrap() {
        files.push(entry.unwrap().path());
    }
    files.sort();
    assert!(files.len() >= 5, "{} raw files", files.len());
    compare(&python, &files);
}

#[test]
fn own_files() {
    let Some(python) = python() else {
        println!("skipped: IMAGEIO_PEERS is not set");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/raw");
    // Too small a picture says little of a method; what they are for is the mosaic.
    for name in ["bayer16.dng", "black_orientation6.dng", "big_endian_strips.dng", "active_area.dng", "curve8.dng"] {
        let file = folder.join(name);
        for (crop, what) in [(raw::Crop::Sensor, "mosaic"), (raw::Crop::Visible, "visible")] {
            let mine = samples(read(&file, raw::ReadOptions::new().mosaic(true).crop(crop)));
            assert_eq!(mine, rawpy(&python, &file, what), "{name}: {what}");
        }
    }
}

/// A smooth scene with edges, as 14-bit samples behind the filters.
fn scene(letters: &str, height: usize, width: usize) -> imageio_core::ndarray::Array2<u16> {
    imageio_core::ndarray::Array2::from_shape_fn((height, width), |(y, x)| {
        let (fy, fx) = (y as f64 / height as f64, x as f64 / width as f64);
        let disc = (fy - 0.5).powi(2) + (fx - 0.4).powi(2) < 0.05;
        let color = match disc {
            true => [0.6, 0.25, 0.15],
            false => [0.1 + 0.3 * fx, 0.15 + 0.3 * (1.0 - fy), 0.1 + 0.25 * fx * fy],
        };
        let filter = "RGB".find(letters.as_bytes()[y % 2 * 2 + x % 2] as char).unwrap();
        512 + (color[filter] * 15000.0) as u16
    })
}

#[test]
fn written_files_are_read_by_others() {
    let Some(python) = python() else {
        println!("skipped: IMAGEIO_PEERS is not set");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-raw-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut files = Vec::new();
    for letters in ["RGGB", "BGGR", "GRBG", "GBRG"] {
        for compression in [raw::Compression::None, raw::Compression::Ljpeg] {
            let file = folder.join(format!("{letters}-{}.dng", compression.word()));
            let options = raw::WriteOptions::new()
                .cfa_pattern(letters.to_owned())
                .black_level(vec![512.0])
                .white_level(16383u32)
                .color_matrix(vec![0.9, -0.25, -0.1, -0.4, 1.25, 0.15, -0.05, 0.2, 0.6])
                .camera_whitebalance(vec![1.8, 1.0, 1.4])
                .camera("Example Synthetic".to_owned())
                .compression(compression);
            let mosaic = scene(letters, 150, 202);
            v3::imwrite_with(file.as_path(), &mosaic, &imageio_core::WriteOptions::new().with(options)).unwrap();
            files.push(file);
        }
    }
    compare(&python, &files);
    // tifffile sees the same samples and tags.
    let script = "import sys, tifffile\nfor f in sys.argv[1:]:\n    p = tifffile.TiffFile(f).pages[0]\n    \
                  assert p.photometric == 32803 and p.asarray().shape == (150, 202) and p.tags[50717].value == 16383, f\n";
    let out = Command::new(&python).arg("-c").arg(script).args(&files).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    std::fs::remove_dir_all(&folder).unwrap();
}
