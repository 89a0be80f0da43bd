//! Features add up: each alone, none, and all of them compile.

use crate::run::{cargo, exists};
use crate::workspace;

/// Bundles are unions of the rest; checking them once, by `full`, is enough.
const BUNDLES: &[&str] = &["default", "default-formats", "all-formats", "native"];

/// Checks the umbrella with every feature alone, with none, and with all.
pub fn run() -> Result<(), String> {
    let check = |features: &str| {
        println!("features: [{features}]");
        cargo(&["check", "--quiet", "--package", "imageio-rs", "--no-default-features", "--features", features])
    };
    check("")?;
    let features = workspace::umbrella_features()?;
    if features.len() < 16 {
        return Err(format!("only {} features found in the umbrella's manifest", features.len()));
    }
    let mut met = 0;
    let native: Vec<String> = workspace::plugins()?.into_iter().filter(|p| p.is_native()).map(|p| p.id).collect();
    for feature in features.iter().filter(|f| !BUNDLES.contains(&f.as_str())) {
        if (native.contains(feature) || feature == "libzstd") && !(exists("cc") && exists("cmake")) {
            println!("features: [{feature}] skipped, no C compiler or no cmake");
            continue;
        }
        check(feature)?;
        met += 1;
    }
    println!("{met} features alone, and none");
    Ok(())
}
