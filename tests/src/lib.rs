//! What the cross-plugin tests share.

use std::path::{Path, PathBuf};

/// The folder `tests/` of the workspace.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of the external corpus, or `None` with a line that says so.
#[allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]
pub fn corpus(part: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("IMAGEIO_CORPUS") else {
        eprintln!("skipped: IMAGEIO_CORPUS is not set");
        return None;
    };
    let folder = Path::new(&root).join(part);
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

/// The Python that has the peers, or `None` with a line that says so.
#[allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]
pub fn peers() -> Option<PathBuf> {
    match std::env::var_os("IMAGEIO_PEERS") {
        Some(python) => Some(PathBuf::from(python)),
        None => {
            eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers (cargo xtask setup makes one)");
            None
        }
    }
}

/// A scratch folder that vanishes with the value.
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty folder of its own.
    ///
    /// # Panics
    /// If the system's temporary folder can't be written.
    #[allow(clippy::expect_used, reason = "a test without a folder to work in can only stop")]
    pub fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("imageio-tests-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Scratch(path)
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
