//! What is written is what was meant: read back by ffprobe and ffmpeg, and by the plugin itself.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use common::{Folder, decoded, frame, frames, noise, options, probe, psnr, ready, smooth, stream};
use imageio_core::ndarray::{Array2, Array3, Array4, Axis, Slice};
use imageio_core::{Batch, Error, ErrorKind, FrameIter, Metadata, NdImage, Rate, Value, Writer, v3 as iio};
use imageio_plugin_ffmpeg as ffmpeg;

fn bytes_of(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// The part of a picture of odd sides that padding and cropping leave.
fn inner(all: &Array4<u8>) -> Array4<u8> {
    let ends = [isize::MAX, 46, 62, isize::MAX];
    let cut = |axis: usize, len: usize| Slice::from(..ends[axis].min(len as isize));
    all.slice_each_axis(|axis| cut(axis.axis.index(), axis.len)).to_owned()
}

fn list(words: &[&str]) -> Value {
    Value::List(words.iter().map(|w| Value::from(*w)).collect())
}

#[test]
fn every_container_gets_its_codec() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(12, 64, 96, 3);
    let rows: [(&str, &str, &str, f64); 14] = [
        ("a.mp4", "h264", "yuv420p", 33.0),
        ("a.m4v", "h264", "yuv420p", 33.0),
        ("a.mov", "h264", "yuv420p", 33.0),
        ("a.mkv", "h264", "yuv420p", 33.0),
        ("a.ts", "h264", "yuv420p", 33.0),
        ("a.flv", "h264", "yuv420p", 33.0),
        ("a.webm", "vp9", "yuv420p", 30.0),
        ("a.avi", "mpeg4", "yuv420p", 30.0),
        ("a.mpg", "mpeg2video", "yuv420p", 30.0),
        ("a.wmv", "wmv2", "yuv420p", 30.0),
        ("a.nut", "ffv1", "bgr0", 150.0),
        ("a.y4m", "rawvideo", "yuv420p", 33.0),
        ("a.h264", "h264", "yuv420p", 33.0),
        ("a.mjpeg", "mjpeg", "yuvj420p", 33.0),
    ];
    for (name, codec, pixel_format, least) in rows {
        let path = folder.path(name);
        iio::imwrite_with(&path, Batch(&all), &options().set("fps", 25)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(stream(&path, "codec_name,width,height,pix_fmt"), format!("{codec}|96|64|{pixel_format}"), "{name}");
        assert_eq!(frames(&path), 12, "{name}");
        if !["a.h264", "a.mjpeg", "a.mpg"].contains(&name) {
            assert_eq!(stream(&path, "r_frame_rate"), "25/1", "{name}");
        }
        let noise = psnr(&decoded(&path, "rgb24"), all.as_slice().unwrap());
        assert!(noise >= least, "{name}: {noise:.1} dB");
        // What the plugin reads is what ffmpeg reads.
        let back: Array4<u8> = iio::imread(&path).unwrap().try_into().unwrap();
        assert_eq!(back.dim(), all.dim(), "{name}");
    }
    assert_eq!(folder.names().len(), rows.len(), "{:?}", folder.names());
}

#[test]
fn an_mp4_starts_with_its_index_and_says_its_colours() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    for (height, width, space) in [(64, 96, "smpte170m"), (720, 1280, "bt709")] {
        // Saturated colours: a wrong matrix or range shows.
        let all = Array4::from_shape_fn((2, height, width, 3), |(_, y, x, c)| {
            if (x * 4 / width + y * 2 / height) % 3 == c { 255u8 } else { 0 }
        });
        let path = folder.path("a.mp4");
        iio::imwrite_with(&path, Batch(&all), &options().set("crf", 5)).unwrap();
        let content = std::fs::read(&path).unwrap();
        let at = |name: &[u8]| content.windows(4).position(|w| w == name).unwrap();
        assert!(at(b"moov") < at(b"mdat"));
        let tags = stream(&path, "color_range,color_space,color_transfer,color_primaries");
        assert_eq!(tags, format!("tv|{space}|bt709|bt709"));
        let noise = psnr(&decoded(&path, "rgb24"), all.as_slice().unwrap());
        assert!(noise > 24.0, "{noise:.1} dB");
        // Away from the edges, where chroma of half the size bleeds, colours are right.
        let back: Array4<u8> = iio::imread(&path).unwrap().try_into().unwrap();
        for x in [width / 8, width * 3 / 8, width * 5 / 8] {
            for c in 0..3 {
                let (was, is) = (all[[0, height / 4, x, c]], back[[0, height / 4, x, c]]);
                assert!(was.abs_diff(is) <= 4, "{space} at {x}: {was} became {is}");
            }
        }
    }
    let path = folder.path("full.mp4");
    let all = smooth(2, 64, 96, 3);
    let o = options().with(ffmpeg::WriteOptions::new().color_range(ffmpeg::ColorRange::Full).crf(5.0));
    iio::imwrite_with(&path, Batch(&all), &o).unwrap();
    assert_eq!(stream(&path, "color_range"), "pc");
    assert!(psnr(&decoded(&path, "rgb24"), all.as_slice().unwrap()) > 38.0);
}

#[test]
fn lossless_is_lossless() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let words = noise(3, 47, 63, 4);
    let mut met = 0;
    let mut check = |name: &str, image: NdImage, o: ffmpeg::WriteOptions, codec: &str, read: &str, expected: &[u8]| {
        let path = folder.path(name);
        iio::imwrite_with(&path, Batch(&image), &options().with(o)).unwrap_or_else(|e| panic!("{name} {codec}: {e}"));
        assert_eq!(stream(&path, "codec_name,width,height"), format!("{codec}|63|47"), "{name}");
        assert!(decoded(&path, read) == expected, "{name} {codec} {read}");
        met += 1;
    };
    let new = ffmpeg::WriteOptions::new;
    let deep = |channels: usize| {
        let words = words[..3 * 47 * 63 * channels].to_vec();
        let shape = if channels == 1 { vec![3, 47, 63] } else { vec![3, 47, 63, channels] };
        let bytes = bytes_of(&words);
        (NdImage::from(imageio_core::ndarray::ArrayD::from_shape_vec(shape, words).unwrap()), bytes)
    };
    let flat = |channels: usize| {
        let bytes: Vec<u8> = words[..3 * 47 * 63 * channels].iter().map(|w| (w >> 8) as u8).collect();
        let shape = if channels == 1 { vec![3, 47, 63] } else { vec![3, 47, 63, channels] };
        (NdImage::from(imageio_core::ndarray::ArrayD::from_shape_vec(shape, bytes.clone()).unwrap()), bytes)
    };
    for (channels, shallow, wide) in
        [(1, "gray", "gray16le"), (2, "ya8", "ya16le"), (3, "rgb24", "rgb48le"), (4, "rgba", "rgba64le")]
    {
        let (image, bytes) = flat(channels);
        check("a.mkv", image, new().codec("ffv1".to_owned()), "ffv1", shallow, &bytes);
        if channels != 2 {
            let (image, bytes) = deep(channels);
            check("a.mkv", image, new().codec("ffv1".to_owned()), "ffv1", wide, &bytes);
        }
        let (image, bytes) = deep(channels);
        check("a.mov", image, new().lossless(true), "png", wide, &bytes);
    }
    let (rgb, bytes) = flat(3);
    for (name, codec) in
        [("a.mkv", "ffv1"), ("a.mp4", "h264"), ("a.webm", "vp9"), ("a.avi", "ffv1"), ("a.apng", "apng")]
    {
        check(name, rgb.clone(), new().lossless(true), codec, "rgb24", &bytes);
    }
    for (name, codec) in [("a.mkv", "ffvhuff"), ("a.mkv", "utvideo"), ("a.mkv", "huffyuv")] {
        check(name, rgb.clone(), new().codec(codec.to_owned()), codec, "rgb24", &bytes);
    }
    let (gray, bytes) = flat(1);
    check("a.mp4", gray, new().lossless(true), "h264", "gray", &bytes);
    // Planes that are given as they are come back as they are.
    let planar =
        Array4::from_shape_vec((3, 3, 47, 63), words[..3 * 3 * 47 * 63].iter().map(|w| *w as u8).collect()).unwrap();
    let o = new().codec("ffvhuff".to_owned()).in_pixel_format("gbrp".to_owned());
    check("a.mkv", planar.clone().into(), o, "ffvhuff", "gbrp", planar.as_slice().unwrap());
    assert_eq!(met, 21);
    let e = iio::imwrite_with(folder.path("b.mp4"), Batch(&deep(3).0), &options().set("lossless", true)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("16 bits"), "{e}");
    let e = iio::imwrite_with(folder.path("b.mpg"), Batch(&rgb), &options().set("lossless", true)).unwrap_err();
    assert!(e.to_string().contains("FFV1"), "{e}");
}

#[test]
fn every_kind_of_input_by_its_rule() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(3, 48, 64, 3);
    let gray = all.index_axis(Axis(3), 0).to_owned();
    let rgba = Array4::from_shape_fn((3, 48, 64, 4), |(k, y, x, c)| if c == 3 { 255 } else { all[[k, y, x, c]] });
    let float = all.mapv(|v| f32::from(v) / 255.0);
    let wide = all.mapv(|v| u16::from(v) * 257);
    let bits = gray.mapv(|v| v > 127);
    let cases: [(&str, NdImage, Vec<u8>, Option<&str>); 6] = [
        ("uint8", all.clone().into(), all.iter().copied().collect(), None),
        ("grey", gray.clone().into(), gray.iter().flat_map(|v| [*v; 3]).collect(), None),
        ("RGBA", rgba.into(), all.iter().copied().collect(), Some("alpha was left out")),
        ("float", float.into(), all.iter().copied().collect(), Some("samples of 16 bits became samples of 8")),
        ("uint16", wide.into(), all.iter().copied().collect(), Some("samples of 16 bits became samples of 8")),
        ("bool", bits.clone().into(), bits.iter().flat_map(|v| [if *v { 255 } else { 0 }; 3]).collect(), None),
    ];
    for (name, image, expected, note) in cases {
        let path = folder.path("a.mp4");
        let mut writer = Writer::open_with(&path, &options().set("crf", 8)).unwrap();
        writer.write(Batch(&image)).unwrap();
        let notes = writer.notes();
        writer.finish().unwrap();
        let noise = psnr(&decoded(&path, "rgb24"), &expected);
        assert!(noise > 30.0, "{name}: {noise:.1} dB");
        assert_eq!(notes.len(), usize::from(note.is_some()), "{name}: {notes:?}");
        assert!(note.is_none_or(|note| notes[0].contains(note)), "{name}: {notes:?}");
    }
    let e = iio::imwrite(folder.path("b.mp4"), &Array3::<f32>::from_elem((48, 64, 3), 200.0)).unwrap_err();
    assert!(e.to_string().contains("a sample of 200"), "{e}");
    assert_eq!(
        iio::imwrite(folder.path("b.mp4"), &Array3::<i32>::zeros((48, 64, 3))).unwrap_err().kind(),
        ErrorKind::Mismatch
    );
    assert_eq!(folder.names(), ["a.mp4"]);
    // Alpha is kept where the codec has it.
    let fading =
        Array4::from_shape_fn((3, 48, 64, 4), |(_, y, x, c)| if c == 3 { (x * 4) as u8 } else { (y * 5) as u8 });
    for (name, codec) in [("a.mov", "prores"), ("a.webm", "vp9")] {
        let path = folder.path(name);
        iio::imwrite_with(&path, Batch(&fading), &options().set("codec", codec).set("quality", 90)).unwrap();
        // The decoder that ffmpeg prefers for VP9 has no alpha.
        let decoder: &[&str] = if codec == "vp9" { &["-c:v", "libvpx-vp9"] } else { &[] };
        let out = std::process::Command::new("ffmpeg")
            .args(["-v", "error"])
            .args(decoder)
            .arg("-i")
            .arg(&path)
            .args(["-f", "rawvideo", "-pix_fmt", "rgba", "-"])
            .output()
            .unwrap();
        let noise = psnr(&out.stdout, fading.as_slice().unwrap());
        assert!(noise > 30.0, "{name}: {noise:.1} dB");
    }
    // Layouts of one's own.
    let bgr = all.slice_axis(Axis(3), Slice::from(..).step_by(-1)).to_owned();
    let path = folder.path("bgr.mp4");
    iio::imwrite_with(&path, Batch(&bgr), &options().set("in_pixel_format", "bgr24").set("crf", 8)).unwrap();
    assert!(psnr(&decoded(&path, "rgb24"), all.as_slice().unwrap()) > 30.0);
    let planes = decoded(&path, "yuv420p");
    let planes = Array3::from_shape_vec((3, 72, 64), planes).unwrap();
    let path = folder.path("yuv.mkv");
    let o = options().set("in_pixel_format", "yuv420p").set("lossless", true);
    iio::imwrite_with(&path, Batch(&planes), &o).unwrap();
    assert_eq!(stream(&path, "pix_fmt"), "yuv420p");
    assert!(decoded(&path, "yuv420p") == planes.as_slice().unwrap());
}

#[test]
fn odd_sizes() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(3, 47, 63, 3);
    let path = folder.path("a.mp4");
    let e = iio::imwrite(&path, Batch(&all)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("63 by 47") && e.to_string().contains("odd_size"), "{e}");
    assert!(folder.names().is_empty());
    for (policy, size) in [("pad", "64|48"), ("crop", "62|46")] {
        iio::imwrite_with(&path, Batch(&all), &options().set("odd_size", policy).set("crf", 5)).unwrap();
        assert_eq!(stream(&path, "width,height"), size);
        let back: Array4<u8> = iio::imread(&path).unwrap().try_into().unwrap();
        let (was, is) = (inner(&all), inner(&back));
        assert!(psnr(was.as_slice().unwrap(), is.as_slice().unwrap()) > 35.0);
        // And with a filter in between, whose size is known late.
        iio::imwrite_with(&path, Batch(&all), &options().set("odd_size", policy).set("filter", "hflip")).unwrap();
        assert_eq!(stream(&path, "width,height"), size);
    }
    // Other codecs hold any size.
    for name in ["a.webm", "a.mkv", "a.avi"] {
        let path = folder.path(name);
        let o = if name == "a.mkv" { options().set("codec", "ffv1") } else { options() };
        iio::imwrite_with(&path, Batch(&all), &o).unwrap();
        assert_eq!(stream(&path, "width,height"), "63|47", "{name}");
    }
    let o = options().set("pixel_format", "yuv444p");
    iio::imwrite_with(&path, Batch(&all), &o).unwrap();
    assert_eq!(stream(&path, "width,height,pix_fmt"), "63|47|yuv444p");
}

#[test]
fn options_do_what_they_say() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(30, 64, 96, 3);
    let path = folder.path("a.mp4");
    let write = |o: imageio_core::WriteOptions| {
        iio::imwrite_with(&path, Batch(&all), &o).map(|_| std::fs::metadata(&path).unwrap().len())
    };
    // Rates, also as fractions.
    for (value, rate) in [
        (Value::Rational(30_000, 1001), "30000/1001"),
        (Value::Float(23.976), "24000/1001"),
        (Value::Int(10), "10/1"),
        (Value::Float(3.5), "7/2"),
    ] {
        write(options().set("fps", value.clone())).unwrap();
        assert_eq!(stream(&path, "r_frame_rate,nb_frames"), format!("{rate}|30"), "{value}");
    }
    write(options()).unwrap();
    assert_eq!(stream(&path, "r_frame_rate"), "24/1");
    write(options().set("duration", 40)).unwrap();
    assert_eq!(stream(&path, "r_frame_rate,duration"), "25/1|1.200000");
    // Quality and size go together.
    let (low, high) = (write(options().set("quality", 10)).unwrap(), write(options().set("quality", 90)).unwrap());
    assert!(low * 2 < high, "{low} {high}");
    let (low, high) = (write(options().set("crf", 45)).unwrap(), write(options().set("crf", 10)).unwrap());
    assert!(low * 2 < high, "{low} {high}");
    let (low, high) = (write(options().set("bitrate", "50k")).unwrap(), write(options().set("bitrate", "2M")).unwrap());
    assert!(low < high, "{low} {high}");
    // Keyframes.
    write(options().set("gop", 5)).unwrap();
    let keys = probe(&path, &["-select_streams", "v", "-show_entries", "packet=flags"]);
    assert_eq!(keys.matches('K').count(), 6, "{keys}");
    // Presets, threads, more arguments.
    write(options().set("preset", "ultrafast").set("threads", 1)).unwrap();
    write(options().set("output_arguments", list(&["-profile:v", "baseline"]))).unwrap();
    assert!(stream(&path, "profile").contains("Baseline"));
    write(options().set("input_arguments", list(&["-thread_queue_size", "4"]))).unwrap();
    // Filters know the size of the images.
    write(options().set("filter", "crop=iw/2:ih/2,fps=12")).unwrap();
    assert_eq!(stream(&path, "width,height,r_frame_rate"), "48|32|12/1");
    write(options().set("filter", "[in]split[a][b];[a]hflip[c];[b][c]vstack[out]")).unwrap();
    assert_eq!(stream(&path, "width,height"), "96|128");
    // The container by name, whatever the extension.
    write(options().set("container", "mkv")).unwrap();
    assert!(probe(&path, &["-show_entries", "format=format_name"]).contains("matroska"));
    for (codec, name) in [("hevc", "hevc"), ("libx264", "h264"), ("mpeg4", "mpeg4"), ("av1", "av1")] {
        write(options().set("codec", codec)).unwrap_or_else(|e| panic!("{codec}: {e}"));
        assert_eq!(stream(&path, "codec_name,nb_frames"), format!("{name}|30"));
    }
    // And what is wrong says so, before or after ffmpeg had a look.
    let kept = std::fs::read(&path).unwrap();
    let wrong: [(&str, Value, ErrorKind, &str); 10] = [
        ("codec", "libx265x".into(), ErrorKind::InvalidOption, "did you mean `libx265`"),
        ("codec", "vp8".into(), ErrorKind::Unsupported, "does not hold this codec"),
        ("preset", "fastest".into(), ErrorKind::InvalidOption, "fastest"),
        ("filter", "nothing_like_it".into(), ErrorKind::InvalidOption, "nothing_like_it"),
        ("fps", 0.into(), ErrorKind::InvalidOption, "`fps` is 0"),
        ("bitrate", "fast".into(), ErrorKind::InvalidOption, "2M"),
        ("quality", 101.into(), ErrorKind::InvalidOption, "quality"),
        ("in_pixel_format", "rgb25".into(), ErrorKind::InvalidOption, "rgb24"),
        ("odd_size", "stretch".into(), ErrorKind::InvalidOption, "pad"),
        ("rate", 25.into(), ErrorKind::InvalidOption, "for reading alone"),
    ];
    for (name, value, kind, part) in wrong {
        let e = write(options().set(name, value.clone())).unwrap_err();
        assert_eq!(e.kind(), kind, "{name} = {value}: {e}");
        assert!(e.to_string().contains(part), "{name} = {value}: {e}");
        assert!(std::fs::read(&path).unwrap() == kept && folder.names() == ["a.mp4"], "{name}");
    }
}

#[test]
fn one_array_a_batch_and_frame_by_frame_are_the_same() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(8, 48, 64, 3);
    let path = folder.path("a.mkv");
    iio::imwrite(&path, Batch(&all)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut writer = Writer::open(&path).unwrap();
    for k in 0..4 {
        writer.write(&frame(&all, k)).unwrap();
    }
    writer.write(Batch(&all.slice_axis(Axis(0), Slice::from(4..)))).unwrap();
    assert_eq!(writer.written(), 8);
    writer.finish().unwrap();
    assert!(std::fs::read(&path).unwrap() == whole);
    iio::imwrite(&path, FrameIter((0..8).map(|k| frame(&all, k)))).unwrap();
    assert!(std::fs::read(&path).unwrap() == whole);
    let bytes = iio::imwrite_with("<bytes>", Batch(&all), &options().extension("mkv")).unwrap().unwrap();
    assert!(bytes == whole);
    let mut out = Vec::new();
    iio::imwrite(imageio_core::resource::WriteTo::named(&mut out, "a.mkv"), Batch(&all)).unwrap();
    assert!(out == whole);
    // One picture is a video of one frame.
    iio::imwrite(&path, &frame(&all, 0)).unwrap();
    assert_eq!(frames(&path), 1);
    // Strided memory is written as it looks.
    let turned = all.slice_each_axis(|axis| Slice::from(..).step_by([1, -1, 2, 1][axis.axis.index()]));
    iio::imwrite_with(&path, Batch(&turned), &options().set("codec", "ffv1")).unwrap();
    assert!(decoded(&path, "rgb24") == turned.iter().copied().collect::<Vec<_>>());
}

#[test]
fn frames_of_another_size_or_dtype_are_refused() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let path = folder.path("a.mp4");
    std::fs::write(&path, "what was there").unwrap();
    let other: [NdImage; 4] = [
        Array3::<u8>::zeros((48, 62, 3)).into(),
        Array3::<u8>::zeros((48, 64, 4)).into(),
        Array2::<u8>::zeros((48, 64)).into(),
        Array3::<u16>::zeros((48, 64, 3)).into(),
    ];
    for image in other {
        let mut writer = Writer::open(&path).unwrap();
        writer.write(&Array3::<u8>::zeros((48, 64, 3))).unwrap();
        let e = writer.write(&image).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch);
        assert!(e.to_string().contains("[48, 64, 3], uint8"), "{e}");
        assert_eq!(e.context_value("index"), Some("1"));
        assert!(writer.write(&Array3::<u8>::zeros((48, 64, 3))).is_err(), "the writer is spent");
        assert!(writer.finish().is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "what was there");
        assert_eq!(folder.names(), ["a.mp4"]);
    }
    let e: Error = iio::imwrite(&path, &smooth(2, 48, 64, 3)).unwrap_err();
    assert!(e.to_string().contains("Batch(&array)"), "{e}");
}

#[test]
fn gif_and_apng_by_name() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let all = smooth(6, 48, 64, 3);
    for (name, codec) in [("a.gif", "gif"), ("a.apng", "apng")] {
        let path = folder.path(name);
        iio::imwrite_with(&path, Batch(&all), &options().set("fps", 10).set("loop_count", 3)).unwrap();
        assert_eq!(stream(&path, "codec_name,r_frame_rate"), format!("{codec}|10/1"));
        let back = decoded(&path, "rgb24");
        assert!(psnr(&back, all.as_slice().unwrap()) > if codec == "gif" { 26.0 } else { 150.0 }, "{name}");
    }
    let gif = std::fs::read(folder.path("a.gif")).unwrap();
    let at = gif.windows(11).position(|w| w == b"NETSCAPE2.0").unwrap();
    assert_eq!(gif[at + 13..at + 15], [3, 0]);
}

/// Decodes a video and prints the number of frames, size, rate, colour tags and a digest of its RGB pixels.
const PYAV: &str = r#"
import sys, hashlib, av, numpy as np
with av.open(sys.argv[1]) as box:
    stream = box.streams.video[0]
    frames = np.stack([f.to_ndarray(format="rgb24") for f in box.decode(stream)])
    frames.tofile(sys.argv[2])
    print(len(frames), stream.width, stream.height, stream.average_rate, box.metadata.get("title", ""))
"#;

#[test]
fn pyav_reads_what_we_write() {
    if !ready() {
        return;
    }
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers (cargo xtask setup makes one)");
        return;
    };
    let has = std::process::Command::new(&python).args(["-c", "import av"]).output().unwrap();
    if !has.status.success() {
        eprintln!("skipped: that Python has no PyAV");
        return;
    }
    let folder = Folder::new();
    let all = smooth(12, 64, 96, 3);
    let mut metadata = Metadata::new();
    metadata.insert("title", "waves");
    let rows = [
        ("a.mp4", None, 33.0),
        ("a.mkv", Some("ffv1"), 150.0),
        ("a.webm", None, 30.0),
        ("a.mov", Some("prores"), 35.0),
    ];
    for (name, codec, least) in rows {
        let (path, raw) = (folder.path(name), folder.path("raw"));
        let mut o = ffmpeg::WriteOptions::new().fps(Rate::new(30_000, 1001));
        o.codec = codec.map(str::to_owned);
        iio::imwrite_with(&path, Batch(&all), &options().with(o).metadata(&metadata)).unwrap();
        let out = std::process::Command::new(&python).args(["-c", PYAV]).arg(&path).arg(&raw).output().unwrap();
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let said = String::from_utf8(out.stdout).unwrap();
        let rate = if name == "a.mp4" || name == "a.mov" { "30000/1001" } else { "" };
        assert!(
            said.starts_with("12 96 64 ") && said.contains(rate) && said.trim().ends_with("waves"),
            "{name}: {said}"
        );
        let noise = psnr(&std::fs::read(raw).unwrap(), all.as_slice().unwrap());
        assert!(noise >= least, "{name}: {noise:.1} dB");
    }
}
