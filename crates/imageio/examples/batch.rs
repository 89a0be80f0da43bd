//! One array that holds several images, and a file kept open for many reads.
//!
//! `cargo run --example batch`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use imageio::ndarray::{Array3, Array4, Axis};
use imageio::v3 as iio;
use imageio::v3::{Read, Write};
use imageio::{Batch, Result, WriteOptions};

pub(crate) fn main() -> Result<()> {
    // An array is one image unless it is said to be several: `Batch` makes its first axis count them.
    let stack = Array4::from_shape_fn((8, 32, 48, 3), |(k, y, x, c)| [k * 30, y * 7, x * 5][c] as u8);
    let tiff = iio::imwrite_with("<bytes>", Batch(&stack), &WriteOptions::new().extension(".tif"))?;
    let tiff = tiff.unwrap_or_default();

    // Reading all at once gives the array back; `..` is every image.
    let back: Array4<u8> = iio::imread_with(&tiff, &imageio::ReadOptions::new().index(..))?.try_into()?;
    assert_eq!(back, stack);

    // Kept open: any image, in any order, headers read once.
    let mut reader = iio::imopen(&tiff, Read)?;
    println!("{} images, read by plugin {}", reader.count()?.unwrap_or(0), reader.plugin().id());
    for k in [5, 0, -1] {
        let image = reader.read(k)?;
        println!("image {k}: {:?}", image.shape());
    }

    // Into memory of yours, again and again: nothing is allocated for the pixels.
    let mut frame = Array3::<u8>::zeros((32, 48, 3));
    for k in 0..8usize {
        reader.read_into(k, &mut frame)?;
        assert_eq!(frame, stack.index_axis(Axis(0), k));
    }

    // A writer that is given one image after the other. Until `finish`, nothing is in place.
    let mut gif = Vec::new();
    let mut writer = iio::imopen(&mut gif, &WriteOptions::new().extension(".gif").set("fps", 12))?;
    for frame in stack.outer_iter() {
        writer.write(&frame)?;
    }
    writer.finish()?;
    println!("GIF: {} bytes, {:?}", gif.len(), iio::improps(&gif)?.shape);
    let _ = Write; // the mode for a writer without options: `iio::imopen("out.gif", Write)`
    Ok(())
}
