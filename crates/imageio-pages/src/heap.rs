//! Memory that the allocator keeps between one frame and the next.

/// Frames up to this size then come from the heap, which keeps twice as much when they are dropped. Above it a frame
/// has a mapping of its own, with large pages ([`prefer_large`](super::prefer_large)).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: usize = super::WORTH_IT;

/// Lets frames of up to 4 MiB be read again and again in memory that is mapped already. Does something once per
/// process, and only with the GNU C library's allocator.
///
/// That allocator begins with giving the end of its heap back to the system as soon as 128 KiB of it are free, so that
/// a loop over pictures gets every one of them in fresh pages: zeroed by the system, and a page fault for each 4 KiB. It takes the
/// largest block that was ever freed as the measure of what to keep (`M_MMAP_THRESHOLD` in `mallopt(3)`, up to
/// 32 MiB), so this frees one, untouched. A program that has set those thresholds itself keeps its own.
pub fn keep_freed_frames() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // SAFETY: the block is freed as it came, null included, and nobody else ever sees it. `black_box` only keeps
            // the compiler from leaving both calls out.
            unsafe { libc::free(std::hint::black_box(libc::malloc(KEPT))) };
        });
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    /// Page faults of this process so far that needed no disk.
    fn faults() -> i64 {
        // SAFETY: the structure is plain numbers, all zero is a value of it, and the call writes no further than it.
        unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &mut usage);
            usage.ru_minflt
        }
    }

    #[test]
    fn a_frame_read_again_is_in_memory_that_is_mapped_already() {
        super::keep_freed_frames();
        super::keep_freed_frames();
        let frame = || std::hint::black_box(vec![1u8; 3 << 20]);
        drop((frame(), frame()));
        let before = faults();
        for _ in 0..20 {
            drop((frame(), frame()));
        }
        // Fresh pages would be 20 × 1536; other tests of this process cause some of their own.
        assert!(faults() - before < 15_000, "{} page faults", faults() - before);
    }
}
