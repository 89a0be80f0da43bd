//! Reports which plugins are registered, however this is linked.

/// The ids, sorted, with blanks between.
pub fn ids() -> String {
    imageio::install();
    let mut ids: Vec<&str> = imageio::Registry::global().plugins().iter().map(|d| d.id()).collect();
    ids.sort_unstable();
    ids.join(" ")
}

/// The same for C: writes at most `len` bytes and a closing zero.
///
/// # Safety
/// `buffer` is valid for writes of `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imageio_link_ids(buffer: *mut u8, len: usize) {
    let ids = ids();
    let n = ids.len().min(len.saturating_sub(1));
    // SAFETY: the caller vouches for `len` bytes, and n + 1 <= len.
    unsafe {
        std::ptr::copy_nonoverlapping(ids.as_ptr(), buffer, n);
        buffer.add(n).write(0);
    }
}
