//! Threads, hardware, and memory: what reading may use, and that frames do not depend on it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Folder, ready};
use imageio_core::{ErrorKind, ReadOptions, Registry, v3 as iio};
use imageio_plugin_ffmpeg::DESCRIPTOR;

fn options() -> ReadOptions {
    static EMPTY: Registry = Registry::empty();
    ReadOptions::new().registry(&EMPTY).plugin(&DESCRIPTOR)
}

fn make(folder: &Folder, name: &str, size: &str, frames: u32) -> PathBuf {
    let path = folder.path(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", &format!("testsrc2=s={size}:r=25")]);
    command.args(["-frames:v", &frames.to_string(), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]);
    assert!(command.arg(&path).status().unwrap().success(), "{name}");
    path
}

/// The arguments of this process's children that read `path`.
fn arguments(path: &Path) -> Vec<String> {
    let name = format!("file:{}", path.display());
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let words: Vec<String> = line.split('\0').map(str::to_owned).collect();
        if words.contains(&name) {
            return words;
        }
    }
    Vec::new()
}

#[test]
fn any_number_of_threads_gives_the_same() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = make(&folder, "a.mp4", "640x480", 60);
    let all = iio::imread_with(&path, &options()).unwrap();
    for threads in [1, 2, 5] {
        let how = options().set("threads", threads);
        let mut frames = iio::imiter_with(&path, &how).unwrap();
        frames.next().unwrap().unwrap();
        let arguments = arguments(&path);
        let at = arguments.iter().position(|word| word == "-threads").unwrap();
        assert!(arguments[at + 1] == threads.to_string() && at < arguments.iter().position(|w| w == "-i").unwrap());
        drop(frames);
        assert!(iio::imread_with(&path, &how).unwrap() == all, "{threads} threads");
    }
    let e = iio::imread_with(&path, &options().set("threads", 5000)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
}

/// Hardware that is not there is replaced by software where ffmpeg may choose, and an error where it may not.
#[test]
fn hardware_or_not() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = make(&folder, "a.mp4", "320x240", 10);
    let all = iio::imread_with(&path, &options()).unwrap();
    let by = |name: &str| iio::imread_with(&path, &options().set("hwaccel", name));
    let auto = by("auto").unwrap();
    assert_eq!(auto.shape(), all.shape());
    if !Path::new("/dev/dri").exists() {
        assert!(auto == all, "without hardware, all that is left is software");
        for name in ["vaapi", "cuda"] {
            match by(name) {
                Ok(frames) => assert!(frames == all, "{name}"),
                Err(e) => assert!(e.to_string().contains("hwaccel"), "{name}: {e}"),
            }
        }
    }
    let e = by("abacus").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption, "{e}");
    assert!(e.to_string().contains("abacus") && e.to_string().contains("`hwaccel`"), "{e}");
}

/// The largest amount of memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

const VIDEO: &str = "IMAGEIO_TEST_LARGE_VIDEO";
const CONVERT: &str = "IMAGEIO_TEST_CONVERT";

/// Runs in a process of its own, where [`few_frames_are_held`] starts it.
#[test]
fn iterating() {
    let (Some(path), Ok(convert)) = (std::env::var_os(VIDEO), std::env::var(CONVERT)) else { return };
    let before = peak();
    let mut frames = 0;
    for frame in iio::imiter_with(Path::new(&path), &options().set("convert", convert.as_str())).unwrap() {
        assert_eq!(frame.unwrap().shape(), [2160, 3840, 3]);
        // A slow caller: whatever may be read ahead is.
        std::thread::sleep(std::time::Duration::from_millis(if frames < 4 { 150 } else { 0 }));
        frames += 1;
    }
    println!("frames {frames} bytes {}", peak() - before);
}

#[test]
fn few_frames_are_held() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = make(&folder, "4k.mp4", "3840x2160", 14);
    for convert in ["ffmpeg", "own"] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "iterating", "--nocapture"]).env(VIDEO, &path).env(CONVERT, convert);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        let at = text.find("frames 14 bytes ").unwrap_or_else(|| panic!("{text}"));
        let bytes = text[at + 16..].split_whitespace().next().unwrap().parse::<u64>().unwrap();
        let frame = 3 * 3840 * 2160;
        println!("{convert}: {:.2} frames", bytes as f64 / f64::from(frame));
        assert!(bytes <= 4 * u64::from(frame as u32), "{convert}: {bytes} bytes, a frame is {frame}");
    }
}
