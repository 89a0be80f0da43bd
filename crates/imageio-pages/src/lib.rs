#![doc = include_str!("../README.md")]
#![deny(unsafe_op_in_unsafe_fn)]

mod heap;
#[cfg(unix)]
mod read;

use std::fs::File;

pub use self::heap::keep_freed_frames;
#[cfg(unix)]
pub use self::read::read_elements;

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
    advise_range(memory.as_mut_ptr().cast(), memory.len());
}

/// The same for memory that may hold nothing yet.
#[cfg(target_os = "linux")]
fn advise_range(start: *mut std::mem::MaybeUninit<u8>, len: usize) {
    const PAGE: usize = 4096;
    let skip = start.align_offset(PAGE);
    let Some(len) = len.checked_sub(skip).map(|len| len / PAGE * PAGE) else { return };
    // SAFETY: both callers pass memory that they hold exclusively. The advice changes neither content nor protection of
    // its pages, and names whole pages inside it: `skip <= len` was just checked.
    unsafe {
        let _ = libc::madvise(start.add(skip).cast(), len, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &mut [u8]) {}

/// Below this, setting room aside costs as much as it saves.
const WORTH_RESERVING: u64 = 1 << 20;

/// Sets `len` bytes of disk aside for `file` from `offset` on, about to be written; nothing below 1 MiB, and nothing
/// where the system can't. Length and content of the file stay as they are. A write into room that is there already
/// takes about two thirds of the time: blocks are found once, not page by page.
pub fn reserve_room(file: &File, offset: u64, len: u64) {
    if len >= WORTH_RESERVING {
        reserve(file, offset, len);
    }
}

#[cfg(target_os = "linux")]
fn reserve(file: &File, offset: u64, len: u64) {
    use std::os::fd::AsRawFd;
    let (Ok(offset), Ok(len)) = (libc::off_t::try_from(offset), libc::off_t::try_from(len)) else { return };
    // SAFETY: the descriptor belongs to an open file that is borrowed for the call; no memory is passed. A full disk,
    // a file system without the call or a file that is none are refusals, and the write that follows tells of them.
    unsafe {
        let _ = libc::fallocate(file.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE, offset, len);
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: &File, _: u64, _: u64) {}

/// Where a file can't be read so: on systems without `pread`.
#[cfg(not(unix))]
pub fn read_elements<T>(_: &File, _: u64, _: usize, _: &dyn Fn(usize, &(dyn Fn(usize) + Sync))) -> Option<Vec<T>> {
    None
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::{prefer_large, reserve_room};

    #[test]
    fn reserved_room_changes_nothing() {
        let path = std::env::temp_dir().join(format!("imageio-pages-{}", std::process::id()));
        let mut file = std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        file.write_all(b"head").unwrap();
        for (offset, len) in [(4, 3 << 20), (0, 1 << 20), (0, 0), (u64::MAX, u64::MAX), (1 << 62, 1 << 62)] {
            reserve_room(&file, offset, len);
            assert_eq!(file.metadata().unwrap().len(), 4, "{offset} {len}");
        }
        file.rewind().unwrap();
        let mut all = Vec::new();
        file.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"head");
        // Not a file that has room: refused without a word.
        reserve_room(&std::fs::File::open(std::env::temp_dir()).unwrap(), 0, 1 << 20);
        std::fs::remove_file(&path).unwrap();
    }

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
