//! Which programs are started, by way of scripts that stand before the real ones and keep a list.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Folder, ready};
use imageio_core::{Batch, ErrorKind, Index, ReadOptions, Reader, Registry, v3 as iio};
use imageio_plugin_ffmpeg::DESCRIPTOR;

/// Writes a script that notes its arguments and then becomes `program`; `before` is run first.
fn script(folder: &Folder, program: &str, before: &str) -> PathBuf {
    let path = folder.path(&format!("my-{program}"));
    let list = folder.path("list");
    let real =
        String::from_utf8(Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().stdout);
    let text = format!(
        "#!/bin/sh\necho \"{program} $*\" >> '{}'\n{before}\nexec {} \"$@\"\n",
        list.display(),
        real.unwrap().trim()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What was started since this was asked last.
fn started(folder: &Folder) -> Vec<String> {
    let list = folder.path("list");
    let text = std::fs::read_to_string(&list).unwrap_or_default();
    let _ = std::fs::remove_file(list);
    text.lines().map(str::to_owned).collect()
}

fn make(folder: &Folder, name: &str, how: &str) -> PathBuf {
    let path = folder.path(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=2"]);
    assert!(command.args(how.split_whitespace()).arg(&path).status().unwrap().success(), "{name}");
    path
}

fn options(ffmpeg: &Path, ffprobe: &Path) -> ReadOptions {
    static EMPTY: Registry = Registry::empty();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    ReadOptions::new().registry(&EMPTY).plugin(&DESCRIPTOR).set("ffmpeg", text(ffmpeg)).set("ffprobe", text(ffprobe))
}

#[test]
fn a_header_needs_no_program_and_a_frame_needs_one() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let how = options(&script(&folder, "ffmpeg", ""), &script(&folder, "ffprobe", ""));
    let path = make(&folder, "a.mp4", "-c:v libx264 -bf 2 -g 12");
    let props = iio::improps_with(&path, &how).unwrap();
    assert_eq!(props.shape, [50, 64, 96, 3]);
    let meta = iio::immeta_with(&path, &how).unwrap();
    assert_eq!(meta.get("profile").and_then(|v| v.as_str()), Some("High"));
    assert_eq!(iio::immeta_with(&path, &how.clone().index(3)).unwrap().get("pts").and_then(|v| v.as_i64()), Some(1536));
    assert_eq!(Reader::open_with(&path, &how).unwrap().count().unwrap(), Some(50));
    assert_eq!(started(&folder), [""; 0]);
    for k in [0, 31, 49] {
        iio::imread_with(&path, &how.clone().index(k)).unwrap();
        let started = started(&folder);
        assert!(started.len() == 1 && started[0].starts_with("ffmpeg "), "{started:?}");
    }
    // What the header leaves open is asked of ffprobe, once.
    let path = make(&folder, "b.mp4", "-c:v libx264 -pix_fmt yuv444p");
    let mut reader = Reader::open_with(&path, &how).unwrap();
    reader.properties(0).unwrap();
    assert_eq!(started(&folder), [""; 0]);
    let chroma = reader.metadata(Index::All).unwrap();
    assert_eq!(chroma.get("pixel_format").and_then(|v| v.as_str()), Some("yuv444p"));
    reader.metadata(Index::All).unwrap();
    assert_eq!(started(&folder).len(), 1);
    // Other containers are ffprobe's.
    let path = make(&folder, "c.ts", "-c:v libx264");
    iio::improps_with(&path, &how).unwrap();
    let started = started(&folder);
    assert!(!started.is_empty() && started.iter().all(|line| line.starts_with("ffprobe ")), "{started:?}");
}

/// Small files and large ones, of which packets are listed when the number of frames is wanted.
#[test]
fn headers_of_matroska_and_avi_need_no_program() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let how = options(&script(&folder, "ffmpeg", ""), &script(&folder, "ffprobe", ""));
    let noise = "-vf scale=640:480,noise=alls=90:allf=t:all_seed=7";
    let large = format!("{noise} -c:v mjpeg -q:v 2");
    for (name, how_made, size) in [
        ("a.mkv", "-c:v libx264 -bf 2 -g 12", [64, 96]),
        ("b.webm", "-c:v libvpx-vp9 -g 12", [64, 96]),
        ("c.webm", "-c:v libvpx -g 12", [64, 96]),
        ("d.mkv", "-c:v ffv1 -level 3 -pix_fmt gray16le", [64, 96]),
        ("e.avi", "-c:v mpeg4", [64, 96]),
        ("f.avi", "-c:v mjpeg", [64, 96]),
        ("large.mkv", &format!("{noise} -c:v libx264 -preset ultrafast -qp 12"), [480, 640]),
        ("large.avi", &large, [480, 640]),
    ] {
        let path = make(&folder, name, how_made);
        assert!(!name.starts_with("large") || path.metadata().unwrap().len() > 5 << 20, "{name}");
        let props = iio::improps_with(&path, &how).unwrap();
        assert_eq!((props.shape, props.n_images), (vec![50, size[0], size[1], 3], Some(50)), "{name}");
        let meta = iio::immeta_with(&path, &how).unwrap();
        assert_eq!(meta.get("fps").and_then(|v| v.as_f64()), Some(25.0), "{name}");
        assert_eq!(meta.get("duration").and_then(|v| v.as_f64()), Some(2.0), "{name}");
        let third = iio::immeta_with(&path, &how.clone().index(3)).unwrap();
        assert_eq!(third.get("time").and_then(|v| v.as_f64()), Some(0.12), "{name}");
        assert_eq!(Reader::open_with(&path, &how).unwrap().count().unwrap(), Some(50), "{name}");
        assert_eq!(started(&folder), [""; 0], "{name}");
        let all = iio::imread_with(&path, &how).unwrap();
        assert_eq!(started(&folder).len(), 1, "{name}");
        let frame = iio::imread_with(&path, &how.clone().index(31)).unwrap();
        assert_eq!(frame.as_bytes(), all.index_first(31).unwrap().as_bytes(), "{name}");
        started(&folder);
    }
}

#[test]
fn without_ffprobe() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let how = options(&script(&folder, "ffmpeg", ""), &folder.path("none"));
    let path = make(&folder, "a.mp4", "-c:v libx264 -pix_fmt yuv444p");
    assert_eq!(iio::imread_with(&path, &how).unwrap().shape(), [50, 64, 96, 3]);
    let meta = iio::immeta_with(&path, &how).unwrap();
    assert_eq!(meta.get("pixel_format").and_then(|v| v.as_str()), Some("yuv444p"));
    let e = iio::imread_with(make(&folder, "b.ts", "-c:v libx264"), &how).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.to_string().contains("ffprobe"), "{e}");
}

/// Old versions know another option for frames as they are; it is found out when the new one fails.
#[test]
fn an_old_ffmpeg() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let old = "if [ \"$1\" = -version ]; then echo 'ffmpeg version 4.4.2 Copyright'; exit 0; fi\n\
               case \"$*\" in *-fps_mode*) echo \"Unrecognized option 'fps_mode'.\" >&2; exit 1;; esac";
    let how = options(&script(&folder, "ffmpeg", old), &script(&folder, "ffprobe", ""));
    let path = make(&folder, "a.mp4", "-c:v libx264");
    let all = iio::imread_with(&path, &how).unwrap();
    assert_eq!(all.shape(), [50, 64, 96, 3]);
    let mut reader = Reader::open_with(&path, &how).unwrap();
    assert_eq!(reader.read(7).unwrap().as_bytes(), all.index_first(7).unwrap().as_bytes());
    started(&folder);
    reader.read(0).unwrap();
    assert!(started(&folder).iter().all(|line| line.contains("-vsync")));
    // One that is too old, or none at all, is refused as ever.
    for (says, part) in [("ffmpeg version 4.2 Copyright", "too old"), ("hello", "does not say its version")] {
        let script = script(&folder, "ffmpeg", &format!("echo '{says}'; exit 1"));
        let e = iio::imread_with(&path, &options(&script, &script)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
        assert!(e.to_string().contains(part), "{e}");
    }
}

#[test]
fn writing_asks_ffmpeg_alone() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let how = common::options()
        .set("ffmpeg", text(script(&folder, "ffmpeg", "")))
        .set("ffprobe", text(script(&folder, "ffprobe", "")));
    for (n, target) in [(3, "a.mp4"), (1, "b.mp4")] {
        iio::imwrite_with(folder.path(target), Batch(&common::smooth(3, 48, 64, 3)), &how).unwrap();
        let started = started(&folder);
        assert!(started.len() == n && started.iter().all(|line| line.starts_with("ffmpeg ")), "{started:?}");
    }
}
