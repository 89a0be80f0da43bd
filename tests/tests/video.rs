//! Video wherever it may lie: the program that decodes it takes nothing but paths.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

#[path = "places/servers.rs"]
mod servers;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use imageio::resource::{ImageResource, MemoryResource};
use imageio::{Index, IntoResource, Reader, Stream, v3 as iio};
use imageio_tests::Scratch;

use self::servers::{Nginx, certificate};

const VIDEOS: [&str; 4] = ["b_frames.mp4", "turned.mov", "ffv1.mkv", "varying.webm"];

fn file(name: &str) -> PathBuf {
    imageio_tests::folder().join("corpus/ffmpeg").join(name)
}

/// Puts the videos into an archive, as they are and compressed; `false`, where there is no Python to do it.
fn zipped(archive: &Path) -> bool {
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\nfor f in sys.argv[2:]:\n  for kind, how in \
                  (('stored', zipfile.ZIP_STORED), ('deflated', zipfile.ZIP_DEFLATED)):\n    \
                  z.write(f, kind + '_' + f.rsplit('/', 1)[-1], how)\nz.close()";
    let mut command = Command::new(imageio_tests::peers().unwrap_or_else(|| PathBuf::from("python3")));
    command.args(["-c", script]).arg(archive).args(VIDEOS.map(file));
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn a_video_in_every_place() {
    imageio::install();
    if !imageio_testkit::programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let scratch = Scratch::new();
    let served = scratch.path("served");
    std::fs::create_dir_all(&served).unwrap();
    let nginx = Nginx::start(&scratch, &served, &certificate(&scratch));
    let archive = scratch.path("a.zip");
    let has_archive = zipped(&archive);
    let mut n = 0;
    for name in VIDEOS {
        let path = file(name);
        let content = std::fs::read(&path).unwrap();
        std::fs::write(served.join(name), &content).unwrap();
        let memory = || MemoryResource::new(content.clone()).named(name);
        let mut places: Vec<(&str, Arc<dyn ImageResource + '_>)> = vec![
            ("bytes", Arc::new(memory())),
            ("a stream", Stream::named(Cursor::new(content.clone()), name).into_resource().unwrap()),
        ];
        for kind in ["stored", "deflated"].into_iter().filter(|_| has_archive) {
            places.push((kind, format!("{}/{kind}_{name}", archive.display()).into_resource().unwrap()));
        }
        if let Some(nginx) = &nginx {
            places.push(("the network", format!("{}/ranges/{name}", nginx.http).into_resource().unwrap()));
        }
        let expected = iio::imread(&path).unwrap();
        let props = iio::improps(&path).unwrap();
        for (label, place) in places {
            let mut reader = Reader::open(place).unwrap();
            assert_eq!(reader.properties(Index::All).unwrap(), props, "{name} from {label}");
            let last = props.shape[0] - 1;
            assert!(reader.read(last).unwrap() == expected.index_first(last).unwrap(), "{name} from {label}");
            assert!(reader.read(Index::All).unwrap() == expected, "{name} from {label}");
            n += 1;
        }
    }
    let network = if nginx.is_none() { ", none of them on the network" } else { "" };
    println!("{n} places{network}{}", if has_archive { "" } else { ", none of them in an archive" });
    assert!(n >= 8, "{n}");
}
