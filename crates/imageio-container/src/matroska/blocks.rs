//! Blocks, one after the other: the element `Cluster` (RFC 9559 sections 5.1.3 and 10).

use std::io::{Read, Seek};

use super::ebml::{CHECKSUM, Head, VOID, head, number, whole};
use super::{CHAPTERS, CLUSTER, CUES, SEEK_HEAD, Segment, TAGS};
use crate::source::read_at;
use crate::{Doubt, Result};

const TIME: u32 = 0xe7;
const SIMPLE: u32 = 0xa3;
const GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;

/// Bytes of a block before its frames: the number of its track, its time, and flags.
const PREFIX: u64 = 11;
/// Bytes of what stands beside the block in a group, such as transparency.
const BESIDE: u64 = 1 << 20;
/// Elements in a group.
const PARTS: usize = 16;

/// A block: a frame, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// The number of its track.
    pub track: u64,
    /// When it is shown, in units of the segment.
    pub time: i64,
    /// How long, in the same unit, where that is said.
    pub duration: Option<u64>,
    /// Where its content begins in the file.
    pub at: u64,
    /// Bytes of its content.
    pub size: u64,
    /// Decoding may begin here.
    pub is_key: bool,
    /// It holds several frames.
    pub is_laced: bool,
}

/// A place among the blocks of a file.
#[derive(Debug, Clone)]
pub struct Blocks {
    at: u64,
    end: u64,
    /// Where the cluster ends in which this is, and its time.
    cluster: Option<(u64, Option<i64>)>,
    tags: Option<u64>,
}

impl Blocks {
    pub(super) fn new(segment: &Segment) -> Self {
        Blocks { at: segment.first_cluster, end: segment.end, cluster: None, tags: segment.tags_at }
    }

    /// The next block, in the order in which they are in the file; `None` at the end.
    ///
    /// # Errors
    /// A [`Doubt`] about damage and about what only live streams have. Nothing follows it.
    pub fn next(&mut self, source: &mut (impl Read + Seek)) -> Result<Option<Block>> {
        loop {
            let Some((end, time)) = self.cluster else {
                if self.at >= self.end {
                    return Ok(None);
                }
                let head = head(source, self.at, self.end)?;
                match head.id {
                    CLUSTER => {
                        self.cluster = Some((head.end, None));
                        self.at = head.start;
                    }
                    // Nobody reads tags that no list leads to before everything else was read.
                    TAGS if self.tags != Some(self.at) => return Err(Doubt("there are tags behind the pictures")),
                    CUES | TAGS | SEEK_HEAD | CHAPTERS | VOID | CHECKSUM => self.at = head.end,
                    _ => return Err(Doubt("there is an unknown part among the pictures")),
                }
                continue;
            };
            if self.at >= end {
                self.cluster = None;
                continue;
            }
            let head = head(source, self.at, end)?;
            self.at = head.end;
            let time = || time.ok_or(Doubt("a cluster has no time"));
            match head.id {
                TIME if head.end - head.start <= 8 => {
                    let mut bytes = [0; 8];
                    let bytes = &mut bytes[..(head.end - head.start) as usize];
                    read_at(source, head.start, bytes)?;
                    let time = i64::try_from(whole(bytes)?).ok().filter(|n| *n < 1 << 52);
                    self.cluster = Some((end, Some(time.ok_or(Doubt("a time is very late"))?)));
                }
                SIMPLE => return block(source, &head, time()?).map(Some),
                GROUP => return group(source, &head, time()?).map(Some),
                // Silent tracks, positions, sizes of those before.
                0x5854 | 0xa7 | 0xab | VOID | CHECKSUM => {}
                _ => return Err(Doubt("a cluster has an unknown part")),
            }
        }
    }
}

fn block(source: &mut (impl Read + Seek), head: &Head, cluster: i64) -> Result<Block> {
    const SHORT: Doubt = Doubt("a block ends early");
    let mut bytes = [0; PREFIX as usize];
    let n = (head.end - head.start).min(PREFIX) as usize;
    read_at(source, head.start, &mut bytes[..n])?;
    let mut rest = &bytes[..n];
    let track = number(&mut rest)?.ok_or(Doubt("a block has no track"))?;
    let (fixed, tail) = rest.split_first_chunk::<3>().ok_or(SHORT)?;
    let at = head.start + (n - tail.len()) as u64;
    Ok(Block {
        track,
        time: cluster + i64::from(i16::from_be_bytes([fixed[0], fixed[1]])),
        duration: None,
        at,
        size: head.end - at,
        is_key: fixed[2] & 0x80 != 0,
        is_laced: fixed[2] & 6 != 0,
    })
}

fn group(source: &mut (impl Read + Seek), group: &Head, cluster: i64) -> Result<Block> {
    let mut found = None;
    let (mut refers, mut duration) = (false, None);
    let (mut at, mut n) = (group.start, 0);
    while at < group.end {
        n += 1;
        if n > PARTS {
            return Err(Doubt("a block has very many parts"));
        }
        let part = head(source, at, group.end)?;
        match part.id {
            BLOCK if found.is_none() => found = Some(block(source, &part, cluster)?),
            0xfb => refers = true,
            0x9b if part.end - part.start <= 8 && duration.is_none() => {
                let mut bytes = [0; 8];
                let bytes = &mut bytes[..(part.end - part.start) as usize];
                read_at(source, part.start, bytes)?;
                duration = Some(whole(bytes)?);
            }
            // What stands beside it; padding that decoders leave out; priority.
            0x75a1 if part.end - part.start <= BESIDE => {}
            0x75a2 | 0xfa | VOID | CHECKSUM => {}
            _ => return Err(Doubt("a block has an unknown part")),
        }
        at = part.end;
    }
    let block = found.ok_or(Doubt("a group has no block"))?;
    Ok(Block { is_key: !refers, duration, ..block })
}
