use imageio_core::{Error, Metadata, Result, Value};
use imageio_raster::ByteSource;

/// Bytes that a header may have; real ones have a few hundred.
const LONGEST: u64 = 1 << 20;

/// The lines before the pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub height: usize,
    pub width: usize,
    /// Scanlines are columns.
    pub by_column: bool,
    /// Rows come from the bottom.
    pub bottom_up: bool,
    /// Columns come from the right.
    pub mirrored: bool,
    /// CIE XYZ instead of red, green, blue.
    pub xyz: bool,
    pub lines: Vec<String>,
    pub resolution: String,
    /// Offset of the pixels.
    pub data: u64,
}

impl Header {
    pub fn parse(source: &mut ByteSource<'_>) -> Result<Self> {
        let mut lines = Vec::new();
        let mut xyz = false;
        line(source)?;
        loop {
            let at = source.offset();
            let text = line(source)?;
            if text.is_empty() {
                break;
            }
            if let Some(format) = text.strip_prefix("FORMAT=") {
                xyz = match format.trim() {
                    "32-bit_rle_rgbe" => false,
                    "32-bit_rle_xyze" => true,
                    other => {
                        return Err(Error::unsupported(format!("the pixel format `{other}`")).with("offset", at));
                    }
                };
            } else {
                lines.push(text);
            }
        }
        let at = source.offset();
        let resolution = line(source)?;
        let bad = || Error::malformed(format!("`{resolution}` is no line of a resolution")).with("offset", at);
        let words: Vec<&str> = resolution.split_ascii_whitespace().collect();
        let [first, n_first, second, n_second] = words[..] else { return Err(bad()) };
        let number = |word: &str| word.parse::<usize>().ok().filter(|n| *n > 0 && *n <= i32::MAX as usize);
        let (n_first, n_second) = (number(n_first).ok_or_else(bad)?, number(n_second).ok_or_else(bad)?);
        let (by_column, y, x) = match (first, second) {
            ("-Y" | "+Y", "+X" | "-X") => (false, first, second),
            ("+X" | "-X", "-Y" | "+Y") => (true, second, first),
            _ => return Err(bad()),
        };
        let (height, width) = if by_column { (n_second, n_first) } else { (n_first, n_second) };
        Ok(Header {
            height,
            width,
            by_column,
            bottom_up: y == "+Y",
            mirrored: x == "-X",
            xyz,
            lines,
            data: source.offset(),
            resolution,
        })
    }

    /// Number of scanlines and of pixels in each.
    pub fn scanlines(&self) -> (usize, usize) {
        if self.by_column { (self.width, self.height) } else { (self.height, self.width) }
    }

    pub fn metadata(&self) -> Metadata {
        let mut metadata = Metadata::new();
        metadata.insert("format", if self.xyz { "32-bit_rle_xyze" } else { "32-bit_rle_rgbe" });
        metadata.insert_applied("resolution", self.resolution.as_str());
        let mut exposure: Option<f64> = None;
        let mut correction: Option<Vec<f64>> = None;
        let (mut comments, mut commands) = (Vec::new(), Vec::new());
        for text in &self.lines {
            if let Some(comment) = text.strip_prefix('#') {
                comments.push(comment.trim());
                continue;
            }
            let Some((key, value)) = text.split_once('=') else {
                commands.push(text.as_str());
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            match key {
                // Several lines of either multiply.
                "EXPOSURE" => exposure = value.parse::<f64>().ok().map(|v| v * exposure.unwrap_or(1.0)).or(exposure),
                "COLORCORR" => {
                    if let Some(new) = numbers(value).filter(|n| n.len() == 3) {
                        let old = correction.unwrap_or_else(|| vec![1.0; 3]);
                        correction = Some(old.iter().zip(new).map(|(a, b)| a * b).collect());
                    }
                }
                "PRIMARIES" => metadata.insert_opt("primaries", numbers(value).map(list)),
                "GAMMA" => metadata.insert_opt("gamma", value.parse::<f64>().ok()),
                "PIXASPECT" => metadata.insert_opt("pixel_aspect_ratio", value.parse::<f64>().ok()),
                "SOFTWARE" => metadata.insert("software", value),
                "VIEW" => metadata.insert("view", value),
                _ => metadata.section("text").insert(key, value),
            }
        }
        metadata.insert_opt("exposure", exposure);
        metadata.insert_opt("color_correction", correction.map(list));
        if !comments.is_empty() {
            metadata.insert("comment", comments.join("\n"));
        }
        if !commands.is_empty() {
            metadata.insert("history", commands.join("\n"));
        }
        metadata
    }
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split_ascii_whitespace().map(|w| w.parse().ok()).collect()
}

fn list(numbers: Vec<f64>) -> Value {
    Value::List(numbers.into_iter().map(Value::Float).collect())
}

/// The lines of a header for these metadata, from the signature to the empty line.
pub(crate) fn write(metadata: Option<&Metadata>) -> String {
    let mut text = "#?RADIANCE\n".to_owned();
    let mut put = |key: &str, value: &str| {
        // A line end inside would end the header.
        text.push_str(&format!("{key}{}\n", value.replace(['\n', '\r'], " ")));
    };
    let get = |key: &str| metadata.and_then(|m| m.get(key));
    let words = |v: &Value| match v {
        Value::List(list) => list.iter().map(Value::to_string).collect::<Vec<_>>().join(" "),
        one => one.to_string(),
    };
    for line in get("comment").and_then(Value::as_str).unwrap_or_default().lines() {
        put("# ", line);
    }
    for line in get("history").and_then(Value::as_str).unwrap_or_default().lines().filter(|l| !l.is_empty()) {
        put("", line);
    }
    for (key, name) in WRITTEN {
        if let Some(value) = get(key) {
            put(name, &words(value));
        }
    }
    for (key, value) in metadata.and_then(|m| m.get_section("text")).map(Metadata::leaves).unwrap_or_default() {
        if !key.is_empty() && !key.contains(['=', '\n', '\r', '#']) && key != "FORMAT" {
            put(&format!("{key}="), &words(value));
        }
    }
    text.push_str("FORMAT=32-bit_rle_rgbe\n\n");
    text
}

const WRITTEN: &[(&str, &str)] = &[
    ("software", "SOFTWARE="),
    ("view", "VIEW="),
    ("exposure", "EXPOSURE="),
    ("gamma", "GAMMA="),
    ("primaries", "PRIMARIES="),
    ("color_correction", "COLORCORR="),
    ("pixel_aspect_ratio", "PIXASPECT="),
];

/// Top-level keys that [`write`] keeps or makes anew.
pub(crate) const KEPT: &[&str] = &[
    "format",
    "resolution",
    "comment",
    "history",
    "text",
    "software",
    "view",
    "exposure",
    "gamma",
    "primaries",
    "color_correction",
    "pixel_aspect_ratio",
];

fn line(source: &mut ByteSource<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        if source.offset() > LONGEST {
            return Err(Error::malformed("the header does not end").with("offset", source.offset()));
        }
        match source.byte()? {
            b'\n' => break,
            byte => bytes.push(byte),
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Header> {
        let mut stream = text.as_bytes();
        Header::parse(&mut ByteSource::new(&mut stream, 0))
    }

    #[test]
    fn lines_and_resolution() {
        let header = parse(
            "#?RADIANCE\n# made up\nrpict -vp 1 2 3\nEXPOSURE=2\nFORMAT=32-bit_rle_rgbe\nEXPOSURE= 3\nGAMMA=1.5\n\
             PRIMARIES=0.64 0.33 0.3 0.6 0.15 0.06 0.3127 0.329\nCAPDATE=2020\n\n+Y  20 -X 30\n",
        )
        .unwrap();
        assert_eq!((header.height, header.width, header.bottom_up, header.mirrored), (20, 30, true, true));
        let metadata = header.metadata();
        assert_eq!(metadata.get("exposure"), Some(&Value::Float(6.0)));
        assert_eq!(metadata.get("gamma"), Some(&Value::Float(1.5)));
        assert_eq!(metadata.get("text/CAPDATE").and_then(Value::as_str), Some("2020"));
        assert_eq!(metadata.get("primaries").and_then(Value::as_list).map(<[Value]>::len), Some(8));
        let again = parse(&(write(Some(&metadata)) + "-Y 1 +X 1\n")).unwrap().metadata();
        for key in KEPT.iter().filter(|k| !matches!(**k, "resolution" | "text")) {
            assert_eq!(again.get(key), metadata.get(key), "{key}");
        }
        assert_eq!(again.get("text/CAPDATE"), metadata.get("text/CAPDATE"));
    }

    #[test]
    fn columns_and_refusals() {
        let header = parse("#?RGBE\n\n+X 4 -Y 7\n").unwrap();
        assert_eq!((header.height, header.width, header.scanlines(), header.by_column), (7, 4, (4, 7), true));
        for text in ["#?RGBE\n\n-Y 4 +Y 7\n", "#?RGBE\n\n-Y 0 +X 7\n", "#?RGBE\nFORMAT=x\n\n-Y 1 +X 7\n", "#?RGBE\n"] {
            assert!(parse(text).is_err());
        }
    }
}
