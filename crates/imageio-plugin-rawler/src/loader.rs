use std::sync::Arc;

use imageio_core::{Error, Orientation, Result};
use imageio_demosaic::Cfa;
use imageio_demosaic::color::Matrix;
use imageio_rawfile::{Area, Cameras, Facts, Samples, as_shot};
use rawler::imgop::Rect;
use rawler::imgop::xyz::Illuminant;
use rawler::rawimage::RawPhotometricInterpretation;
use rawler::rawsource::RawSource;
use rawler::{RawImage, RawImageData};

use crate::beyond;

/// rawler's cameras.
pub(crate) struct Rawler;

impl Cameras for Rawler {
    fn name(&self) -> &'static str {
        "rawler"
    }

    fn facts(&self, file: &Arc<Vec<u8>>) -> Result<Facts> {
        let source = RawSource::new_from_shared_vec(beyond::without(file)?);
        facts(&rawler::decode_dummy(&source).map_err(told)?)
    }

    fn samples(&self, file: &Arc<Vec<u8>>) -> Result<Samples> {
        let source = RawSource::new_from_shared_vec(beyond::without(file)?);
        let image = rawler::decode(&source, &rawler::decoders::RawDecodeParams::default()).map_err(told)?;
        Ok(match image.data {
            RawImageData::Integer(samples) => Samples::U16(samples),
            RawImageData::Float(samples) => Samples::F32(samples),
        })
    }
}

fn told(e: rawler::RawlerError) -> Error {
    let e = match e {
        rawler::RawlerError::Unsupported { what, .. } => Error::unsupported(what),
        rawler::RawlerError::DecoderFailed(what) => Error::malformed(what),
    };
    e.with("decoder", "rawler")
}

fn facts(image: &RawImage) -> Result<Facts> {
    let (height, width) = (image.height, image.width);
    if height == 0 || width == 0 || !matches!(image.cpp, 1 | 3) {
        return Err(Error::unsupported(format!("a raw image of {width} × {height} × {} samples", image.cpp)));
    }
    let cfa = match &image.photometric {
        RawPhotometricInterpretation::Cfa(config) if image.cpp == 1 => {
            let letters = config.cfa.to_string();
            Some(Cfa::from_letters(&letters).map_err(|e| Error::unsupported(e.to_string()))?)
        }
        _ => None,
    };
    let area = |rect: &Rect| Area { top: rect.p.y, left: rect.p.x, height: rect.d.h, width: rect.d.w };
    let visible = image
        .active_area
        .as_ref()
        .map_or(Area { top: 0, left: 0, height, width }, |rect| area(rect).within(height, width));
    let default_crop = image.crop_area.as_ref().map_or(visible, |rect| area(rect).within(height, width));
    Ok(Facts {
        make: image.clean_make.clone(),
        model: image.clean_model.clone(),
        height,
        width,
        channels: image.cpp,
        float: matches!(image.data, RawImageData::Float(_)),
        black: black(image, cfa.as_ref()),
        cfa,
        white: image.whitelevel.0.iter().copied().min().map_or(65535.0, |v| v as f32),
        xyz_to_camera: matrix(image),
        as_shot: as_shot(image.wb_coeffs),
        visible,
        default_crop,
        orientation: Orientation::from_exif(u64::from(image.orientation.to_u16())),
        mosaic_only: None,
    })
}

/// Black by colour: the mean of what the repeating levels, counted from the sensor's corner, say where it stands.
fn black(image: &RawImage, cfa: Option<&Cfa>) -> [f32; 4] {
    let levels = image.blacklevel.as_vec();
    let (rows, columns) = (image.blacklevel.height, image.blacklevel.width);
    let first = levels.first().copied().unwrap_or(0.0);
    let Some(cfa) = cfa else {
        let at = |c: usize| levels.get(c).copied().unwrap_or(first);
        return [at(0), at(1), at(2), at(1)];
    };
    let (mut sum, mut n) = ([0.0f32; 4], [0.0f32; 4]);
    for y in 0..rows.clamp(1, 48).max(cfa.height()) {
        for x in 0..columns.clamp(1, 48).max(cfa.width()) {
            let color = usize::from(cfa.at(y, x));
            sum[color] += levels.get(y % rows.max(1) * columns + x % columns.max(1)).copied().unwrap_or(first);
            n[color] += 1.0;
        }
    }
    let mean = |c: usize| if n[c] > 0.0 { sum[c] / n[c] } else { first };
    [mean(0), mean(1), mean(2), if n[3] > 0.0 { mean(3) } else { mean(1) }]
}

/// XYZ to camera colours, under D65 or what is nearest to it.
fn matrix(image: &RawImage) -> Option<Matrix> {
    const BEST_FIRST: [Illuminant; 5] =
        [Illuminant::D65, Illuminant::Daylight, Illuminant::D55, Illuminant::D50, Illuminant::D75];
    let found = BEST_FIRST.iter().find_map(|light| image.color_matrix.get(light));
    let m = found.or_else(|| image.color_matrix.values().next())?;
    let row = |i: usize| [0, 1, 2].map(|j| m.get(i * 3 + j).map(|v| f64::from(*v)));
    let rows = [row(0), row(1), row(2)];
    if m.len() != 9 || rows.iter().flatten().any(|v| v.is_none_or(|v| !v.is_finite())) {
        return None;
    }
    Some(rows.map(|row| row.map(Option::unwrap_or_default)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test that fails says so")]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use imageio_core::{ReadOptions, v3};

    use super::*;

    /// DNG is left to shared code by the plugin, but rawler reads it too: so it can be held against other readers.
    const FILES: [&str; 3] = ["bayer16.dng", "black_orientation6.dng", "active_area.dng"];

    fn corpus() -> Vec<PathBuf> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/raw");
        let mut files: Vec<PathBuf> = FILES.iter().map(|name| own.join(name)).collect();
        match std::env::var("IMAGEIO_CORPUS") {
            Ok(folder) => {
                let found = std::fs::read_dir(Path::new(&folder).join("open/raw")).unwrap().map(|e| e.unwrap().path());
                files.extend(found.filter(|path| path.extension().is_some_and(|e| e == "dng")));
            }
            Err(_) => println!("skipped: files of the external corpus, IMAGEIO_CORPUS is not set"),
        }
        files.sort();
        files
    }

    /// Facts and samples of a mosaic; nothing for linear colour, which rawler and rawpy give in layouts of their own.
    fn by_rawler(file: &Path) -> Option<(Facts, Vec<u16>)> {
        let bytes = Arc::new(std::fs::read(file).unwrap());
        let facts = Rawler.facts(&bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        if facts.channels != 1 {
            println!("skipped: {} is no mosaic", file.display());
            return None;
        }
        match Rawler.samples(&bytes).unwrap() {
            Samples::U16(samples) => Some((facts, samples)),
            Samples::F32(_) => panic!("{}: real numbers", file.display()),
        }
    }

    #[test]
    fn mosaics_and_facts_are_those_of_the_shared_reader() {
        let files = corpus();
        let mut met = 0;
        for file in &files {
            let Some((facts, samples)) = by_rawler(file) else { continue };
            met += 1;
            let options = ReadOptions::new()
                .plugin(&crate::DESCRIPTOR)
                .with(crate::ReadOptions::new().mosaic(true).crop(crate::Crop::Sensor));
            let name = file.display();
            let array = v3::imread_with(file, &options).unwrap().try_into_array::<u16>().unwrap();
            assert_eq!(array.shape()[..2], [facts.height, facts.width], "{name}");
            assert_eq!(array.into_raw_vec_and_offset().0, samples, "{name}");
            let meta = v3::immeta_with(file, &options).unwrap();
            let text = |key: &str| meta.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            assert_eq!(facts.cfa.map(|cfa| cfa.letters()), text("raw/cfa_pattern"), "{name}");
            assert_eq!(meta.get("raw/white_level").and_then(|v| v.as_f64()), Some(f64::from(facts.white)), "{name}");
        }
        assert!(met >= FILES.len() && (files.len() == FILES.len() || met >= FILES.len() + 2), "{met} mosaics");
    }

    #[test]
    fn mosaics_are_those_of_rawpy() {
        let python = std::env::var("IMAGEIO_PEERS").ok().filter(|python| {
            Command::new(python).args(["-c", "import rawpy"]).output().is_ok_and(|out| out.status.success())
        });
        let Some(python) = python else {
            println!("skipped: IMAGEIO_PEERS names no Python with rawpy");
            return;
        };
        let script = "import sys, numpy as np, rawpy\nwith rawpy.imread(sys.argv[1]) as r:\n    \
                      sys.stdout.buffer.write(np.ascontiguousarray(r.raw_image).astype('<u2').tobytes())\n";
        for file in corpus() {
            let Some((_, mine)) = by_rawler(&file) else { continue };
            let out = Command::new(&python).arg("-c").arg(script).arg(&file).output().unwrap();
            assert!(out.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&out.stderr));
            let theirs: Vec<u16> = out.stdout.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
            assert!(mine == theirs, "{}", file.display());
        }
    }

    #[test]
    fn what_is_no_raw_file_is_an_error() {
        for bytes in [&b""[..], b"II*\0\x08\0\0\0", b"not a picture", b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"] {
            // A panic is an error at the edge of the plugin's call.
            let outcome = std::panic::catch_unwind(|| Rawler.facts(&Arc::new(bytes.to_vec())).is_err());
            assert!(outcome.unwrap_or(true), "{bytes:?}");
        }
    }
}
