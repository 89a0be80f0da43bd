//! Damaged videos of every kind of container: frames or an error, soon, with little memory, and nothing left behind.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::{Folder, children, ready};
use imageio_core::{ErrorKind, Index, Limits, ReadOptions, Reader, Registry};
use imageio_plugin_ffmpeg::DESCRIPTOR;
use imageio_testkit::damage::Seed;

/// Far beyond what any of these takes, which is a second or two, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes that this process and any of its children may have.
const MEMORY: u64 = 512 << 20;

/// Variants of each file.
const VARIANTS: u64 = 1;

const FILES: &[(&str, &str)] = &[
    ("a.mp4", "-c:v libx264 -bf 2 -g 8"),
    ("fast.mp4", "-c:v libx264 -bf 2 -g 8 -movflags +faststart"),
    ("fragments.mp4", "-c:v libx264 -g 8 -movflags frag_keyframe+empty_moov"),
    ("hevc.mp4", "-c:v libx265 -x265-params log-level=none"),
    ("a.mov", "-c:v prores_ks -pix_fmt yuv422p10le"),
    ("b.mov", "-c:v png"),
    ("c.mov", "-c:v rawvideo -pix_fmt rgb24"),
    ("d.mov", "-c:v qtrle"),
    ("a.3gp", "-s 128x96 -c:v h263"),
    ("a.mkv", "-c:v libx264 -g 8"),
    ("b.mkv", "-c:v ffv1 -level 3"),
    ("c.mkv", "-c:v mjpeg -pix_fmt yuvj420p"),
    ("a.webm", "-c:v libvpx -g 8"),
    ("b.webm", "-c:v libvpx-vp9 -pix_fmt yuva420p"),
    ("a.avi", "-c:v mpeg4 -bf 2"),
    ("b.avi", "-c:v mjpeg -pix_fmt yuvj420p"),
    ("c.avi", "-c:v rawvideo -pix_fmt pal8"),
    ("d.avi", "-c:v huffyuv"),
    ("a.ts", "-c:v mpeg2video"),
    ("b.ts", "-c:v libx264 -g 8"),
    ("a.mpg", "-c:v mpeg2video"),
    ("a.flv", "-c:v flv"),
    ("a.ivf", "-c:v libvpx-vp9"),
    ("a.ogv", "-c:v libtheora"),
    ("a.nut", "-c:v ffv1"),
    ("a.wmv", "-c:v wmv2"),
    ("a.mxf", "-c:v mpeg2video"),
    ("a.y4m", "-pix_fmt yuv420p"),
    ("a.h264", "-c:v libx264 -g 8"),
    ("a.gif", ""),
];

/// The most memory that a child had, looked at again and again.
struct Watched {
    most: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watched {
    fn new() -> Self {
        let (most, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (of_thread, end) = (Arc::clone(&most), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            let me = format!("/proc/self/task/{}/children", std::process::id());
            while !end.load(Ordering::Relaxed) {
                let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
                let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
                for list in lists.chain(std::fs::read_to_string(&me)) {
                    for pid in list.split_whitespace() {
                        of_thread.fetch_max(peak(pid), Ordering::Relaxed);
                    }
                }
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        Watched { most, ended, thread: Some(thread) }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// The most memory that a process has had.
fn peak(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn options() -> ReadOptions {
    static EMPTY: Registry = Registry::empty();
    let limits = Limits::default().max_alloc(256 << 20).max_frame_bytes(64 << 20);
    ReadOptions::new().plugin(&DESCRIPTOR).registry(&EMPTY).limits(limits)
}

/// Asks for everything; what was read, or why nothing was.
fn ask(path: &Path, as_bytes: bool) -> Result<usize, ErrorKind> {
    let options = options();
    let open = || match as_bytes {
        true => Reader::open_with(std::fs::read(path).unwrap(), &options),
        false => Reader::open_with(path, &options),
    };
    let fine = |e: imageio_core::Error| {
        assert!(!e.to_string().contains("panic"), "{}: {e}", path.display());
        e.kind()
    };
    let mut reader = open().map_err(fine)?;
    let props = reader.properties(Index::All).map_err(fine);
    let first = reader.properties(0).map_err(fine);
    let _ = reader.metadata(Index::All).map_err(fine);
    let _ = reader.metadata(0).map_err(fine);
    let all = reader.read(Index::All).map_err(fine);
    if let (Ok(props), Ok(all)) = (&props, &all) {
        assert_eq!(props.shape, all.shape(), "{}", path.display());
        assert_eq!(props.dtype, all.dtype(), "{}", path.display());
        assert!(props.n_images.is_none_or(|n| n == all.shape()[0]), "{}", path.display());
    }
    let mut came = 0;
    for frame in open().map_err(fine)?.into_frames() {
        let Ok(frame) = frame.map_err(fine) else { break };
        if let Ok(first) = &first {
            assert_eq!(first.shape, frame.shape(), "{}", path.display());
        }
        came += 1;
    }
    if let Ok(all) = &all {
        assert_eq!(came, all.shape()[0], "{}: iterating gives another number", path.display());
    }
    if came > 2 {
        let _ = open().and_then(|mut reader| reader.read(came / 2)).map_err(fine);
    }
    all.map(|all| all.shape()[0])
}

#[test]
fn damaged_files() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let count = |name| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let (from, variants) =
        (count("IMAGEIO_TEST_DAMAGE_FROM").unwrap_or(0), count("IMAGEIO_TEST_DAMAGE").unwrap_or(VARIANTS));
    let (mut made, mut read, mut refused, mut slowest) = (0, 0, 0, (Duration::ZERO, String::new()));
    let mut largest = (0, String::new());
    let mut wrong = Vec::new();
    for (name, how) in FILES {
        let whole = folder.path(&format!("whole_{name}"));
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.8"]);
        command.args(how.split_whitespace()).args(["-fflags", "+bitexact", "-flags:v", "+bitexact"]).arg(&whole);
        if !command.output().unwrap().status.success() {
            println!("skipped {name}: this ffmpeg does not write it");
            continue;
        }
        made += 1;
        let seed = Seed::new(std::fs::read(&whole).unwrap());
        for number in from..from + variants {
            let path = folder.path(&format!("{number}_{name}"));
            std::fs::write(&path, seed.damaged(number)).unwrap();
            let start = Instant::now();
            let watched = Watched::new();
            let outcome = std::panic::catch_unwind(|| ask(&path, number % 4 == 3));
            let (took, most) = (start.elapsed(), watched.most.load(Ordering::Relaxed));
            drop(watched);
            let fails = outcome.is_err() || took > PATIENCE || most > MEMORY || children() > 0;
            if fails {
                wrong.push(format!("{number} of {name}: {outcome:?}, {took:?}, {most} bytes, {} children", children()));
                println!("{}", wrong[wrong.len() - 1]);
                if let Some(keep) = std::env::var_os("IMAGEIO_TEST_DAMAGE_KEEP") {
                    let _ = std::fs::copy(&path, Path::new(&keep).join(format!("{number}_{name}")));
                }
            }
            match outcome {
                Ok(Ok(_)) => read += 1,
                _ => refused += 1,
            }
            if took > slowest.0 {
                slowest = (took, format!("{number} of {name}"));
            }
            if most > largest.0 {
                largest = (most, format!("{number} of {name}"));
            }
            std::fs::remove_file(&path).unwrap();
        }
        std::fs::remove_file(&whole).unwrap();
        assert!(folder.names().is_empty(), "{name}: {:?}", folder.names());
    }
    println!("{made} files, {read} variants read, {refused} refused; the slowest {slowest:?}, the largest {largest:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(made >= 20, "only {made} files could be made");
    assert!(peak("self") < MEMORY, "{} bytes", peak("self"));
}

/// Listing packets costs time for each, which a file that repeats a byte could make hours of.
#[test]
fn very_many_packets() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = folder.path("a.ivf");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4", "-c:v", "libvpx-vp9"]);
    assert!(command.arg(&path).status().unwrap().success());
    let mut content = std::fs::read(&path).unwrap();
    // A frame of IVF: its length, its time, its bytes.
    for time in 100..60_100_u64 {
        content.extend([1, 0, 0, 0]);
        content.extend(time.to_le_bytes());
        content.push(0x88);
    }
    std::fs::write(&path, content).unwrap();
    let start = Instant::now();
    let mut reader = Reader::open_with(&path, &options()).unwrap();
    assert_eq!(reader.properties(0).unwrap().shape, [48, 64, 3]);
    assert_eq!(reader.read(Index::All).unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    drop(reader);
    assert_eq!(children(), 0);
}
