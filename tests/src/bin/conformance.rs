//! Holds every plugin of the build against a folder with an `expected.jsonl`: a table by format, and the files
//! that fell short with the reason. Ends with status 1 if any did.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program reports")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use imageio_testkit::oracle::{self, Expect, Row};

#[derive(Default)]
struct Count {
    held: usize,
    of: usize,
    more: usize,
    more_of: usize,
}

/// Rows where the reference itself is held to be wrong, with the reason; a row that holds after all is stale.
fn known_deviations() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(imageio_tests::folder().join("known-deviations.tsv")).unwrap_or_default();
    let rows = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.map(|(file, why)| (file.to_owned(), why.to_owned())).collect()
}

struct Arguments {
    folder: PathBuf,
    group: String,
    formats: Vec<String>,
    only: String,
    verbose: bool,
}

fn arguments() -> Option<Arguments> {
    let mut words = std::env::args().skip(1);
    let mut out = Arguments {
        folder: PathBuf::from(words.next()?),
        group: "all".to_owned(),
        formats: Vec::new(),
        only: String::new(),
        verbose: false,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--group" => out.group = words.next()?,
            "--format" => out.formats = words.next()?.split(',').map(str::to_owned).collect(),
            "--only" => out.only = words.next()?,
            "-v" => out.verbose = true,
            _ => return None,
        }
    }
    Some(out)
}

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("usage: conformance FOLDER [--group everyday|tiff|video|bad|all] [--format F,…] [--only TEXT] [-v]");
        return ExitCode::from(2);
    };
    imageio::install();
    let rows = match oracle::rows(&arguments.folder) {
        Ok(rows) => rows,
        Err(e) => {
            eprintln!("conformance: {e}");
            return ExitCode::FAILURE;
        }
    };
    let wanted = |row: &&Row| {
        row.expect != Expect::Skip
            && oracle::in_group(row, &arguments.group)
            && (arguments.formats.is_empty() || arguments.formats.contains(&row.format))
            && row.file.contains(&arguments.only)
            // Bad files of formats that no plugin of this build reads prove nothing.
            && (arguments.group != "bad" || has_reader(&row.format))
    };
    let known = known_deviations();
    let (mut deviations, mut stale) = (0, 0);
    let mut table: BTreeMap<String, Count> = BTreeMap::new();
    for row in rows.iter().filter(wanted) {
        let outcome = oracle::check(&arguments.folder, row);
        let name = if row.expect.is_bad() { "bad" } else { row.format.as_str() };
        let count = table.entry(name.to_owned()).or_default();
        let (held, of) = match row.expect {
            Expect::Improve => (&mut count.more, &mut count.more_of),
            _ => (&mut count.held, &mut count.of),
        };
        *of += 1;
        if let Some((file, reason)) = known.iter().find(|(file, _)| *file == row.file) {
            if outcome.is_ok() {
                println!("  {file}: holds, so it is no deviation any more");
                stale += 1;
            } else {
                println!("  {file}: deviates on purpose: {reason}");
                *of -= 1;
                deviations += 1;
                continue;
            }
        }
        match outcome {
            Ok(()) => *held += 1,
            Err(why) if row.expect == Expect::Improve && !arguments.verbose => drop(why),
            Err(why) => println!("  {}: {why}", row.file),
        }
    }
    let (mut held, mut of) = (0, 0);
    for (format, count) in &table {
        let more = match count.more_of {
            0 => String::new(),
            n => format!("  beyond {} of {n}", count.more),
        };
        println!("{format:14} {:4} of {:<4}{more}", count.held, count.of);
        held += count.held;
        of += count.of;
    }
    let aside = if deviations > 0 { format!(", {deviations} deviate on purpose") } else { String::new() };
    println!("{}, {}: {held} of {of} rows hold{aside}", arguments.folder.display(), arguments.group);
    if held == of && of > 0 && stale == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn has_reader(format: &str) -> bool {
    let plugins = imageio::Registry::global().plugins();
    plugins.iter().any(|d| d.id() == format || d.extension_list().contains(&format))
}
