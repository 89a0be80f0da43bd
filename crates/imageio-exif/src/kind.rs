//! Brings a value into the form that the standard gives its tag, so that what is read can be written back.

use imageio_core::Value;

use crate::tags::Kind;

const ASCII: &[u8; 8] = b"ASCII\0\0\0";
const UNICODE: &[u8; 8] = b"UNICODE\0";

/// The value in the form of `kind`, or as it is where it has no such form. `big` is the byte order of the block
/// that raw bytes came from.
pub(crate) fn coerce(kind: Kind, value: Value, big: bool) -> Value {
    match (kind, value) {
        (_, Value::Bool(b)) => Value::UInt(u64::from(b)),
        (Kind::Ascii | Kind::Utf8, Value::Bytes(bytes)) => match std::str::from_utf8(&bytes) {
            Ok(text) => Value::Str(text.trim_end_matches('\0').to_owned()),
            Err(_) => Value::Bytes(bytes),
        },
        (Kind::Byte | Kind::Short | Kind::Long | Kind::ShortLong | Kind::Code, value) => match value {
            Value::Bytes(bytes) if kind == Kind::Code => match bytes.as_slice() {
                [one] => Value::UInt(u64::from(*one)),
                _ => Value::Bytes(bytes),
            },
            Value::Bytes(bytes) => Value::List(bytes.into_iter().map(Value::from).collect()),
            other => each(other, unsigned),
        },
        (Kind::Rational | Kind::SRational, value) => each(value, rational),
        (Kind::Bytes | Kind::Codes, Value::Bytes(bytes)) => Value::List(bytes.into_iter().map(Value::from).collect()),
        (Kind::Bytes | Kind::Codes, value @ Value::List(_)) => each(value, unsigned),
        (Kind::Bytes | Kind::Codes, value) => match unsigned(value) {
            one @ Value::UInt(_) => Value::List(vec![one]),
            other => other,
        },
        (Kind::Opaque, Value::Str(text)) => Value::Bytes(text.into_bytes()),
        (Kind::Opaque, Value::UInt(byte @ 0..=255)) => Value::Bytes(vec![byte as u8]),
        (Kind::Version, Value::Bytes(bytes)) if bytes.iter().all(u8::is_ascii_graphic) => Value::Str(latin(&bytes)),
        (Kind::Comment, Value::Bytes(bytes)) => comment(bytes, big),
        (Kind::Utf16, Value::Bytes(bytes)) => Value::Str(utf16(&bytes, false)),
        (_, value) => value,
    }
}

fn each(value: Value, f: fn(Value) -> Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(f).collect()),
        one => f(one),
    }
}

fn unsigned(value: Value) -> Value {
    match value {
        Value::Int(i) => u64::try_from(i).map_or(Value::Int(i), Value::UInt),
        Value::Bool(b) => Value::UInt(u64::from(b)),
        Value::Rational(n, 1) if n >= 0 => Value::UInt(n.unsigned_abs()),
        Value::Float(f) if f.fract() == 0.0 && (0.0..=4_294_967_295.0).contains(&f) => Value::UInt(f as u64),
        other => other,
    }
}

fn rational(value: Value) -> Value {
    match value {
        Value::Int(i) => Value::Rational(i, 1),
        Value::UInt(u) => i64::try_from(u).map_or(Value::UInt(u), |n| Value::Rational(n, 1)),
        Value::Float(f) => {
            let (n, d) = fraction(f);
            Value::Rational(n, d)
        }
        other => other,
    }
}

/// The best fraction for a real number within 31 bits, by continued fractions.
fn fraction(value: f64) -> (i64, i64) {
    let max = f64::from(i32::MAX);
    if !value.is_finite() || value.abs() > max {
        // 0/0 and n/0 are how EXIF says unknown and infinite.
        return if value.is_nan() { (0, 0) } else { (if value > 0.0 { 1 } else { -1 }, 0) };
    }
    let (mut x, sign) = (value.abs(), if value < 0.0 { -1 } else { 1 });
    let (mut n, mut d, mut n0, mut d0) = (1.0f64, 0.0f64, 0.0f64, 1.0f64);
    for _ in 0..32 {
        let whole = x.floor();
        let (n1, d1) = (whole * n + n0, whole * d + d0);
        if n1 > max || d1 > max {
            break;
        }
        (n0, d0, n, d) = (n, d, n1, d1);
        let rest = x - whole;
        if rest < 1e-12 || (n / d - value.abs()).abs() <= value.abs() * 1e-12 {
            break;
        }
        x = 1.0 / rest;
    }
    (sign * n as i64, d as i64)
}

fn comment(bytes: Vec<u8>, big: bool) -> Value {
    match bytes.split_first_chunk::<8>() {
        Some((ASCII, text)) => Value::Str(text_of(text)),
        Some((UNICODE, text)) => Value::Str(utf16(text, big)),
        _ => Value::Bytes(bytes),
    }
}

/// The bytes of a comment with the name of its character set in front.
pub(crate) fn comment_bytes(text: &str) -> Vec<u8> {
    let mut out;
    if text.is_ascii() {
        out = ASCII.to_vec();
        out.extend_from_slice(text.as_bytes());
    } else {
        out = UNICODE.to_vec();
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }
    out
}

fn utf16(bytes: &[u8], big: bool) -> String {
    let unit = |pair: &[u8]| match pair {
        [a, b] if big => u16::from_be_bytes([*a, *b]),
        [a, b] => u16::from_le_bytes([*a, *b]),
        _ => 0,
    };
    let (bytes, big) = match bytes {
        [0xFE, 0xFF, rest @ ..] => (rest, true),
        [0xFF, 0xFE, rest @ ..] => (rest, false),
        _ => (bytes, big),
    };
    let units = bytes.chunks_exact(2).map(|pair| if big { u16::from_be_bytes([pair[0], pair[1]]) } else { unit(pair) });
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.trim_end_matches('\0').to_owned()
}

/// Text of unknown encoding: UTF-8 if it is that, otherwise Latin-1, which every byte has a place in.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    std::str::from_utf8(bytes).map_or_else(|_| latin(bytes), str::to_owned)
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions() {
        let rows = [(0.5, (1, 2)), (72.0, (72, 1)), (-1.0 / 3.0, (-1, 3)), (0.1, (1, 10)), (0.0, (0, 1))];
        for (value, expected) in rows {
            assert_eq!(fraction(value), expected, "{value}");
        }
        let (n, d) = fraction(std::f64::consts::PI);
        assert!((n as f64 / d as f64 - std::f64::consts::PI).abs() < 1e-11);
        assert_eq!((fraction(f64::NAN), fraction(f64::INFINITY), fraction(-1e300)), ((0, 0), (1, 0), (-1, 0)));
    }

    #[test]
    fn comments_name_their_character_set() {
        for text in ["plain", "Köln ✓", ""] {
            assert_eq!(coerce(Kind::Comment, Value::Bytes(comment_bytes(text)), false), Value::from(text));
        }
        let raw = Value::Bytes(b"\0\0\0\0\0\0\0\0xyz".to_vec());
        assert_eq!(coerce(Kind::Comment, raw.clone(), false), raw);
        let big = Value::Bytes(b"UNICODE\0\0A\0B".to_vec());
        assert_eq!(coerce(Kind::Comment, big, true), Value::from("AB"));
    }
}
