//! Huffman codes for writing (T.81 C.2 and K.2).

use super::super::tables::HuffmanSpec;

/// How many codes have each length, and the symbols in order of code: a table as files hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) counts: [u8; 16],
    pub(crate) symbols: Vec<u8>,
}

impl From<&HuffmanSpec> for Spec {
    fn from(spec: &HuffmanSpec) -> Self {
        Spec { counts: spec.counts, symbols: spec.symbols.to_vec() }
    }
}

impl Spec {
    /// The shortest table for symbols of these frequencies, by the procedure of K.2.
    pub(crate) fn optimal(frequencies: &[u32; 256]) -> Self {
        let mut frequency = [0u64; 257];
        for (to, from) in frequency.iter_mut().zip(frequencies) {
            *to = u64::from(*from);
        }
        // One point is reserved, so that no code is all ones.
        frequency[256] = 1;
        let mut size = [0usize; 257];
        let mut others = [usize::MAX; 257];
        loop {
            // The two least frequent; the larger symbol among equals.
            let least = |but: usize, frequency: &[u64; 257]| {
                let candidates = frequency.iter().enumerate().filter(|(i, f)| **f > 0 && *i != but);
                candidates.map(|(i, f)| (*f, usize::MAX - i)).min().map(|(_, i)| usize::MAX - i)
            };
            let Some(first) = least(usize::MAX, &frequency) else { break };
            let Some(second) = least(first, &frequency) else { break };
            frequency[first] += frequency[second];
            frequency[second] = 0;
            let lengthen = |from: usize, size: &mut [usize; 257]| {
                let mut at = from;
                size[at] += 1;
                while others[at] != usize::MAX {
                    at = others[at];
                    size[at] += 1;
                }
                at
            };
            let end = lengthen(first, &mut size);
            lengthen(second, &mut size);
            others[end] = second;
        }
        let mut bits = [0u32; 258];
        for size in size.iter().filter(|s| **s > 0) {
            bits[*size] += 1;
        }
        // Figure K.3: codes of more than 16 bits are moved up.
        for length in (17..bits.len()).rev() {
            while bits[length] > 0 {
                let mut shorter = length - 2;
                while shorter > 0 && bits[shorter] == 0 {
                    shorter -= 1;
                }
                bits[length] -= 2;
                bits[length - 1] += 1;
                bits[shorter + 1] += 2;
                bits[shorter] -= 1;
            }
        }
        if let Some(longest) = (1..=16).rev().find(|length| bits[*length] > 0) {
            bits[longest] -= 1;
        }
        let mut counts = [0; 16];
        for (to, from) in counts.iter_mut().zip(&bits[1..17]) {
            *to = *from as u8;
        }
        let mut symbols: Vec<u8> = (0..=255u8).filter(|s| size[usize::from(*s)] > 0).collect();
        symbols.sort_by_key(|s| size[usize::from(*s)]);
        Spec { counts, symbols }
    }
}

/// A table by symbol: the code in the upper bits, its length in the lowest 8.
#[derive(Clone)]
pub(crate) struct Codes(pub(crate) [u32; 256]);

impl From<&Spec> for Codes {
    fn from(spec: &Spec) -> Self {
        let mut table = [0; 256];
        let mut code = 0u32;
        let mut symbols = spec.symbols.iter();
        for (length, count) in (1u32..).zip(spec.counts) {
            for symbol in symbols.by_ref().take(usize::from(count)) {
                table[usize::from(*symbol)] = (code << 8) | length;
                code += 1;
            }
            code <<= 1;
        }
        Codes(table)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tables::DC_LUMA;
    use super::*;

    #[test]
    fn typical_codes() {
        let codes = Codes::from(&Spec::from(&DC_LUMA));
        assert_eq!((codes.0[0], codes.0[1], codes.0[11]), (2, (0b010 << 8) | 3, (0b1_1111_1110 << 8) | 9));
    }

    #[test]
    fn optimal_tables_fit_and_order_by_frequency() {
        let mut frequencies = [0u32; 256];
        for (i, f) in frequencies.iter_mut().enumerate() {
            *f = if i < 40 { 1 << (i / 2) } else { 0 };
        }
        let spec = Spec::optimal(&frequencies);
        assert_eq!(spec.symbols.len(), 40);
        let kraft: f64 = (1..).zip(spec.counts).map(|(l, c)| f64::from(c) / f64::from(1u32 << l)).sum();
        assert!(kraft < 1.0, "{kraft}");
        let codes = Codes::from(&spec);
        // Two symbols have each frequency.
        for triple in codes.0[..40].windows(3) {
            assert!(triple[0] & 255 >= triple[2] & 255);
        }
    }

    #[test]
    fn a_table_of_one_symbol() {
        let mut frequencies = [0u32; 256];
        frequencies[7] = 10;
        let spec = Spec::optimal(&frequencies);
        assert_eq!((spec.counts[0], spec.symbols.as_slice()), (1, &[7u8][..]));
    }
}
