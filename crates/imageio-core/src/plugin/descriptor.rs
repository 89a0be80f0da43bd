use std::ops::BitOr;

use super::Plugin;
use crate::image::Dtype;
use crate::options::OptionSpec;

/// What a plugin can do, as data: selection, tables and tests read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capabilities(u32);

impl Capabilities {
    /// Nothing.
    pub const NONE: Self = Capabilities(0);
    /// Opens readers.
    pub const READ: Self = Capabilities(1);
    /// Opens writers.
    pub const WRITE: Self = Capabilities(1 << 1);
    /// Holds several images in one resource.
    pub const MULTI: Self = Capabilities(1 << 2);
    /// Reads a stream that can't seek.
    pub const FORWARD_ONLY: Self = Capabilities(1 << 3);
    /// Needs a file with a path; core makes one where there is none.
    pub const NEEDS_PATH: Self = Capabilities(1 << 4);
    /// What it writes by default reads back bit for bit.
    pub const LOSSLESS: Self = Capabilities(1 << 5);
    /// Opens many formats through a general backend: asked after every specific plugin.
    pub const GENERIC: Self = Capabilities(1 << 6);
    /// Links code that is not Rust.
    pub const NATIVE: Self = Capabilities(1 << 7);
    /// Opens places without bytes, such as `<video0>`.
    pub const PROCEDURAL: Self = Capabilities(1 << 8);
    /// Calls other plugins and hands its options on to them, which check them and carry them out: core then does
    /// neither, not even for `rotate` and `mode`.
    pub const FORWARDS: Self = Capabilities(1 << 10);
    /// Codes images as changes of those before, as video does: a short file may rightly hold very many, so that
    /// [`Limits::max_ratio`](crate::Limits::max_ratio) looks at each of them alone.
    pub const VIDEO: Self = Capabilities(1 << 11);
    /// Writes several images (implies MULTI and WRITE).
    pub const WRITE_MULTI: Self = Capabilities(1 << 9 | 1 << 2 | 1 << 1);

    /// `true` if everything in `other` is in `self`.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Capabilities(self.0 | other.0)
    }

    /// Adds [`WRITE`](Self::WRITE).
    pub const fn write(self) -> Self {
        self.and(Self::WRITE)
    }

    /// Adds [`MULTI`](Self::MULTI): several images can be read, and written if `WRITE` is there already.
    pub const fn multi(self) -> Self {
        if self.contains(Self::WRITE) { self.and(Self::WRITE_MULTI) } else { self.and(Self::MULTI) }
    }

    /// Adds [`MULTI`](Self::MULTI) for reading alone.
    pub const fn multi_read(self) -> Self {
        self.and(Self::MULTI)
    }

    /// Adds [`LOSSLESS`](Self::LOSSLESS).
    pub const fn lossless(self) -> Self {
        self.and(Self::LOSSLESS)
    }

    /// Adds [`NATIVE`](Self::NATIVE).
    pub const fn native(self) -> Self {
        self.and(Self::NATIVE)
    }

    /// Adds [`GENERIC`](Self::GENERIC).
    pub const fn generic(self) -> Self {
        self.and(Self::GENERIC)
    }

    /// The names of what is set, for tables.
    pub fn names(self) -> Vec<&'static str> {
        let all = [
            (Self::READ, "read"),
            (Self::WRITE, "write"),
            (Self::MULTI, "multi"),
            (Self::FORWARD_ONLY, "forward-only"),
            (Self::NEEDS_PATH, "needs-path"),
            (Self::LOSSLESS, "lossless"),
            (Self::GENERIC, "generic"),
            (Self::NATIVE, "native"),
            (Self::PROCEDURAL, "procedural"),
            (Self::FORWARDS, "forwards"),
            (Self::VIDEO, "video"),
        ];
        all.into_iter().filter(|(c, _)| self.contains(*c)).map(|(_, n)| n).collect()
    }
}

impl BitOr for Capabilities {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

/// Bytes at a place that give a format away.
#[derive(Debug, Clone, Copy)]
pub struct Magic {
    offset: usize,
    bytes: &'static [u8],
    mask: Option<&'static [u8]>,
}

impl Magic {
    /// `bytes` at `offset`.
    pub const fn new(offset: usize, bytes: &'static [u8]) -> Self {
        Magic { offset, bytes, mask: None }
    }

    /// As [`new`](Self::new), looking only at the bits that are set in `mask`.
    pub const fn masked(offset: usize, bytes: &'static [u8], mask: &'static [u8]) -> Self {
        Magic { offset, bytes, mask: Some(mask) }
    }

    /// `true` if `head`, the first bytes of a resource, has it.
    pub fn matches(&self, head: &[u8]) -> bool {
        let end = self.offset + self.bytes.len();
        let Some(found) = head.get(self.offset..end) else { return false };
        match self.mask {
            None => found == self.bytes,
            Some(mask) => found.iter().zip(self.bytes).zip(mask).all(|((f, b), m)| f & m == b & m),
        }
    }

    /// First byte that is looked at.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The bytes.
    pub const fn bytes(&self) -> &'static [u8] {
        self.bytes
    }
}

/// Array shapes that a format writes, for the tables and for the test kit.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteShape {
    /// `(height, width)`.
    Gray,
    /// `(height, width, 2)`: grey and alpha.
    GrayAlpha,
    /// `(height, width, 3)`.
    Rgb,
    /// `(height, width, 4)`, alpha last.
    Rgba,
    /// Any number of axes and channels.
    Any,
}

/// A plugin as data: everything that can be known without opening a file.
///
/// ```
/// use imageio_core::{Capabilities, Dtype, Magic, Plugin, PluginDescriptor, WriteShape};
/// struct Toy;
/// impl Plugin for Toy {}
/// pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("toy", &Toy)
///     .name("Toy format")
///     .extensions(&["toy"])
///     .magic(&[Magic::new(0, b"TOY1")])
///     .capabilities(Capabilities::READ.write().lossless())
///     .writes(&[Dtype::U8], &[WriteShape::Gray]);
/// assert_eq!(DESCRIPTOR.id(), "toy");
/// ```
#[derive(Clone, Copy)]
pub struct PluginDescriptor {
    id: &'static str,
    plugin: &'static dyn Plugin,
    name: &'static str,
    extensions: &'static [&'static str],
    mime: &'static [&'static str],
    magic: &'static [Magic],
    capabilities: Capabilities,
    writes: &'static [Dtype],
    converts: &'static [Dtype],
    write_shapes: &'static [WriteShape],
    options: &'static [&'static [OptionSpec]],
    priority: i32,
    probe_bytes: usize,
}

impl PluginDescriptor {
    /// A plugin with an id: lower case, the name of its Cargo feature, public for ever.
    pub const fn new(id: &'static str, plugin: &'static dyn Plugin) -> Self {
        PluginDescriptor {
            id,
            plugin,
            name: id,
            extensions: &[],
            mime: &[],
            magic: &[],
            capabilities: Capabilities::READ,
            writes: &[],
            converts: &[],
            write_shapes: &[WriteShape::Any],
            options: &[],
            priority: 0,
            probe_bytes: 256,
        }
    }

    /// The format's full name.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// File name extensions, lower case, without the dot; compound ones such as `ome.tif` are allowed.
    pub const fn extensions(mut self, extensions: &'static [&'static str]) -> Self {
        self.extensions = extensions;
        self
    }

    /// Media types.
    pub const fn mime(mut self, mime: &'static [&'static str]) -> Self {
        self.mime = mime;
        self
    }

    /// Signatures, any of which is enough.
    pub const fn magic(mut self, magic: &'static [Magic]) -> Self {
        self.magic = magic;
        self
    }

    /// What it can do.
    pub const fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Element types and array shapes that it writes without any change.
    pub const fn writes(mut self, dtypes: &'static [Dtype], shapes: &'static [WriteShape]) -> Self {
        self.writes = dtypes;
        self.write_shapes = shapes;
        self
    }

    /// Element types that it takes besides those it [`writes`](Self::writes), and converts by a rule that its page
    /// states: a format of 8 bits that scales floats, for example. Types in neither list are refused.
    pub const fn converts(mut self, dtypes: &'static [Dtype]) -> Self {
        self.converts = dtypes;
        self
    }

    /// Its options: the `SPECS` of its option structs.
    pub const fn options(mut self, options: &'static [&'static [OptionSpec]]) -> Self {
        self.options = options;
        self
    }

    /// Who is asked first among plugins for the same format: larger is earlier. Give the reason beside the number.
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Number of first bytes that `probe` wants to see: 256 unless said, at most 65 536.
    pub const fn probe_bytes(mut self, bytes: usize) -> Self {
        self.probe_bytes = if bytes > 65_536 { 65_536 } else { bytes };
        self
    }

    /// The id.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The factory.
    pub const fn plugin(&self) -> &'static dyn Plugin {
        self.plugin
    }

    /// The format's full name.
    pub const fn format_name(&self) -> &'static str {
        self.name
    }

    /// Extensions without the dot.
    pub const fn extension_list(&self) -> &'static [&'static str] {
        self.extensions
    }

    /// Media types.
    pub const fn mime_types(&self) -> &'static [&'static str] {
        self.mime
    }

    /// Signatures.
    pub const fn magics(&self) -> &'static [Magic] {
        self.magic
    }

    /// What it can do.
    pub const fn abilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Element types that it writes; empty means any.
    pub const fn write_dtypes(&self) -> &'static [Dtype] {
        self.writes
    }

    /// Element types that it takes and converts.
    pub const fn converted_dtypes(&self) -> &'static [Dtype] {
        self.converts
    }

    /// `true` if an image of this element type is not refused for it.
    pub fn takes(&self, dtype: Dtype) -> bool {
        self.writes.is_empty() || self.writes.contains(&dtype) || self.converts.contains(&dtype)
    }

    /// Array shapes that it writes.
    pub const fn write_shapes(&self) -> &'static [WriteShape] {
        self.write_shapes
    }

    /// Its options.
    pub const fn option_specs(&self) -> &'static [&'static [OptionSpec]] {
        self.options
    }

    /// Its rank among plugins for the same format.
    pub const fn rank(&self) -> i32 {
        self.priority
    }

    /// First bytes wanted by `probe`.
    pub const fn wanted_bytes(&self) -> usize {
        self.probe_bytes
    }

    /// `true` if it reads.
    pub const fn can_read(&self) -> bool {
        self.capabilities.contains(Capabilities::READ)
    }

    /// `true` if it writes.
    pub const fn can_write(&self) -> bool {
        self.capabilities.contains(Capabilities::WRITE)
    }

    /// `true` if it writes several images into one resource.
    pub const fn can_write_multi(&self) -> bool {
        self.capabilities.contains(Capabilities::WRITE_MULTI)
    }
}

impl std::fmt::Debug for PluginDescriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginDescriptor").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_with_mask() {
        let riff = Magic::masked(0, b"RIFF\0\0\0\0WEBP", b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff");
        assert!(riff.matches(b"RIFF\x12\x34\0\0WEBPVP8 "));
        assert!(!riff.matches(b"RIFF\x12\x34\0\0WAVEfmt "));
        assert!(!riff.matches(b"RIFF"));
    }

    #[test]
    fn dtypes_it_takes() {
        struct Toy;
        impl Plugin for Toy {}
        let any = PluginDescriptor::new("toy", &Toy);
        assert!(any.takes(Dtype::C64));
        let some = any.writes(&[Dtype::U8], &[WriteShape::Gray]).converts(&[Dtype::F32]);
        assert!(some.takes(Dtype::U8) && some.takes(Dtype::F32) && !some.takes(Dtype::U16));
        assert_eq!((some.write_dtypes(), some.converted_dtypes()), (&[Dtype::U8][..], &[Dtype::F32][..]));
    }

    #[test]
    fn multi_means_writing_too_if_it_writes() {
        assert!(Capabilities::READ.write().multi().contains(Capabilities::WRITE_MULTI));
        assert!(!Capabilities::READ.multi().contains(Capabilities::WRITE));
        assert!(!Capabilities::READ.write().multi_read().contains(Capabilities::WRITE_MULTI));
    }
}
