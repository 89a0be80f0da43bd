//! What is answered here is what ffprobe says, for files of many kinds.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails or is skipped says so")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use imageio_core::resource::{ImageResource, PathResource};
use imageio_core::{Limits, Options};

use super::super::{Depth, Input, container, json::Stream};
use crate::find::Tools;

/// A folder that vanishes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Option<Self> {
        if !imageio_testkit::programs::have(&["ffmpeg", "ffprobe"]) {
            return None;
        }
        let path = std::env::temp_dir().join(format!("imageio-own-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Some(Folder(path))
    }

    fn make(&self, name: &str, arguments: &str) -> Option<PathBuf> {
        let path = self.0.join(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y", "-nostdin"]).args(arguments.split_whitespace()).arg(&path);
        let done = command.current_dir(&self.0).output().unwrap();
        if !done.status.success() {
            println!("skipped {name}: {}", String::from_utf8_lossy(&done.stderr));
        }
        done.status.success().then_some(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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
    let codec = s.codec.clone().filter(|_| is_video);
    (
        (s.index, s.kind, codec, s.width, s.height, s.pixel_format.clone().filter(|_| is_video)),
        (place, is_video.then(|| s.rate()), s.duration, s.n_frames, s.time_base, s.is_default),
        (s.is_attached, s.orientation(), s.color_range.clone().filter(|_| is_video)),
    )
}

/// Compares what is said of a file; tells who answers.
fn check(path: &Path) -> Who {
    let name = path.display();
    let content: Arc<dyn ImageResource> = Arc::new(PathResource::new(path));
    let own = super::read(&content, &Limits::default());
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
fn files_of_many_kinds() {
    use Who::{All, Ffprobe, Part};
    let Some(folder) = Folder::new("kinds") else { return };
    let chapters = ";FFMETADATA1\ntitle=Two\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n\
                    [CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n";
    std::fs::write(folder.0.join("chapters.txt"), chapters).unwrap();
    let bt709 = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
    let drop = "-vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr";
    let rows: Vec<(&str, String, Who)> = vec![
        ("b_frames.mp4", format!("{SOURCE} {X264}"), All),
        ("no_b_frames.mp4", format!("{SOURCE} -c:v libx264 -bf 0"), All),
        ("fast_start.mp4", format!("{SOURCE} {X264} -movflags +faststart"), All),
        ("open.mp4", format!("{SOURCE} {X264} -x264-params open-gop=1"), All),
        ("refresh.mp4", format!("{SOURCE} -c:v libx264 -bf 0 -x264-params intra-refresh=1:keyint=12"), All),
        ("quick.mov", format!("{SOURCE} {X264}"), All),
        ("apple.m4v", format!("{SOURCE} {X264}"), All),
        ("baseline.mp4", format!("{SOURCE} -c:v libx264 -profile:v baseline"), All),
        ("main.mp4", format!("{SOURCE} -c:v libx264 -profile:v main"), All),
        ("colour.mp4", format!("{SOURCE} {X264} {bt709}"), All),
        ("full.mp4", format!("{SOURCE} -pix_fmt yuvj420p {X264}"), All),
        (
            "pq.mp4",
            format!(
                "{SOURCE} -pix_fmt yuv420p10le {X265} -tag:v hvc1 -colorspace bt2020nc -color_primaries bt2020 -color_trc smpte2084 -color_range tv"
            ),
            All,
        ),
        ("aspect.mp4", format!("{SOURCE} -vf setsar=4/3 {X264}"), All),
        ("cropped.mp4", format!("-f lavfi -i testsrc2=s=98x62:r=25:d=1 {X264}"), All),
        ("ntsc.mp4", format!("-f lavfi -i testsrc2=s=96x64:r=30000/1001 -frames:v 301 {X264}"), All),
        ("slow.mp4", format!("-f lavfi -i testsrc2=s=96x64:r=1:d=20 {X264}"), All),
        ("one.mp4", format!("{SOURCE} -frames:v 1 {X264}"), All),
        ("ten.mp4", format!("{SOURCE} -pix_fmt yuv420p10le {X264}"), All),
        ("sound.mp4", format!("{SOURCE} {SOUND} {X264} -c:a aac -metadata:s:a language=deu"), All),
        ("sound.mov", format!("{SOURCE} {SOUND} {X264} -c:a aac"), Part),
        ("six.mp4", format!("{SOURCE} {SOUND} {X264} -c:a aac -ac 6 -ar 48000"), All),
        (
            "tags.mp4",
            format!(
                "{SOURCE} {X264} -metadata title=Ä -metadata artist=B -metadata comment=C -metadata date=2020 -metadata album=D -metadata genre=E -metadata composer=F -metadata copyright=G -metadata description=H -metadata creation_time=2021-02-03T04:05:06Z"
            ),
            All,
        ),
        ("hevc.mp4", format!("{SOURCE} {X265}"), All),
        ("hevc_open.mp4", format!("{SOURCE} {X265}:open-gop=1 -tag:v hvc1"), All),
        ("y444.mp4", format!("{SOURCE} -pix_fmt yuv444p {X264}"), Part),
        ("y422.mp4", format!("{SOURCE} -pix_fmt yuv422p {X264}"), Part),
        ("hevc444.mp4", format!("{SOURCE} -pix_fmt yuv444p {X265}"), Part),
        ("interlaced.mp4", format!("{SOURCE} {X264} -flags +ildct+ilme -x264opts tff=1"), Part),
        ("varying.mp4", format!("{SOURCE} {drop} {X264}"), Part),
        ("varying_no_b.mp4", format!("{SOURCE} {drop} -c:v libx264 -bf 0"), Part),
        ("vp9.mp4", format!("{SOURCE} -c:v libvpx-vp9 -g 12"), Part),
        ("av1.mp4", "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -c:v libaom-av1 -cpu-used 8 -g 10".to_owned(), Part),
        ("mp3.mp4", format!("{SOURCE} {SOUND} {X264} -c:a libmp3lame"), Part),
        ("low_rate.mp4", format!("{SOURCE} {SOUND} {X264} -c:a aac -ar 22050"), Part),
        ("pcm.mov", format!("{SOURCE} {SOUND} {X264} -c:a pcm_s16le"), Part),
        ("chapters.mp4", format!("{SOURCE} -i chapters.txt -map_metadata 1 -map_chapters 1 {X264}"), Part),
        ("time_code.mov", format!("{SOURCE} {X264} -timecode 01:00:00:00"), Part),
        ("rotated.mov", "-i b_frames.mp4 -c copy -metadata:s:v rotate=90".to_owned(), Part),
        ("upside_down.mp4", "-i b_frames.mp4 -c copy -metadata:s:v rotate=180".to_owned(), Part),
        ("edited.mp4", "-ss 0.9 -i b_frames.mp4 -c copy".to_owned(), Ffprobe),
        ("late.mp4", "-itsoffset 0.5 -i b_frames.mp4 -c copy".to_owned(), Ffprobe),
        ("pieces.mp4", format!("{SOURCE} {X264} -movflags frag_keyframe+empty_moov"), Ffprobe),
        ("two.mp4", format!("{SOURCE} {SOURCE} -map 0 -map 1 {X264}"), Ffprobe),
        (
            "encrypted.mp4",
            format!(
                "{SOURCE} {X264} -encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8"
            ),
            Ffprobe,
        ),
        ("gray.mov", format!("{SOURCE} -pix_fmt gray -c:v png"), Ffprobe),
        ("rgb.mp4", format!("{SOURCE} -pix_fmt gbrp -c:v libx264rgb"), Ffprobe),
        ("deep422.mp4", format!("{SOURCE} -pix_fmt yuv422p10le {X264}"), Ffprobe),
        ("mpeg4.mp4", format!("{SOURCE} -c:v mpeg4"), Ffprobe),
        ("mjpeg.mov", format!("{SOURCE} -c:v mjpeg"), Ffprobe),
        ("prores.mov", format!("{SOURCE} -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444"), Ffprobe),
        ("only_sound.mp4", format!("{SOUND} -c:a aac"), Ffprobe),
        ("other.mkv", format!("{SOURCE} {X264}"), Ffprobe),
        ("other.webm", format!("{SOURCE} -c:v libvpx-vp9"), Ffprobe),
    ];
    let mut made = 0;
    let mut wrong = Vec::new();
    for (name, how, who) in &rows {
        let Some(path) = folder.make(name, how) else { continue };
        made += 1;
        let came = check(&path);
        if came != *who {
            wrong.push(format!("{name}: {came:?} answers, not {who:?}"));
        }
    }
    // An edit list that ends a little before the media does, as rounding makes it, and one that cuts a frame.
    if let Ok(content) = std::fs::read(folder.0.join("ntsc.mp4")) {
        let at = content.windows(4).position(|word| word == b"elst").unwrap() + 12;
        let length = u32::from_be_bytes(content[at..at + 4].try_into().unwrap());
        for (less, who) in [(2, All), (40, Ffprobe)] {
            let mut content = content.clone();
            content[at..at + 4].copy_from_slice(&(length - less).to_be_bytes());
            let path = folder.0.join("shorter.mp4");
            std::fs::write(&path, content).unwrap();
            assert_eq!(check(&path), who, "shorter by {less}");
        }
    }
    println!("{made} files");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(made >= 40, "only {made} files could be made");
}

#[test]
fn files_of_others() {
    let Some(root) = std::env::var_os("IMAGEIO_CORPUS").map(PathBuf::from) else {
        println!("skipped: no IMAGEIO_CORPUS");
        return;
    };
    let Some(_folder) = Folder::new("corpus") else { return };
    let mut counts = [0; 3];
    for folder in ["open/video", "standard"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if ["mp4", "mov", "m4v", "mkv", "webm"].contains(&name) {
                let who = check(&path);
                println!("{}: {who:?}", path.display());
                counts[who as usize] += 1;
            }
        }
    }
    assert!(counts[0] + counts[1] >= 9 && counts.iter().sum::<usize>() >= 15, "{counts:?}");
}
