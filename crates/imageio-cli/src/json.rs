//! Properties, metadata and option values as JSON.

use std::io::{self, IsTerminal, Write};

use imageio::{Axis, ImageProperties, Metadata, Node, Value};
use serde_json::{Map, Value as Json, json};

/// Prints one JSON value: on one line for programs, set out for people.
pub fn print(value: &Json) -> io::Result<()> {
    let stdout = io::stdout();
    let mut out = io::BufWriter::new(stdout.lock());
    match stdout.is_terminal() {
        true => serde_json::to_writer_pretty(&mut out, value)?,
        false => serde_json::to_writer(&mut out, value)?,
    }
    writeln!(out)?;
    out.flush()
}

/// Puts what properties say into a JSON object.
pub fn properties(props: &ImageProperties) -> Map<String, Json> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Json| out.insert(key.to_owned(), value);
    put("shape", json!(props.shape));
    put("dtype", json!(props.dtype.name()));
    put("n_images", json!(props.n_images));
    put("is_batch", json!(props.is_batch));
    let axes = props.axes.as_ref().map(|axes| axes.iter().map(axis).collect::<Vec<_>>());
    put("axes", json!(axes));
    let spacing = props
        .spacing
        .as_ref()
        .map(|all| all.iter().map(|s| json!({"value": s.value, "unit": s.unit.symbol()})).collect::<Vec<_>>());
    put("spacing", json!(spacing));
    put("n_bytes", json!(props.n_bytes()));
    out
}

/// What an axis means, in a word; channels with their letters, such as `channel:RGB`.
pub fn axis(axis: &Axis) -> String {
    match axis {
        Axis::Y => "y".into(),
        Axis::X => "x".into(),
        Axis::Z => "z".into(),
        Axis::Time => "time".into(),
        Axis::Batch => "image".into(),
        Axis::Channel(letters) if letters.is_empty() => "channel".into(),
        Axis::Channel(letters) => format!("channel:{letters}"),
        Axis::Other(name) => name.clone(),
        other => other.letter().to_string(),
    }
}

/// A metadata tree as nested objects.
pub fn metadata(meta: &Metadata) -> Json {
    let entries = meta.iter().map(|(key, node, _)| {
        let value = match node {
            Node::Value(v) => value(v),
            Node::Section(section) => metadata(section),
        };
        (key.to_owned(), value)
    });
    Json::Object(entries.collect())
}

/// A value as JSON: rationals as `"1/25"`, bytes as `{"base64": "…"}`, numbers that are not finite as null.
pub fn value(v: &Value) -> Json {
    match v {
        Value::Null => Json::Null,
        Value::Bool(v) => json!(v),
        Value::Int(v) => json!(v),
        Value::UInt(v) => json!(v),
        Value::Float(v) => json!(v),
        Value::Str(v) => json!(v),
        Value::Bytes(v) => json!({"base64": base64(v)}),
        Value::List(v) => v.iter().map(value).collect(),
        Value::Map(v) => Json::Object(v.iter().map(|(k, v)| (k.clone(), value(v))).collect()),
        other => json!(other.to_string()),
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= group.len() { letter.into() } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_standard() {
        let rows =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (text, expected) in rows {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn values() {
        assert_eq!(value(&Value::Float(f64::NAN)), Json::Null);
        assert_eq!(value(&Value::Rational(1, 25)), json!("1/25"));
        assert_eq!(value(&Value::Bytes(vec![0xff])), json!({"base64": "/w=="}));
        let mut meta = Metadata::new();
        meta.section("exif").insert("Orientation", 6);
        assert_eq!(metadata(&meta), json!({"exif": {"Orientation": 6}}));
    }
}
