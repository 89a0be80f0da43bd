//! Every file that we have, through every plugin that there is, whole and in parts: nothing may hang, blow up or
//! contradict itself. The fuzz targets run the same loop.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use imageio_testkit::fuzz::read_any;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if !path.extension().is_some_and(|e| e == "py" || e == "toml" || e == "md" || e == "tsv" || e == "jsonl")
        {
            out.push(path);
        }
    }
}

fn replay(paths: &[PathBuf]) {
    imageio::install();
    let plugins = imageio::Registry::global().plugins();
    assert!(plugins.len() >= 16, "{} plugins", plugins.len());
    for path in paths {
        let content = std::fs::read(path).unwrap();
        for plugin in &plugins {
            let start = Instant::now();
            read_any(plugin, &content);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(60), "{} by {}: {took:?}", path.display(), plugin.id());
        }
    }
}

#[test]
fn own_corpus_and_bad_files() {
    let mut paths = Vec::new();
    for part in ["corpus", "bad"] {
        files(&imageio_tests::folder().join(part), &mut paths);
    }
    assert!(paths.len() >= 80, "only {} files", paths.len());
    replay(&paths);
}

#[test]
fn external_bad_files() {
    let Some(folder) = imageio_tests::corpus("open/bad") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    assert!(paths.len() >= 60, "only {} files", paths.len());
    replay(&paths);
}
