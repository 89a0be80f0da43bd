//! What the tests that hold this plugin against rawpy (LibRaw) share. `IMAGEIO_PEERS` names a Python that has rawpy and
//! tifffile; without it the checks are skipped.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{NdImage, ReadOptions, v3};
use imageio_plugin_raw as raw;

/// What rawpy gives for one file: for each word `mosaic`, `visible`, or the arguments of a call of `postprocess`, the
/// number of samples, and then these. A call that rawpy refuses has no samples.
const SCRIPT: &str = r#"
import sys, numpy as np, rawpy
for what in sys.argv[2:]:
    with rawpy.imread(sys.argv[1]) as r:
        if what in ('mosaic', 'visible'):
            a = r.raw_image if what == 'mosaic' else r.raw_image_visible
            a = a[..., :3] if a.ndim == 3 else a
        else:
            try:
                a = eval('r.postprocess(' + what + ')', dict(r=r, rawpy=rawpy))
            except rawpy.NotSupportedError:
                a = np.zeros(0)
        a = np.ascontiguousarray(a).astype('<u2')
        sys.stdout.buffer.write(np.array([a.size], '<u8').tobytes() + a.tobytes())
"#;

pub fn python() -> Option<String> {
    let python = std::env::var("IMAGEIO_PEERS").ok()?;
    let probe = Command::new(&python).args(["-c", "import rawpy, tifffile"]).output().ok()?;
    probe.status.success().then_some(python)
}

/// Files of the external corpus; none without `IMAGEIO_CORPUS`.
pub fn corpus() -> Option<Vec<PathBuf>> {
    let folder = std::env::var("IMAGEIO_CORPUS").ok()?;
    let entries = std::fs::read_dir(Path::new(&folder).join("open/raw")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{} raw files", files.len());
    Some(files)
}

pub fn rawpy_all(python: &str, file: &Path, words: &[String]) -> Vec<Vec<u16>> {
    let out = Command::new(python).arg("-c").arg(SCRIPT).arg(file).args(words).output().unwrap();
    assert!(out.status.success(), "{} {words:?}: {}", file.display(), String::from_utf8_lossy(&out.stderr));
    let mut rest = &out.stdout[..];
    let mut all = Vec::new();
    while let Some((n, tail)) = rest.split_first_chunk::<8>() {
        let (samples, tail) = tail.split_at(u64::from_le_bytes(*n) as usize * 2);
        all.push(samples.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect());
        rest = tail;
    }
    assert_eq!(all.len(), words.len());
    all
}

pub fn rawpy(python: &str, file: &Path, what: &str) -> Vec<u16> {
    rawpy_all(python, file, &[what.to_owned()]).remove(0)
}

pub fn read(file: &Path, options: raw::ReadOptions) -> NdImage {
    let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).with(options);
    v3::imread_with(file, &options).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Samples as 16-bit integers, whichever they are.
pub fn samples(image: NdImage) -> Vec<u16> {
    match image.view().elements::<u8>() {
        Some(bytes) => bytes.iter().map(|v| u16::from(*v)).collect(),
        None => image.try_into_array::<u16>().unwrap().into_raw_vec_and_offset().0,
    }
}

/// Mean absolute difference on a scale of 255, and the ratio of peak to noise in dB.
pub fn difference(a: &[u16], b: &[u16], full: f64) -> (f64, f64) {
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

/// A smooth scene with edges, as 14-bit samples behind the filters; `light` 1 leaves room above, 3 fills the sensor.
pub fn scene(letters: &str, height: usize, width: usize, light: f64) -> imageio_core::ndarray::Array2<u16> {
    imageio_core::ndarray::Array2::from_shape_fn((height, width), |(y, x)| {
        let (fy, fx) = (y as f64 / height as f64, x as f64 / width as f64);
        let disc = (fy - 0.5).powi(2) + (fx - 0.4).powi(2) < 0.05;
        let color = match disc {
            true => [0.6, 0.25, 0.15],
            false => [0.1 + 0.3 * fx, 0.15 + 0.3 * (1.0 - fy), 0.1 + 0.25 * fx * fy],
        };
        let side = letters.len().isqrt();
        let filter = "RGB".find(letters.as_bytes()[y % side * side + x % side] as char).unwrap();
        (512 + (color[filter] * 15000.0 * light) as u16).min(16383)
    })
}

/// How [`scene`] is written: its levels, and the colours of a camera.
pub fn written(letters: &str) -> raw::WriteOptions {
    raw::WriteOptions::new()
        .cfa_pattern(letters.to_owned())
        .black_level(vec![512.0])
        .white_level(16383u32)
        .color_matrix(vec![0.9, -0.25, -0.1, -0.4, 1.25, 0.15, -0.05, 0.2, 0.6])
        .camera_whitebalance(vec![1.8, 1.0, 1.4])
        .camera("Example Synthetic".to_owned())
}

/// Cameras' own files, which can't be passed on with this project: those of the folder that `IMAGEIO_RAW_FILES` names.
pub fn more_files() -> Vec<PathBuf> {
    let Ok(folder) = std::env::var("IMAGEIO_RAW_FILES") else {
        println!("skipped: further files, IMAGEIO_RAW_FILES names no folder");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
