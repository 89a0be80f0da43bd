//! What the tests of writing share.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::path::Path;
use std::process::Command;

use imageio_core::ndarray::{Array3, Array4};
use imageio_core::{Registry, WriteOptions};
pub use imageio_testkit::videos::Folder;

/// `false`, with a word about it, where there is no ffmpeg to write with.
pub fn ready() -> bool {
    Registry::global().register(&imageio_plugin_ffmpeg::DESCRIPTOR);
    imageio_testkit::programs::have(&["ffmpeg", "ffprobe"])
}

pub fn options() -> WriteOptions {
    WriteOptions::new().plugin(&imageio_plugin_ffmpeg::DESCRIPTOR)
}

/// Smooth pictures that move.
pub fn smooth(n: usize, height: usize, width: usize, channels: usize) -> Array4<u8> {
    Array4::from_shape_fn((n, height, width, channels), |(k, y, x, c)| {
        let wave = ((x + 2 * k) as f64 / 9.0 + c as f64).sin() + ((y + k) as f64 / 7.0 - c as f64).cos();
        (127.5 + 55.0 * wave) as u8
    })
}

/// Pictures of which no two samples have to do with each other.
pub fn noise(n: usize, height: usize, width: usize, channels: usize) -> Vec<u16> {
    let mut random = imageio_testkit::samples::Random::new(11);
    (0..n * height * width * channels).map(|_| random.next_u64() as u16).collect()
}

fn run(program: &str, arguments: &[&str], path: &Path) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(["-v", "error"]);
    if program == "ffmpeg" {
        command.args(["-nostdin", "-i"]).arg(path).args(arguments);
    } else {
        command.args(arguments).arg(path);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output.stdout
}

/// All frames as ffmpeg decodes them, in this pixel format.
pub fn decoded(path: &Path, pixel_format: &str) -> Vec<u8> {
    run("ffmpeg", &["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixel_format, "-"], path)
}

/// An entry of the first video stream, as ffprobe prints it.
pub fn stream(path: &Path, entry: &str) -> String {
    probe(path, &["-select_streams", "v:0", "-show_entries", &format!("stream={entry}")])
}

/// What ffprobe prints, lines joined by `|`.
pub fn probe(path: &Path, arguments: &[&str]) -> String {
    let base = ["-of", "default=noprint_wrappers=1:nokey=1"];
    let text = String::from_utf8(run("ffprobe", &[&base[..], arguments].concat(), path)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // Streams of a transport stream are listed once more below their program.
    let half = lines.len() / 2;
    let twice = path.extension().is_some_and(|e| e == "ts")
        && half > 0
        && lines[..half] == lines[half..]
        && arguments.iter().any(|a| a.starts_with("stream="));
    if twice { lines[..half].join("|") } else { lines.join("|") }
}

/// Number of frames, counted by decoding.
pub fn frames(path: &Path) -> usize {
    probe(path, &["-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames"]).parse().unwrap()
}

/// Peak signal-to-noise ratio of 8-bit samples.
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / sum.max(1e-9)).log10()
}

pub fn frame(all: &Array4<u8>, k: usize) -> Array3<u8> {
    all.index_axis(imageio_core::ndarray::Axis(0), k).to_owned()
}

/// The processes that this one has started and that are still there, zombies too.
pub fn children() -> usize {
    let me = std::process::id().to_string();
    let mut n = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        n += usize::from(after.split(' ').nth(1) == Some(me.as_str()));
    }
    n
}
