//! Which places to begin are good ones: a container marks pictures from which a decoder can begin, and among those of
//! H.264 are some from which it arrives at the exact pictures only later, if ever.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, SeekFrom};
use std::sync::Arc;

use imageio_container::{Sample, Track};
use imageio_core::Result;
use imageio_core::resource::{ImageResource, ReadSeek};

use super::packets::Index;

/// Units of a sample that are looked at.
const UNITS: usize = 64;

/// Pictures that are looked at for one that is wanted, at most.
const LOOKS: usize = 4096;

/// Where the pictures are that are marked. Each is looked at when somebody needs to know, since of a file that is far
/// away that costs a request.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    content: Arc<dyn ImageResource>,
    /// Bytes of the length of a unit.
    length: usize,
    marked: Vec<Marked>,
    /// Which were looked at, and whether everything starts afresh there.
    seen: RefCell<HashMap<usize, bool>>,
}

/// A picture that is marked: where it begins and ends in the file, and when it is shown.
#[derive(Debug, Clone)]
struct Marked {
    start: u64,
    end: u64,
    time: i64,
}

impl Places {
    /// Those that are marked in a track, whose packets these are.
    pub fn new(content: &Arc<dyn ImageResource>, track: &Track, length: usize, index: &Index) -> Self {
        let samples = track.samples.iter().enumerate().filter(|(_, sample)| sample.is_key);
        let place = |(at, sample): (usize, &Sample)| {
            let time = index.packet(at)?.pts?;
            Some(Marked { start: sample.at, end: sample.at + u64::from(sample.size), time })
        };
        let mut marked: Vec<Marked> = samples.filter_map(place).collect();
        marked.sort_unstable_by_key(|marked| marked.time);
        Places { content: Arc::clone(content), length, marked, seen: RefCell::default() }
    }

    /// The times of the last `n` pictures not after `time` at which everything starts afresh, the latest first; fewer
    /// where they are far away.
    pub fn before(&self, time: i64, n: usize) -> Result<Vec<i64>> {
        let end = self.marked.partition_point(|marked| marked.time <= time);
        let mut file = None;
        let mut times = Vec::new();
        for (k, marked) in self.marked.iter().enumerate().take(end).rev().take(LOOKS) {
            let seen = self.seen.borrow().get(&k).copied();
            let is_fresh = match (seen, &mut file) {
                (Some(seen), _) => seen,
                (None, Some(file)) => self.starts_afresh(file, marked.start, marked.end)?,
                (None, none) => {
                    let file = none.insert(Arc::clone(&self.content).open_read()?);
                    self.starts_afresh(file, marked.start, marked.end)?
                }
            };
            self.seen.borrow_mut().insert(k, is_fresh);
            if is_fresh {
                times.push(marked.time);
            }
            if times.len() == n {
                break;
            }
        }
        Ok(times)
    }

    /// Looks at the first bytes of units up to that of a picture.
    fn starts_afresh(&self, file: &mut Box<dyn ReadSeek>, start: u64, end: u64) -> io::Result<bool> {
        let mut at = start;
        for _ in 0..UNITS {
            if at + self.length as u64 >= end {
                break;
            }
            let mut head = [0; 5];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut head[4 - self.length..])?;
            // ISO/IEC 14496-10 table 7-1: 5 is a part of such a picture, 1 to 4 are parts of others.
            match head[4] & 0x1f {
                5 => return Ok(true),
                1..=4 => return Ok(false),
                _ => {}
            }
            let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
            at = at.saturating_add(self.length as u64 + u64::from(size));
        }
        Ok(false)
    }
}
