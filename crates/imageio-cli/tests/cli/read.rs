use imageio::half::f16;
use imageio::ndarray::{Array2, ArrayD, IxDyn, ShapeBuilder, array};
use imageio::{C64, Dtype, NdImage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::run::{Folder, has, imread, run, run_with};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn figures_of_an_image() {
    let image = imread("imageio:test-card.png");
    let bytes = image.as_bytes().unwrap();
    let mean = bytes.iter().map(|v| f64::from(*v)).sum::<f64>() / bytes.len() as f64;
    let json = run(&["read", "imageio:test-card.png", "--json"]).json();
    assert_eq!(json["shape"], json!([240, 320, 3]));
    assert_eq!((&json["dtype"], &json["plugin"]), (&json!("uint8"), &json!("png")));
    assert_eq!((&json["min"], &json["max"]), (&json!(0), &json!(255)));
    assert!((json["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert_eq!(json["sha256"], json!(sha256(bytes)));
    let text = run(&["read", "imageio:test-card.png"]).text();
    assert!(text.contains("shape   [240, 320, 3]\ndtype   uint8\nmin     0\nmax     255\n"), "{text}");
    assert!(text.contains(&sha256(bytes)) && text.contains("plugin  png"), "{text}");
}

#[test]
fn one_image_of_several() {
    if !has("gif") {
        return;
    }
    let shape =
        |index: &str| run(&["read", "imageio:animation.gif", "--index", index, "--json"]).json()["shape"].take();
    assert_eq!(shape("auto"), json!([12, 96, 96, 4]));
    assert_eq!(shape("all"), json!([12, 96, 96, 4]));
    assert_eq!(shape("3"), json!([96, 96, 4]));
    let last = run(&["read", "imageio:animation.gif", "--index", "-1", "--json"]).json();
    let eleventh = run(&["read", "imageio:animation.gif", "-i", "11", "--json"]).json();
    assert_eq!(last, eleventh);
    let failed = run(&["read", "imageio:animation.gif", "--index", "12"]);
    assert!(failed.error(1).contains("12 images (0 to 11)"), "{}", failed.stderr);
}

fn figures(folder: &Folder, array: impl Into<NdImage>) -> (Value, Value, Value) {
    let file = folder.image("x.npy", array.into());
    let mut json = run(&["read", &file, "--json"]).json();
    (json["min"].take(), json["max"].take(), json["mean"].take())
}

#[test]
fn figures_of_every_kind_of_number() {
    let folder = Folder::new("figures");
    let nan = f32::NAN;
    assert_eq!(figures(&folder, array![[1.0f32, nan], [f32::INFINITY, 3.0]]), (json!(1.0), json!(3.0), json!(2.0)));
    assert_eq!(figures(&folder, array![[nan, nan]]), (Value::Null, Value::Null, Value::Null));
    assert_eq!(figures(&folder, Array2::<u8>::zeros((0, 4))), (Value::Null, Value::Null, Value::Null));
    let complex = array![[C64::new(3.0, 4.0), C64::new(0.0, -1.0)]];
    assert_eq!(figures(&folder, complex), (json!(1.0), json!(5.0), json!(3.0)));
    assert_eq!(figures(&folder, array![[-5i8, 4]]), (json!(-5), json!(4), json!(-0.5)));
    let (min, max) = (json!(0), json!(u64::MAX));
    assert_eq!(figures(&folder, array![[0u64, u64::MAX]]), (min, max, json!(u64::MAX as f64 / 2.0)));
    assert_eq!(figures(&folder, array![[true, false, true, true]]), (json!(0), json!(1), json!(0.75)));
    assert_eq!(figures(&folder, array![[f16::from_f32(0.5)]]), (json!(0.5), json!(0.5), json!(0.5)));
}

#[test]
fn arrays_as_npy_files() {
    let folder = Folder::new("npy");
    let out = folder.file("out.npy");
    let shapes: [&[usize]; 4] = [&[3], &[2, 5], &[2, 0, 3], &[2, 3, 4, 1]];
    for dtype in Dtype::ALL {
        for shape in shapes {
            let mut image = NdImage::zeros(dtype, shape).unwrap();
            if let NdImage::U16(a) = &mut image {
                a.iter_mut().enumerate().for_each(|(i, v)| *v = 1000 + i as u16);
            }
            let file = folder.image("in.npy", &image);
            let json = run(&["read", &file, "--json", "--out", &out]).json();
            assert_eq!((&json["shape"], &json["dtype"]), (&json!(shape), &json!(dtype.name())));
            assert_eq!(imread(&out), image);
            assert_eq!(json["sha256"], json!(sha256(image.as_bytes().unwrap())));
            assert_eq!(std::fs::read(&out).unwrap().len() % 64, image.as_bytes().unwrap().len() % 64);
        }
    }
    assert_eq!(folder.names(), ["in.npy", "out.npy"]);
}

#[test]
fn columns_first_is_the_same_array() {
    let folder = Folder::new("order");
    let columns = ArrayD::from_shape_vec(IxDyn(&[2, 3]).f(), vec![0u16, 3, 1, 4, 2, 5]).unwrap();
    let rows = ArrayD::from_shape_vec(IxDyn(&[2, 3]), (0u16..6).collect()).unwrap();
    let file = folder.image("x.npy", &columns);
    let json = run(&["read", &file, "--json", "--out", &folder.file("y.npy")]).json();
    let bytes: Vec<u8> = (0u16..6).flat_map(u16::to_le_bytes).collect();
    assert_eq!(json["sha256"], json!(sha256(&bytes)));
    assert_eq!(imread(&folder.file("y.npy")), NdImage::from(rows));
}

#[test]
fn standard_input() {
    let folder = Folder::new("stdin");
    let file = folder.image("x.png", Array2::<u16>::from_elem((3, 5), 700));
    let bytes = std::fs::read(&file).unwrap();
    let json = run_with(&["read", "-", "--json"], &bytes).json();
    assert_eq!((&json["shape"], &json["max"]), (&json!([3, 5]), &json!(700)));
    let failed = run_with(&["read", "-"], b"no image at all");
    assert!(failed.error(1).starts_with("imageio: <stdin>: "), "{}", failed.stderr);
    assert!(run_with(&["read", "-"], b"").error(1).contains("empty"));
}

#[test]
fn options_and_plugins() {
    let shape = |args: &[&str]| {
        let mut all = vec!["read", "imageio:test-card.png", "--json"];
        all.extend(args);
        run(&all).json()["shape"].take()
    };
    assert_eq!(shape(&["-o", "mode=L"]), json!([240, 320]));
    assert_eq!(shape(&["--option", "mode=RGBA"]), json!([240, 320, 4]));
    assert_eq!(shape(&["--plugin", "png", "--extension", ".bmp"]), json!([240, 320, 3]));
}

#[test]
fn errors_are_a_line_and_a_hint() {
    let rows: [(&[&str], &str, &str); 6] = [
        (&["read", "no-such-file.png"], "no-such-file.png: not found", ""),
        (&["read", "imageio:testcard.png"], "not found", "did you mean `imageio:test-card.png`?"),
        (&["read", "imageio:test-card.png", "-o", "rotat=1"], "unknown option `rotat`", "did you mean `rotate`?"),
        (&["props", "imageio:test-card.png", "-p", "pgn"], "no plugin `pgn`", "did you mean `png`?"),
        (&["read", "imageio:test-card.png", "-i", "1"], "1 image (index 0)", ""),
        (&["read", "Cargo.toml"], "not recognised", "--plugin"),
    ];
    for (args, message, hint) in rows {
        let failed = run(args);
        assert!(failed.error(1).contains(message), "{}", failed.stderr);
        assert!(failed.stderr.contains(hint), "{}", failed.stderr);
    }
}

#[test]
fn a_truncated_file_is_an_error() {
    let folder = Folder::new("short");
    let file = folder.image("x.png", Array2::<u8>::from_shape_fn((64, 64), |(y, x)| (y * x) as u8));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let out = folder.file("x.npy");
    let failed = run(&["read", &file, "--out", &out]);
    failed.error(1);
    assert_eq!(folder.names(), ["x.png"]);
}

#[test]
fn wrong_usage() {
    let rows: [&[&str]; 7] = [
        &[],
        &["read"],
        &["reed", "x.png"],
        &["read", "x.png", "--no-such-flag"],
        &["read", "x.png", "-o", "novalue"],
        &["read", "x.png", "--index", "first"],
        &["read", "imageio:test-card.png", "--out", "x.png"],
    ];
    for args in rows {
        let failed = run(args);
        assert_eq!((failed.status, failed.stdout.len()), (Some(2), 0), "{args:?}: {}", failed.stderr);
        assert!(!failed.stderr.is_empty());
    }
}

/// A full disk, which Linux has as a device.
#[cfg(target_os = "linux")]
#[test]
fn an_array_that_finds_no_room_is_told_by_name() {
    let folder = Folder::new("no-room");
    let out = folder.file("x.npy");
    std::os::unix::fs::symlink("/dev/full", &out).unwrap();
    let failed = run(&["read", "imageio:test-card.png", "--out", &out]);
    assert!(failed.error(1).starts_with(&format!("imageio: {out}: ")), "{}", failed.stderr);
}
