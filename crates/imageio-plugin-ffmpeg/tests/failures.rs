//! Whatever goes wrong while a video is written: an error that says so, and nothing left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Folder, children, frame, noise, options, ready, smooth};
use imageio_core::ndarray::Array3;
use imageio_core::{Batch, ErrorKind, FrameIter, Writer, v3 as iio};

const OLD: &str = "what was there";

fn target(folder: &Folder) -> PathBuf {
    let path = folder.path("a.mp4");
    std::fs::write(&path, OLD).unwrap();
    path
}

fn untouched(folder: &Folder) {
    assert_eq!(folder.names(), ["a.mp4"]);
    assert_eq!(std::fs::read_to_string(folder.path("a.mp4")).unwrap(), OLD);
    assert_eq!(children(), 0, "a child lives on, or is a zombie");
}

/// A program that stands before ffmpeg.
fn wrapper(folder: &Path, lines: &str) -> String {
    let path = folder.join("wrapped");
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn dropped_midway() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = target(&folder);
    let mut writer = Writer::open(&path).unwrap();
    for k in 0..20 {
        writer.write(&frame(&smooth(1, 480, 640, 3), 0)).unwrap();
        assert_eq!(writer.written(), k + 1);
    }
    assert_eq!(children(), 1);
    assert_eq!(folder.names().len(), 2);
    let start = Instant::now();
    drop(writer);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    untouched(&folder);
    // Opened and never written to.
    let writer = Writer::open(&path).unwrap();
    assert!(writer.finish().unwrap_err().to_string().contains("no image was written"));
    untouched(&folder);
    // What makes the frames fails.
    let frames = (0..5).map(|k| match k {
        4 => Err(imageio_core::Error::malformed("the source is broken")),
        _ => Ok(frame(&smooth(1, 48, 64, 3), 0).into()),
    });
    let e = iio::imwrite(&path, FrameIter(frames)).unwrap_err();
    assert!(e.to_string().contains("the source is broken"), "{e}");
    untouched(&folder);
}

#[test]
fn ffmpeg_is_killed() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = target(&folder);
    let big =
        Array3::from_shape_vec((720, 1280, 3), noise(1, 720, 1280, 3).iter().map(|w| *w as u8).collect()).unwrap();
    for while_writing in [true, false] {
        let mut writer = Writer::open(&path).unwrap();
        writer.write(&big).unwrap();
        writer.write(&big).unwrap();
        let killed = Command::new("pkill").args(["-KILL", "-P", &std::process::id().to_string(), "ffmpeg"]).status();
        if !killed.is_ok_and(|s| s.success()) {
            eprintln!("skipped: no pkill");
            return;
        }
        let start = Instant::now();
        let e = if while_writing {
            (0..100).find_map(|_| writer.write(&big).err()).unwrap()
        } else {
            writer.finish().unwrap_err()
        };
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(e.kind(), ErrorKind::Backend);
        assert!(e.to_string().contains("ffmpeg was killed by signal 9 while"), "{e}");
        assert_eq!(e.context_value("plugin"), Some("ffmpeg"));
        untouched(&folder);
    }
}

#[test]
fn the_last_words_are_quoted() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = target(&folder);
    let tools = Folder::new();
    let script = r#"case "$*" in *-version*|*-encoders*) exec ffmpeg "$@";; esac
head -c 100000 > /dev/null
echo "[fatal] the encoder is on fire" >&2
exit 7"#;
    let o = options().set("ffmpeg", wrapper(&tools.path(""), script));
    let e = iio::imwrite_with(&path, Batch(&smooth(30, 480, 640, 3)), &o).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Backend);
    let text = e.to_string();
    assert!(text.contains("failed with status 7") && text.contains("the encoder is on fire"), "{text}");
    untouched(&folder);
    // It ends well, and only says that it did not.
    let script = r#"case "$*" in *-version*|*-encoders*) exec ffmpeg "$@";; esac
ffmpeg "$@"
echo "[error] Error writing trailer" >&2"#;
    let o = options().set("ffmpeg", wrapper(&tools.path(""), script));
    let e = iio::imwrite_with(&path, Batch(&smooth(3, 48, 64, 3)), &o).unwrap_err();
    assert!(e.to_string().contains("Error writing trailer"), "{e}");
    untouched(&folder);
}

#[test]
fn the_disk_is_full() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = target(&folder);
    let tools = Folder::new();
    let bytes: Vec<u8> = noise(10, 240, 320, 3).iter().map(|w| *w as u8).collect();
    let frames = imageio_core::ndarray::Array4::from_shape_vec((10, 240, 320, 3), bytes).unwrap();
    // A file that may not grow stands for a disk without room.
    let o = options().set("ffmpeg", wrapper(&tools.path(""), "ulimit -f 100; trap '' XFSZ; exec ffmpeg \"$@\""));
    let e = iio::imwrite_with(&path, Batch(&frames), &o).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Io, "{e}");
    assert!(e.to_string().contains("File too large"), "{e}");
    untouched(&folder);
    // And one without room, where we may make one.
    let small = Folder::new();
    let disk = small.path("");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=200k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: no small file system can be mounted here");
        return;
    }
    for name in ["a.mp4", "a.mkv", "a.avi"] {
        let outcome = iio::imwrite(disk.join(name), Batch(&frames));
        let left = small.names();
        if outcome.is_ok() || !left.is_empty() {
            let _ = Command::new("umount").arg(&disk).status();
            panic!("{name}: {outcome:?}, {left:?}");
        }
        let e = outcome.unwrap_err();
        if e.kind() != ErrorKind::Io || !e.to_string().contains("No space left on device") {
            let _ = Command::new("umount").arg(&disk).status();
            panic!("{name}: {e}");
        }
    }
    let _ = Command::new("umount").arg(&disk).status();
    assert_eq!(children(), 0);
}

#[test]
fn no_ffmpeg() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = target(&folder);
    let e = iio::imwrite_with(&path, Batch(&smooth(3, 48, 64, 3)), &options().set("ffmpeg", "/no/such/ffmpeg"))
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    let text = e.to_string();
    for part in ["no usable ffmpeg program", "/no/such/ffmpeg does not exist", "IMAGEIO_FFMPEG_EXE", "install-ffmpeg"] {
        assert!(text.contains(part), "{text}");
    }
    untouched(&folder);
    let e = iio::imwrite(folder.path("none/a.mp4"), Batch(&smooth(3, 48, 64, 3))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
    untouched(&folder);
}

#[test]
fn several_at_once() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(10, 120, 160, 3);
    let mut writers: Vec<Writer<'_>> = (0..4)
        .map(|k| Writer::open_with(folder.path(&format!("{k}.mkv")), &options().set("preset", "ultrafast")).unwrap())
        .collect();
    for k in 0..10 {
        for writer in &mut writers {
            writer.write(&frame(&all, k)).unwrap();
        }
    }
    assert_eq!(children(), 4);
    for writer in writers {
        writer.finish().unwrap();
    }
    assert_eq!(children(), 0);
    std::thread::scope(|scope| {
        for k in 0..4 {
            let (all, folder) = (&all, &folder);
            scope.spawn(move || iio::imwrite(folder.path(&format!("{k}.mp4")), Batch(all)).unwrap());
        }
    });
    let first = std::fs::read(folder.path("0.mp4")).unwrap();
    assert!((1..4).all(|k| std::fs::read(folder.path(&format!("{k}.mp4"))).unwrap() == first));
}
