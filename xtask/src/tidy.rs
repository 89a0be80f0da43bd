//! Looks after the tree: what a reviewer would otherwise have to remember.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::{self, PluginCrate, root};

/// Lines past which a source file is looked at, and past which it is refused.
const LONG: usize = 500;
const TOO_LONG: usize = 900;

/// Runs every check and lists all that fell short.
pub fn run() -> Result<(), String> {
    let mut complaints = Vec::new();
    let plugins = workspace::plugins()?;
    for plugin in &plugins {
        plugin_crate(plugin, &mut complaints);
    }
    let files = sources(&root().join("crates"))?;
    for file in &files {
        source(file, &mut complaints);
    }
    println!("{} plugins, {} source files", plugins.len(), files.len());
    if plugins.len() < 16 || files.len() < 100 {
        complaints.push("fewer plugins or files than there must be: is this the right folder?".to_owned());
    }
    for complaint in &complaints {
        println!("  {complaint}");
    }
    if complaints.is_empty() { Ok(()) } else { Err(format!("{} things to tidy up", complaints.len())) }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn plugin_crate(plugin: &PluginCrate, complaints: &mut Vec<String>) {
    let id = &plugin.id;
    let name = id.replace('-', "_");
    let mut need = |fine: bool, what: &str| {
        if !fine {
            complaints.push(format!("plugin {id}: {what}"));
        }
    };
    let umbrella = root().join("crates/imageio");
    need(read(&umbrella.join("Cargo.toml")).contains(&format!("\n{id} = [")), "no feature in the umbrella");
    need(
        read(&umbrella.join("src/lib.rs")).contains(&format!("imageio_plugin_{name} as {name}")),
        "no `pub use` in the umbrella",
    );
    need(read(&umbrella.join("src/install.rs")).contains(&format!("{name}::register()")), "no line in install()");
    let lib = read(&plugin.folder.join("src/lib.rs"));
    need(lib.contains("submit_plugin!"), "does not submit itself");
    need(lib.contains("include_str!(\"../README.md\")"), "its README is not its crate page");
    need(read(&root().join("README.md")).contains(&format!("`{id}`")), "not in the README");
    need(plugin.folder.join("tests/conformance.rs").is_file(), "no conformance test");
    // Native plugins share the files and the fuzz target of the format's own plugin.
    if !plugin.is_native() {
        // Plugins for the same files share them: the conformance test says whose they are.
        let conformance = read(&plugin.folder.join("tests/conformance.rs"));
        let shared = |folder: &str| {
            let name = conformance.split(folder).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(id);
            count(&root().join(folder).join(name))
        };
        need(shared("tests/corpus/") >= 3, "fewer than three files in tests/corpus");
        need(shared("tests/bad/") >= 1, "no file in tests/bad");
        need(root().join(format!("tests/fuzz/fuzz_targets/read_{name}.rs")).is_file(), "no fuzz target");
    }
}

/// Rows of a folder's manifest.
fn count(folder: &Path) -> usize {
    read(&folder.join("manifest.toml")).matches("[[file]]").count()
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| e.to_string())? {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn source(path: &Path, complaints: &mut Vec<String>) {
    let text = read(path);
    let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let lines = text.lines().count();
    if lines > TOO_LONG {
        complaints.push(format!("{shown}: {lines} lines; a file holds one idea"));
    } else if lines > LONG {
        println!("  note: {shown} has {lines} lines");
    }
    let in_src = shown.contains("/src/");
    if in_src && shown.ends_with("src/lib.rs") && !text.starts_with("#![doc") && !text.starts_with("//!") {
        complaints.push(format!("{shown}: a crate opens with its page"));
    }
}
