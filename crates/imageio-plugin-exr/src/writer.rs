use std::io::{Seek, SeekFrom, Write};

use imageio_core::half::f16;
use imageio_core::{Dtype, Error, ErrorKind, ImageWriter, Metadata, NdImageView, Node, Result, Sink, Value, WriteCx};

use crate::attribute;
use crate::bytes::Bytes;
use crate::encode::{Packing, pack};
use crate::header::{Attribute, Channel, MAGIC, PixelType, Window};
use crate::options::ExrWriteOptions;

/// Bytes of blocks that are packed before they are written.
const BATCH: usize = 16 << 20;

/// A single image is written as it is packed. Several need all headers in front, so their packed blocks wait.
pub(crate) struct ExrWriter {
    sink: Sink,
    single: bool,
    parts: Vec<Packed>,
    lost: Vec<String>,
    /// Attributes of later parts that gave way to those of the first.
    given_way: Vec<&'static str>,
}

/// A part of several, packed.
struct Packed {
    header: Vec<Attribute>,
    first_y: i32,
    lines: usize,
    blocks: Vec<Vec<u8>>,
}

/// Attributes beside `displayWindow` that all parts of a file have in common, as OpenEXR demands.
const SHARED: [&str; 3] = ["chromaticities", "pixelAspectRatio", "timeCode"];

/// Attributes that follow from the image itself.
const OWN: [&str; 13] = [
    "channels",
    "chunkCount",
    "compression",
    "dataWindow",
    "displayWindow",
    "layer",
    "layers",
    "lineOrder",
    "name",
    "parts",
    "tiles",
    "type",
    "version",
];

impl ExrWriter {
    pub(crate) fn new(sink: Sink) -> Self {
        ExrWriter { sink, single: false, parts: Vec::new(), lost: Vec::new(), given_way: Vec::new() }
    }

    /// The attributes of an image, in alphabetical order as other writers have them.
    fn header(&mut self, cx: &WriteCx<'_>, packing: &Packing) -> Result<(Vec<Attribute>, i32)> {
        let int = |n: usize| {
            i32::try_from(n).map_err(|_| Error::mismatch(format!("OpenEXR can't hold {n} pixels along one axis")))
        };
        let whole = Window::of(int(packing.size.0)?, int(packing.size.1)?);
        let none = Metadata::new();
        let meta = cx.metadata().unwrap_or(&none);
        // Windows that were read along with the pixels hold as long as the size is the same.
        let kept = attribute::window(meta, "dataWindow").filter(|window| window.size() == Some(packing.size));
        let data = kept.unwrap_or(whole);
        let display = kept.and_then(|_| attribute::window(meta, "displayWindow")).filter(|w| w.size().is_some());
        let mut header = vec![
            Attribute::new("channels", "chlist", channel_list(&packing.channels)),
            Attribute::new("compression", "compression", vec![packing.method.code()]),
            Attribute::new("dataWindow", "box2i", data.bytes()),
            Attribute::new("displayWindow", "box2i", display.unwrap_or(whole).bytes()),
            Attribute::new("lineOrder", "lineOrder", vec![0]),
        ];
        for (name, node, _) in meta.iter().filter(|(name, ..)| !OWN.contains(name)) {
            match attribute::encode(name, node) {
                Some(attribute) => header.push(attribute),
                None if self.lost.iter().any(|lost| lost == name) => {}
                None => self.lost.push(name.to_owned()),
            }
        }
        for (name, default) in [("pixelAspectRatio", 1.0), ("screenWindowCenter", 0.0), ("screenWindowWidth", 1.0)] {
            if !header.iter().any(|a| a.name == name) {
                let point = Value::List(vec![Value::Float(default), Value::Float(default)]);
                let value = if name == "screenWindowCenter" { point } else { Value::Float(default) };
                header.extend(attribute::encode(name, &Node::Value(value)));
            }
        }
        header.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((header, data.min.1))
    }

    fn part_name(&self, cx: &WriteCx<'_>, options: &ExrWriteOptions) -> Option<String> {
        let named = options.layers.get(self.parts.len()).cloned();
        named.or_else(|| cx.metadata()?.get("name")?.as_str().map(str::to_owned)).filter(|name| !name.is_empty())
    }

    /// Takes over from the first part what all parts have in common.
    fn share(&mut self, header: &mut Vec<Attribute>) {
        let Some(first) = self.parts.first() else { return };
        for name in SHARED {
            let common = first.header.iter().find(|a| a.name == name);
            let own = header.iter().position(|a| a.name == name);
            if let Some(own) = own.map(|at| header.remove(at))
                && common.is_none_or(|common| common.value != own.value)
                && !self.given_way.contains(&name)
            {
                self.given_way.push(name);
            }
            header.extend(common.cloned());
        }
        header.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// One display window for all parts: readers refuse files whose parts have several.
    fn one_display_window(&mut self) {
        let windows = self.parts.iter().flat_map(|part| &part.header).filter(|a| a.name == "displayWindow");
        let Some(whole) = windows.filter_map(|a| Window::read(&mut Bytes(&a.value))).reduce(Window::around) else {
            return;
        };
        for attribute in self.parts.iter_mut().flat_map(|part| &mut part.header) {
            if attribute.name == "displayWindow" {
                attribute.value = whole.bytes();
            }
        }
    }

    /// Header, a table of offsets to be filled in, and blocks as they are packed.
    fn write_single(&mut self, cx: &WriteCx<'_>, packing: &Packing, header: &[Attribute], first_y: i32) -> Result<()> {
        let long = header.iter().any(|a| a.name.len() > 31 || a.kind.len() > 31);
        self.sink.write_all(&MAGIC)?;
        self.sink.write_all(&(2u32 | if long { 0x400 } else { 0 }).to_le_bytes())?;
        self.sink.write_all(&header_bytes(header)?)?;
        let table_at = self.sink.stream_position()?;
        let rows = packing.rows();
        self.sink.write_all(&vec![0; rows * 8])?;
        let mut table = Vec::with_capacity(rows * 8);
        let mut at = table_at + rows as u64 * 8;
        let bytes: usize = packing.channels.iter().map(|c| c.kind.size()).sum::<usize>() * packing.size.0;
        let together = (BATCH / (bytes * packing.method.lines()).max(1)).max(8);
        let mut row = 0;
        while row < rows {
            cx.check_cancelled()?;
            let end = (row + together).min(rows);
            for (row, block) in (row..end).zip(blocks(cx.image(), packing, row..end)?) {
                table.extend(at.to_le_bytes());
                self.sink.write_all(&block_head(None, first_y, row * packing.method.lines(), block.len())?)?;
                self.sink.write_all(&block)?;
                at += 8 + block.len() as u64;
            }
            row = end;
        }
        self.sink.seek(SeekFrom::Start(table_at))?;
        self.sink.write_all(&table)?;
        self.sink.seek(SeekFrom::Start(at))?;
        Ok(())
    }

    fn write_parts(&mut self) -> Result<()> {
        let multi = self.parts.len() > 1;
        self.one_display_window();
        let long = self.parts.iter().flat_map(|part| &part.header).any(|a| a.name.len() > 31 || a.kind.len() > 31);
        let flags = 2u32 | if long { 0x400 } else { 0 } | if multi { 0x1000 } else { 0 };
        self.sink.write_all(&MAGIC)?;
        self.sink.write_all(&flags.to_le_bytes())?;
        for part in &self.parts {
            let mut header: Vec<&Attribute> = part.header.iter().collect();
            if !multi {
                header.retain(|a| !matches!(a.name.as_str(), "chunkCount" | "type"));
            }
            self.sink.write_all(&header_bytes(header)?)?;
        }
        if multi {
            self.sink.write_all(&[0])?;
        }
        let mut at = self.sink.stream_position()?;
        let head = if multi { 12 } else { 8 };
        at += self.parts.iter().map(|part| part.blocks.len() as u64 * 8).sum::<u64>();
        for part in &self.parts {
            for block in &part.blocks {
                self.sink.write_all(&at.to_le_bytes())?;
                at += head + block.len() as u64;
            }
        }
        for (number, part) in self.parts.iter().enumerate() {
            for (row, block) in part.blocks.iter().enumerate() {
                let number = multi.then_some(number);
                self.sink.write_all(&block_head(number, part.first_y, row * part.lines, block.len())?)?;
                self.sink.write_all(block)?;
            }
        }
        Ok(())
    }
}

impl ImageWriter for ExrWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        if self.single {
            return Err(Error::mismatch("one image was announced and is written already"));
        }
        let options = ExrWriteOptions::parse(cx.options())?;
        let packing = packing(cx, &options)?;
        let (mut header, first_y) = self.header(cx, &packing)?;
        let name = self.part_name(cx, &options);
        if cx.n_images() == Some(1) {
            if let Some(name) = name {
                header.push(Attribute::new("name", "string", name.into_bytes()));
            }
            self.write_single(cx, &packing, &header, first_y)?;
            self.single = true;
            return Ok(());
        }
        self.share(&mut header);
        // Parts are told apart by their names.
        let taken = |name: &str| {
            self.parts.iter().flat_map(|part| &part.header).any(|a| a.name == "name" && a.value == name.as_bytes())
        };
        let name = match name {
            Some(name) if !taken(&name) => name,
            _ => (self.parts.len()..).map(|n| format!("part{n}")).find(|name| !taken(name)).unwrap_or_default(),
        };
        header.push(Attribute::new("name", "string", name.into_bytes()));
        header.push(Attribute::new("type", "string", b"scanlineimage".to_vec()));
        let count = i32::try_from(packing.rows()).unwrap_or(i32::MAX);
        header.push(Attribute::new("chunkCount", "int", count.to_le_bytes().to_vec()));
        let blocks = blocks(cx.image(), &packing, 0..packing.rows())?;
        self.parts.push(Packed { header, first_y, lines: packing.method.lines(), blocks });
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if self.single {
            return Ok(());
        }
        if self.parts.is_empty() {
            return Err(Error::mismatch("an OpenEXR file holds one image at least"));
        }
        self.write_parts()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.lost.is_empty() {
            notes.push(format!("OpenEXR has no attribute type for {}, which were not kept", self.lost.join(", ")));
        }
        if !self.given_way.is_empty() {
            let names = self.given_way.join(", ");
            notes.push(format!("all images of an OpenEXR file have one {names}: that of the first was kept"));
        }
        notes
    }
}

/// What is to be written and how.
fn packing(cx: &WriteCx<'_>, options: &ExrWriteOptions) -> Result<Packing> {
    let image = cx.image();
    let kind = match image.dtype() {
        Dtype::F16 => PixelType::F16,
        Dtype::F32 => PixelType::F32,
        Dtype::U32 => PixelType::U32,
        other => {
            return Err(Error::mismatch(format!("OpenEXR holds float16, float32 and uint32, not {other}"))
                .with_hint("convert with NdImage::cast; 0 to 1 is the usual range"));
        }
    };
    let (height, width, n) = match *image.shape() {
        [height, width] => (height, width, 1),
        [height, width, n] if n > 1 => (height, width, n),
        ref shape => {
            return Err(Error::mismatch(format!("an array of shape {shape:?}"))
                .with_hint("OpenEXR takes (height, width) and (height, width, channels) of 2 channels and more"));
        }
    };
    if height == 0 || width == 0 {
        return Err(Error::mismatch(format!("an image without pixels, {height} by {width}")));
    }
    let names = channel_names(n, options)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| names[*a].cmp(&names[*b]));
    let channel = |k: &usize| Channel { name: names[*k].clone(), kind, linear: false, sampling: (1, 1) };
    Ok(Packing {
        channels: order.iter().map(channel).collect(),
        order,
        size: (width, height),
        method: options.compression.method(),
        level: options.level,
        dwa_level: options.dwa_level as f32,
    })
}

fn channel_names(n: usize, options: &ExrWriteOptions) -> Result<Vec<String>> {
    let wrong = |what: String| Error::new(ErrorKind::InvalidOption, what).with("option", "channels");
    if options.channels.is_empty() {
        let usual = ["Y", "YA", "RGB", "RGBA"].get(n - 1);
        return Ok(match usual {
            Some(names) => names.chars().map(String::from).collect(),
            // Numbers of equal length keep their order when the file sorts them.
            None => (0..n).map(|k| format!("c{k:0width$}", width = n.to_string().len())).collect(),
        });
    }
    if options.channels.len() != n {
        return Err(wrong(format!("{} names for {n} channels", options.channels.len())));
    }
    for (k, name) in options.channels.iter().enumerate() {
        if name.is_empty() || name.len() > 255 || name.contains('\0') {
            return Err(wrong(format!("a channel can't be called `{name}`")));
        }
        if options.channels.iter().take(k).any(|other| other == name) {
            return Err(wrong(format!("two channels named `{name}`")));
        }
    }
    Ok(options.channels.clone())
}

fn blocks(image: &NdImageView<'_>, packing: &Packing, rows: std::ops::Range<usize>) -> Result<Vec<Vec<u8>>> {
    match image.dtype() {
        Dtype::F16 => pack::<f16>(image, packing, rows),
        Dtype::F32 => pack::<f32>(image, packing, rows),
        _ => pack::<u32>(image, packing, rows),
    }
}

fn block_head(number: Option<usize>, first_y: i32, line: usize, len: usize) -> Result<Vec<u8>> {
    let int = |n: usize| i32::try_from(n).map_err(|_| Error::mismatch("a block is larger than OpenEXR can say"));
    let y = first_y.checked_add(int(line)?).ok_or_else(|| Error::mismatch("the data window lies too far down"))?;
    let mut head = Vec::new();
    if let Some(number) = number {
        head.extend(int(number)?.to_le_bytes());
    }
    head.extend(y.to_le_bytes());
    head.extend(int(len)?.to_le_bytes());
    Ok(head)
}

fn channel_list(channels: &[Channel]) -> Vec<u8> {
    let mut out = Vec::new();
    for channel in channels {
        out.extend(channel.name.as_bytes());
        out.push(0);
        out.extend(channel.kind.code().to_le_bytes());
        out.extend([u8::from(channel.linear), 0, 0, 0]);
        out.extend([1u32.to_le_bytes(), 1u32.to_le_bytes()].concat());
    }
    out.push(0);
    out
}

fn header_bytes<'a>(header: impl IntoIterator<Item = &'a Attribute>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for attribute in header {
        let len = i32::try_from(attribute.value.len());
        let len = len.map_err(|_| Error::mismatch(format!("the attribute `{}` is too long", attribute.name)))?;
        for text in [&attribute.name, &attribute.kind] {
            out.extend(text.as_bytes());
            out.push(0);
        }
        out.extend(len.to_le_bytes());
        out.extend(&attribute.value);
    }
    out.push(0);
    Ok(out)
}

impl Attribute {
    fn new(name: &str, kind: &str, value: Vec<u8>) -> Self {
        Attribute { name: name.to_owned(), kind: kind.to_owned(), value }
    }
}

impl Window {
    /// The smallest window around both.
    fn around(self, other: Self) -> Self {
        Window {
            min: (self.min.0.min(other.min.0), self.min.1.min(other.min.1)),
            max: (self.max.0.max(other.max.0), self.max.1.max(other.max.1)),
        }
    }

    fn bytes(self) -> Vec<u8> {
        [self.min.0, self.min.1, self.max.0, self.max.1].into_iter().flat_map(i32::to_le_bytes).collect()
    }
}
