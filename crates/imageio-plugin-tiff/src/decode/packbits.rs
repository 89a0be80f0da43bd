//! PackBits (TIFF 6.0 section 9).

/// Decodes into `out`; returns how many bytes were written.
pub(crate) fn decode(data: &[u8], out: &mut [u8]) -> usize {
    let (mut at, mut input) = (0, 0);
    while let Some(&control) = data.get(input) {
        input += 1;
        if at >= out.len() {
            break;
        }
        let control = control as i8;
        if control >= 0 {
            let n = (control as usize + 1).min(out.len() - at).min(data.len() - input);
            if let (Some(to), Some(from)) = (out.get_mut(at..at + n), data.get(input..input + n)) {
                to.copy_from_slice(from);
            }
            input += n;
            at += n;
        } else if control != i8::MIN {
            let Some(&byte) = data.get(input) else { break };
            input += 1;
            let n = (usize::from(control.unsigned_abs()) + 1).min(out.len() - at);
            if let Some(to) = out.get_mut(at..at + n) {
                to.fill(byte);
            }
            at += n;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_apple() {
        let data = [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let mut out = [0; 24];
        assert_eq!(decode(&data, &mut out), 24);
        let all = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        assert_eq!(out, all);
        assert_eq!(decode(&data[..2], &mut out), 3);
    }
}
