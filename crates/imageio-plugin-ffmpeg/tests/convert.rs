//! Frames that are converted here are those that ffmpeg converts, bit for bit.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Folder, decoded, ready};
use imageio_core::{Index, NdImage, ReadOptions, Reader, v3 as iio};
use imageio_plugin_ffmpeg as ffmpeg;
use imageio_plugin_ffmpeg::{Conversion, DESCRIPTOR};

fn options(convert: Conversion) -> ReadOptions {
    ReadOptions::new().plugin(&DESCRIPTOR).with(ffmpeg::ReadOptions::new().convert(convert))
}

/// Makes a video; `None`, and a word about it, if this ffmpeg can't.
fn make(folder: &Folder, name: &str, arguments: &str) -> Option<PathBuf> {
    let path = folder.path(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-nostdin"]).args(arguments.split_whitespace()).arg(&path);
    let done = command.current_dir(path.parent().unwrap()).output().unwrap();
    if !done.status.success() {
        println!("skipped {name}: {}", String::from_utf8_lossy(&done.stderr));
    }
    done.status.success().then_some(path)
}

fn bytes(image: &NdImage) -> Vec<u8> {
    image.as_bytes().unwrap().to_vec()
}

/// Whether a child of this process prints planes for conversion.
fn sends_planes(path: &Path) -> Option<bool> {
    let name = format!("file:{}", path.display());
    let mut found = None;
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let line = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        if line.split('\0').any(|argument| argument == name) {
            found = Some(line.contains("showinfo"));
        }
    }
    found
}

/// Checks a file in every order; gives the number of its frames.
fn check(path: &Path, planes: bool) -> usize {
    let name = path.display();
    let expected = decoded(path, "rgb24");
    let mut reader = Reader::open_with(path, &options(Conversion::Own)).unwrap();
    let size: usize = reader.properties(0).unwrap().shape.iter().product();
    let frames: Vec<&[u8]> = expected.chunks(size).collect();
    for (k, image) in reader.frames().enumerate() {
        if k == 0 && imageio_yuv::Converter::is_fast() {
            // A short one may have ended already.
            assert!(sends_planes(path).is_none_or(|is| is == planes), "{name}: who converts?");
        }
        assert!(bytes(&image.unwrap()) == frames[k], "{name}: frame {k}");
    }
    assert!(bytes(&reader.read(Index::All).unwrap()) == expected, "{name}: all at once");
    for k in [frames.len() - 1, 3, 4, frames.len() / 2, 0] {
        assert!(bytes(&reader.read(k).unwrap()) == frames[k], "{name}: frame {k} by itself");
    }
    let mut view = imageio_core::ndarray::Array3::<u8>::zeros(
        <[usize; 3]>::try_from(reader.properties(2).unwrap().shape).map(|[h, w, c]| (h, w, c)).unwrap(),
    );
    reader.read_into(2, &mut view).unwrap();
    assert!(view.as_slice().unwrap() == frames[2], "{name}: into memory");
    frames.len()
}

#[test]
fn every_size_and_kind() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let mut n = 0;
    for (w, h) in [(64, 48), (70, 46), (126, 34), (426, 240)] {
        for (format, more) in [
            ("yuv420p", ""),
            ("yuv420p", "-colorspace bt709 -color_range tv"),
            ("yuv420p", "-colorspace bt2020nc"),
            ("yuv420p", "-colorspace smpte170m -color_range pc"),
            ("yuvj420p", "-colorspace bt470bg"),
            ("yuv422p", "-colorspace bt709"),
        ] {
            let source = format!("-f lavfi -i testsrc2=s={w}x{h}:r=25:d=0.4,noise=alls=40:allf=t");
            let name = format!("{w}x{h}_{n}.mkv");
            let how = format!("{source} -pix_fmt {format} {more} -c:v libx264 -preset ultrafast -g 5");
            let Some(path) = make(&folder, &name, &how) else { continue };
            assert_eq!(check(&path, true), 10);
            n += 1;
        }
    }
    println!("{n} videos");
    assert!(n >= 20, "{n}");
}

#[test]
fn what_ffmpeg_has_to_convert() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let mut n = 0;
    for (name, how) in [
        ("odd_height.mkv", "-f lavfi -i testsrc=s=64x47:d=1 -pix_fmt yuv420p -c:v ffv1"),
        ("yuv444p.mkv", "-f lavfi -i testsrc2=s=64x48:d=1 -pix_fmt yuv444p -c:v ffv1"),
        ("deep.mkv", "-f lavfi -i testsrc2=s=64x48:d=1 -pix_fmt yuv420p10le -c:v ffv1"),
        ("other_matrix.mkv", "-f lavfi -i testsrc2=s=64x48:d=1 -pix_fmt yuv420p -colorspace smpte240m -c:v libx264"),
    ] {
        let Some(path) = make(&folder, name, how) else { continue };
        if name == "deep.mkv" {
            let mut reader = Reader::open_with(&path, &options(Conversion::Own)).unwrap();
            assert!(reader.frames().all(|frame| frame.is_ok()) && sends_planes(&path).is_none_or(|is| !is));
        } else {
            check(&path, false);
        }
        n += 1;
    }
    assert!(n >= 3, "{n}");
}

/// A video whose meaning changes in the middle, though its size does not: the conversion follows.
#[test]
fn looks_that_change() {
    if !ready() {
        return;
    }
    let folder = Folder::new();
    let part = |name: &str, how: &str| {
        let source = "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -c:v libx264 -bf 0 -g 10 -f h264";
        make(&folder, name, &format!("{source} {how}")).map(|path| std::fs::read(path).unwrap())
    };
    let parts = [
        part("a.h264", "-pix_fmt yuv420p -colorspace bt709"),
        part("b.h264", "-pix_fmt yuv420p -colorspace smpte170m"),
        part("c.h264", "-pix_fmt yuv420p -colorspace smpte170m -color_range pc"),
        part("d.h264", "-pix_fmt yuv420p -colorspace smpte240m"),
        part("e.h264", "-pix_fmt yuv444p -colorspace bt709"),
    ];
    let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() else { return };
    for (name, order) in
        [("abc", &[0, 1, 2][..]), ("ba", &[1, 0]), ("adb", &[0, 3, 1]), ("ae", &[0, 4]), ("ea", &[4, 0])]
    {
        let path = folder.path(&format!("{name}.h264"));
        std::fs::write(&path, order.iter().flat_map(|k| parts[*k].iter().copied()).collect::<Vec<u8>>()).unwrap();
        let expected = decoded(&path, "rgb24");
        let all = iio::imread_with(&path, &options(Conversion::Own).index(Index::All));
        let mut came = Vec::new();
        for frame in iio::imiter_with(&path, &options(Conversion::Own)).unwrap() {
            came.extend(bytes(&frame.unwrap()));
        }
        assert_eq!(came.len(), expected.len(), "{name}: number of bytes");
        let differ = came.chunks(96 * 64 * 3).zip(expected.chunks(96 * 64 * 3)).position(|(a, b)| a != b);
        assert_eq!(differ, None, "{name}: the first frame that differs");
        assert!(bytes(&all.unwrap()) == expected, "{name}");
    }
}
