#![doc = include_str!("../README.md")]
#![deny(unsafe_op_in_unsafe_fn)]

/// Below this, page faults do not show beside decoding, and large pages would waste memory.
const WORTH_IT: usize = 4 << 20;

/// Asks for large pages behind `memory`, if it is at least 4 MiB; otherwise, and where the system has no such
/// advice, does nothing. The content stays as it is. Call it before the memory is touched.
pub fn prefer_large(memory: &mut [u8]) {
    if memory.len() >= WORTH_IT {
        advise(memory);
    }
}

#[cfg(target_os = "linux")]
fn advise(memory: &mut [u8]) {
    const PAGE: usize = 4096;
    let start = memory.as_mut_ptr();
    let skip = start.align_offset(PAGE);
    let Some(len) = memory.len().checked_sub(skip).map(|len| len / PAGE * PAGE) else { return };
    // SAFETY: the range lies inside a live, exclusively borrowed slice, and this advice changes neither content nor
    // protection of its pages. `skip <= memory.len()` was just checked.
    unsafe {
        let _ = libc::madvise(start.add(skip).cast(), len, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use super::prefer_large;

    #[test]
    fn content_stays() {
        for len in [0, 1, 4095, WORTH, WORTH + 1, WORTH + 4097] {
            let mut memory: Vec<u8> = (0..len).map(|i| i as u8).collect();
            prefer_large(&mut memory);
            assert!(memory.iter().enumerate().all(|(i, b)| *b == i as u8), "{len}");
        }
    }

    const WORTH: usize = super::WORTH_IT;
}
