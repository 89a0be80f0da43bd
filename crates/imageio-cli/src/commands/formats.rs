//! `imageio formats`: what this build reads and writes, from the plugins' own descriptors.

use std::io::{self, BufWriter, Write};

use imageio::{
    CORE_READ_OPTIONS, Error, ErrorKind, OptionKind, OptionSpec, Phase, PluginDescriptor, Registry, WriteShape,
};
use serde_json::{Value, json};

use crate::args::Formats;
use crate::failure::Outcome;
use crate::json;

pub fn run(args: &Formats) -> Outcome<()> {
    let mut plugins = Registry::global().plugins();
    plugins.sort_by_key(|d| d.id());
    if let Some(id) = &args.plugin {
        let extension = id.trim_start_matches('.').to_ascii_lowercase();
        let named: Vec<_> = plugins.iter().copied().filter(|d| d.id() == extension).collect();
        let meant: Vec<_> =
            plugins.iter().copied().filter(|d| d.extension_list().contains(&extension.as_str())).collect();
        let found = if named.is_empty() { meant } else { named };
        if found.is_empty() {
            return Err(unknown(id, &plugins).into());
        }
        plugins = found;
    }
    if args.json {
        let all: Value = plugins.iter().map(|d| describe(d)).collect();
        return Ok(json::print(&json!({"plugins": all, "options": options(CORE_READ_OPTIONS)}))?);
    }
    let text = if args.plugin.is_some() { in_full(&plugins) } else { table(&plugins) };
    let mut out = BufWriter::new(io::stdout().lock());
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn unknown(id: &str, plugins: &[&PluginDescriptor]) -> Error {
    let e = Error::new(ErrorKind::PluginMissing, format!("there is no plugin `{id}` in this build"));
    let ids: Vec<&str> = plugins.iter().map(|d| d.id()).collect();
    match imageio::nearest_name(id, ids.iter().copied()) {
        Some(near) => e.with_hint(format!("did you mean `{near}`? there are: {}", ids.join(", "))),
        None => e.with_hint(format!("there are: {}", ids.join(", "))),
    }
}

fn describe(d: &PluginDescriptor) -> Value {
    json!({
        "id": d.id(),
        "name": d.format_name(),
        "extensions": d.extension_list(),
        "mime": d.mime_types(),
        "abilities": d.abilities().names(),
        "writes_several": d.can_write_multi(),
        "write_dtypes": if d.can_write() { Some(d.write_dtypes().iter().map(|t| t.name()).collect::<Vec<_>>()) } else { None },
        "write_shapes": if d.can_write() { Some(d.write_shapes().iter().map(|s| shape(*s)).collect::<Vec<_>>()) } else { None },
        "options": d.option_specs().iter().flat_map(|specs| options(specs)).collect::<Vec<_>>(),
    })
}

fn options(specs: &[OptionSpec]) -> Vec<Value> {
    let one = |spec: &OptionSpec| {
        let choices = match spec.kind {
            OptionKind::Choice(words) => Some(words),
            _ => None,
        };
        json!({
            "name": spec.name,
            "type": spec.kind.to_string(),
            "choices": choices,
            "phase": phase(spec.phase),
            "default": spec.default_by_name(),
            "range": spec.range.map(|(low, high)| [low, high]),
            "doc": spec.doc.trim(),
            "aliases": spec.aliases,
            "deprecated": spec.deprecated,
        })
    };
    specs.iter().map(one).collect()
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "open",
        Phase::Read => "read",
        Phase::Write => "write",
        _ => "other",
    }
}

fn shape(shape: WriteShape) -> &'static str {
    match shape {
        WriteShape::Gray => "(h, w)",
        WriteShape::GrayAlpha => "(h, w, 2)",
        WriteShape::Rgb => "(h, w, 3)",
        WriteShape::Rgba => "(h, w, 4)",
        _ => "any",
    }
}

fn table(plugins: &[&PluginDescriptor]) -> String {
    let mut rows = vec![["plugin", "format", "read", "write", "several", "extensions"].map(str::to_owned)];
    let yes = |is: bool| if is { "yes" } else { "-" }.to_owned();
    for d in plugins {
        let several = match (d.can_write_multi(), d.abilities().contains(imageio::Capabilities::MULTI)) {
            (true, _) => "yes",
            (false, true) => "read",
            (false, false) => "-",
        };
        let extensions: Vec<String> = d.extension_list().iter().map(|e| format!(".{e}")).collect();
        rows.push([
            d.id().to_owned(),
            d.format_name().to_owned(),
            yes(d.can_read()),
            yes(d.can_write()),
            several.to_owned(),
            extensions.join(" "),
        ]);
    }
    let mut out = aligned(&rows);
    out += "\n`imageio formats ID` lists a plugin's options.\n";
    out
}

fn in_full(plugins: &[&PluginDescriptor]) -> String {
    let mut out = String::new();
    for d in plugins {
        let extensions: Vec<String> = d.extension_list().iter().map(|e| format!(".{e}")).collect();
        out += &format!("{}: {}\n", d.id(), d.format_name());
        out += &format!("  extensions  {}\n", extensions.join(" "));
        out += &format!("  abilities   {}\n", d.abilities().names().join(", "));
        if d.can_write() {
            let dtypes: Vec<&str> = d.write_dtypes().iter().map(|t| t.name()).collect();
            let dtypes = if dtypes.is_empty() { "any dtype".to_owned() } else { dtypes.join(", ") };
            let shapes: Vec<&str> = d.write_shapes().iter().map(|s| shape(*s)).collect();
            out += &format!("  writes      {dtypes} as {}\n", shapes.join(", "));
        }
        for (title, wanted) in
            [("reading (-o)", &[Phase::Open, Phase::Read][..]), ("writing (-w)", &[Phase::Write][..])]
        {
            let own = d.option_specs().iter().flat_map(|specs| specs.iter());
            let core = CORE_READ_OPTIONS.iter().filter(|_| d.can_read());
            let specs: Vec<&OptionSpec> = own.chain(core).filter(|s| wanted.contains(&s.phase)).collect();
            if specs.is_empty() {
                continue;
            }
            out += &format!("  options for {title}\n");
            for spec in specs {
                let range = spec.range.map_or_else(String::new, |(low, high)| format!(", {low} to {high}"));
                let kind = spec.kind.to_string();
                out += &format!("    {}: {kind}{range}, default {}\n", spec.name, spec.default_by_name());
                out += &format!("        {}\n", spec.doc.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
    }
    out
}

fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out += cells.join("  ").trim_end();
        out.push('\n');
    }
    out
}
