use std::io::{Read, SeekFrom};
use std::ops::Range;

use imageio_core::resource::Ahead;
use imageio_core::{Error, Limits, ReadSeek, Result};

use crate::zip::{
    CENTRAL, CENTRAL_LEN, END, END_LEN, END64, END64_LEN, EXTRA64, LOCAL_LEN, LOCATOR64, LOCATOR64_LEN, UTF8, u16_at,
    u32_at, u64_at,
};

/// A file in the archive, as the central directory has it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub name: String,
    pub method: u16,
    pub flags: u16,
    pub crc: u32,
    pub compressed: u64,
    pub size: u64,
    /// Position of the local header.
    pub header_at: u64,
}

impl Entry {
    /// Where header and content lie. How long the header's extra field is, only the header says.
    pub fn extent(&self) -> Range<u64> {
        const EXTRA: usize = 256;
        let header = (LOCAL_LEN + self.name.len() + EXTRA) as u64;
        self.header_at..self.header_at.saturating_add(header).saturating_add(self.compressed)
    }
}

/// Where the central directory is.
struct Directory {
    at: u64,
    len: u64,
    /// Bytes in front of the archive, which its own positions do not count.
    shift: u64,
}

/// Reads the central directory: every entry in the archive's order.
pub(crate) fn entries(stream: &mut dyn ReadSeek, ahead: &Ahead, limits: &Limits) -> Result<Vec<Entry>> {
    let directory = find(stream, ahead)?;
    limits.check_metadata(directory.len)?;
    ahead.announce(directory.at..directory.at.saturating_add(directory.len));
    stream.seek(SeekFrom::Start(directory.at))?;
    let mut bytes = Vec::new();
    stream.take(directory.len).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < directory.len {
        return Err(Error::malformed("the archive's directory is cut off").with("offset", directory.at));
    }
    let mut rest = bytes.as_slice();
    let mut entries = Vec::new();
    while rest.starts_with(&CENTRAL) {
        let Some((entry, len)) = entry(rest, directory.shift) else {
            return Err(Error::malformed("an entry of the archive's directory is cut off").with("entry", entries.len()));
        };
        entries.push(entry);
        rest = rest.get(len..).unwrap_or_default();
    }
    if !rest.is_empty() {
        return Err(Error::malformed("the archive's directory is damaged").with("entry", entries.len()));
    }
    Ok(entries)
}

/// One entry and its length in the directory.
fn entry(bytes: &[u8], shift: u64) -> Option<(Entry, usize)> {
    let (name_len, extra_len) = (usize::from(u16_at(bytes, 28)?), usize::from(u16_at(bytes, 30)?));
    let comment_len = usize::from(u16_at(bytes, 32)?);
    let name = bytes.get(CENTRAL_LEN..CENTRAL_LEN + name_len)?;
    let extra = bytes.get(CENTRAL_LEN + name_len..CENTRAL_LEN + name_len + extra_len)?;
    let flags = u16_at(bytes, 8)?;
    let mut entry = Entry {
        name: text(name, flags),
        method: u16_at(bytes, 10)?,
        flags,
        crc: u32_at(bytes, 16)?,
        compressed: u32_at(bytes, 20)?.into(),
        size: u32_at(bytes, 24)?.into(),
        header_at: u32_at(bytes, 42)?.into(),
    };
    // Only those numbers that do not fit are in the extra field, in this order.
    let mut wide = extra64(extra).unwrap_or_default();
    for number in [&mut entry.size, &mut entry.compressed, &mut entry.header_at] {
        if *number == u64::from(u32::MAX) {
            if let Some(value) = u64_at(wide, 0) {
                *number = value;
                wide = &wide[8..];
            }
        }
    }
    entry.header_at = entry.header_at.checked_add(shift)?;
    Some((entry, CENTRAL_LEN + name_len + extra_len + comment_len))
}

fn extra64(mut extra: &[u8]) -> Option<&[u8]> {
    loop {
        let (id, len) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let data = extra.get(4..4 + len)?;
        if id == EXTRA64 {
            return Some(data);
        }
        extra = &extra[4 + len..];
    }
}

/// UTF-8 where it says so or is so; the rest as Latin-1, which loses nothing.
fn text(name: &[u8], flags: u16) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) if flags & UTF8 != 0 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => name.iter().map(|b| char::from(*b)).collect(),
    }
}

/// Looks for the end record from behind; a comment of up to 64 KiB may follow it.
fn find(stream: &mut dyn ReadSeek, ahead: &Ahead) -> Result<Directory> {
    let size = stream.seek(SeekFrom::End(0))?;
    let tail_len = size.min((END_LEN + 0xFFFF + LOCATOR64_LEN) as u64);
    let tail_at = size - tail_len;
    ahead.announce(tail_at..size);
    stream.seek(SeekFrom::Start(tail_at))?;
    let mut tail = Vec::new();
    stream.take(tail_len).read_to_end(&mut tail)?;
    let end =
        tail.windows(END.len()).rposition(|w| w == END).filter(|at| tail.len() - at >= END_LEN).ok_or_else(|| {
            Error::malformed("the archive has no end record: it is cut off or no ZIP archive").with("size", size)
        })?;
    let broken = || Error::malformed("the archive's end record is damaged").with("offset", tail_at + end as u64);
    let record = &tail[end..];
    let (mut len, mut offset) = match (u32_at(record, 12), u32_at(record, 16)) {
        (Some(len), Some(offset)) => (u64::from(len), u64::from(offset)),
        _ => return Err(broken()),
    };
    let mut end_at = tail_at + end as u64;
    let locator = end.checked_sub(LOCATOR64_LEN).and_then(|at| tail.get(at..end)).filter(|l| l.starts_with(&LOCATOR64));
    if let Some(at) = locator.and_then(|locator| u64_at(locator, 8)) {
        let mut record = [0; END64_LEN];
        // The record lies right in front of its locator unless it was extended, and then where that says.
        let near = end_at.saturating_sub((LOCATOR64_LEN + END64_LEN) as u64);
        for at in [near, at] {
            if at.checked_add(END64_LEN as u64).is_none_or(|record_end| record_end > size) {
                continue;
            }
            stream.seek(SeekFrom::Start(at))?;
            stream.read_exact(&mut record)?;
            if record.starts_with(&END64) {
                (len, offset) = match (u64_at(&record, 40), u64_at(&record, 48)) {
                    (Some(len), Some(offset)) => (len, offset),
                    _ => return Err(broken()),
                };
                end_at = at;
                break;
            }
        }
    }
    // The directory ends where the end record begins, whatever stands in front of the archive.
    let at = end_at.checked_sub(len).ok_or_else(broken)?;
    let shift = at.checked_sub(offset).ok_or_else(broken)?;
    Ok(Directory { at, len, shift })
}
