//! The same file in every place: whatever the place, a read, the properties, the metadata and the iteration give the
//! same. One row for every kind of file that the corpus has, one column for every kind of place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test that fails says so")]

#[path = "places/local.rs"]
mod local;
#[path = "places/network.rs"]
mod network;
#[path = "places/samples.rs"]
mod samples;
#[path = "places/servers.rs"]
mod servers;

use std::sync::Arc;

use imageio::{ImageResource, Index, NdImage, v3 as iio};
use imageio_testkit::digest;

use self::samples::Sample;

/// One kind of place, with everything it needs to run: a folder, a server.
pub struct Place {
    /// The column's name.
    name: &'static str,
    /// Puts a file there, and says how to get at it.
    put: Box<dyn Fn(&Sample) -> Found>,
}

/// How a file can be had from a place.
pub enum Found {
    /// As a resource of this process.
    Here(Arc<dyn ImageResource>),
    /// Another process read it, and says what it got: see [`fingerprint`].
    Read(String),
    /// The place is not for such files.
    #[allow(dead_code, reason = "the local places take every file")]
    NotFor(&'static str),
}

impl Place {
    /// A column of that name; `put` is called once for each file.
    pub fn new(name: &'static str, put: impl Fn(&Sample) -> Found + 'static) -> Self {
        Place { name, put: Box::new(put) }
    }
}

/// What a read gave, in one line.
fn fingerprint(image: &NdImage) -> String {
    format!("{} {:?} {}", image.dtype(), image.shape(), digest::sha256(image))
}

/// Everything that the reading functions say of a resource, in lines.
fn everything(place: &Arc<dyn ImageResource>) -> Vec<String> {
    let resource = || Arc::clone(place);
    let properties = iio::improps(resource()).unwrap();
    let mut lines = vec![
        fingerprint(&iio::imread(resource()).unwrap()),
        format!("{:?} {} {:?}", properties.shape, properties.dtype, properties.n_images),
        iio::immeta(resource()).unwrap().to_string(),
    ];
    lines.extend(iio::imiter(resource()).unwrap().map(|frame| fingerprint(&frame.unwrap())));
    let mut reader = iio::imopen(resource(), iio::Read).unwrap();
    lines.push(format!("last {}", fingerprint(&reader.read(Index::FromEnd(1)).unwrap())));
    lines
}

/// What the place gives is what the file gives, also to several readers at once.
fn compare(place: &Place, sample: &Sample, expected: &[String]) {
    let label = format!("{} from {}", sample.label(), place.name);
    match (place.put)(sample) {
        Found::Here(resource) => {
            assert_eq!(everything(&resource), expected, "{label}");
            let read = || fingerprint(&iio::imread(Arc::clone(&resource)).unwrap());
            let (first, second) = std::thread::scope(|scope| {
                let other = scope.spawn(read);
                (read(), other.join().unwrap())
            });
            assert_eq!((&first, &second), (&expected[0], &expected[0]), "{label}, twice at once");
        }
        Found::Read(line) => assert_eq!(line, expected[0], "{label}"),
        Found::NotFor(why) => println!("{label}: {why}"),
    }
}

/// The table: `places` against every kind of file.
fn table(places: &[Place]) -> usize {
    imageio::install();
    let samples = samples::all();
    let mut cells = 0;
    for sample in &samples {
        let path: Arc<dyn ImageResource> = Arc::new(imageio::resource::PathResource::new(&sample.path));
        let expected = everything(&path);
        for place in places {
            compare(place, sample, &expected);
            cells += 1;
        }
    }
    println!("{} files from {} places: {cells} combinations agree", samples.len(), places.len());
    cells
}

#[test]
fn local_places() {
    let places = local::places();
    assert!(places.len() >= 14, "{} places", places.len());
    let cells = table(&places);
    assert!(cells >= 17 * places.len(), "{cells} combinations");
}
