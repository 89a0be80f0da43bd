//! Headers and packets of damaged files, by the thousand: an answer or none, never a panic, never long, never much memory.

use std::time::{Duration, Instant};

use imageio_core::resource::MemoryResource;
use imageio_testkit::damage::Seed;

use super::*;

/// Far beyond what takes a millisecond; a hang shows, a busy machine does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// Variants of each file.
const VARIANTS: u64 = 300;

/// Asks for everything that is known without ffprobe; `true` if there is an answer.
fn ask(content: Vec<u8>) -> bool {
    let content: Arc<dyn ImageResource> = Arc::new(MemoryResource::new(content));
    let limits = Limits::default();
    let Ok(mut own) = super::super::read(&content, &limits) else { return false };
    if let Some(listing) = &own.listing {
        for at_once in [false, true] {
            if let Some(index) = super::super::list(&content, listing, &limits, at_once) {
                own.indices.insert(listing.stream, index);
            }
        }
    }
    for stream in &own.container.streams {
        let _ = (stream.orientation(), stream.rate());
        let Some(index) = own.indices.get(&stream.index) else { continue };
        let _ = (index.n_frames(&own.container, stream), index.keys());
        for time in index.times().into_iter().flatten() {
            if let Some(places) = index.places() {
                let _ = places.before(time, 3);
            }
        }
    }
    true
}

#[test]
fn damaged_files() {
    let Some(folder) = folder() else { return };
    let variants = std::env::var("IMAGEIO_TEST_DAMAGE").ok().and_then(|n| n.parse().ok()).unwrap_or(VARIANTS);
    let source = "-f lavfi -i testsrc2=s=48x32:r=25:d=1";
    let sound = "-f lavfi -i sine=d=1:r=44100";
    let drop = "-vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr";
    let rows = [
        ("a.mp4", format!("{source} {X264} -movflags +faststart")),
        ("sound.mp4", format!("{source} {sound} {X264} -c:a aac -metadata title=a")),
        ("hevc.mp4", format!("{SOURCE} {X265}")),
        ("vp9.mp4", format!("{source} -c:v libvpx-vp9")),
        ("av1.mp4", format!("{source} -t 0.3 -c:v libaom-av1 -cpu-used 8")),
        ("fragments.mp4", format!("{source} {X264} -movflags frag_keyframe+empty_moov")),
        ("varying.mp4", format!("{source} {drop} {X264}")),
        ("turned.mov", format!("{source} {X264} -metadata:s:v rotate=90")),
        ("two.mp4", format!("{source} {source} -map 0 -map 1 {X264}")),
        ("a.mkv", format!("{source} {X264} -metadata title=a")),
        ("sound.mkv", format!("{source} {sound} {X264} -c:a libopus")),
        ("hevc.mkv", format!("{SOURCE} {X265}")),
        ("a.webm", format!("{source} -c:v libvpx")),
        ("b.webm", format!("{source} {drop} -c:v libvpx-vp9")),
        ("alpha.webm", format!("{source} -t 0.3 -pix_fmt yuva420p -c:v libvpx-vp9")),
        ("av1.webm", format!("{source} -t 0.3 -c:v libaom-av1 -cpu-used 8")),
        ("ffv1.mkv", format!("{source} -t 0.2 -c:v ffv1 -level 3")),
        ("mjpeg.mkv", format!("{source} -t 0.2 -pix_fmt yuvj420p -c:v mjpeg")),
        ("mpeg4.mkv", format!("{source} -c:v mpeg4")),
        ("a.avi", format!("{source} -c:v mpeg4 -metadata title=a")),
        ("b.avi", format!("{source} -c:v mpeg4 -bf 2")),
        ("c.avi", format!("{source} -t 0.2 -pix_fmt yuvj422p -c:v mjpeg")),
        ("d.avi", format!("{source} -t 0.1 -c:v huffyuv")),
        ("e.avi", format!("{source} -t 0.2 -pix_fmt bgr24 -c:v rawvideo")),
        ("sound.avi", format!("{source} {sound} -c:v mpeg4 -c:a mp2")),
    ];
    let (mut made, mut answered, mut longest) = (0, 0, (Duration::ZERO, String::new()));
    for (name, how) in &rows {
        let Some(path) = folder.make(name, how) else { continue };
        made += 1;
        let seed = Seed::new(std::fs::read(&path).unwrap());
        for number in 0..variants {
            let content = seed.damaged(number);
            let start = Instant::now();
            let outcome = std::panic::catch_unwind(|| ask(content));
            let took = start.elapsed();
            assert!(outcome.is_ok(), "{name}: variant {number}");
            assert!(took < PATIENCE, "{name}: variant {number} took {took:?}");
            answered += u64::from(outcome.is_ok_and(|answer| answer));
            if took > longest.0 {
                longest = (took, format!("{name}: variant {number}"));
            }
        }
    }
    println!("{made} files, {variants} variants of each, {answered} answered, the longest {longest:?}");
    assert!(made >= 20, "only {made} files could be made");
    assert!(answered > made * variants / 20, "{answered} of {made} times {variants} are hardly damaged any deeper");
}
