//! Answers the commands of the speed comparison, one a line: `name`, `read`, `seek`, `iter`, `props`, `meta`, `write`.
//!
//! Started with the argument `serve`, it reads commands from standard input and closes each answer with `END`;
//! otherwise its arguments are one command. Times are wall nanoseconds of the operation alone.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the answers go to standard output")]

use std::io::{BufRead, Write as _};
use std::time::Instant;

use imageio::v3 as iio;
use imageio::{Error, ErrorKind, FrameIter, Index, NdImage, ReadOptions, Result, WriteOptions};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|a| a == "serve") {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.first() {
                None => continue,
                Some(&"quit") => break,
                Some(_) => answer(&words),
            }
            println!("END");
            // A reader at the other end that went away is no reason to panic.
            let _ = std::io::stdout().flush();
        }
    } else {
        answer(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn answer(words: &[&str]) {
    if let Err(e) = run(words) {
        println!("ERR {}", e.to_string().replace('\n', " "));
    }
}

/// The bench counts pages of TIFF, where an index is a series otherwise.
fn by_page(file: &str) -> ReadOptions {
    let tiff = file.ends_with(".tif");
    if tiff { ReadOptions::new().set("pages", true) } else { ReadOptions::new() }
}

fn run(words: &[&str]) -> Result<()> {
    let file = words.get(1).copied().unwrap_or_default();
    let count = |at: usize| words.get(at).and_then(|w| w.parse::<usize>().ok()).unwrap_or(1);
    let options: Vec<(&str, &str)> = words.iter().filter_map(|w| w.split_once('=')).collect();
    let option = |name: &str| options.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    match words.first().copied().unwrap_or_default() {
        "name" => println!("NAME imageio {}", env!("CARGO_PKG_VERSION")),
        "read" => {
            let index = option("index").map_or(Ok(Index::Auto), str::parse)?;
            let read = if index == Index::Auto { ReadOptions::new() } else { by_page(file).index(index) };
            for _ in 0..count(2) {
                let start = Instant::now();
                let image = iio::imread_with(file, &read)?;
                report(start, &image, "");
            }
        }
        "seek" => {
            let indices: Vec<usize> = option("idx").unwrap_or("0").split(',').filter_map(|k| k.parse().ok()).collect();
            let mut reader = imageio::Reader::open_with(file, &by_page(file))?;
            for _ in 0..count(2) {
                let start = Instant::now();
                let mut last = None;
                for k in &indices {
                    last = Some(reader.read(*k)?);
                }
                if let Some(image) = last {
                    report(start, &image, &format!(" n={}", indices.len()));
                }
            }
        }
        "iter" => {
            for _ in 0..count(2) {
                let start = Instant::now();
                let (mut n, mut first) = (0, None);
                for image in iio::imiter_with(file, &by_page(file))? {
                    let image = image?;
                    n += 1;
                    first.get_or_insert(image);
                }
                if let Some(image) = first {
                    report(start, &image, &format!(" n={n}"));
                }
            }
        }
        "props" => {
            for _ in 0..count(2) {
                let start = Instant::now();
                let props = iio::improps(file)?;
                println!("OK {} {} {} 0", start.elapsed().as_nanos(), shape(&props.shape), props.dtype);
            }
        }
        "meta" => {
            for _ in 0..count(2) {
                let start = Instant::now();
                let meta = iio::immeta(file)?;
                println!("OK {} 0 - 0 n={}", start.elapsed().as_nanos(), meta.leaves().len());
            }
        }
        "write" => {
            let source = iio::imread(file)?;
            let target = words.get(2).copied().unwrap_or_default();
            let write = write_options(&options);
            let frames =
                option("frames").and_then(|n| n.parse().ok()).or((source.ndim() == 4).then(|| source.shape()[0]));
            for _ in 0..count(3) {
                let _ = std::fs::remove_file(target);
                let start = Instant::now();
                match frames {
                    Some(n) => iio::imwrite_with(target, FrameIter(ping_pong(&source, n)), &write)?,
                    None => iio::imwrite_with(target, &source, &write)?,
                };
                let took = start.elapsed().as_nanos();
                let bytes = std::fs::metadata(target)?.len();
                println!("OK {took} {} {} 0 bytes={bytes}", shape(source.shape()), source.dtype());
            }
        }
        other => return Err(Error::new(ErrorKind::Unsupported, format!("no command `{other}`"))),
    }
    Ok(())
}

fn write_options(options: &[(&str, &str)]) -> WriteOptions {
    let mut write = WriteOptions::new();
    for (name, value) in options {
        write = match (*name, *value) {
            ("quality", v) => write.set("quality", v.parse::<i64>().unwrap_or(75)),
            ("subsampling", "420") => write.set("subsampling", "4:2:0"),
            ("subsampling", "444") => write.set("subsampling", "4:4:4"),
            ("level", v) => write.set("level", v.parse::<i64>().unwrap_or(6)),
            ("compression", v) => write.set("compression", v),
            ("predictor", "1") => write.set("predictor", "horizontal"),
            ("effort", v) => write.set("effort", v.parse::<i64>().unwrap_or(4)),
            ("lossless", v) => write.set("lossless", v == "1"),
            ("fps", v) => write.set("fps", v.parse::<f64>().unwrap_or(25.0)),
            _ => write,
        };
    }
    write
}

/// Frames of a batch forwards and backwards until there are `n`.
fn ping_pong(batch: &NdImage, n: usize) -> impl Iterator<Item = NdImage> + '_ {
    let len = batch.shape().first().copied().unwrap_or(1);
    (0..n).filter_map(move |i| {
        let k = i % (2 * len);
        batch.index_first(if k < len { k } else { 2 * len - 1 - k })
    })
}

fn shape(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

fn report(start: Instant, image: &NdImage, more: &str) {
    let took = start.elapsed().as_nanos();
    let bytes = image.as_bytes().unwrap_or_default();
    println!("OK {took} {} {} {:x}{more}", shape(image.shape()), image.dtype(), checksum(bytes));
}

/// A weighted sum of 4096 bytes spread over the array, as the protocol defines it.
fn checksum(bytes: &[u8]) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    let term = |i: usize| (i as u64 + 1) * u64::from(bytes[i * bytes.len() / 4096]);
    (0..4096).fold(0u64, |sum, i| sum.wrapping_add(term(i)))
}
