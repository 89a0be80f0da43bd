//! PackBits (TIFF 6.0 section 9), a row at a time.

/// Appends the runs of a row to `out`.
pub(crate) fn encode(row: &[u8], out: &mut Vec<u8>) {
    let mut rest = row;
    while let Some((first, _)) = rest.split_first() {
        let run = rest.iter().take(128).take_while(|b| *b == first).count();
        if run >= 2 {
            out.extend([(1 - run as i32) as u8, *first]);
            rest = rest.split_at(run).1;
            continue;
        }
        // Literals up to the next run of three, or of the end.
        let mut n = 1;
        while n < rest.len().min(128) {
            if let Some([a, b, c]) = rest.get(n..n + 3) {
                if a == b && b == c {
                    break;
                }
            }
            n += 1;
        }
        let (literal, after) = rest.split_at(n);
        out.push((n - 1) as u8);
        out.extend(literal);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals() {
        let mut out = Vec::new();
        encode(&[1, 2, 3, 3, 3, 3, 4], &mut out);
        assert_eq!(out, [1, 1, 2, 0xfd, 3, 0, 4]);
        for n in [0, 1, 2, 127, 128, 129, 300] {
            let (mut out, data) = (Vec::new(), vec![7; n]);
            encode(&data, &mut out);
            let varied: Vec<u8> = (0..n).map(|i| (i * 37 % 251) as u8).collect();
            let mut coded = Vec::new();
            encode(&varied, &mut coded);
            let mut back = vec![0; n];
            assert_eq!(crate::decode::packbits_for_tests(&coded, &mut back), n);
            assert_eq!(back, varied);
        }
    }
}
