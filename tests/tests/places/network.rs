//! The columns that are servers.

use std::path::PathBuf;
use std::sync::Arc;

use imageio::ftp::FtpResource;
use imageio::http::HttpResource;
use imageio::{IntoResource, IntoTarget};
use imageio_tests::Scratch;

use super::servers::{Bucket, Certificate, Nginx, Script, certificate};
use super::{Found, Place, Sample, table};

/// What runs while the table is checked.
struct Servers {
    scratch: Scratch,
    folder: PathBuf,
    certificate: Certificate,
}

fn here(resource: impl IntoResource<'static>) -> Found {
    Found::Here(resource.into_resource().unwrap())
}

/// The path of a sample's address, encoded.
fn name(sample: &Sample) -> String {
    sample.label().replace(' ', "%20")
}

/// Puts the file into the folder that is served.
fn serve(folder: &std::path::Path, sample: &Sample) {
    let path = folder.join(sample.label());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, &sample.bytes).unwrap();
}

impl Servers {
    fn new() -> Self {
        let scratch = Scratch::new();
        let folder = scratch.path("served");
        std::fs::create_dir_all(&folder).unwrap();
        let certificate = certificate(&scratch);
        Servers { scratch, folder, certificate }
    }
}

fn http_places(servers: &Servers, nginx: &Nginx) -> Vec<Place> {
    let place = |label: &'static str, base: String| {
        let (folder, ca) = (servers.folder.clone(), servers.certificate.certificate.clone());
        Place::new(label, move |s| {
            serve(&folder, s);
            here(HttpResource::new(&format!("{base}/{}", name(s))).unwrap().ca_file(&ca))
        })
    };
    vec![
        place("HTTP with ranges", format!("{}/ranges", nginx.http)),
        place("HTTP without ranges", format!("{}/plain", nginx.http)),
        place("HTTPS", format!("{}/ranges", nginx.https)),
    ]
}

fn ftp_place(label: &'static str, servers: &Servers, server: &Script, base: &str) -> Place {
    let (folder, ca) = (servers.folder.clone(), servers.certificate.certificate.clone());
    let base = format!("{base}:{}", server.port);
    let implicit = label == IMPLICIT;
    Place::new(label, move |s| {
        serve(&folder, s);
        let resource = FtpResource::new(&format!("{base}/{}", name(s))).unwrap().ca_file(&ca);
        here(if implicit { resource.implicit_tls() } else { resource })
    })
}

const IMPLICIT: &str = "FTPS from the first byte on";

/// The file in a bucket, put there by a write of this library.
fn bucket_place(bucket: Arc<Bucket>) -> Place {
    Place::new(bucket.label, move |s| {
        let target = bucket.object(&s.label()).into_target().unwrap();
        let mut transaction = target.begin(imageio::Atomic::Auto).unwrap();
        std::io::Write::write_all(&mut transaction.sink().unwrap(), &s.bytes).unwrap();
        transaction.commit().unwrap();
        here(bucket.object(&s.label()))
    })
}

#[test]
fn places_on_the_network() {
    let servers = Servers::new();
    let mut places = Vec::new();
    let nginx = Nginx::start(&servers.scratch, &servers.folder, &servers.certificate);
    places.extend(nginx.iter().flat_map(|nginx| http_places(&servers, nginx)));
    let ftp = Script::ftp(&servers.folder, None);
    places.extend(ftp.iter().map(|ftp| ftp_place("FTP", &servers, ftp, "ftp://127.0.0.1")));
    places.extend(ftp.iter().map(|ftp| ftp_place("FTP with a password", &servers, ftp, "ftp://me:secret@127.0.0.1")));
    let ftps = Script::ftp(&servers.folder, Some(&servers.certificate));
    places.extend(ftps.iter().map(|ftps| ftp_place("FTPS", &servers, ftps, "ftps://me:secret@127.0.0.1")));
    let ftps = Script::ftp_implicit(&servers.folder, &servers.certificate);
    places.extend(ftps.iter().map(|ftps| ftp_place(IMPLICIT, &servers, ftps, "ftps://me:secret@127.0.0.1")));
    places.extend(Bucket::all().into_iter().map(|bucket| bucket_place(Arc::new(bucket))));
    if places.is_empty() {
        return;
    }
    let cells = table(&places);
    assert!(cells >= 17 * places.len(), "{cells} combinations");
}
