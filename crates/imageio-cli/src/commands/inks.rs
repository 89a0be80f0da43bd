//! Pictures of four inks (CMYK) on their way into a format that may take their channels for others.

use imageio::{Axis, Options, Phase, PluginDescriptor, Reader, Value, WriteOptions, WriteShape};

/// `true` if the image is cyan, magenta, yellow and black.
pub fn is_inks(reader: &mut Reader<'_>, index: imageio::Index) -> bool {
    let props = reader.properties(index).ok();
    let last = props.and_then(|props| props.axes).and_then(|axes| axes.last().cloned());
    last == Some(Axis::Channel("CMYK".into()))
}

/// Tells the writer that the channels are inks, where it has a way; otherwise gives the options that read them as red,
/// green and blue.
pub fn settle(
    reader: &Reader<'_>,
    read: &Options,
    writer: &PluginDescriptor,
    write: WriteOptions,
) -> (WriteOptions, Option<Options>) {
    let knows = |name: &str| writer.option_specs().iter().flat_map(|specs| specs.iter()).any(|spec| spec.name == name);
    let told = |name: &str| write.options.get(name).is_some();
    if told("cmyk") || told("photometric") {
        return (write, None);
    }
    if knows("cmyk") && !told("background") {
        return (write.set("cmyk", true), None);
    }
    if knows("photometric") {
        return (write.set("photometric", "separated"), None);
    }
    if writer.write_shapes().contains(&WriteShape::Any) {
        return (write, None);
    }
    // What was for the opening has been said.
    let opening = reader.plugin().option_specs().iter().flat_map(|specs| specs.iter());
    let opening: Vec<&str> = opening.filter(|spec| spec.phase == Phase::Open).map(|spec| spec.name).collect();
    let mut options = Options::new();
    for (name, value) in read.iter().filter(|(name, _)| !opening.contains(name)) {
        options.insert(name.to_owned(), value.clone());
    }
    (write, Some(options.set("mode", Value::from("RGB"))))
}
