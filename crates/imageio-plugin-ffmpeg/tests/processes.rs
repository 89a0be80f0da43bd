//! No process outlives its handle. Alone in its program, since it counts the children of all its threads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use imageio_core::{NdImage, ReadOptions, Reader};
use imageio_plugin_ffmpeg::DESCRIPTOR;

fn options() -> ReadOptions {
    ReadOptions::new().plugin(&DESCRIPTOR)
}

fn bytes(image: &NdImage) -> &[u8] {
    image.as_bytes().unwrap()
}

/// Children of this process that are called ffmpeg or ffprobe.
fn children() -> usize {
    let me = std::process::id().to_string();
    let mut n = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((head, rest)) = stat.rsplit_once(')') else { continue };
        n += usize::from(head.contains("(ff") && rest.split_whitespace().nth(1) == Some(&me));
    }
    n
}

#[test]
fn no_process_outlives_its_handle() {
    if !common::ready() {
        return;
    }
    let folder = common::Folder::new();
    let path = folder.path("long.mp4");
    let made = Command::new("ffmpeg")
        .args("-v error -nostdin -f lavfi -i testsrc2=s=640x480:r=25:d=20 -c:v libx264 -preset ultrafast".split(' '))
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    let mut reader = Reader::open_with(&path, &options()).unwrap();
    reader.read(3).unwrap();
    assert_eq!(children(), 1);
    let start = Instant::now();
    drop(reader);
    assert!(start.elapsed() < Duration::from_secs(2), "dropping took {:?}", start.elapsed());
    assert_eq!(children(), 0);
    // Several at once, each at its own place.
    let mut readers: Vec<Reader<'_>> = (0..4).map(|_| Reader::open_with(&path, &options()).unwrap()).collect();
    let again: Vec<NdImage> = readers.iter_mut().map(|r| r.read(30).unwrap()).collect();
    assert!(again.iter().all(|image| bytes(image) == bytes(&again[0])));
    assert_eq!(children(), 4);
    drop(readers);
    assert_eq!(children(), 0);
    // One that is killed says so, and the reader goes on with another.
    let mut reader = Reader::open_with(&path, &options()).unwrap();
    reader.read(0).unwrap();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let mine = stat.rsplit_once(')').is_some_and(|(head, rest)| {
            head.contains("(ffmpeg") && rest.split_whitespace().nth(1) == Some(&std::process::id().to_string())
        });
        if mine {
            let pid = entry.file_name().into_string().unwrap();
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        }
    }
    let e = (1..400).find_map(|k| reader.read(k).err()).unwrap();
    assert!(e.to_string().contains("was killed by signal 9"), "{e}");
    assert_eq!(reader.read(5).unwrap().shape(), [480, 640, 3]);
}
