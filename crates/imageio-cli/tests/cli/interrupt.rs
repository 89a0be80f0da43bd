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

/// Two pictures and what comes third, as numbered files.
fn inputs(third: impl FnOnce(&str)) -> Folder {
    let folder = Folder::new("inputs");
    for name in ["in_0.ppm", "in_1.ppm"] {
        fs::write(folder.file(name), [b"P6 2 2 255 ".as_slice(), &[7; 12]].concat()).unwrap();
    }
    third(&folder.file("in_2.ppm"));
    folder
}

/// Converts them to numbered files. The first two are there already, and a fourth that no image will replace.
fn convert(inputs: &Folder, folder: &Folder) -> Child {
    for name in ["out_000.png", "out_001.png", "out_003.png"] {
        fs::write(folder.file(name), OLD).unwrap();
    }
    let [from, to] = [inputs.file("in_%d.ppm"), folder.file("out_%03d.png")].map(|name| format!("sequence:{name}"));
    let mut command = command(&["convert", &from, &to, "--no-metadata"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The same with the third picture still to come, once the first two wait for it.
fn halfway_through_a_set(inputs: &Folder, folder: &Folder) -> Child {
    let mut child = convert(inputs, folder);
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
    // A pipe that nobody writes to.
    let inputs = inputs(|name| assert!(Command::new("mkfifo").arg(name).status().unwrap().success()));
    for name in ["-INT", "-TERM", "-KILL"] {
        let folder = Folder::new("set");
        let child = halfway_through_a_set(&inputs, &folder);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
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
    let inputs = inputs(|name| fs::write(name, b"P6 2 2 255 too").unwrap());
    let output = convert(&inputs, &folder).wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("in_2.ppm"), "{said}");
    all_old(&folder);
    assert_eq!(folder.names(), ["out_000.png", "out_001.png", "out_003.png"]);
}
