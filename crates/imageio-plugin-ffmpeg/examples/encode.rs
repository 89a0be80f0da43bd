//! Writes raw RGB frames as a video, and says how long that took: for comparison with `cat FILE | ffmpeg …`.

#![allow(clippy::print_stdout, reason = "what it says is its purpose")]

use std::time::Instant;

use imageio_core::ndarray::Array4;
use imageio_core::{Batch, WriteOptions, v3 as iio};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    imageio_plugin_ffmpeg::register();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [raw, width, height, preset, target] = words.as_slice() else {
        return Err("encode RAW WIDTH HEIGHT PRESET TARGET".into());
    };
    let (width, height): (usize, usize) = (width.parse()?, height.parse()?);
    let bytes = std::fs::read(raw)?;
    let frames = Array4::from_shape_vec((bytes.len() / (width * height * 3), height, width, 3), bytes)?;
    let start = Instant::now();
    iio::imwrite_with(target, Batch(&frames), &WriteOptions::new().set("fps", 30).set("preset", preset.as_str()))?;
    println!("{:.3}", start.elapsed().as_secs_f64());
    Ok(())
}
