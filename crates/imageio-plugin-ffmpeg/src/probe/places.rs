//! Which places to begin are good ones: a container marks pictures from which a decoder can begin, and among those of
//! H.264 are some from which it arrives at the exact pictures only later, if ever.

use std::io::{self, SeekFrom};
use std::sync::Arc;

use imageio_container::Track;
use imageio_core::resource::{ImageResource, ReadSeek};

use super::packets::Index;

/// Units of a sample that are looked at.
const UNITS: usize = 64;

/// Where the pictures are that are marked.
#[derive(Debug, Clone)]
pub(super) struct Places {
    content: Arc<dyn ImageResource>,
    /// Bytes of the length of a unit.
    length: usize,
    /// Where each begins and ends in the file, and when it is shown.
    marked: Vec<(u64, u64, i64)>,
}

impl Places {
    /// Those that are marked in a track, whose packets these are.
    pub fn new(content: &Arc<dyn ImageResource>, track: &Track, length: usize, index: &Index) -> Self {
        let samples = track.samples.iter().enumerate().filter(|(_, sample)| sample.is_key);
        let marked = samples.filter_map(|(at, s)| Some((s.at, s.at + u64::from(s.size), index.packet(at)?.pts?)));
        Places { content: Arc::clone(content), length, marked: marked.collect() }
    }

    /// When those are shown that hold a picture at which everything starts afresh.
    pub fn instantaneous(&self) -> io::Result<Vec<i64>> {
        let mut file = Arc::clone(&self.content).open_read()?;
        let mut times = Vec::new();
        for (start, end, time) in &self.marked {
            if self.starts_afresh(&mut *file, *start, *end)? {
                times.push(*time);
            }
        }
        Ok(times)
    }

    /// Looks at the first bytes of units up to that of a picture.
    fn starts_afresh(&self, file: &mut dyn ReadSeek, start: u64, end: u64) -> io::Result<bool> {
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
