//! Mosaics and pictures against those of rawpy (LibRaw), on files of the external corpus and on files made here.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::v3;
use imageio_plugin_raw as raw;

use self::common::{corpus, difference, more_files, python, rawpy, rawpy_all, read, samples, scene, written};

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
        // One process for all of them, for it takes longer to start than to answer.
        let words = ["mosaic", "visible"].into_iter().chain(cases().into_iter().map(|case| case.1));
        let mut theirs = rawpy_all(python, file, &words.map(str::to_owned).collect::<Vec<_>>()).into_iter();
        for (crop, what) in [(raw::Crop::Sensor, "mosaic"), (raw::Crop::Visible, "visible")] {
            let mine = samples(read(file, raw::ReadOptions::new().mosaic(true).crop(crop)));
            let other = theirs.next().unwrap();
            assert_eq!(mine.len(), other.len(), "{name}: {what}");
            let wrong = mine.iter().zip(&other).filter(|(a, b)| a != b).count();
            println!("{name}: {what}: {wrong} of {} samples differ", mine.len());
            assert_eq!(wrong, 0, "{name}: {what}");
        }
        for (options, words, full) in cases() {
            let (mean, psnr) = difference(&samples(read(file, options)), &theirs.next().unwrap(), full);
            println!("{name}: postprocess({words}): mean {mean:.3}, {psnr:.1} dB");
            assert!(mean < 2.0, "{name}: {words}: {mean}");
        }
    }
}

#[test]
fn files_of_the_corpus() {
    let (Some(python), Some(files)) = (python(), corpus()) else {
        println!("skipped: IMAGEIO_PEERS or IMAGEIO_CORPUS is not set");
        return;
    };
    compare(&python, &files);
    // Files that are cut off behind their headers say nothing of pictures.
    let whole = |file: &PathBuf| std::fs::metadata(file).is_ok_and(|m| m.len() > 1 << 20);
    compare(&python, &more_files().into_iter().filter(whole).collect::<Vec<_>>());
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
            let options = written(letters).compression(compression);
            let mosaic = scene(letters, 150, 202, 1.0);
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

/// The preview: nothing, or `J` and a JPEG, or `B` and pixels.
const THUMBNAIL: &str = r#"
import sys, rawpy
with rawpy.imread(sys.argv[1]) as r:
    try:
        t = r.extract_thumb()
        jpeg = t.format == rawpy.ThumbFormat.JPEG
        sys.stdout.buffer.write(b'J' + t.data if jpeg else b'B' + t.data.tobytes())
    except rawpy.LibRawNoThumbnailError:
        pass
"#;

#[test]
fn previews() {
    let (Some(python), Some(mut files)) = (python(), corpus()) else {
        println!("skipped: IMAGEIO_PEERS or IMAGEIO_CORPUS is not set");
        return;
    };
    files.extend(more_files().into_iter().filter(|file| std::fs::metadata(file).is_ok_and(|m| m.len() > 1 << 20)));
    let mut found = [0; 3];
    for file in &files {
        let out = Command::new(&python).arg("-c").arg(THUMBNAIL).arg(file).output().unwrap();
        assert!(out.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&out.stderr));
        let options = imageio_core::ReadOptions::new().plugin(&raw::DESCRIPTOR);
        let mut reader = imageio_core::Reader::open_with(file.as_path(), &options).unwrap();
        let mine = reader.downcast_mut::<raw::RawReader>().unwrap().thumbnail().unwrap();
        let (kind, same) = match (&mine, &out.stdout[..]) {
            (None, []) => (0, true),
            // LibRaw may put an EXIF block behind the first marker.
            (Some(raw::Thumbnail::Jpeg(mine)), [b'J', theirs @ ..]) => (1, theirs.ends_with(&mine[2..])),
            (Some(raw::Thumbnail::Bitmap(image)), [b'B', theirs @ ..]) => {
                (2, image.view().elements::<u8>().as_deref() == Some(theirs))
            }
            _ => (0, false),
        };
        assert!(same, "{}", file.display());
        found[kind] += 1;
    }
    println!("none, JPEG, pixels: {found:?}");
    assert!(found.iter().all(|n| *n >= 1), "{found:?}");
}
