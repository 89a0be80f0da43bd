//! Reading bits, the highest of each byte first, and the codes of H.264 and HEVC that are made of them.

/// A place in some bytes. What lies beyond their end is `None`.
#[derive(Debug, Clone)]
pub(crate) struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Bits<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Bits { bytes, at: 0 }
    }

    pub fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// A number of up to 32 bits.
    pub fn bits(&mut self, n: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    pub fn skip(&mut self, n: usize) -> Option<()> {
        self.at = self.at.checked_add(n)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// A number in Exp-Golomb code, ISO/IEC 14496-10 section 9.1.
    pub fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// The same with a sign.
    pub fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        i32::try_from(if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) }).ok()
    }
}

/// What a unit says: the threes behind two zeros are not part of it (ISO/IEC 14496-10 section 7.4.1).
pub(crate) fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        // 1 | 010 | 011 | 00100 | 00101 and the end.
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        assert_eq!((bits.ue(), bits.ue(), bits.se()), (Some(0), Some(1), Some(-1)));
        assert_eq!((bits.ue(), bits.se()), (Some(3), Some(-2)));
        let mut bits = Bits::new(&[0; 9]);
        assert_eq!((bits.ue(), Bits::new(&[1]).bits(9), Bits::new(&[1]).skip(9)), (None, None, None));
        assert_eq!(Bits::new(&[0xff; 4]).bits(32), Some(u32::MAX));
        assert_eq!(unescape(&[0, 0, 3, 1, 0, 0, 0, 3]), [0, 0, 1, 0, 0, 0]);
    }
}
