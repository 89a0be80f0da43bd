//! What tests that passed say they skipped: counted, since it is hidden with the rest of their output.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Reasons with how often each was given.
pub type Skips = BTreeMap<String, usize>;

/// The reasons in the report of a run of nextest, which is JUnit's XML.
pub fn of_junit(path: &Path) -> Result<Skips, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    // Output follows its tag without a line between.
    Ok(of_lines(text.replace("<system-out>", "\n").replace("<system-err>", "\n").lines()))
}

/// Runs `cargo test` with the output of what passes shown, which is counted here and not passed on.
pub fn of_cargo_test(command: &mut Command) -> (Skips, Result<(), String>) {
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(e) => return (Skips::new(), Err(format!("cargo did not start: {e}"))),
    };
    let mut successes = Vec::new();
    let mut within = false;
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).split(b'\n')).map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        within = match line.as_str() {
            "successes:" => true,
            "failures:" => false,
            other => within && !other.starts_with("test result: "),
        };
        if within { successes.push(line) } else { println!("{line}") }
    }
    let outcome = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo test ended with {status}")),
        Err(e) => Err(format!("cargo test was lost: {e}")),
    };
    (of_lines(successes.iter().map(String::as_str)), outcome)
}

fn of_lines<'t>(lines: impl Iterator<Item = &'t str>) -> Skips {
    let mut skips = Skips::new();
    for line in lines {
        // `skipped: no ffmpeg`, or `skipped a.mp4: no encoder`.
        let Some(rest) = line.strip_prefix("skipped") else { continue };
        let Some(reason) = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' ').filter(|r| r.contains(": ")))
        else {
            continue;
        };
        let reason = reason.split("</system-").next().unwrap_or_default();
        *skips.entry(unescaped(reason)).or_default() += 1;
    }
    skips
}

fn unescaped(text: &str) -> String {
    let names = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    names.iter().fold(text.trim().to_owned(), |text, (name, c)| text.replace(name, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_report() {
        let text = "\
            <system-out>\nrunning 1 test\nskipped: IMAGEIO_CORPUS is not set\ntest a ... ok</system-out>\n\
            <system-err>skipped: there is no &lt;x&gt;</system-err>\n\
            skipped: IMAGEIO_CORPUS is not set\nskipped a.mp4: no encoder\ntest drops_are_skipped_over ... ok\nskipped nothing";
        let path = std::env::temp_dir().join(format!("xtask-skips-{}.xml", std::process::id()));
        std::fs::write(&path, text).unwrap_or_default();
        let skips = of_junit(&path).unwrap_or_default();
        let _ = std::fs::remove_file(&path);
        let found: Vec<(&str, usize)> = skips.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
        let expected = [("IMAGEIO_CORPUS is not set", 2), ("a.mp4: no encoder", 1), ("there is no <x>", 1)];
        assert_eq!(found, expected);
    }
}
