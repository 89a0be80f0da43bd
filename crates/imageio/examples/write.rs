//! Writes arrays: to bytes, with options, several images, and what happens if it fails.
//!
//! `cargo run --example write`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use imageio::ndarray::{Array2, Array3};
use imageio::v3 as iio;
use imageio::{ErrorKind, Result, WriteOptions};

pub(crate) fn main() -> Result<()> {
    let picture = Array3::from_shape_fn((64, 96, 3), |(y, x, c)| [y * 4, x * 2, 128][c] as u8);

    // A path as target would write a file: `iio::imwrite("picture.png", &picture)?`.
    // `<bytes>` gives the file back; without a name the extension says which format.
    let png = iio::imwrite_with("<bytes>", &picture, &WriteOptions::new().extension(".png"))?.unwrap_or_default();
    assert_eq!(iio::imread(&png)?, picture.clone().into());
    println!("PNG: {} bytes", png.len());

    // Options by name, or typed by the plugin's own struct, which knows their types and completes in an editor.
    let small = WriteOptions::new().extension(".png").set("compression", 9);
    let typed = WriteOptions::new().extension(".png").with(imageio::png::WriteOptions::new().compression(9));
    let small = iio::imwrite_with("<bytes>", &picture, &small)?.unwrap_or_default();
    assert_eq!(Some(&small), iio::imwrite_with("<bytes>", &picture, &typed)?.as_ref());
    println!("PNG at its smallest: {} bytes", small.len());

    // A name that nobody knows is an error with advice, never ignored.
    let wrong = WriteOptions::new().extension(".png").set("compresion", 9);
    if let Err(e) = iio::imwrite_with("<bytes>", &picture, &wrong) {
        assert_eq!(e.kind(), ErrorKind::UnknownOption);
        println!("{e}");
    }

    // Nothing is converted behind your back: what a format can't hold is an error.
    let floats = Array2::<f32>::zeros((4, 4));
    if let Err(e) = iio::imwrite_with("<bytes>", &floats, &WriteOptions::new().extension(".bmp")) {
        assert_eq!(e.kind(), ErrorKind::Mismatch);
        println!("{e}");
    }

    // A vector of yours is replaced only if the write succeeds, as a file would be.
    let mut mine = b"what was here".to_vec();
    assert!(iio::imwrite_with(&mut mine, &floats, &WriteOptions::new().extension(".bmp")).is_err());
    assert_eq!(mine, b"what was here");
    Ok(())
}
