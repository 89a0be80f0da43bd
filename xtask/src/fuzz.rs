//! Fuzzing, which is slow and wants a nightly compiler: apart from `test-all`, which replays the corpora on stable.

use std::process::Command;

use crate::run::{exists, status};
use crate::workspace;

/// Runs every fuzz target for so many seconds.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !exists("cargo-fuzz") {
        return Err("cargo-fuzz is missing: cargo install cargo-fuzz".to_owned());
    }
    let seconds = arguments.first().map_or("60", String::as_str);
    let folder = workspace::root().join("tests/fuzz");
    for plugin in workspace::plugins()?.iter().filter(|p| !p.is_native()) {
        let target = format!("read_{}", plugin.id);
        let seeds = workspace::root().join("tests/corpus").join(&plugin.id);
        // Lets a stable compiler take the sanitizer flags, where no nightly is installed.
        let mut command = Command::new("cargo");
        command.env("RUSTC_BOOTSTRAP", "1").current_dir(&folder).args(["fuzz", "run", &target]);
        status(
            command
                .arg(folder.join("corpus").join(&target))
                .arg(seeds)
                .args(["--", &format!("-max_total_time={seconds}")]),
        )?;
    }
    Ok(())
}
