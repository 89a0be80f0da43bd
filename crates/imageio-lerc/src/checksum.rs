//! The checksum of versions 3 and later: Fletcher's, over words of big-endian bytes.

/// Words after which the sums are brought back below 17 bits: the most that keeps them within 32.
const SPAN: usize = 359;
/// Words that are summed side by side.
const LANES: usize = 16;

/// Fletcher's checksum in 32 bits.
pub(crate) fn fletcher(data: &[u8]) -> u32 {
    let (mut first, mut second) = (0xffff_u32, 0xffff_u32);
    let (words, last) = data.split_at(data.len() & !1);
    for span in words.chunks(SPAN * 2) {
        sum(span, &mut first, &mut second);
        first = fold(first);
        second = fold(second);
    }
    if let [byte] = last {
        first = first.wrapping_add(u32::from(*byte) << 8);
        second = second.wrapping_add(first);
    }
    fold(second) << 16 | fold(first) & 0xffff
}

fn fold(sum: u32) -> u32 {
    (sum & 0xffff) + (sum >> 16)
}

/// Adds words to the first sum, and the first sum to the second after each.
fn sum(span: &[u8], first: &mut u32, second: &mut u32) {
    let (mut plain, mut running) = ([0_u32; LANES], [0_u32; LANES]);
    let rows = span.chunks_exact(LANES * 2);
    let (count, rest) = (rows.len(), rows.remainder());
    for row in rows {
        for ((plain, running), word) in plain.iter_mut().zip(&mut running).zip(row.chunks_exact(2)) {
            *plain += u32::from(word[0]) << 8 | u32::from(word[1]);
            *running += *plain;
        }
    }
    // A word counts once for itself and once for each that follows it, within its lane `LANES` times too rarely.
    let mut weighted = 0_u32;
    let mut total = 0_u32;
    for (lane, (plain, running)) in plain.iter().zip(&running).enumerate() {
        weighted =
            weighted.wrapping_add(running.wrapping_mul(LANES as u32)).wrapping_sub(plain.wrapping_mul(lane as u32));
        total += plain;
    }
    *second = second.wrapping_add(first.wrapping_mul((count * LANES) as u32)).wrapping_add(weighted);
    *first += total;
    for word in rest.chunks_exact(2) {
        *first += u32::from(word[0]) << 8 | u32::from(word[1]);
        *second = second.wrapping_add(*first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(data: &[u8]) -> u32 {
        let (mut first, mut second) = (0xffff_u32, 0xffff_u32);
        for span in data.chunks(SPAN * 2) {
            for word in span.chunks(2) {
                first += u32::from(word[0]) << 8;
                if let [_, low] = word {
                    first += u32::from(*low);
                }
                second += first;
            }
            if span.len() % 2 == 0 {
                first = (first & 0xffff) + (first >> 16);
                second = (second & 0xffff) + (second >> 16);
            }
        }
        if data.len() % 2 == 1 && data.len() % (SPAN * 2) > 1 {
            // The definition folds the whole words before it adds the last byte.
            let (whole, byte) = data.split_at(data.len() - 1);
            let (mut first, mut second) = (0xffff_u32, 0xffff_u32);
            for span in whole.chunks(SPAN * 2) {
                for word in span.chunks(2) {
                    first += u32::from(word[0]) << 8 | u32::from(word[1]);
                    second += first;
                }
                first = (first & 0xffff) + (first >> 16);
                second = (second & 0xffff) + (second >> 16);
            }
            first += u32::from(byte[0]) << 8;
            second += first;
            return fold(second) << 16 | fold(first) & 0xffff;
        }
        fold(second) << 16 | fold(first) & 0xffff
    }

    #[test]
    fn sums_side_by_side_are_those_in_order() {
        let mut state = 7_u32;
        for length in (0..200).chain([717, 718, 719, 720, 2000, 5001]) {
            for bits in [0, 8] {
                let data: Vec<u8> = (0..length)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        if bits == 0 { 255 } else { (state >> 24) as u8 }
                    })
                    .collect();
                assert_eq!(fletcher(&data), plain(&data), "{length}");
            }
        }
    }
}
