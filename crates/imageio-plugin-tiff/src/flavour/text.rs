//! Descriptions in lines of text.

use imageio_core::Value;

use super::{Tree, typed};

/// Aperio: `header|key = value|key = value`.
pub(crate) fn svs(text: &str) -> Tree {
    let mut parts = text.split('|');
    let mut tree = Tree::new();
    tree.insert("Header".to_owned(), Value::from(parts.next().unwrap_or("").trim()));
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        tree.insert(key.trim().to_owned(), typed(value));
    }
    tree
}

/// FEI's electron microscopes: `[section]` and `key=value`.
pub(crate) fn sections(text: &str) -> Tree {
    let mut tree = Tree::new();
    let mut section: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = Some(name.to_owned());
            tree.entry(name.to_owned()).or_insert_with(|| Value::Map(Tree::new()));
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim().to_owned(), typed(value));
            match section.as_ref().and_then(|name| tree.get_mut(name)) {
                Some(Value::Map(inner)) => {
                    inner.insert(key, value);
                }
                _ => {
                    tree.insert(key, value);
                }
            }
        }
    }
    tree
}

/// Olympus SIS: sections of `key=value`, where numbers at the end of a key count bands, objects and positions. Sizes
/// of axes stay in the order of the text, as pairs.
pub(crate) fn olympus(text: &str) -> Tree {
    let mut tree = Tree::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(';')) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.clone_into(&mut section);
            tree.entry(section.clone()).or_insert(Value::Null);
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        let value = match value {
            "" => Value::Null,
            list if list.contains(',') => Value::List(list.split(',').map(typed).collect()),
            one => typed(one),
        };
        let slot = tree.entry(section.clone()).or_insert(Value::Null);
        if section == "Dimension" {
            let pair = Value::List(vec![Value::from(key), value]);
            match slot {
                Value::List(pairs) => pairs.push(pair),
                empty => *empty = Value::List(vec![pair]),
            }
            continue;
        }
        if !matches!(slot, Value::Map(_)) {
            *slot = Value::Map(Tree::new());
        }
        if let Value::Map(inner) = slot {
            inner.insert(key.to_owned(), value);
        }
    }
    tree
}

/// Zeiss's electron microscopes: a key in capitals on a line of its own, then `name = value unit`.
pub(crate) fn sem(text: &str) -> Tree {
    let mut tree = Tree::new();
    let mut key: Option<String> = None;
    let mut unnamed = Vec::new();
    for line in text.lines() {
        let is_key = line.chars().any(char::is_uppercase) && !line.chars().any(char::is_lowercase);
        if is_key {
            key = Some(line.trim().to_lowercase());
            continue;
        }
        let Some(here) = key.take() else {
            if !line.trim().is_empty() {
                unnamed.push(typed(line));
            }
            continue;
        };
        let Some((name, value)) = line.split_once('=').or_else(|| line.split_once(':')) else {
            key = Some(here);
            continue;
        };
        let mut entry = vec![Value::from(name.trim())];
        let words: Vec<&str> = value.split_whitespace().collect();
        match words.as_slice() {
            [number, unit] if !matches!(typed(number), Value::Str(_)) => {
                entry.push(typed(number));
                entry.push(Value::from(*unit));
            }
            ["No" | "Off"] => entry.push(Value::Bool(false)),
            ["Yes" | "On"] => entry.push(Value::Bool(true)),
            _ => entry.push(typed(value)),
        }
        tree.insert(here, Value::List(entry));
    }
    if !unnamed.is_empty() {
        tree.insert("unnamed".to_owned(), Value::List(unnamed));
    }
    tree
}

/// Pilatus detectors: `# Key value unit`, with `x` between numbers and words in parentheses that say more.
pub(crate) fn pilatus(text: &str) -> Tree {
    let mut tree = Tree::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        let plain = line.replace(['#', ':', '=', ',', '(', ')'], " ");
        let words: Vec<&str> = plain.split_whitespace().collect();
        let Some((name, rest)) = words.split_first() else { continue };
        // Dates stand alone.
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            tree.insert("DateTime".to_owned(), Value::from(line.trim()));
            continue;
        }
        let numbers: Vec<Value> = rest.iter().map(|w| typed(w)).filter(|v| !matches!(v, Value::Str(_))).collect();
        let undefined = rest.first() == Some(&"not");
        let first_is_number = rest.first().is_some_and(|w| !matches!(typed(w), Value::Str(_)));
        let value = match numbers.as_slice() {
            _ if undefined => Value::Float(f64::NAN),
            [one] if first_is_number => one.clone(),
            [_, _, ..] if first_is_number => Value::List(numbers),
            _ => Value::from(rest.join(" ")),
        };
        tree.insert((*name).to_owned(), value);
    }
    tree
}

/// FluoView: nested `[section]` … `[section End]` with `key=value`.
pub(crate) fn fluoview(text: &str) -> Tree {
    let mut tree = Tree::new();
    let mut open: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            match name.strip_suffix(" End") {
                Some(_) => {
                    open.pop();
                }
                None => open.push(name.to_owned()),
            }
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key.trim(), typed(value)),
            None => (line, Value::Null),
        };
        match open.last() {
            None => {
                tree.insert(key.to_owned(), value);
            }
            Some(name) => {
                let inner = tree.entry(name.clone()).or_insert_with(|| Value::Map(Tree::new()));
                if let Value::Map(inner) = inner {
                    inner.insert(key.to_owned(), value);
                }
            }
        }
    }
    tree
}

/// ScanImage: assignments of Matlab.
pub(crate) fn matlab(text: &str) -> Tree {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(key, value)| (key.trim().trim_start_matches("scanimage.").to_owned(), matlab_value(value, 0))).collect()
}

fn matlab_value(text: &str, depth: usize) -> Value {
    let text = text.trim();
    let inner = |open: char, close: char| text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
    match text.to_ascii_lowercase().as_str() {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "nan" => return Value::Float(f64::NAN),
        "inf" => return Value::Float(f64::INFINITY),
        "-inf" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if let Some(quoted) = inner('\'', '\'') {
        return Value::from(quoted.replace("''", "'"));
    }
    if let Some(list) = inner('[', ']').or_else(|| inner('{', '}')).filter(|_| depth < 16) {
        let rows: Vec<&str> = split(list, &[';']);
        let values = |row: &str| -> Vec<Value> {
            split(row, &[' ', ',', '\t']).into_iter().map(|v| matlab_value(v, depth + 1)).collect()
        };
        return Value::List(match rows.as_slice() {
            [one] => values(one),
            // A column of single values is a list.
            many if many.iter().all(|row| values(row).len() == 1) => many.iter().flat_map(|row| values(row)).collect(),
            many => many.iter().map(|row| Value::List(values(row))).collect(),
        });
    }
    typed(text)
}

/// Splits outside of quotes and brackets; empty parts are left out.
fn split<'t>(text: &'t str, at: &[char]) -> Vec<&'t str> {
    let (mut depth, mut quoted, mut start) = (0i32, false, 0);
    let mut parts = Vec::new();
    for (k, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            c if depth == 0 && !quoted && at.contains(&c) => {
                parts.push(text.get(start..k).unwrap_or(""));
                start = k + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts.retain(|p| !p.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tree: Tree) -> String {
        Value::Map(tree).to_string()
    }

    #[test]
    fn texts_become_trees() {
        assert_eq!(
            shown(svs("Aperio Image Library v1.0|AppMag = 20|Date = 1/2/03")),
            "{AppMag: 20, Date: 1/2/03, Header: Aperio Image Library v1.0}"
        );
        assert_eq!(
            shown(sections("[User]\nDate=1\nName=x\n[Beam]\nHV=2000.5")),
            "{Beam: {HV: 2000.5}, User: {Date: 1, Name: x}}"
        );
        assert_eq!(
            shown(olympus("[Dimension]\nZ=3\nBand=2\n[Band]\nBandName1=DAPI\n; x\n[Time]\nTimePos1=0,5\n[Z]\n")),
            "{Band: {BandName1: DAPI}, Dimension: [[Z, 3], [Band, 2]], Time: {TimePos1: [0, 5]}, Z: null}"
        );
        assert_eq!(
            shown(sem("0\n1.5\nAP_MAG\nMag = 5.00 K X\nAP_WD\nWD = 5.1 mm\nDP_X\nA = Off\n")),
            "{ap_mag: [Mag, 5.00 K X], ap_wd: [WD, 5.1, mm], dp_x: [A, false], unnamed: [0, 1.5]}"
        );
        assert_eq!(
            shown(pilatus("# Pixel_size 172e-6 m x 172e-6 m\r\n# Exposure_time 0.1 s\n# Detector: P6 S/N 1")),
            "{Detector: P6 S/N 1, Exposure_time: 0.1, Pixel_size: [0.000172, 0.000172]}"
        );
        assert_eq!(shown(fluoview("[Map]\nCh0: Range=1 to 2\n[Map End]\nA=1")), "{A: 1, Map: {Ch0: Range: 1 to 2}}");
        assert_eq!(
            shown(matlab("SI.a = [1 2;3 4]\nSI.b = {'x y' true}\nSI.c = [1;2]\nSI.d = 'it''s'")),
            "{SI.a: [[1, 2], [3, 4]], SI.b: [x y, true], SI.c: [1, 2], SI.d: it's}"
        );
    }
}
