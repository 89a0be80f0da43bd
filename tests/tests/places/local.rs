//! The columns that need no network.

use std::io::{Cursor, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;

use imageio::resource::MemoryResource;
use imageio::{IntoResource, Pipe, Stream, v3 as iio};
use imageio_testkit::streams::OneByte;

use super::{Found, Place, Sample, fingerprint};

/// The content under its name, which some formats are told by.
fn copy(sample: &Sample) -> Cursor<Arc<[u8]>> {
    Cursor::new(Arc::clone(&sample.bytes))
}

fn here(place: impl IntoResource<'static>) -> Found {
    Found::Here(place.into_resource().unwrap())
}

/// Every local place.
pub fn places() -> Vec<Place> {
    vec![
        Place::new("a path", |s| here(s.path.as_path())),
        Place::new("a file: URI", |s| here(format!("file://{}", s.path.to_str().unwrap().replace(' ', "%20")))),
        Place::new("an open file", |s| {
            let name = s.name.clone();
            here(Stream::named(std::fs::File::open(&s.path).unwrap(), name))
        }),
        Place::new("bytes", |s| here(MemoryResource::new(Arc::clone(&s.bytes)).named(s.name.clone()))),
        Place::new("a stream", |s| here(Stream::named(copy(s), s.name.clone()))),
        Place::new("a stream of single bytes", |s| here(Stream::named(OneByte(copy(s)), s.name.clone()))),
        Place::new("a stream that begins later", |s| {
            let mut all = b"what comes before".to_vec();
            all.extend_from_slice(&s.bytes);
            let mut cursor = Cursor::new(all);
            cursor.set_position(17);
            here(Stream::named(cursor, s.name.clone()))
        }),
        Place::new("a pipe", |s| here(Pipe::named(copy(s), s.name.clone()))),
        Place::new("a pipe of single bytes", |s| here(Pipe::named(OneByte(copy(s)), s.name.clone()))),
        Place::new("standard input", |s| Found::Read(by_stdin(s))),
    ]
}

/// Another process of this very program reads the file from its standard input.
fn by_stdin(sample: &Sample) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "local::reads_standard_input", "--nocapture"]).env(CHILD, &sample.name);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = Arc::clone(&sample.bytes);
    let feeder = std::thread::spawn(move || std::io::copy(&mut &*bytes, &mut input));
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    feeder.join().unwrap().unwrap();
    said.lines().find_map(|line| line.split_once("got: ")).expect("the child says what it got").1.to_owned()
}

/// Set for the process that reads standard input: the file's name.
const CHILD: &str = "IMAGEIO_TEST_STDIN";

/// Run by [`by_stdin`]; by itself it does nothing.
#[test]
fn reads_standard_input() {
    let Ok(name) = std::env::var(CHILD) else { return };
    imageio::install();
    println!("got: {}", fingerprint(&iio::imread(Pipe::named(std::io::stdin(), name)).unwrap()));
}
