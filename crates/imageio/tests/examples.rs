//! Every example runs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![cfg(feature = "default")]
// Examples are modules here, and what they leave unused of their items is theirs.
#![allow(dead_code)]

#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/custom_plugin.rs"]
mod custom_plugin;
#[path = "../examples/iterate.rs"]
mod iterate;
#[path = "../examples/metadata.rs"]
mod metadata;
#[path = "../examples/read.rs"]
mod read;
#[path = "../examples/write.rs"]
mod write;

#[test]
fn batch_runs() {
    batch::main().unwrap();
}

#[test]
fn custom_plugin_runs() {
    custom_plugin::main().unwrap();
}

#[test]
fn iterate_runs() {
    iterate::main().unwrap();
}

#[test]
fn metadata_runs() {
    metadata::main().unwrap();
}

#[test]
fn read_runs() {
    read::main().unwrap();
}

#[test]
fn write_runs() {
    write::main().unwrap();
}
