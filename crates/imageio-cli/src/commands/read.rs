//! `imageio read`: what an image holds.

use std::io::{self, Write};
use std::path::Path;

use imageio::{Dtype, Index};
use serde_json::{Map, Value, json};

use crate::args::Read;
use crate::failure::{Failure, Outcome};
use crate::stats::{self, Stats};
use crate::{json, npy, place, progress};

pub fn run(args: &Read) -> Outcome<()> {
    if let Some(out) = &args.out
        && !Path::new(out).extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"))
    {
        let message = format!("--out writes .npy files, not `{}`; use `imageio convert`", out.to_string_lossy());
        return Err(Failure::Usage(message));
    }
    let mut reader = place::open(&args.input.file, &place::read_options(&args.input.how))?;
    let image = reader.read(Index::Auto)?;
    if let Some(out) = &args.out {
        npy::write(place::target(out)?, &image)?;
    }
    progress::clear_transfers();
    let Stats { min, max, mean } = Stats::of(&image);
    let checksum = stats::checksum(&image);
    let plugin = reader.plugin().id();
    if args.json {
        let mut object = Map::new();
        object.insert("file".into(), json!(args.input.file.to_string_lossy()));
        object.insert("plugin".into(), json!(plugin));
        object.insert("shape".into(), json!(image.shape()));
        object.insert("dtype".into(), json!(image.dtype().name()));
        object.insert("min".into(), min);
        object.insert("max".into(), max);
        object.insert("mean".into(), mean);
        object.insert("sha256".into(), json!(checksum));
        object.insert("notes".into(), json!(reader.notes()));
        return Ok(json::print(&Value::Object(object))?);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "shape   {:?}", image.shape())?;
    writeln!(out, "dtype   {}", image.dtype())?;
    writeln!(out, "min     {}", shown(&min, image.dtype()))?;
    writeln!(out, "max     {}", shown(&max, image.dtype()))?;
    writeln!(out, "mean    {}", shown(&mean, Dtype::F64))?;
    writeln!(out, "sha256  {checksum}")?;
    writeln!(out, "plugin  {plugin}")?;
    for note in reader.notes() {
        writeln!(out, "note    {note}")?;
    }
    Ok(())
}

/// A number with the digits that its type has.
fn shown(number: &Value, dtype: Dtype) -> String {
    match (number.as_f64(), dtype) {
        (None, _) => "-".into(),
        (Some(v), Dtype::F16 | Dtype::F32) => (v as f32).to_string(),
        (Some(v), Dtype::F64 | Dtype::C64 | Dtype::C128) => v.to_string(),
        _ => number.to_string(),
    }
}
