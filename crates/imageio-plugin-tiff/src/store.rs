//! Metadata on their way into tags.

use imageio_core::{Metadata, Node, Result, Value};

use crate::encode::ifd::{Field, Format};
use crate::fields::{resolution, shaped_description};
use crate::ifd::{Endian, Header, type_size};
use crate::metadata::TEXTS;
use crate::options::WriteOptions;
use crate::tags::{self, tag};

/// Which descriptions the first page gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Described {
    /// The user's, and the array's shape.
    Shaped,
    /// The user's only.
    Own,
    /// This one in place of any other.
    As(String),
    /// None.
    Not,
}

/// A directory below a page.
#[derive(Debug, Clone)]
pub(crate) struct SubIfd {
    pub tag: u16,
    pub fields: Vec<Field>,
    pub subs: Vec<SubIfd>,
}

/// What an image's metadata come to.
pub(crate) struct Stored {
    /// Entries of the first page.
    pub first: Vec<Field>,
    /// Entries of every page.
    pub every: Vec<Field>,
    pub sub_ifds: Vec<SubIfd>,
    /// What could not be kept.
    pub notes: Vec<String>,
    palette: Option<Metadata>,
}

/// Entries of the section `tags` that are written back, with their types.
const KEPT: [(u16, u16); 24] = [
    (286, 5),
    (287, 5),
    (297, 3),
    (318, 5),
    (319, 5),
    (337, 2),
    (tag::REFERENCE_BLACK_WHITE, 5),
    (tag::MODEL_PIXEL_SCALE, 12),
    (tag::MODEL_TIEPOINT, 12),
    (tag::MODEL_TRANSFORMATION, 12),
    (tag::GEO_KEY_DIRECTORY, 3),
    (tag::GEO_DOUBLE_PARAMS, 12),
    (tag::GEO_ASCII_PARAMS, 2),
    (tag::GDAL_METADATA, 2),
    (tag::GDAL_NODATA, 2),
    (tag::IPTC, 7),
    (tag::PHOTOSHOP, 1),
    (18246, 3),
    (18249, 3),
    (40091, 1),
    (40092, 1),
    (40093, 1),
    (40094, 1),
    (40095, 1),
];

/// Keys that say how a file was stored, which the options decide anew, or that repeat others.
const LEFT: [&str; 10] =
    ["series", "description1", "resolution", "resolution_unit", "dpi", "geo", "shaped", "imagej", "ome", "tags"];

impl Stored {
    pub fn new(
        f: Format,
        options: &WriteOptions,
        metadata: Option<&Metadata>,
        shape: &[usize],
        described: Described,
    ) -> Result<Self> {
        let mut out =
            Stored { first: Vec::new(), every: Vec::new(), sub_ifds: Vec::new(), notes: Vec::new(), palette: None };
        let given = |key: &str| metadata.and_then(|m| m.get(key)).and_then(Value::as_str).map(str::to_owned);
        let with_shape = described == Described::Shaped;
        let shaped = shaped_description(shape, options.axes.as_deref());
        // What described other arrays does not describe this one.
        let is_description = |text: &String| {
            use crate::series::{is_imagej, is_ome, is_shaped};
            !text.is_empty() && !is_shaped(text) && !is_ome(text) && !is_imagej(text)
        };
        let own = options.description.clone().or_else(|| given("description").filter(is_description));
        // Other programs show the first description; tifffile and this reader look at the second as well.
        match (described, own) {
            (Described::As(text), _) => out.first.push(f.text(tag::IMAGE_DESCRIPTION, &text)),
            (Described::Shaped | Described::Own, Some(text)) => out.first.push(f.text(tag::IMAGE_DESCRIPTION, &text)),
            _ => {}
        }
        if with_shape {
            out.first.push(f.text(tag::IMAGE_DESCRIPTION, &shaped));
        }
        for (key, number) in TEXTS {
            let text = match number {
                tag::IMAGE_DESCRIPTION => continue,
                tag::SOFTWARE => options.software.clone().or_else(|| given(key)),
                tag::DATE_TIME => options.datetime.clone().or_else(|| given(key)),
                _ => given(key),
            };
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                out.first.push(f.text(number, &text));
            }
        }
        if let Some((x, y, unit)) = resolution(options, metadata)? {
            out.every.push(f.rational(tag::X_RESOLUTION, x));
            out.every.push(f.rational(tag::Y_RESOLUTION, y));
            out.every.push(f.short(tag::RESOLUTION_UNIT, &[unit]));
        }
        if let Some(metadata) = metadata {
            out.take(f, metadata, colors(shape, options));
        }
        out.first = unique(std::mem::take(&mut out.first), &out.every);
        Ok(out)
    }

    /// Keeps what a palette comes from, for the smaller versions of the page.
    pub fn keep_palette(&mut self, metadata: Option<&Metadata>) {
        if let (Some(photometric), Some(map)) =
            (metadata.and_then(|m| m.get("photometric")), metadata.and_then(|m| m.get("tags/ColorMap")))
        {
            let mut kept = Metadata::new();
            kept.insert("photometric", photometric.clone());
            kept.section("tags").insert("ColorMap", map.clone());
            self.palette = Some(kept);
        }
    }

    /// See [`keep_palette`](Self::keep_palette).
    pub fn palette(&self) -> Option<&Metadata> {
        self.palette.as_ref()
    }

    fn take(&mut self, f: Format, metadata: &Metadata, colors: Option<usize>) {
        for (key, node, applied) in metadata.iter() {
            if applied
                || LEFT.contains(&key)
                || crate::flavour::SECTIONS.contains(&key)
                || TEXTS.iter().any(|(name, _)| *name == key)
            {
                continue;
            }
            match (key, node) {
                ("icc", Node::Value(Value::Bytes(bytes))) => {
                    match colors.and_then(|colors| Metadata::profile_unfit(bytes, colors)) {
                        Some(note) => self.notes.push(note),
                        None => self.first.push(f.bytes(tag::ICC_PROFILE, 7, bytes)),
                    }
                }
                ("xmp", Node::Value(Value::Str(text))) => self.first.push(f.bytes(tag::XMP, 1, text.as_bytes())),
                ("xmp", Node::Value(Value::Bytes(bytes))) => self.first.push(f.bytes(tag::XMP, 1, bytes)),
                ("orientation", Node::Value(value)) => match value.as_u64() {
                    Some(n @ 1..=8) => self.every.push(f.short(tag::ORIENTATION, &[n as u16])),
                    _ => self.notes.push(format!("orientation {value} is none of 1 to 8 and was left out")),
                },
                ("nodata", Node::Value(value)) => self.every.push(f.text(tag::GDAL_NODATA, &value.to_string())),
                ("exif", Node::Section(tree)) => self.exif(f, tree),
                (key, _) if Metadata::describes_storage(key) => {}
                (key, _) => self.notes.push(format!("TIFF has no place for the metadata `{key}`")),
            }
        }
        let Some(tags) = metadata.get_section("tags") else { return };
        for (name, node, _) in tags.iter() {
            let Some((number, kind)) = tags::number(name).and_then(|n| KEPT.iter().find(|(k, _)| *k == n)).copied()
            else {
                continue;
            };
            // YCbCr that was read became RGB, of which this says nothing.
            let ycbcr = || metadata.get("photometric").and_then(Value::as_str) == Some("ycbcr");
            if number == tag::REFERENCE_BLACK_WHITE && ycbcr() {
                continue;
            }
            if let Node::Value(value) = node {
                match f.value(number, kind, value) {
                    Some(field) => self.first.push(field),
                    None => self.notes.push(format!("the value of tag {name} can't be written")),
                }
            }
        }
    }

    /// Exif's first directory goes into the page's own, the others below it.
    fn exif(&mut self, f: Format, tree: &Metadata) {
        let block = match imageio_exif::write(tree) {
            Ok(block) => block,
            Err(e) => {
                self.notes.push(format!("EXIF data were left out: {e}"));
                return;
            }
        };
        if tree.get_section("Thumbnail").is_some() {
            self.notes.push("the thumbnail of EXIF was left out".to_owned());
        }
        let Some(main) = Block::new(&block).and_then(|b| b.directory(b.first, f)) else { return };
        for field in main.0 {
            // What the file says of its own pixels is not taken from elsewhere.
            if field.tag > 270
                && (field.tag < 273 || matches!(field.tag, 274 | 282 | 283 | 296 | 305 | 306 | 315 | 316 | 33432))
            {
                self.first.push(field);
            }
        }
        self.sub_ifds = main.1;
    }
}

/// Number of colours of a picture as it is stored by default; `None` where that is not plain.
fn colors(shape: &[usize], options: &WriteOptions) -> Option<usize> {
    match (shape, &options.photometric) {
        ([_, _], None) => Some(1),
        ([_, _, 3 | 4], None) => Some(3),
        _ => None,
    }
}

/// Keeps the first of each tag; descriptions may come twice.
fn unique(fields: Vec<Field>, every: &[Field]) -> Vec<Field> {
    let mut out: Vec<Field> = Vec::new();
    for field in fields {
        let twice = field.tag == tag::IMAGE_DESCRIPTION;
        if twice || !out.iter().chain(every).any(|f| f.tag == field.tag) {
            out.push(field);
        }
    }
    out
}

/// A little-endian block as `imageio-exif` writes it.
struct Block<'b> {
    data: &'b [u8],
    first: usize,
}

impl<'b> Block<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let header = Header::parse(data).filter(|h| h.endian == Endian::Little && !h.big)?;
        Some(Block { data, first: usize::try_from(header.first).ok()? })
    }

    fn uint(&self, at: usize, width: usize) -> Option<u64> {
        Some(Endian::Little.uint(self.data.get(at..at.checked_add(width)?)?))
    }

    /// Entries and directories below, in the byte order of the new file.
    fn directory(&self, at: usize, f: Format) -> Option<(Vec<Field>, Vec<SubIfd>)> {
        let count = self.uint(at, 2)? as usize;
        let (mut fields, mut subs) = (Vec::new(), Vec::new());
        for k in 0..count {
            let entry = at + 2 + 12 * k;
            let (number, kind) = (self.uint(entry, 2)? as u16, self.uint(entry + 2, 2)? as u16);
            let n = self.uint(entry + 4, 4)?;
            if matches!(number, tag::EXIF_IFD | tag::GPS_IFD | tag::INTEROP_IFD) {
                let (inner, below) = self.directory(self.uint(entry + 8, 4)? as usize, f)?;
                subs.push(SubIfd { tag: number, fields: inner, subs: below });
                continue;
            }
            let len = type_size(if kind == 129 { 2 } else { kind })?.checked_mul(n)? as usize;
            let start = if len <= 4 { entry + 8 } else { self.uint(entry + 8, 4)? as usize };
            let bytes = self.data.get(start..start.checked_add(len)?)?;
            fields.push(Field { tag: number, kind, count: n, bytes: turned(bytes, kind, f.endian) });
        }
        Some((fields, subs))
    }
}

/// Little-endian values in the byte order of the new file.
fn turned(bytes: &[u8], kind: u16, endian: Endian) -> Vec<u8> {
    let part = match kind {
        3 | 8 => 2,
        4 | 5 | 9 | 10 | 11 | 13 => 4,
        12 => 8,
        _ => 1,
    };
    let mut bytes = bytes.to_vec();
    if endian == Endian::Big {
        for number in bytes.chunks_exact_mut(part) {
            number.reverse();
        }
    }
    bytes
}
