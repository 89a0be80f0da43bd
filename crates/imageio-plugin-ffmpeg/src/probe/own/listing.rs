//! Packets that no table in the header lists: going from one to the next, without reading what is in them.

use std::io::{Read, Seek, SeekFrom};

use imageio_container::avi::Movie;
use imageio_container::matroska::Segment;
use imageio_container::{Doubt, av1, h264, mpeg4, vp8, vp9};

use super::super::packets::{Index, Packet};
use super::pictures::Codec;

/// Packets that are listed at most.
const PACKETS: usize = 20_000_000;
/// Units of a picture that come before its slices, and bytes of each that are looked at.
const UNITS: usize = 64;
const UNIT: u64 = 4096;

/// How the packets of a stream are found.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// The stream.
    pub stream: u32,
    pub what: What,
}

/// By what.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Matroska {
        segment: Box<Segment>,
        track: u64,
        /// Units of time of a frame.
        length: Option<u64>,
        /// Units of time by which the decoder is late.
        delay: i64,
        codec: Codec,
        nal_length: Option<usize>,
    },
    Avi {
        movie: Box<Movie>,
        codec: Codec,
    },
}

impl Listing {
    /// Lists the packets.
    pub fn index(&self, file: &mut (impl Read + Seek)) -> Result<Index, Doubt> {
        match &self.what {
            What::Matroska { segment, track, length, delay, codec, nal_length, .. } => {
                matroska(file, segment, *track, *length, *delay, (*codec, *nal_length))
            }
            What::Avi { movie, codec } => avi(file, movie, self.stream as usize, *codec),
        }
    }
}

fn matroska(
    file: &mut (impl Read + Seek),
    segment: &Segment,
    track: u64,
    length: Option<u64>,
    delay: i64,
    (codec, nal_length): (Codec, Option<usize>),
) -> Result<Index, Doubt> {
    let mut packets = Vec::new();
    let mut shown = 0;
    let mut blocks = segment.blocks();
    while let Some(block) = blocks.next(file)? {
        if block.track != track {
            continue;
        }
        if block.is_laced || block.size == 0 || packets.len() >= PACKETS {
            return Err(Doubt("a block holds no single picture"));
        }
        let place = (block.at, block.size);
        let mut head = || {
            let mut head = [0; 64];
            let n = block.size.min(64) as usize;
            read(file, block.at, &mut head[..n]).map(|()| (head, n))
        };
        // ffmpeg looks for itself, and what the container says has to agree.
        let is_key = match (codec, nal_length) {
            (Codec::H264, Some(length)) => is_key_of_h264(file, place, length)?,
            (Codec::Vp8, _) => {
                let (head, n) = head()?;
                let (is_key, is_shown) = vp8::is_key_and_shown(&head[..n]).ok_or(Doubt("a frame is empty"))?;
                shown += usize::from(is_shown);
                Some(is_key)
            }
            (Codec::Vp9, _) => head().map(|(head, n)| vp9::is_key(&head[..n]))?,
            (Codec::Av1, _) => {
                let (head, n) = head()?;
                av1::is_key(&head[..n]).or(Some(false).filter(|_| !block.is_key))
            }
            (Codec::Mpeg4, _) => {
                let (head, n) = head()?;
                mpeg4::is_key_and_bidirectional(&head[..n]).map(|(is_key, _)| is_key)
            }
            _ => Some(block.is_key),
        };
        if is_key != Some(block.is_key) {
            return Err(Doubt("the container and the codec disagree on where decoding may begin"));
        }
        let duration = block.duration.filter(|n| *n > 0).or(length).and_then(|n| i64::try_from(n).ok());
        packets.push(Packet {
            pts: Some(block.time - delay),
            duration,
            size: Some(block.size),
            is_key: block.is_key,
            is_hidden: false,
            is_corrupt: false,
        });
    }
    let mut index = Index::new(packets, Vec::new());
    index.n_shown = (codec == Codec::Vp8).then_some(shown);
    Ok(index)
}

/// Every chunk is a picture that is shown as long as any other; an empty one stands for the picture before it.
fn avi(file: &mut (impl Read + Seek), movie: &Movie, stream: usize, codec: Codec) -> Result<Index, Doubt> {
    let mut packets = Vec::new();
    let mut chunks = movie.chunks();
    let mut time = 0;
    while let Some(chunk) = chunks.next(file)? {
        if chunk.stream != stream {
            continue;
        }
        if !matches!(&chunk.kind, b"dc" | b"db") || packets.len() >= PACKETS {
            return Err(Doubt("a chunk is no picture"));
        }
        time += 1;
        if chunk.size == 0 {
            continue;
        }
        let mut is_key = true;
        if codec == Codec::Mpeg4 {
            let mut head = vec![0; chunk.size.min(256) as usize];
            read(file, chunk.at, &mut head)?;
            let of_later = mpeg4::is_key_and_bidirectional(&head).filter(|(_, of_later)| !of_later);
            is_key = of_later.ok_or(Doubt("a picture is not shown when it is decoded"))?.0;
        }
        packets.push(Packet {
            pts: Some(time - 1),
            duration: Some(1),
            size: Some(chunk.size),
            is_key,
            is_hidden: false,
            is_corrupt: false,
        });
    }
    Ok(Index::new(packets, Vec::new()))
}

fn read(file: &mut (impl Read + Seek), at: u64, into: &mut [u8]) -> Result<(), Doubt> {
    let done = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(into));
    done.map_err(|_| Doubt("a picture can't be read"))
}

/// Whether a decoder may begin with a picture of H.264, as ffmpeg's parser has it; `None` where it may guess.
fn is_key_of_h264(file: &mut (impl Read + Seek), place: (u64, u64), length: usize) -> Result<Option<bool>, Doubt> {
    let (mut at, end) = (place.0, place.0 + place.1);
    let mut recovers = false;
    for _ in 0..UNITS {
        let mut size = [0; 4];
        if at + length as u64 >= end {
            break;
        }
        read(file, at, &mut size[4 - length..])?;
        let size = u64::from(u32::from_be_bytes(size));
        at += length as u64;
        if size == 0 || at + size > end {
            break;
        }
        let mut unit = vec![0; UNIT.min(size) as usize];
        // Of a slice, the first bytes tell.
        read(file, at, &mut unit[..1])?;
        if unit[0] & 0x1f != 6 {
            unit.truncate(64);
        }
        read(file, at, &mut unit)?;
        match h264::start(&unit) {
            Some(h264::Start::Open) => {}
            Some(h264::Start::Recovery) => recovers = true,
            Some(h264::Start::Fresh) => return Ok(Some(true)),
            // One that refers to no other is taken for a place to begin by guess.
            Some(h264::Start::Slice(false)) => return Ok(Some(recovers)),
            Some(h264::Start::Slice(true)) => return Ok(recovers.then_some(true)),
            None => return Ok(None),
        }
        at += size;
    }
    Err(Doubt("there is no picture in a block"))
}
