//! The header of a file: every segment up to the first scan, found by a stream that steps over what it does not
//! need.

use std::io::{ErrorKind as IoErrorKind, SeekFrom};

use imageio_core::{Error, Limits, ReadSeek, Result, Spacing, Unit};
use imageio_jpeg::{ColorHints, Frame, Transform};

/// First bytes of a segment's payload that are kept: enough to know it, and all of JFIF's and Adobe's.
const HEAD: usize = 40;
/// More segments than this before the first scan are no header.
const MAX_SEGMENTS: usize = 1 << 16;
/// Bytes between segments that are passed over in search of a marker.
const MAX_JUNK: u64 = 1 << 20;

/// A segment of application data or a comment.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) marker: u8,
    /// Where the payload begins.
    pub(crate) offset: u64,
    pub(crate) len: usize,
    head: [u8; HEAD],
}

impl Segment {
    /// The first bytes of the payload.
    pub(crate) fn head(&self) -> &[u8] {
        self.head.get(..self.len).unwrap_or(&self.head)
    }

    /// `true` for application segment `n` whose payload begins with `id`.
    pub(crate) fn is(&self, n: u8, id: &[u8]) -> bool {
        self.marker == 0xE0 + n && self.head().starts_with(id)
    }
}

/// JFIF's segment (ITU-T T.871).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jfif {
    pub(crate) version: (u8, u8),
    /// 0: the densities are only an aspect ratio; 1: dots per inch; 2: dots per centimetre.
    pub(crate) unit: u8,
    pub(crate) density: (u16, u16),
}

/// Adobe's segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Adobe {
    pub(crate) version: u16,
    pub(crate) transform: u8,
}

/// What the segments before the first scan say.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// Where the image begins.
    pub(crate) start: u64,
    pub(crate) frame: Frame,
    pub(crate) segments: Vec<Segment>,
    pub(crate) jfif: Option<Jfif>,
    pub(crate) adobe: Option<Adobe>,
    pub(crate) notes: Vec<String>,
}

impl Header {
    /// Reads the header of the image at `start`.
    pub(crate) fn read(stream: &mut dyn ReadSeek, start: u64) -> Result<Header> {
        stream.seek(SeekFrom::Start(start))?;
        let mut soi = [0; 2];
        stream.read_exact(&mut soi)?;
        if soi != [0xFF, 0xD8] {
            return Err(Error::malformed("there is no start-of-image marker").with("offset", start));
        }
        let mut at = start + 2;
        let mut header = Parts { frame: None, segments: Vec::new(), jfif: None, adobe: None, notes: Vec::new() };
        loop {
            let marker = next_marker(stream, &mut at, &mut header.notes)?;
            let here = |e: Error| e.with("offset", at - 2);
            match marker {
                0x01 | 0xD0..=0xD8 => continue,
                0xD9 | 0xDA => {
                    let Some(frame) = header.frame else {
                        let what = if marker == 0xD9 { "the image ends" } else { "a scan begins" };
                        return Err(here(Error::malformed(format!("{what} before there was a frame header"))));
                    };
                    let Parts { segments, jfif, adobe, notes, .. } = header;
                    return Ok(Header { start, frame, segments, jfif, adobe, notes });
                }
                _ => {}
            }
            let mut length = [0; 2];
            stream.read_exact(&mut length).map_err(|e| early(e, at))?;
            let Some(len) = usize::from(u16::from_be_bytes(length)).checked_sub(2) else {
                return Err(here(Error::malformed(format!(
                    "a segment of marker 0x{marker:02X} shorter than its length"
                ))));
            };
            at += 2;
            if Frame::is_sof(marker) {
                let mut payload = vec![0; len];
                stream.read_exact(&mut payload).map_err(|e| early(e, at))?;
                if header.frame.is_some() {
                    return Err(Error::malformed("a second frame header").with("offset", at - 4));
                }
                header.frame = Some(Frame::parse(marker, &payload).map_err(|e| e.with("offset", at - 4))?);
            } else if matches!(marker, 0xE0..=0xEF | 0xFE) {
                let mut segment = Segment { marker, offset: at, len, head: [0; HEAD] };
                let kept = len.min(HEAD);
                stream.read_exact(&mut segment.head[..kept]).map_err(|e| early(e, at))?;
                step_over(stream, len - kept)?;
                header.take(segment);
                if header.segments.len() > MAX_SEGMENTS {
                    return Err(Error::malformed("more segments than a header has"));
                }
            } else {
                step_over(stream, len)?;
            }
            at += len as u64;
        }
    }

    /// What tells the meaning of the components.
    pub(crate) fn hints(&self) -> ColorHints {
        ColorHints { jfif: self.jfif.is_some(), adobe: self.adobe.map(|a| a.transform), stored: false }
    }

    /// What happens to the colours.
    pub(crate) fn transform(&self) -> Transform {
        Transform::of(&self.frame, self.hints())
    }

    /// A letter for each channel of the array.
    pub(crate) fn channels(&self) -> &'static str {
        match self.frame.shape().2 {
            1 => "L",
            2 => "??",
            3 => "RGB",
            // Of scientific data nothing is known.
            _ if self.transform() == Transform::Plain => "????",
            _ => "CMYK",
        }
    }

    /// The distance between samples along the axes, if JFIF gives it in a unit of length.
    pub(crate) fn spacing(&self) -> Option<Vec<Spacing>> {
        let jfif = self.jfif.filter(|j| j.density.0 > 0 && j.density.1 > 0)?;
        let along = |density: u16| match jfif.unit {
            1 => Some(Spacing::new(1.0 / f64::from(density), Unit::Inch)),
            2 => Some(Spacing::new(10.0 / f64::from(density), Unit::Millimetre)),
            _ => None,
        };
        let mut spacing = vec![along(jfif.density.1)?, along(jfif.density.0)?];
        if self.frame.shape().2 > 1 {
            spacing.push(Spacing::none());
        }
        Some(spacing)
    }

    /// The payload of a segment.
    pub(crate) fn payload(stream: &mut dyn ReadSeek, segment: &Segment) -> Result<Vec<u8>> {
        stream.seek(SeekFrom::Start(segment.offset))?;
        let mut payload = vec![0; segment.len];
        stream.read_exact(&mut payload)?;
        Ok(payload)
    }

    /// Whether the segments together are within the limit for metadata.
    pub(crate) fn check_size(&self, limits: &Limits) -> Result<()> {
        limits.check_metadata(self.segments.iter().map(|s| s.len as u64).sum())
    }
}

struct Parts {
    frame: Option<Frame>,
    segments: Vec<Segment>,
    jfif: Option<Jfif>,
    adobe: Option<Adobe>,
    notes: Vec<String>,
}

impl Parts {
    fn take(&mut self, segment: Segment) {
        if let (true, &[b'J', b'F', b'I', b'F', 0, major, minor, unit, x1, x0, y1, y0, ..]) =
            (segment.marker == 0xE0, segment.head())
        {
            let density = (u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
            self.jfif.get_or_insert(Jfif { version: (major, minor), unit, density });
        }
        if let (true, &[b'A', b'd', b'o', b'b', b'e', v1, v0, _, _, _, _, transform, ..]) =
            (segment.marker == 0xEE, segment.head())
        {
            self.adobe = Some(Adobe { version: u16::from_be_bytes([v1, v0]), transform });
        }
        self.segments.push(segment);
    }
}

fn early(e: std::io::Error, at: u64) -> Error {
    if e.kind() == IoErrorKind::UnexpectedEof {
        return Error::malformed("the header ends early").with("offset", at).with_source(e);
    }
    e.into()
}

/// Moves on by `count` bytes; a buffered stream does so in its buffer if it can.
fn step_over(stream: &mut dyn ReadSeek, count: usize) -> Result<()> {
    let there = stream.fill_buf()?.len();
    if there >= count {
        stream.consume(count);
    } else {
        stream.seek_relative(count as i64)?;
    }
    Ok(())
}

/// The second byte of the next marker; `at` moves behind it.
fn next_marker(stream: &mut dyn ReadSeek, at: &mut u64, notes: &mut Vec<String>) -> Result<u8> {
    let mut byte = || -> Result<u8> {
        let mut one = [0];
        stream.read_exact(&mut one).map_err(|e| early(e, *at))?;
        *at += 1;
        Ok(one[0])
    };
    let mut junk = 0u64;
    let mut last = byte()?;
    loop {
        let next = byte()?;
        if last == 0xFF && next != 0 && next != 0xFF {
            if junk > 0 {
                notes.push(format!("{junk} bytes before offset {} belong to no segment", *at - 2));
            }
            return Ok(next);
        }
        junk += u64::from(last != 0xFF || next == 0);
        if junk > MAX_JUNK {
            return Err(Error::malformed("there is no marker where a segment should be").with("offset", *at));
        }
        last = next;
    }
}
