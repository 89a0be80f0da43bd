//! The content of a member: a window of the archive where it is stored, a decoder where it is compressed.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;
use imageio_core::{Error, ReadSeek, Result};
use ruzstd::decoding::StreamingDecoder;

use crate::archive::Entry;

/// Codes of compression methods (APPNOTE 6.3.10, section 4.4.5).
pub(crate) const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZSTD: u16 = 93;

/// Length of a local header without its name and extra field (4.3.7).
const LOCAL_LEN: usize = 30;

type Source<'a> = Box<dyn ReadSeek + 'a>;

/// Reads the local header, checks that it is the entry's, and leaves the stream at the first byte of content. Gives
/// the compression method, which the local header says as well as the directory.
pub(crate) fn find(stream: &mut Source<'_>, entry: &Entry) -> Result<u16> {
    let lost = || {
        Error::malformed("the archive's directory points to no such member, or the archive was changed meanwhile")
            .with("offset", entry.header_at)
    };
    let descriptor_follows = |flags: u16| flags & 8 != 0;
    let mut header = [0; LOCAL_LEN];
    stream.seek(SeekFrom::Start(entry.header_at))?;
    stream.read_exact(&mut header).map_err(|_| lost())?;
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (flags, method, name_len, extra_len) = (u16_at(6), u16_at(8), u16_at(26), u16_at(28));
    let crc = u32::from_le_bytes([header[14], header[15], header[16], header[17]]);
    let mut name = vec![0; usize::from(name_len)];
    stream.read_exact(&mut name).map_err(|_| lost())?;
    if !header.starts_with(b"PK\x03\x04") || name != entry.raw_name {
        return Err(lost());
    }
    // Another archive may have taken the place of the one whose directory was read, with its own member here.
    if !descriptor_follows(flags) && crc != 0 && crc != entry.crc {
        return Err(lost());
    }
    let content_at = entry.header_at + (LOCAL_LEN + usize::from(name_len) + usize::from(extra_len)) as u64;
    if entry.header_at < entry.end && content_at.saturating_add(entry.compressed) > entry.end {
        return Err(Error::malformed(format!(
            "the member is said to have {} bytes, and the archive has {} for it",
            entry.compressed,
            entry.end.saturating_sub(content_at)
        )));
    }
    stream.seek_relative(i64::from(extra_len))?;
    Ok(method)
}

/// Whether this crate can unpack the entry.
pub(crate) fn check(entry: &Entry, method: u16) -> Result<()> {
    if entry.encrypted {
        return Err(Error::unsupported("the member is encrypted").with_hint("unpack it with its password first"));
    }
    if entry.symlink {
        return Err(Error::unsupported("the member is a symbolic link, which is not followed"));
    }
    match method {
        STORED if entry.compressed != entry.size => Err(Error::malformed(format!(
            "the member is stored in {} bytes and said to have {}",
            entry.compressed, entry.size
        ))),
        STORED | DEFLATED | ZSTD => Ok(()),
        method => Err(Error::unsupported(format!("ZIP compression method {method}"))
            .with_hint("stored, deflated and Zstandard members are read")),
    }
}

/// A part of a stream as a stream: what a stored member is.
pub(crate) struct Window<'a> {
    stream: Source<'a>,
    len: u64,
    at: u64,
    /// The checksum so far, as long as the content is read in order.
    sum: Option<(u64, Hasher)>,
    crc: u32,
}

impl<'a> Window<'a> {
    /// The stream stands at the content's first byte.
    pub(crate) fn new(stream: Source<'a>, entry: &Entry) -> Self {
        Window { stream, len: entry.size, at: 0, sum: Some((0, Hasher::new())), crc: entry.crc }
    }
}

/// Adds `bytes`, which stand at `at`, to the checksum when they are first seen; what is seen again after a seek back is
/// not counted twice. At the end of the content, whose length is given, the sum has to be the one given.
fn add_up(sum: &mut Option<(u64, Hasher)>, bytes: &[u8], at: u64, (len, crc): (u64, u32)) -> io::Result<()> {
    let end = at + bytes.len() as u64;
    if let Some((upto, hasher)) = sum
        && (at..=end).contains(upto)
    {
        let skip = usize::try_from(*upto - at).unwrap_or(bytes.len());
        hasher.update(&bytes[skip..]);
        *upto = end;
        if *upto == len && hasher.clone().finalize() != crc {
            return Err(Error::malformed("the member does not have the checksum that the archive says").into());
        }
    }
    Ok(())
}

impl BufRead for Window<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.len.saturating_sub(self.at);
        if left == 0 {
            return Ok(&[]);
        }
        let bytes = self.stream.fill_buf()?;
        if bytes.is_empty() {
            return Err(Error::malformed("the archive ends within the member").with("offset", self.at).into());
        }
        let n = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let bytes = &bytes[..n];
        add_up(&mut self.sum, bytes, self.at, (self.len, self.crc))?;
        Ok(bytes)
    }

    fn consume(&mut self, n: usize) {
        self.at += n as u64;
        self.stream.consume(n);
    }
}

impl Read for Window<'_> {
    /// Handed on as it is: what is far away is asked for as much as is wanted.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buf.len());
        if most == 0 {
            return Ok(0);
        }
        let n = self.stream.read(&mut buf[..most])?;
        if n == 0 {
            return Err(Error::malformed("the archive ends within the member").with("offset", self.at).into());
        }
        add_up(&mut self.sum, &buf[..n], self.at, (self.len, self.crc))?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(n) => (n, 0),
            SeekFrom::Current(offset) => (self.at, offset),
            SeekFrom::End(offset) => (self.len, offset),
        };
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "seek to a negative or overflowing position");
        let target = base.checked_add_signed(offset).ok_or_else(invalid)?;
        // Behind the end nothing is read, so the archive need not follow there; relative, because that keeps what
        // is buffered.
        let (from, to) = (self.at.min(self.len), target.min(self.len));
        self.stream.seek_relative(i64::try_from(i128::from(to) - i128::from(from)).map_err(|_| invalid())?)?;
        self.at = target;
        Ok(target)
    }
}

/// The content of a compressed member in order, held to the size and the checksum that the archive says.
pub(crate) struct Unpacked<'a> {
    decoder: Decoder<'a>,
    hasher: Hasher,
    given: u64,
    size: u64,
    crc: u32,
}

enum Decoder<'a> {
    Deflate(DeflateDecoder<Take<Source<'a>>>),
    Zstd(Box<StreamingDecoder<BufReader<Take<Source<'a>>>, ruzstd::decoding::FrameDecoder>>),
}

impl<'a> Unpacked<'a> {
    /// The stream stands at the content's first byte.
    pub(crate) fn new(stream: Source<'a>, entry: &Entry, method: u16) -> Result<Self> {
        let packed = stream.take(entry.compressed);
        let decoder = match method {
            ZSTD => {
                let decoder = StreamingDecoder::new(BufReader::new(packed)).map_err(damaged)?;
                Decoder::Zstd(Box::new(decoder))
            }
            _ => Decoder::Deflate(DeflateDecoder::new(packed)),
        };
        Ok(Unpacked { decoder, hasher: Hasher::new(), given: 0, size: entry.size, crc: entry.crc })
    }

    fn next(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.decoder {
            Decoder::Deflate(decoder) => decoder.read(buf).map_err(|e| match e.kind() {
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => damaged(e).into(),
                _ => e,
            }),
            Decoder::Zstd(decoder) => decoder.read(buf).map_err(|e| damaged(e).into()),
        }
    }
}

fn damaged(e: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("the compressed member is damaged").with_source(e)
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let left = self.size - self.given;
        if left == 0 {
            // One byte more tells a member that lies about its size from one that does not.
            return match self.next(&mut [0])? {
                0 if self.hasher.clone().finalize() == self.crc => Ok(0),
                0 => Err(Error::malformed("the member does not have the checksum that the archive says").into()),
                _ => Err(Error::malformed(format!("the member is longer than the {} bytes it should have", self.size))
                    .into()),
            };
        }
        let most = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let n = self.next(&mut buf[..most])?;
        if n == 0 {
            let (given, size) = (self.given, self.size);
            return Err(
                Error::malformed(format!("the member ends after {given} of the {size} bytes it should have")).into()
            );
        }
        self.hasher.update(&buf[..n]);
        self.given += n as u64;
        Ok(n)
    }
}
