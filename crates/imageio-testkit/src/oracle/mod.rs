//! Folders with an oracle: an `expected.jsonl` that says what the best known decoder gets out of each file.
//!
//! Exact rows are compared by hash, lossy rows by a grid of area means within the row's tolerance.

mod compare;
mod rows;

use std::path::Path;

use imageio_core::{ErrorKind, Index, ReadOptions, Reader};

pub use self::rows::{Alternative, Expect, Row, rows};
use crate::fuzz;

/// Formats by group, as reports name them.
pub const GROUPS: &[(&str, &[&str])] = &[
    (
        "everyday",
        &[
            "png", "apng", "jpeg", "gif", "webp", "bmp", "ico", "cur", "pnm", "ppm", "pgm", "pbm", "pam", "pfm", "tga",
            "hdr", "exr", "qoi", "dds", "farbfeld", "npy", "npz",
        ],
    ),
    ("tiff", &["tiff", "tif", "bigtiff", "ome-tiff", "geotiff", "lsm", "stk", "svs", "ndpi"]),
    (
        "video",
        &[
            "video", "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpeg", "mpg", "ts", "m2ts", "flv", "wmv", "asf",
            "ogv", "y4m", "mjpeg", "h264", "hevc", "h265", "ivf", "mxf", "3gp",
        ],
    ),
];

/// `true` if a row's format belongs to a group, by the format's or the folder's name.
pub fn in_group(row: &Row, group: &str) -> bool {
    match group {
        "all" => true,
        "bad" => row.expect.is_bad(),
        _ => {
            let formats = GROUPS.iter().find(|(name, _)| *name == group).map_or(&[][..], |(_, formats)| formats);
            let folder = row.file.split('/').next().unwrap_or_default();
            !row.expect.is_bad() && (formats.contains(&row.format.as_str()) || formats.contains(&folder))
        }
    }
}

/// Reads a row's file with every registered plugin and compares; `Err` says what fell short.
pub fn check(folder: &Path, row: &Row) -> Result<(), String> {
    let place = folder.join(row.uri.as_deref().unwrap_or(&row.file));
    if row.expect.is_bad() {
        return check_bad(&place, row);
    }
    let mut reader = Reader::open(&place).map_err(|e| e.to_string())?;
    let props = reader.properties(Index::Auto).map_err(|e| format!("properties: {e}"))?;
    let image = reader.read(Index::Auto).map_err(|e| e.to_string())?;
    if props.shape != image.shape() || props.dtype != image.dtype() {
        return Err(format!("properties say {} {:?}, read gave {image:?}", props.dtype, props.shape));
    }
    compare::row(&image, row)
}

fn check_bad(place: &Path, row: &Row) -> Result<(), String> {
    let options = ReadOptions::new().limits(fuzz::limits());
    let start = std::time::Instant::now();
    let read = Reader::open_with(place, &options).and_then(|mut r| r.read(Index::Auto));
    let took = start.elapsed();
    if took.as_secs() > 10 {
        return Err(format!("took {took:?}"));
    }
    match read {
        Ok(_) if row.expect == Expect::Error => Err("was read, an error is expected".into()),
        Err(e) if e.kind() == ErrorKind::Backend && e.message().contains("gave") => Err(e.to_string()),
        _ => Ok(()),
    }
}
