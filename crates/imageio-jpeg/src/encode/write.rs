//! A whole file: markers, bands and scans in their order.

use super::super::scan::{Block, zigzag_mask};
use super::super::tables::{AC_CHROMA, AC_LUMA, DC_CHROMA, DC_LUMA, ZIGZAG};
use super::code::{Codes, Spec};
use super::entropy::{self, BitString, Coder, Counter, Joiner, State, Symbols, category};
use super::forward::Rows;
use super::progressive::{Band, Plan, plan};
use super::{Model, Picture};
use imageio_parallel as par;

/// Rows of MCUs that are worth a thread's while, in samples.
const BAND_SAMPLES: usize = 1 << 16;

/// Pixels per length, as JFIF has them (ITU-T T.871).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Density {
    /// 0: the densities are only an aspect ratio; 1: per inch; 2: per centimetre.
    pub unit: u8,
    /// Across.
    pub x: u16,
    /// Down.
    pub y: u16,
}

impl Density {
    /// Square pixels of unknown size.
    pub const UNKNOWN: Density = Density { unit: 0, x: 1, y: 1 };

    /// Appends JFIF's segment.
    pub fn put(self, out: &mut Vec<u8>) {
        let Density { unit, x, y } = self;
        segment(out, 0xE0, &[b"JFIF\0\x01\x01", &[unit], &x.to_be_bytes(), &y.to_be_bytes(), &[0, 0]]);
    }
}

/// Encodes a picture; `segments` are whole segments that go between JFIF's or Adobe's and the tables.
pub(crate) fn file(picture: &Picture<'_>, density: Density, segments: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(segments.len() + 1024 + picture.pixels.len() / 16);
    out.extend_from_slice(&[0xFF, 0xD8]);
    if matches!(picture.model, Model::Gray | Model::YCbCr) {
        density.put(&mut out);
    } else {
        segment(&mut out, 0xEE, &[b"Adobe\0\x64\0\0\0\0", &[0]]);
    }
    out.extend_from_slice(segments);
    for (number, table) in picture.quant.iter().take(picture.tables()).enumerate() {
        let mut values = vec![number as u8];
        values.extend(ZIGZAG.iter().take(64).map(|at| table[usize::from(*at)] as u8));
        segment(&mut out, 0xDB, &[&values]);
    }
    let marker = if picture.settings.progressive { 0xC2 } else { 0xC0 };
    let (height, width) = (picture.height as u16, picture.width as u16);
    let mut frame = vec![8];
    frame.extend(height.to_be_bytes().into_iter().chain(width.to_be_bytes()));
    frame.push(picture.components.len() as u8);
    for c in &picture.components {
        frame.extend([c.id, ((c.h << 4) | c.v) as u8, c.table as u8]);
    }
    segment(&mut out, marker, &[&frame]);
    let mut out = match (picture.settings.progressive, picture.settings.optimize) {
        (true, _) => progressive(picture, out),
        (false, true) => optimized(picture, out),
        (false, false) => typical(picture, out),
    };
    out.extend_from_slice(&[0xFF, 0xD9]);
    out
}

/// Appends a segment.
fn segment(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length = 2 + parts.iter().map(|p| p.len()).sum::<usize>();
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&(length as u16).to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Appends a Huffman table; `class` is 0 for DC and 1 for AC.
fn huffman(out: &mut Vec<u8>, class: u8, number: usize, spec: &Spec) {
    segment(out, 0xC4, &[&[(class << 4) | number as u8], &spec.counts, &spec.symbols]);
}

fn restart_interval(out: &mut Vec<u8>, picture: &Picture<'_>) {
    if picture.settings.restart_interval > 0 {
        segment(out, 0xDD, &[&picture.settings.restart_interval.to_be_bytes()]);
    }
}

/// Appends tables and scan header of a sequential picture.
fn sequential_header(out: &mut Vec<u8>, picture: &Picture<'_>, dc: &[Spec], ac: &[Spec]) {
    for (number, (dc, ac)) in dc.iter().zip(ac).take(picture.tables()).enumerate() {
        huffman(out, 0, number, dc);
        huffman(out, 1, number, ac);
    }
    restart_interval(out, picture);
    let mut scan = vec![picture.components.len() as u8];
    for c in &picture.components {
        scan.extend([c.id, (c.table << 4 | c.table) as u8]);
    }
    scan.extend([0, 63, 0]);
    segment(out, 0xDA, &[&scan]);
}

/// Cuts the rows of MCUs into bands for the threads: first and last of each.
fn bands(picture: &Picture<'_>) -> Vec<(usize, usize)> {
    let row = picture.mcus_w * picture.hmax * picture.vmax * 64;
    let rows = picture.mcus_h;
    // Several bands for each thread even out what rows cost.
    let most = (rows * row / BAND_SAMPLES).clamp(1, rows);
    let count = if par::threads() == 1 { 1 } else { (4 * par::threads()).min(most) };
    (0..count).map(|i| (i * rows / count, (i + 1) * rows / count)).collect()
}

/// Baseline with the typical tables: one pass, nothing kept but the bits.
fn typical(picture: &Picture<'_>, mut out: Vec<u8>) -> Vec<u8> {
    let (dc, ac) = ([&DC_LUMA, &DC_CHROMA].map(Spec::from), [&AC_LUMA, &AC_CHROMA].map(Spec::from));
    sequential_header(&mut out, picture, &dc, &ac);
    let (dc, ac) = (dc.each_ref().map(Codes::from), ac.each_ref().map(Codes::from));
    let strings = par::map(bands(picture), true, |(first, end)| {
        let mut rows = Rows::new(picture);
        let mut state = State::before(picture, first, || {
            rows.compute(first - 1, true);
            rows.parts()
        });
        let mut coder = Coder { dc: &dc, ac: &ac, bits: BitString::default() };
        let mut masks = Vec::new();
        for row in first..end {
            rows.compute(row, false);
            entropy::masks(&rows.parts(), &mut masks);
            entropy::code_row(picture, &mut state, &rows.parts(), &masks, &mut coder);
        }
        coder.bits
    });
    join(out, &strings)
}

/// Puts bit strings together as one entropy-coded segment.
fn join(out: Vec<u8>, strings: &[BitString]) -> Vec<u8> {
    let mut joiner = Joiner::new(out);
    strings.iter().for_each(|string| joiner.append(string));
    joiner.align();
    joiner.out
}

/// Every block of a picture, by component, in the order of rows of MCUs.
struct Coefficients {
    blocks: Vec<Vec<Block>>,
}

impl Coefficients {
    fn of(picture: &Picture<'_>) -> Self {
        let per_row: Vec<usize> = picture.components.iter().map(|c| picture.mcus_w * c.h * c.v).collect();
        let mut blocks: Vec<Vec<Block>> = per_row.iter().map(|n| vec![[0; 64]; n * picture.mcus_h]).collect();
        let mut rest: Vec<&mut [Block]> = blocks.iter_mut().map(Vec::as_mut_slice).collect();
        let mut jobs = Vec::new();
        for (first, end) in bands(picture) {
            let mut own: Vec<&mut [Block]> = Vec::with_capacity(4);
            for (rest, per_row) in rest.iter_mut().zip(&per_row) {
                let (mine, others) = std::mem::take(rest).split_at_mut((end - first) * per_row);
                own.push(mine);
                *rest = others;
            }
            jobs.push((first, end, own));
        }
        par::each(jobs, true, |(first, end, mut own): (usize, usize, Vec<&mut [Block]>)| {
            let mut rows = Rows::new(picture);
            for row in first..end {
                rows.compute(row, false);
                for ((own, made), per_row) in own.iter_mut().zip(&rows.blocks).zip(&per_row) {
                    if let Some(place) = own.get_mut((row - first) * per_row..(row - first + 1) * per_row) {
                        place.copy_from_slice(made);
                    }
                }
            }
        });
        Coefficients { blocks }
    }

    /// The blocks of a row of MCUs.
    fn row(&self, picture: &Picture<'_>, row: usize) -> Vec<&[Block]> {
        let part = |(c, blocks): (&super::Component, &'_ Vec<Block>)| -> std::ops::Range<usize> {
            let n = picture.mcus_w * c.h * c.v;
            (row * n).min(blocks.len())..((row + 1) * n).min(blocks.len())
        };
        picture.components.iter().zip(&self.blocks).map(|(c, blocks)| &blocks[part((c, blocks))]).collect()
    }
}

/// Baseline with tables made for the picture.
fn optimized(picture: &Picture<'_>, mut out: Vec<u8>) -> Vec<u8> {
    let coefficients = Coefficients::of(picture);
    let state = |first: usize| State::before(picture, first, || coefficients.row(picture, first - 1));
    let counters = par::map(bands(picture), true, |(first, end)| {
        let (mut state, mut counter, mut masks) = (state(first), Counter::default(), Vec::new());
        for row in first..end {
            let blocks = coefficients.row(picture, row);
            entropy::masks(&blocks, &mut masks);
            entropy::row(picture, &mut state, &blocks, &masks, &mut counter);
        }
        counter
    });
    let mut total = Counter::default();
    for counter in &counters {
        let pairs = total.dc.iter_mut().chain(&mut total.ac).zip(counter.dc.iter().chain(&counter.ac));
        pairs.for_each(|(to, from)| to.iter_mut().zip(from).for_each(|(to, from)| *to += from));
    }
    let (dc, ac) = (total.dc.each_ref().map(Spec::optimal), total.ac.each_ref().map(Spec::optimal));
    sequential_header(&mut out, picture, &dc, &ac);
    let (dc, ac) = (dc.each_ref().map(Codes::from), ac.each_ref().map(Codes::from));
    let strings = par::map(bands(picture), true, |(first, end)| {
        let (mut state, mut masks) = (state(first), Vec::new());
        let mut coder = Coder { dc: &dc, ac: &ac, bits: BitString::default() };
        for row in first..end {
            let blocks = coefficients.row(picture, row);
            entropy::masks(&blocks, &mut masks);
            entropy::code_row(picture, &mut state, &blocks, &masks, &mut coder);
        }
        coder.bits
    });
    join(out, &strings)
}

/// Progressive: the scans are coded side by side, since each needs but the coefficients.
fn progressive(picture: &Picture<'_>, mut out: Vec<u8>) -> Vec<u8> {
    let coefficients = Coefficients::of(picture);
    let plans = plan(picture.model, picture.components.len());
    let scans = par::map(plans, true, |plan| {
        let mut counter = Counter::default();
        scan(picture, &coefficients, &plan, &mut counter);
        let (dc, ac) = (counter.dc.each_ref().map(Spec::optimal), counter.ac.each_ref().map(Spec::optimal));
        let codes = (dc.each_ref().map(Codes::from), ac.each_ref().map(Codes::from));
        let mut coder = Coder { dc: &codes.0, ac: &codes.1, bits: BitString::default() };
        scan(picture, &coefficients, &plan, &mut coder);
        (plan, dc, ac, coder.bits)
    });
    for (i, (plan, dc, ac, bits)) in scans.iter().enumerate() {
        let mut header = vec![plan.components.len() as u8];
        let mut written = [false; 2];
        for c in plan.components.iter().filter_map(|c| picture.components.get(*c)) {
            let (td, ta) = if plan.ss > 0 { (0, c.table) } else { (if plan.ah == 0 { c.table } else { 0 }, 0) };
            header.extend([c.id, (td << 4 | ta) as u8]);
            if (plan.ss == 0 && plan.ah > 0) || std::mem::replace(&mut written[c.table & 1], true) {
                continue;
            }
            if plan.ss == 0 {
                huffman(&mut out, 0, c.table, &dc[c.table & 1]);
            } else {
                huffman(&mut out, 1, c.table, &ac[c.table & 1]);
            }
        }
        if i == 0 {
            restart_interval(&mut out, picture);
        }
        header.extend([plan.ss as u8, plan.se as u8, (plan.ah << 4 | plan.al) as u8]);
        segment(&mut out, 0xDA, &[&header]);
        out = join(out, std::slice::from_ref(bits));
    }
    out
}

/// Codes one progressive scan.
fn scan(picture: &Picture<'_>, coefficients: &Coefficients, plan: &Plan, to: &mut impl Symbols) {
    let interval = usize::from(picture.settings.restart_interval);
    let mut left = interval;
    let mut due = || {
        let due = interval > 0 && left == 0;
        left = if due { interval } else { left }.wrapping_sub(1);
        due
    };
    if plan.ss == 0 {
        let mut predictions = [0; 4];
        for row in 0..picture.mcus_h {
            let blocks = coefficients.row(picture, row);
            for mx in 0..picture.mcus_w {
                if due() {
                    to.restart();
                    predictions = [0; 4];
                }
                for ((c, blocks), prediction) in picture.components.iter().zip(&blocks).zip(&mut predictions) {
                    for at in (0..c.v).map(|vy| (vy * picture.mcus_w + mx) * c.h) {
                        for block in blocks.get(at..at + c.h).unwrap_or_default() {
                            let value = i32::from(block[0]) >> plan.al;
                            if plan.ah > 0 {
                                to.raw((value & 1) as u32, 1);
                                continue;
                            }
                            let (size, bits) = category(value - *prediction);
                            *prediction = value;
                            to.dc(c.table, size, bits);
                        }
                    }
                }
            }
        }
        return;
    }
    let Some(index) = plan.components.first().copied() else { return };
    let (Some(c), Some(blocks)) = (picture.components.get(index), coefficients.blocks.get(index)) else { return };
    let mut band = Band::new(to, c.table, plan);
    let mut masks = Vec::new();
    for row in blocks.chunks_exact(picture.mcus_w * c.h).take(c.blocks_h) {
        let row = row.get(..c.blocks_w).unwrap_or(row);
        entropy::masks(&[row], &mut masks);
        for (block, mask) in row.iter().zip(masks.iter().flatten()) {
            if due() {
                band.restart();
            }
            let mask = zigzag_mask(*mask);
            if plan.ah == 0 { band.first(block, mask) } else { band.refine(block, mask) }
        }
    }
    band.flush();
}
