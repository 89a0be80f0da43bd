//! JSON as descriptions have it, read into values (RFC 8259).

use std::collections::BTreeMap;

use imageio_core::Value;

/// Nesting beyond this is damage.
const MAX_DEPTH: usize = 64;

/// The value of a text; `None` if it is not JSON.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { rest: text.trim() };
    let value = parser.value(0)?;
    parser.rest.trim().is_empty().then_some(value)
}

/// Writes a text as JSON does.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Descriptions are 7-bit text, so everything else is escaped.
            ' '..='~' => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip();
        match self.rest.chars().next()? {
            '{' => {
                self.eat("{");
                let mut map = BTreeMap::new();
                if self.eat("}") {
                    return Some(Value::Map(map));
                }
                loop {
                    self.skip();
                    let key = self.text()?;
                    if !self.eat(":") {
                        return None;
                    }
                    map.insert(key, self.value(depth + 1)?);
                    if self.eat("}") {
                        return Some(Value::Map(map));
                    }
                    if !self.eat(",") {
                        return None;
                    }
                }
            }
            '[' => {
                self.eat("[");
                let mut list = Vec::new();
                if self.eat("]") {
                    return Some(Value::List(list));
                }
                loop {
                    list.push(self.value(depth + 1)?);
                    if self.eat("]") {
                        return Some(Value::List(list));
                    }
                    if !self.eat(",") {
                        return None;
                    }
                }
            }
            '"' => self.text().map(Value::Str),
            _ => {
                // Python writes numbers that JSON does not have.
                let words = [
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("null", Value::Null),
                    ("NaN", Value::Float(f64::NAN)),
                    ("Infinity", Value::Float(f64::INFINITY)),
                    ("-Infinity", Value::Float(f64::NEG_INFINITY)),
                ];
                for (word, value) in words {
                    if self.eat(word) {
                        return Some(value);
                    }
                }
                let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
                let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                if let Ok(i) = number.parse::<i64>() {
                    return Some(Value::Int(i));
                }
                number.parse().ok().map(Value::Float)
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        self.rest = self.rest.strip_prefix('"')?;
        let mut out = String::new();
        let mut pending: Vec<u16> = Vec::new();
        loop {
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            if c == '\\' && self.rest.starts_with('u') {
                let code = self.rest.get(1..5)?;
                pending.push(u16::from_str_radix(code, 16).ok()?);
                self.rest = self.rest.get(5..)?;
                continue;
            }
            out.extend(char::decode_utf16(pending.drain(..)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            match c {
                '"' => return Some(out),
                '\\' => {
                    let mut chars = self.rest.chars();
                    out.push(match chars.next()? {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        c @ ('"' | '\\' | '/') => c,
                        _ => return None,
                    });
                    self.rest = chars.as_str();
                }
                c => out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions() {
        let value =
            parse(r#" {"shape": [256, 3], "axes": "YX\u00b5\ud83d\ude00", "a": {"b": -1.5e3, "c": null}} "#).unwrap();
        let Value::Map(map) = value else { panic!("{value:?}") };
        assert_eq!(map["shape"], Value::List(vec![Value::Int(256), Value::Int(3)]));
        assert_eq!(map["axes"], Value::Str("YXµ😀".into()));
        assert_eq!(map["a"].to_string(), "{b: -1500, c: null}");
        for bad in ["", "{", "[1,", "{\"a\" 1}", "{\"a\": 1} x", "\"\\x\"", "nope", &"[".repeat(1000)] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn quoting_is_read_back() {
        for text in ["", "plain", "a\"b\\c\nd\te\r", "µm 😀"] {
            assert_eq!(parse(&quote(text)), Some(Value::Str(text.into())));
            assert!(quote(text).is_ascii());
        }
    }
}
