//! Time in which a DNG becomes a picture of 8 bits here and in rawpy, in turns: a synthetic Bayer mosaic of 24 million
//! elements. `IMAGEIO_PEERS` names a Python that has rawpy.
//!
//! `IMAGEIO_PEERS=python3 cargo run --release -p imageio-plugin-raw --example beside_rawpy [rounds] [height] [width]`
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use imageio_core::ndarray::Array2;
use imageio_core::{ReadOptions, WriteOptions, v3};
use imageio_plugin_raw::{self as raw, Demosaic};

/// For each line with the name of a method and a truth value: the seconds that reading and developing took.
const SCRIPT: &str = "import sys, time, rawpy
for line in sys.stdin:
    method, plain = line.split()
    start = time.perf_counter()
    with rawpy.imread(sys.argv[1]) as r:
        r.postprocess(demosaic_algorithm=rawpy.DemosaicAlgorithm[method], no_auto_bright=plain == 'true')
    print(time.perf_counter() - start, flush=True)
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |k: usize, or: usize| std::env::args().nth(k).and_then(|n| n.parse().ok()).unwrap_or(or);
    let (rounds, height, width) = (number(1, 5), number(2, 4000), number(3, 6000));
    let mosaic = Array2::from_shape_fn((height, width), |(y, x)| {
        let wave = ((x as f32 * 0.02).sin() * (y as f32 * 0.013).cos() + 1.0) * 6000.0;
        let noise = (((y * width + x) as u32).wrapping_mul(2_654_435_761) >> 16 & 255) as u16;
        (wave as u16).saturating_add(512 + noise)
    });
    let file = std::env::temp_dir().join(format!("imageio-beside-rawpy-{}.dng", std::process::id()));
    let options = raw::WriteOptions::new()
        .cfa_pattern("RGGB".to_owned())
        .black_level(vec![512.0])
        .white_level(16383u32)
        .color_matrix(vec![0.9, -0.25, -0.1, -0.4, 1.25, 0.15, -0.05, 0.2, 0.6])
        .camera("Example Synthetic".to_owned());
    v3::imwrite_with(file.as_path(), &mosaic, &WriteOptions::new().with(options))?;
    drop(mosaic);
    let python = std::env::var("IMAGEIO_PEERS").unwrap_or_else(|_| "python3".to_owned());
    let mut peer =
        Command::new(python).args(["-c", SCRIPT]).arg(&file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut ask = peer.stdin.take().ok_or("no way to ask rawpy")?;
    let mut answers = BufReader::new(peer.stdout.take().ok_or("no way to hear rawpy")?).lines();
    for (method, name) in [(Demosaic::Bilinear, "LINEAR"), (Demosaic::Ppg, "PPG"), (Demosaic::Ahd, "AHD")] {
        for plain in [true, false] {
            let options = raw::ReadOptions::new().demosaic(method).no_auto_bright(plain);
            let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).with(options);
            let (mut here, mut there) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..rounds {
                let start = Instant::now();
                std::hint::black_box(v3::imread_with(file.as_path(), &options)?);
                here = here.min(start.elapsed().as_secs_f64());
                writeln!(ask, "{name} {plain}")?;
                there = there.min(answers.next().ok_or("rawpy said nothing")??.trim().parse()?);
            }
            let ratio = there / here;
            println!(
                "{name}, auto bright {}: {:.1} ms, rawpy {:.1} ms, {ratio:.1} times",
                !plain,
                here * 1e3,
                there * 1e3
            );
        }
    }
    drop(ask);
    peer.wait()?;
    std::fs::remove_file(&file)?;
    Ok(())
}
