//! Extremes, mean and checksum of an array.

use imageio::ndarray::ArrayD;
use imageio::{C64, C128, NdImage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Elements that are summed up before the sum goes to a wider place.
const CHUNK: usize = 4096;

/// Extremes and mean of the finite elements; complex numbers count by magnitude. Null where there are none.
#[derive(Debug, PartialEq)]
pub struct Stats {
    pub min: Value,
    pub max: Value,
    pub mean: Value,
}

impl Stats {
    const NONE: Stats = Stats { min: Value::Null, max: Value::Null, mean: Value::Null };

    pub fn of(image: &NdImage) -> Stats {
        match image {
            NdImage::Bool(a) => integers(a, i64::from),
            NdImage::U8(a) => integers(a, i64::from),
            NdImage::I8(a) => integers(a, i64::from),
            NdImage::U16(a) => integers(a, i64::from),
            NdImage::I16(a) => integers(a, i64::from),
            NdImage::U32(a) => integers(a, i64::from),
            NdImage::I32(a) => integers(a, i64::from),
            NdImage::U64(a) => wide_integers(a.iter().map(|v| i128::from(*v)), a.len()),
            NdImage::I64(a) => wide_integers(a.iter().map(|v| i128::from(*v)), a.len()),
            NdImage::F16(a) => floats(a, |v| v.to_f64()),
            NdImage::F32(a) => floats(a, f64::from),
            NdImage::F64(a) => floats(a, |v| v),
            NdImage::C64(a) => floats(a, |v: C64| C128::new(v.re.into(), v.im.into()).norm()),
            NdImage::C128(a) => floats(a, |v| v.norm()),
            _ => Stats::NONE,
        }
    }
}

/// Calls `f` with the elements in runs of at most [`CHUNK`]: slices where the array is contiguous, which lets the
/// loops over them run at the speed of memory.
fn chunks<T: Copy>(array: &ArrayD<T>, mut f: impl FnMut(&[T])) {
    match array.as_slice_memory_order() {
        Some(slice) => slice.chunks(CHUNK).for_each(f),
        None => {
            let mut run = Vec::with_capacity(CHUNK);
            let mut rest = array.iter().copied();
            loop {
                run.clear();
                run.extend(rest.by_ref().take(CHUNK));
                if run.is_empty() {
                    break;
                }
                f(&run);
            }
        }
    }
}

fn integers<T: Copy>(array: &ArrayD<T>, value: impl Fn(T) -> i64) -> Stats {
    let (mut min, mut max, mut sum) = (i64::MAX, i64::MIN, 0i128);
    chunks(array, |run| {
        let mut part = 0i64;
        for v in run {
            let v = value(*v);
            min = min.min(v);
            max = max.max(v);
            part += v;
        }
        sum += i128::from(part);
    });
    if array.is_empty() {
        return Stats::NONE;
    }
    Stats { min: json!(min), max: json!(max), mean: json!(sum as f64 / array.len() as f64) }
}

fn wide_integers(values: impl Iterator<Item = i128>, n: usize) -> Stats {
    let (mut min, mut max, mut sum) = (i128::MAX, i128::MIN, 0i128);
    for v in values {
        min = min.min(v);
        max = max.max(v);
        sum += v;
    }
    let exact = |v: i128| u64::try_from(v).map_or_else(|_| json!(i64::try_from(v).ok()), |v| json!(v));
    if n == 0 {
        return Stats::NONE;
    }
    Stats { min: exact(min), max: exact(max), mean: json!(sum as f64 / n as f64) }
}

fn floats<T: Copy>(array: &ArrayD<T>, value: impl Fn(T) -> f64) -> Stats {
    let (mut min, mut max, mut sum, mut n) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0usize);
    chunks(array, |run| {
        let mut part = 0.0;
        for v in run {
            let v = value(*v);
            if v.is_finite() {
                min = min.min(v);
                max = max.max(v);
                part += v;
                n += 1;
            }
        }
        sum += part;
    });
    if n == 0 {
        return Stats::NONE;
    }
    Stats { min: json!(min), max: json!(max), mean: json!(sum / n as f64) }
}

/// SHA-256 of the elements in row-major order and little-endian bytes, in hex.
pub fn checksum(image: &NdImage) -> String {
    let mut hash = Sha256::new();
    match image.as_bytes() {
        Some(bytes) => update(&mut hash, image, bytes),
        None => update(&mut hash, image, image.view().to_owned().as_bytes().unwrap_or_default()),
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Big-endian machines turn every number round on the way.
fn update(hash: &mut Sha256, image: &NdImage, bytes: &[u8]) {
    let word = if image.dtype().is_complex() { image.dtype().size() / 2 } else { image.dtype().size() };
    if cfg!(target_endian = "little") || word == 1 {
        return hash.update(bytes);
    }
    for run in bytes.chunks(CHUNK) {
        let turned: Vec<u8> = run.chunks(word).flat_map(|number| number.iter().rev().copied()).collect();
        hash.update(turned);
    }
}
