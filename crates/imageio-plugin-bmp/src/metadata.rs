use imageio_core::{Metadata, Value};
use imageio_raster::dib::Dib;

/// Dots per inch in one dot per metre.
const PER_INCH: f64 = 39.3701;

/// What the header says.
pub(crate) fn of(dib: &Dib, profile: Option<Vec<u8>>) -> Metadata {
    let header = &dib.header;
    let mut metadata = Metadata::new();
    metadata.insert("mode", if dib.palette.is_empty() || dib.kind.channels() == 1 { dib.kind.mode() } else { "P" });
    metadata.insert("compression", u64::from(header.compression_code));
    metadata.insert("bits_per_pixel", u64::from(header.bits));
    metadata.insert("header_size", u64::from(header.size));
    if header.per_metre != [0; 2] {
        metadata.insert("dpi", header.per_metre.map(|v| Value::Float(f64::from(v) / PER_INCH)).to_vec());
    }
    if !dib.palette.is_empty() {
        metadata.insert_applied("palette", dib.palette.as_flattened());
    }
    if let Some((primaries, gamma)) = header.calibration
        && gamma.iter().any(|g| *g > 0.0)
    {
        let list = |values: &[f64]| values.iter().map(|v| Value::Float(*v)).collect::<Vec<_>>();
        let calibration = metadata.section("calibration");
        calibration.insert("primaries_xyz", list(&primaries));
        calibration.insert("gamma", list(&gamma));
    }
    match header.color_space.map(u32::to_be_bytes).as_ref() {
        Some(b"sRGB" | b"Win ") => metadata.insert("color_space", "sRGB"),
        Some(b"LINK") => {
            // The name of a profile file in Windows' own encoding; its letters are ASCII in practice.
            let name = profile.map(|name| String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned());
            metadata.insert_opt("icc_file", name);
            return metadata;
        }
        _ => {}
    }
    if let Some(intent) = header.intent {
        let word = match intent {
            1 => Some("saturation"),
            2 => Some("relative colorimetric"),
            4 => Some("perceptual"),
            8 => Some("absolute colorimetric"),
            _ => None,
        };
        metadata.insert_opt("rendering_intent", word);
    }
    metadata.insert_opt("icc", profile);
    metadata
}

/// Pixels per metre of what metadata say under `dpi`: one number or one for each direction.
pub(crate) fn per_metre(dpi: &Value) -> Option<[u32; 2]> {
    let one = |v: &Value| v.as_f64().filter(|v| *v > 0.0 && *v < 1e7).map(|v| (v * PER_INCH).round() as u32);
    match dpi {
        Value::List(list) => match list.as_slice() {
            [x, y] => Some([one(x)?, one(y)?]),
            _ => None,
        },
        both => one(both).map(|v| [v, v]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolution() {
        assert_eq!(per_metre(&Value::Float(72.0)), Some([2835, 2835]));
        assert_eq!(per_metre(&Value::List(vec![Value::Int(300), Value::Int(150)])), Some([11811, 5906]));
        assert_eq!(per_metre(&Value::Str("x".into())), None);
    }
}
