//! Programs that tests need and that are not everywhere.

use std::path::Path;

/// Names that must be there, separated by commas: a test that would be skipped without one of them fails.
pub const REQUIRED: &str = "IMAGEIO_REQUIRE";

/// `true` if every one of the programs is on the `PATH`; otherwise `false`, with a line that says the test was
/// skipped.
///
/// # Panics
/// If one is missing that the variable [`REQUIRED`] names.
#[allow(clippy::print_stderr, clippy::panic, reason = "a skipped check says so in the test's output")]
pub fn have(programs: &[&str]) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(&folders).any(|folder| Path::new(&folder).join(&file).is_file())
    };
    let required = std::env::var(REQUIRED).unwrap_or_default();
    for program in programs {
        if !there(program) {
            assert!(
                !required.split(',').any(|r| r.trim() == *program),
                "{REQUIRED} asks for {program}, and there is none"
            );
            eprintln!("skipped: there is no {program}");
            return false;
        }
    }
    true
}
