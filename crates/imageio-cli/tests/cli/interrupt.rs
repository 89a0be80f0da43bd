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
