//! What goes along with the pictures: tags, chapters, sound, and how long each of them is shown.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use std::time::Duration;

use common::{Folder, decoded, frames, options, probe, ready, smooth, stream};
use imageio_core::ndarray::Array4;
use imageio_core::{Batch, ErrorKind, FrameIter, Metadata, Rate, Value, Writer, v3 as iio};
use imageio_plugin_ffmpeg as ffmpeg;

#[test]
fn tags_and_chapters() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(24, 48, 64, 3);
    let mut metadata = Metadata::new();
    metadata.insert("title", "Ein Versuch; 2 = zwei # \"quoted\"");
    metadata.section("tags").insert("comment", "two\nlines");
    metadata.section("tags").insert("mood", "calm");
    for (k, (start, end, title)) in [(0.0, 0.5, "first"), (0.5, 1.0, "second")].into_iter().enumerate() {
        let chapter = metadata.section("chapters").section(&k.to_string());
        chapter.insert("start", start);
        chapter.insert("end", end);
        chapter.insert("title", title);
    }
    metadata.insert("icc", vec![1u8, 2]);
    for (name, lost) in [("a.mkv", "icc"), ("a.mp4", "mood, icc")] {
        let path = folder.path(name);
        let mut writer = Writer::open_with(&path, &options().metadata(&metadata)).unwrap();
        writer.write(Batch(&all)).unwrap();
        let notes = writer.notes().join(" ");
        writer.finish().unwrap();
        for lost in lost.split(", ") {
            assert!(notes.contains(lost), "{notes}");
        }
        // And back through the plugin.
        let back = iio::immeta(&path).unwrap();
        let tag = |name: &str| {
            let section = back.get_section("tags").unwrap();
            let found = section.leaves().into_iter().find(|(k, _)| k.eq_ignore_ascii_case(name));
            found.map(|(_, v)| v.to_string()).unwrap_or_default()
        };
        assert_eq!(tag("title"), "Ein Versuch; 2 = zwei # \"quoted\"");
        assert_eq!(tag("comment"), "two\nlines");
        assert_eq!(tag("mood"), if name == "a.mkv" { "calm" } else { "" });
        for (k, (start, title)) in [(0.0, "first"), (0.5, "second")].into_iter().enumerate() {
            assert_eq!(back.get(&format!("chapters/{k}/start")).and_then(Value::as_f64), Some(start));
            assert_eq!(back.get(&format!("chapters/{k}/title")).and_then(Value::as_str), Some(title));
        }
        // A copy with the metadata of the original keeps them, and its rate.
        let copy = folder.path("copy.mkv");
        iio::imwrite_with(&copy, FrameIter(iio::imiter(&path).unwrap()), &options().metadata(&back)).unwrap();
        assert_eq!(iio::immeta(&copy).unwrap().get("chapters/1/title").and_then(Value::as_str), Some("second"));
        assert_eq!(stream(&copy, "r_frame_rate"), "24/1");
    }
}

#[test]
fn audio_is_copied() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let sound = folder.path("sound.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "sine=d=1",
            "-f",
            "lavfi",
            "-i",
            "testsrc=d=1:s=64x48:r=24",
            "-c:a",
            "aac",
        ])
        .arg(&sound)
        .status()
        .unwrap();
    assert!(made.success());
    let all = smooth(24, 48, 64, 3);
    let name = sound.to_str().unwrap().to_owned();
    let packets = |path: &std::path::Path| probe(path, &["-select_streams", "a", "-show_entries", "packet=size"]);
    for target in ["a.mp4", "a.mkv"] {
        let path = folder.path(target);
        iio::imwrite_with(&path, Batch(&all), &options().with(ffmpeg::WriteOptions::new().audio(name.clone())))
            .unwrap();
        assert_eq!(frames(&path), 24);
        assert_eq!(packets(&path), packets(&sound), "{target}");
    }
    let o = ffmpeg::WriteOptions::new().audio(name.clone()).audio_codec("libopus".to_owned());
    let path = folder.path("a.webm");
    iio::imwrite_with(&path, Batch(&all), &options().with(o)).unwrap();
    assert_eq!(probe(&path, &["-select_streams", "a", "-show_entries", "stream=codec_name"]), "opus");
    let cases = [
        ("a.webm", name.as_str(), ErrorKind::Unsupported),
        ("b.mp4", folder_name(&folder, "none.mp4"), ErrorKind::Backend),
    ];
    for (target, audio, kind) in cases {
        let e = iio::imwrite_with(folder.path(target), Batch(&all), &options().set("audio", audio)).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
    }
    let silent = folder.path("silent.mp4");
    iio::imwrite(&silent, Batch(&all)).unwrap();
    let e = iio::imwrite_with(folder.path("b.mp4"), Batch(&all), &options().set("audio", silent.to_str().unwrap()))
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidOption);
    assert!(e.to_string().contains("has no audio"), "{e}");
}

fn folder_name(folder: &Folder, name: &str) -> &'static str {
    folder.path(name).to_str().unwrap().to_owned().leak()
}

#[test]
fn each_frame_for_its_own_time() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(5, 48, 64, 3);
    let times = [100, 200, 50, 300, 150].map(Duration::from_millis);
    for name in ["a.mp4", "a.mkv", "a.gif", "a.webm", "a.mov"] {
        let path = folder.path(name);
        let o = options().with(ffmpeg::WriteOptions::new().duration(times));
        iio::imwrite_with(&path, Batch(&all), &o).unwrap_or_else(|e| panic!("{name}: {e}"));
        let shown = probe(&path, &["-select_streams", "v", "-show_entries", "packet=pts_time"]);
        let shown: Vec<f64> = shown.split('|').map(|t| t.parse().unwrap()).collect();
        let expected = [0.0, 0.1, 0.3, 0.35, 0.65];
        assert!(
            shown.len() == 5 && shown.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.0015),
            "{name}: {shown:?}"
        );
        if name != "a.gif" {
            let total: f64 = probe(&path, &["-show_entries", "format=duration"]).parse().unwrap();
            assert!((total - 0.8).abs() < 0.002, "{name}: {total}");
        }
    }
    let gif = std::fs::read(folder.path("a.gif")).unwrap();
    let delays: Vec<u16> = gif
        .windows(8)
        .filter(|w| w[..3] == [0x21, 0xF9, 4] && w[7] == 0)
        .map(|w| u16::from_le_bytes([w[4], w[5]]))
        .collect();
    assert_eq!(delays, [10, 20, 5, 30, 15]);
    // Without loss too, and frames with alpha.
    let rgba = Array4::from_shape_fn((5, 47, 63, 4), |(k, y, x, c)| (k * 31 + y * 3 + x * 5 + c * 50) as u8);
    let path = folder.path("a.mkv");
    let o = options().with(ffmpeg::WriteOptions::new().duration(times).codec("ffv1".to_owned()));
    iio::imwrite_with(&path, Batch(&rgba), &o).unwrap();
    assert!(decoded(&path, "rgba") == rgba.as_slice().unwrap());
    let e = iio::imwrite_with(&path, Batch(&all), &options().with(ffmpeg::WriteOptions::new().duration(&times[..3])))
        .unwrap_err();
    assert!(e.to_string().contains("3 durations"), "{e}");
    let o = ffmpeg::WriteOptions::new().duration(times).fps(Rate::new(25, 1));
    assert_eq!(iio::imwrite_with(&path, Batch(&all), &options().with(o)).unwrap_err().kind(), ErrorKind::InvalidOption);
}
