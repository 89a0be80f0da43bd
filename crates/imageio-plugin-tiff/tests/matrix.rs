//! What is written reads back equal, here and with other programs: dtypes, layouts, compressions, predictors, byte
//! orders and containers, each with each.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was checked is said in the output")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{Dtype, ErrorKind, NdImage, Value, WriteOptions, v3};
use imageio_plugin_tiff as _;
use imageio_testkit::{digest::sha256, samples};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("imageio-tiff-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

type Settings<'a> = &'a [(&'static str, &'static str)];

fn options(settings: &[Settings<'_>]) -> WriteOptions {
    let mut options = WriteOptions::new();
    for (name, value) in settings.iter().flat_map(|s| s.iter()) {
        options = options.set(*name, Value::parse(value));
    }
    options
}

/// What others are asked to read, and how they were told to look at it.
#[derive(Default)]
struct List(String, usize);

impl List {
    fn add(&mut self, path: &Path, image: &NdImage, words: &str) {
        let shape: Vec<String> = image.shape().iter().map(usize::to_string).collect();
        let (hash, dtype) = (sha256(image), image.dtype());
        writeln!(self.0, "{}\t{hash}\t{}\t{dtype}\t{words}", path.display(), shape.join("x")).unwrap();
        self.1 += 1;
    }

    /// Every file by every other reader.
    fn judge(&self, folder: &Folder) {
        let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
            eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
            return;
        };
        let list = folder.0.join("list.txt");
        std::fs::write(&list, &self.0).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/read_back.py");
        let output = Command::new(python).arg(script).arg(&list).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{} files; {said}", self.1);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn everything_with_everything() {
    let folder = Folder::new("matrix");
    let mut list = List::default();
    let shapes: [(&[usize], Settings<'_>, &str); 5] = [
        (&[21, 27], &[], "gray"),
        (&[21, 27, 3], &[], "rgb"),
        (&[21, 27, 4], &[], "rgba"),
        (&[3, 21, 27], &[], "stack"),
        (&[3, 21, 27], &[("planar", "true")], "planar"),
    ];
    let layouts: [(Settings<'_>, &str); 3] =
        [(&[], ""), (&[("rows_per_strip", "8")], ""), (&[("tile", "[16, 16]")], "tile=1")];
    let mut compressions: Vec<(Settings<'_>, bool)> = vec![
        (&[], false),
        (&[("compression", "packbits")], false),
        (&[("compression", "lzw")], false),
        (&[("compression", "lzw"), ("predictor", "true")], true),
        (&[("compression", "deflate")], false),
        (&[("compression", "deflate"), ("predictor", "true")], true),
        (&[("compression", "zstd")], false),
        (&[("compression", "zstd"), ("predictor", "true")], true),
    ];
    // Libraries of the system may have been built without it.
    const LZMA: usize = 8;
    if cfg!(feature = "lzma-write") {
        compressions.push((&[("compression", "lzma")], false));
        compressions.push((&[("compression", "lzma"), ("predictor", "true")], true));
    }
    let mut own = 0;
    for dtype in Dtype::ALL {
        for (n, (shape, shape_settings, name)) in shapes.iter().enumerate() {
            let image = samples::picture(dtype, shape);
            for (l, (layout, layout_words)) in layouts.iter().enumerate() {
                for (c, (compression, differences)) in compressions.iter().enumerate() {
                    for (b, byteorder) in ["little", "big"].into_iter().enumerate() {
                        for (g, bigtiff) in ["never", "always"].into_iter().enumerate() {
                            let mut with = options(&[shape_settings, layout, compression])
                                .set("byteorder", byteorder)
                                .set("bigtiff", bigtiff);
                            if *differences && dtype.is_float() {
                                with = with.set("predictor", "float");
                            }
                            let path = folder.0.join(format!("{dtype}-{n}-{l}-{c}-{b}-{g}.tif"));
                            match v3::imwrite_with(&path, &image, &with) {
                                Ok(_) => {}
                                Err(e) if e.kind() == ErrorKind::Mismatch && *differences => continue,
                                Err(e) => panic!("{}: {e}", path.display()),
                            }
                            assert!(v3::imread(&path).unwrap() == image, "{}", path.display());
                            own += 1;
                            // Other programs are slower; each pair of settings meets among what they are given.
                            let sample = (n + l + c + b + g) % 3 == 0 || (b + g == 0 && l == 0);
                            if !sample {
                                std::fs::remove_file(&path).unwrap();
                                continue;
                            }
                            let mut words = (*layout_words).to_owned();
                            let zstd = c == 6 || c == 7;
                            let simple = matches!(dtype, Dtype::U8) && *name != "planar"
                                || matches!(dtype, Dtype::U16 | Dtype::I32 | Dtype::F32) && *name == "gray";
                            // Pillow does not know big-endian BigTIFF, nor all kinds of uncompressed samples, and takes
                            // compressed 32-bit samples of big-endian files for little-endian ones.
                            let swapped = b == 1 && c > 0 && dtype.size() == 4;
                            if simple && !zstd && c < LZMA && !(dtype == Dtype::I32 && c == 0) && b + g < 2 && !swapped
                            {
                                words.push_str(" pillow=1");
                            }
                            let common = matches!(dtype, Dtype::U8 | Dtype::U16 | Dtype::F32);
                            if common && matches!(*name, "gray" | "rgb") && !zstd && c < LZMA {
                                words.push_str(" oiio=1");
                            }
                            if !zstd && c < LZMA && !dtype.is_complex() && dtype != Dtype::F16 {
                                words.push_str(" libtiff=1");
                                let plain = folder.0.join(format!("{dtype}-{n}-0-0-{b}-{g}.tif"));
                                if c > 0 && plain.exists() && dtype.size() <= 4 {
                                    let _ = write!(words, " plain={}", plain.display());
                                }
                            }
                            // tifffile does not map complex128, not even what it wrote itself.
                            if c == 0 && l == 0 && !matches!(dtype, Dtype::Bool | Dtype::C128) {
                                words.push_str(" contiguous=1");
                            }
                            list.add(&path, &image, words.trim());
                        }
                    }
                }
            }
        }
    }
    println!("{own} files read back here");
    assert!(own > 5000, "{own}");
    list.judge(&folder);
}

#[test]
fn descriptions_are_understood() {
    let folder = Folder::new("described");
    let mut list = List::default();
    let mut add = |name: &str, dtype: Dtype, shape: &[usize], settings: Settings<'_>, words: &str| {
        let image = samples::picture(dtype, shape);
        let path = folder.0.join(name);
        v3::imwrite_with(&path, &image, &options(&[settings])).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(v3::imread(&path).unwrap() == image, "{name}");
        list.add(&path, &image, words);
    };
    add("ij1.tif", Dtype::U16, &[4, 3, 2, 17, 19], &[("imagej", "true")], "kind=imagej axes=TZCYX contiguous=1");
    add(
        "ij2.tif",
        Dtype::F32,
        &[5, 17, 19],
        &[("imagej", "true"), ("axes", "ZYX")],
        "kind=imagej axes=ZYX contiguous=1",
    );
    add("ij3.tif", Dtype::U8, &[5, 17, 19, 3], &[("imagej", "true"), ("axes", "TYXS")], "kind=imagej axes=TYXS");
    add("ij4.tif", Dtype::U8, &[17, 19], &[("imagej", "true"), ("byteorder", "big")], "kind=imagej axes=YX");
    add("ij5.tif", Dtype::U16, &[5, 17, 19], &[("imagej", "true"), ("compression", "deflate")], "kind=imagej axes=CYX");
    add("o1.ome.tif", Dtype::U16, &[4, 3, 2, 17, 19], &[], "kind=ome axes=TZCYX");
    add("o2.ome.tif", Dtype::F32, &[4, 3, 17, 19], &[("axes", "CTYX"), ("compression", "lzw")], "kind=ome axes=CTYX");
    add("o3.ome.tif", Dtype::U8, &[4, 17, 19, 3], &[("axes", "ZYXS"), ("tile", "[16, 16]")], "kind=ome axes=ZYXS");
    add("o4.tif", Dtype::U8, &[3, 17, 19], &[("ome", "true"), ("axes", "SYX")], "kind=ome axes=SYX");
    add("o5.ome.tif", Dtype::Bool, &[2, 17, 19], &[("bigtiff", "always")], "kind=ome axes=CYX");
    add("o6.ome.tif", Dtype::C64, &[17, 19], &[("byteorder", "big")], "kind=ome axes=YX");
    add(
        "o7.ome.tif",
        Dtype::U8,
        &[2, 3, 70, 90],
        &[("pyramid", "2"), ("tile", "[16, 16]")],
        "kind=ome axes=ZCYX levels=3",
    );
    add(
        "p1.tif",
        Dtype::U16,
        &[300, 500],
        &[("pyramid", "3"), ("compression", "deflate"), ("predictor", "true")],
        "kind=shaped levels=4",
    );
    add("p2.tif", Dtype::U8, &[200, 300, 3], &[("pyramid", "2")], "kind=shaped levels=3");
    add(
        "p3.tif",
        Dtype::F32,
        &[3, 100, 60],
        &[("pyramid", "1"), ("tile", "[32, 32]"), ("bigtiff", "always")],
        "kind=shaped levels=2",
    );
    add("o8.ome.tif", Dtype::U64, &[17, 19], &[], "kind=shaped");
    list.judge(&folder);
}
