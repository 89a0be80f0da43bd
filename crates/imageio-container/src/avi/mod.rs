//! AVI: RIFF files of Video for Windows, and OpenDML's, which are larger.

mod chunks;
mod stream;

use std::io::{Read, Seek};

pub use self::chunks::{Chunk, Chunks};
pub use self::stream::{Bitmap, Stream};
use crate::source::{length, read_at};
use crate::{Doubt, Result};

/// Four letters, by which chunks, lists and codecs go.
pub type Name = [u8; 4];

/// Chunks before the pictures, files in a file, streams, and parts of a list.
const OUTER: usize = 64;
/// Chunks in a list of the header.
const CHILDREN: usize = 1024;
const EARLY: Doubt = Doubt("a chunk ends early");

/// What is said before the pictures, and where they are.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Movie {
    /// Bytes of the file.
    pub size: u64,
    /// The streams, in order.
    pub streams: Vec<Stream>,
    /// Tags of the list `INFO`, as their own four letters and text.
    pub tags: Vec<(Name, String)>,
    /// There are parts as OpenDML adds them.
    pub is_extended: bool,
    /// Where the index is that stands behind the pictures, and bytes of it.
    pub index: Option<(u64, u64)>,
    /// Something about the whole was not understood; its name.
    pub unread: Option<Name>,
    /// Where lists of pictures begin and end.
    lists: Vec<(u64, u64)>,
}

/// An entry of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The stream.
    pub stream: usize,
    /// Decoding may begin here.
    pub is_key: bool,
    /// Where the chunk is, from a place that differs.
    pub at: u32,
    /// Bytes of what is in the chunk.
    pub size: u32,
}

impl Movie {
    /// What is in the lists of pictures, from the first chunk on.
    pub fn chunks(&self) -> Chunks {
        Chunks::new(self.lists.clone(), self.streams.len())
    }

    /// Reads the index, which may take up to `max` bytes; `None` if there is none.
    ///
    /// # Errors
    /// A [`Doubt`] if it is longer, or damaged.
    pub fn entries(&self, source: &mut (impl Read + Seek), max: u64) -> Result<Option<Vec<Entry>>> {
        let Some((at, size)) = self.index else { return Ok(None) };
        if size > max || size % 16 != 0 {
            return Err(Doubt("the index is very long, or damaged"));
        }
        let mut bytes = vec![0; size as usize];
        read_at(source, at, &mut bytes)?;
        let entry = |bytes: &[u8]| {
            let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            let stream = stream_of([bytes[0], bytes[1]]).filter(|n| *n < self.streams.len());
            let stream = stream.ok_or(Doubt("the index is not understood"))?;
            Ok(Entry { stream, is_key: number(4) & 0x10 != 0, at: number(8), size: number(12) })
        };
        bytes.chunks_exact(16).map(entry).collect::<Result<_>>().map(Some)
    }
}

/// The number of a stream, in two digits.
fn stream_of(digits: [u8; 2]) -> Option<usize> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
    Some(digit(digits[0])? * 10 + digit(digits[1])?)
}

/// Name, start and end of the chunk at a place, and where the next one begins.
fn head(source: &mut (impl Read + Seek), at: u64, end: u64) -> Result<(Name, u64, u64, u64)> {
    let mut bytes = [0; 8];
    if end.saturating_sub(at) < 8 {
        return Err(EARLY);
    }
    read_at(source, at, &mut bytes)?;
    let (name, size) = split(bytes);
    let (start, stop) = (at + 8, at + 8 + u64::from(size));
    if stop > end {
        return Err(Doubt("a chunk ends beyond what holds it"));
    }
    // The last one may lack the byte that makes it even.
    Ok((name, start, stop, (stop + u64::from(size & 1)).min(end)))
}

fn split(bytes: [u8; 8]) -> (Name, u32) {
    let [a, b, c, d, rest @ ..] = bytes;
    ([a, b, c, d], u32::from_le_bytes(rest))
}

/// Reads the header of a file, which may take up to `max` bytes of memory for itself and a few times as much for what
/// is made of it.
///
/// # Errors
/// A [`Doubt`] about whatever is not plainly a complete file: damaged or cut, with what is not video or sound in it.
pub fn read(source: &mut (impl Read + Seek), max: u64) -> Result<Movie> {
    let size = length(source)?;
    let mut movie = Movie { size, ..Movie::default() };
    let (mut at, mut budget) = (0, max);
    for n in 0.. {
        if at >= size {
            break;
        }
        if n > OUTER {
            return Err(Doubt("the file has very many parts"));
        }
        let (name, start, end, next) = head(source, at, size)?;
        let mut kind = [0; 4];
        if &name != b"RIFF" || end - start < 4 {
            return Err(Doubt("the file is no AVI, or more follows it"));
        }
        read_at(source, start, &mut kind)?;
        match (&kind, n) {
            (b"AVI ", 0) => {}
            (b"AVIX", 1..) => movie.is_extended = true,
            _ => return Err(Doubt("the file is no AVI")),
        }
        part(source, &mut movie, (start + 4, end), &mut budget)?;
        at = next;
    }
    if movie.streams.is_empty() || movie.lists.is_empty() {
        return Err(Doubt("there is no header"));
    }
    Ok(movie)
}

/// Reads one file in the file.
fn part(source: &mut (impl Read + Seek), movie: &mut Movie, (mut at, end): (u64, u64), budget: &mut u64) -> Result<()> {
    for n in 0.. {
        if at >= end {
            break;
        }
        if n > OUTER {
            return Err(Doubt("the file has very many parts"));
        }
        let (name, start, stop, next) = head(source, at, end)?;
        match &name {
            b"LIST" if stop - start >= 4 => {
                let mut kind = [0; 4];
                read_at(source, start, &mut kind)?;
                match &kind {
                    b"movi" => movie.lists.push((start + 4, stop)),
                    b"hdrl" if movie.streams.is_empty() && movie.lists.is_empty() => {
                        let content = load(source, (start + 4, stop), budget)?;
                        header(&content, movie)?;
                    }
                    // What follows the pictures is not read by everybody.
                    b"INFO" if movie.lists.is_empty() => {
                        let content = load(source, (start + 4, stop), budget)?;
                        tags(&content, movie)?;
                    }
                    _ => return Err(Doubt("there is an unknown list")),
                }
            }
            b"JUNK" => {}
            b"idx1" if movie.index.is_none() && !movie.lists.is_empty() => movie.index = Some((start, stop - start)),
            // When it was made.
            b"IDIT" => movie.unread = Some(name),
            _ => return Err(Doubt("there is an unknown part")),
        }
        at = next;
    }
    Ok(())
}

fn load(source: &mut (impl Read + Seek), (start, end): (u64, u64), budget: &mut u64) -> Result<Vec<u8>> {
    *budget = budget.checked_sub(end - start).ok_or(Doubt("the header takes up too much memory"))?;
    let mut content = vec![0; (end - start) as usize];
    read_at(source, start, &mut content)?;
    Ok(content)
}

/// The chunks in the content of a list.
fn children(content: &[u8]) -> Result<Vec<(Name, &[u8])>> {
    let mut rest = content;
    let mut list = Vec::new();
    while !rest.is_empty() {
        let (bytes, tail) = rest.split_first_chunk::<8>().ok_or(EARLY)?;
        let (name, size) = split(*bytes);
        let (inside, tail) = tail.split_at_checked(size as usize).ok_or(EARLY)?;
        rest = tail.get(size as usize & 1..).unwrap_or_default();
        if list.len() >= CHILDREN {
            return Err(Doubt("a list has very many parts"));
        }
        list.push((name, inside));
    }
    Ok(list)
}

/// The list `hdrl`.
fn header(content: &[u8], movie: &mut Movie) -> Result<()> {
    for (n, (name, content)) in children(content)?.into_iter().enumerate() {
        match (&name, content.first_chunk::<4>()) {
            (b"avih", _) if n == 0 => {
                let flags = content.get(12..16).and_then(|b| b.first_chunk()).map(|b| u32::from_le_bytes(*b));
                // Pictures are not where they are shown.
                if flags.ok_or(EARLY)? & 0x20 != 0 {
                    return Err(Doubt("only the index says in which order pictures are"));
                }
            }
            (b"LIST", Some(b"strl")) if movie.streams.len() < OUTER => {
                movie.streams.push(stream::read(&content[4..])?);
            }
            (b"LIST", Some(b"odml")) => {}
            (b"JUNK", _) => {}
            // What older writers put behind the list of a stream it belongs to.
            _ => return Err(Doubt("the header has an unknown part")),
        }
    }
    Ok(())
}

/// The list `INFO`.
fn tags(content: &[u8], movie: &mut Movie) -> Result<()> {
    for (name, content) in children(content)? {
        let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
        match std::str::from_utf8(text) {
            Ok(text) if !text.is_empty() && text.is_ascii() => movie.tags.push((name, text.to_owned())),
            _ => movie.unread = Some(name),
        }
    }
    Ok(())
}
