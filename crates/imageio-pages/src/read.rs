//! Elements out of a file, in memory that nobody cleared.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytemuck::AnyBitPattern;

/// Read at once by one thread.
const PIECE: usize = 4 << 20;

/// `len` elements whose bytes lie in `file` from `offset` on, in memory that is not cleared before. `None` if the file
/// ends before or can't be read, or if there is no memory: whoever wants to know why reads it in the ordinary way.
///
/// `spread(n, f)` calls `f` with every number below `n`, on as many threads as it likes; there are more than one only
/// beyond 4 MiB.
pub fn read_elements<T: AnyBitPattern>(
    file: &File,
    offset: u64,
    len: usize,
    spread: &dyn Fn(usize, &(dyn Fn(usize) + Sync)),
) -> Option<Vec<T>> {
    let mut elements: Vec<T> = Vec::new();
    elements.try_reserve_exact(len).ok()?;
    let total = len.checked_mul(size_of::<T>())?;
    // SAFETY: `total` bytes behind the pointer are reserved by `elements`, which is not touched while `memory` lives,
    // and bytes that may be uninitialised have neither alignment nor value to be wrong.
    let memory = unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast::<MaybeUninit<u8>>(), total) };
    if total >= super::WORTH_IT {
        #[cfg(target_os = "linux")]
        super::advise_range(memory.as_mut_ptr(), total);
    }
    let pieces: Vec<Mutex<Option<&mut [MaybeUninit<u8>]>>> =
        memory.chunks_mut(PIECE).map(Some).map(Mutex::new).collect();
    let filled = AtomicUsize::new(0);
    let one = |k: usize| {
        let piece = pieces.get(k).and_then(|piece| piece.lock().unwrap_or_else(PoisonError::into_inner).take());
        let at = offset.checked_add((k as u64).saturating_mul(PIECE as u64));
        if let (Some(piece), Some(at)) = (piece, at) {
            filled.fetch_add(fill(file, at, piece), Ordering::Relaxed);
        }
    };
    match pieces.len() {
        1 => one(0),
        n => spread(n, &one),
    }
    if filled.into_inner() != total {
        return None;
    }
    // SAFETY: each piece is taken once, since taking leaves `None`, so the sum counts every byte at most once; it being
    // `total` means that the system wrote all of them, and any bytes make up an element (`AnyBitPattern`).
    unsafe { elements.set_len(len) };
    Some(elements)
}

/// Fills `memory` from `offset` as far as the file goes; returns how many bytes from its start are written.
fn fill(file: &File, offset: u64, memory: &mut [MaybeUninit<u8>]) -> usize {
    let mut done = 0;
    while let Some(rest) = memory.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let Some(at) = offset.checked_add(done as u64).and_then(|at| libc::off_t::try_from(at).ok()) else { break };
        // SAFETY: the descriptor belongs to an open file that is borrowed for the call, and the system writes at most
        // `rest.len()` bytes into `rest`, which is borrowed exclusively.
        let n = unsafe { libc::pread(file.as_raw_fd(), rest.as_mut_ptr().cast(), rest.len(), at) };
        match usize::try_from(n) {
            Ok(0) => break,
            Ok(n) => done += n.min(rest.len()),
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn each(n: usize, f: &(dyn Fn(usize) + Sync)) {
        (0..n).rev().for_each(f);
    }

    #[test]
    fn elements_are_those_of_the_file() {
        let path = std::env::temp_dir().join(format!("imageio-pages-read-{}", std::process::id()));
        let content: Vec<u8> = (0..9 << 20).map(|i: u32| (i % 251) as u8).collect();
        std::fs::File::create(&path).unwrap().write_all(&content).unwrap();
        let file = File::open(&path).unwrap();
        for (offset, len) in [(0, 0), (0, 1), (3, 1000), (1, 4 << 20), (2, (9 << 19) - 1)] {
            let found: Vec<u16> = read_elements(&file, offset, len, &each).unwrap();
            let bytes: &[u8] = bytemuck::cast_slice(&found);
            assert!(bytes == &content[offset as usize..offset as usize + 2 * len], "{offset} {len}");
        }
        // Beyond the end, and where the work is done in part or twice.
        assert!(read_elements::<u8>(&file, 1, content.len(), &each).is_none());
        assert!(read_elements::<u8>(&file, u64::MAX, 10, &each).is_none());
        assert!(read_elements::<u8>(&file, 0, usize::MAX / 2, &each).is_none());
        assert!(read_elements::<u8>(&file, 0, content.len(), &|n, f| (1..n).for_each(f)).is_none());
        let twice = read_elements::<u8>(&file, 0, content.len(), &|n, f| (0..2 * n + 1).for_each(|k| f(k % (n + 1))));
        assert!(twice.is_some_and(|found| found == content));
        // A directory can't be read.
        assert!(read_elements::<u8>(&File::open(std::env::temp_dir()).unwrap(), 0, 10, &each).is_none());
        std::fs::remove_file(&path).unwrap();
    }
}
