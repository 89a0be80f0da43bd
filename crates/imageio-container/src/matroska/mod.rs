//! Matroska and WebM (RFC 9559, on top of EBML, RFC 8794).

mod blocks;
mod ebml;
mod tags;
mod track;

use std::io::{Read, Seek};

pub use self::blocks::{Block, Blocks};
use self::ebml::{CHECKSUM, File, Head, VOID, children, real, text, whole};
pub use self::tags::Tag;
pub use self::track::{Picture, Track};
use crate::source::length;
use crate::{Doubt, Result};

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const CUES: u32 = 0x1c53_bb6b;
const TAGS: u32 = 0x1254_c367;
const CHAPTERS: u32 = 0x1043_a770;

/// Elements before the first picture, and tracks.
const OUTER: usize = 64;

/// What is said before and behind the pictures.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Segment {
    /// Bytes of the file.
    pub size: u64,
    /// Nanoseconds of a unit of time.
    pub time_scale: u64,
    /// Length, in units of time.
    pub duration: f64,
    /// Its title.
    pub title: Option<String>,
    /// The program, or the part of it, that wrote the file.
    pub muxer: Option<String>,
    /// Nanoseconds since the beginning of 2001 when it was made.
    pub created: Option<i64>,
    /// The tracks, in order.
    pub tracks: Vec<Track>,
    /// Tags, in order.
    pub tags: Vec<Tag>,
    /// Something about the whole was not understood; its name.
    pub unread: Option<u32>,
    first_cluster: u64,
    tags_at: Option<u64>,
    end: u64,
}

impl Segment {
    /// The blocks from the first one on.
    pub fn blocks(&self) -> Blocks {
        Blocks::new(self)
    }
}

/// Reads the header of a file, which may take up to `max` bytes of memory for itself and a few times as much for what
/// is made of it.
///
/// # Errors
/// A [`Doubt`] about whatever is not plainly a complete file: damaged or cut, live, encrypted, with files attached.
pub fn read(source: &mut (impl Read + Seek), max: u64) -> Result<Segment> {
    let size = length(source)?;
    let mut file = File { source, budget: max };
    let ebml = file.head(0, size)?;
    if ebml.id != EBML {
        return Err(Doubt("the file is no Matroska"));
    }
    kind(&file.load(&ebml)?)?;
    let head = file.head(ebml.end, size)?;
    if head.id != SEGMENT {
        return Err(Doubt("there is no segment"));
    }
    // What would follow is another film.
    if head.end != size {
        return Err(Doubt("something follows the segment"));
    }
    let mut segment = Segment { size, time_scale: 1_000_000, end: head.end, ..Segment::default() };
    let mut reading = Reading { places: Vec::new(), read: Vec::new(), has_info: false, has_tracks: false };
    let mut at = head.start;
    for n in 0.. {
        if n > OUTER {
            return Err(Doubt("the file has very many parts"));
        }
        if at >= head.end {
            return Err(Doubt("there are no pictures"));
        }
        let part = file.head(at, head.end)?;
        if part.id == CLUSTER {
            segment.first_cluster = at;
            break;
        }
        reading.part(&mut file, &mut segment, at, &part)?;
        at = part.end;
    }
    // Each place is gone to once, and a list may lead to another.
    for n in 0.. {
        let Some((id, place)) = reading.places.pop() else { break };
        if n > OUTER {
            return Err(Doubt("the file has very many parts"));
        }
        let at = head.start.checked_add(place).filter(|at| *at < head.end);
        let at = at.ok_or(Doubt("the list of parts leads out of the file"))?;
        if [CUES, CLUSTER].contains(&id) || reading.read.contains(&at) {
            continue;
        }
        let part = file.head(at, head.end)?;
        if part.id != id {
            return Err(Doubt("the list of parts is wrong"));
        }
        reading.part(&mut file, &mut segment, at, &part)?;
    }
    match (reading.has_info, reading.has_tracks, segment.duration > 0.0) {
        (true, true, true) => Ok(segment),
        (true, true, false) => Err(Doubt("the length of the file is not said")),
        _ => Err(Doubt("there is no header")),
    }
}

/// The element `EBML`.
fn kind(content: &[u8]) -> Result<()> {
    let mut is_known = false;
    for (id, content) in children(content, &[])? {
        match id {
            0x4282 => is_known = ["matroska", "webm"].contains(&text(content)?.as_str()),
            0x4286 | 0x42f7 if whole(content)? == 1 => {}
            0x42f2 if whole(content)? == 4 => {}
            0x42f3 if whole(content)? == 8 => {}
            0x4287 | 0x4285 if whole(content)? <= 4 => {}
            _ => return Err(Doubt("the file is of an unknown version")),
        }
    }
    if is_known { Ok(()) } else { Err(Doubt("the file is no Matroska")) }
}

/// What was read, and where more is said to be.
struct Reading {
    places: Vec<(u32, u64)>,
    read: Vec<u64>,
    has_info: bool,
    has_tracks: bool,
}

impl Reading {
    /// Reads one of the outermost elements.
    fn part(
        &mut self,
        file: &mut File<'_, impl Read + Seek>,
        segment: &mut Segment,
        at: u64,
        part: &Head,
    ) -> Result<()> {
        self.read.push(at);
        match part.id {
            VOID | CHECKSUM | CUES => {}
            SEEK_HEAD => self.places.append(&mut places(&file.load(part)?)?),
            INFO if !self.has_info => {
                info(&file.load(part)?, segment)?;
                self.has_info = true;
            }
            TRACKS if !self.has_tracks => {
                tracks(&file.load(part)?, segment)?;
                self.has_tracks = true;
            }
            TAGS if segment.tags_at.is_none() => {
                segment.tags_at = Some(at);
                tags::read(&file.load(part)?, segment)?;
            }
            CHAPTERS => segment.unread = Some(CHAPTERS),
            INFO | TRACKS | TAGS => return Err(Doubt("a part of the header is there twice")),
            // Attachments, which may be covers, among others.
            _ => return Err(Doubt("there is an unknown part")),
        }
        Ok(())
    }
}

/// The element `SeekHead`: names of elements and where they are, from the start of the segment.
fn places(content: &[u8]) -> Result<Vec<(u32, u64)>> {
    let mut list = Vec::new();
    for (_, content) in children(content, &[0x4dbb])?.iter().filter(|(id, _)| *id == 0x4dbb) {
        let (mut name, mut place) = (None, None);
        for (id, content) in children(content, &[])? {
            match id {
                0x53ab => name = u32::try_from(whole(content)?).ok(),
                0x53ac => place = Some(whole(content)?),
                _ => return Err(Doubt("the list of parts is not understood")),
            }
        }
        list.push(name.zip(place).ok_or(Doubt("the list of parts is not understood"))?);
    }
    Ok(list)
}

/// The element `Info`.
fn info(content: &[u8], segment: &mut Segment) -> Result<()> {
    for (id, content) in children(content, &[0x4444, 0x6924])? {
        match id {
            0x2a_d7b1 => segment.time_scale = whole(content)?,
            0x4489 => segment.duration = real(content)?,
            0x7ba9 => segment.title = Some(text(content)?),
            0x4d80 => segment.muxer = Some(text(content)?),
            0x4461 => {
                let date = content.try_into().map_err(|_| Doubt("a date has an impossible length"))?;
                segment.created = Some(i64::from_be_bytes(date));
            }
            // The program that used the writer, numbers and names of this and related files.
            0x5741 | 0x73a4 | 0x7384 | 0x4444 | 0x3c_b923 | 0x3c_83ab | 0x3e_b923 | 0x3e_83bb | 0x6924 => {}
            _ => segment.unread = Some(id),
        }
    }
    if !(1..=1_000_000_000).contains(&segment.time_scale) {
        return Err(Doubt("the unit of time is unusual"));
    }
    Ok(())
}

fn tracks(content: &[u8], segment: &mut Segment) -> Result<()> {
    for (id, content) in children(content, &[0xae])? {
        if id != 0xae || segment.tracks.len() >= OUTER {
            return Err(Doubt("the list of tracks is not understood"));
        }
        let track = track::read(content)?;
        if segment.tracks.iter().any(|known| known.number == track.number) {
            return Err(Doubt("two tracks have the same number"));
        }
        segment.tracks.push(track);
    }
    Ok(())
}
