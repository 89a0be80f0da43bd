//! Running the program, and a folder for its files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use imageio::{IntoImages, Metadata, NdImage, WriteOptions, v3 as iio};
use serde_json::Value;

/// What came of a run.
pub struct Run {
    pub status: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    pub fn text(&self) -> String {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The line that an error is told in. Nothing may be on standard output then.
    pub fn error(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{}", self.stderr);
        assert!(self.stdout.is_empty(), "{}", String::from_utf8_lossy(&self.stdout));
        let line = self.stderr.lines().next().unwrap_or_default();
        assert!(line.starts_with("imageio: "), "{}", self.stderr);
        assert!(self.stderr.lines().skip(1).all(|line| line.starts_with("hint: ")), "{}", self.stderr);
        line
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).unwrap();
        Run { status: output.status.code(), stdout: output.stdout, stderr }
    }
}

pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imageio"));
    command.args(args).env_remove("NO_COLOR");
    command
}

pub fn run(args: &[&str]) -> Run {
    command(args).stdin(Stdio::null()).output().unwrap().into()
}

/// As [`run`], with something on standard input.
pub fn run_with(args: &[&str], input: &[u8]) -> Run {
    let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that has seen enough closes its end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}

/// A folder of its own for a test, removed at its end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("imageio-cli-{}-{n}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes images through the library.
    pub fn image<'a>(&self, name: &str, images: impl IntoImages<'a>) -> String {
        self.image_with(name, images, &WriteOptions::new())
    }

    pub fn image_with<'a>(&self, name: &str, images: impl IntoImages<'a>, options: &WriteOptions) -> String {
        let file = self.file(name);
        iio::imwrite_with(&file, images, options).unwrap();
        file
    }

    /// A grey picture with a title and a turn by 90°.
    pub fn titled(&self, name: &str) -> String {
        let mut meta = Metadata::new();
        meta.section("text").insert("Title", "Grey\u{1b}[31m");
        meta.section("exif").insert("Orientation", 6);
        let picture = imageio::ndarray::Array2::<u8>::from_elem((4, 8), 128);
        self.image_with(name, &picture, &WriteOptions::new().metadata(&meta))
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `true` if the build has a plugin; tests of others are skipped.
pub fn has(plugin: &str) -> bool {
    imageio::install();
    imageio::Registry::global().get(plugin).is_some_and(|d| d.can_read())
}

pub fn imread(file: &str) -> NdImage {
    iio::imread(file).unwrap()
}
