//! A track: the box `trak` (section 8.3) and those in it, but for samples.

use super::boxes::{Bytes, Name, children};
use super::entry::{self, Entry};
use super::samples::{self, Sample};
use crate::{Doubt, Result};

/// The matrix that leaves pictures as they are.
pub(super) const IDENTITY: [i32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A track.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Track {
    /// Its number.
    pub id: u32,
    /// What kind it is: `vide`, `soun`, …
    pub handler: Name,
    /// The name of the handler, as it is in the file: text that ends with a zero, or in QuickTime with its length
    /// before it.
    pub handler_name: Vec<u8>,
    /// Shown unless somebody chooses otherwise.
    pub is_enabled: bool,
    /// Seconds since the beginning of 1904 when its media was made; 0 if that is not said.
    pub created: u64,
    /// How pictures are to be turned: `a b u`, `c d v`, `x y w` of section 6.2.2.
    pub matrix: [i32; 9],
    /// Units of time in a second.
    pub time_scale: u32,
    /// Length of the media, in units of time.
    pub duration: u64,
    /// Three letters of ISO 639-2; `None` if there is an older code.
    pub language: Option<[u8; 3]>,
    /// Which part is shown, and when.
    pub edits: Vec<Edit>,
    /// How samples are coded.
    pub entry: Entry,
    /// The number of samples.
    pub n_samples: u64,
    /// Bytes of all samples.
    pub n_bytes: u64,
    /// Length of all samples together, in units of time.
    pub media_length: u64,
    /// The length of every sample but perhaps the last; `None` if they differ.
    pub sample_length: Option<u32>,
    /// Every sample in the order of decoding, for tracks of pictures; empty for others.
    pub samples: Vec<Sample>,
    /// There is a table of offsets between decoding and showing.
    pub has_offsets: bool,
    /// Something was not understood; its name.
    pub unread: Option<Name>,
}

/// An entry of an edit list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Length, in units of the movie.
    pub duration: u64,
    /// Where it begins, in units of the media; -1 for a pause.
    pub media_time: i64,
    /// Speed in 65536ths.
    pub rate: i32,
}

pub(super) fn matrix(bytes: &mut Bytes<'_>) -> Result<[i32; 9]> {
    let mut matrix = [0; 9];
    for number in &mut matrix {
        *number = bytes.i32()?;
    }
    Ok(matrix)
}

/// Reads the box `trak` of a file of so many bytes.
pub(super) fn read(content: &[u8], file: u64) -> Result<Track> {
    let mut track = Track::default();
    let mut media = None;
    for child in children(content) {
        let (name, content) = child?;
        match &name {
            b"tkhd" => header(content, &mut track)?,
            b"edts" => edits(content, &mut track)?,
            b"mdia" if media.is_none() => media = Some(content),
            b"free" | b"skip" => {}
            b"mdia" => return Err(Doubt("a track has two media")),
            _ if content.windows(4).any(|word| word == b"covr") => return Err(Doubt("there may be a cover")),
            _ => track.unread = Some(name),
        }
    }
    self::media(media.ok_or(Doubt("a track has no media"))?, &mut track, file)?;
    if track.id == 0 || track.time_scale == 0 {
        return Err(Doubt("a track has no header"));
    }
    Ok(track)
}

/// The box `tkhd`, section 8.3.2.
fn header(content: &[u8], track: &mut Track) -> Result<()> {
    let mut bytes = Bytes(content);
    let (version, flags) = bytes.full()?;
    track.is_enabled = flags & 1 == 1;
    bytes.sized(version)?;
    bytes.sized(version)?;
    track.id = bytes.u32()?;
    bytes.take(4)?;
    bytes.sized(version)?;
    bytes.take(16)?;
    track.matrix = matrix(&mut bytes)?;
    Ok(())
}

/// The box `elst`, section 8.6.6.
fn edits(content: &[u8], track: &mut Track) -> Result<()> {
    for child in children(content) {
        let (name, content) = child?;
        if &name != b"elst" || !track.edits.is_empty() {
            return Err(Doubt("an edit list is not understood"));
        }
        let mut bytes = Bytes(content);
        let (version, _) = bytes.full()?;
        let size = if version == 1 { 20 } else { 12 };
        for _ in 0..bytes.entries(size)? {
            let (duration, media_time) = match version {
                0 => (u64::from(bytes.u32()?), i64::from(bytes.i32()?)),
                1 => (bytes.u64()?, bytes.u64()? as i64),
                _ => return Err(Doubt("a box is of an unknown version")),
            };
            track.edits.push(Edit { duration, media_time, rate: bytes.i32()? });
        }
    }
    Ok(())
}

/// The box `mdia`, section 8.4.
fn media(content: &[u8], track: &mut Track, file: u64) -> Result<()> {
    let mut information = None;
    for child in children(content) {
        let (name, content) = child?;
        match &name {
            b"mdhd" => media_header(content, track)?,
            b"hdlr" => handler(content, track)?,
            b"minf" if information.is_none() => information = Some(content),
            b"free" | b"skip" => {}
            b"minf" => return Err(Doubt("a track has two media")),
            _ => track.unread = Some(name),
        }
    }
    let mut tables = None;
    for child in children(information.ok_or(Doubt("a track has no media"))?) {
        let (name, content) = child?;
        match &name {
            b"stbl" if tables.is_none() => tables = Some(content),
            b"stbl" => return Err(Doubt("a track has two tables")),
            b"dinf" => place(content)?,
            b"vmhd" | b"smhd" | b"nmhd" | b"gmhd" | b"hdlr" | b"free" | b"skip" => {}
            _ => track.unread = Some(name),
        }
    }
    self::tables(tables.ok_or(Doubt("a track has no tables"))?, track, file)
}

/// The box `mdhd`, section 8.4.2.
fn media_header(content: &[u8], track: &mut Track) -> Result<()> {
    let mut bytes = Bytes(content);
    let (version, _) = bytes.full()?;
    track.created = bytes.sized(version)?.ok_or(Doubt("a track has no date"))?;
    bytes.sized(version)?;
    track.time_scale = bytes.u32()?;
    track.duration = bytes.sized(version)?.ok_or(Doubt("the length of a track is not said"))?;
    let code = bytes.u16()?;
    // Smaller numbers are QuickTime's, and so is the largest one.
    let letter = |shift: u32| (code >> shift & 31) as u8 + 0x60;
    track.language = (code >= 0x400 && code != 0x7fff).then(|| [letter(10), letter(5), letter(0)]);
    Ok(())
}

/// The box `hdlr`, section 8.4.3.
fn handler(content: &[u8], track: &mut Track) -> Result<()> {
    let mut bytes = Bytes(content);
    bytes.full()?;
    bytes.take(4)?;
    track.handler = bytes.name()?;
    bytes.take(12)?;
    track.handler_name = bytes.0.to_vec();
    Ok(())
}

/// The box `dinf`, section 8.7.1: samples have to be in this file.
fn place(content: &[u8]) -> Result<()> {
    for child in children(content) {
        let (name, content) = child?;
        if &name != b"dref" {
            return Err(Doubt("the place of samples is not understood"));
        }
        let (head, list) = content.split_at_checked(8).ok_or(Doubt("a box ends early"))?;
        let mut here = head[4..] == [0, 0, 0, 1];
        for child in children(list) {
            here &= Bytes(child?.1).full()?.1 & 1 == 1;
        }
        if !here {
            return Err(Doubt("samples are in another file"));
        }
    }
    Ok(())
}

/// The box `stbl`, section 8.5.1.
fn tables(content: &[u8], track: &mut Track, file: u64) -> Result<()> {
    let mut found = samples::Tables::default();
    for child in children(content) {
        let (name, content) = child?;
        match &name {
            b"stsd" => track.entry = entry::read(content, &track.handler)?,
            b"sbgp" | b"sgpd" => {
                // Groups may make places to begin of samples that are none by themselves.
                if content.get(4..8) != Some(b"roll") || &track.handler == b"vide" {
                    return Err(Doubt("samples are grouped"));
                }
            }
            b"sdtp" | b"cslg" | b"free" | b"skip" => {}
            _ => {
                if !found.take(&name, content)? {
                    track.unread = Some(name);
                }
            }
        }
    }
    found.finish(track, file)
}
