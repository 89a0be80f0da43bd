//! Registration works however a program is linked, and from a crate that we have never heard of.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{cargo_program, exists, output, status};
use crate::setup;
use crate::workspace::{root, target};

/// Builds tests/link in every form and compares the ids that each reports; then the stranger's crate.
pub fn run() -> Result<(), String> {
    let folder = root().join("tests/link");
    let build = |more: &[&str]| {
        let mut command = Command::new(cargo_program());
        command.current_dir(&folder).args(["build", "--quiet", "--target-dir"]).arg(target().join("link"));
        status(command.args(more))
    };
    build(&[])?;
    let debug = target().join("link/debug");
    let program = ids(&mut Command::new(debug.join("link-check")))?;
    if program.len() < 16 {
        return Err(format!("a program registers only {} plugins: {program:?}", program.len()));
    }
    println!("program: {} plugins", program.len());

    let some = ["--release", "--no-default-features", "--features", "some"];
    build(&some)?;
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
fn shared(debug: &PathBuf, expected: &[String]) -> Result<(), String> {
    let Ok(python) = setup::python() else {
        println!("shared library: skipped, no python");
        return Ok(());
    };
    let library = fs::read_dir(debug)
        .map_err(|e| e.to_string())?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .find(|p| p.extension().is_some_and(|e| e == "so" || e == "dylib" || e == "dll"))
        .ok_or("no shared library was built")?;
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
fn static_library(debug: &PathBuf, expected: &[String]) -> Result<(), String> {
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
    let mut command = Command::new(cargo_program());
    command.current_dir(root().join("tests/stranger")).args(["run", "--quiet", "--target-dir"]);
    let said = output(command.arg(target().join("link")))?;
    if said.trim() != "stranger uint8 [2, 3]" {
        return Err(format!("the stranger's program said {said:?}"));
    }
    println!("stranger's crate: {}", said.trim());
    Ok(())
}
