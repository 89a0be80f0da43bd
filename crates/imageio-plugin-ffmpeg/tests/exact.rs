//! Frames are those that the ffmpeg program prints, bit for bit, in whichever order they are asked for.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{ErrorKind, Index, NdImage, ReadOptions, Reader, Registry, v3 as iio};
use imageio_plugin_ffmpeg::DESCRIPTOR;
use imageio_testkit::videos::Folder;

fn options() -> ReadOptions {
    static EMPTY: Registry = Registry::empty();
    ReadOptions::new().registry(&EMPTY).plugin(&DESCRIPTOR)
}

fn has_ffmpeg() -> bool {
    imageio_testkit::programs::have(&["ffmpeg", "ffprobe"])
}

/// What ffmpeg itself prints for a file.
fn printed(path: &Path, format: &str) -> Vec<u8> {
    let help = Command::new("ffmpeg").args(["-hide_banner", "-h", "long"]).output().unwrap().stdout;
    let sync = match String::from_utf8_lossy(&help).contains("fps_mode") {
        true => "-fps_mode",
        false => "-vsync",
    };
    let output = Command::new("ffmpeg")
        .args(["-v", "quiet", "-nostdin", "-noautorotate", "-i"])
        .arg(path)
        .args([sync, "passthrough", "-f", "rawvideo", "-pix_fmt", format, "-"])
        .output()
        .unwrap();
    output.stdout
}

const SOURCE: &str = "-f lavfi -i testsrc2=s=96x64:r=25:d=2";

/// What there is of containers, codecs and ways to order frames.
fn videos(folder: &Folder) -> Vec<PathBuf> {
    let x264 = "-c:v libx264 -preset veryfast -bf 3 -g 12";
    let rows = [
        ("b_frames.mp4", format!("{SOURCE} {x264}")),
        ("b_frames.mkv", format!("{SOURCE} {x264}")),
        ("open_gop.mp4", format!("{SOURCE} {x264} -x264-params open-gop=1")),
        ("open_gop.ts", format!("{SOURCE} {x264} -x264-params open-gop=1")),
        ("refresh.mp4", format!("{SOURCE} -c:v libx264 -bf 0 -x264-params intra-refresh=1:keyint=12")),
        ("slow.mp4", format!("-f lavfi -i testsrc2=s=96x64:r=1:d=40 {x264}")),
        ("odd.mp4", "-f lavfi -i testsrc2=s=63x45:r=25:d=1 -pix_fmt yuv444p -c:v libx264".to_owned()),
        ("raw.h264", format!("{SOURCE} {x264}")),
        ("in.avi", format!("{SOURCE} {x264}")),
        ("hevc.mp4", format!("{SOURCE} -c:v libx265 -x265-params log-level=none:keyint=12")),
        ("hevc_open.mkv", format!("{SOURCE} -c:v libx265 -x265-params log-level=none:keyint=12:open-gop=1")),
        ("vp8.webm", format!("{SOURCE} -c:v libvpx -auto-alt-ref 1 -lag-in-frames 10 -g 12")),
        ("vp9_alpha.webm", format!("{SOURCE} -vf format=yuva420p,fade=alpha=1:d=2 -c:v libvpx-vp9 -g 12")),
        (
            "vp9_vfr.webm",
            format!("{SOURCE} -vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr -c:v libvpx-vp9 -g 6"),
        ),
        ("vfr.mp4", format!("{SOURCE} -vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr {x264}")),
        ("av1.mkv", "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -c:v libaom-av1 -cpu-used 8 -g 10".to_owned()),
        ("prores4444.mov", format!("{SOURCE} -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444")),
        ("ffv1_16.mkv", format!("{SOURCE} -pix_fmt yuv444p16le -c:v ffv1")),
        ("gray16.mkv", format!("{SOURCE} -pix_fmt gray16le -c:v ffv1")),
        ("mjpeg.avi", format!("{SOURCE} -c:v mjpeg")),
        ("mpeg2.ts", format!("{SOURCE} -c:v mpeg2video -bf 2 -g 12")),
        ("mpeg2.mpg", format!("{SOURCE} -c:v mpeg2video -bf 2 -g 12")),
        ("mpeg4.avi", format!("{SOURCE} -c:v mpeg4 -bf 2 -g 12")),
        ("wmv2.wmv", format!("{SOURCE} -c:v wmv2")),
        ("flv1.flv", format!("{SOURCE} -c:v flv")),
        ("theora.ogv", format!("{SOURCE} -c:v libtheora")),
        ("anim.gif", SOURCE.to_owned()),
        ("plain.y4m", SOURCE.to_owned()),
        ("interlaced.ts", format!("{SOURCE} {x264} -flags +ildct+ilme -x264opts tff=1")),
        ("mono.avi", format!("{SOURCE} -pix_fmt monow -c:v rawvideo")),
    ];
    let mut made: Vec<PathBuf> = rows.iter().filter_map(|(name, how)| folder.make(name, how)).collect();
    made.extend(folder.make("edited.mp4", "-ss 0.9 -i b_frames.mp4 -c copy"));
    made.extend(folder.make("rotated.mov", "-i b_frames.mp4 -c copy -metadata:s:v rotate=90"));
    made
}

fn bytes(image: &NdImage) -> Vec<u8> {
    image.as_bytes().unwrap().to_vec()
}

/// Options under which nothing but ffmpeg's own conversion is at work. It is what the default does as well, but for
/// videos of more than 8 bits that say where their samples of colour lie.
fn plain() -> ReadOptions {
    options().set("chroma", "ffmpeg")
}

fn is_deep(path: &Path) -> bool {
    path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.contains("10bit") || n.contains("_pq"))
}

/// Checks one file; gives the number of its frames.
fn check(path: &Path) -> usize {
    let name = path.display();
    let expected = printed(path, "rgb24");
    let options = if is_deep(path) { plain } else { options };
    let mut reader = Reader::open_with(path, &options()).unwrap();
    let props = reader.properties(0).unwrap();
    let size: usize = props.shape.iter().product();
    assert!(!expected.is_empty() && expected.len() % size == 0, "{name}: {:?}, {}", props.shape, expected.len());
    let frames: Vec<&[u8]> = expected.chunks(size).collect();
    let n = frames.len();
    let iterated: Vec<NdImage> = reader.frames().collect::<Result<_, _>>().unwrap();
    assert_eq!(iterated.len(), n, "{name}");
    for (k, image) in iterated.iter().enumerate() {
        assert!(bytes(image) == frames[k], "{name}: frame {k} is not the one that ffmpeg prints");
    }
    if let Some(count) = reader.count().unwrap() {
        assert_eq!(count, n, "{name}");
    }
    let exact = Reader::open_with(path, &options().set("count", "exact")).unwrap().count().unwrap();
    assert_eq!(exact, Some(n), "{name}");
    let all = reader.read(Index::All).unwrap();
    assert!(all.shape()[0] == n && bytes(&all) == expected, "{name}: the stack differs");
    // A new reader, so that nothing is known; far apart, back and forth, neighbours, the last one.
    let mut reader = Reader::open_with(path, &options()).unwrap();
    let mut order = vec![n / 2, n - 1, 0, n / 3, n / 3 + 1, n * 3 / 4, 1, n.saturating_sub(2)];
    order.extend((0..n).rev().step_by(9));
    for k in order.into_iter().map(|k| k.min(n - 1)) {
        let image = reader.read(k).unwrap();
        if bytes(&image) != frames[k] {
            let at = frames.iter().position(|f| *f == bytes(&image));
            panic!("{name}: frame {k} of {n} is another one: {at:?}");
        }
    }
    assert_eq!(reader.read(n).unwrap_err().kind(), ErrorKind::IndexOutOfRange, "{name}");
    n
}

#[test]
fn every_kind_of_video() {
    if !has_ffmpeg() {
        return;
    }
    let folder = Folder::new();
    let videos = videos(&folder);
    let (first, second) = videos.split_at(videos.len() / 2);
    let frames: usize = std::thread::scope(|scope| {
        let workers = [first, second].map(|part| scope.spawn(move || part.iter().map(|p| check(p)).sum::<usize>()));
        workers.into_iter().map(|w| w.join().unwrap()).sum()
    });
    println!("{} videos, {frames} frames", videos.len());
    assert!(videos.len() >= 20, "only {} videos could be made", videos.len());
}

/// Every frame by its index, from the last to the first, so that none of them comes by iterating.
#[test]
fn every_frame_of_every_kind_by_its_index() {
    if !has_ffmpeg() {
        return;
    }
    let folder = Folder::new();
    let source = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.6";
    let x264 = "-c:v libx264 -preset veryfast -bf 3 -g 8";
    let rows = [
        ("b_frames.mp4", format!("{source} {x264}")),
        ("open_gop.mp4", format!("{source} {x264} -x264-params open-gop=1")),
        ("hevc.mp4", format!("{source} -c:v libx265 -x265-params log-level=none:keyint=8")),
        ("hevc_open.mov", format!("{source} -c:v libx265 -tag:v hvc1 -x265-params log-level=none:keyint=8:open-gop=1")),
        ("vp9_alpha.webm", format!("{source} -vf format=yuva420p,fade=alpha=1:d=2 -c:v libvpx-vp9 -g 8")),
        ("vp9.mp4", format!("{source} -c:v libvpx-vp9 -g 8")),
        ("av1.mp4", format!("{source} -c:v libaom-av1 -cpu-used 8 -g 8")),
        ("prores4444.mov", format!("{source} -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444")),
        ("ffv1_16.mkv", format!("{source} -pix_fmt yuv444p16le -c:v ffv1")),
        ("mjpeg.avi", format!("{source} -c:v mjpeg")),
        ("mpeg2.ts", format!("{source} -c:v mpeg2video -bf 2 -g 8")),
        ("anim.gif", source.to_owned()),
        ("vfr.webm", format!("{source} -vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr -c:v libvpx-vp9 -g 4")),
        ("vfr.mp4", format!("{source} -vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr {x264}")),
        ("rotated.mov", "-i b_frames.mp4 -c copy -metadata:s:v rotate=90".to_owned()),
        ("edited.mp4", "-ss 0.3 -i b_frames.mp4 -c copy".to_owned()),
        ("plain.y4m", source.to_owned()),
    ];
    let (mut videos, mut n) = (0, 0);
    for (name, how) in &rows {
        let Some(path) = folder.make(name, how) else { continue };
        let options = if is_deep(&path) { plain } else { options };
        let frames: Vec<NdImage> = iio::imiter_with(&path, &options()).unwrap().map(Result::unwrap).collect();
        let printed = printed(&path, "rgb24");
        let mut reader = Reader::open_with(&path, &options()).unwrap();
        for (k, frame) in frames.iter().enumerate().rev() {
            let came = bytes(&reader.read(k).unwrap());
            assert!(came == bytes(frame), "{name}: frame {k} by index is not the one that iterating gives");
            assert!(came == printed[k * came.len()..][..came.len()], "{name}: frame {k} is not the one of ffmpeg");
        }
        (videos, n) = (videos + 1, n + frames.len());
    }
    println!("{videos} videos, {n} frames");
    assert!(videos >= 12 && n >= 120, "{videos} videos, {n} frames");
}

#[test]
fn the_corpus() {
    let Some(folder) = std::env::var_os("IMAGEIO_CORPUS").map(PathBuf::from).filter(|_| has_ffmpeg()) else {
        println!("skipped: no IMAGEIO_CORPUS");
        return;
    };
    let mut n = 0;
    for entry in std::fs::read_dir(folder.join("open/video")).unwrap() {
        let path = entry.unwrap().path();
        let is_video =
            path.extension().and_then(|e| e.to_str()).is_some_and(|e| DESCRIPTOR.extension_list().contains(&e));
        if is_video {
            check(&path);
            n += 1;
        }
    }
    println!("{n} videos");
    assert!(n >= 15, "{n}");
}

#[test]
fn samples_of_colour_lie_where_the_video_says() {
    if !has_ffmpeg() {
        return;
    }
    let folder = Folder::new();
    let x264 = "-frames:v 3 -pix_fmt yuv420p10le -c:v libx264 -x264-params chromaloc=0";
    let Some(path) = folder.make("deep_10bit.mp4", &format!("{SOURCE} {x264}")) else { return };
    check(&path);
    let run = Command::new("ffmpeg")
        .args(["-v", "quiet", "-nostdin", "-i"])
        .arg(&path)
        .args(["-vf", "scale=in_h_chr_pos=0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    let sited = iio::imread_with(&path, &options()).unwrap();
    assert!(bytes(&sited) == run.stdout);
    assert!(bytes(&sited) != printed(&path, "rgb24"));
}

#[test]
fn the_default_is_everything() {
    if !has_ffmpeg() {
        return;
    }
    let folder = Folder::new();
    let path = folder.make("a.mkv", &format!("{SOURCE} -c:v ffv1")).unwrap();
    let all = iio::imread_with(&path, &options()).unwrap();
    assert_eq!(all.shape(), [50, 64, 96, 3]);
    let props = iio::improps_with(&path, &options()).unwrap();
    assert!(props.is_batch && props.shape == all.shape() && props.n_images == Some(50));
}

/// Of a stream that begins between key frames some packets give no frame, so that frames are counted.
#[test]
fn streams_that_begin_in_the_middle() {
    if !has_ffmpeg() {
        return;
    }
    let folder = Folder::new();
    let source = "-f lavfi -i testsrc2=s=64x48:r=25:d=2";
    let mut shifted = 0;
    for (name, how) in [
        ("a.ts", "-c:v libx264 -preset veryfast -bf 2 -g 12 -x264-params open-gop=1:b-adapt=0"),
        ("b.ts", "-c:v mpeg2video -bf 2 -g 12"),
    ] {
        let whole = std::fs::read(folder.made(name, &format!("{source} {how}"))).unwrap();
        let path = folder.path(&format!("cut_{name}"));
        std::fs::write(&path, &whole[whole.len() / 5 / 188 * 188..]).unwrap();
        let frames: Vec<NdImage> = iio::imiter_with(&path, &options()).unwrap().map_while(Result::ok).collect();
        assert!(frames.len() > 10, "{name}: {}", frames.len());
        for k in [1, frames.len() / 2, frames.len() - 1] {
            let frame = Reader::open_with(&path, &options()).unwrap().read(k).unwrap();
            let at = frames.iter().position(|other| *other == frame);
            assert_eq!(at, Some(k), "{name}: of {}", frames.len());
        }
        let exact = Reader::open_with(&path, &options().set("count", "exact")).unwrap().count().unwrap();
        assert_eq!(exact, Some(frames.len()), "{name}");
        shifted += usize::from(Reader::open_with(&path, &options()).unwrap().count().unwrap() != exact);
    }
    assert!(shifted > 0, "every packet gave a frame");
}
