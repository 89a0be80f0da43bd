//! Prefix codes of limited length for deflate (RFC 1951 section 3.2).

/// Code lengths for symbols that occur so often, none longer than `limit`; 0 for those that don't occur. At least two
/// symbols get a code, since some decoders refuse a code of one.
pub(super) fn lengths(freq: &[u32], limit: usize, out: &mut [u8]) {
    out.fill(0);
    let mut used: Vec<(u32, u16)> =
        freq.iter().enumerate().filter(|(_, f)| **f > 0).map(|(s, f)| (*f, s as u16)).collect();
    for spare in 0..2u16 {
        if used.len() < 2 && used.iter().all(|(_, s)| *s != spare) {
            used.push((1, spare));
        }
    }
    used.sort_unstable();
    let n = used.len();
    // Leaves come sorted and inner nodes are made in order of weight, so two queues are enough.
    let mut weight: Vec<u64> = used.iter().map(|(f, _)| u64::from(*f)).collect();
    let mut parent = vec![0usize; 2 * n - 1];
    let (mut leaf, mut inner) = (0, n);
    for node in n..2 * n - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let take_leaf = leaf < n && (inner >= node || weight[leaf] <= weight[inner]);
            let taken = if take_leaf { &mut leaf } else { &mut inner };
            sum += weight[*taken];
            parent[*taken] = node;
            *taken += 1;
        }
        weight.push(sum);
    }
    let mut depth = vec![0usize; 2 * n - 1];
    let mut count = [0usize; 16];
    for node in (0..2 * n - 2).rev() {
        depth[node] = depth[parent[node]] + 1;
        if node < n {
            count[depth[node].min(limit)] += 1;
        }
    }
    // Codes that were cut short take room that longer ones have to give back.
    let mut room: usize = (1..=limit).map(|len| count[len] << (limit - len)).sum();
    while room > 1 << limit {
        let Some(len) = (1..limit).rev().find(|len| count[*len] > 0) else { break };
        count[len] -= 1;
        count[len + 1] += 2;
        count[limit] -= 1;
        room -= 1;
    }
    let mut symbols = used.iter();
    for len in (1..=limit).rev() {
        for (_, symbol) in symbols.by_ref().take(count[len]) {
            out[usize::from(*symbol)] = len as u8;
        }
    }
}

/// The codes that belong to `lengths`, with their bits in the order in which deflate sends them.
pub(super) fn codes(lengths: &[u8], out: &mut [u16]) {
    let mut count = [0u16; 16];
    for len in lengths {
        count[usize::from(*len)] += 1;
    }
    count[0] = 0;
    let mut next = [0u16; 16];
    let mut code = 0;
    for len in 1..16 {
        code = (code + count[len - 1]) << 1;
        next[len] = code;
    }
    for (len, out) in lengths.iter().zip(out) {
        if *len > 0 {
            let slot = &mut next[usize::from(*len)];
            *out = slot.reverse_bits() >> (16 - len);
            *slot = slot.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_complete_and_within_their_limit() {
        // Fibonacci numbers make the deepest trees.
        let mut deep = vec![1u32, 1];
        while deep.len() < 30 {
            deep.push(deep[deep.len() - 1] + deep[deep.len() - 2]);
        }
        let rows: [(Vec<u32>, usize); 6] = [
            (deep.clone(), 15),
            (deep.into_iter().take(19).collect(), 7),
            (vec![1; 286], 15),
            (vec![0, 0, 0, 5], 15),
            (vec![0; 30], 15),
            ((0..286).map(|i| i * i % 97).collect(), 9),
        ];
        for (freq, limit) in rows {
            let mut lens = vec![0; freq.len()];
            lengths(&freq, limit, &mut lens);
            let room: usize = lens.iter().filter(|l| **l > 0).map(|l| 1usize << (limit - usize::from(*l))).sum();
            assert_eq!(room, 1 << limit, "{freq:?}");
            assert!(freq.iter().zip(&lens).all(|(f, l)| *f == 0 || *l > 0), "{freq:?}");
        }
    }

    #[test]
    fn the_example_of_the_specification() {
        // RFC 1951 section 3.2.2: lengths 3 3 3 3 3 2 4 4 for A to H.
        let mut out = [0; 8];
        codes(&[3, 3, 3, 3, 3, 2, 4, 4], &mut out);
        let expected = [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111];
        assert_eq!(out, expected);
    }
}
