//! Damaged headers give a doubt, or an answer that is within bounds; never a panic, and never much memory.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use std::io::Cursor;
use std::path::Path;

use imageio_container::{Movie, av1, h264, hevc, read_mp4, vp9};

fn files() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let names = ["corpus/ffmpeg/b_frames.mp4", "corpus/ffmpeg/turned.mov", "bad/ffmpeg/sound.mp4"];
    names.iter().map(|name| std::fs::read(folder.join(name)).unwrap()).collect()
}

/// Reads it, and what its codecs say.
fn read(content: &[u8]) -> Option<Movie> {
    let movie = read_mp4(&mut Cursor::new(content), 1 << 20).ok()?;
    for track in &movie.tracks {
        assert!(track.samples.iter().all(|s| s.at + u64::from(s.size) <= content.len() as u64));
        if let Some((_, record)) = &track.entry.configuration {
            let _ = h264::configuration(record).and_then(|(set, _)| h264::parameters(set));
            let _ = hevc::configuration(record).and_then(|(set, _)| hevc::parameters(set));
            let _ = av1::configuration(record);
        }
    }
    Some(movie)
}

#[test]
fn whole_files_are_read() {
    let movies: Vec<Movie> = files().iter().map(|content| read(content).unwrap()).collect();
    let track = &movies[0].tracks[0];
    let (set, length) = h264::configuration(&track.entry.configuration.as_ref().unwrap().1).unwrap();
    let coded = h264::parameters(set).unwrap();
    assert_eq!((coded.width, coded.height), (u32::from(track.entry.size.0), u32::from(track.entry.size.1)));
    assert_eq!((length, coded.depth, track.samples.len() as u64), (4, 8, track.n_samples));
    assert!(track.samples[0].is_key);
    assert_eq!(movies[1].tracks[0].matrix.map(i32::signum)[..5].iter().filter(|n| **n != 0).count(), 2);
    assert_ne!(movies[1].tracks[0].matrix[1], 0);
    assert_eq!(movies[2].tracks[0].entry.sound.map(|sound| sound.object), Some(2));
}

#[test]
fn what_others_may_understand_differently_is_in_doubt() {
    let [content, ..] = &files()[..] else { panic!("no files") };
    for (name, other, doubt) in [
        ("pasp", "clap", "the container cuts pictures"),
        ("stts", "stps", "a table of samples is unusual"),
        ("mdat", "moof", "the file is in fragments"),
        ("avc1", "encv", "a track is encrypted"),
    ] {
        let at = content.windows(4).rposition(|word| word == name.as_bytes()).unwrap();
        let mut changed = content.clone();
        changed[at..at + 4].copy_from_slice(other.as_bytes());
        let e = read_mp4(&mut Cursor::new(&changed), 1 << 20).unwrap_err();
        assert_eq!(e.to_string(), doubt);
    }
    assert!(read_mp4(&mut Cursor::new(content), 100).is_err(), "a header that takes up more than may be");
}

#[test]
fn every_byte_and_every_length() {
    for content in files() {
        // The header is behind the samples, or before them; either way, all of it is tried.
        let at = content.windows(4).position(|word| word == b"moov").unwrap();
        let end = (at + 4000).min(content.len());
        for k in (0..40).chain(at - 4..end) {
            for value in [0, 1, 0x7f, 0xff, content[k] ^ 0x80, content[k].wrapping_add(1)] {
                let mut damaged = content.clone();
                damaged[k] = value;
                read(&damaged);
            }
        }
        for length in (0..40).chain(at..end) {
            assert!(length == content.len() || read(&content[..length]).is_none(), "cut at {length}");
        }
    }
}

#[test]
fn steps_that_no_table_has() {
    // The profile, numbers that are small, and a table of scales whose first step is 2^31 - 1.
    let bits = format!("1{}11011{}1{:031b}", "010", "0".repeat(31), 0x7fff_fffe);
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | (bit - b'0') << (7 - at)))
        .collect();
    assert!(h264::parameters(&[&[0x67, 100, 0, 10], &bytes[..], &[0xff; 40]].concat()).is_err());
}

#[test]
fn noise() {
    common::noise(|bytes| {
        read(bytes);
        let _ = vp9::key_frame(bytes);
        let _ = h264::parameters(&[&[0x67, 100, 0, 10][..], bytes].concat());
        let _ = hevc::parameters(&[&[0x42, 1][..], bytes].concat());
        let _ = av1::configuration(&[&[0x81, 0, 0, 0, 0x0a, 100][..], bytes, &[0; 100]].concat());
    });
}
