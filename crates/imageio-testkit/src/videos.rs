//! A folder of videos that the ffmpeg program makes for a test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder, which vanishes with the value.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder, that of no other test.
    ///
    /// # Panics
    /// If there can be none.
    #[allow(clippy::new_without_default, reason = "it makes something, which no default should")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("imageio-videos-{}-{n}", std::process::id()));
        let made = std::fs::create_dir_all(&path);
        assert!(made.is_ok(), "{}: {made:?}", path.display());
        Folder(path)
    }

    /// The folder itself.
    pub fn here(&self) -> &Path {
        &self.0
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Names of what is inside, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Makes a video by the arguments for ffmpeg, with spaces between; `None`, and a line that says why, if this ffmpeg
    /// can't.
    #[allow(clippy::print_stdout, reason = "a skipped check says so in the test's output")]
    pub fn make(&self, name: &str, arguments: &str) -> Option<PathBuf> {
        self.run(name, arguments).map_err(|why| println!("skipped {name}: {why}")).ok()
    }

    /// As [`make`](Self::make), of what every ffmpeg can.
    ///
    /// # Panics
    /// If this one can't.
    #[allow(clippy::panic, reason = "a test that fails says so")]
    pub fn made(&self, name: &str, arguments: &str) -> PathBuf {
        self.run(name, arguments).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    fn run(&self, name: &str, arguments: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y", "-nostdin"]).args(arguments.split_whitespace()).arg(&path);
        let done = command.current_dir(&self.0).output().map_err(|e| e.to_string())?;
        if done.status.success() { Ok(path) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
