//! Reads images as arrays: the whole, one type of element, one image of several, without decoding.
//!
//! `cargo run --example read`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use imageio::ndarray::{Array2, Array3, ArrayD, Axis};
use imageio::v3 as iio;
use imageio::{Cast, ReadOptions, Result};

pub(crate) fn main() -> Result<()> {
    // Shape and dtype are the file's; `try_into` gives a typed array without a copy.
    let image = iio::imread("imageio:test-card.png")?;
    println!("{:?} {}", image.shape(), image.dtype());
    let image: Array3<u8> = image.try_into()?;
    println!("mean {:.2}", image.mapv(f64::from).mean().unwrap_or(f64::NAN));

    // 16 bits stay 16 bits.
    let grey: Array2<u16> = iio::imread("imageio:gray16.png")?.try_into()?;
    println!("brightest {:?}", grey.iter().max());

    // Another type by a cast that says what becomes of the values.
    let unit: ArrayD<f32> = iio::imread("imageio:gray16.png")?.cast(Cast::Scale)?;
    println!(
        "as float32: {:.4} to {:.4}",
        unit.fold(f32::MAX, |a, b| a.min(*b)),
        unit.fold(0.0, |a: f32, b| a.max(*b))
    );

    // Animations come as one array, frames first; an index picks one. Negative ones count from the end.
    let all = iio::imread("imageio:animation.gif")?;
    let last = iio::imread_with("imageio:animation.gif", &ReadOptions::new().index(-1))?;
    println!("all {:?}, the last {:?}", all.shape(), last.shape());
    assert_eq!(all.index_first(11), Some(last));

    // Options by name: convert the colour mode, name the plugin, treat the file as another format.
    let luma = iio::imread_with("imageio:test-card.png", &ReadOptions::new().set("mode", "L"))?;
    println!("as grey {:?}", luma.shape());

    // Properties come from headers alone.
    let props = iio::improps("imageio:volume.npy")?;
    println!("volume {:?} {}", props.shape, props.dtype);

    // Bytes, open files and pipes work as paths do.
    let bytes: &[u8] = b"P2 3 2 255  0 50 100  150 200 250";
    let tiny: Array2<u8> = iio::imread(bytes)?.try_into()?;
    println!("sums of rows {:?}", tiny.mapv(u32::from).sum_axis(Axis(1)).to_vec());
    Ok(())
}
