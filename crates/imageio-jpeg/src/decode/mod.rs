//! A whole image: segments in order, scans, and the way to pixels.

mod streaming;

use imageio_core::{Error, Result};

use crate::arith::Arithmetic;
use crate::bits::next_marker;
use crate::color::{ColorHints, Transform};
use crate::frame::{Frame, Process};
use crate::lossless;
use crate::progressive::Progressive;
use crate::render::Renderer;
use crate::sample::Sample;
use crate::scan::{Block, BlockDecoder, Outcome, Scan, Tables, Walker};
use crate::sequential::Sequential;
use crate::strip::Part;
use imageio_parallel as par;

/// What to do about damage.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// Nothing is forgiven.
    Strict,
    /// Wrong codes are passed over; missing data are not.
    Conceal,
    /// What there is, is given.
    Salvage,
}

/// What there is to know before decoding.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// A stream that begins with its start-of-image marker; what follows its end does not matter.
    pub data: &'a [u8],
    /// What the header said of the components' meaning.
    pub hints: ColorHints,
    /// What to do about damage.
    pub tolerance: Tolerance,
    /// Said with errors that [`Tolerance::Salvage`] would not give, such as how to ask for it.
    pub salvage_hint: Option<&'static str>,
    /// Bytes that may be allocated for coefficients.
    pub max_alloc: Option<u64>,
}

impl Job<'_> {
    /// Decodes a frame of at most 8 bits into `height * width * components` samples, channels together; gives notes
    /// about forgiven damage. `shape` is that of the [`Frame`] parsed before.
    ///
    /// # Errors
    /// `Malformed` for damage beyond the tolerance and for another frame than announced, `Limit` for coefficients
    /// beyond `max_alloc` and more scans than make sense, `Mismatch` if `out` has another length than the shape says.
    pub fn decode_u8(&self, shape: (usize, usize, usize), out: &mut [u8]) -> Result<Vec<String>> {
        decode(self, shape, out)
    }

    /// As [`decode_u8`](Self::decode_u8) for a frame of more than 8 bits.
    ///
    /// # Errors
    /// As of [`decode_u8`](Self::decode_u8).
    pub fn decode_u16(&self, shape: (usize, usize, usize), out: &mut [u16]) -> Result<Vec<String>> {
        decode(self, shape, out)
    }

    /// An error that salvaging would avoid.
    fn beyond(&self, what: impl Into<String>) -> Error {
        let error = Error::malformed(what.into());
        match self.salvage_hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// More scans than mean well: in any picture, and in one so large that so many visits of blocks take seconds. Encoders
/// make a dozen.
const MAX_SCANS: u64 = 1 << 16;
const MAX_WORK: u64 = 1 << 26;
const SCANS_OF_ANY: u64 = 64;
/// Scans that wait to be decoded side by side, each with its tables.
const MAX_PENDING: usize = 64;

fn decode<P: Sample>(job: &Job<'_>, shape: (usize, usize, usize), out: &mut [P]) -> Result<Vec<String>> {
    let (height, width, components) = shape;
    if height.checked_mul(width).and_then(|n| n.checked_mul(components)) != Some(out.len()) {
        let count = out.len();
        return Err(Error::mismatch(format!("{count} samples for a JPEG stream of {height}x{width}x{components}")));
    }
    let mut decoder = Decoder {
        job,
        pos: 2,
        tables: Tables::default(),
        frame: None,
        quant: [None; 4],
        coefficients: Vec::new(),
        known: Vec::new(),
        pending: Vec::new(),
        scans: 0,
        notes: Vec::new(),
    };
    decoder.run(shape, out)?;
    Ok(decoder.notes)
}

struct Decoder<'a> {
    job: &'a Job<'a>,
    pos: usize,
    tables: Tables,
    frame: Option<Frame>,
    /// By component: the quantisation table in force when its first scan began.
    quant: [Option<[u16; 64]>; 4],
    /// By component, where the whole picture has to be kept: its blocks in rows.
    coefficients: Vec<Vec<Block>>,
    /// By component and coefficient: the lowest bit known, or 255.
    known: Vec<[u8; 64]>,
    /// Scans of one component each that wait for others to be decoded beside.
    pending: Vec<Pending>,
    scans: u64,
    notes: Vec<String>,
}

/// A progressive scan of one component, its place and the tables that were in force there.
struct Pending {
    scan: Scan,
    pos: usize,
    tables: Tables,
}

impl<'a> Decoder<'a> {
    fn run<P: Sample>(&mut self, shape: (usize, usize, usize), out: &mut [P]) -> Result<()> {
        let data = self.job.data;
        loop {
            let Some((at, marker)) = next_marker(data, self.pos) else { return self.end_of_data(out) };
            if at > self.pos && self.scans == 0 {
                self.notes.push(format!("{} bytes at offset {} belong to no segment", at - self.pos, self.pos));
            }
            self.pos = at + 2;
            match marker {
                0xD9 => return self.finish(out),
                0x01 | 0xD0..=0xD8 => continue,
                _ => {}
            }
            let here = |e: Error| e.with("offset", at);
            let payload = match data.get(self.pos..).and_then(|d| d.split_first_chunk::<2>()) {
                Some((length, rest)) => {
                    let length = usize::from(u16::from_be_bytes(*length));
                    length.checked_sub(2).and_then(|length| rest.get(..length))
                }
                None => None,
            };
            let Some(payload) = payload else {
                if self.scans > 0 {
                    return self.end_of_data(out);
                }
                return Err(here(Error::malformed(format!("the segment of marker 0x{marker:02X} ends early"))));
            };
            self.pos += 2 + payload.len();
            match marker {
                0xDB => self.tables.define_quant(payload).map_err(here)?,
                0xC4 => self.tables.define_huffman(payload).map_err(here)?,
                0xCC => self.tables.define_arithmetic(payload).map_err(here)?,
                0xDD => self.tables.define_restart(payload).map_err(here)?,
                0xDA => {
                    if self.scan(payload, out).map_err(here)? {
                        return Ok(());
                    }
                }
                marker if Frame::is_sof(marker) => {
                    if self.frame.is_some() {
                        return Err(here(Error::malformed("a second frame header")));
                    }
                    let frame = Frame::parse(marker, payload).map_err(here)?;
                    if frame.shape() != shape || (frame.precision <= 8) != (P::BITS == 8) {
                        return Err(here(Error::malformed("the file has changed since it was opened")));
                    }
                    self.known = vec![[255; 64]; frame.components.len()];
                    self.frame = Some(frame);
                }
                _ => {}
            }
        }
    }

    /// One scan; `true` if the picture is complete with it.
    fn scan<P: Sample>(&mut self, payload: &[u8], out: &mut [P]) -> Result<bool> {
        let frame = self.frame.take().ok_or_else(|| Error::malformed("a scan before the frame header"))?;
        let done = self.scan_of(&frame, payload, out);
        self.frame = Some(frame);
        done
    }

    fn scan_of<P: Sample>(&mut self, frame: &Frame, payload: &[u8], out: &mut [P]) -> Result<bool> {
        let scan = Scan::parse(payload, frame)?;
        self.scans += 1;
        let blocks = frame.components.iter().map(|c| (c.blocks_w * c.blocks_h) as u64).sum::<u64>();
        if self.scans > MAX_SCANS || self.scans.saturating_mul(blocks) > MAX_WORK.max(SCANS_OF_ANY * blocks) {
            return Err(Error::limit(format!("{} scans over {blocks} blocks", self.scans)));
        }
        if !frame.arithmetic {
            self.tables.fill_in_standard();
        }
        let data = self.job.data;
        for c in &scan.components {
            for k in scan.ss..=scan.se.max(scan.ss) {
                if let Some(known) = self.known.get_mut(c.index).and_then(|known| known.get_mut(k & 63)) {
                    *known = scan.al as u8;
                }
            }
        }
        if frame.process == Process::Lossless {
            let outcome = lossless::scan(data, self.pos, frame, &scan, &self.tables, out)?;
            self.judge(&outcome, outcome.mcus)?;
            self.pos = outcome.position;
            let complete = self.known.iter().all(|k| k.iter().any(|bit| *bit != 255));
            if complete {
                self.transform_lossless(frame, out);
            }
            return Ok(complete);
        }
        for c in &scan.components {
            let (Some(slot), Some(component)) = (self.quant.get_mut(c.index), frame.components.get(c.index)) else {
                continue;
            };
            if slot.is_none() {
                *slot = self.tables.quant.get(component.tq).copied().flatten();
            }
            if slot.is_none() {
                return Err(Error::malformed(format!("quantisation table {} is not defined", component.tq)));
            }
        }
        let whole = scan.components.len() == frame.components.len();
        if frame.process == Process::Sequential && whole && self.coefficients.is_empty() {
            self.stream(frame, &scan, out)?;
            return Ok(true);
        }
        self.make_room(frame)?;
        if frame.process == Process::Progressive && !frame.arithmetic && scan.ss > 0 && par::threads() > 1 {
            let pos = self.pos;
            self.pos = end_of_scan(data, pos);
            self.pending.push(Pending { scan, pos, tables: self.tables.clone() });
            if self.pending.len() == MAX_PENDING {
                self.decode_pending(frame)?;
            }
            return Ok(false);
        }
        self.decode_pending(frame)?;
        let outcome = decode_scan(data, self.pos, frame, &scan, &self.tables, Blocks::All(&mut self.coefficients))?;
        self.judge(&outcome, outcome.mcus)?;
        self.pos = outcome.position;
        Ok(false)
    }

    /// Decodes the scans that wait, those of different components side by side.
    fn decode_pending(&mut self, frame: &Frame) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let data = self.job.data;
        let own = |index: usize| pending.iter().filter(move |p| p.scan.components.iter().all(|c| c.index == index));
        let jobs: Vec<_> = self.coefficients.iter_mut().enumerate().collect();
        let outcomes = par::map(jobs, true, |(index, blocks): (usize, &mut Vec<Block>)| {
            own(index)
                .map(|p| decode_scan(data, p.pos, frame, &p.scan, &p.tables, Blocks::Of(index, blocks)))
                .collect::<Result<Vec<_>>>()
        });
        for outcomes in outcomes {
            for outcome in outcomes? {
                self.judge(&outcome, outcome.mcus)?;
            }
        }
        Ok(())
    }

    /// The colours of a lossless frame, which has its samples in place.
    fn transform_lossless<P: Sample>(&self, frame: &Frame, out: &mut [P]) {
        let transform = Transform::of(frame, self.job.hints);
        let channels = frame.components.len();
        if transform == Transform::Plain || channels == 1 || frame.precision != P::BITS as u8 {
            return;
        }
        for line in out.chunks_exact_mut((frame.width * channels).max(1)) {
            let planes: Vec<Vec<P>> =
                (0..channels).map(|c| line.iter().skip(c).step_by(channels).copied().collect()).collect();
            let rows: Vec<&[P]> = planes.iter().map(Vec::as_slice).collect();
            transform.row(&rows, line);
        }
    }

    /// Memory for every coefficient of the frame.
    fn make_room(&mut self, frame: &Frame) -> Result<()> {
        if !self.coefficients.is_empty() {
            return Ok(());
        }
        let blocks = |c: &crate::frame::Component| c.blocks_w * c.blocks_h;
        let bytes = frame.components.iter().map(|c| blocks(c) as u64 * 128).sum::<u64>();
        if let Some(max) = self.job.max_alloc.filter(|max| bytes > *max) {
            return Err(
                Error::limit(format!("{bytes} bytes of coefficients")).with("limit", format!("max_alloc = {max}"))
            );
        }
        for c in &frame.components {
            let room = bytemuck::allocation::try_zeroed_vec::<Block>(blocks(c));
            self.coefficients
                .push(room.map_err(|()| Error::limit(format!("no memory for {bytes} bytes of coefficients")))?);
        }
        Ok(())
    }

    fn renderer<P: Sample>(&self, frame: &Frame) -> Result<Renderer<P>> {
        let missing = |i: usize| Error::malformed(format!("there are no data of component {i}"));
        let quant = self.quant.iter().take(frame.components.len()).enumerate();
        let quant: Vec<[u16; 64]> = quant.map(|(i, q)| q.ok_or_else(|| missing(i))).collect::<Result<_>>()?;
        Ok(Renderer::new(frame, &quant, Transform::of(frame, self.job.hints)))
    }

    /// Whether so much is missing that there is no picture.
    fn check_missing(&self, outcome: &Outcome, total: usize) -> Result<()> {
        if self.job.tolerance == Tolerance::Salvage || outcome.missing == 0 {
            return Ok(());
        }
        if outcome.at_end || outcome.missing > total / 2 || self.job.tolerance == Tolerance::Strict {
            let there = outcome.mcus.saturating_sub(outcome.missing).min(total);
            return Err(self.job.beyond(format!("the image data end early: {there} of {total} units are there")));
        }
        Ok(())
    }

    /// Weighs what came of a scan of `total` units: an error, or a note.
    fn judge(&mut self, outcome: &Outcome, total: usize) -> Result<()> {
        self.check_missing(outcome, total)?;
        if outcome.missing > 0 {
            self.notes.push(format!("{} of {total} units of a scan have no data", outcome.missing));
        }
        if outcome.corrupt || outcome.lost_restarts > 0 {
            let what = if outcome.corrupt { "corrupt codes" } else { "restart markers out of place" };
            if self.job.tolerance == Tolerance::Strict {
                return Err(Error::malformed(format!("the image data have {what}")));
            }
            self.notes.push(format!("the image data have {what}; parts of the picture are wrong"));
        }
        Ok(())
    }

    /// The data end without an EOI marker.
    fn end_of_data<P: Sample>(&mut self, out: &mut [P]) -> Result<()> {
        let complete = self.frame.is_some()
            && !self.known.is_empty()
            && self.known.iter().all(|bits| bits.iter().all(|bit| *bit == 0));
        if !complete && self.job.tolerance != Tolerance::Salvage {
            return Err(self.job.beyond("the data end before the image does"));
        }
        self.notes.push("there is no end-of-image marker".into());
        self.finish(out)
    }

    /// All scans are read: renders what they gave.
    fn finish<P: Sample>(&mut self, out: &mut [P]) -> Result<()> {
        let Some(frame) = self.frame.take() else { return Err(Error::malformed("there is no frame header")) };
        self.decode_pending(&frame)?;
        if self.coefficients.is_empty() {
            return Err(Error::malformed("there are no image data").with("scans", self.scans));
        }
        if self.job.tolerance == Tolerance::Salvage {
            for slot in self.quant.iter_mut() {
                slot.get_or_insert([1; 64]);
            }
        }
        let mut renderer = self.renderer(&frame)?;
        let step = rows_in_hand(&frame).max(4 * par::threads());
        for row in (0..frame.mcus_h).step_by(step) {
            let rows = step.min(frame.mcus_h - row);
            let part = |(c, all): (&crate::frame::Component, &'_ Vec<Block>)| {
                let line = c.v * c.blocks_w;
                row * line..((row + rows) * line).min(all.len())
            };
            let blocks: Vec<&[Block]> = frame
                .components
                .iter()
                .zip(&self.coefficients)
                .map(|(c, all)| all.get(part((c, all))).unwrap_or_default())
                .collect();
            renderer.render(&blocks, row, rows, out);
        }
        Ok(())
    }
}

/// Where the coefficients of a scan go.
enum Blocks<'b> {
    /// Those of all components.
    All(&'b mut [Vec<Block>]),
    /// Those of one component.
    Of(usize, &'b mut Vec<Block>),
}

/// Decodes a scan that is one of several.
fn decode_scan(
    data: &[u8],
    pos: usize,
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    blocks: Blocks<'_>,
) -> Result<Outcome> {
    let interval = tables.restart_interval;
    Ok(match (frame.arithmetic, frame.process) {
        (true, process) => {
            let decoder = Arithmetic::new(data, pos, scan, tables, process == Process::Progressive)?;
            walk(Walker::new(decoder, interval), frame, scan, blocks)
        }
        (false, Process::Progressive) => {
            walk(Walker::new(Progressive::new(data, pos, scan, tables)?, interval), frame, scan, blocks)
        }
        (false, _) => walk(Walker::new(Sequential::new(data, pos, scan, tables)?, interval), frame, scan, blocks),
    })
}

/// Walks over the blocks of a scan.
fn walk<D: BlockDecoder>(mut walker: Walker<D>, frame: &Frame, scan: &Scan, blocks: Blocks<'_>) -> Outcome {
    if let [only] = scan.components.as_slice() {
        let blocks = match blocks {
            Blocks::All(all) => all.get_mut(only.index),
            Blocks::Of(index, blocks) => (index == only.index).then_some(blocks),
        };
        if let (Some(c), Some(blocks)) = (frame.components.get(only.index), blocks) {
            walker.single(c.scan_blocks_w, c.scan_blocks_h, c.blocks_w, blocks);
        }
    } else if let Blocks::All(all) = blocks {
        Part::of(all.iter_mut().map(Vec::as_mut_slice)).fill(&mut walker, frame, scan, frame.mcus_h);
    }
    walker.outcome()
}

/// The place of the marker after a scan's data, which may have restart markers.
fn end_of_scan(data: &[u8], mut pos: usize) -> usize {
    while let Some((at, marker)) = next_marker(data, pos) {
        if !matches!(marker, 0xD0..=0xD7) {
            return at;
        }
        pos = at + 2;
    }
    data.len()
}

/// Rows of MCUs that are decoded and rendered at a time: enough to be worth a thread's while, few enough for
/// the cache.
fn rows_in_hand(frame: &Frame) -> usize {
    let row = frame.components.iter().map(|c| c.v * c.blocks_w * 64).sum::<usize>().max(1);
    if row * frame.mcus_h <= 1 << 17 {
        return frame.mcus_h;
    }
    ((1 << 18) / row).clamp(1, frame.mcus_h)
}
