//! Reads a video in one of several ways, and says how long that took: for comparison with ffmpeg and others.

#![allow(clippy::print_stdout, reason = "what it says is its purpose")]

use std::time::Instant;

use imageio_core::{NdImage, ReadOptions, Reader, v3 as iio};

/// A byte of each frame, so that it is looked at.
fn look(frame: &NdImage) -> usize {
    frame.as_bytes().and_then(|bytes| bytes.last()).map_or(0, |byte| usize::from(*byte))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    imageio_plugin_ffmpeg::register();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [way, video, options @ ..] = words.as_slice() else {
        return Err("measure iter|read|random|props|meta VIDEO [convert=ffmpeg|own]".into());
    };
    let mut how = ReadOptions::new();
    if let Some(convert) = options.iter().find_map(|word| word.strip_prefix("convert=")) {
        how = how.set("convert", convert);
    }
    let start = Instant::now();
    let seen = match way.as_str() {
        "iter" => iio::imiter_with(video, &how)?.map(|frame| frame.map(|f| look(&f))).sum::<Result<usize, _>>()?,
        "read" => look(&iio::imread_with(video, &how)?),
        "random" => {
            let mut reader = Reader::open_with(video, &how)?;
            let n = reader.count()?.unwrap_or(1);
            let mut seen = 0;
            for k in 0..20 {
                seen += look(&reader.read((k * 7919 + 13) % n)?);
            }
            seen
        }
        "props" => iio::improps_with(video, &how)?.n_images.unwrap_or(0),
        "meta" => iio::immeta_with(video, &how)?.len(),
        _ => return Err(format!("there is no way `{way}`").into()),
    };
    println!("{:.4} ({seen})", start.elapsed().as_secs_f64());
    Ok(())
}
