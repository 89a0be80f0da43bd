//! What fresh memory costs: a read into a new array against `read_into` memory that was used before.
//!
//! `cargo xtask bench` prints both for a 12-megapixel BMP and an uncompressed TIFF of the same size.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::path::PathBuf;

use divan::Bencher;
use imageio::ndarray::Array3;
use imageio::v3 as iio;

const SHAPE: (usize, usize, usize) = (3000, 4000, 3);

fn main() {
    divan::main();
}

/// A picture of 12 megapixels, written once.
fn file(extension: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("imageio-bench-{}.{extension}", std::process::id()));
    if !path.exists() {
        let picture = Array3::from_shape_fn(SHAPE, |(y, x, c)| (y / 7 + x / 5 + 40 * c) as u8);
        iio::imwrite(&path, &picture).expect("the bench writes its input");
    }
    path
}

#[divan::bench(args = ["bmp", "tif"])]
fn fresh(bencher: Bencher<'_, '_>, extension: &str) {
    let path = file(extension);
    bencher.bench(|| iio::imread(&path).expect("a picture"));
}

#[divan::bench(args = ["bmp", "tif"])]
fn into_warm_memory(bencher: Bencher<'_, '_>, extension: &str) {
    let path = file(extension);
    let mut memory = Array3::<u8>::zeros(SHAPE);
    bencher.bench_local(|| {
        let mut reader = iio::imopen(&path, iio::Read).expect("a picture");
        reader.read_into(0, &mut memory).expect("a picture");
    });
}
