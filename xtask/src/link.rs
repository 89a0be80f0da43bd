//! Registration works however a program is linked, and from a crate that we have never heard of.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{cargo, cargo_env, cargo_program, exists, output, status};
use crate::setup;
use crate::workspace::{root, target};

/// Builds tests/link in every form and compares the ids that each reports; then the stranger's crate.
pub fn run() -> Result<(), String> {
    cargo(&["build", "--quiet", "--package", "link-check"])?;
    let debug = target().join("debug");
    let program = ids(&mut Command::new(debug.join("link-check")))?;
    if program.len() < 16 {
        return Err(format!("a program registers only {} plugins: {program:?}", program.len()));
    }
    println!("program: {} plugins", program.len());

    let optimised =
        ["build", "--quiet", "--release", "--package", "link-check", "--no-default-features", "--features", "some"];
    cargo_env(&[&optimised[..], &["--target-dir", "target/link"]].concat(), &[("CARGO_PROFILE_RELEASE_LTO", "true")])?;
    let optimised = ids(&mut Command::new(target().join("link/release/link-check")))?;
    if optimised != ["bmp", "npy", "png", "qoi"] {
        return Err(format!("with link-time optimisation: {optimised:?}"));
    }
    println!("program with link-time optimisation: {} plugins", optimised.len());

    shared(&debug, &program)?;
    static_library(&debug, &program)?;
    stranger()
}

fn ids(command: &mut Command) -> Result<Vec<String>, String> {
    Ok(output(command)?.split_whitespace().map(str::to_owned).collect())
}

/// A shared library loaded into a process that knows nothing of Rust.
fn shared(debug: &Path, expected: &[String]) -> Result<(), String> {
    let Ok(python) = setup::python() else {
        println!("shared library: skipped, no python");
        return Ok(());
    };
    let names = ["liblink_check.so", "liblink_check.dylib", "link_check.dll"];
    let library = names.iter().map(|n| debug.join(n)).find(|p| p.is_file()).ok_or("no shared library was built")?;
    let script = "import ctypes, sys\n\
                  lib = ctypes.CDLL(sys.argv[1]); buf = ctypes.create_string_buffer(4096)\n\
                  lib.imageio_link_ids(buf, 4096); print(buf.value.decode())";
    let found = ids(Command::new(python).args(["-c", script]).arg(library))?;
    if found != expected {
        return Err(format!("a shared library registers {found:?}"));
    }
    println!("shared library: {} plugins", found.len());
    Ok(())
}

/// A static library in a C program, which has to call `install()`.
fn static_library(debug: &Path, expected: &[String]) -> Result<(), String> {
    if !exists("cc") {
        println!("static library: skipped, no C compiler");
        return Ok(());
    }
    let program = debug.join("link-check-c");
    let mut command = Command::new("cc");
    command.arg(root().join("tests/link/main.c")).arg("-o").arg(&program).arg(debug.join("liblink_check.a"));
    status(command.args(["-lpthread", "-ldl", "-lm", "-lgcc_s", "-lutil", "-lrt"]))?;
    let found = ids(&mut Command::new(program))?;
    if found != expected {
        return Err(format!("a static library registers {found:?}"));
    }
    println!("static library: {} plugins", found.len());
    Ok(())
}

/// A format that no crate of ours knows, opened by the umbrella without any format of its own.
fn stranger() -> Result<(), String> {
    // The versions that the workspace was tested with; the folder has no lock file of its own.
    fs::copy(root().join("Cargo.lock"), root().join("tests/stranger/Cargo.lock")).map_err(|e| e.to_string())?;
    let mut command = Command::new(cargo_program());
    command.current_dir(root().join("tests/stranger")).args(["run", "--quiet", "--target-dir"]);
    let said = output(command.arg(target().join("link")))?;
    if said.trim() != "stranger uint8 [2, 3]" {
        return Err(format!("the stranger's program said {said:?}"));
    }
    println!("stranger's crate: {}", said.trim());
    Ok(())
}
