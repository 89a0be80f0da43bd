//! The one dynamic value type, for options by name and for metadata.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A dynamic value: what an option may be set to and what metadata holds.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer beyond `i64`, or one that is unsigned by nature.
    UInt(u64),
    /// A real number.
    Float(f64),
    /// Numerator and denominator, as EXIF and TIFF keep them.
    Rational(i64, i64),
    /// Text.
    Str(String),
    /// Raw bytes (an ICC profile, a maker note).
    Bytes(Vec<u8>),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// The type's name as messages say it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::UInt(_) => "integer",
            Value::Float(_) => "number",
            Value::Rational(..) => "rational",
            Value::Str(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            Value::UInt(u) => i64::try_from(*u).ok(),
            _ => None,
        }
    }

    /// The non-negative integer, if it is one.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Int(i) => u64::try_from(*i).ok(),
            Value::UInt(u) => Some(*u),
            _ => None,
        }
    }

    /// Any number as `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(i) => Some(*i as f64),
            Value::UInt(u) => Some(*u as f64),
            Value::Float(f) => Some(*f),
            Value::Rational(n, d) if *d != 0 => Some(*n as f64 / *d as f64),
            _ => None,
        }
    }

    /// The bytes, if it is raw bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(b) => Some(b),
            _ => None,
        }
    }

    /// The values, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// Reads a value as the command line writes it: `true`, `3`, `0.5`, `1/25`, `[1, 2]`, else text.
    pub fn parse(text: &str) -> Value {
        let text = text.trim();
        match text {
            "null" | "none" | "None" => return Value::Null,
            "true" | "True" | "yes" | "on" => return Value::Bool(true),
            "false" | "False" | "no" | "off" => return Value::Bool(false),
            _ => {}
        }
        if let Ok(i) = text.parse::<i64>() {
            return Value::Int(i);
        }
        if let Ok(u) = text.parse::<u64>() {
            return Value::UInt(u);
        }
        if let Some((n, d)) = text.split_once('/')
            && let (Ok(n), Ok(d)) = (n.trim().parse::<i64>(), d.trim().parse::<i64>())
        {
            return Value::Rational(n, d);
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let items = inner.split(',').filter(|item| !item.trim().is_empty());
            return Value::List(items.map(Value::parse).collect());
        }
        // `nan` and `inf` are words before they are numbers.
        match text.parse::<f64>() {
            Ok(f) if text.bytes().any(|b| b.is_ascii_digit()) => Value::Float(f),
            _ => Value::Str(text.to_owned()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(v) => write!(f, "{v}"),
            Value::Int(v) => write!(f, "{v}"),
            Value::UInt(v) => write!(f, "{v}"),
            Value::Float(v) => write!(f, "{v}"),
            Value::Rational(n, d) => write!(f, "{n}/{d}"),
            Value::Str(v) => f.write_str(v),
            Value::Bytes(v) => write!(f, "<{} bytes>", v.len()),
            Value::List(v) => {
                f.write_str("[")?;
                for (i, item) in v.iter().enumerate() {
                    let lead = if i == 0 { "" } else { ", " };
                    write!(f, "{lead}{item}")?;
                }
                f.write_str("]")
            }
            Value::Map(v) => {
                f.write_str("{")?;
                for (i, (key, item)) in v.iter().enumerate() {
                    let lead = if i == 0 { "" } else { ", " };
                    write!(f, "{lead}{key}: {item}")?;
                }
                f.write_str("}")
            }
        }
    }
}

macro_rules! from_number {
    ($($ty:ty => $variant:ident as $wide:ty),* $(,)?) => {$(
        impl From<$ty> for Value {
            fn from(v: $ty) -> Self {
                Value::$variant(<$wide>::from(v))
            }
        }
    )*};
}

from_number! {
    i8 => Int as i64, i16 => Int as i64, i32 => Int as i64, i64 => Int as i64,
    u8 => UInt as u64, u16 => UInt as u64, u32 => UInt as u64, u64 => UInt as u64,
    f32 => Float as f64, f64 => Float as f64, bool => Bool as bool,
}

impl From<usize> for Value {
    fn from(v: usize) -> Self {
        Value::UInt(v as u64)
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Value::Str(v.to_owned())
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Value::Str(v)
    }
}

impl From<Vec<u8>> for Value {
    fn from(v: Vec<u8>) -> Self {
        Value::Bytes(v)
    }
}

impl From<&[u8]> for Value {
    fn from(v: &[u8]) -> Self {
        Value::Bytes(v.to_vec())
    }
}

impl From<Vec<Value>> for Value {
    fn from(v: Vec<Value>) -> Self {
        Value::List(v)
    }
}

impl From<BTreeMap<String, Value>> for Value {
    fn from(v: BTreeMap<String, Value>) -> Self {
        Value::Map(v)
    }
}

impl From<Duration> for Value {
    /// By name, durations are milliseconds.
    fn from(v: Duration) -> Self {
        Value::Float(v.as_secs_f64() * 1000.0)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_forms() {
        let rows = [
            ("true", Value::Bool(true)),
            ("9", Value::Int(9)),
            ("-3", Value::Int(-3)),
            ("0.5", Value::Float(0.5)),
            ("1/25", Value::Rational(1, 25)),
            ("[1, 2]", Value::List(vec![Value::Int(1), Value::Int(2)])),
            ("nan", Value::Str("nan".into())),
            ("4:2:0", Value::Str("4:2:0".into())),
            ("null", Value::Null),
        ];
        for (text, value) in rows {
            assert_eq!(Value::parse(text), value, "{text}");
        }
    }

    #[test]
    fn numbers_meet() {
        assert_eq!(Value::Rational(1, 4).as_f64(), Some(0.25));
        assert_eq!(Value::UInt(u64::MAX).as_i64(), None);
        assert_eq!(Value::from(Duration::from_millis(40)).as_f64(), Some(40.0));
    }
}
