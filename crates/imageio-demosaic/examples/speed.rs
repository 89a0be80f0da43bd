//! Time of each method on a mosaic of 24 million elements, beside the time in which as many bytes are copied: into memory
//! that was used before, and into memory that is new, as that of a picture is that somebody reads.
//!
//! `cargo run --release -p imageio-demosaic --example speed [runs] [method]`
#![allow(clippy::print_stdout)]

use std::time::Instant;

use imageio_demosaic::{Cfa, Developer, Image, Method, Sensor, Settings, WhiteBalance};
use rayon::prelude::*;

fn main() -> imageio_demosaic::Result<()> {
    let runs: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(3);
    let only = std::env::args().nth(2);
    let (height, width) = (4000, 6000);
    let samples: Vec<u16> = (0..height * width)
        .map(|i| {
            let (y, x) = (i / width, i % width);
            let wave = ((x as f32 * 0.02).sin() * (y as f32 * 0.013).cos() + 1.0) * 6000.0;
            (wave as u16).saturating_add(512 + ((i as u32).wrapping_mul(2_654_435_761) >> 16 & 255) as u16)
        })
        .collect();
    let cfa = Cfa::from_letters("RGGB")?;
    let image = Image::mosaic_u16(&samples, width, height, &cfa)?;
    let matrix = [[0.9, -0.25, -0.1], [-0.4, 1.25, 0.15], [-0.05, 0.2, 0.6]];
    let sensor =
        Sensor { black: [512.0; 4], white: 16383.0, xyz_to_camera: Some(matrix), as_shot: Some([2.0, 1.0, 1.5, 1.0]) };
    let mut out = vec![1u8; height * width * 3];
    let best = |work: &mut dyn FnMut() -> imageio_demosaic::Result<()>| -> imageio_demosaic::Result<f64> {
        let mut best = f64::INFINITY;
        for _ in 0..runs {
            let start = Instant::now();
            work()?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        Ok(best)
    };
    // Reads as much as a method reads, and writes as much.
    let copy = {
        let source = vec![1u8; height * width * 3];
        best(&mut || {
            out.copy_from_slice(&source);
            Ok(())
        })?
    };
    println!("copy of {} bytes: {:.1} ms", out.len(), copy * 1e3);
    // All threads take part, as they do in a method.
    let fresh = {
        let source = vec![1u8; height * width * 3];
        best(&mut || {
            let mut out = vec![0u8; height * width * 3];
            out.par_chunks_mut(1 << 20).zip(source.par_chunks(1 << 20)).for_each(|(to, from)| to.copy_from_slice(from));
            std::hint::black_box(&out);
            Ok(())
        })?
    };
    println!("the same into new memory, on all threads: {:.1} ms", fresh * 1e3);
    // As much is read and written as by a method, on one thread, and nothing else is done.
    let grey = best(&mut || {
        for (pixel, sample) in out.chunks_exact_mut(3).zip(&samples) {
            pixel.fill((sample >> 6) as u8);
        }
        Ok(())
    })?;
    println!("each sample written three times: {:.1} ms", grey * 1e3);
    for (name, method) in [("bilinear", Method::Bilinear), ("ppg", Method::Ppg), ("ahd", Method::Ahd)] {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        for auto_bright in [false, true] {
            let settings = Settings { method, auto_bright, white_balance: WhiteBalance::AsShot, ..Settings::default() };
            let time = best(&mut || Developer::new(&image, &sensor, &settings)?.write(&image, &mut out))?;
            println!("{name}, auto bright {auto_bright}: {:.1} ms, {:.1} copies", time * 1e3, time / copy);
            let time = best(&mut || {
                let mut out = vec![0u8; height * width * 3];
                Developer::new(&image, &sensor, &settings)?.write(&image, &mut out)?;
                std::hint::black_box(&out);
                Ok(())
            })?;
            println!("    into new memory: {:.1} ms, {:.1} copies into new memory", time * 1e3, time / fresh);
        }
    }
    Ok(())
}
