use std::io::{self, Read, SeekFrom, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use imageio_core::{Error, ReadSeek, Result};

use crate::archive::Entry;
use crate::zip::{DEFLATE, ENCRYPTED, LOCAL, LOCAL_LEN, STORED, u16_at};

/// The content of an entry as a stream that adds up its checksum.
pub(crate) struct Member<'s> {
    content: Content<'s>,
    crc: Crc,
    read: u64,
}

enum Content<'s> {
    Stored(Take<&'s mut dyn ReadSeek>),
    Deflated(DeflateDecoder<Take<&'s mut dyn ReadSeek>>),
}

impl<'s> Member<'s> {
    pub(crate) fn open(stream: &'s mut dyn ReadSeek, entry: &Entry) -> Result<Self> {
        if entry.flags & ENCRYPTED != 0 {
            return Err(Error::unsupported("the array is encrypted").with("name", &entry.name));
        }
        let mut header = [0; LOCAL_LEN];
        stream.seek(SeekFrom::Start(entry.header_at))?;
        let no_header = || {
            Error::malformed("the directory of the archive points to no file header")
                .with("name", &entry.name)
                .with("offset", entry.header_at)
        };
        stream.read_exact(&mut header).map_err(|_| no_header())?;
        let (Some(name_len), Some(extra_len), true) =
            (u16_at(&header, 26), u16_at(&header, 28), header.starts_with(&LOCAL))
        else {
            return Err(no_header());
        };
        stream.seek_relative(i64::from(name_len) + i64::from(extra_len))?;
        let content = match entry.method {
            STORED => Content::Stored(stream.take(entry.compressed)),
            DEFLATE => Content::Deflated(DeflateDecoder::new(stream.take(entry.compressed))),
            method => {
                return Err(Error::unsupported(format!("ZIP compression method {method}"))
                    .with("name", &entry.name)
                    .with_hint("NPZ archives are stored or deflated"));
            }
        };
        Ok(Member { content, crc: Crc::new(), read: 0 })
    }

    /// Compares the checksum, if the whole content was read; bytes behind the array are not read for that.
    pub(crate) fn verify(mut self, entry: &Entry) -> Result<()> {
        if self.read != entry.size {
            return Ok(());
        }
        if self.crc.sum() != entry.crc {
            return Err(Error::malformed("the array does not have the checksum that the archive says")
                .with("name", &entry.name));
        }
        match self.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(Error::malformed("the array is longer than the archive says").with("name", &entry.name)),
        }
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.content {
            Content::Stored(stream) => stream.read(buf)?,
            Content::Deflated(stream) => match stream.read(buf) {
                Err(e) if e.kind() == io::ErrorKind::InvalidInput => {
                    return Err(Error::malformed("the compressed data are damaged").with_source(e).into());
                }
                // The decoder says so if its input ends early; that is the end of the content here.
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => 0,
                result => result?,
            },
        };
        self.crc.update(&buf[..n]);
        self.read += n as u64;
        Ok(n)
    }
}

/// What deflate can blow one byte up to, at most.
const MAX_RATIO: u64 = 1032;

/// Whether the entry can hold `needed` bytes at all: known before anything is allocated.
pub(crate) fn check_size(entry: &Entry, needed: u64) -> Result<()> {
    let possible = match entry.method {
        STORED => entry.compressed,
        _ => entry.compressed.saturating_mul(MAX_RATIO).saturating_add(64),
    };
    let there = entry.size.min(possible);
    if there < needed {
        return Err(Error::malformed(format!("the array needs {needed} bytes, the archive holds {there} for it"))
            .with("name", &entry.name));
    }
    Ok(())
}
