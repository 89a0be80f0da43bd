//! A sequential picture of one scan: decoded and rendered side by side, so that it never lies in memory as a whole.

use imageio_core::Result;
use imageio_parallel as par;

use super::{Decoder, rows_in_hand};
use crate::arith::Arithmetic;
use crate::bits::next_marker;
use crate::frame::Frame;
use crate::sample::Sample;
use crate::scan::{BlockDecoder, Outcome, Scan, Tables, Walker};
use crate::sequential::Sequential;
use crate::strip::{Part, Strip};

impl Decoder<'_> {
    /// The one scan of a sequential picture, decoded and rendered side by side, a few rows at a time.
    pub(super) fn stream<P: Sample>(&mut self, frame: &Frame, scan: &Scan, out: &mut [P]) -> Result<()> {
        let (data, interval) = (self.job.data, self.tables.restart_interval);
        let tables = std::mem::take(&mut self.tables);
        if frame.arithmetic {
            let walker = Walker::new(Arithmetic::new(data, self.pos, scan, &tables, false)?, interval);
            return self.stream_with(walker, frame, scan, out);
        }
        let rows_at_once = interval / frame.mcus_w;
        if par::threads() > 1 && rows_at_once > 0 && interval % frame.mcus_w == 0 && rows_at_once < frame.mcus_h {
            if let Some(starts) = restart_points(data, self.pos, frame.mcus_h.div_ceil(rows_at_once)) {
                return self.stream_intervals(&starts, rows_at_once, frame, scan, &tables, out);
            }
        }
        let walker = Walker::new(Sequential::new(data, self.pos, scan, &tables)?, interval);
        self.stream_with(walker, frame, scan, out)
    }

    fn stream_with<P: Sample, D: BlockDecoder + Send>(
        &mut self,
        mut walker: Walker<D>,
        frame: &Frame,
        scan: &Scan,
        out: &mut [P],
    ) -> Result<()> {
        let step = rows_in_hand(frame);
        let total = frame.mcus_w * frame.mcus_h;
        let mut renderer = self.renderer(frame)?;
        let mut ready = Strip::new(frame, step);
        let mut next = Strip::new(frame, if step < frame.mcus_h { step } else { 0 });
        ready.fill(&mut walker, frame, scan, 0, step);
        let mut row = 0;
        loop {
            if walker.progress().1 > 0 {
                self.check_missing(&walker.outcome(), total)?;
            }
            let after = row + step;
            if after >= frame.mcus_h {
                let outcome = walker.outcome();
                renderer.render(&ready.blocks(), row, frame.mcus_h - row, out);
                return self.judge(&outcome, total);
            }
            par::join(
                true,
                || next.fill(&mut walker, frame, scan, after, step),
                || renderer.render(&ready.blocks(), row, step, out),
            );
            std::mem::swap(&mut ready, &mut next);
            row = after;
        }
    }

    /// As [`stream_with`](Self::stream_with) where restart markers allow of several decoders at a time.
    fn stream_intervals<P: Sample>(
        &mut self,
        starts: &[usize],
        rows_at_once: usize,
        frame: &Frame,
        scan: &Scan,
        tables: &Tables,
        out: &mut [P],
    ) -> Result<()> {
        let step = rows_in_hand(frame).max(par::threads() * rows_at_once).next_multiple_of(rows_at_once);
        let total = frame.mcus_w * frame.mcus_h;
        let mut renderer = self.renderer(frame)?;
        let mut strip = Strip::new(frame, step);
        let mut sum = Outcome::default();
        for (row, starts) in (0..frame.mcus_h).step_by(step).zip(starts.chunks(step / rows_at_once)) {
            let decoders = starts.iter().map(|at| Sequential::new(self.job.data, *at, scan, tables));
            let decoders: Vec<_> = decoders.collect::<Result<_>>()?;
            let parts = strip.split(frame, rows_at_once);
            let jobs = (row..).step_by(rows_at_once).zip(parts).zip(decoders).collect();
            let outcomes = par::map(jobs, true, |((row, mut part), decoder): ((usize, Part<'_>), Sequential<'_>)| {
                let mut walker = Walker::new(decoder, 0);
                part.fill(&mut walker, frame, scan, rows_at_once.min(frame.mcus_h - row));
                walker.outcome()
            });
            for outcome in outcomes {
                sum.mcus += outcome.mcus;
                sum.missing += outcome.missing;
                sum.corrupt |= outcome.corrupt;
                (sum.position, sum.at_end) = (outcome.position, outcome.at_end);
            }
            self.check_missing(&sum, total)?;
            renderer.render(&strip.blocks(), row, step.min(frame.mcus_h - row), out);
        }
        self.judge(&sum, total)
    }
}

/// The starts of all restart intervals, if their markers are complete and in order.
fn restart_points(data: &[u8], start: usize, intervals: usize) -> Option<Vec<usize>> {
    let mut starts = vec![start];
    let mut at = start;
    while starts.len() < intervals {
        let (found, marker) = next_marker(data, at)?;
        if marker != 0xD0 + ((starts.len() - 1) & 7) as u8 {
            return None;
        }
        at = found + 2;
        starts.push(at);
    }
    Some(starts)
}
