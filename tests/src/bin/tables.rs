//! Writes the tables that are computed from the plugins' descriptors, or checks that they are fresh (`--check`).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program reports")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use imageio::{Capabilities, PluginDescriptor, WriteShape};

fn main() -> ExitCode {
    let check = std::env::args().any(|a| a == "--check");
    imageio::install();
    let mut plugins = imageio::Registry::global().plugins();
    plugins.sort_by_key(|d| d.id());
    let root = imageio_tests::folder().join("..");
    let files = [
        (root.join("docs/formats.md"), formats(&plugins)),
        (root.join("docs/options.md"), options(&plugins)),
        (root.join("README.md"), readme(&root.join("README.md"), &plugins)),
        (root.join("docs/plugin-guide.md"), guide(&root)),
    ];
    let mut stale: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        if std::fs::read_to_string(&path).is_ok_and(|have| have == text) {
            continue;
        }
        if check {
            stale.push(path);
        } else if let Err(e) = std::fs::write(&path, text) {
            eprintln!("tables: {}: {e}", path.display());
            return ExitCode::FAILURE;
        }
    }
    for path in &stale {
        eprintln!("tables: {} is stale: run cargo xtask gen", path.display());
    }
    println!("tables of {} plugins", plugins.len());
    if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn extensions(d: &PluginDescriptor) -> String {
    d.extension_list().iter().map(|e| format!("`.{e}`")).collect::<Vec<_>>().join(" ")
}

fn writes(d: &PluginDescriptor) -> String {
    if !d.can_write() {
        return "–".to_owned();
    }
    match d.write_dtypes() {
        [] => "every dtype".to_owned(),
        some => some.iter().map(|d| d.name()).collect::<Vec<_>>().join(", "),
    }
}

fn shapes(d: &PluginDescriptor) -> String {
    let name = |s: &WriteShape| match s {
        WriteShape::Gray => "grey",
        WriteShape::GrayAlpha => "grey+alpha",
        WriteShape::Rgb => "RGB",
        WriteShape::Rgba => "RGBA",
        _ => "any",
    };
    match d.can_write() {
        true => d.write_shapes().iter().map(name).collect::<Vec<_>>().join(", "),
        false => "–".to_owned(),
    }
}

fn several(d: &PluginDescriptor) -> &'static str {
    match (d.abilities().contains(Capabilities::MULTI), d.can_write_multi()) {
        (_, true) => "read, write",
        (true, _) => "read",
        _ => "–",
    }
}

fn formats(plugins: &[&'static PluginDescriptor]) -> String {
    let mut out = String::from(
        "# Formats\n\nMade from the plugins' descriptors by `cargo xtask gen`; do not edit.\n\n\
         | plugin | format | extensions | several images | writes | shapes written | lossless by default |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for d in plugins {
        let lossless = if d.abilities().contains(Capabilities::LOSSLESS) { "yes" } else { "no" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} | {lossless} |",
            d.id(),
            d.format_name(),
            extensions(d),
            several(d),
            writes(d),
            shapes(d)
        );
    }
    out
}

fn options(plugins: &[&'static PluginDescriptor]) -> String {
    let mut out = String::from(
        "# Options\n\nMade from the plugins' descriptors by `cargo xtask gen`; do not edit. Every plugin also takes \
         `rotate` and `mode` when reading and `is_batch` when writing.\n",
    );
    for d in plugins {
        let specs: Vec<_> = d.option_specs().iter().flat_map(|s| s.iter()).collect();
        if specs.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "\n## {}\n\n| option | when | type | default | what it does |\n|---|---|---|---|---|",
            d.id()
        );
        for spec in specs {
            let phase = format!("{:?}", spec.phase).to_lowercase();
            let kind = spec.kind.to_string().replace('|', "\\|");
            let range = spec.range.map_or_else(String::new, |(low, high)| format!(" ({low} to {high})"));
            let doc = spec.doc.trim().replace('|', "\\|");
            let _ = writeln!(
                out,
                "| `{}` | {phase} | {kind}{range} | `{}` | {doc} |",
                spec.name,
                spec.default_by_name().replace('|', "\\|")
            );
        }
    }
    out
}

/// The README with the table between its marks replaced.
fn readme(path: &std::path::Path, plugins: &[&'static PluginDescriptor]) -> String {
    const BEGIN: &str = "<!-- formats: made by cargo xtask gen -->\n";
    const END: &str = "<!-- end of formats -->";
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let (Some((before, rest)), true) = (text.split_once(BEGIN), text.contains(END)) else { return text };
    let after = rest.split_once(END).map_or("", |(_, after)| after);
    let mut table = String::from("| feature | format | extensions | reads | writes |\n|---|---|---|---|---|\n");
    for d in plugins {
        let several = d.abilities().contains(Capabilities::MULTI);
        let reads = if several { "yes, several images" } else { "yes" };
        let _ = writeln!(table, "| `{}` | {} | {} | {reads} | {} |", d.id(), d.format_name(), extensions(d), writes(d));
    }
    format!("{before}{BEGIN}{table}{END}{after}")
}

/// The plugin guide with every quoted file, of the template or of the image bridge's examples, brought up to date.
fn guide(root: &std::path::Path) -> String {
    const MARK: &str = "<!-- quote: ";
    let text = std::fs::read_to_string(root.join("docs/plugin-guide.md")).unwrap_or_default();
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let file = part.split(" -->").next().unwrap_or_default();
        let home = if file.starts_with("examples/") { "imageio-image-bridge" } else { "imageio-plugin-template" };
        let quoted = std::fs::read_to_string(root.join("crates").join(home).join(file)).unwrap_or_default();
        // The block begins behind the mark and ends with the next line that holds a fence alone.
        let after = part.split_once("```rust,ignore\n").map_or("", |(_, rest)| rest);
        let after = after.strip_prefix("```\n").or_else(|| after.split_once("\n```\n").map(|(_, rest)| rest));
        let after = after.unwrap_or_default();
        let _ = write!(out, "{MARK}{file} -->\n```rust,ignore\n{quoted}```\n{after}");
    }
    out
}
