//! What we write, everybody else reads: every claimed dtype and shape of every writer, read back by Pillow,
//! tifffile and numpy.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::fmt::Write as _;
use std::process::Command;

use imageio::{Capabilities, ErrorKind, Registry, WriteOptions, WriteShape, v3 as iio};
use imageio_testkit::{digest, samples};

/// Pillow and its kin hold no such pixels, or fold them into others.
const BEYOND_THEM: &[(&str, &str, &[usize])] = &[
    ("png", "uint16", &[13, 17, 2]),
    ("png", "uint16", &[13, 17, 3]),
    ("png", "uint16", &[13, 17, 4]),
    ("ppm", "uint16", &[13, 17, 3]),
    ("pfm", "float32", &[13, 17, 3]),
];

#[test]
fn everybody_reads_what_we_write() {
    let Some(python) = imageio_tests::peers() else { return };
    let scratch = imageio_tests::Scratch::new();
    imageio::install();
    let mut list = String::new();
    let mut written = 0;
    for plugin in Registry::global()
        .plugins()
        .into_iter()
        .filter(|p| p.can_write() && !p.abilities().contains(Capabilities::GENERIC))
    {
        let lossless = plugin.abilities().contains(Capabilities::LOSSLESS);
        let dtypes = if plugin.write_dtypes().is_empty() { &imageio::Dtype::ALL[..] } else { plugin.write_dtypes() };
        for extension in plugin.extension_list().iter().filter(|e| !["apng", "cur", "pam", "pnm", "dib"].contains(e)) {
            for dtype in dtypes {
                for (n, shape) in plugin.write_shapes().iter().enumerate() {
                    let shape: &[usize] = match shape {
                        WriteShape::GrayAlpha => &[13, 17, 2],
                        WriteShape::Rgb => &[13, 17, 3],
                        WriteShape::Rgba => &[13, 17, 4],
                        _ => &[13, 17],
                    };
                    let wide_dds = *extension == "dds" && dtype.size() > 1;
                    if wide_dds || BEYOND_THEM.contains(&(extension, dtype.name(), shape)) {
                        continue;
                    }
                    let picture = samples::picture(*dtype, shape);
                    let path = scratch.path(&format!("{}-{dtype}-{n}.{extension}", plugin.id()));
                    let options = WriteOptions::new().plugin(plugin);
                    match iio::imwrite_with(&path, &picture, &options) {
                        Ok(_) => {}
                        Err(e) if matches!(e.kind(), ErrorKind::Mismatch | ErrorKind::Unsupported) => continue,
                        Err(e) => panic!("{}: {e}", path.display()),
                    }
                    written += 1;
                    let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
                    let hash = digest::sha256(&picture);
                    let shape = shape.join("x");
                    writeln!(list, "{}\t{hash}\t{shape}\t{dtype}\t{lossless}", path.display()).unwrap();
                }
            }
        }
    }
    assert!(written >= 60, "only {written} files were written");
    let rows = scratch.path("list.txt");
    std::fs::write(&rows, list).unwrap();
    let script = imageio_tests::folder().join("peers/read_back.py");
    let output = Command::new(python).arg(script).arg(rows).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
