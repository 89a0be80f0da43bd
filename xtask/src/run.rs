//! Running other programs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::workspace;

/// The cargo that runs us.
pub fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs cargo in the workspace.
pub fn cargo(arguments: &[&str]) -> Result<(), String> {
    cargo_with(arguments, &[])
}

/// As [`cargo`], with more arguments.
pub fn cargo_with(arguments: &[&str], more: &[String]) -> Result<(), String> {
    let mut command = Command::new(cargo_program());
    command.current_dir(workspace::root()).args(arguments).args(more);
    status(&mut command)
}

/// Runs cargo with environment variables.
pub fn cargo_env(arguments: &[&str], env: &[(&str, &str)]) -> Result<(), String> {
    let mut command = Command::new(cargo_program());
    command.current_dir(workspace::root()).args(arguments).envs(env.iter().copied());
    status(&mut command)
}

/// Runs a command; anything but success is an error that names it.
pub fn status(command: &mut Command) -> Result<(), String> {
    let shown = show(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(e) => Err(format!("`{shown}` did not start: {e}")),
    }
}

/// Runs a command and returns what it prints.
pub fn output(command: &mut Command) -> Result<String, String> {
    let shown = show(command);
    match command.output() {
        Ok(out) if out.status.success() => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        Ok(out) => Err(format!("`{shown}` ended with {}: {}", out.status, String::from_utf8_lossy(&out.stderr).trim())),
        Err(e) => Err(format!("`{shown}` did not start: {e}")),
    }
}

/// `true` if a program of that name can be started.
pub fn exists(program: impl AsRef<OsStr>) -> bool {
    let path = Path::new(program.as_ref());
    if path.components().count() > 1 {
        return path.is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(path).is_file())
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}
