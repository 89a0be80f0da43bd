//! What reading from far away costs: `requests MILLISECONDS http|zip|s3 FILE...`.
//!
//! A server of this process answers each request after so many milliseconds. For each file it prints, for properties,
//! metadata, the image in the middle and all of it: requests, kilobytes that were sent, and the time in milliseconds.
//! `zip` serves each file as the member of an archive, `s3` as an object in a bucket. With `VERBOSE` set every request
//! is printed.
#![allow(clippy::print_stdout, reason = "the figures go to standard output")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use imageio::{Index, ReadOptions, Reader};
use imageio_testkit::web::{Answer, Server};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [delay, place, files @ ..] = arguments.as_slice() else {
        return Err("requests MILLISECONDS http|zip|s3 FILE...".into());
    };
    let delay = Duration::from_millis(delay.parse()?);
    let mut served: HashMap<String, Arc<Vec<u8>>> = HashMap::new();
    let mut names = Vec::new();
    for file in files {
        let name = Path::new(file).file_name().ok_or("no name")?.to_string_lossy().into_owned();
        let bytes = match place.as_str() {
            "zip" => zipped(&name, std::fs::read(file)?)?,
            _ => std::fs::read(file)?,
        };
        let path = match place.as_str() {
            "zip" => format!("/{name}.zip"),
            "s3" => format!("/bucket/{name}"),
            _ => format!("/{name}"),
        };
        served.insert(path, Arc::new(bytes));
        names.push(name);
    }
    let verbose = std::env::var_os("VERBOSE").is_some();
    let server = Server::start(move |asked| {
        if verbose {
            println!("    {} {}", asked.path, asked.header("range").unwrap_or_default());
        }
        thread::sleep(delay);
        let Some(bytes) = served.get(&asked.path) else { return Answer::status(404) };
        let dated = |answer: Answer| answer.header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT");
        dated(Answer::file(asked, bytes).header("ETag", "\"1\""))
    })?;
    println!("{:30} {:>9}  {:^22} {:^22} {:^22} {:^22}", "file", "KB", "props", "meta", "middle", "whole");
    for name in names {
        let size = std::fs::metadata(files.iter().find(|f| f.ends_with(&name)).ok_or("gone")?)?.len();
        let open = || open(&server, place, &name);
        let n = open().ok().and_then(|mut reader| reader.properties(Index::All).ok()?.n_images).unwrap_or(1);
        let cells = [
            cell(&server, || open()?.properties(Index::Auto).map(drop).map_err(Into::into)),
            cell(&server, || open()?.metadata(Index::Auto).map(drop).map_err(Into::into)),
            cell(&server, || open()?.read(n / 2).map(drop).map_err(Into::into)),
            cell(&server, || {
                let mut reader = open()?;
                match reader.read(Index::Auto) {
                    Ok(image) => drop(image),
                    Err(_) => {
                        for image in reader.into_frames() {
                            drop(image?)
                        }
                    }
                }
                Ok(())
            }),
        ];
        println!("{name:30} {:9}  {}", size / 1024, cells.join(" "));
    }
    Ok(())
}

fn open(server: &Server, place: &str, name: &str) -> Result<Reader<'static>> {
    let options = ReadOptions::new();
    Ok(match place {
        "zip" => Reader::open_with(server.url(&format!("/{name}.zip/{name}")), &options)?,
        #[cfg(feature = "object-store")]
        "s3" => {
            let object = imageio::object_store::ObjectResource::new(&format!("s3://bucket/{name}"))?
                .option("aws_endpoint", server.url(""))
                .option("aws_allow_http", "true")
                .option("aws_region", "us-east-1")
                .option("aws_skip_signature", "true");
            Reader::open_with(object, &options)?
        }
        "http" => Reader::open_with(server.url(&format!("/{name}")), &options)?,
        _ => return Err("no such place".into()),
    })
}

fn cell(server: &Server, work: impl FnOnce() -> Result<()>) -> String {
    let before = (server.asked().len(), server.sent());
    let start = Instant::now();
    let mark = if work().is_ok() { ' ' } else { '!' };
    let took = start.elapsed().as_secs_f64() * 1e3;
    let sent = (server.sent() - before.1) as f64 / 1024.0;
    format!("{:5} {sent:8.0} {took:6.0}{mark}", server.asked().len() - before.0)
}

/// An archive with one member, as photographs are stored.
fn zipped(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    let folder = std::env::temp_dir().join(format!("imageio-requests-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let zip = folder.join("a.zip");
    let member = imageio::zip::NewMember::new(&zip.display().to_string(), name).method(imageio::zip::Method::Stored);
    {
        use imageio::IntoTarget as _;
        let target = member.into_target()?;
        let mut transaction = target.begin(imageio::Atomic::Auto)?;
        std::io::Write::write_all(&mut transaction.sink()?, &bytes)?;
        transaction.commit()?;
    }
    let archive = std::fs::read(&zip)?;
    std::fs::remove_dir_all(&folder)?;
    Ok(archive)
}
