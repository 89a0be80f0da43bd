//! Chores of the workspace: `cargo xtask <command>`; `cargo xtask help` lists them.

mod features;
mod fuzz;
mod licences;
mod link;
mod report;
mod run;
mod setup;
mod skips;
mod test_all;
mod tidy;
mod workspace;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  test-all [STEP…]   everything that a change has to pass; STEPs alone if named
  setup              installs what the tests need beyond Rust, or says how
  tidy               looks after the tree: every plugin is wired, tested, documented
  features           each feature alone, none, all
  licences           default features bring permissive licences only
  link-check         plugins register in programs, shared and static libraries, and from a stranger's crate
  conformance DIR    holds every plugin against a folder with an expected.jsonl  [--group G] [--format F,…] [-v]
  gen [--check]      writes the tables in docs/ and README.md, or checks that they are fresh
  fuzz [SECONDS]     runs the fuzz targets; needs cargo-fuzz and a nightly compiler
  bench [ARGS…]      benches of our own
  peer               builds the program that the speed comparison calls, and prints its path
  help               this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "test-all" => test_all::run(rest),
        "setup" => setup::run(),
        "tidy" => tidy::run(),
        "features" => features::run(),
        "licences" => licences::run(),
        "link-check" => link::run(),
        "conformance" => {
            run::cargo_with(&["run", "--quiet", "--package", "imageio-tests", "--bin", "conformance", "--"], rest)
        }
        "gen" => run::cargo_with(&["run", "--quiet", "--package", "imageio-tests", "--bin", "tables", "--"], rest),
        "fuzz" => fuzz::run(rest),
        "bench" => run::cargo_with(&["bench", "--package", "imageio-tests"], rest),
        "peer" => peer(),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`; see cargo xtask help")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn peer() -> Result<(), String> {
    run::cargo(&["build", "--release", "--package", "imageio-rs", "--example", "peer"])?;
    println!("{}", workspace::target().join("release/examples/peer").display());
    Ok(())
}
