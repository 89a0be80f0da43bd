//! Attributes as values, and values as attributes ("OpenEXR File Layout", section "Attribute Types").

use imageio_core::{Metadata, Node, Value};

use crate::bytes::Bytes;
use crate::header::{Attribute, Method, Window, channels_of, lossy, tiles_of};

const LEVELS: [&str; 3] = ["one", "mipmap", "ripmap"];
const ORDERS: [&str; 3] = ["increasing", "decreasing", "random"];
const ENVIRONMENTS: [&str; 2] = ["latlong", "cube"];
const PRIMARIES: [&str; 4] = ["red", "green", "blue", "white"];

/// What an attribute says; its bytes if its type is not known or they do not fit it.
pub(crate) fn decode(attribute: &Attribute) -> Node {
    let mut bytes = Bytes(&attribute.value);
    let decoded = match attribute.kind.as_str() {
        "chromaticities" => chromaticities(&mut bytes).map(Node::Section),
        "timecode" => time_code(&mut bytes).map(Node::Section),
        "preview" => preview(&mut bytes).map(Node::Section),
        "tiledesc" => tiles(&mut bytes).map(Node::Section),
        kind => value(kind, &mut bytes).map(Node::Value),
    };
    decoded.unwrap_or_else(|| Node::Value(Value::Bytes(attribute.value.clone())))
}

fn value(kind: &str, bytes: &mut Bytes<'_>) -> Option<Value> {
    let mut ints = |n: usize| (0..n).map(|_| bytes.i32().map(Value::from)).collect::<Option<Vec<_>>>().map(Value::List);
    Some(match kind {
        "int" => Value::from(bytes.i32()?),
        "float" => Value::from(bytes.f32()?),
        "double" => Value::from(bytes.f64()?),
        "string" => Value::Str(lossy(bytes.0)),
        "stringvector" => {
            let mut texts = Vec::new();
            while !bytes.0.is_empty() {
                let len = usize::try_from(bytes.i32()?).ok()?;
                texts.push(Value::Str(lossy(bytes.take(len)?)));
            }
            Value::List(texts)
        }
        "rational" => Value::Rational(bytes.i32()?.into(), bytes.u32()?.into()),
        "v2i" => ints(2)?,
        "v3i" => ints(3)?,
        "box2i" => ints(4)?,
        "keycode" => ints(7)?,
        "v2f" => floats(bytes, 2)?,
        "v3f" => floats(bytes, 3)?,
        "box2f" => floats(bytes, 4)?,
        "m33f" => floats(bytes, 9)?,
        "m44f" => floats(bytes, 16)?,
        "floatvector" => floats(bytes, bytes.0.len() / 4)?,
        "v2d" => doubles(bytes, 2)?,
        "v3d" => doubles(bytes, 3)?,
        "m33d" => doubles(bytes, 9)?,
        "m44d" => doubles(bytes, 16)?,
        "compression" => Value::from(Method::ALL.get(usize::from(bytes.u8()?))?.name()),
        "lineOrder" => Value::from(*ORDERS.get(usize::from(bytes.u8()?))?),
        "envmap" => Value::from(*ENVIRONMENTS.get(usize::from(bytes.u8()?))?),
        "chlist" => Value::List(channels_of(bytes)?.into_iter().map(|c| Value::Str(c.name)).collect()),
        _ => return None,
    })
}

fn floats(bytes: &mut Bytes<'_>, n: usize) -> Option<Value> {
    (0..n).map(|_| bytes.f32().map(Value::from)).collect::<Option<Vec<_>>>().map(Value::List)
}

fn doubles(bytes: &mut Bytes<'_>, n: usize) -> Option<Value> {
    (0..n).map(|_| bytes.f64().map(Value::from)).collect::<Option<Vec<_>>>().map(Value::List)
}

fn chromaticities(bytes: &mut Bytes<'_>) -> Option<Metadata> {
    let mut section = Metadata::new();
    for name in PRIMARIES {
        section.insert(name, floats(bytes, 2)?);
    }
    Some(section)
}

/// SMPTE 12M: hours to frames as two decimal digits each, in between flags.
fn time_code(bytes: &mut Bytes<'_>) -> Option<Metadata> {
    let (packed, user) = (bytes.u32()?, bytes.u32()?);
    let digits = |shift: u32, tens: u32| (packed >> (shift + 4) & tens) * 10 + (packed >> shift & 15);
    let mut section = Metadata::new();
    let (hours, minutes, seconds, frames) = (digits(24, 3), digits(16, 7), digits(8, 7), digits(0, 3));
    section.insert("time", format!("{hours:02}:{minutes:02}:{seconds:02}:{frames:02}"));
    section.insert("time_and_flags", packed);
    section.insert("user_data", user);
    Some(section)
}

fn preview(bytes: &mut Bytes<'_>) -> Option<Metadata> {
    let (width, height) = (bytes.u32()?, bytes.u32()?);
    let len = u64::from(width) * u64::from(height) * 4;
    let rgba = bytes.take(usize::try_from(len).ok()?)?;
    let mut section = Metadata::new();
    section.insert("width", width);
    section.insert("height", height);
    section.insert("rgba", rgba);
    Some(section)
}

fn tiles(bytes: &mut Bytes<'_>) -> Option<Metadata> {
    let tiles = tiles_of(bytes)?;
    let mut section = Metadata::new();
    section.insert("width", tiles.size.0);
    section.insert("height", tiles.size.1);
    section.insert("levels", *LEVELS.get(usize::from(tiles.levels))?);
    section.insert("rounding", if tiles.up { "up" } else { "down" });
    Some(section)
}

/// Types of the standard attributes that their values alone do not tell.
const STANDARD: [(&str, &str); 22] = [
    ("adoptedNeutral", "v2f"),
    ("altitude", "float"),
    ("aperture", "float"),
    ("chromaticities", "chromaticities"),
    ("envmap", "envmap"),
    ("expTime", "float"),
    ("focus", "float"),
    ("framesPerSecond", "rational"),
    ("isoSpeed", "float"),
    ("keyCode", "keycode"),
    ("latitude", "float"),
    ("longitude", "float"),
    ("multiView", "stringvector"),
    ("pixelAspectRatio", "float"),
    ("preview", "preview"),
    ("screenWindowCenter", "v2f"),
    ("screenWindowWidth", "float"),
    ("timeCode", "timecode"),
    ("utcOffset", "float"),
    ("whiteLuminance", "float"),
    ("worldToCamera", "m44f"),
    ("xDensity", "float"),
];

/// The attribute of a name and value; `None` if there is no type for it.
pub(crate) fn encode(name: &str, node: &Node) -> Option<Attribute> {
    if name.is_empty() || name.len() > 255 || name.contains('\0') {
        return None;
    }
    let standard = STANDARD.iter().find(|(n, _)| *n == name).map(|(_, kind)| *kind);
    let (kind, value) = match node {
        Node::Section(section) => (standard?, encode_section(standard?, section)?),
        Node::Value(value) => {
            let kind = standard.or_else(|| natural(value))?;
            (kind, encode_value(kind, value)?)
        }
    };
    Some(Attribute { name: name.to_owned(), kind: kind.to_owned(), value })
}

/// The type that a value suggests.
fn natural(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Bool(_) | Value::Int(_) | Value::UInt(_) => "int",
        Value::Float(f) if f.is_nan() || f64::from(*f as f32) == *f => "float",
        Value::Float(_) => "double",
        Value::Rational(..) => "rational",
        Value::Str(_) => "string",
        Value::List(items) if items.iter().all(|v| matches!(v, Value::Str(_))) => "stringvector",
        Value::List(items) if items.iter().all(|v| matches!(v, Value::Int(_) | Value::UInt(_))) => match items.len() {
            2 => "v2i",
            3 => "v3i",
            4 => "box2i",
            7 => "keycode",
            _ => return None,
        },
        Value::List(items) => match items.len() {
            2 => "v2f",
            3 => "v3f",
            9 => "m33f",
            16 => "m44f",
            _ => "floatvector",
        },
        _ => return None,
    })
}

fn encode_value(kind: &str, value: &Value) -> Option<Vec<u8>> {
    let int = |v: &Value| match v {
        Value::Bool(b) => Some(i32::from(*b)),
        v => i32::try_from(v.as_i64()?).ok(),
    };
    let float = |v: &Value| v.as_f64().map(|f| f as f32);
    Some(match (kind, value) {
        ("int", v) => int(v)?.to_le_bytes().to_vec(),
        ("float", v) => float(v)?.to_le_bytes().to_vec(),
        ("double", v) => v.as_f64()?.to_le_bytes().to_vec(),
        ("rational", Value::Rational(n, d)) => {
            [i32::try_from(*n).ok()?.to_le_bytes(), u32::try_from(*d).ok()?.to_le_bytes()].concat()
        }
        ("string", v) => v.as_str()?.as_bytes().to_vec(),
        ("envmap", v) => vec![ENVIRONMENTS.iter().position(|name| v.as_str() == Some(name))? as u8],
        ("stringvector", Value::List(items)) => {
            let mut out = Vec::new();
            for item in items {
                let text = item.as_str()?;
                out.extend(i32::try_from(text.len()).ok()?.to_le_bytes());
                out.extend(text.as_bytes());
            }
            out
        }
        ("v2i" | "v3i" | "box2i" | "keycode", Value::List(items)) => {
            let n = match kind {
                "v2i" => 2,
                "v3i" => 3,
                "box2i" => 4,
                _ => 7,
            };
            let numbers = items.iter().map(int).collect::<Option<Vec<_>>>().filter(|numbers| numbers.len() == n)?;
            numbers.into_iter().flat_map(i32::to_le_bytes).collect()
        }
        ("v2f" | "v3f" | "m33f" | "m44f" | "floatvector", Value::List(items)) => {
            let n = match kind {
                "v2f" => 2,
                "v3f" => 3,
                "m33f" => 9,
                "m44f" => 16,
                _ => items.len(),
            };
            let numbers = items.iter().map(float).collect::<Option<Vec<_>>>().filter(|numbers| numbers.len() == n)?;
            numbers.into_iter().flat_map(f32::to_le_bytes).collect()
        }
        _ => return None,
    })
}

fn encode_section(kind: &str, section: &Metadata) -> Option<Vec<u8>> {
    let number = |name: &str| section.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    match kind {
        "chromaticities" => {
            let points: Option<Vec<Vec<u8>>> =
                PRIMARIES.iter().map(|name| encode_value("v2f", section.get(name)?)).collect();
            Some(points?.concat())
        }
        "timecode" => {
            Some([number("time_and_flags")?.to_le_bytes(), number("user_data").unwrap_or(0).to_le_bytes()].concat())
        }
        "preview" => {
            let (width, height) = (number("width")?, number("height")?);
            let rgba = section.get("rgba")?.as_bytes()?;
            if u64::from(width) * u64::from(height) * 4 != rgba.len() as u64 {
                return None;
            }
            Some([&width.to_le_bytes(), &height.to_le_bytes(), rgba].concat())
        }
        _ => None,
    }
}

/// The window that metadata names, as four integers.
pub(crate) fn window(meta: &Metadata, name: &str) -> Option<Window> {
    let bytes = encode_value("box2i", meta.get(name)?)?;
    Window::read(&mut Bytes(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        let list = |items: &[f64]| Value::List(items.iter().map(|f| Value::Float(*f)).collect());
        let rows = [
            ("comments", Value::from("a text")),
            ("expTime", Value::Float(0.25)),
            ("answer", Value::Int(42)),
            ("precise", Value::Float(0.1)),
            ("framesPerSecond", Value::Rational(24_000, 1001)),
            ("multiView", Value::List(vec!["left".into(), "right".into()])),
            ("adoptedNeutral", list(&[0.25, 0.5])),
            ("many", list(&[1.0, 2.0, 3.0, 4.0, 5.0])),
            ("worldToCamera", list(&[1.0; 16])),
            ("keyCode", Value::List((1..8).map(Value::Int).collect())),
            ("box", Value::List((1..5).map(Value::Int).collect())),
            ("envmap", Value::from("cube")),
        ];
        for (name, value) in rows {
            let node = Node::Value(value);
            assert_eq!(decode(&encode(name, &node).unwrap()), node, "{name}");
        }
        assert!(encode("icc", &Node::Value(Value::Bytes(vec![1]))).is_none());
    }

    #[test]
    fn sections_come_back() {
        let time = Attribute {
            name: "timeCode".into(),
            kind: "timecode".into(),
            value: vec![0x12, 0x34, 0x56, 0x11, 9, 0, 0, 0],
        };
        let Node::Section(section) = decode(&time) else { panic!("no section") };
        assert_eq!(section.get("time").and_then(Value::as_str), Some("11:56:34:12"));
        assert_eq!(encode("timeCode", &Node::Section(section)), Some(time));
        let value: Vec<u8> = (0..8).flat_map(|i| (i as f32 / 8.0).to_le_bytes()).collect();
        let primaries = Attribute { name: "chromaticities".into(), kind: "chromaticities".into(), value };
        assert_eq!(encode("chromaticities", &decode(&primaries)), Some(primaries));
    }
}
