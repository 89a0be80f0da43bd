//! Everything that a change has to pass, in an order that fails early.

use std::path::PathBuf;

use crate::report::Report;
use crate::run::{cargo, cargo_env, cargo_with, exists, status};
use crate::skips::{self, Skips};
use crate::{features, licences, link, run, setup, tidy, workspace};

const STEPS: &[(&str, &str)] = &[
    ("setup", "find or install what the tests need beyond Rust"),
    ("fmt", "rustfmt"),
    ("tidy", "every plugin wired, tested, documented"),
    ("clippy", "all targets of all pure-Rust crates, warnings denied"),
    ("tests", "every test of the workspace, default features"),
    ("doc-tests", "every example in the documentation"),
    ("native", "plugins that link C, where a compiler for them is there"),
    ("features", "each feature alone, and none"),
    ("docs", "documentation builds without warnings"),
    ("tables", "generated tables are fresh"),
    ("link-check", "registration in programs and libraries, and from a stranger's crate"),
    ("licences", "default features bring permissive licences only"),
    ("deny", "licences of every feature, banned crates and sources, by cargo-deny"),
    ("corpus", "the external corpus, if IMAGEIO_CORPUS names one"),
];

/// Runs the named steps, or all.
pub fn run(names: &[String]) -> Result<(), String> {
    if names.iter().any(|n| n == "--help" || n == "-h") {
        println!("cargo xtask test-all [STEP…]   every step in this order, or those named\n");
        for (step, what) in STEPS {
            println!("  {step:<11} {what}");
        }
        return Ok(());
    }
    if let Some(unknown) = names.iter().find(|n| !STEPS.iter().any(|(step, _)| step == n)) {
        let steps: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
        return Err(format!("there is no step `{unknown}`; there are: {}", steps.join(", ")));
    }
    let chosen: Vec<_> = STEPS.iter().filter(|(s, _)| names.is_empty() || names.iter().any(|n| n == s)).collect();
    println!("plan:");
    for (step, what) in &chosen {
        println!("  {step:<11} {what}");
    }
    let mut report = Report::default();
    for (step, _) in chosen {
        match *step {
            "setup" => report.step(step, setup::run),
            "fmt" => report.step(step, || cargo(&["fmt", "--all", "--check"])),
            "tidy" => report.step(step, tidy::run),
            "clippy" => report.step(step, clippy),
            "tests" => report.step_with_skips(step, tests),
            "doc-tests" => report.step(step, || cargo_with(&["test", "--doc", "--workspace"], &without_native())),
            "native" => report.step_or_skip(step, native),
            "features" => report.step(step, features::run),
            "docs" => report.step(step, docs),
            "tables" => report.step(step, || {
                run::cargo(&["run", "--quiet", "--package", "imageio-tests", "--bin", "tables", "--", "--check"])
            }),
            "link-check" => report.step(step, link::run),
            "licences" => report.step(step, licences::run),
            "deny" => report.step_or_skip(step, deny),
            "corpus" => report.step_or_skip(step, corpus),
            other => report.step(other, || Err("not wired".to_owned())),
        }
    }
    report.finish()
}

fn without_native() -> Vec<String> {
    let native = workspace::native_packages().unwrap_or_default();
    native.into_iter().flat_map(|p| ["--exclude".to_owned(), p]).collect()
}

fn clippy() -> Result<(), String> {
    let mut arguments = without_native();
    arguments.extend(["--", "-D", "warnings"].map(str::to_owned));
    cargo_with(&["clippy", "--quiet", "--workspace", "--all-targets"], &arguments)
}

fn tests(skips: &mut Skips) -> Result<(), String> {
    // The variables tell tests where the peers are; without them they say that they were skipped.
    let found = [("IMAGEIO_PEERS", setup::python()), ("IMAGEIO_AZURITE", setup::azurite())];
    let found: Vec<(&str, String)> =
        found.into_iter().filter_map(|(name, path)| Some((name, path.ok()?.display().to_string()))).collect();
    let env: Vec<(&str, &str)> = found.iter().map(|(name, path)| (*name, path.as_str())).collect();
    tests_with(&env, skips)
}

fn tests_with(env: &[(&str, &str)], skips: &mut Skips) -> Result<(), String> {
    let native = without_native();
    let native: Vec<&str> = native.iter().map(String::as_str).collect();
    if exists("cargo-nextest") {
        let config = format!("xtask:{}", workspace::root().join("xtask/nextest.toml").display());
        let report = workspace::target().join("nextest/default/junit.xml");
        // A run that does not come so far must not count what an older one skipped.
        let _ = std::fs::remove_file(&report);
        let base = ["nextest", "run", "--tool-config-file", &config, "--workspace", "--no-fail-fast"];
        let outcome = cargo_env(&[&base[..], &["--status-level", "fail"], &native].concat(), env);
        // Tests that do not build leave no report.
        if outcome.is_ok() || report.is_file() {
            *skips = skips::of_junit(&report)?;
        }
        return outcome;
    }
    let base = ["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"];
    let mut command = std::process::Command::new(run::cargo_program());
    command.current_dir(workspace::root()).args(base).args(native).args(["--", "--show-output"]);
    let (found, outcome) = skips::of_cargo_test(command.envs(env.iter().copied()));
    *skips = found;
    outcome
}

fn native() -> Result<Option<String>, String> {
    let native = workspace::native_packages()?;
    if native.is_empty() {
        return Ok(Some("there are none".to_owned()));
    }
    if !exists("cc") || !exists("cmake") {
        return Ok(Some(format!("no C compiler or no cmake for {}", native.join(", "))));
    }
    for package in native {
        cargo(&["test", "--quiet", "--package", &package])?;
    }
    Ok(None)
}

fn docs() -> Result<(), String> {
    let native = without_native();
    let native: Vec<&str> = native.iter().map(String::as_str).collect();
    let arguments =
        [&["doc", "--quiet", "--workspace", "--no-deps", "--exclude", "xtask", "--exclude", "link-check"][..], &native]
            .concat();
    cargo_env(&arguments, &[("RUSTDOCFLAGS", "-D warnings")])
}

fn deny() -> Result<Option<String>, String> {
    let program = match setup::cargo_deny() {
        Ok(program) => program,
        Err(why) => return Ok(Some(format!("there is no cargo-deny: {why}"))),
    };
    let mut command = std::process::Command::new(program);
    // Started outside cargo it finds the workspace by the folder.
    command.current_dir(workspace::root());
    status(command.args(["--log-level", "error", "check", "licenses", "bans", "sources"])).map(|()| None)
}

fn corpus() -> Result<Option<String>, String> {
    let Some(folder) = std::env::var_os("IMAGEIO_CORPUS").map(PathBuf::from) else {
        return Ok(Some("IMAGEIO_CORPUS is not set".to_owned()));
    };
    let bin = workspace::target().join("debug/conformance");
    cargo(&["build", "--quiet", "--package", "imageio-tests", "--bin", "conformance"])?;
    let mut met = 0;
    let has_ffmpeg = exists("ffmpeg") && exists("ffprobe");
    if !has_ffmpeg {
        println!("skipped: the videos, for want of ffmpeg");
    }
    for (part, groups) in
        [("open", &["everyday", "tiff", "video", "bad"][..]), ("standard", &["everyday", "tiff", "video"])]
    {
        let part = folder.join(part);
        if !part.join("expected.jsonl").is_file() {
            println!("{}: no expected.jsonl", part.display());
            continue;
        }
        for group in groups.iter().filter(|group| **group != "video" || has_ffmpeg) {
            status(std::process::Command::new(&bin).arg(&part).args(["--group", group]))?;
            met += 1;
        }
    }
    if met == 0 { Err(format!("{} holds no expected.jsonl", folder.display())) } else { Ok(None) }
}
