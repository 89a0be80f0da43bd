//! Descriptions that are cards of FITS headers (AstroTIFF), and those of Hamamatsu's streak cameras.

use imageio_core::Value;

use super::{Tree, typed};

/// AstroTIFF: lines of `KEYWORD = value / comment` (FITS 4.0 section 4.1), comments below `KEYWORD:COMMENT`, units in
/// brackets at their beginning below `KEYWORD:UNIT`; keywords without a value, such as HISTORY, are lists of texts.
pub(crate) fn fits(text: &str) -> Tree {
    let mut tree = Tree::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let at = line.char_indices().nth(8).map_or(line.len(), |(at, _)| at);
        let (key, rest) = line.split_at(at);
        let key = key.trim();
        let Some(field) = rest.strip_prefix('=') else {
            if key != "END" {
                match tree.entry(key.to_owned()).or_insert_with(|| Value::List(Vec::new())) {
                    Value::List(list) => list.push(Value::from(rest.trim())),
                    other => *other = Value::List(vec![Value::from(rest.trim())]),
                }
            }
            continue;
        };
        let (value, comment) = card(field.trim());
        tree.insert(key.to_owned(), value);
        if !comment.is_empty() {
            let unit = comment.strip_prefix('[').and_then(|c| c.split_once(']'));
            if let Some((unit, _)) = unit {
                tree.insert(format!("{key}:UNIT"), Value::from(unit));
            }
            tree.insert(format!("{key}:COMMENT"), Value::from(comment));
        }
    }
    tree
}

/// Value and comment of a card.
fn card(field: &str) -> (Value, &str) {
    if let Some(text) = field.strip_prefix('\'') {
        // Two quotes are one within the text.
        let mut out = String::new();
        let mut rest = text;
        loop {
            let Some((part, after)) = rest.split_once('\'') else {
                out.push_str(rest);
                return (Value::from(out.trim_end()), "");
            };
            out.push_str(part);
            match after.strip_prefix('\'') {
                Some(more) => {
                    out.push('\'');
                    rest = more;
                }
                None => {
                    let comment = after.split_once('/').map_or("", |(_, comment)| comment.trim());
                    return (Value::from(out.trim_end()), comment);
                }
            }
        }
    }
    let (value, comment) = field.split_once('/').map_or((field, ""), |(value, comment)| (value.trim(), comment.trim()));
    let value = match value {
        "" => Value::Null,
        "T" => Value::Bool(true),
        "F" => Value::Bool(false),
        _ => match value.strip_prefix('(').and_then(|v| v.strip_suffix(')')) {
            Some(pair) => Value::List(pair.split(',').map(typed).collect()),
            // Exponents may be those of Fortran.
            None => match typed(value) {
                Value::Str(_) => typed(&value.replace(['D', 'd'], "E")),
                number => number,
            },
        },
    };
    (value, comment)
}

/// Hamamatsu's streak cameras: `[section],key=value,key="a, b"` and so on.
pub(crate) fn streak(text: &str) -> Tree {
    let mut tree = Tree::new();
    for part in text.split('[').skip(1) {
        let Some((name, rest)) = part.split_once(']') else { continue };
        let Some(rest) = rest.strip_prefix(',') else { continue };
        let mut section = Tree::new();
        for item in fields(rest) {
            let Some((key, value)) = item.split_once('=') else { continue };
            let value = value.trim();
            let inner = value.strip_prefix('"').map(|v| v.strip_suffix('"').unwrap_or(v));
            let value = match inner.unwrap_or(value) {
                "" => Value::Null,
                list if list.contains(',') => {
                    let numbers: Vec<Value> =
                        list.split(',').map(|v| typed(v.trim().trim_start_matches('#'))).collect();
                    match numbers.iter().any(|v| matches!(v, Value::Str(_))) {
                        true => Value::from(list),
                        false => Value::List(numbers),
                    }
                }
                one => typed(one),
            };
            section.insert(key.trim().to_owned(), value);
        }
        tree.insert(name.to_owned(), Value::Map(section));
    }
    tree
}

/// What commas outside of quotes separate.
fn fields(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let comma = |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    };
    text.split(comma).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tree: Tree) -> String {
        Value::Map(tree).to_string()
    }

    #[test]
    fn cards_are_typed() {
        let text = "SIMPLE  =                    T / FITS standard\nEXPTIME =                 1.5D1 / [s] exposure\n\
                    OBJECT  = 'M31 / ''core'''   / name\nHISTORY one\nHISTORY two\nBLANK   =\nGAIN    = 100\nEND";
        assert_eq!(
            shown(fits(text)),
            "{BLANK: null, EXPTIME: 15, EXPTIME:COMMENT: [s] exposure, EXPTIME:UNIT: s, GAIN: 100, HISTORY: [one, two], \
             OBJECT: M31 / 'core', OBJECT:COMMENT: name, SIMPLE: true, SIMPLE:COMMENT: FITS standard}"
        );
    }

    #[test]
    fn sections_of_streaks() {
        let text = "[Application],Date=\"10/2/2020\",Software=\"HPD-TA\"\r\n[Scaling],ScalingXScale=1.5,\
                    ScalingYScalingFile=\"#384,16\",Empty=\"\"";
        assert_eq!(
            shown(streak(text)),
            "{Application: {Date: 10/2/2020, Software: HPD-TA}, Scaling: {Empty: null, ScalingXScale: 1.5, \
             ScalingYScalingFile: [384, 16]}}"
        );
    }
}
