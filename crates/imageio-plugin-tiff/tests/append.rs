//! Images are added to files of every container, byte order and layout; what was there stays, here and for tifffile.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was checked is said in the output")]

use std::path::Path;
use std::process::Command;

use imageio_core::{Dtype, ErrorKind, NdImage, Reader, Value, WriteOptions, v3};
use imageio_plugin_tiff::{TiffReader, register};
use imageio_testkit::{digest::sha256, samples};

type Settings<'a> = &'a [(&'static str, &'static str)];

fn options(settings: &[Settings<'_>]) -> WriteOptions {
    let all = settings.iter().flat_map(|s| s.iter());
    all.fold(WriteOptions::new(), |o, (name, value)| o.set(*name, Value::parse(value)))
}

const SCRIPT: &str = "
import hashlib, sys, numpy as np, tifffile
bad = []
for line in open(sys.argv[1]):
    path, order, big, *digests = line.split()
    with tifffile.TiffFile(path) as t:
        found = [hashlib.sha256(np.ascontiguousarray(a.astype(a.dtype.newbyteorder('<'))).tobytes()).hexdigest()
                 for a in (s.asarray() for s in t.series)]
        levels = [len(s.levels) for s in t.series]
        if found != digests or t.is_bigtiff != (big == 'always') or t.byteorder != {'little': '<', 'big': '>'}[order]:
            bad.append(path)
        elif 'pyramid' in path and 3 not in levels:
            bad.append(f'{path}: {levels}')
print(bad)
sys.exit(bool(bad))
";

#[test]
fn what_was_there_stays() {
    register();
    let folder = std::env::temp_dir().join(format!("imageio-tiff-add-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let picture = |dtype, shape: &[usize]| samples::picture(dtype, shape);
    let bases: [(&str, Vec<NdImage>, Settings<'_>); 6] = [
        ("stack", vec![picture(Dtype::U16, &[3, 20, 30])], &[]),
        ("plain", vec![picture(Dtype::U16, &[21, 30])], &[("shaped", "false")]),
        ("odd", vec![picture(Dtype::U8, &[3, 3])], &[("shaped", "false"), ("compression", "packbits")]),
        ("several", vec![picture(Dtype::U8, &[20, 30, 3]), picture(Dtype::F64, &[9])], &[]),
        ("pyramid", vec![picture(Dtype::U8, &[64, 80])], &[("pyramid", "2"), ("tile", "[16, 16]")]),
        ("bits", vec![picture(Dtype::Bool, &[2, 17, 19])], &[("tile", "[16, 16]")]),
    ];
    let added: [(NdImage, Settings<'_>); 4] = [
        (picture(Dtype::U8, &[22, 31]), &[]),
        (
            picture(Dtype::U16, &[4, 24, 35]),
            &[("compression", "lzw"), ("predictor", "horizontal"), ("tile", "[16, 32]")],
        ),
        (picture(Dtype::F32, &[70, 90, 3]), &[("pyramid", "2"), ("compression", "deflate")]),
        (picture(Dtype::C64, &[3, 18, 25]), &[("planar", "true")]),
    ];
    let (mut list, mut count) = (String::new(), 0);
    for (name, images, settings) in &bases {
        for order in ["little", "big"] {
            for big in ["never", "always"] {
                let path = folder.join(format!("{name}-{order}-{big}.tif"));
                let first = options(&[settings]).set("byteorder", order).set("bigtiff", big);
                v3::imwrite_with(&path, images, &first).unwrap();
                let mut expected: Vec<String> = images.iter().map(sha256).collect();
                for (image, settings) in &added {
                    v3::imwrite_with(&path, image, &options(&[settings, &[("append", "true")]])).unwrap();
                    expected.push(sha256(image));
                    let mut reader = Reader::open(&path).unwrap();
                    let found: Vec<String> = (0..expected.len()).map(|k| sha256(&reader.read(k).unwrap())).collect();
                    assert_eq!(found, expected, "{}", path.display());
                    assert_eq!(reader.count().unwrap(), Some(expected.len()), "{}", path.display());
                    count += 1;
                }
                let line = format!("{} {order} {big} {}\n", path.display(), expected.join(" "));
                list.push_str(&line);
            }
        }
    }
    println!("{count} images added");
    assert_eq!(count, 6 * 2 * 2 * 4);
    judge(&folder, &list);
    std::fs::remove_dir_all(folder).unwrap();
}

fn judge(folder: &Path, list: &str) {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return;
    };
    let path = folder.join("list.txt");
    std::fs::write(&path, list).unwrap();
    let output = Command::new(python).args(["-c", SCRIPT]).arg(path).output().unwrap();
    let said = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

/// Pages of one layout without a description are one array, so that what is added to it is its next page.
#[test]
fn a_page_of_the_same_layout_joins_its_series() {
    register();
    let path = std::env::temp_dir().join(format!("imageio-tiff-join-{}.tif", std::process::id()));
    let page = samples::picture(Dtype::U8, &[9, 11]);
    for k in 0..3 {
        v3::imwrite_with(&path, &page, &options(&[&[("shaped", "false"), ("append", "true")]])).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        let tiff = reader.downcast_mut::<TiffReader>().unwrap();
        assert_eq!((tiff.n_series().unwrap(), tiff.n_pages().unwrap()), (1, k + 1));
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn imagej_and_ome_are_written_anew() {
    register();
    for (name, setting) in [("imagej", "imagej"), ("ome", "ome")] {
        let path = std::env::temp_dir().join(format!("imageio-tiff-whole-{name}-{}.tif", std::process::id()));
        let stack = samples::picture(Dtype::U16, &[3, 9, 11]);
        v3::imwrite_with(&path, &stack, &options(&[&[(setting, "true")]])).unwrap();
        let before = std::fs::read(&path).unwrap();
        let error = v3::imwrite_with(&path, &stack, &options(&[&[("append", "true")]])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("write them together")), "{error}");
        assert!(std::fs::read(&path).unwrap() == before);
        std::fs::remove_file(path).unwrap();
    }
}
