//! Descriptions that ImageJ and OME readers go by.

use std::fmt::Write as _;

use imageio_core::{Dtype, Error, Metadata, Result, Value};

use crate::encode::Arrangement;
use crate::fields::pixel_size;
use crate::options::WriteOptions;
use crate::series::ome_document;

/// How an array is described to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By its shape, as tifffile does, or not at all.
    Plain,
    ImageJ,
    Ome,
}

/// Sizes of the axes before rows and columns by their letters, the slowest first. Without letters they are the last
/// ones of `TZC`, as tifffile takes them.
fn outer(shape: &[usize], a: &Arrangement, kind: &str) -> Result<Vec<(char, usize)>> {
    let n = a.outer;
    let letters = match &a.axes {
        Some(axes) => axes.to_ascii_uppercase().chars().collect(),
        None => ['T', 'Z', 'C'].into_iter().skip(3usize.saturating_sub(n)).collect::<Vec<char>>(),
    };
    let letters: Vec<char> = letters.into_iter().take(n).collect();
    let known = letters.iter().all(|c| matches!(c, 'T' | 'Z' | 'C'));
    let twice = letters.iter().enumerate().any(|(k, c)| letters.iter().skip(k + 1).any(|d| c == d));
    if letters.len() != n || !known || twice {
        let axes = a.axes.as_deref().unwrap_or("no axes");
        return Err(Error::mismatch(format!("{kind} can't hold an array of shape {shape:?} with {axes}"))
            .with_hint("before rows and columns it has T, Z and C, each once"));
    }
    Ok(letters.into_iter().zip(shape.iter().copied()).collect())
}

fn size_of(outer: &[(char, usize)], axis: char) -> usize {
    outer.iter().find(|(a, _)| *a == axis).map_or(1, |(_, n)| *n)
}

/// How many channels an array has for ImageJ.
pub(crate) fn channels(shape: &[usize], a: &Arrangement) -> usize {
    outer(shape, a, "ImageJ").map_or(1, |outer| size_of(&outer, 'C'))
}

/// ImageJ's description of a hyperstack.
pub(crate) fn imagej(
    shape: &[usize],
    a: &Arrangement,
    dtype: Dtype,
    options: &WriteOptions,
    metadata: Option<&Metadata>,
) -> Result<String> {
    let bad = |what: String| Err(Error::mismatch(what).with_hint("uint8, uint16, int16, float32, and RGB as uint8"));
    match (a.samples, dtype) {
        (1, Dtype::U8 | Dtype::U16 | Dtype::I16 | Dtype::F32) | (3 | 4, Dtype::U8) => {}
        (1, other) => return bad(format!("ImageJ has no samples of {other}")),
        (n, other) => return bad(format!("ImageJ has no pixels of {n} samples of {other}")),
    }
    if a.planar {
        return Err(Error::mismatch("ImageJ has no planes of samples").with_hint("put channels into the axis C"));
    }
    let outer = outer(shape, a, "ImageJ")?;
    let rank = |c: &char| "TZC".find(*c);
    if !outer.iter().map(|(c, _)| rank(c)).is_sorted() {
        return Err(Error::mismatch(format!("ImageJ has its axes in the order TZCYXS, not {:?}", a.axes)));
    }
    let mut text = format!("ImageJ=1.11a\nimages={}\n", a.pages);
    for (name, axis) in [("channels", 'C'), ("slices", 'Z'), ("frames", 'T')] {
        let n = size_of(&outer, axis);
        if n > 1 {
            let _ = writeln!(text, "{name}={n}");
        }
    }
    text.push_str("hyperstack=true\n");
    let old = metadata.and_then(|m| m.get_section("imagej"));
    let kept = |key: &str| old.and_then(|m| m.get(key)).map(ToString::to_string);
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{key}={}", escape(&value));
        }
    };
    let size = pixel_size(options)?;
    let unit = match size.map(|(_, _, unit)| unit) {
        // ImageJ's word for it, in 7 bits.
        Some("µm" | "μm") => Some("um".to_owned()),
        Some(other) => Some(other.to_owned()),
        None => kept("unit"),
    };
    let depth = options.pixel_size.get(2).map(ToString::to_string);
    line("mode", if a.samples == 1 { Some(kept("mode").unwrap_or_else(|| "grayscale".to_owned())) } else { None });
    line("unit", unit);
    line("spacing", depth.or_else(|| kept("spacing")));
    line("finterval", options.frame_interval.map(|s| s.to_string()).or_else(|| kept("finterval")));
    line("loop", Some(kept("loop").unwrap_or_else(|| "false".to_owned())));
    for key in ["fps", "min", "max", "xorigin", "yorigin", "zorigin"] {
        line(key, kept(key));
    }
    Ok(text)
}

/// What is beyond ASCII as ImageJ writes it, on one line.
fn escape(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        '\n' | '\r' => " ".to_owned(),
        c if c.is_ascii() => c.to_string(),
        c => format!("\\u{:04x}", u32::from(c)),
    });
    each.collect()
}

/// The OME-XML of a file, which grows with its arrays.
#[derive(Debug, Default)]
pub(crate) struct Ome {
    images: String,
    count: usize,
    pages: usize,
}

/// OME's name for a sample type; `None` where it has none.
pub(crate) fn ome_type(dtype: Dtype) -> Option<&'static str> {
    Some(match dtype {
        Dtype::Bool => "bit",
        Dtype::U8 => "uint8",
        Dtype::U16 => "uint16",
        Dtype::U32 => "uint32",
        Dtype::I8 => "int8",
        Dtype::I16 => "int16",
        Dtype::I32 => "int32",
        Dtype::F32 => "float",
        Dtype::F64 => "double",
        Dtype::C64 => "complex",
        Dtype::C128 => "double-complex",
        Dtype::F16 | Dtype::U64 | Dtype::I64 => return None,
    })
}

/// OME's word for a unit of length; it has no others than these.
fn ome_unit(unit: &str) -> Result<&str> {
    const UNITS: [&str; 34] = [
        "Ym",
        "Zm",
        "Em",
        "Pm",
        "Tm",
        "Gm",
        "Mm",
        "km",
        "hm",
        "dam",
        "m",
        "dm",
        "cm",
        "mm",
        "µm",
        "nm",
        "pm",
        "fm",
        "am",
        "zm",
        "ym",
        "Å",
        "thou",
        "li",
        "in",
        "ft",
        "yd",
        "mi",
        "ua",
        "ly",
        "pc",
        "pt",
        "pixel",
        "reference frame",
    ];
    let unit = match unit {
        "um" | "μm" | "micron" | "micrometer" | "micrometre" => "µm",
        "inch" => "in",
        "\u{212b}" => "Å",
        other => other,
    };
    if UNITS.contains(&unit) {
        return Ok(unit);
    }
    Err(Error::mismatch(format!("OME has no unit `{unit}`"))
        .with("option", "pixel_unit")
        .with_hint("nm, µm, mm, cm, m, in, pixel or `reference frame`, among others"))
}

impl Ome {
    /// Adds an array of pages that follow those of the arrays before.
    pub fn add(
        &mut self,
        shape: &[usize],
        a: &Arrangement,
        dtype: Dtype,
        options: &WriteOptions,
        metadata: Option<&Metadata>,
    ) -> Result<()> {
        let kind = ome_type(dtype).ok_or_else(|| {
            Error::mismatch(format!("OME has no samples of {dtype}"))
                .with_hint("write with `ome=false`, or convert to float32 or a 32-bit integer")
        })?;
        let outer = outer(shape, a, "OME")?;
        // The fastest axis comes first; those that are not there come last.
        let mut order = String::from("XY");
        order.extend(outer.iter().rev().map(|(axis, _)| *axis));
        order.extend("CZT".chars().filter(|c| !outer.iter().any(|(axis, _)| axis == c)));
        let index = self.count;
        let channels = size_of(&outer, 'C');
        let old = Old::read(metadata);
        let name = old.name.clone().unwrap_or_else(|| format!("Image{index}"));
        let xml = &mut self.images;
        let _ = write!(xml, "<Image ID=\"Image:{index}\" Name=\"{}\">", quote(&name));
        let _ = write!(xml, "<Pixels ID=\"Pixels:{index}\" DimensionOrder=\"{order}\" Type=\"{kind}\"");
        let _ = write!(xml, " SizeX=\"{}\" SizeY=\"{}\"", a.width, a.length);
        for axis in order.chars().skip(2) {
            let n = if axis == 'C' { channels * a.samples } else { size_of(&outer, axis) };
            let _ = write!(xml, " Size{axis}=\"{n}\"");
        }
        if a.samples > 1 {
            let _ = write!(xml, " Interleaved=\"{}\"", !a.planar);
        }
        let mut attributes = old.pixels.clone();
        if let Some((x, y, unit)) = pixel_size(options)? {
            let unit = ome_unit(unit)?;
            attributes.retain(|(key, _)| !key.starts_with("PhysicalSize"));
            for (axis, size) in [('X', Some(x)), ('Y', Some(y)), ('Z', options.pixel_size.get(2).copied())] {
                if let Some(size) = size {
                    attributes.push((format!("PhysicalSize{axis}"), size.to_string()));
                    attributes.push((format!("PhysicalSize{axis}Unit"), unit.to_owned()));
                }
            }
        }
        if let Some(seconds) = options.frame_interval {
            attributes.retain(|(key, _)| !key.starts_with("TimeIncrement"));
            attributes.push(("TimeIncrement".to_owned(), seconds.to_string()));
            attributes.push(("TimeIncrementUnit".to_owned(), "s".to_owned()));
        }
        for (key, value) in attributes {
            let _ = write!(xml, " {key}=\"{}\"", quote(&value));
        }
        xml.push('>');
        for c in 0..channels {
            let name = old.channels.get(c).cloned().flatten();
            let name = name.map_or_else(String::new, |n| format!(" Name=\"{}\"", quote(&n)));
            let _ = write!(xml, "<Channel ID=\"Channel:{index}:{c}\" SamplesPerPixel=\"{}\"{name}>", a.samples);
            xml.push_str("<LightPath/></Channel>");
        }
        let _ = write!(xml, "<TiffData IFD=\"{}\" PlaneCount=\"{}\"/></Pixels></Image>", self.pages, a.pages);
        self.count += 1;
        self.pages += a.pages;
        Ok(())
    }

    /// The whole document, in 7-bit text.
    pub fn document(&self) -> String {
        const SCHEMA: &str = "http://www.openmicroscopy.org/Schemas/OME/2016-06";
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"{SCHEMA}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{SCHEMA} {SCHEMA}/ome.xsd\" \
             UUID=\"urn:uuid:{}\" Creator=\"imageio {}\">{}</OME>",
            uuid(&self.images),
            env!("CARGO_PKG_VERSION"),
            self.images
        )
    }
}

/// A UUID (version 8, RFC 9562) from the time and the content: sets of files are told apart by it.
fn uuid(content: &str) -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let part = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write(content.as_bytes());
        hasher.write_u128(std::time::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_nanos()));
        hasher.finish()
    };
    let (high, low) = (part(), part());
    let bits = (high & 0xffff_ffff_ffff_0fff) | 0x8000;
    let rest = (low & 0x3fff_ffff_ffff_ffff) | (1 << 63);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 32,
        bits >> 16 & 0xffff,
        bits & 0xffff,
        rest >> 48,
        rest & 0xffff_ffff_ffff
    )
}

/// What an OME description that was read says and a new one takes over: names and sizes.
#[derive(Debug, Default)]
struct Old {
    name: Option<String>,
    pixels: Vec<(String, String)>,
    channels: Vec<Option<String>>,
}

impl Old {
    fn read(metadata: Option<&Metadata>) -> Self {
        let text = metadata.and_then(|m| m.get("ome")).and_then(Value::as_str).unwrap_or("");
        let Ok(document) = ome_document(text) else { return Old::default() };
        let named = |name: &'static str| move |n: &roxmltree::Node<'_, '_>| n.tag_name().name() == name;
        let Some(image) = document.descendants().find(named("Image")) else { return Old::default() };
        let mut old = Old { name: image.attribute("Name").map(str::to_owned), ..Old::default() };
        if let Some(pixels) = image.children().find(named("Pixels")) {
            for attribute in pixels.attributes() {
                let key = attribute.name();
                if key.starts_with("PhysicalSize") || key.starts_with("TimeIncrement") {
                    old.pixels.push((key.to_owned(), attribute.value().to_owned()));
                }
            }
            let channels = pixels.children().filter(named("Channel"));
            old.channels = channels.map(|c| c.attribute("Name").map(str::to_owned)).collect();
        }
        old
    }
}

/// Text within XML, in 7 bits.
fn quote(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        ' '..='~' => c.to_string(),
        // XML has no other control characters.
        '\n' | '\t' => format!("&#{};", u32::from(c)),
        c if c.is_control() => String::new(),
        c => format!("&#{};", u32::from(c)),
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrange(shape: &[usize], axes: Option<&str>) -> Arrangement {
        Arrangement::new(shape, axes, false).unwrap()
    }

    #[test]
    fn imagej_counts() {
        let options = WriteOptions::new().pixel_size(vec![0.1, 0.2, 0.5]).frame_interval(2.0);
        let shape = [4, 3, 2, 5, 6];
        let text = imagej(&shape, &arrange(&shape, Some("TZCYX")), Dtype::U16, &options, None).unwrap();
        let wanted = "ImageJ=1.11a\nimages=24\nchannels=2\nslices=3\nframes=4\nhyperstack=true\nmode=grayscale\nunit=um\n\
                      spacing=0.5\nfinterval=2\nloop=false\n";
        assert_eq!(text, wanted);
        let shape = [3, 2, 5, 6];
        assert!(imagej(&shape, &arrange(&shape, Some("CTYX")), Dtype::U16, &options, None).is_err());
        assert!(imagej(&shape, &arrange(&shape, None), Dtype::F64, &options, None).is_err());
    }

    #[test]
    fn ome_is_xml() {
        let mut ome = Ome::default();
        let options = WriteOptions::new().pixel_size(vec![0.25]);
        ome.add(&[3, 2, 5, 6], &arrange(&[3, 2, 5, 6], Some("CTYX")), Dtype::U16, &options, None).unwrap();
        ome.add(&[7, 5, 6, 3], &arrange(&[7, 5, 6, 3], Some("ZYXS")), Dtype::U8, &WriteOptions::new(), None).unwrap();
        assert!(ome.add(&[5, 6], &arrange(&[5, 6], None), Dtype::F16, &options, None).is_err());
        // A column of pixels of one sample, not channels.
        assert_eq!(outer(&[2, 1, 1], &arrange(&[2, 1, 1], None), "OME").unwrap(), []);
        let text = ome.document();
        assert!(text.is_ascii() && text.ends_with("OME>"));
        let document = ome_document(&text).unwrap();
        let pixels: Vec<_> = document.descendants().filter(|n| n.tag_name().name() == "Pixels").collect();
        assert_eq!(pixels[0].attribute("DimensionOrder"), Some("XYTCZ"));
        assert_eq!(pixels[0].attribute("PhysicalSizeYUnit"), Some("µm"));
        assert_eq!((pixels[1].attribute("SizeC"), pixels[1].attribute("SizeZ")), (Some("3"), Some("7")));
        let data: Vec<_> = document.descendants().filter(|n| n.tag_name().name() == "TiffData").collect();
        assert_eq!((data[1].attribute("IFD"), data[1].attribute("PlaneCount")), (Some("6"), Some("7")));
    }
}
