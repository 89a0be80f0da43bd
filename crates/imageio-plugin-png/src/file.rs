//! Putting chunks into the file.

use std::io::{Seek, SeekFrom, Write};

use imageio_core::{Result, Sink};

use crate::chunk::{Kind, SIGNATURE, assemble};
use crate::header::{Color, FrameControl};

/// A file that is being written.
pub(crate) struct PngFile {
    sink: Sink,
    /// The number that the next chunk of an animation bears.
    sequence: u32,
    /// Where the animation control chunk lies.
    control_at: Option<u64>,
}

impl PngFile {
    /// Starts at the beginning of `sink`.
    pub fn new(sink: Sink) -> Self {
        PngFile { sink, sequence: 0, control_at: None }
    }

    /// The signature and the header chunk.
    pub fn begin(&mut self, (width, height): (u32, u32), depth: u8, color: Color, interlaced: bool) -> Result<()> {
        let mut out = SIGNATURE.to_vec();
        let mut data = [0; 13];
        data[..4].copy_from_slice(&width.to_be_bytes());
        data[4..8].copy_from_slice(&height.to_be_bytes());
        data[8] = depth;
        data[9] = color.code();
        data[12] = u8::from(interlaced);
        assemble(*b"IHDR", &data, &mut out);
        self.raw(&out)
    }

    /// Chunks that are complete already.
    pub fn raw(&mut self, chunks: &[u8]) -> Result<()> {
        Ok(self.sink.write_all(chunks)?)
    }

    /// One chunk of a few bytes.
    pub fn chunk(&mut self, kind: Kind, data: &[u8]) -> Result<()> {
        let mut out = Vec::with_capacity(data.len() + 12);
        assemble(kind, data, &mut out);
        self.raw(&out)
    }

    /// The animation control chunk, whose number of frames may be corrected later.
    pub fn animation(&mut self, frames: u32, plays: u32) -> Result<()> {
        self.control_at = Some(self.sink.stream_position()?);
        let mut data = frames.to_be_bytes().to_vec();
        data.extend(plays.to_be_bytes());
        self.chunk(*b"acTL", &data)
    }

    /// Corrects the number of frames.
    pub fn set_frames(&mut self, frames: u32, plays: u32) -> Result<()> {
        if let Some(at) = self.control_at {
            let end = self.sink.stream_position()?;
            self.sink.seek(SeekFrom::Start(at))?;
            self.animation(frames, plays)?;
            self.sink.seek(SeekFrom::Start(end))?;
        }
        Ok(())
    }

    /// The control chunk of a frame that replaces what it covers and stays.
    pub fn frame(&mut self, control: &FrameControl) -> Result<()> {
        let mut data = Vec::with_capacity(26);
        for number in [self.sequence, control.width, control.height, control.x, control.y] {
            data.extend(number.to_be_bytes());
        }
        data.extend(control.delay.0.to_be_bytes());
        data.extend(control.delay.1.to_be_bytes());
        data.extend([0, 0]);
        self.sequence += 1;
        self.chunk(*b"fcTL", &data)
    }

    /// A piece of compressed pixels: of the still image, or of a frame behind it.
    pub fn pixels(&mut self, piece: &[u8], frame: bool) -> Result<()> {
        // The length field allows 31 bits.
        for piece in piece.chunks(1 << 30) {
            let number = self.sequence.to_be_bytes();
            let (kind, number): (Kind, &[u8]) = if frame { (*b"fdAT", &number) } else { (*b"IDAT", &[]) };
            self.sequence += u32::from(frame);
            let mut crc = crc32fast::Hasher::new();
            let len = (number.len() + piece.len()) as u32;
            self.sink.write_all(&len.to_be_bytes())?;
            for part in [&kind[..], number, piece] {
                crc.update(part);
                self.sink.write_all(part)?;
            }
            self.sink.write_all(&crc.finalize().to_be_bytes())?;
        }
        Ok(())
    }

    /// The end of the file.
    pub fn end(&mut self) -> Result<()> {
        self.chunk(*b"IEND", &[])
    }
}
