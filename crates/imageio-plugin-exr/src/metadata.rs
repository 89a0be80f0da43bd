use imageio_core::{Metadata, Node, Value};

use crate::attribute::decode;
use crate::bytes::Bytes;
use crate::header::{File, Part};

/// Every attribute of a part by its own name, in the order of the file.
pub(crate) fn of_part(part: &Part, layer: Option<&str>) -> Metadata {
    let mut meta = Metadata::new();
    for attribute in &part.attributes {
        match decode(attribute) {
            Node::Value(value) => meta.insert(attribute.name.as_str(), value),
            Node::Section(section) => meta.insert_section(&attribute.name, section),
        }
    }
    meta.insert_opt("layer", layer);
    meta
}

/// What there is in the file as a whole.
pub(crate) fn of_file(file: &File) -> Metadata {
    let mut meta = Metadata::new();
    meta.insert("parts", file.parts.len());
    meta.insert("layers", Value::List(layers(&file.parts).into_iter().map(Value::Str).collect()));
    meta
}

/// Names of parts, and of layers of channels within them.
pub(crate) fn layers(parts: &[Part]) -> Vec<String> {
    let mut layers: Vec<String> = Vec::new();
    let names = parts.iter().flat_map(|part| {
        let of_channels = part.channels.iter().filter_map(|c| c.name.rsplit_once('.').map(|(layer, _)| layer));
        part.name.as_deref().into_iter().chain(of_channels)
    });
    for name in names {
        if !layers.iter().any(|layer| layer == name) {
            layers.push(name.to_owned());
        }
    }
    layers
}

/// Pixels per inch along x and y, where the part says so.
pub(crate) fn density(part: &Part) -> Option<(f64, f64)> {
    let float = |name: &str| {
        let attribute = part.attribute(name).filter(|a| a.kind == "float")?;
        Bytes(&attribute.value).f32().map(f64::from).filter(|f| f.is_finite() && *f > 0.0)
    };
    let x = float("xDensity")?;
    Some((x, x * float("pixelAspectRatio").unwrap_or(1.0)))
}
