//! What the frame header says (RFC 6386, 9.2 to 9.11), and where the partitions lie.

use super::header::Header;
use crate::bits::BoolReader;
use crate::error::Error;
use crate::filter::Strength;
use crate::tables::{AC_STEPS, COEF_UPDATE_PROBS, CoefProbs, DC_STEPS, DEFAULT_COEF_PROBS};

/// Steps of a segment: of the average and of the rest, for each kind of block.
#[derive(Clone, Copy, Default)]
pub(super) struct Steps {
    pub y: [i32; 2],
    pub y2: [i32; 2],
    pub uv: [i32; 2],
}

/// Segments (9.3).
#[derive(Default)]
pub(super) struct Segments {
    enabled: bool,
    pub map: bool,
    absolute: bool,
    quantizer: [i32; 4],
    level: [i32; 4],
    pub probs: [u8; 3],
}

/// Everything that holds for the whole frame.
pub(super) struct Setup<'a> {
    /// Stands at the modes of the first macroblock.
    pub modes: BoolReader<'a>,
    pub partitions: Vec<BoolReader<'a>>,
    pub segments: Segments,
    /// Steps by segment.
    pub steps: [Steps; 4],
    /// Filters by segment and by whether the macroblock has modes per block.
    pub filters: [[Strength; 2]; 4],
    pub simple_filter: bool,
    pub filtered: bool,
    pub probs: Box<CoefProbs>,
    /// Probability that a macroblock has coefficients, if such without are marked.
    pub skip_prob: Option<u8>,
}

impl<'a> Setup<'a> {
    pub(super) fn read(data: &'a [u8], header: &Header) -> Result<Self, Error> {
        let rest = data.get(Header::LEN..).unwrap_or_default();
        let Some((first, rest)) = rest.split_at_checked(header.first_partition) else {
            return Err(Error::Truncated("first partition"));
        };
        let mut r = BoolReader::new(first);
        let _color_space = r.flag();
        let _clamping = r.flag();
        let segments = read_segments(&mut r);
        let simple_filter = r.flag();
        let level = r.literal(6) as i32;
        let sharpness = r.literal(3) as u8;
        let (ref_delta, mode_delta) = read_filter_deltas(&mut r);
        let partitions = split_partitions(rest, 1 << r.literal(2))?;
        let steps = read_steps(&mut r, &segments);
        let _refresh = r.flag();
        let probs = read_probs(&mut r);
        let skip_prob = r.flag().then(|| r.literal(8) as u8);
        if r.is_past_end() {
            return Err(Error::Truncated("frame header"));
        }
        let mut filters = [[Strength::default(); 2]; 4];
        for (segment, filters) in filters.iter_mut().enumerate() {
            let base = match (segments.enabled, segments.absolute) {
                (false, _) => level,
                (true, true) => segments.level[segment],
                (true, false) => level + segments.level[segment],
            };
            for (per_block, filter) in filters.iter_mut().enumerate() {
                let mut level = base.clamp(0, 63);
                if let (Some(by_ref), Some(by_mode)) = (ref_delta, mode_delta) {
                    level += by_ref + if per_block == 1 { by_mode } else { 0 };
                }
                *filter = Strength::new(level.clamp(0, 63) as u8, sharpness);
            }
        }
        Ok(Setup {
            modes: r,
            partitions,
            segments,
            steps,
            filters,
            simple_filter,
            filtered: level != 0,
            probs,
            skip_prob,
        })
    }
}

fn read_segments(r: &mut BoolReader<'_>) -> Segments {
    let mut segments = Segments { absolute: true, probs: [255; 3], ..Segments::default() };
    segments.enabled = r.flag();
    if !segments.enabled {
        return segments;
    }
    segments.map = r.flag();
    if r.flag() {
        segments.absolute = r.flag();
        segments.quantizer = std::array::from_fn(|_| r.optional_signed(7));
        segments.level = std::array::from_fn(|_| r.optional_signed(6));
    }
    if segments.map {
        segments.probs = std::array::from_fn(|_| if r.flag() { r.literal(8) as u8 } else { 255 });
    }
    segments
}

/// The two adjustments of the filter level that matter in a key frame (9.6), if they are in use.
fn read_filter_deltas(r: &mut BoolReader<'_>) -> (Option<i32>, Option<i32>) {
    if !r.flag() {
        return (None, None);
    }
    let (mut by_ref, mut by_mode) = ([0; 4], [0; 4]);
    if r.flag() {
        by_ref = std::array::from_fn(|_| r.optional_signed(6));
        by_mode = std::array::from_fn(|_| r.optional_signed(6));
    }
    (Some(by_ref[0]), Some(by_mode[0]))
}

fn split_partitions(data: &[u8], n: usize) -> Result<Vec<BoolReader<'_>>, Error> {
    let Some((sizes, mut rest)) = data.split_at_checked(3 * (n - 1)) else {
        return Err(Error::Truncated("partition sizes"));
    };
    let mut partitions = Vec::with_capacity(n);
    for size in sizes.chunks_exact(3) {
        let size = u32::from_le_bytes([size[0], size[1], size[2], 0]) as usize;
        let Some((part, behind)) = rest.split_at_checked(size) else {
            return Err(Error::Truncated("partitions"));
        };
        partitions.push(BoolReader::new(part));
        rest = behind;
    }
    if rest.is_empty() {
        return Err(Error::Truncated("last partition"));
    }
    partitions.push(BoolReader::new(rest));
    Ok(partitions)
}

fn read_steps(r: &mut BoolReader<'_>, segments: &Segments) -> [Steps; 4] {
    let base = r.literal(7) as i32;
    let [y_dc, y2_dc, y2_ac, uv_dc, uv_ac] = std::array::from_fn(|_| r.optional_signed(4));
    let dc = |q: i32| i32::from(DC_STEPS[q.clamp(0, 127) as usize]);
    let ac = |q: i32| i32::from(AC_STEPS[q.clamp(0, 127) as usize]);
    std::array::from_fn(|i| {
        let q = match (segments.enabled, segments.absolute) {
            (false, _) => base,
            (true, true) => segments.quantizer[i],
            (true, false) => base + segments.quantizer[i],
        };
        Steps {
            y: [dc(q + y_dc), ac(q)],
            y2: [2 * dc(q + y2_dc), (ac(q + y2_ac) * 155 / 100).max(8)],
            uv: [dc(q + uv_dc).min(132), ac(q + uv_ac)],
        }
    })
}

fn read_probs(r: &mut BoolReader<'_>) -> Box<CoefProbs> {
    let mut probs = Box::new(DEFAULT_COEF_PROBS);
    let all = probs.as_flattened_mut().as_flattened_mut().as_flattened_mut();
    let updates = COEF_UPDATE_PROBS.as_flattened().as_flattened().as_flattened();
    for (prob, update) in all.iter_mut().zip(updates) {
        if r.bit(*update) {
            *prob = r.literal(8) as u8;
        }
    }
    probs
}
