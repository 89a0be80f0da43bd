//! MP4 and QuickTime (ISO/IEC 14496-12, -14 and -15; QuickTime File Format).

mod boxes;
mod entry;
mod samples;
mod tags;
mod track;

use std::io::{Read, Seek};

use self::boxes::{Bytes, Name, children};
pub use self::entry::{Entry, Sound, audio};
pub use self::samples::Sample;
pub use self::track::{Edit, Track};
use crate::source::{self, read_at};
use crate::{Doubt, Result};

/// Boxes on the outermost level that are looked at; files that are not made of fragments have few.
const OUTER: usize = 64;

/// What the box `moov` says.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Movie {
    /// Bytes of the file.
    pub size: u64,
    /// The brand, its version, and the brands that it is compatible with; `None` in old QuickTime files.
    pub brands: Option<(Name, u32, Vec<Name>)>,
    /// Seconds since the beginning of 1904 when it was made; 0 if that is not said.
    pub created: u64,
    /// Units of time in a second.
    pub time_scale: u32,
    /// Length, in units of time.
    pub duration: u64,
    /// Tags, as their own four letters and text.
    pub tags: Vec<(Name, String)>,
    /// The tracks, in order.
    pub tracks: Vec<Track>,
    /// Something about the movie as a whole was not understood; its name.
    pub unread: Option<Name>,
}

/// Reads the header of a file, which may take up to `max` bytes of memory for itself and about ten times as much for
/// what is made of it.
///
/// # Errors
/// A [`Doubt`] about whatever is not plainly a complete file that can be read by its sample tables alone: damaged or
/// cut, in fragments, encrypted, with parts elsewhere.
pub fn read(source: &mut (impl Read + Seek), max: u64) -> Result<Movie> {
    let size = source::length(source)?;
    let mut movie = Movie { size, ..Movie::default() };
    let mut content = None;
    let (mut at, mut n) = (0, 0);
    while at < size {
        n += 1;
        if n > OUTER {
            return Err(Doubt("the file has very many parts"));
        }
        let mut head = [0; 16];
        let there = (size - at).min(16) as usize;
        read_at(source, at, &mut head[..there])?;
        let mut head = Bytes(&head[..there]);
        let (short, name) = (head.u32()?, head.name()?);
        let (length, header) = match short {
            0 => (size - at, 8),
            1 => (head.u64()?, 16),
            n => (u64::from(n), 8),
        };
        if length < header {
            return Err(Doubt("a box has an impossible size"));
        }
        let end = at.checked_add(length).filter(|end| *end <= size).ok_or(Doubt("the file ends early"))?;
        let mut load = || {
            if length > max {
                return Err(Doubt("the header takes up too much memory"));
            }
            let mut content = vec![0; (length - header) as usize];
            read_at(source, at + header, &mut content)?;
            Ok(content)
        };
        match &name {
            b"ftyp" if n == 1 => movie.brands = Some(brands(&load()?)?),
            b"moov" if content.is_none() => content = Some(load()?),
            b"mdat" | b"free" | b"skip" | b"wide" => {}
            // Extensions with a name of their own, such as metadata of cameras.
            b"uuid" => movie.unread = Some(name),
            b"moof" | b"mfra" | b"sidx" | b"styp" => return Err(Doubt("the file is in fragments")),
            _ => return Err(Doubt("there is an unknown part")),
        }
        at = end;
    }
    parse(&content.ok_or(Doubt("there is no header"))?, &mut movie)?;
    Ok(movie)
}

fn brands(content: &[u8]) -> Result<(Name, u32, Vec<Name>)> {
    let mut bytes = Bytes(content);
    let (brand, version) = (bytes.name()?, bytes.u32()?);
    let mut others = Vec::new();
    while !bytes.0.is_empty() {
        others.push(bytes.name()?);
    }
    Ok((brand, version, others))
}

fn parse(moov: &[u8], movie: &mut Movie) -> Result<()> {
    for child in children(moov) {
        let (name, content) = child?;
        match &name {
            b"mvhd" if movie.time_scale == 0 => header(content, movie)?,
            b"trak" => {
                let size = movie.size;
                movie.tracks.push(track::read(content, size)?);
            }
            b"udta" => tags::read(content, movie)?,
            b"iods" | b"free" | b"skip" => {}
            b"mvex" => return Err(Doubt("the file is in fragments")),
            b"cmov" => return Err(Doubt("the header is compressed")),
            b"mvhd" => return Err(Doubt("there are two headers")),
            _ => movie.unread = Some(name),
        }
    }
    if movie.time_scale == 0 {
        return Err(Doubt("the movie has no unit of time"));
    }
    Ok(())
}

/// The box `mvhd`, section 8.2.2.
fn header(content: &[u8], movie: &mut Movie) -> Result<()> {
    let mut bytes = Bytes(content);
    let (version, _) = bytes.full()?;
    movie.created = bytes.sized(version)?.ok_or(Doubt("the movie has no date"))?;
    bytes.sized(version)?;
    movie.time_scale = bytes.u32()?;
    movie.duration = bytes.sized(version)?.ok_or(Doubt("the length of the movie is not said"))?;
    bytes.take(4 + 2 + 10)?;
    if track::matrix(&mut bytes)? != track::IDENTITY {
        return Err(Doubt("the movie as a whole is turned"));
    }
    Ok(())
}
