//! `imageio props`: what a read would give.

use std::io::{self, Write};

use imageio::{ErrorKind, Index, Reader};
use serde_json::{Value, json};

use crate::args::Props;
use crate::failure::Outcome;
use crate::{json, place, progress};

/// Whether the reader's plugin can be asked to count by decoding.
fn counts(reader: &Reader<'_>) -> bool {
    reader.plugin().option_specs().iter().flat_map(|specs| specs.iter()).any(|spec| spec.name == "count")
}

pub fn run(args: &Props) -> Outcome<()> {
    let options = place::read_options(&args.input.how);
    let mut reader = place::open(&args.input.file, &options)?;
    let mut props = match reader.properties(Index::Auto) {
        // Where only decoding tells how many there are, who asks here wants it to.
        Err(e) if e.kind() == ErrorKind::Unsupported && counts(&reader) && !place::is_dash(&args.input.file) => {
            reader = place::open(&args.input.file, &options.set("count", "exact"))?;
            reader.properties(Index::Auto)?
        }
        props => props?,
    };
    if props.n_images.is_none() {
        props.n_images = reader.count()?;
        // What was an estimate is none any more.
        if let (true, Some(n), Some(first)) = (props.is_batch, props.n_images, props.shape.first_mut()) {
            *first = n;
        }
    }
    progress::clear_transfers();
    let plugin = reader.plugin().id();
    if args.json {
        let mut object = json::properties(&props);
        object.insert("plugin".into(), json!(plugin));
        object.insert("file".into(), json!(args.input.file.to_string_lossy()));
        return Ok(json::print(&Value::Object(object))?);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "shape     {:?}", props.shape)?;
    writeln!(out, "dtype     {}", props.dtype)?;
    let images = props.n_images.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
    writeln!(out, "images    {images}{}", if props.is_batch { ", stacked along the first axis" } else { "" })?;
    if let Some(axes) = &props.axes {
        writeln!(out, "axes      {}", axes.iter().map(json::axis).collect::<Vec<_>>().join(" "))?;
    }
    if let Some(spacing) = &props.spacing {
        let all: Vec<String> =
            spacing.iter().map(|s| format!("{} {}", s.value, s.unit.symbol()).trim().to_owned()).collect();
        writeln!(out, "spacing   {}", all.join(" × "))?;
    }
    writeln!(out, "plugin    {plugin}")?;
    Ok(())
}
