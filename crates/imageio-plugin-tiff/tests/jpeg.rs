//! JPEG in TIFF as it is written here: read back, and read by others.
#![cfg(feature = "jpeg")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was checked is said in the output")]

use std::fmt::Write as _;
use std::process::Command;

use imageio_core::ndarray::Array3;
use imageio_core::{Dtype, ErrorKind, NdImage, Registry, Value, WriteOptions, v3};
use imageio_plugin_tiff as _;

/// Smooth colours, whose chroma may well be halved.
fn picture(shape: &[usize]) -> NdImage {
    let n: usize = shape.iter().product();
    let (channels, width) = match *shape {
        [.., w, c @ 3] => (c, w),
        [.., w] => (1, w),
        [] => (1, 1),
    };
    let value = |k: usize| {
        let (pixel, c) = (k / channels, (k % channels) as f64);
        let (y, x) = ((pixel / width) as f64, (pixel % width) as f64);
        (128.0 + 60.0 * (x / 17.0 + c).sin() + 60.0 * (y / 23.0 - c).cos()) as u8
    };
    let data: Vec<u8> = (0..n).map(value).collect();
    imageio_core::ndarray::ArrayD::from_shape_vec(shape, data).unwrap().into()
}

/// The codec comes with this plugin, the JPEG format does not.
#[test]
fn no_other_plugin_is_registered() {
    let ids: Vec<&str> = Registry::global().plugins().iter().map(|d| d.id()).collect();
    assert_eq!(ids, ["tiff"]);
}

fn options(settings: &[(&'static str, &str)]) -> WriteOptions {
    let start = WriteOptions::new().set("compression", "jpeg").extension("tif");
    settings.iter().fold(start, |o, (name, value)| o.set(*name, Value::parse(value)))
}

/// Largest difference of two arrays of bytes, and the mean in thousandths.
fn differences(a: &NdImage, b: &NdImage) -> (u8, u64) {
    let (a, b) = (a.as_bytes().unwrap(), b.as_bytes().unwrap());
    let each = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (each().max().unwrap_or(0), each().map(u64::from).sum::<u64>() * 1000 / a.len() as u64)
}

/// Reads each file and compares it with the bytes that were read here.
const SCRIPT: &str = r"
import sys, numpy as np, tifffile, subprocess, shutil
from PIL import Image
try: import cv2
except ImportError: cv2 = None
bad, count = [], 0
for line in open(sys.argv[1]):
    path, shape, plain = line.rstrip('\n').split('\t')
    shape = [int(n) for n in shape.split('x')]
    mine = np.fromfile(path + '.raw', 'u1').reshape(shape).astype(int)
    readers = [('tifffile', tifffile.imread(path))]
    if plain == '1':
        readers.append(('Pillow', np.asarray(Image.open(path))))
        if cv2:
            a = cv2.imread(path, cv2.IMREAD_UNCHANGED)
            readers.append(('OpenCV', a[..., ::-1] if a.ndim == 3 else a))
    for who, a in readers:
        count += 1
        if list(a.shape) != shape:
            bad.append(f'{who} {path} {a.shape}'); continue
        d = np.abs(a.astype(int) - mine)
        if d.max() > 4 or d.mean() > 0.5:
            bad.append(f'{who} {path} {d.max()} {d.mean()}')
    if shutil.which('tiffinfo'):
        said = subprocess.run(['tiffinfo', '-D', path], capture_output=True, text=True).stderr.strip()
        said = '\n'.join(l for l in said.splitlines() if 'Unknown field' not in l and 'Cannot display' not in l)
        if said: bad.append(f'tiffinfo {path} {said}')
print(count, 'readings;', *bad, sep='\n')
sys.exit(bool(bad))
";

#[test]
fn others_see_the_same() {
    let folder = std::env::temp_dir().join(format!("imageio-tiff-jpeg-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let shapes: [(&[usize], bool); 4] =
        [(&[70, 90], true), (&[70, 90, 3], true), (&[3, 70, 90], false), (&[2, 70, 90, 3], false)];
    let settings: [&[(&'static str, &str)]; 9] = [
        &[],
        &[("tile", "[32, 48]")],
        &[("rows_per_strip", "16"), ("byteorder", "big")],
        &[("subsampling", "[1, 1]"), ("quality", "95")],
        &[("subsampling", "[2, 1]"), ("tile", "[64, 64]"), ("bigtiff", "always")],
        &[("subsampling", "[4, 1]"), ("rows_per_strip", "8")],
        &[("photometric", "ycbcr"), ("rows_per_strip", "32")],
        &[("photometric", "rgb"), ("tile", "[16, 32]")],
        &[("pyramid", "1"), ("tile", "[32, 32]"), ("quality", "90")],
    ];
    let (mut list, mut count) = (String::new(), 0);
    for (s, (shape, single)) in shapes.iter().enumerate() {
        let image = picture(shape);
        for (k, how) in settings.iter().enumerate() {
            let gray = shape.last() != Some(&3);
            if gray && how.iter().any(|(name, _)| matches!(*name, "subsampling" | "photometric")) {
                continue;
            }
            let path = folder.join(format!("{s}-{k}.tif"));
            v3::imwrite_with(&path, &image, &options(how)).unwrap_or_else(|e| panic!("{shape:?} {how:?}: {e}"));
            let found = v3::imread(&path).unwrap_or_else(|e| panic!("{shape:?} {how:?}: {e}"));
            assert_eq!((found.shape(), found.dtype()), (*shape, Dtype::U8));
            let (most, mean) = differences(&found, &image);
            assert!(most <= 24 && mean <= 2_500, "{shape:?} {how:?}: {most} at most, {mean} thousandths in the mean");
            assert!(
                std::fs::metadata(&path).unwrap().len() < image.as_bytes().unwrap().len() as u64,
                "{shape:?} {how:?}"
            );
            std::fs::write(format!("{}.raw", path.display()), found.as_bytes().unwrap()).unwrap();
            let words: Vec<String> = shape.iter().map(usize::to_string).collect();
            writeln!(list, "{}\t{}\t{}", path.display(), words.join("x"), u8::from(*single)).unwrap();
            count += 1;
        }
    }
    assert_eq!(count, 2 * 9 + 2 * 4);
    match std::env::var_os("IMAGEIO_PEERS") {
        None => eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers"),
        Some(python) => {
            let path = folder.join("list.txt");
            std::fs::write(&path, list).unwrap();
            let output = Command::new(python).args(["-c", SCRIPT]).arg(path).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            println!("{said}");
            assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn planes_are_streams_of_their_own() {
    let image: NdImage = Array3::from_shape_fn((4, 40, 50), |(c, y, x)| (c * 20 + y + x) as u8).into();
    let bytes =
        v3::imwrite_with("<bytes>", &image, &options(&[("planar", "true"), ("quality", "100")])).unwrap().unwrap();
    let found = v3::imread(bytes).unwrap();
    assert_eq!(found.shape(), [4, 40, 50]);
    assert!(differences(&found, &image).0 <= 2);
}

/// tifffile decodes planes only if each says that it is JFIF.
#[test]
fn planes_are_read_by_others() {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return;
    };
    let script = "import sys, tifffile\n\
                  a = tifffile.imread(sys.argv[1])\n\
                  assert a.shape == (3, 40, 50), a.shape\n\
                  sys.stdout.buffer.write(a.tobytes())";
    let image: NdImage = Array3::from_shape_fn((3, 40, 50), |(c, y, x)| (c * 20 + y + x) as u8).into();
    for layout in [("tile", "[16, 16]"), ("rows_per_strip", "16"), ("photometric", "minisblack")] {
        let path = std::env::temp_dir().join(format!("imageio-tiff-planes-{}-{}.tif", layout.0, std::process::id()));
        v3::imwrite_with(&path, &image, &options(&[("planar", "true"), layout])).unwrap();
        let output = std::process::Command::new(&python).args(["-c", script]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{layout:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, v3::imread(&path).unwrap().as_bytes().unwrap(), "{layout:?}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn quality_costs_bytes() {
    let image = picture(&[200, 200, 3]);
    let size = |quality: &str| {
        let file = v3::imwrite_with("<bytes>", &image, &options(&[("quality", quality)])).unwrap().unwrap();
        assert!(v3::imread(file.clone()).is_ok());
        file.len()
    };
    assert!(size("10") < size("75") && size("75") < size("100"));
}

#[test]
fn what_jpeg_can_not_hold_is_refused() {
    let rows: [(NdImage, &[(&'static str, &str)], &str); 6] = [
        (imageio_core::ndarray::Array2::<u16>::zeros((40, 50)).into(), &[], "uint16"),
        (Array3::<u8>::zeros((40, 50, 4)).into(), &[], "4 samples"),
        (picture(&[40, 50, 3]), &[("rows_per_strip", "12")], "12 rows"),
        (picture(&[40, 50, 3]), &[("subsampling", "[3, 1]")], "subsampling"),
        (picture(&[40, 50, 3]), &[("predictor", "horizontal")], "predictor"),
        (picture(&[40, 50, 3]), &[("photometric", "minisblack")], "rgb or ycbcr"),
    ];
    for (image, how, word) in rows {
        let error = v3::imwrite_with("<bytes>", &image, &options(how)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn colours_of_video_are_not_handed_on() {
    let image = picture(&[40, 50, 3]);
    let first = v3::imwrite_with("<bytes>", &image, &options(&[])).unwrap().unwrap();
    let meta = v3::immeta(first.clone()).unwrap();
    assert_eq!(meta.get("photometric").and_then(|v| v.as_str()), Some("ycbcr"));
    let found = v3::imread(first).unwrap();
    let plain = WriteOptions::new().metadata(&meta).extension("tif");
    let second = v3::imwrite_with("<bytes>", &found, &plain).unwrap().unwrap();
    assert!(v3::imread(second.clone()).unwrap() == found);
    assert!(v3::immeta(second).unwrap().get("tags/ReferenceBlackWhite").is_none());
}
