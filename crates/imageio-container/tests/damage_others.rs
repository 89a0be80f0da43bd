//! Damaged headers of Matroska and AVI give a doubt, or an answer that is within bounds; never a panic, never much
//! memory, never many steps.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

mod common;

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use imageio_container::{Doubt, avi, h264, matroska, mjpeg, mpeg4};

/// A file that counts what is read of it.
struct Counting<'b> {
    inner: Cursor<&'b [u8]>,
    bytes: usize,
    calls: usize,
}

impl<'b> Counting<'b> {
    fn new(content: &'b [u8]) -> Self {
        Counting { inner: Cursor::new(content), bytes: 0, calls: 0 }
    }
}

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.calls += 1;
        let n = self.inner.read(into)?;
        self.bytes += n;
        Ok(n)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(name)).unwrap()
}

/// Reads a file and goes through its blocks; gives their number.
fn go_through(content: &[u8]) -> Result<usize, Doubt> {
    let mut file = Counting::new(content);
    let segment = matroska::read(&mut file, 1 << 20)?;
    let mut blocks = segment.blocks();
    let (mut n, mut failed) = (0, None);
    loop {
        match blocks.next(&mut file) {
            Ok(Some(block)) => {
                assert!(block.at + block.size <= content.len() as u64);
                n += 1;
            }
            Ok(None) => break,
            Err(doubt) => {
                failed = Some(doubt);
                break;
            }
        }
    }
    // Two bytes are the least that an element takes up.
    assert!(file.calls <= content.len() / 2 + 400, "{} calls for {} bytes", file.calls, content.len());
    failed.map_or(Ok(n), Err)
}

fn go_through_avi(content: &[u8]) -> Result<usize, Doubt> {
    let mut file = Counting::new(content);
    let movie = avi::read(&mut file, 1 << 20)?;
    let entries = movie.entries(&mut file, 1 << 20)?;
    assert!(entries.is_none_or(|list| list.len() * 16 <= content.len()));
    let mut chunks = movie.chunks();
    let mut n = 0;
    while let Some(chunk) = chunks.next(&mut file)? {
        assert!(chunk.at + chunk.size <= content.len() as u64 && chunk.stream < movie.streams.len());
        n += 1;
    }
    assert!(file.calls <= content.len() / 8 + 400, "{} calls for {} bytes", file.calls, content.len());
    Ok(n)
}

#[test]
fn whole_files_are_read() {
    assert_eq!(go_through(&file("corpus/ffmpeg/ffv1.mkv")), Ok(5));
    let varying = file("corpus/ffmpeg/varying.webm");
    let segment = matroska::read(&mut Cursor::new(&varying), 1 << 20).unwrap();
    assert_eq!((segment.tracks.len(), segment.tracks[0].codec.as_str()), (1, "V_VP9"));
    assert!(segment.duration > 0.0 && segment.tracks[0].picture.width > 0);
    let codec = file("bad/ffmpeg/codec.avi");
    let movie = avi::read(&mut Cursor::new(&codec), 1 << 20).unwrap();
    assert_eq!((movie.streams.len(), &movie.streams[0].kind), (1, b"vids"));
    assert!(go_through_avi(&codec).unwrap() > 0);
}

#[test]
fn headers_alone_are_read() {
    // As many bytes of pictures as there may be, none of which are looked at.
    let mut content = file("corpus/ffmpeg/ffv1.mkv");
    let header = {
        let mut file = Counting::new(&content);
        matroska::read(&mut file, 1 << 20).unwrap();
        file.bytes
    };
    assert!(header < 2000, "{header}");
    assert!(matroska::read(&mut Cursor::new(&content), 100).is_err(), "a header that takes up more than may be");
    content.extend([0; 100]);
    assert_eq!(go_through(&content), Err(Doubt("something follows the segment")));
}

#[test]
fn every_byte_and_every_length() {
    for name in ["corpus/ffmpeg/ffv1.mkv", "corpus/ffmpeg/varying.webm", "bad/ffmpeg/truncated.mkv"] {
        let content = file(name);
        let end = content.len().min(1200);
        for k in 0..end {
            for value in [0, 1, 0x7f, 0xff, content[k] ^ 0x80, content[k].wrapping_add(1)] {
                let mut damaged = content.clone();
                damaged[k] = value;
                let _ = go_through(&damaged);
            }
        }
        for length in 0..content.len() {
            assert!(go_through(&content[..length]).is_err(), "{name} cut at {length}");
        }
    }
    let content = file("bad/ffmpeg/codec.avi");
    for k in 0..content.len().min(6000) {
        for value in [0, 1, 0x7f, 0xff, content[k] ^ 0x80, content[k].wrapping_add(1)] {
            let mut damaged = content.clone();
            damaged[k] = value;
            let _ = go_through_avi(&damaged);
        }
    }
    for length in 0..content.len() {
        assert!(go_through_avi(&content[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn lengths_that_lie_cost_nothing() {
    // A track whose private data is said to have more bytes than there are, a list of parts that leads to itself, and
    // elements in one another.
    let ebml = [0x1a, 0x45, 0xdf, 0xa3, 0x8b, 0x42, 0x82, 0x88, b'm', b'a', b't', b'r', b'o', b's', b'k', b'a'];
    let segment = |inside: &[u8]| {
        let length = (inside.len() as u64 | 1 << 56).to_be_bytes();
        [&ebml[..], &[0x18, 0x53, 0x80, 0x67], &length, inside].concat()
    };
    let lie = [0x16, 0x54, 0xae, 0x6b, 0x01, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert!(go_through(&segment(&lie)).is_err());
    let itself = [0x11, 0x4d, 0x9b, 0x74, 0x8e, 0x4d, 0xbb, 0x8b, 0x53, 0xab, 0x84, 0x11, 0x4d, 0x9b, 0x74];
    let itself = [&itself[..], &[0x53, 0xac, 0x81, 0], &[0x1f, 0x43, 0xb6, 0x75, 0x80]].concat();
    assert!(go_through(&segment(&itself)).is_err());
    let many: Vec<u8> = [0xec, 0x80].repeat(100_000);
    assert_eq!(go_through(&segment(&many)), Err(Doubt("the file has very many parts")));
    let deep: Vec<u8> =
        (0..20_000_u32).rev().flat_map(|n| [&[0x67, 0xc8][..], &(n | 0x1000_0000).to_be_bytes()].concat()).collect();
    let tags = [&[0x12, 0x54, 0xc3, 0x67][..], &(deep.len() as u32 | 0x1000_0000).to_be_bytes(), &deep].concat();
    assert!(go_through(&segment(&tags)).is_err());
}

#[test]
fn noise() {
    common::noise(|bytes| {
        let _ = go_through(bytes);
        let _ = go_through_avi(&[&b"RIFF\x70\0\0\0AVI LIST\x60\0\0\0hdrl"[..], bytes].concat());
        let _ = mjpeg::frame(&[&[0xff, 0xd8, 0xff][..], bytes].concat());
        let _ = mpeg4::layer(&[&[0, 0, 1, 0x20][..], bytes].concat());
        let _ = h264::start(&[&[6][..], bytes].concat());
    });
}
