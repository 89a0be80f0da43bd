//! Zstandard (RFC 8878): in Rust, faster in Rust with the feature `fast-zstd`, or through libzstd with `libzstd`.

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
mod fast;
#[cfg(feature = "libzstd")]
mod native;
#[cfg(not(any(feature = "libzstd", feature = "fast-zstd")))]
mod portable;

#[cfg(all(feature = "fast-zstd", not(feature = "libzstd")))]
pub(crate) use self::fast::{Decoder, Encoder};
#[cfg(feature = "libzstd")]
pub(crate) use self::native::{Decoder, Encoder};
#[cfg(not(any(feature = "libzstd", feature = "fast-zstd")))]
pub(crate) use self::portable::{Decoder, Encoder};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let data: Vec<u8> = (0..100_000u32).map(|k| (k / 7 % 251) as u8).collect();
        let mut decoder = Decoder::default();
        for level in [-7, -1, 0, 1, 3, 9, 19, 22] {
            let mut encoder = Encoder::default();
            let packed = encoder.encode(&data, level).unwrap();
            assert!(packed.len() < if level < 0 { data.len() + 100 } else { data.len() / 4 }, "{level}");
            let mut out = vec![1; data.len() + 10];
            assert_eq!(decoder.decode(&packed, &mut out).unwrap(), data.len());
            assert_eq!(out.get(..data.len()), Some(data.as_slice()));
            // Of more than there is room for, what fits.
            assert_eq!(decoder.decode(&packed, &mut out[..1000]).unwrap(), 1000);
            assert_eq!(out.get(..1000), data.get(..1000));
            assert!(decoder.decode(&packed[..packed.len() / 2], &mut out).map_or(0, |n| n) < data.len());
            assert!(decoder.decode(b"no frame", &mut out).is_err());
            // What was encoded before, or failed to decode, leaves no trace.
            let few = Encoder::default().encode(&data[500..9000], level).unwrap();
            assert!(encoder.encode(&data[500..9000], level).unwrap() == few);
            assert!(encoder.encode(&data, level).unwrap() == packed);
            assert_eq!(decoder.decode(&packed, &mut out).unwrap(), data.len());
        }
    }

    /// A slope with a little noise has every byte value equally often, and still repeats itself.
    #[test]
    fn slopes_are_compressed() {
        let mut random = 1u32;
        let slope: Vec<u8> = (0..256u32 * 512)
            .map(|k| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (k % 512 * 3 + k / 512 * 5 + (random >> 30)) as u8
            })
            .collect();
        for (level, percent) in [(3, 90), (9, 70), (19, 65)] {
            let packed = Encoder::default().encode(&slope, level).unwrap();
            assert!(packed.len() < slope.len() / 100 * percent, "{} at level {level}", packed.len());
        }
    }

    /// Low half of the XXH64 of `abc`.
    const ABC: u32 = 0xAD77_0999;

    /// A raw block of three bytes in a frame with the low half of their XXH64, or with another number.
    fn abc(sum: u32) -> Vec<u8> {
        [b"\x28\xb5\x2f\xfd\x24\x03\x19\0\0abc".as_slice(), &sum.to_le_bytes()].concat()
    }

    #[test]
    fn checksums_are_held() {
        let mut out = [0; 3];
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(&abc(ABC), &mut out).unwrap(), 3);
        assert_eq!(&out, b"abc");
        assert!(decoder.decode(&abc(ABC ^ 1), &mut out).is_err());
    }

    #[test]
    fn frames_follow_each_other() {
        let skippable = b"\x5f\x2a\x4d\x18\x02\0\0\0xy".as_slice();
        let frames = [skippable, &abc(ABC), skippable, &abc(ABC)].concat();
        let mut decoder = Decoder::default();
        let mut out = [0; 8];
        assert_eq!(decoder.decode(&frames, &mut out).unwrap(), 6);
        assert_eq!(&out, b"abcabc\0\0");
        let mut few = [0; 5];
        assert_eq!(decoder.decode(&frames, &mut few).unwrap(), 5);
        assert_eq!(&few, b"abcab");
    }

    /// Where there is more room than the frame fills; structured-zstd takes what follows for a frame then.
    #[cfg(any(feature = "libzstd", not(feature = "fast-zstd")))]
    #[test]
    fn what_follows_need_not_be_a_frame() {
        let mut decoder = Decoder::default();
        for rest in [b"\0".as_slice(), b"\0\0\0\0\0", b"what else", &abc(ABC)[..9]] {
            let mut out = [0; 8];
            let got = decoder.decode(&[abc(ABC).as_slice(), rest].concat(), &mut out).unwrap();
            assert!(got >= 3 && out.starts_with(b"abc"), "{rest:?}");
        }
    }

    /// As strips are read, whose length is known.
    #[test]
    fn what_follows_a_full_strip_does_not_matter() {
        let mut decoder = Decoder::default();
        for rest in [b"\0".as_slice(), b"\0\0\0\0\0", b"what else", &abc(ABC)[..9]] {
            let mut out = [0; 3];
            assert_eq!(decoder.decode(&[abc(ABC).as_slice(), rest].concat(), &mut out).unwrap(), 3);
            assert_eq!(&out, b"abc", "{rest:?}");
        }
    }

    /// A frame may say that it is shorter or longer than it is.
    #[test]
    fn lengths_are_held() {
        let lie = |length: u8| [b"\x28\xb5\x2f\xfd\x20".as_slice(), &[length], b"\x19\0\0abc"].concat();
        let mut decoder = Decoder::default();
        let mut out = [0; 8];
        assert_eq!(decoder.decode(&lie(3), &mut out).unwrap(), 3);
        for length in [2, 4, 200] {
            assert!(decoder.decode(&lie(length), &mut out).map_or(0, |n| n) == 0, "{length}");
        }
    }
}
