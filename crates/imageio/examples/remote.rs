//! What a read over HTTP costs against one of the file itself: `remote ROUNDS FOLDER URL NAME...`, where a server on
//! this machine serves the folder below the URL.
//!
//! For each file it takes turns with four things, and prints the least and the middle time of each in milliseconds:
//! `imread` of the path, `imread` of the URL, and what nobody can fall below: the bytes alone from the path and from the
//! server, into memory that was used before. At the end of the line is how the URL compares with the path.
#![allow(clippy::print_stdout, reason = "the figures go to standard output")]

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use imageio::v3 as iio;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, folder, url, names @ ..] = arguments.as_slice() else {
        return Err("remote ROUNDS FOLDER URL NAME...".into());
    };
    let rounds: usize = rounds.parse()?;
    for name in names {
        let (path, url) = (Path::new(folder).join(name), format!("{url}/{name}"));
        if iio::imread(&path)? != iio::imread(&url)? {
            return Err(format!("{name}: another picture").into());
        }
        let mut times = [const { Vec::new() }; 4];
        let mut memory = vec![0; usize::try_from(path.metadata()?.len())?];
        for _ in 0..rounds {
            times[0].push(time(|| Ok(iio::imread(&path)?))?);
            times[1].push(time(|| Ok(iio::imread(&url)?))?);
            times[2].push(time(|| Ok(File::open(&path)?.read_exact(&mut memory)?))?);
            times[3].push(time(|| Ok(download(&url, &mut memory)?))?);
        }
        let figures: Vec<(f64, f64)> = times.iter_mut().map(|times| least_and_middle(times)).collect();
        let ratio = |k: fn(&(f64, f64)) -> f64| k(&figures[1]) / k(&figures[0]);
        let cells: Vec<String> = figures.iter().map(|(least, middle)| format!("{least:7.2} {middle:7.2}")).collect();
        println!("{name:28} {} | {:.3} {:.3}", cells.join(" | "), ratio(|f| f.0), ratio(|f| f.1));
    }
    Ok(())
}

/// How long it takes to make something; not what it takes to free it.
fn time<T>(make: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let start = Instant::now();
    let made = make()?;
    let took = start.elapsed();
    drop(black_box(made));
    Ok(took)
}

fn least_and_middle(times: &mut [Duration]) -> (f64, f64) {
    times.sort();
    let at = |k: usize| times.get(k).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3);
    (at(0), at(times.len() / 2))
}

/// The file by one plain request, as fast as this machine can. `body` has its length.
fn download(url: &str, body: &mut [u8]) -> io::Result<()> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').ok_or(io::ErrorKind::InvalidInput)?;
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
    }
    stream.read_exact(body)
}
