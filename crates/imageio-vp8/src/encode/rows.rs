//! Rows of macroblocks, several at a time: each row follows the one above at a distance of two macroblocks.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::cost::Costs;
use super::macroblock::{AVERAGES, Above, Coded, Job, Left, Site, encode};
use super::tokens::Counts;
use crate::predict;
use crate::tables::{DEFAULT_COEF_PROBS, PLANE_UV, PLANE_Y, PLANE_Y_AFTER_Y2, PLANE_Y2};

/// Macroblocks that are handed on together.
const BATCH: usize = 8;
/// Rows that share their idea of what coefficients cost. It comes from the rows before the last one above them, so
/// that the result is the same for any number of threads (up to two).
const EPOCH: usize = 4;
const LAG: usize = 2;

/// What was decided on one macroblock, but for its coefficients.
pub(super) struct Decided {
    pub y_mode: u8,
    pub uv_mode: u8,
    pub b_modes: [u8; 16],
    pub ends: [u8; 25],
    /// Which blocks next to the macroblock below have coefficients.
    pub below: [u8; 9],
    pub empty: bool,
}

/// One row of macroblocks.
#[derive(Default)]
pub(super) struct Row {
    pub macroblocks: Vec<Decided>,
    /// Values of all blocks that have any, one after the other.
    pub levels: Vec<i16>,
}

/// What one thread tells the next.
enum Message {
    Part(Vec<Above>),
    End(Counts),
}

/// Codes every row; gives them in order, and how often each decision was taken.
pub(super) fn encode_rows(job: &Job<'_>, threads: usize) -> (Vec<Row>, Counts) {
    let rows = job.planes.rows;
    let threads = threads.clamp(1, 2).min(rows);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel::<Message>()).unzip();
    let mut workers = Vec::new();
    for (first, receiver) in receivers.into_iter().enumerate() {
        let next = senders[(first + 1) % threads].clone();
        workers.push(Worker {
            job,
            first,
            threads,
            receiver,
            next,
            history: VecDeque::new(),
            costs: Costs::new(&DEFAULT_COEF_PROBS),
        });
    }
    drop(senders);
    let mut done: Vec<(Vec<Row>, Option<Counts>)> = Vec::new();
    if threads == 1 {
        done.extend(workers.pop().map(Worker::run));
    } else {
        std::thread::scope(|scope| {
            let last = workers.pop();
            let handles: Vec<_> = workers.into_iter().map(|worker| scope.spawn(move || worker.run())).collect();
            let last = last.map(Worker::run);
            for handle in handles {
                match handle.join() {
                    Ok(result) => done.push(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done.extend(last);
        });
    }
    let mut counts = Counts::new();
    let mut parts = Vec::new();
    for (rows, last) in done {
        if let Some(last) = last {
            counts = last;
        }
        parts.push(rows.into_iter());
    }
    let n = parts.len();
    let rows = (0..rows).filter_map(|my| parts[my % n].next()).collect();
    (rows, counts)
}

struct Worker<'a, 'j> {
    job: &'a Job<'j>,
    first: usize,
    threads: usize,
    receiver: Receiver<Message>,
    next: Sender<Message>,
    /// Counts of all rows up to and including some row.
    history: VecDeque<(usize, Counts)>,
    costs: Costs,
}

impl Worker<'_, '_> {
    /// Codes its rows; the second result is there if the last row of the picture is among them.
    fn run(mut self) -> (Vec<Row>, Option<Counts>) {
        let rows = self.job.planes.rows;
        let mut out = Vec::new();
        for my in (self.first..rows).step_by(self.threads) {
            if my % EPOCH < self.threads {
                let known = (my - my % EPOCH).checked_sub(LAG);
                if let Some((_, counts)) = self.history.iter().find(|(row, _)| Some(*row) == known) {
                    self.costs = Costs::new(&counts.probabilities());
                }
            }
            out.push(self.row(my));
        }
        let last = self.history.pop_back().filter(|(row, _)| *row == rows - 1).map(|(_, counts)| counts);
        (out, last)
    }

    fn remember(&mut self, my: usize, counts: Counts) {
        self.history.push_back((my, counts));
        if self.history.len() > EPOCH {
            self.history.pop_front();
        }
    }

    fn row(&mut self, my: usize) -> Row {
        let columns = self.job.planes.columns;
        let mut above = if my == 0 { vec![Above::OUTSIDE; columns] } else { Vec::with_capacity(columns) };
        let mut left = Left::outside(my);
        let mut row = Row { macroblocks: Vec::with_capacity(columns), levels: Vec::with_capacity(64 * columns) };
        let mut counts = Counts::new();
        let mut batch = Vec::with_capacity(BATCH);
        let mut beside = [0u8; 9];
        for mx in 0..columns {
            while above.len() < (mx + 2).min(columns) {
                match self.receiver.recv() {
                    Ok(Message::Part(part)) => above.extend(part),
                    // The thread above has failed; its panic is passed on when it is joined.
                    _ => return row,
                }
            }
            let right = match above.get(mx + 1) {
                Some(next) => [next.y[0], next.y[1], next.y[2], next.y[3]],
                None if my == 0 => [127; 4],
                None => [above[mx].y[15]; 4],
            };
            let site = Site { mx, my, above: &above[mx], right };
            let (coded, below) = encode(self.job, &self.costs, &site, &mut left);
            record(&coded, &above[mx].coded, &mut beside, &mut counts, &mut row);
            if let Some(decided) = row.macroblocks.last_mut() {
                decided.below = below.coded;
            }
            batch.push(below);
            if batch.len() == BATCH || mx + 1 == columns {
                // Nobody listens below the last row.
                let _ = self.next.send(Message::Part(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))));
            }
        }
        let before = if my > 0 { self.receiver.recv().ok() } else { None };
        if let Some(Message::End(before)) = before {
            counts.add(&before);
            if self.threads > 1 {
                self.remember(my - 1, before);
            }
        }
        let _ = self.next.send(Message::End(counts.clone()));
        self.remember(my, counts);
        row
    }
}

/// Counts the decisions of a macroblock and keeps what will be written.
fn record(coded: &Coded, above: &[u8; 9], beside: &mut [u8; 9], counts: &mut Counts, row: &mut Row) {
    let empty = coded.is_empty();
    row.macroblocks.push(Decided {
        y_mode: coded.y_mode,
        uv_mode: coded.uv_mode,
        b_modes: coded.b_modes,
        ends: coded.ends,
        below: [0; 9],
        empty,
    });
    each_block(coded.y_mode, &coded.ends, *above, beside, |plane, k, context, first, end| {
        let levels = &coded.levels[k][first.min(end)..end];
        row.levels.extend_from_slice(levels);
        if !empty {
            counts.block(plane, context, first, end, levels);
        }
    });
}

/// Goes through the blocks of a macroblock in the order of the stream: kind, index, context, first and last position.
#[inline(always)]
pub(super) fn each_block(
    y_mode: u8,
    ends: &[u8; 25],
    above: [u8; 9],
    beside: &mut [u8; 9],
    mut block: impl FnMut(usize, usize, usize, usize, usize),
) {
    let mut above = above;
    let mut one = |plane: usize, k: usize, a: &mut u8, l: &mut u8, first: usize| {
        let end = usize::from(ends[k]);
        block(plane, k, usize::from(*a + *l), first, end);
        *a = u8::from(end > first);
        *l = *a;
    };
    let (plane, first) = if y_mode == predict::PER_BLOCK {
        (PLANE_Y, 0)
    } else {
        one(PLANE_Y2, AVERAGES, &mut above[8], &mut beside[8], 0);
        (PLANE_Y_AFTER_Y2, 1)
    };
    for k in 0..16 {
        one(plane, k, &mut above[k % 4], &mut beside[k / 4], first);
    }
    for (first, edge) in [(16, 4), (20, 6)] {
        for k in 0..4 {
            one(PLANE_UV, first + k, &mut above[edge + k % 2], &mut beside[edge + k / 2], 0);
        }
    }
}
