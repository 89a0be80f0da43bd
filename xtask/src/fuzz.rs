//! Fuzzing, which is slow and wants a nightly compiler: apart from `test-all`, which replays the corpora on stable.

use std::process::Command;

use crate::run::{exists, status};
use crate::workspace;

/// Targets of what several plugins are made of, and whose files are the seeds.
const SHARED: [(&str, &str); 2] = [("container", "ffmpeg"), ("lerc", "tiff")];

/// Runs every fuzz target for so many seconds.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !exists("cargo-fuzz") {
        return Err("cargo-fuzz is missing: cargo install cargo-fuzz".to_owned());
    }
    let seconds = arguments.first().map_or("60", String::as_str);
    let folder = workspace::root().join("tests/fuzz");
    let plugins = workspace::plugins()?;
    let own = plugins.iter().filter(|p| !p.is_native()).map(|p| (p.id.as_str(), p.id.as_str()));
    for (name, seeds) in own.chain(SHARED) {
        let target = format!("read_{name}");
        let seeds = workspace::root().join("tests/corpus").join(seeds);
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
