//! The main ways of reading and writing, for comparing one state of this crate with another:
//! `cargo bench -p imageio-plugin-tiff`, with a part of a name to run some.
#![allow(clippy::unwrap_used, reason = "what fails here has nobody to tell")]

use std::path::PathBuf;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{Dtype, Index, NdImage, ReadOptions, Reader, WriteOptions, v3 as iio};

fn main() {
    imageio_plugin_tiff::register();
    divan::main();
}

const ROWS: usize = 1500;
const COLUMNS: usize = 2000;
const PAGES: usize = 500;
const COMPRESSIONS: [&str; 5] = ["none", "packbits", "lzw", "deflate", "zstd"];

/// Soft shapes with the noise of a camera: neither flat nor random.
fn sample(y: usize, x: usize, c: usize) -> f64 {
    let noise =
        (y.wrapping_mul(2_654_435_761) ^ x.wrapping_mul(40_503) ^ c.wrapping_mul(977)).wrapping_mul(0x9E37_79B9);
    let soft = (y as f64 / 90.0).sin() + (x as f64 / 70.0 + c as f64).cos();
    (soft + 2.0) * 60.0 + (noise >> 7 & 7) as f64
}

fn picture(dtype: Dtype) -> NdImage {
    match dtype {
        Dtype::U8 => Array3::from_shape_fn((ROWS, COLUMNS, 3), |(y, x, c)| sample(y, x, c) as u8).into(),
        Dtype::U16 => Array2::from_shape_fn((ROWS, COLUMNS), |(y, x)| (sample(y, x, 0) * 200.0) as u16).into(),
        _ => Array2::from_shape_fn((ROWS, COLUMNS), |(y, x)| sample(y, x, 0) as f32 / 7.0).into(),
    }
}

fn options(compression: &str, dtype: Dtype, tiled: bool) -> WriteOptions {
    let mut options = WriteOptions::new().set("compression", compression);
    if matches!(compression, "lzw" | "deflate" | "zstd") {
        options = options.set("predictor", if dtype.is_float() { "float" } else { "horizontal" });
    }
    match tiled {
        true => options.with(imageio_plugin_tiff::WriteOptions::new().tile(vec![256, 256])),
        false => options,
    }
}

/// A file that is removed at the end.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        Kept(std::env::temp_dir().join(format!("imageio-bench-{}-{name}.tif", std::process::id())))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn bytes(image: &NdImage) -> BytesCount {
    BytesCount::new(image.shape().iter().product::<usize>() * image.dtype().size())
}

fn read(bencher: Bencher<'_, '_>, compression: &str, dtype: Dtype, tiled: bool) {
    let file = Kept::new(&format!("read-{compression}-{dtype}-{tiled}"));
    let image = picture(dtype);
    iio::imwrite_with(&file.0, &image, &options(compression, dtype, tiled)).unwrap();
    bencher.counter(bytes(&image)).bench(|| iio::imread(black_box(&file.0)).unwrap());
}

fn write(bencher: Bencher<'_, '_>, compression: &str, dtype: Dtype, tiled: bool) {
    let file = Kept::new(&format!("write-{compression}-{dtype}-{tiled}"));
    let (image, options) = (picture(dtype), options(compression, dtype, tiled));
    bencher.counter(bytes(&image)).bench(|| iio::imwrite_with(&file.0, black_box(&image), &options).unwrap());
}

#[divan::bench(args = COMPRESSIONS)]
fn read_strips_uint8(bencher: Bencher<'_, '_>, compression: &str) {
    read(bencher, compression, Dtype::U8, false)
}

#[divan::bench(args = COMPRESSIONS)]
fn read_strips_uint16(bencher: Bencher<'_, '_>, compression: &str) {
    read(bencher, compression, Dtype::U16, false)
}

#[divan::bench(args = COMPRESSIONS)]
fn read_strips_float32(bencher: Bencher<'_, '_>, compression: &str) {
    read(bencher, compression, Dtype::F32, false)
}

#[divan::bench(args = COMPRESSIONS)]
fn read_tiles_uint8(bencher: Bencher<'_, '_>, compression: &str) {
    read(bencher, compression, Dtype::U8, true)
}

#[divan::bench(args = COMPRESSIONS)]
fn read_tiles_uint16(bencher: Bencher<'_, '_>, compression: &str) {
    read(bencher, compression, Dtype::U16, true)
}

#[divan::bench(args = COMPRESSIONS)]
fn write_strips_uint8(bencher: Bencher<'_, '_>, compression: &str) {
    write(bencher, compression, Dtype::U8, false)
}

#[divan::bench(args = COMPRESSIONS)]
fn write_strips_uint16(bencher: Bencher<'_, '_>, compression: &str) {
    write(bencher, compression, Dtype::U16, false)
}

/// A file of many pages, each a directory of its own.
fn stack(name: &str) -> Kept {
    let file = Kept::new(name);
    let mut writer = imageio_core::Writer::open(&file.0).unwrap();
    for k in 0..PAGES {
        writer.write(&NdImage::from(Array2::from_elem((64, 64), k as u16))).unwrap();
    }
    writer.finish().unwrap();
    file
}

#[divan::bench(args = [0, 250, 499])]
fn one_page_of_500(bencher: Bencher<'_, '_>, page: usize) {
    let file = stack(&format!("page-{page}"));
    let options = ReadOptions::new().set("pages", true).index(page);
    bencher.bench(|| iio::imread_with(black_box(&file.0), &options).unwrap());
}

#[divan::bench]
fn properties_of_500_pages(bencher: Bencher<'_, '_>) {
    let file = stack("properties");
    bencher.bench(|| iio::improps(black_box(&file.0)).unwrap());
}

#[divan::bench]
fn twenty_pages_of_one_reader(bencher: Bencher<'_, '_>) {
    let file = stack("twenty");
    let mut reader = Reader::open_with(&file.0, &ReadOptions::new().set("pages", true)).unwrap();
    bencher.bench_local(|| {
        (0..20).for_each(|k| drop(black_box(reader.read(Index::At((k * 197 + 31) % PAGES)).unwrap())));
    });
}
