//! What default features bring along is permissive: read from `cargo tree`, against the list in `deny.toml`.
//!
//! `cargo deny` looks at every feature; this looks at the default ones and needs nothing but cargo.

use std::fs;
use std::process::Command;

use crate::run::{cargo_program, output};
use crate::workspace::root;

/// Checks the umbrella's and the program's default dependencies.
pub fn run() -> Result<(), String> {
    let allowed = allowed()?;
    let mut met = 0;
    let mut wrong = Vec::new();
    for package in ["imageio-rs", "imageio-cli"] {
        let mut command = Command::new(cargo_program());
        command.current_dir(root()).args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"]);
        let tree = output(command.args(["--format", "{p}|{l}"]))?;
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let (name, licence) = line.rsplit_once('|').unwrap_or((line, ""));
            // A crate that was listed before has a star behind it.
            let licence = licence.trim_end_matches("(*)").trim();
            met += 1;
            if !permitted(licence, &allowed) && !wrong.contains(&format!("{name}: `{licence}`")) {
                wrong.push(format!("{name}: `{licence}`"));
            }
        }
    }
    println!("{met} dependencies, {} licences allowed", allowed.len());
    match wrong.is_empty() && met > 20 {
        true => Ok(()),
        false => Err(format!("not permissive: {}", wrong.join("; "))),
    }
}

/// The quoted strings of the `allow` list.
fn allowed() -> Result<Vec<String>, String> {
    let text = fs::read_to_string(root().join("deny.toml")).map_err(|e| e.to_string())?;
    let list =
        text.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).ok_or("no allow list in deny.toml")?;
    let lines = list.lines().filter(|line| !line.trim_start().starts_with('#'));
    Ok(lines.flat_map(|line| line.split('"').skip(1).step_by(2).map(str::to_owned)).collect())
}

/// An SPDX expression holds if one alternative of it is allowed throughout.
fn permitted(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    let words = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut at = 0;
    alternatives(&words, &mut at, allowed) && at == words.len() && !words.is_empty()
}

fn alternatives(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut fine = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fine |= all_of(words, at, allowed);
    }
    fine
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut fine = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fine &= one(words, at, allowed);
    }
    fine
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let fine = alternatives(words, at, allowed);
        *at += 1;
        return fine;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::permitted;

    #[test]
    fn expressions() {
        let allowed: Vec<String> = ["MIT", "IJG", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).to_vec();
        let rows = [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("MIT/Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND IJG", true),
            ("MIT AND GPL-3.0", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("", false),
        ];
        for (expression, expected) in rows {
            assert_eq!(permitted(expression, &allowed), expected, "{expression}");
        }
    }
}
