//! Files that few programs write, made and judged by tifffile and libtiff.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was checked is said in the output")]

use std::path::Path;
use std::process::Command;

use imageio_core::v3;
use imageio_plugin_tiff as _;
use imageio_testkit::digest::sha256;

#[test]
fn rare_files_are_read_as_others_read_them() {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-tiff-odd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/odd.py");
    let output = Command::new(python).arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    let (mut count, mut skipped) = (0, 0);
    for line in list.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, feature, shape, dtype, digest] = *fields.as_slice() else { panic!("{line}") };
        let there = match feature {
            "jpeg" => cfg!(feature = "jpeg"),
            "jpeg2000" => cfg!(feature = "jpeg2000"),
            "jpegxl" => cfg!(feature = "jpegxl"),
            "lerc" => cfg!(feature = "lerc"),
            "jpegxr" => cfg!(feature = "jpegxr"),
            "zstd" => cfg!(feature = "zstd"),
            _ => true,
        };
        if !there {
            eprintln!("skipped: {name} needs the feature {feature}");
            skipped += 1;
            continue;
        }
        let image = v3::imread(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found: Vec<String> = image.shape().iter().map(usize::to_string).collect();
        assert_eq!((found.join("x").as_str(), image.dtype().name()), (shape, dtype), "{name}");
        assert_eq!(sha256(&image), digest, "{name}");
        count += 1;
    }
    println!("{count} files, {skipped} skipped");
    assert!(count + skipped >= 48, "{count} files");
    std::fs::remove_dir_all(folder).unwrap();
}
