//! Goes through the images of a file one by one, in constant memory, and writes them on the way.
//!
//! `cargo run --example iterate`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use imageio::v3 as iio;
use imageio::{FrameIter, Result, WriteOptions};

pub(crate) fn main() -> Result<()> {
    // Each frame is decoded when it is asked for.
    for (k, frame) in iio::imiter("imageio:animation.gif")?.enumerate() {
        let frame = frame?;
        if k % 4 == 0 {
            println!("frame {k}: {:?} {}", frame.shape(), frame.dtype());
        }
    }

    // From one file into another, with one frame in memory at a time. `FrameIter` says that images will follow.
    let frames = iio::imiter("imageio:animation.gif")?;
    let options = WriteOptions::new().extension(".tif");
    let tiff = iio::imwrite_with("<bytes>", FrameIter(frames), &options)?.unwrap_or_default();
    println!("{} frames in {} bytes of TIFF", iio::imiter(&tiff)?.count(), tiff.len());

    // Every second frame, upside down.
    let turned = iio::imiter("imageio:animation.gif")?.step_by(2).map(|frame| {
        let mut frame: imageio::ndarray::Array3<u8> = frame?.try_into()?;
        frame.invert_axis(imageio::ndarray::Axis(0));
        Ok(frame.into())
    });
    let gif = iio::imwrite_with("<bytes>", FrameIter(turned), &WriteOptions::new().extension(".gif").set("fps", 10))?;
    let gif = gif.unwrap_or_default();
    println!("turned: {:?}", iio::improps(&gif)?.shape);
    Ok(())
}
