use std::io::{self, Seek, SeekFrom, Write};

use flate2::Crc;
use flate2::write::DeflateEncoder;
use imageio_core::{Error, ErrorKind, ImageWriter, Result, Sink, Value, WriteCx};

use crate::options::{Compression, NpzWriteOptions};
use crate::zip::{CENTRAL, DEFLATE, END, END64, END64_LEN, EXTRA64, LOCAL, LOCATOR64, STORED, UTF8};

/// Appends each array to the archive as it comes; only the directory is kept in memory.
pub(crate) struct NpzWriter {
    sink: Sink,
    written: Vec<Written>,
    lost: Vec<String>,
}

struct Written {
    name: String,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    header_at: u64,
}

/// From this size on the 64-bit fields are used: deflate may add a little to what does not compress.
const WIDE: u64 = 0xF000_0000;

/// 1 January 1980, the first day that ZIP knows, so that equal arrays give equal files; numpy does the same.
const DATE: u16 = 0x21;

impl NpzWriter {
    pub(crate) fn new(sink: Sink) -> Self {
        NpzWriter { sink, written: Vec::new(), lost: Vec::new() }
    }

    /// The option's name for this array, else the one that its metadata has, else `arr_` and its number.
    fn name(&self, cx: &WriteCx<'_>, options: &NpzWriteOptions) -> Result<String> {
        let taken = |name: &str| self.written.iter().any(|w| w.name.strip_suffix(".npy") == Some(name));
        let index = self.written.len();
        if let Some(name) = options.names.get(index) {
            if taken(name) {
                return Err(
                    Error::new(ErrorKind::InvalidOption, format!("two arrays named `{name}`")).with("option", "names")
                );
            }
            return Ok(name.clone());
        }
        let list = cx.metadata().and_then(|meta| meta.get("names")?.as_list()?.get(index));
        let kept = cx.metadata().and_then(|meta| meta.get("name")).or(list).and_then(Value::as_str);
        // One set of metadata may come with every image: the name stays with the first then.
        match kept.filter(|name| !name.is_empty() && !taken(name)) {
            Some(name) => Ok(name.to_owned()),
            None => Ok((index..).map(|n| format!("arr_{n}")).find(|name| !taken(name)).unwrap_or_default()),
        }
    }

    fn append(&mut self, name: String, cx: &WriteCx<'_>, options: &NpzWriteOptions) -> Result<()> {
        let image = cx.image();
        let elements = image.shape().iter().map(|n| *n as u64).product::<u64>();
        let wide = elements.saturating_mul(image.dtype().size() as u64) >= WIDE;
        let method = match options.compression {
            Compression::Stored => STORED,
            _ => DEFLATE,
        };
        let header_at = self.sink.stream_position()?;
        let mut entry = Written { name: format!("{name}.npy"), method, crc: 0, compressed: 0, size: 0, header_at };
        self.sink.write_all(&local(&entry, wide)?)?;
        let start = self.sink.stream_position()?;
        let summed = if method == STORED {
            let mut out = Summed::new(&mut self.sink);
            imageio_npy::write(image, &mut out)?;
            (out.crc.sum(), out.size)
        } else {
            let level = flate2::Compression::new(u32::from(options.level));
            let mut out = Summed::new(DeflateEncoder::new(&mut self.sink, level));
            imageio_npy::write(image, &mut out)?;
            out.inner.try_finish()?;
            (out.crc.sum(), out.size)
        };
        let end = self.sink.stream_position()?;
        (entry.crc, entry.size) = summed;
        entry.compressed = end - start;
        if !wide && entry.compressed.max(entry.size) > u64::from(u32::MAX) {
            return Err(Error::new(ErrorKind::Backend, "an array grew beyond what its header can say"));
        }
        // The sizes are known only now: the header is written again over itself.
        self.sink.seek(SeekFrom::Start(header_at))?;
        self.sink.write_all(&local(&entry, wide)?)?;
        self.sink.seek(SeekFrom::Start(end))?;
        self.written.push(entry);
        Ok(())
    }
}

impl ImageWriter for NpzWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = NpzWriteOptions::parse(cx.options())?;
        let name = self.name(cx, &options)?;
        for key in cx.metadata().into_iter().flat_map(|m| m.lost(&["name"])) {
            if !self.lost.iter().any(|lost| lost == key) {
                self.lost.push(key.to_owned());
            }
        }
        self.append(name, cx, &options)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let start = self.sink.stream_position()?;
        for entry in &self.written {
            self.sink.write_all(&central(entry)?)?;
        }
        let len = self.sink.stream_position()? - start;
        self.sink.write_all(&end(self.written.len() as u64, start, len))?;
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        if self.lost.is_empty() {
            return Vec::new();
        }
        vec![format!("NPZ has no place for metadata: {} were not kept", self.lost.join(", "))]
    }
}

/// Counts and adds up what goes through, in pieces that stay in the cache from one to the other.
struct Summed<W> {
    inner: W,
    crc: Crc,
    size: u64,
}

impl<W: Write> Summed<W> {
    fn new(inner: W) -> Self {
        Summed { inner, crc: Crc::new(), size: 0 }
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(&data[..data.len().min(1 << 18)])?;
        self.crc.update(&data[..n]);
        self.size += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn name_len(entry: &Written) -> Result<u16> {
    u16::try_from(entry.name.len()).map_err(|_| Error::mismatch("the name of an array is longer than 65535 bytes"))
}

/// Version that is needed to read it: 4.5 for 64-bit fields.
fn version(wide: bool) -> u16 {
    if wide { 45 } else { 20 }
}

/// Fields that both headers have, from the flags to the sizes.
fn common(entry: &Written, wide: bool) -> Vec<u8> {
    let flags = if entry.name.is_ascii() { 0 } else { UTF8 };
    let narrow = |n: u64| if wide { u32::MAX } else { n as u32 };
    let mut out = Vec::new();
    for field in [flags, entry.method, 0, DATE] {
        out.extend(field.to_le_bytes());
    }
    for field in [entry.crc, narrow(entry.compressed), narrow(entry.size)] {
        out.extend(field.to_le_bytes());
    }
    out
}

fn local(entry: &Written, wide: bool) -> Result<Vec<u8>> {
    let mut out = LOCAL.to_vec();
    out.extend(version(wide).to_le_bytes());
    out.extend(common(entry, wide));
    out.extend(name_len(entry)?.to_le_bytes());
    out.extend((if wide { 20u16 } else { 0 }).to_le_bytes());
    out.extend(entry.name.as_bytes());
    if wide {
        out.extend(EXTRA64.to_le_bytes());
        out.extend(16u16.to_le_bytes());
        out.extend(entry.size.to_le_bytes());
        out.extend(entry.compressed.to_le_bytes());
    }
    Ok(out)
}

fn central(entry: &Written) -> Result<Vec<u8>> {
    let wide = entry.size.max(entry.compressed).max(entry.header_at) >= u64::from(u32::MAX);
    let mut out = CENTRAL.to_vec();
    // Made by version 2.0 on Unix, so that the permissions below mean something.
    out.extend((version(wide) | 3 << 8).to_le_bytes());
    out.extend(version(wide).to_le_bytes());
    out.extend(common(entry, wide));
    out.extend(name_len(entry)?.to_le_bytes());
    out.extend((if wide { 28u16 } else { 0 }).to_le_bytes());
    out.extend([0; 6]);
    out.extend((0o100_644u32 << 16).to_le_bytes());
    out.extend((if wide { u32::MAX } else { entry.header_at as u32 }).to_le_bytes());
    out.extend(entry.name.as_bytes());
    if wide {
        out.extend(EXTRA64.to_le_bytes());
        out.extend(24u16.to_le_bytes());
        for field in [entry.size, entry.compressed, entry.header_at] {
            out.extend(field.to_le_bytes());
        }
    }
    Ok(out)
}

fn end(count: u64, start: u64, len: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let wide = count >= u64::from(u16::MAX) || start.max(len) >= u64::from(u32::MAX);
    if wide {
        out.extend(END64);
        out.extend((END64_LEN as u64 - 12).to_le_bytes());
        out.extend([45, 3, 45, 0]);
        out.extend([0; 8]);
        for field in [count, count, len, start] {
            out.extend(field.to_le_bytes());
        }
        out.extend(LOCATOR64);
        out.extend([0; 4]);
        out.extend((start + len).to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    out.extend(END);
    out.extend([0; 4]);
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    for field in [len, start] {
        out.extend(u32::try_from(field).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend([0; 2]);
    out
}
