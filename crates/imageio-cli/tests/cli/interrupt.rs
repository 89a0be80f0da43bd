//! Signals in the middle of a write: the program waits for pixels on standard input, its output staged beside the
//! target.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::run::{Folder, command};

const OLD: &[u8] = b"what was here";

/// A conversion that has the header of its input, and not its pixels.
fn halfway(folder: &Folder) -> Child {
    let out = folder.file("old.bmp");
    fs::write(&out, OLD).unwrap();
    let mut child = command(&["convert", "-", &out, "--no-metadata"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A bitmap of 1000 × 1000 pixels of 24 bits.
    let mut header = b"BM".to_vec();
    header.extend(3_000_054u32.to_le_bytes());
    header.extend([0; 4]);
    header.extend(54u32.to_le_bytes());
    header.extend(40u32.to_le_bytes());
    header.extend(1000u32.to_le_bytes());
    header.extend(1000u32.to_le_bytes());
    header.extend([1, 0, 24, 0]);
    header.extend([0; 24]);
    header.extend([0; 30_000]);
    child.stdin.as_mut().unwrap().write_all(&header).unwrap();
    let begun = Instant::now();
    while folder.names().len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing was staged");
        assert!(child.try_wait().unwrap().is_none(), "the program ended early");
        sleep(Duration::from_millis(5));
    }
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn interrupted_programs_leave_nothing_behind() {
    for name in ["-INT", "-TERM"] {
        let folder = Folder::new("interrupt");
        let mut child = halfway(&folder);
        signal(&child, name);
        // The pipe stays open until the program has ended, so that the signal alone can end it.
        let stdin = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        assert_eq!(output.status.code(), Some(130), "{name}");
        assert!(output.stdout.is_empty());
        assert_eq!(fs::read(folder.path().join("old.bmp")).unwrap(), OLD);
        assert_eq!(folder.names(), ["old.bmp"], "{name}");
    }
}

#[test]
fn killed_programs_leave_the_target_whole() {
    let folder = Folder::new("kill");
    let mut child = halfway(&folder);
    signal(&child, "-KILL");
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(fs::read(folder.path().join("old.bmp")).unwrap(), OLD);
}

/// A conversion to numbered files that has two images of its input and the begin of a third. The first two files are
/// there already, and a fourth that no image will replace.
fn halfway_through_a_set(folder: &Folder) -> Child {
    for name in ["out_000.png", "out_001.png", "out_003.png"] {
        fs::write(folder.file(name), OLD).unwrap();
    }
    let target = format!("sequence:{}", folder.file("out_%03d.png"));
    let mut child = command(&["convert", "-", &target, "--no-metadata"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let frame = [b"P6 100 100 255 ".as_slice(), &[7; 30_000]].concat();
    for bytes in [&frame[..], &frame, &frame[..1000]] {
        input.write_all(bytes).unwrap();
    }
    child.stdin = Some(input);
    let staged = || {
        let hidden = folder.names().into_iter().find(|name| name.starts_with('.'))?;
        Some(folder.path().join(hidden).join("new/out_001.png")).filter(|path| path.is_file())
    };
    let begun = Instant::now();
    while staged().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing was staged");
        assert!(child.try_wait().unwrap().is_none(), "the program ended early");
        sleep(Duration::from_millis(5));
    }
    child
}

fn all_old(folder: &Folder) {
    for name in ["out_000.png", "out_001.png", "out_003.png"] {
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), OLD, "{name}");
    }
    assert!(!folder.path().join("out_002.png").exists());
}

#[test]
fn interrupted_sets_leave_the_old_one() {
    for name in ["-INT", "-TERM", "-KILL"] {
        let folder = Folder::new("set");
        let mut child = halfway_through_a_set(&folder);
        signal(&child, name);
        let stdin = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        all_old(&folder);
        if name == "-KILL" {
            // Nobody is left who could clean up, but what is left is hidden.
            assert_eq!(folder.names().iter().filter(|name| !name.starts_with('.')).count(), 3);
            continue;
        }
        assert_eq!(output.status.code(), Some(130), "{name}");
        assert_eq!(folder.names(), ["out_000.png", "out_001.png", "out_003.png"], "{name}");
    }
}

#[test]
fn a_set_that_fails_in_the_middle_leaves_the_old_one() {
    let folder = Folder::new("set-fails");
    let mut child = halfway_through_a_set(&folder);
    // The third image ends in the middle.
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    all_old(&folder);
    assert_eq!(folder.names(), ["out_000.png", "out_001.png", "out_003.png"]);
}
