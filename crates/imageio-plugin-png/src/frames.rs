//! The frames of an animation: where they are and how they are put together.

use imageio_core::{Error, Limits, Result};

use crate::chunk::{Chunk, Source};
use crate::header::{Animation, Dispose, FrameControl, Header, Layout};

/// One frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub control: FrameControl,
    /// The first chunk of its data.
    pub data: Chunk,
}

/// Every frame of an animation.
#[derive(Debug)]
pub(crate) struct Frames {
    list: Vec<Frame>,
    /// Number of frames that the file declares, or one more than there are if some are missing.
    count: usize,
    /// The still image is not a frame, and comes before them.
    pub extra_still: bool,
    /// Why frames are missing.
    missing: Option<String>,
}

impl Frames {
    /// Finds the frames by going from chunk to chunk; no data are read.
    pub fn scan(source: &mut Source<'_>, header: &Header, declared: Animation, limits: &Limits) -> Result<Self> {
        let mut list = Vec::new();
        let mut control = header.first_frame;
        let extra_still = control.is_none();
        // Control chunks and data are numbered together, in the order of the file (PNG specification, section 11.3.6).
        let mut expected = u32::from(!extra_still);
        if let Some(control) = control.take() {
            list.push(Frame { control, data: header.pixels });
        }
        let wanted = declared.frames as usize;
        source.seek(header.pixels.end())?;
        let max = limits.max_metadata.unwrap_or(u64::MAX);
        let missing = loop {
            if list.len() >= wanted {
                break None;
            }
            let chunk = match source.chunk() {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break Some("the file ends before it".to_owned()),
                Err(e) if e.kind() == imageio_core::ErrorKind::Malformed => break Some(e.message().to_owned()),
                Err(e) => return Err(e),
            };
            match &chunk.kind {
                b"IEND" => break Some("the file holds fewer frames than it declares".to_owned()),
                b"fcTL" => {
                    if control.is_some() {
                        break Some("the frame before it has no data".to_owned());
                    }
                    let body = source.data(chunk, max);
                    let parsed = match body {
                        Ok((data, true)) => FrameControl::parse(&data, header),
                        Ok((_, false)) => None,
                        Err(e) if e.kind() == imageio_core::ErrorKind::Malformed => None,
                        Err(e) => return Err(e),
                    };
                    let Some(parsed) = parsed else {
                        break Some(format!("its control chunk at offset {} is invalid", chunk.at));
                    };
                    if parsed.number != expected {
                        break Some(out_of_sequence(chunk, parsed.number, expected));
                    }
                    expected += 1;
                    control = Some(parsed);
                }
                b"fdAT" => {
                    let mut number = [0; 4];
                    source.read_up_to(&mut number)?;
                    let number = u32::from_be_bytes(number);
                    if number != expected {
                        break Some(out_of_sequence(chunk, number, expected));
                    }
                    expected += 1;
                    if let Some(control) = control.take() {
                        list.push(Frame { control, data: chunk });
                    }
                }
                _ => {}
            }
            source.seek(chunk.end())?;
        };
        let count = wanted.min(list.len() + usize::from(missing.is_some()));
        let mut frames = Frames { list, count, extra_still, missing };
        if frames.extra_still && frames.list.is_empty() && frames.missing.is_some() {
            frames.count = 0; // An animation that never came: what is left is the still.
        }
        Ok(frames)
    }

    /// Number of images: frames, and the still if it is not one of them.
    pub fn images(&self) -> usize {
        self.count + usize::from(self.extra_still)
    }

    /// The frames that there are.
    pub fn list(&self) -> &[Frame] {
        &self.list
    }

    /// Frame `k`, or why it is missing.
    pub fn get(&self, k: usize) -> Result<Frame> {
        self.list.get(k).copied().ok_or_else(|| {
            let why = self.missing.clone().unwrap_or_default();
            Error::malformed(format!("frame {k} is missing: {why}"))
        })
    }

    /// The latest frame at or before `k` that does not depend on what was shown before it.
    pub fn start(&self, k: usize, header: &Header, layout: Layout) -> usize {
        let covers = |c: &FrameControl| (c.width, c.height) == (header.width, header.height);
        let independent = |at: usize| {
            let Some(frame) = self.list.get(at) else { return false };
            let fresh = covers(&frame.control) && (!frame.control.over || !layout.has_alpha());
            let after_clear = at > 0
                && self.list.get(at - 1).is_some_and(|f| covers(&f.control) && f.control.dispose == Dispose::Clear);
            // What `Restore` brings back is what was there before the frame.
            (fresh || after_clear) && frame.control.dispose != Dispose::Restore
        };
        (1..=k).rev().find(|at| independent(*at)).unwrap_or(0)
    }
}

fn out_of_sequence(chunk: Chunk, number: u32, expected: u32) -> String {
    let (kind, at) = (chunk.kind.escape_ascii(), chunk.at);
    format!("chunk {kind} at offset {at} has the sequence number {number}, {expected} was due")
}
