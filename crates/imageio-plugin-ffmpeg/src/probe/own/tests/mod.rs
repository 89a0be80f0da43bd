//! What is answered here is what ffprobe says, for files of many kinds.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

mod avi;
mod damage;
mod matroska;
mod mp4;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use imageio_core::resource::{ImageResource, PathResource};
use imageio_core::{Limits, Options};
use imageio_testkit::videos::Folder;

use super::super::{Depth, Input, container, json::Stream};
use crate::find::Tools;

/// `None`, and a word about it, where there is no ffmpeg.
fn folder() -> Option<Folder> {
    imageio_testkit::programs::have(&["ffmpeg", "ffprobe"]).then(Folder::new)
}

/// Makes files and compares what is said of them; at least so many have to come about.
fn hold(folder: &Folder, rows: &[(&str, String, Who)], at_least: usize) {
    let mut made = 0;
    let mut wrong = Vec::new();
    for (name, how, who) in rows {
        let Some(path) = folder.make(name, how) else { continue };
        made += 1;
        let came = check(&path);
        if came != *who {
            wrong.push(format!("{name}: {came:?} answers, not {who:?}"));
        }
    }
    println!("{made} files");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(made >= at_least, "only {made} files could be made");
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Everything is answered here.
    All,
    /// What reading needs.
    Part,
    Ffprobe,
}

/// What reading needs of a stream.
fn needed(s: &Stream) -> impl PartialEq + std::fmt::Debug {
    let deep = s.pixel_format.as_deref().is_some_and(|f| f.ends_with("10le"));
    let place = s.chroma_location.clone().filter(|_| deep && s.pixel_format.as_deref() == Some("yuv420p10le"));
    let is_video = s.kind == super::Kind::Video;
    let is_other = s.kind == super::Kind::Other;
    let codec = s.codec.clone().filter(|_| is_video);
    (
        (s.index, s.kind, codec, s.width, s.height, s.pixel_format.clone().filter(|_| is_video)),
        (place, is_video.then(|| s.rate()), s.duration.filter(|_| !is_other), s.n_frames, s.time_base, s.is_default),
        (s.is_attached, s.orientation(), s.color_range.clone().filter(|_| is_video)),
    )
}

/// Compares what is said of a file; tells who answers.
fn check(path: &Path) -> Who {
    let name = path.display();
    let content: Arc<dyn ImageResource> = Arc::new(PathResource::new(path));
    let own = super::read(&content, &Limits::default()).ok().and_then(|mut own| {
        if let Some(listing) = &own.listing {
            let index = super::list(&content, listing, &Limits::default(), false)?;
            own.indices.insert(listing.stream, index);
        }
        Some(own)
    });
    let tools = Tools::find(&Options::new()).unwrap();
    let Some(own) = own else { return Who::Ffprobe };
    let (theirs, indices) = container(&tools, &Input::file(path), &Limits::default(), Depth::Packets).unwrap();
    assert!(theirs.log.is_empty(), "{name}: {:?}", theirs.log);
    assert_eq!(own.container.streams.len(), theirs.streams.len(), "{name}");
    for (own, theirs) in own.container.streams.iter().zip(&theirs.streams) {
        assert_eq!(needed(own), needed(theirs), "{name}");
    }
    assert_eq!(own.container.format, theirs.format, "{name}");
    assert_eq!(own.container.duration, theirs.duration, "{name}");
    for (stream, index) in &own.indices {
        let theirs = &indices[stream];
        assert_eq!(index.n_packets(), theirs.n_packets(), "{name}");
        for at in 0..index.n_packets() {
            let (mut a, mut b) = (*index.packet(at).unwrap(), *theirs.packet(at).unwrap());
            if !index.has_lengths {
                (a.duration, b.duration) = (None, None);
            }
            assert_eq!(a, b, "{name}: packet {at}");
        }
        assert_eq!((index.times(), index.keys()), (theirs.times(), theirs.keys()), "{name}");
    }
    if !own.is_complete {
        return Who::Part;
    }
    let (mut own, mut theirs) = (own.container, theirs);
    for container in [&mut own, &mut theirs] {
        container.tags.sort();
        container.streams.iter_mut().for_each(|stream| stream.tags.sort());
    }
    assert_eq!(own, theirs, "{name}");
    Who::All
}

const SOURCE: &str = "-f lavfi -i testsrc2=s=96x64:r=25:d=2";
const SOUND: &str = "-f lavfi -i sine=d=2:r=44100";
const X264: &str = "-c:v libx264 -preset veryfast -bf 3 -g 12";
const X265: &str = "-c:v libx265 -x265-params log-level=none:keyint=12";

#[test]
fn files_of_others() {
    let Some(root) = std::env::var_os("IMAGEIO_CORPUS").map(PathBuf::from) else {
        println!("skipped: no IMAGEIO_CORPUS");
        return;
    };
    let Some(_folder) = folder() else { return };
    let mut counts = [0; 3];
    for folder in ["open/video", "standard"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if ["mp4", "mov", "m4v", "mkv", "webm", "avi"].contains(&name) {
                let who = check(&path);
                println!("{}: {who:?}", path.display());
                counts[who as usize] += 1;
            }
        }
    }
    assert!(counts[0] + counts[1] >= 9 && counts.iter().sum::<usize>() >= 15, "{counts:?}");
}

/// A file that counts the bytes that are read of it.
#[derive(Debug)]
struct Counted {
    path: PathResource,
    bytes: Arc<std::sync::atomic::AtomicU64>,
}

struct CountedStream(std::fs::File, Arc<std::sync::atomic::AtomicU64>);

impl ImageResource for Counted {
    fn name(&self) -> std::borrow::Cow<'_, str> {
        self.path.name()
    }

    fn open_read<'r>(self: Arc<Self>) -> imageio_core::Result<Box<dyn imageio_core::resource::ReadSeek + 'r>>
    where
        Self: 'r,
    {
        let file = std::fs::File::open(self.path.local_path().unwrap())?;
        // What is read ahead counts as well.
        Ok(Box::new(std::io::BufReader::with_capacity(256, CountedStream(file, Arc::clone(&self.bytes)))))
    }
}

impl std::io::Read for CountedStream {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(into)?;
        self.1.fetch_add(n as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(n)
    }
}

impl std::io::Seek for CountedStream {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

/// Of megabytes of pictures, a few kilobytes say what there is to say, and a few more list them.
#[test]
fn headers_alone_are_read() {
    let Some(folder) = folder() else { return };
    let noise = "-f lavfi -i testsrc2=s=640x480:r=25:d=2 -vf noise=alls=90:allf=t:all_seed=7 -pix_fmt yuv420p";
    let mut met = 0;
    for (name, codec) in [
        ("a.mkv", "-c:v libx264 -preset ultrafast -qp 12"),
        ("b.webm", "-c:v libvpx-vp9 -b:v 60M -deadline realtime -cpu-used 8"),
        ("c.avi", "-c:v mpeg4 -q:v 1"),
        ("d.avi", "-c:v mjpeg -q:v 1"),
        ("e.mkv", "-c:v ffv1 -level 3"),
    ] {
        let Some(path) = folder.make(name, &format!("{noise} {codec}")) else { continue };
        met += 1;
        let bytes = Arc::default();
        let counted = Counted { path: PathResource::new(&path), bytes: Arc::clone(&bytes) };
        let content: Arc<dyn ImageResource> = Arc::new(counted);
        let count = || bytes.swap(0, std::sync::atomic::Ordering::Relaxed);
        let own = super::read(&content, &Limits::default()).unwrap();
        let (header, size) = (count(), path.metadata().unwrap().len());
        let index = super::list(&content, own.listing.as_ref().unwrap(), &Limits::default(), false).unwrap();
        let listed = count();
        println!("{name}: {size} bytes, {header} for the header, {listed} for {} packets", index.n_packets());
        assert!(own.is_complete && index.n_packets() == 50, "{name}");
        assert!(size > 4 << 20 && header < 16 << 10 && listed < 128 << 10, "{name}: {header}, {listed}");
    }
    assert_eq!(met, 5);
}
