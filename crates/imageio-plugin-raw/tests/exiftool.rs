//! EXIF against the program exiftool, where it is installed: on files of the external corpus, and on those of the folder
//! that `IMAGEIO_RAW_FILES` names.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::Path;
use std::process::Command;

use imageio_core::{ErrorKind, Metadata, ReadOptions, Value, v3};
use imageio_plugin_raw as raw;

use self::common::{corpus, more_files};

/// The key here, and exiftool's.
const FIELDS: [(&str, &str); 15] = [
    ("Make", "Make"),
    ("Model", "Model"),
    ("LensModel", "LensModel"),
    ("ExposureTime", "ExposureTime"),
    ("FNumber", "FNumber"),
    ("ISOSpeedRatings", "ISO"),
    ("ExposureBiasValue", "ExposureCompensation"),
    ("FocalLength", "FocalLength"),
    ("DateTimeOriginal", "DateTimeOriginal"),
    ("Orientation", "Orientation"),
    ("Flash", "Flash"),
    ("GPS/GPSLatitude", "GPSLatitude"),
    ("GPS/GPSLongitude", "GPSLongitude"),
    ("GPS/GPSAltitude", "GPSAltitude"),
    ("GPS/GPSDateStamp", "GPSDateStamp"),
];

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::List(parts) => {
            let parts: Option<Vec<f64>> = parts.iter().map(number).collect();
            Some(parts?.iter().zip([1.0, 60.0, 3600.0]).map(|(part, by)| part / by).sum())
        }
        Value::Rational(a, b) => Some(*a as f64 / *b as f64),
        other => other.as_f64(),
    }
}

fn same(mine: Option<&Value>, theirs: &str) -> bool {
    match (mine, theirs) {
        (None, "-") => true,
        // An empty text is shown as nothing.
        (Some(Value::Str(text)), "-" | "") => text.trim().is_empty(),
        (Some(Value::Str(text)), theirs) => text.trim() == theirs.trim(),
        (Some(value), theirs) => match (number(value), theirs.parse::<f64>()) {
            (Some(a), Ok(b)) => (a - b).abs() <= 1e-6 * b.abs().max(1e-9),
            (Some(a), Err(_)) => !a.is_finite(),
            _ => false,
        },
        (None, _) => false,
    }
}

fn exif(file: &Path) -> Result<Metadata, imageio_core::Error> {
    let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).with(raw::ReadOptions::new().mosaic(true));
    v3::immeta_with(file, &options)
}

#[test]
fn values_are_those_of_exiftool() {
    if !Command::new("exiftool").arg("-ver").output().is_ok_and(|out| out.status.success()) {
        println!("skipped: there is no exiftool");
        return;
    }
    let mut files = corpus().unwrap_or_default();
    let more = more_files();
    files.extend(more.iter().cloned());
    let mut met = 0;
    for file in &files {
        // Those which are not built of EXIF's directories have none to be compared.
        let tags = FIELDS.map(|(_, tag)| format!("-EXIF:{tag}"));
        let out = Command::new("exiftool").args(["-T", "-n"]).args(&tags).arg(file).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let theirs: Vec<&str> = text.trim_end_matches(['\r', '\n']).split('\t').collect();
        let name = file.display();
        if theirs.iter().all(|v| *v == "-") {
            println!("skipped: {name} has no EXIF");
            continue;
        }
        let meta = match exif(file) {
            Ok(meta) => meta,
            // Files that are passed around for their EXIF often have nothing else that is whole.
            Err(e) if more.contains(file) && matches!(e.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) => {
                println!("skipped: {e}");
                continue;
            }
            Err(e) => panic!("{name}: {e}"),
        };
        met += 1;
        for ((key, tag), theirs) in FIELDS.iter().zip(&theirs) {
            let mine = meta.get(&format!("exif/{key}"));
            assert!(same(mine, theirs), "{name}: {tag}: {mine:?}, not {theirs}");
        }
    }
    println!("{met} files");
    assert!(files.is_empty() || met >= 3, "{met} of {} files", files.len());
}
