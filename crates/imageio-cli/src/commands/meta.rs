//! `imageio meta`: what a file says of its images.

use std::io::{self, BufWriter, Write};

use imageio::{Index, Metadata, Node, Value};
use serde_json::json;

use crate::args::Meta;
use crate::failure::{self, Outcome};
use crate::{json, place, progress};

/// Longer lists are cut in text; JSON has them whole.
const LIST: usize = 16;

pub fn run(args: &Meta) -> Outcome<()> {
    let options = place::read_options(&args.input.how).exclude_applied(!args.all);
    let mut reader = place::open(&args.input.file, &options)?;
    let meta = reader.metadata(Index::Auto)?;
    progress::clear_transfers();
    if args.json {
        let mut object = json!({
            "file": args.input.file.to_string_lossy(),
            "plugin": reader.plugin().id(),
            "metadata": json::metadata(&meta),
        });
        if args.all {
            let mut applied = Vec::new();
            walk(&meta, "", false, &mut |path, _, was_applied| {
                if was_applied {
                    applied.push(path.to_owned());
                }
            });
            object["applied"] = json!(applied);
        }
        object["notes"] = json!(reader.notes());
        return Ok(json::print(&object)?);
    }
    let mut text = String::new();
    walk(&meta, "", false, &mut |path, value, applied| {
        let mark = if applied { "  (applied to the pixels)" } else { "" };
        text += &format!("{} = {}{mark}\n", failure::printable(path), shown(value));
    });
    let mut out = BufWriter::new(io::stdout().lock());
    out.write_all(text.as_bytes())?;
    out.flush()?;
    for note in reader.notes() {
        failure::note(&note);
    }
    Ok(())
}

/// Calls `f` with path and value of every leaf, and whether it or a section around it was applied.
fn walk(meta: &Metadata, prefix: &str, applied: bool, f: &mut dyn FnMut(&str, &Value, bool)) {
    for (key, node, own) in meta.iter() {
        let path = format!("{prefix}{key}");
        match node {
            Node::Value(value) => f(&path, value, applied || own),
            Node::Section(section) => walk(section, &format!("{path}/"), applied || own, f),
        }
    }
}

/// A value for people: long lists cut, further lines of a text set in, nothing that steers the terminal.
fn shown(value: &Value) -> String {
    match value {
        Value::List(items) if items.len() > LIST => {
            let first: Vec<String> = items[..LIST].iter().map(shown).collect();
            format!("[{}, … ({} values)]", first.join(", "), items.len())
        }
        Value::Str(text) => {
            let lines: Vec<String> = text.lines().map(failure::printable).collect();
            lines.join("\n    ")
        }
        other => failure::printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_hostile_values() {
        assert_eq!(shown(&Value::Bytes(vec![0; 9])), "<9 bytes>");
        assert_eq!(shown(&Value::from("a\nb\x1b[2J")), "a\n    b\\u{1b}[2J");
        let long = Value::List((0..20).map(Value::from).collect());
        assert!(shown(&long).ends_with("15, … (20 values)]"));
    }
}
