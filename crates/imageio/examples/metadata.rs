//! What a file says beside its pixels: reading it, storing it, carrying it over.
//!
//! `cargo run --example metadata`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use imageio::ndarray::Array2;
use imageio::v3 as iio;
use imageio::{Index, Metadata, ReadOptions, Result, WriteOptions};

pub(crate) fn main() -> Result<()> {
    // Metadata is an ordered tree; `Display` prints a leaf a line.
    let meta = iio::immeta("imageio:animation.gif")?;
    print!("{meta}");

    // What is stored has the form in which it is read.
    let mut meta = Metadata::new();
    meta.section("text").insert("Title", "A grey square");
    meta.section("exif").insert("Orientation", 6);
    let options = WriteOptions::new().extension(".png").metadata(&meta);
    let png = iio::imwrite_with("<bytes>", Array2::<u8>::zeros((4, 8)), &options)?.unwrap_or_default();

    let back = iio::immeta(&png)?;
    println!("title: {:?}", back.get("text/Title").and_then(|v| v.as_str()));
    println!("orientation: {:?}", back.get("exif/Orientation").and_then(|v| v.as_i64()));

    // What was applied to the pixels is left out, so that nobody applies it twice: here the turn by 90°.
    let upright = ReadOptions::new().set("rotate", true);
    println!("turned: {:?}", iio::imread_with(&png, &upright)?.shape());
    assert_eq!(iio::immeta_with(&png, &upright)?.get("exif/Orientation"), None);
    let all = iio::immeta_with(&png, &upright.clone().exclude_applied(false))?;
    assert_eq!(all.get("exif/Orientation").and_then(|v| v.as_i64()), Some(6));

    // Each frame of an animation has its own; the index `..` means the file as a whole.
    let mut reader = iio::imopen("imageio:animation.gif", iio::Read)?;
    let frame = reader.metadata(3)?;
    let whole = reader.metadata(Index::All)?;
    println!("frame 3 has {} entries, the file {}", frame.len(), whole.len());
    Ok(())
}
