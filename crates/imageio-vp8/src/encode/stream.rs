//! The stream: frame header, modes and coefficients.

use super::cost::{put_block_mode, put_chroma_mode, put_luma_mode};
use super::quant::Quantizer;
use super::rows::{Row, each_block};
use super::tokens::{Counts, put_block};
use crate::bits::BoolWriter;
use crate::error::Error;
use crate::predict;
use crate::tables::{B_MODE_PROBS, COEF_UPDATE_PROBS, CoefProbs, DEFAULT_COEF_PROBS};

/// Macroblocks from which on coefficients are spread over several partitions, which are written side by side.
const MANY: usize = 2048;

/// Puts a frame together.
pub(super) fn write(
    (width, height): (u16, u16),
    quantizer: &Quantizer,
    rows: &[Row],
    counts: &Counts,
    threads: usize,
) -> Result<Vec<u8>, Error> {
    let n: usize = rows.iter().map(|row| row.macroblocks.len()).sum();
    let log2_partitions = if n >= MANY { 2 } else { 0 };
    let probs = counts.probabilities();
    let first = first_partition(quantizer, rows, &probs, log2_partitions);
    // The frame tag has 19 bits for this length.
    if first.len() >= 1 << 19 {
        return Err(Error::Unsupported("a picture whose prediction modes need more than 512 KiB"));
    }
    let partitions = coefficients(rows, &probs, 1 << log2_partitions, threads);
    let total: usize = partitions.iter().map(Vec::len).sum();
    let mut out = Vec::with_capacity(total + first.len() + 32);
    // A key frame of profile 0, to be shown.
    let tag = (first.len() as u32) << 5 | 1 << 4;
    out.extend_from_slice(&tag.to_le_bytes()[..3]);
    out.extend_from_slice(&[0x9d, 0x01, 0x2a]);
    out.extend_from_slice(&width.to_le_bytes());
    out.extend_from_slice(&height.to_le_bytes());
    out.extend_from_slice(&first);
    for partition in &partitions[..partitions.len() - 1] {
        if partition.len() >= 1 << 24 {
            return Err(Error::Unsupported("a picture with more than 16 MiB in one partition"));
        }
        out.extend_from_slice(&(partition.len() as u32).to_le_bytes()[..3]);
    }
    for partition in &partitions {
        out.extend_from_slice(partition);
    }
    Ok(out)
}

/// Frame header (RFC 6386, 9.2 to 9.11) and modes.
fn first_partition(quantizer: &Quantizer, rows: &[Row], probs: &CoefProbs, log2_partitions: u32) -> Vec<u8> {
    let mut w = BoolWriter::with_capacity(1 << 14);
    // Colour space, clamping needed, no segments.
    w.flag(false);
    w.flag(false);
    w.flag(false);
    // The normal filter, its level, sharpness, no adjustments.
    w.flag(false);
    w.literal(u32::from(quantizer.filter), 6);
    w.literal(0, 3);
    w.flag(false);
    w.literal(log2_partitions, 2);
    w.literal(u32::from(quantizer.index), 7);
    for delta in [0, 0, 0, quantizer.uv_dc_delta, quantizer.uv_ac_delta] {
        w.optional_signed(delta, 4);
    }
    // Probabilities hold for this frame, which is the only one.
    w.flag(false);
    let updates = COEF_UPDATE_PROBS.as_flattened().as_flattened().as_flattened();
    let defaults = DEFAULT_COEF_PROBS.as_flattened().as_flattened().as_flattened();
    let new = probs.as_flattened().as_flattened().as_flattened();
    for ((new, default), update) in new.iter().zip(defaults).zip(updates) {
        w.bit(new != default, *update);
        if new != default {
            w.literal(u32::from(*new), 8);
        }
    }
    let macroblocks = || rows.iter().flat_map(|row| &row.macroblocks);
    let total = macroblocks().count();
    let empty = macroblocks().filter(|mb| mb.empty).count();
    let skip_prob = (empty > 0).then(|| (255 * (total - empty) / total.max(1)) as u8);
    w.flag(skip_prob.is_some());
    if let Some(prob) = skip_prob {
        w.literal(u32::from(prob), 8);
    }
    let mut above = vec![[predict::B_DC; 4]; rows.first().map_or(0, |row| row.macroblocks.len())];
    for row in rows {
        let mut left = [predict::B_DC; 4];
        for (mb, above) in row.macroblocks.iter().zip(&mut above) {
            if let Some(prob) = skip_prob {
                w.bit(mb.empty, prob);
            }
            put_luma_mode(&mut w, mb.y_mode);
            if mb.y_mode == predict::PER_BLOCK {
                for (k, mode) in mb.b_modes.iter().enumerate() {
                    let (a, l) = (&mut above[k % 4], &mut left[k / 4]);
                    put_block_mode(&mut w, *mode, &B_MODE_PROBS[usize::from(*a)][usize::from(*l)]);
                    (*a, *l) = (*mode, *mode);
                }
            } else {
                left = [predict::block_mode_of(mb.y_mode); 4];
                *above = left;
            }
            put_chroma_mode(&mut w, mb.uv_mode);
        }
    }
    w.finish()
}

/// Coefficients: row `k` goes to partition `k % n`.
fn coefficients(rows: &[Row], probs: &CoefProbs, n: usize, threads: usize) -> Vec<Vec<u8>> {
    let one = |partition: usize| {
        let mut w = BoolWriter::with_capacity(1 << 16);
        for my in (partition..rows.len()).step_by(n) {
            let above = my.checked_sub(1).map(|k| &rows[k]);
            put_row(&mut w, &rows[my], above, probs);
        }
        w.finish()
    };
    if threads < 2 || n < 2 {
        return (0..n).map(one).collect();
    }
    std::thread::scope(|scope| {
        let half = scope.spawn(|| (0..n).filter(|k| k % 2 == 1).map(one).collect::<Vec<_>>());
        let even: Vec<_> = (0..n).filter(|k| k % 2 == 0).map(one).collect();
        let odd = match half.join() {
            Ok(odd) => odd,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        even.into_iter().zip(odd).flat_map(|(a, b)| [a, b]).collect()
    })
}

fn put_row(w: &mut BoolWriter, row: &Row, above: Option<&Row>, probs: &CoefProbs) {
    let mut beside = [0u8; 9];
    let mut rest = row.levels.as_slice();
    for (mx, mb) in row.macroblocks.iter().enumerate() {
        let above = above.and_then(|row| row.macroblocks.get(mx)).map_or([0; 9], |mb| mb.below);
        each_block(mb.y_mode, &mb.ends, above, &mut beside, |plane, _, context, first, end| {
            let (levels, behind) = rest.split_at(end.saturating_sub(first));
            rest = behind;
            if !mb.empty {
                put_block(w, &probs[plane], context, first, end, levels);
            }
        });
    }
}
