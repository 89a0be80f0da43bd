//! The index of a Multi-Picture Format file (CIPA DC-007): where its other images are.

/// More images than this in one file are damage.
const MAX_IMAGES: usize = 4096;

/// Offsets of all images of a file, from its beginning, from the payload of an `MPF` segment that lies at
/// `segment`; `None` if there is no sense in it.
pub(crate) fn offsets(payload: &[u8], segment: u64) -> Option<Vec<u64>> {
    let tiff = payload.strip_prefix(b"MPF\0")?;
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let bytes = *tiff.get(at..)?.first_chunk::<4>()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?);
    let (mut count, mut list) = (None, None);
    for entry in 0..entries {
        let at = directory.checked_add(2 + 12 * entry)?;
        match short(at)? {
            0xB001 => count = Some(long(at + 8)? as usize),
            0xB002 => list = Some((long(at + 4)? as usize / 16, long(at + 8)? as usize)),
            _ => {}
        }
    }
    let (listed, list) = list?;
    let count = count?.min(listed);
    if count == 0 || count > MAX_IMAGES {
        return None;
    }
    let base = segment + 4;
    let mut offsets = Vec::with_capacity(count);
    for image in 0..count {
        let offset = long(list.checked_add(16 * image + 8)?)?;
        // The first image's is 0 and means the file itself.
        if offset == 0 || image == 0 {
            if image > 0 {
                return None;
            }
            offsets.push(0);
        } else {
            offsets.push(base + u64::from(offset));
        }
    }
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::offsets;

    fn index(big: bool) -> Vec<u8> {
        let short = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let long = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut out = b"MPF\0".to_vec();
        out.extend(if big { b"MM\0*" } else { b"II*\0" });
        out.extend(long(8));
        out.extend(short(2));
        for (tag, count, value) in [(0xB001u16, 1u32, 2u32), (0xB002, 32, 38)] {
            out.extend(short(tag));
            out.extend(short(7));
            out.extend(long(count));
            out.extend(long(value));
        }
        out.extend(long(0));
        for value in [0x030000u32, 100, 0, 0, 0x020002, 100, 5000, 0] {
            out.extend(long(value));
        }
        out
    }

    #[test]
    fn both_byte_orders() {
        for big in [true, false] {
            assert_eq!(offsets(&index(big), 30), Some(vec![0, 5034]), "{big}");
        }
    }

    #[test]
    fn cut_off_indexes() {
        let whole = index(false);
        for len in 0..whole.len() {
            assert!(offsets(&whole[..len], 30).is_none() || len >= whole.len() - 4, "{len}");
        }
    }
}
